#include "foldercache.h"

#include <stdlib.h>
#include <string.h>

struct folder {
    char *path;
    struct items items;
    int64_t listed_ms;
    uint64_t used; /* a count that grows with each use */
};

struct foldercache {
    struct folder list[FOLDERCACHE_FOLDERS];
    size_t n;
    size_t items;
    unsigned generation;
    uint64_t uses;
};

struct foldercache *foldercache_new(struct err *err)
{
    struct foldercache *c = calloc(1, sizeof *c);
    if (!c)
        err_set(err, ERR_LOCAL, "out of memory");
    return c;
}

static void remove_folder(struct foldercache *c, size_t i)
{
    c->items -= c->list[i].items.n;
    items_clear(&c->list[i].items);
    free(c->list[i].path);
    c->list[i] = c->list[--c->n];
}

void foldercache_drop(struct foldercache *c)
{
    while (c && c->n > 0)
        remove_folder(c, c->n - 1);
}

void foldercache_free(struct foldercache *c)
{
    foldercache_drop(c);
    free(c);
}

static size_t index_of(const struct foldercache *c, const char *path)
{
    size_t i = 0;
    while (i < c->n && strcmp(c->list[i].path, path) != 0)
        i++;
    return i;
}

static size_t oldest(const struct foldercache *c)
{
    size_t found = 0;
    for (size_t i = 1; i < c->n; i++)
        found = c->list[i].used < c->list[found].used ? i : found;
    return found;
}

const struct items *foldercache_find(struct foldercache *c, unsigned generation, const char *path,
                                     int64_t now_ms)
{
    size_t i = index_of(c, path);
    if (generation != c->generation || i == c->n || now_ms - c->list[i].listed_ms > FOLDERCACHE_MS)
        return NULL;
    c->list[i].used = ++c->uses;
    return &c->list[i].items;
}

const struct items *foldercache_put(struct foldercache *c, unsigned generation, const char *path,
                                    struct items *items, int64_t now_ms, struct err *err)
{
    char *copy = strdup(path);
    if (!copy) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    if (generation != c->generation)
        foldercache_drop(c);
    c->generation = generation;
    size_t i = index_of(c, path);
    if (i < c->n)
        remove_folder(c, i);
    while (c->n > 0 && (c->n == FOLDERCACHE_FOLDERS || c->items + items->n > FOLDERCACHE_ITEMS))
        remove_folder(c, oldest(c));
    struct folder *f = &c->list[c->n++];
    *f = (struct folder){copy, *items, now_ms, ++c->uses};
    c->items += items->n;
    *items = (struct items){0};
    return &f->items;
}
