/* Trees read: a local one from its folder, a remote one from listings, several at a time. */
#ifndef FTPSH_XFER_SCAN_H
#define FTPSH_XFER_SCAN_H

#include "xfer/filter.h"
#include "xfer/own.h"
#include "xfer/pool.h"
#include "xfer/tree.h"

struct scan_options {
    const struct filter *filter; /* NULL: everything is meant */
    /* Links become what they name; those that cannot (nothing is there, a loop, a folder that
     * nobody can tell to be none) stay links, with an enum action_reason as their state. */
    bool follow;
    struct own_files own; /* marked as such in a local tree */
    int64_t most;         /* entries of a tree, for the sake of memory */
    bool targets; /* what remote links name is wanted: where MLSD does not tell, LIST is asked */
    /* A folder below the root that could not be read, or not all of it (it is FOLDER_FAILED or
     * FOLDER_PARTIAL then), or what in it could not: told of in the caller's thread. NULL: not. */
    void (*failed)(void *ctx, const char *path, const struct err *why);
    void *ctx;
};

/* The tree in the folder that `root` is the descriptor of. -1 with ERR_LOCAL (out of memory, more
 * than `most` entries, or the root is not to be read); tree_clear() in either case. */
int scan_local(int root, const struct scan_options *o, struct tree *out, struct err *err);

/* The tree below the remote folder `root` ("": the current one), with pool_run(pool, tick,
 * tick_ctx). A folder that is one of those it lies in is not listed again. -1 with what the root's
 * listing gave, ERR_PROTOCOL where the server tells of more than `most` entries, or as pool_run().
 */
int scan_remote(struct pool *pool, const char *root, const struct scan_options *o,
                void (*tick)(void *ctx), void *tick_ctx, struct tree *out, struct err *err);

#endif
