/* Other programs: started, fed, waited for, and ended with the command that started them.
 *
 * Where there is a terminal, a child stays in our process group: Ctrl-C and Ctrl-Z reach it from
 * there, as those of any line that is typed into a shell, and it decides itself when to end.
 * Without one it leads a group of its own, which ends as a whole. */
#ifndef FTPSH_CMD_CHILD_H
#define FTPSH_CMD_CHILD_H

#include "base/wait.h"

#include <sys/types.h>

struct child {
    pid_t pid;
    bool grouped; /* leads its own process group */
};

/* Runs argv[0], found in PATH, with these descriptors as standard input and output. What cannot be
 * run ends with status 127. -1 with ERR_LOCAL. */
int child_start(struct child *c, const char *const argv[], int in, int out, struct err *err);

/* "sh -c command" behind a pipe, with `out` as its standard output: returns the end to write to
 * (close-on-exec), -1 with ERR_LOCAL. */
int child_start_reader(struct child *c, const char *command, int out, struct err *err);

/* Writes all of it to such an end without being stuck where the reader is. -1 with ERR_CANCELLED,
 * ERR_TIMEOUT, or ERR_LOCAL with EPIPE when the reader has had enough. */
int child_feed(int fd, const struct wait *w, const void *data, size_t len, struct err *err);

/* Waits for its end: 0 with *status as waitpid() gives it; -1 with ERR_CANCELLED (Ctrl-C, and then
 * it failed), or, after ending it, with ERR_CANCELLED or ERR_TIMEOUT as wait_fds(). */
int child_wait(const struct child *c, const struct wait *w, int *status, struct err *err);

/* 0 for exit status 0, else -1: ERR_LOCAL with `name` in the message, ERR_CANCELLED for SIGINT. */
int child_check(const char *name, int status, struct err *err);

#endif
