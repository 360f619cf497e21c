/* What remote folders hold, kept for completion: bounded in number and time, and dropped as soon as
 * a command may have changed something there. */
#ifndef FTPSH_CMD_FOLDERCACHE_H
#define FTPSH_CMD_FOLDERCACHE_H

#include "xfer/items.h"

#define FOLDERCACHE_FOLDERS 64
#define FOLDERCACHE_ITEMS 200000 /* of all folders together; a larger folder is kept alone */
#define FOLDERCACHE_MS 60000     /* others may change things, too */

struct foldercache;

/* NULL with ERR_LOCAL. */
struct foldercache *foldercache_new(struct err *err);
void foldercache_free(struct foldercache *c);

/* Forgets all. NULL is none. */
void foldercache_drop(struct foldercache *c);

/* The entries of a folder, by the path that they were put in with on the same connection (a
 * session's generation), not longer than FOLDERCACHE_MS ago; `now_ms` is the monotonic clock's.
 * Valid until the next put or drop. NULL: not known. */
const struct items *foldercache_find(struct foldercache *c, unsigned generation, const char *path,
                                     int64_t now_ms);

/* Takes over the items, which are empty then, and drops the folders that were asked for longest ago
 * where there are too many, and all of another connection. Returns what is kept, or NULL with
 * ERR_LOCAL: out of memory, nothing is kept and the items are the caller's. */
const struct items *foldercache_put(struct foldercache *c, unsigned generation, const char *path,
                                    struct items *items, int64_t now_ms, struct err *err);

#endif
