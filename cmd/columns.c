#include "columns.h"

#include <stdbool.h>

/* Whether `count` columns fit; out->widths and out->rows are set so far as it was looked. */
static bool fits(const int *widths, size_t n, int width, size_t count, struct columns *out)
{
    size_t rows = (n + count - 1) / count;
    int total = 0;
    out->rows = rows;
    out->count = (n + rows - 1) / rows; /* the last ones may be empty */
    for (size_t column = 0; column < out->count; column++) {
        int widest = 0;
        for (size_t i = column * rows; i < n && i < (column + 1) * rows; i++)
            widest = widths[i] > widest ? widths[i] : widest;
        out->widths[column] = widest + COLUMNS_GAP;
        total += out->widths[column];
        if (total - COLUMNS_GAP > width)
            return false;
    }
    return true;
}

void columns_fit(const int *widths, size_t n, int width, struct columns *out)
{
    size_t most = width < 1 ? 1 : (size_t) width / (1 + COLUMNS_GAP) + 1;
    if (n == 0) {
        *out = (struct columns){0};
        return;
    }
    most = most < COLUMNS_MAX ? most : COLUMNS_MAX;
    for (size_t count = most < n ? most : n; count > 1; count--) {
        if (fits(widths, n, width, count, out))
            return;
    }
    fits(widths, n, width, 1, out);
}
