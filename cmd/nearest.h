/* The known name nearest to what was typed, for "did you mean". Pure. */
#ifndef FTPSH_CMD_NEAREST_H
#define FTPSH_CMD_NEAREST_H

#include <stddef.h>

/* Start with {.word = typed}; `best` stays NULL while nothing within two edits was offered. Both
 * strings are borrowed. */
struct nearest {
    const char *word, *best;
    size_t distance;
};

void nearest_offer(struct nearest *n, const char *name);

/* " (did you mean 'X'?)" or "". Returns dst. */
const char *nearest_hint(const struct nearest *n, const char *prefix, char *dst, size_t size);

#endif
