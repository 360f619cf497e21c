/* Names and what they stand for: variables, aliases. Pure. */
#ifndef FTPSH_CMD_DICTIONARY_H
#define FTPSH_CMD_DICTIONARY_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define DICTIONARY_MAX 1000

struct definition {
    char *name, *value;
};

/* Zero is empty. In the order of the names; pointers into it hold until it changes. */
struct dictionary {
    struct definition *list;
    size_t n, room;
};

/* Copies both. ERR_USAGE: there are DICTIONARY_MAX already; ERR_LOCAL: out of memory. */
int dictionary_set(struct dictionary *d, const char *name, const char *value, struct err *err);

/* NULL if there is none. */
const char *dictionary_get(const struct dictionary *d, const char *name);

/* false: there was none. */
bool dictionary_remove(struct dictionary *d, const char *name);

void dictionary_clear(struct dictionary *d);

#endif
