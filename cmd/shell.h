/* The interactive shell, on libedit. */
#ifndef FTPSH_CMD_SHELL_H
#define FTPSH_CMD_SHELL_H

#include "app.h"

/* Reads and runs lines until `quit`, Ctrl-D, SIGTERM or SIGHUP. -1 with ERR_LOCAL when the terminal
 * cannot be had. Failures of commands are told and forgotten. */
int shell_run(struct app *app, struct err *err);

#endif
