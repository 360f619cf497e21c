/* A line of commands: what the shell and a batch have in common. */
#ifndef FTPSH_CMD_RUN_H
#define FTPSH_CMD_RUN_H

#include "app.h"

/* Runs the commands of `line`, its aliases and variables replaced, up to the first that fails and
 * is neither marked with "-" nor followed by "||"; with --on-error=continue all of them. Failures
 * are told to the person, `where` ("FILE:LINE", or "") in front, and noted in the report. 0, or -1
 * with how the last one failed. */
int run_line(struct app *app, const char *line, const char *where, struct err *err);

/* Whether what stands behind a failure runs all the same. */
bool run_goes_on(const struct app *app, const struct err *err);

/* The same for one command whose words are ready. */
int run_words(struct app *app, int argc, char **argv, const char *where, struct err *err);

#endif
