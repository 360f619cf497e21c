#include "nearest.h"

#include <stdio.h>
#include <string.h>

enum { EDITS_MAX = 2, WORD_MAX = 63 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Levenshtein's distance, one row at a time. */
static size_t edit_distance(const char *a, size_t alen, const char *b, size_t blen)
{
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= blen; j++)
        row[j] = j;
    for (size_t i = 1; i <= alen; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= blen; j++) {
            size_t above = row[j];
            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[blen];
}

void nearest_offer(struct nearest *n, const char *name)
{
    size_t wlen = strlen(n->word), nlen = strlen(name);
    if (wlen > WORD_MAX || nlen > WORD_MAX)
        return;
    size_t d = edit_distance(n->word, wlen, name, nlen);
    /* a short word is near to everything: something of it must be kept */
    if (d > EDITS_MAX || d >= wlen || (n->best && d >= n->distance))
        return;
    n->best = name;
    n->distance = d;
}

const char *nearest_hint(const struct nearest *n, const char *prefix, char *dst, size_t size)
{
    dst[0] = '\0';
    if (n->best)
        snprintf(dst, size, " (did you mean '%s%s'?)", prefix, n->best);
    return dst;
}
