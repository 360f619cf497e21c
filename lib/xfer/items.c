#include "xfer/items.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 32768 };

struct items_block {
    struct items_block *next;
    size_t used, size;
    char text[];
};

struct item item_of(const struct entry *e)
{
    return (struct item){.name = e->name,
                         .owner = e->owner,
                         .group = e->group,
                         .target = e->target,
                         .unique = e->type == ENTRY_DIR ? e->unique : "",
                         .size = e->size,
                         .mtime = e->mtime,
                         .mode = e->mode,
                         .type = e->type,
                         .mtime_exact = e->mtime_exact};
}

static struct items_block *block_for(struct items *items, size_t need)
{
    struct items_block *b = items->text;
    if (b && b->size - b->used >= need)
        return b;
    size_t size = need > BLOCK_BYTES ? need : BLOCK_BYTES;
    b = malloc(sizeof *b + size);
    if (b) {
        *b = (struct items_block){.next = items->text, .size = size};
        items->text = b;
    }
    return b;
}

/* `known`: text kept already, which is often the same (owners, groups); NULL: none. */
static const char *keep(struct items *items, const char *text, const char *known)
{
    size_t need = strlen(text) + 1;
    if (need == 1)
        return "";
    if (known && strcmp(known, text) == 0)
        return known;
    struct items_block *b = block_for(items, need);
    if (!b)
        return NULL;
    char *place = memcpy(b->text + b->used, text, need);
    b->used += need;
    return place;
}

static int grow(struct items *items, struct err *err)
{
    if (items->n == ITEMS_MAX)
        return err_set(err, ERR_PROTOCOL, "more than %d entries", ITEMS_MAX);
    if (items->n < items->room)
        return 0;
    size_t room = items->room ? 2 * items->room : 32;
    struct item *list = realloc(items->list, room * sizeof *list);
    if (!list)
        return err_set(err, ERR_LOCAL, "out of memory");
    items->list = list;
    items->room = room;
    return 0;
}

int items_add(struct items *items, const struct item *item, struct err *err)
{
    if (grow(items, err) < 0)
        return -1;
    const struct item *last = items->n ? &items->list[items->n - 1] : NULL;
    struct item kept = *item;
    kept.name = keep(items, item->name, NULL);
    kept.owner = keep(items, item->owner, last ? last->owner : NULL);
    kept.group = keep(items, item->group, last ? last->group : NULL);
    kept.target = keep(items, item->target, NULL);
    kept.unique = keep(items, item->unique, NULL);
    if (!kept.name || !kept.owner || !kept.group || !kept.target || !kept.unique)
        return err_set(err, ERR_LOCAL, "out of memory");
    items->list[items->n++] = kept;
    return 0;
}

int items_collect(void *ctx, const struct entry *e, struct err *err)
{
    struct item item = item_of(e);
    return items_add(ctx, &item, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct item *) a)->name, ((const struct item *) b)->name);
}

void items_sort(struct items *items)
{
    if (items->n > 1)
        qsort(items->list, items->n, sizeof *items->list, by_name);
}

void items_clear(struct items *items)
{
    for (struct items_block *b = items->text, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(items->list);
    *items = (struct items){0};
}
