#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

void wipe(void *mem, size_t n)
{
    volatile unsigned char *p = mem;
    while (n--)
        *p++ = 0;
}

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_clear(struct buf *b)
{
    if (b->mem)
        wipe(b->mem, b->cap);
    free(b->mem);
    *b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b)
{
    b->off = b->end = 0;
}

/* realloc() could leave a copy of a password behind. */
static int grow(struct buf *b, size_t want, struct err *err)
{
    size_t cap = b->cap ? b->cap : 256;
    while (cap < want)
        cap *= 2;
    if (cap > b->max)
        cap = b->max;
    unsigned char *mem = malloc(cap);
    if (!mem)
        return err_set(err, ERR_LOCAL, "out of memory");
    size_t len = buf_len(b);
    if (len)
        memcpy(mem, buf_data(b), len);
    if (b->mem)
        wipe(b->mem, b->cap);
    free(b->mem);
    b->mem = mem;
    b->cap = cap;
    b->off = 0;
    b->end = len;
    return 0;
}

unsigned char *buf_reserve(struct buf *b, size_t n, struct err *err)
{
    size_t len = buf_len(b);
    if (n > b->max || len > b->max - n) {
        err_set(err, ERR_LOCAL, "more than %zu bytes to hold", b->max);
        return NULL;
    }
    if (n > b->cap - b->end) {
        if (b->cap >= len + n) {
            memmove(b->mem, b->mem + b->off, len);
            b->off = 0;
            b->end = len;
        } else if (grow(b, len + n, err) < 0) {
            return NULL;
        }
    }
    return b->mem + b->end;
}

void buf_commit(struct buf *b, size_t n)
{
    b->end += n;
}

int buf_put(struct buf *b, const void *data, size_t n, struct err *err)
{
    if (n == 0)
        return 0;
    unsigned char *room = buf_reserve(b, n, err);
    if (!room)
        return -1;
    memcpy(room, data, n);
    buf_commit(b, n);
    return 0;
}

void buf_consume(struct buf *b, size_t n)
{
    b->off += n;
    if (b->off >= b->end)
        buf_reset(b);
}
