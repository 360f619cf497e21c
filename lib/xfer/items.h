/* Entries that are kept: numbers in an array, text in blocks that never move. */
#ifndef FTPSH_XFER_ITEMS_H
#define FTPSH_XFER_ITEMS_H

#include "ftp/listing.h"

#include <stddef.h>

/* As struct entry, whose text it borrows when it is made by item_of(). Absent strings are "". */
struct item {
    const char *name, *owner, *group, *target;
    const char *unique; /* of a folder alone */
    int64_t size, mtime;
    int mode;
    enum entry_type type;
    bool mtime_exact;
};

struct item item_of(const struct entry *e);

#define ITEMS_MAX 4000000

/* Zero is empty. The items belong to the list; pointers to them hold until the next one is added,
 * their text until items_clear(). */
struct items {
    struct item *list;
    size_t n, room;
    struct items_block *text;
};

/* Copies it. ERR_LOCAL: out of memory; ERR_PROTOCOL: more than ITEMS_MAX (FIELD-NOTES 64). */
int items_add(struct items *items, const struct item *item, struct err *err);

/* The same as a list_entry_fn; ctx is the struct items. */
int items_collect(void *ctx, const struct entry *e, struct err *err);

/* By the bytes of their names. */
void items_sort(struct items *items);

void items_clear(struct items *items);

#endif
