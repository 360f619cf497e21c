/* Passwords from descriptors, files, and programs such as pass(1) or secret-tool(1). */
#ifndef FTPSH_CMD_PASSWORD_COMMAND_H
#define FTPSH_CMD_PASSWORD_COMMAND_H

#include "base/wait.h"

/* The first line of a descriptor, up to its end or that of all; what follows is left there. 0; 1
 * when it is longer than dst; -1 with ERR_LOCAL, ERR_CANCELLED, ERR_TIMEOUT. */
int password_read(int fd, const struct wait *w, char *dst, size_t size, struct err *err);

/* The same of a file. It may be a pipe that nobody has opened yet, too. */
int password_read_file(const char *path, const struct wait *w, char *dst, size_t size,
                       struct err *err);

#define PASSWORD_COMMAND_MS 120000 /* somebody may have to open a store first */

/* Puts the first line of what "sh -c command" prints into dst; FTPSH_HOST and FTPSH_USER are in its
 * environment, and its standard input is empty. -1 with ERR_LOGIN (it failed, which names its
 * status; it printed nothing, or too much; it took too long), ERR_CANCELLED, ERR_TIMEOUT (`w`) or
 * ERR_LOCAL. The message never holds what it printed. */
int password_command(const char *command, const char *host, const char *user, const struct wait *w,
                     char *dst, size_t size, struct err *err);

#endif
