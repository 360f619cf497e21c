#include "unit.h"

#include "show.h"

#include <stdlib.h>
#include <time.h>

static void assert_size(int64_t size, bool human, const char *expected)
{
    char text[32];
    show_size(size, human, text, sizeof text);
    assert_string_equal(text, expected);
}

static void sizes(void **state)
{
    (void) state;
    assert_size(0, false, "0");
    assert_size(LISTING_UNKNOWN, true, "?");
    assert_size(INT64_MAX, false, "9223372036854775807");
    assert_size(1023, true, "1023");
    assert_size(1024, true, "1.0K");
    assert_size(1025, true, "1.1K");
    assert_size(10138, true, "10K");
    assert_size(10137, true, "9.9K");
    assert_size(123456, true, "121K");
    assert_size(1023 * 1024, true, "1023K");
    assert_size(1023 * 1024 + 1, true, "1.0M");
    assert_size(1536 * 1024, true, "1.5M");
    assert_size(INT64_MAX, true, "8.0E");
}

static void assert_time(int64_t mtime, const char *expected)
{
    char text[64];
    show_time(mtime, 1700000000, text, sizeof text); /* 2023-11-14 22:13:20 UTC */
    assert_string_equal(text, expected);
}

static void times(void **state)
{
    (void) state;
    setenv("TZ", "XXX-1", 1);
    tzset();
    assert_time(1700000000, "Nov 14 23:13");
    assert_time(1700000000 - 100 * 86400, "Aug  6 23:13");
    assert_time(1700000000 - 200 * 86400, "Apr 28  2023");
    assert_time(1700000001, "Nov 14  2023");
    assert_time(0, "Jan  1  1970");
    assert_time(LISTING_UNKNOWN, "?");
}

static void assert_mode(enum entry_type type, int mode, const char *expected)
{
    char text[SHOW_MODE_BYTES];
    struct item item = {.type = type, .mode = mode};
    show_mode(&item, text);
    assert_string_equal(text, expected);
}

static void modes(void **state)
{
    (void) state;
    assert_mode(ENTRY_FILE, 0644, "-rw-r--r--");
    assert_mode(ENTRY_DIR, 01777, "drwxrwxrwt");
    assert_mode(ENTRY_FILE, 06711, "-rws--s--x");
    assert_mode(ENTRY_FILE, 07000, "---S--S--T");
    assert_mode(ENTRY_LINK, LISTING_UNKNOWN, "l?????????");
}

static void names(void **state)
{
    (void) state;
    char *text = show_text("a\033b", true);
    assert_string_equal(text, "a\\x1bb");
    free(text);
    text = show_text("a\033b", false);
    assert_string_equal(text, "a\033b");
    free(text);
}

static void assert_json(const struct item *item, const char *path, const char *expected)
{
    json_t *o = show_json(item, path);
    char *text = json_dumps(o, JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
    json_decref(o);
}

static void objects(void **state)
{
    (void) state;
    struct item item = {.name = "a\xff",
                        .owner = "me",
                        .group = "",
                        .target = "t",
                        .size = 5,
                        .mtime = 1700000000,
                        .mode = 0644,
                        .type = ENTRY_LINK};
    assert_json(&item, "d/a",
                "{\"name\":\"a\\\\xff\",\"type\":\"link\",\"path\":\"d/a\",\"size\":5,"
                "\"mtime\":\"2023-11-14T22:13:20Z\",\"mode\":\"0644\",\"owner\":\"me\","
                "\"target\":\"t\"}");
    item = (struct item){.name = "b",
                         .owner = "",
                         .group = "",
                         .target = "",
                         .size = LISTING_UNKNOWN,
                         .mtime = LISTING_UNKNOWN,
                         .mode = LISTING_UNKNOWN,
                         .type = ENTRY_DIR};
    assert_json(&item, NULL, "{\"name\":\"b\",\"type\":\"dir\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes), cmocka_unit_test(times),   cmocka_unit_test(modes),
        cmocka_unit_test(names), cmocka_unit_test(objects),
    };
    return run_unit(tests);
}
