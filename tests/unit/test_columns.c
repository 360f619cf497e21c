#include "unit.h"

#include "columns.h"

static struct columns c;

static void assert_columns(const int *widths, size_t n, int width, size_t count, size_t rows)
{
    columns_fit(widths, n, width, &c);
    assert_int_equal(c.count, count);
    assert_int_equal(c.rows, rows);
}

static void each_column_has_its_width(void **state)
{
    (void) state;
    static const int widths[] = {1, 1, 10, 2, 3, 3};
    assert_columns(widths, 6, 30, 6, 1);
    assert_columns(widths, 6, 29, 3, 2); /* 1, 10 and 3 with two gaps */
    assert_int_equal(c.widths[0], 3);
    assert_int_equal(c.widths[1], 12);
    assert_int_equal(c.widths[2], 5);
    assert_columns(widths, 6, 18, 3, 2);
    assert_columns(widths, 6, 17, 2, 3);
    assert_columns(widths, 6, 14, 1, 6);
}

static void edges(void **state)
{
    (void) state;
    static const int wide[] = {500, 3};
    static const int ones[5] = {1, 1, 1, 1, 1};
    static int many[3000];
    assert_columns(NULL, 0, 80, 0, 0);
    assert_columns(wide, 2, 80, 1, 2);
    assert_columns(wide, 1, 80, 1, 1);
    assert_columns(ones, 5, 0, 1, 5);
    assert_columns(ones, 5, 10, 3, 2); /* no column is empty */
    for (size_t i = 0; i < 3000; i++)
        many[i] = 1;
    assert_columns(many, 3000, 100000, 250, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_column_has_its_width),
        cmocka_unit_test(edges),
    };
    return run_unit(tests);
}
