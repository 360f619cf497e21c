/* Files beneath a folder, by paths that came from elsewhere: no link on the way is followed, no
 * component may lead up, so that nothing outside the folder is ever reached.
 *
 * `root` is the descriptor of the folder; a path is below it ("a/b"), "" is the folder itself.
 * Errors are ERR_LOCAL and name the path.
 */
#ifndef FTPSH_BASE_BENEATH_H
#define FTPSH_BASE_BENEATH_H

#include "base/err.h"

/* Opens a folder, or -1. With `follow` links to folders are folders: for trees of one's own. */
int beneath_open(int root, const char *path, bool follow, struct err *err);

/* Opens the folder that the last component lies in, and points *name at that. */
int beneath_parent(int root, const char *path, bool follow, const char **name, struct err *err);

/* "a/b": components that are neither empty, "." nor "..", and no line breaks. */
bool beneath_valid(const char *path);

#endif
