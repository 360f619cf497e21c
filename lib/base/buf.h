/* A bounded byte buffer: bytes are put at the end and consumed from the front.
 *
 * Embedded: buf_init() with the most it may ever hold, buf_clear() when done (the memory is wiped,
 * since passwords pass through). Growing beyond the bound or running out of memory is ERR_LOCAL.
 */
#ifndef FTPSH_BASE_BUF_H
#define FTPSH_BASE_BUF_H

#include "base/err.h"

#include <stddef.h>

struct buf {
    unsigned char *mem;
    size_t off, end, cap, max;
};

void buf_init(struct buf *b, size_t max);
void buf_clear(struct buf *b);

static inline const unsigned char *buf_data(const struct buf *b)
{
    return b->off ? b->mem + b->off : b->mem; /* NULL has no offsets, not even 0 */
}

static inline size_t buf_len(const struct buf *b)
{
    return b->end - b->off;
}

/* Forgets the contents, keeps the memory. */
void buf_reset(struct buf *b);

/* Room for n more bytes at the end: returns where to write them, NULL with `err` set if there is
 * none. The pointer holds until the next call that changes the buffer. */
unsigned char *buf_reserve(struct buf *b, size_t n, struct err *err);

/* Declares n of the reserved bytes written. */
void buf_commit(struct buf *b, size_t n);

int buf_put(struct buf *b, const void *data, size_t n, struct err *err);

/* Drops n bytes (at most buf_len) from the front. */
void buf_consume(struct buf *b, size_t n);

/* Overwrites n bytes with zeros in a way that the compiler keeps. */
void wipe(void *mem, size_t n);

#endif
