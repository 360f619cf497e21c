/* Files and folders of this machine, deleted. */
#ifndef FTPSH_CMD_LOCALTREE_H
#define FTPSH_CMD_LOCALTREE_H

#include "base/wait.h"

/* Deletes a file, or, with `trees`, a folder with all that is in it; no link is followed. The first
 * failure ends it. -1 with ERR_LOCAL that names the path, `sys` is ENOENT where there is nothing;
 * ERR_CANCELLED and ERR_TIMEOUT as `w` says (NULL: undisturbed). */
int localtree_remove(const char *path, bool trees, const struct wait *w, struct err *err);

#endif
