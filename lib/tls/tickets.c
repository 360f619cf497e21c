#include "tls/tickets.h"

#include "base/buf.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { TICKETS_MAX = 16, LIFETIME_MAX_S = 7 * 24 * 3600, AGEING_MAX_MS = 5 * 60 * 1000 };

struct ticket {
    void *data;
    size_t len;
    bool single_use;
    struct deadline ageing, expires;
};

/* Oldest first. */
struct tickets {
    struct ticket list[TICKETS_MAX];
    size_t n;
    bool had; /* any so far */
};

static void ticket_clear(struct ticket *t)
{
    wipe(t->data, t->len);
    free(t->data);
}

static void drop(struct tickets *t, size_t i)
{
    ticket_clear(&t->list[i]);
    t->n--;
    memmove(&t->list[i], &t->list[i + 1], (t->n - i) * sizeof t->list[0]);
}

struct tickets *tickets_new(void)
{
    return calloc(1, sizeof(struct tickets));
}

void tickets_free(struct tickets *t)
{
    if (!t)
        return;
    while (t->n)
        drop(t, t->n - 1);
    free(t);
}

static void *copy(const void *data, size_t len)
{
    void *mem = malloc(len);
    if (mem)
        memcpy(mem, data, len);
    return mem;
}

void tickets_add(struct tickets *t, const void *data, size_t len, bool single_use,
                 unsigned lifetime_s)
{
    void *mem = len ? copy(data, len) : NULL;
    if (!mem)
        return;
    if (t->n == TICKETS_MAX)
        drop(t, 0);
    int64_t life_ms = (int64_t) (lifetime_s < LIFETIME_MAX_S ? lifetime_s : LIFETIME_MAX_S) * 1000;
    int64_t last_ms = life_ms / 10 < AGEING_MAX_MS ? life_ms / 10 : AGEING_MAX_MS;
    t->list[t->n++] = (struct ticket){
        .data = mem,
        .len = len,
        .single_use = single_use,
        .ageing = life_ms ? deadline_in(life_ms - last_ms) : DEADLINE_NEVER,
        .expires = life_ms ? deadline_in(life_ms) : DEADLINE_NEVER,
    };
    t->had = true;
}

bool tickets_take(struct tickets *t, void **data, size_t *len)
{
    while (t->n && deadline_passed(t->list[t->n - 1].expires))
        drop(t, t->n - 1);
    if (t->n == 0)
        return false;
    struct ticket *newest = &t->list[t->n - 1];
    *len = newest->len;
    if (newest->single_use && t->n > 1) {
        *data = newest->data;
        t->n--;
        return true;
    }
    *data = copy(newest->data, newest->len);
    return *data != NULL;
}

size_t tickets_count(const struct tickets *t)
{
    return t->n;
}

bool tickets_ageing(const struct tickets *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (!deadline_passed(t->list[i].ageing))
            return false;
    }
    return t->had;
}
