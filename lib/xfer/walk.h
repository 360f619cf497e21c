/* A remote tree, folder by folder. Links are never followed, depth is bounded, a folder inside
 * itself (servers may show a link as a folder) is known by its unique fact where there is one, and
 * an entry whose name is no single component is never a path (FIELD-NOTES 62). */
#ifndef FTPSH_XFER_WALK_H
#define FTPSH_XFER_WALK_H

#include "xfer/ancestry.h"
#include "xfer/transfer.h"

#define WALK_DEPTH_MAX ANCESTRY_DEPTH_MAX
#define WALK_PRUNE 1 /* the folder just told of is not entered */

/* An entry: `path` is root/.../name (without "root/" where root is the current folder), `depth` 1
 * for what lies in the root itself; both hold during the call. 0, WALK_PRUNE, or -1 with err, which
 * ends the walk. */
typedef int (*walk_fn)(void *ctx, const char *path, int depth, const struct item *item,
                       struct err *err);

/* The callbacks may be NULL; all get the ctx of walk_remote(). */
struct walk_options {
    int max_depth; /* folders at this depth are told of and not entered; 0: all are entered */
    /* Entries are told of while the listing comes, in its order and before the contents of any of
     * them, so that a large folder needs no memory; the session must not be used meanwhile. Else
     * they come sorted by name, each folder with its contents behind it. */
    bool streamed;
    /* behind the contents of a folder that was entered; -1 ends the walk */
    int (*left)(void *ctx, const char *path, int depth, const struct item *item, struct err *err);
    /* A folder that the server refuses to list, whose listing can't be read, that lies inside
     * itself or deeper than WALK_DEPTH_MAX: 0 goes on without it. NULL: the walk ends with `why`.
     */
    int (*refused)(void *ctx, const char *path, const struct err *why, struct err *err);
    /* a name that is no single component; `folder` is "" for the current one */
    void (*odd)(void *ctx, const char *folder, const char *name);
};

/* The tree below `root`, which is a folder; "" or NULL: the current one. The root itself is not
 * told of. Errors of list_entries() for the root, and of the callbacks; ERR_USAGE: a path gets too
 * long. */
int walk_remote(struct mover *m, const char *root, const struct walk_options *o, walk_fn each,
                void *ctx, struct err *err);

/* An error that concerns one folder only: the session goes on. */
bool walk_may_go_on(const struct err *err);

#endif
