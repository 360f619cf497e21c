/* Which failures may be gone at the next try, and how long to wait for that: one rule for a single
 * transfer and for the jobs of a pool. */
#ifndef FTPSH_XFER_RETRY_H
#define FTPSH_XFER_RETRY_H

#include "xfer/transfer.h"

/* True for what passes by itself: a connection that broke, silence, 4yz. `opened`: a data
 * connection was there before, so what connects (TLS, names, the ladder) has worked. Never Ctrl-C,
 * the limit for everything, or what the server means for good. */
bool retry_helps(const struct mover *m, bool opened, const struct err *why);

/* The pause behind so many failures in a row: 1 s, and twice as long each time, up to 30 s. */
struct deadline retry_pause(int failures);

/* "name: why; trying again in 2 s"; without the name where it is NULL. */
void retry_line(char *dst, size_t size, const char *name, const struct err *why,
                struct deadline again);

#endif
