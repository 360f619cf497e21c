/* A limit for the bytes a second of all transfers together: a token bucket that threads share.
 *
 * Who wants to move bytes takes that many first, and gives back what it could not use. The bucket
 * holds a quarter of a second's worth and starts empty: over ten seconds that is 2.5 % at most.
 * The time is passed in (clock_now_ms()). */
#ifndef FTPSH_XFER_RATE_H
#define FTPSH_XFER_RATE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct rate;

/* Without a limit. NULL with ERR_LOCAL. */
struct rate *rate_new(struct err *err);
void rate_free(struct rate *r); /* NULL is legal */

/* Bytes a second from now on; 0: as many as there are. */
void rate_set(struct rate *r, int64_t bytes_per_s);

/* Up to `want` bytes (> 0) may move now: returns how many, or 0 with *wait_ms: ask again then. A
 * NULL rate has no limit. */
size_t rate_take(struct rate *r, size_t want, int64_t now_ms, int64_t *wait_ms);

void rate_give_back(struct rate *r, size_t unused);

#endif
