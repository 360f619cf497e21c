#include "unit.h"

#include "lasts.h"

#include <stdio.h>
#include <string.h>

/* Fed in pieces of every size. */
static void assert_last(bool bytes, int64_t wanted, const char *text, const char *expected)
{
    size_t len = strlen(text);
    for (size_t piece = 1; piece <= len + 1; piece++) {
        struct lasts l;
        lasts_init(&l, bytes, wanted);
        l.look = 1; /* as if a great deal had come */
        for (size_t at = 0; at < len; at += piece)
            assert_int_equal(lasts_feed(&l, text + at, len - at < piece ? len - at : piece, NULL),
                             0);
        lasts_end(&l);
        assert_int_equal(buf_len(&l.text), strlen(expected));
        if (*expected)
            assert_memory_equal(buf_data(&l.text), expected, strlen(expected));
        assert_int_equal(l.cut, strlen(expected) < len);
        lasts_clear(&l);
    }
}

static void lines(void **state)
{
    (void) state;
    assert_last(false, 2, "one\ntwo\nthree\n", "two\nthree\n");
    assert_last(false, 2, "one\ntwo\nthree", "two\nthree");
    assert_last(false, 1, "one\n\n", "\n");
    assert_last(false, 3, "one\ntwo\nthree\n", "one\ntwo\nthree\n");
    assert_last(false, 9, "one\n", "one\n");
    assert_last(false, 0, "one\n", "");
    assert_last(false, 2, "", "");
    assert_last(false, 1, "\n\n\n", "\n");
}

static void bytes(void **state)
{
    (void) state;
    assert_last(true, 2, "abc", "bc");
    assert_last(true, 3, "abc", "abc");
    assert_last(true, 0, "abc", "");
}

/* A stream of any length takes no more memory than what is wanted of it. */
static void long_stream(void **state)
{
    (void) state;
    struct lasts l;
    char line[64];
    lasts_init(&l, false, 3);
    for (int i = 0; i < 300000; i++) {
        snprintf(line, sizeof line, "line %d\n", i);
        assert_int_equal(lasts_feed(&l, line, strlen(line), NULL), 0);
    }
    assert_true(l.text.cap < 1024 * 1024);
    lasts_end(&l);
    assert_int_equal(buf_put(&l.text, "", 1, NULL), 0);
    assert_string_equal((const char *) buf_data(&l.text),
                        "line 299997\nline 299998\nline 299999\n");
    lasts_clear(&l);
}

static void line_without_end(void **state)
{
    (void) state;
    static char block[1024 * 1024];
    struct lasts l;
    struct err err = ERR_INIT;
    int rc = 0;
    memset(block, 'x', sizeof block);
    lasts_init(&l, false, 1);
    for (int i = 0; rc == 0 && i < 70; i++)
        rc = lasts_feed(&l, block, sizeof block, &err);
    assert_int_equal(rc, -1);
    assert_err(&err, ERR_LOCAL);
    lasts_clear(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(bytes),
        cmocka_unit_test(long_stream),
        cmocka_unit_test(line_without_end),
    };
    return run_unit(tests);
}
