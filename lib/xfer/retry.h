/* Which failures may be gone at the next try, and how long to wait for that: one rule for a single
 * transfer and for the jobs of a pool. */
#ifndef FTPSH_XFER_RETRY_H
#define FTPSH_XFER_RETRY_H

#include "xfer/transfer.h"

/* What has come of the tries of one transfer. Zero: there was none. */
struct retry_count {
    int failures;    /* since it last made way */
    int64_t reached; /* the farthest that a try got in the file */
    bool opened;     /* a data connection was there */
};

/* After a try that failed: `t` tells how far it got. A line that breaks every so often gets a file
 * through all the same, so a failure behind RETRY_WAY_BYTES of new way counts as the first; what
 * begins again and breaks where it broke before makes none. */
#define RETRY_WAY_BYTES (1024 * 1024)
void retry_failed(struct retry_count *c, const struct transfer *t);

/* Whether another try is to follow the failure that was counted last: no more than `retries` in a
 * row, and only what passes by itself: a connection that broke, silence, 4yz, and where a data
 * connection was there before, TLS, names, the ladder; and 522 where the TLS session may be resumed
 * in another way. Never Ctrl-C, the limit for everything, what else the server means for good, or a
 * transfer that is final. */
bool retry_follows(const struct retry_count *c, int retries, const struct mover *m,
                   const struct transfer *t, const struct err *why);

/* Whether it is what any other file would meet here, too: the disk is full, a quota is used up, the
 * file system is read-only. */
bool retry_hopeless(const struct err *why);

/* The pause behind so many failures in a row: 1 s, and twice as long each time, up to 30 s. */
struct deadline retry_pause(int failures);

/* "name: why; trying again in 2 s"; without the name where it is NULL. */
void retry_line(char *dst, size_t size, const char *name, const struct err *why,
                struct deadline again);

#endif
