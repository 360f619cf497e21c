/* Files on both sides compared by the hashes that a server computes. */
#ifndef FTPSH_XFER_COMPARE_H
#define FTPSH_XFER_COMPARE_H

#include "xfer/plan.h"
#include "xfer/pool.h"

struct compare {
    const struct tree *source, *target;
    const char *local, *remote; /* the two roots */
    /* A pair that could not be compared, in the caller's thread; it stays PAIR_UNKNOWN. */
    void (*failed)(void *ctx, const char *path, const struct err *why);
    void (*tick)(void *ctx);
    void *ctx;
};

/* Sets result[node of the source] (all PAIR_UNKNOWN before) for files that are there on both sides
 * with the same size. -1 with ERR_INTEGRITY: the server computes no hashes; or as pool_run(). */
int compare_trees(struct pool *pool, const struct compare *c, uint8_t *result, struct err *err);

#endif
