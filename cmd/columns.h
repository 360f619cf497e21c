/* Names side by side. Pure. */
#ifndef FTPSH_CMD_COLUMNS_H
#define FTPSH_CMD_COLUMNS_H

#include <stddef.h>

enum { COLUMNS_GAP = 2, COLUMNS_MAX = 256 };

struct columns {
    size_t rows, count;
    int widths[COLUMNS_MAX]; /* of each column, the gap behind it included */
};

/* The fewest rows for names of these widths on a line of `width`, filled down, then across, each
 * column as wide as its widest name. One column where nothing else fits. */
void columns_fit(const int *widths, size_t n, int width, struct columns *out);

#endif
