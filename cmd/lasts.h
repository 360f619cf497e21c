/* The last lines, or the last bytes, of what flows by. Pure. */
#ifndef FTPSH_CMD_LASTS_H
#define FTPSH_CMD_LASTS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* The most that is held for them. */
#define LASTS_BYTES_MAX (64 * 1024 * 1024)

struct lasts {
    bool bytes; /* `wanted` counts bytes, not lines */
    int64_t wanted;
    struct buf text; /* what may be among them */
    size_t look;     /* from this length on it is worth dropping what is not */
    bool cut;        /* something stood in front of them */
};

void lasts_init(struct lasts *l, bool bytes, int64_t wanted);
void lasts_clear(struct lasts *l);

/* -1 with ERR_LOCAL: they are longer than LASTS_BYTES_MAX, or out of memory. */
int lasts_feed(struct lasts *l, const void *data, size_t len, struct err *err);

/* At the end: l->text holds them and nothing else. A last line without its end is one. */
void lasts_end(struct lasts *l);

#endif
