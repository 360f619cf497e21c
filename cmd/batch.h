/* Commands without a person: from a file, from standard input, or from the command line. */
#ifndef FTPSH_CMD_BATCH_H
#define FTPSH_CMD_BATCH_H

#include "app.h"

/* A descriptor to read commands from ("-": standard input). -1 with ERR_LOCAL. */
int batch_open(const char *path, struct err *err);

/* The lines of `path`, opened as `fd`, up to the first that fails. 0, or -1; whatever failed has
 * been told and reported. */
int batch_file(struct app *app, int fd, const char *path);

/* The commands of -c, in one line or several. */
int batch_list(struct app *app, const char *list);

/* One command, its words as they are. */
int batch_words(struct app *app, int argc, char **argv);

#endif
