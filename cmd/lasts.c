#include "lasts.h"

enum { LOOK_MIN = 64 * 1024 };

void lasts_init(struct lasts *l, bool bytes, int64_t wanted)
{
    *l = (struct lasts){.bytes = bytes, .wanted = wanted, .look = LOOK_MIN};
    buf_init(&l->text, LASTS_BYTES_MAX);
}

void lasts_clear(struct lasts *l)
{
    buf_clear(&l->text);
}

/* Where the last `wanted` lines begin. */
static size_t find_lines(const unsigned char *text, size_t len, int64_t wanted)
{
    int64_t ends = 0;
    for (size_t i = len; i > 0; i--) {
        bool end = text[i - 1] == '\n' && i < len; /* the very last belongs to its line */
        ends += end;
        if (end && ends == wanted)
            return i;
    }
    return wanted > 0 ? 0 : len;
}

void lasts_end(struct lasts *l)
{
    size_t len = buf_len(&l->text), from = 0;
    if (len == 0)
        return;
    if (!l->bytes)
        from = find_lines(buf_data(&l->text), len, l->wanted);
    else if (l->wanted < (int64_t) len)
        from = len - (size_t) l->wanted;
    buf_consume(&l->text, from);
    l->cut = l->cut || from > 0;
}

int lasts_feed(struct lasts *l, const void *data, size_t len, struct err *err)
{
    if (buf_len(&l->text) + len > l->look) {
        lasts_end(l);
        l->look = 2 * buf_len(&l->text) + LOOK_MIN;
    }
    return buf_put(&l->text, data, len, err);
}
