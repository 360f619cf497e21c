#include "unit.h"

#include "progress.h"
#include "term.h"

#include <locale.h>

static const char *row(const char *name, int64_t done, int64_t total, double rate, int columns)
{
    static char text[PROGRESS_TEXT];
    int taken = progress_format(name, done, total, rate, columns, text);
    assert_int_equal(taken, *text ? columns : 0);
    assert_int_equal(text_width(text), taken);
    return text;
}

static void wide_rows_have_a_bar(void **state)
{
    (void) state;
    assert_string_equal(row("report.csv", 420000, 1000000, 3.4e6, 79),
                        "report.csv                    [####------]   42%     420 kB     3.4 MB/s  "
                        "00:00");
    assert_string_equal(
        row("report.csv", 420000, -1, -1, 79),
        "report.csv                                 [----------]     420 kB          -/s");
}

static void narrow_rows_keep_name_rate_and_time(void **state)
{
    (void) state;
    assert_string_equal(row("a-rather-long-name.tar.gz", 420000, 1000000, 1000, 39),
                        "a-rather-l...   42%     1.0 kB/s  09:40");
    assert_string_equal(row("a.tar", 0, 1000000, -1, 60),
                        "a.tar                      0%        0 B          -/s  --:--");
}

static void rows_fit_every_width(void **state)
{
    (void) state;
    for (int columns = 0; columns < 200; columns++) {
        row("Übergröße — 日本語のファイル名.tar.gz", 5, 10, 100, columns);
        row("x", 5, -1, 1e12, columns);
    }
}

static void all_is_a_hundred_percent(void **state)
{
    (void) state;
    assert_non_null(strstr(row("f", 7, 7, 1, 79), "[##########]  100%"));
    assert_non_null(strstr(row("empty", 0, 0, -1, 79), "100%"));
    assert_non_null(strstr(row("grown", 9, 7, 1, 79), "100%"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_rows_have_a_bar),
        cmocka_unit_test(narrow_rows_keep_name_rate_and_time),
        cmocka_unit_test(rows_fit_every_width),
        cmocka_unit_test(all_is_a_hundred_percent),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return run_unit(tests);
}
