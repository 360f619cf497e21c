/* Results of commands (app->out) that go into another program. */
#ifndef FTPSH_CMD_OUTPUT_H
#define FTPSH_CMD_OUTPUT_H

#include "app.h"
#include "child.h"

/* From here on app->out leads to "sh -c command". -1 with ERR_LOCAL. */
int output_pipe(struct app *app, const char *command, struct child *reader, struct err *err);

/* Waits for its end; app->out is standard output again. `rc` and err are how the writing went:
 * a reader such as head(1) that has had enough is no failure, but one that failed is, whether or
 * not all could be written. 0, or -1 with that failure ("`who` ended with status 3"),
 * ERR_CANCELLED, ERR_TIMEOUT. */
int output_pipe_end(struct app *app, const char *who, const struct child *reader, int rc,
                    struct err *err);

#endif
