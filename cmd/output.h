/* Results of commands (app->out) that go into another program, or a file. */
#ifndef FTPSH_CMD_OUTPUT_H
#define FTPSH_CMD_OUTPUT_H

#include "app.h"
#include "child.h"

/* Where they went before: for the end. */
struct outlet {
    struct child reader;
    FILE *outer;
    bool outer_piped;
};

/* From here on app->out leads to "sh -c command", whose own output goes where app->out led. -1 with
 * ERR_LOCAL. */
int output_pipe(struct app *app, const char *command, struct outlet *o, struct err *err);

/* Waits for its end; app->out is what it was. `rc` and err are how the writing went: a reader such
 * as head(1) that has had enough is no failure, but one that failed is, whether or not all could be
 * written. 0, or -1 with that failure ("`who` ended with status 3"), ERR_CANCELLED, ERR_TIMEOUT. */
int output_pipe_end(struct app *app, const char *who, const struct outlet *o, int rc,
                    struct err *err);

/* The same with a file, which is emptied first unless `append`. */
int output_file(struct app *app, const char *path, bool append, struct outlet *o, struct err *err);
int output_file_end(struct app *app, const char *path, const struct outlet *o, int rc,
                    struct err *err);

#endif
