/* Commands without a person: from a file, from standard input, or from the command line. */
#ifndef FTPSH_CMD_BATCH_H
#define FTPSH_CMD_BATCH_H

#include "app.h"

/* A descriptor to read commands from ("-": standard input). -1 with ERR_LOCAL. */
int batch_open(const char *path, struct err *err);

/* The lines of `path`, opened as `fd`, up to the first that fails, or with --on-error=continue all
 * of them. 0, or -1; whatever failed has been told and reported. */
int batch_file(struct app *app, int fd, const char *path);

/* The same for a file that a command runs, with arguments: argv[0] is $1. What failed has been told
 * (app->told), the first is in err, and it is for the caller to report it. ERR_USAGE, ERR_LOCAL:
 * nothing has run. */
int batch_source(struct app *app, const char *path, int argc, char **argv, struct err *err);

/* The commands of -c, in one line or several. */
int batch_list(struct app *app, const char *list);

/* Those of the file "rc" in the configuration folder, with which a shell begins; nothing where
 * there is none. What fails is told. */
void batch_rc(struct app *app);

/* One command, its words as they are. */
int batch_words(struct app *app, int argc, char **argv);

#endif
