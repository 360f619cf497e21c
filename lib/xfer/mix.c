#include "xfer/mix.h"

#include "base/fold.h"

#include <stdlib.h>
#include <string.h>

struct keyed {
    char *key;
    const char *name;
    bool source;
};

struct names {
    struct keyed *list;
    size_t n;
};

static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->list[i].key);
    free(names->list);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct keyed *) a)->key, ((const struct keyed *) b)->key);
}

static int names_add(struct names *names, const struct tree *t, uint32_t folder, bool source,
                     struct err *err)
{
    for (uint32_t i = 0; folder != TREE_NONE && i < t->nodes[folder].count; i++) {
        const char *name = tree_name(t, t->nodes[folder].first + i);
        char *key = fold_name(name, FOLD_CASE | FOLD_FORM, err);
        if (!key)
            return -1;
        names->list[names->n++] = (struct keyed){key, name, source};
    }
    return 0;
}

/* Whether `how` makes both the same. */
static bool alike(const char *a, const char *b, unsigned how)
{
    char *x = fold_name(a, how, NULL), *y = fold_name(b, how, NULL);
    bool same = x && y && strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

static unsigned difference(const struct keyed *a, const struct keyed *b)
{
    if ((!a->source && !b->source) || strcmp(a->name, b->name) == 0)
        return 0;
    return alike(a->name, b->name, FOLD_CASE)   ? FOLD_CASE
           : alike(a->name, b->name, FOLD_FORM) ? FOLD_FORM
                                                : FOLD_CASE | FOLD_FORM;
}

static unsigned names_mix(const struct names *names)
{
    unsigned found = 0;
    for (size_t i = 0; i < names->n; i++) {
        for (size_t k = i + 1; k < names->n && by_key(names->list + i, names->list + k) == 0; k++)
            found |= difference(names->list + i, names->list + k);
    }
    return found;
}

static int folder_mix(const struct tree *source, uint32_t s, const struct tree *target, uint32_t t,
                      unsigned *out, struct err *err)
{
    size_t most = source->nodes[s].count + (t == TREE_NONE ? 0 : (size_t) target->nodes[t].count);
    struct names names = {.list = calloc(most + 1, sizeof *names.list)};
    if (!names.list)
        return err_set(err, ERR_LOCAL, "out of memory");
    int rc = names_add(&names, source, s, true, err);
    if (rc == 0)
        rc = names_add(&names, target, t, false, err);
    if (rc == 0) {
        qsort(names.list, names.n, sizeof *names.list, by_key);
        *out |= names_mix(&names);
    }
    names_clear(&names);
    return rc;
}

static int walk(const struct tree *source, uint32_t s, const struct tree *target, uint32_t t,
                unsigned *out, struct err *err)
{
    if (folder_mix(source, s, target, t, out, err) < 0)
        return -1;
    for (uint32_t i = 0; i < source->nodes[s].count; i++) {
        uint32_t at = source->nodes[s].first + i;
        uint32_t there = t == TREE_NONE ? TREE_NONE : tree_find(target, t, tree_name(source, at));
        if (source->nodes[at].type == ENTRY_DIR && walk(source, at, target, there, out, err) < 0)
            return -1;
    }
    return 0;
}

int trees_mix(const struct tree *source, const struct tree *target, unsigned *out, struct err *err)
{
    *out = 0;
    return walk(source, TREE_ROOT, target, TREE_ROOT, out, err);
}
