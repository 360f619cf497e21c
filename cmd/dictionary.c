#include "dictionary.h"

#include <stdlib.h>
#include <string.h>

/* Where the name stands, or would. */
static size_t place_of(const struct dictionary *d, const char *name, bool *found)
{
    size_t lo = 0, hi = d->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(d->list[mid].name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *found = lo < d->n && strcmp(d->list[lo].name, name) == 0;
    return lo;
}

static int make_room(struct dictionary *d, struct err *err)
{
    if (d->n == DICTIONARY_MAX)
        return err_set(err, ERR_USAGE, "there are %d already", DICTIONARY_MAX);
    if (d->n < d->room)
        return 0;
    size_t room = d->room ? 2 * d->room : 16;
    struct definition *list = realloc(d->list, room * sizeof *list);
    if (!list)
        return err_set(err, ERR_LOCAL, "out of memory");
    d->list = list;
    d->room = room;
    return 0;
}

int dictionary_set(struct dictionary *d, const char *name, const char *value, struct err *err)
{
    bool found;
    size_t at = place_of(d, name, &found);
    if (!found && make_room(d, err) < 0)
        return -1;
    struct definition new = {found ? d->list[at].name : strdup(name), strdup(value)};
    if (!new.name || !new.value) {
        free(found ? NULL : new.name);
        free(new.value);
        return err_set(err, ERR_LOCAL, "out of memory");
    }
    if (found) {
        free(d->list[at].value);
    } else {
        memmove(d->list + at + 1, d->list + at, (d->n - at) * sizeof *d->list);
        d->n++;
    }
    d->list[at] = new;
    return 0;
}

const char *dictionary_get(const struct dictionary *d, const char *name)
{
    bool found;
    size_t at = place_of(d, name, &found);
    return found ? d->list[at].value : NULL;
}

bool dictionary_remove(struct dictionary *d, const char *name)
{
    bool found;
    size_t at = place_of(d, name, &found);
    if (!found)
        return false;
    free(d->list[at].name);
    free(d->list[at].value);
    d->n--;
    memmove(d->list + at, d->list + at + 1, (d->n - at) * sizeof *d->list);
    return true;
}

void dictionary_clear(struct dictionary *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->list[i].name);
        free(d->list[i].value);
    }
    free(d->list);
    *d = (struct dictionary){0};
}
