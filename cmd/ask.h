/* Questions to the person at the terminal. */
#ifndef FTPSH_CMD_ASK_H
#define FTPSH_CMD_ASK_H

#include "base/wait.h"

#include <stddef.h>

/* Asks on /dev/tty without echo. 0 with the line in dst; -1 with ERR_CANCELLED (Ctrl-C), ERR_LOGIN
 * (no terminal, or Ctrl-D), ERR_TIMEOUT, ERR_LOCAL (too long). The terminal is always put back. */
int ask_secret(const char *question, const struct wait *w, char *dst, size_t size, struct err *err);

/* The same with echo, for an answer. */
int ask_line(const char *question, const struct wait *w, char *dst, size_t size, struct err *err);

#endif
