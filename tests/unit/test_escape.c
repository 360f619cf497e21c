#include "unit.h"

#include "base/escape.h"

#include <stdio.h>

#define assert_escaped(src, len, expected)                                                         \
    do {                                                                                           \
        char shown[256];                                                                           \
        size_t n = escape_text(shown, sizeof shown, (src), (len));                                 \
        assert_string_equal(shown, (expected));                                                    \
        assert_int_equal(n, strlen(expected));                                                     \
    } while (0)

#define assert_escaped_literal(src, expected) assert_escaped((src), sizeof(src) - 1, (expected))

static void text_passes(void **state)
{
    (void) state;
    assert_escaped_literal("", "");
    assert_escaped_literal("plain ~ text", "plain ~ text");
    assert_escaped_literal("Gr\xc3\xbc\xc3\x9f"
                           "e \xe2\x82\xac \xf0\x9f\x98\x80",
                           "Gr\xc3\xbc\xc3\x9f"
                           "e \xe2\x82\xac \xf0\x9f\x98\x80");
}

/* field 66 */
static void control_bytes_do_not(void **state)
{
    (void) state;
    assert_escaped_literal("\033[2J", "\\x1b[2J");
    assert_escaped_literal("a\tb\r\n", "a\\x09b\\x0d\\x0a");
    assert_escaped_literal("\x7f", "\\x7f");
    assert_escaped("a\0b", 3, "a\\x00b");
    assert_escaped_literal("\xc2\x9b"
                           "31m",
                           "\\xc2\\x9b31m"); /* C1: CSI as UTF-8 */
}

static void reordering_does_not(void **state)
{
    (void) state;
    assert_escaped_literal("a\xe2\x80\xae"
                           "txt.exe",
                           "a\\xe2\\x80\\xaetxt.exe");         /* U+202E */
    assert_escaped_literal("\xe2\x81\xa6", "\\xe2\\x81\\xa6"); /* U+2066 */
    assert_escaped_literal("\xe2\x80\x8f", "\\xe2\\x80\\x8f"); /* U+200F */
}

static void the_invisible_does_not(void **state)
{
    (void) state;
    assert_escaped_literal("a\xe2\x80\x8b"
                           "b",
                           "a\\xe2\\x80\\x8bb");                        /* U+200B, no width */
    assert_escaped_literal("\xc2\xad", "\\xc2\\xad");                   /* U+00AD */
    assert_escaped_literal("\xd8\x9c", "\\xd8\\x9c");                   /* U+061C, to the left */
    assert_escaped_literal("\xe2\x81\xa0", "\\xe2\\x81\\xa0");          /* U+2060 */
    assert_escaped_literal("\xe3\x85\xa4", "\\xe3\\x85\\xa4");          /* U+3164 */
    assert_escaped_literal("\xef\xbb\xbf", "\\xef\\xbb\\xbf");          /* U+FEFF */
    assert_escaped_literal("\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"); /* U+E0041, a tag */
}

/* What is not seen alone, and words or emoji need: the joiners and a variation selector. */
static void joiners_pass(void **state)
{
    (void) state;
    assert_escaped_literal("\xe2\x80\x8c\xe2\x80\x8d\xef\xb8\x8f",
                           "\xe2\x80\x8c\xe2\x80\x8d\xef\xb8\x8f");
    assert_escaped_literal("\xe3\x80\x80\xef\xbb\xbe", "\xe3\x80\x80\xef\xbb\xbe");
}

static void broken_utf8_does_not(void **state)
{
    (void) state;
    assert_escaped_literal("\xff", "\\xff");
    assert_escaped_literal("\xc0\xaf", "\\xc0\\xaf");                   /* overlong slash */
    assert_escaped_literal("\xe0\x80\xaf", "\\xe0\\x80\\xaf");          /* the same in three */
    assert_escaped_literal("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* surrogate */
    assert_escaped_literal("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
    assert_escaped_literal("x\xe2\x82", "x\\xe2\\x82");                 /* cut */
    assert_escaped_literal("\xe2\x82"
                           "A",
                           "\\xe2\\x82"
                           "A");
}

static void cut_between_characters(void **state)
{
    (void) state;
    char shown[8];
    assert_int_equal(escape_text(shown, sizeof shown, "1234567890", 10), 7);
    assert_string_equal(shown, "1234567");
    assert_int_equal(escape_text(shown, sizeof shown, "12345\033", 6), 5);
    assert_string_equal(shown, "12345");
    assert_int_equal(escape_text(shown, sizeof shown, "123456\xc3\xbc", 8), 6);
    assert_int_equal(escape_text(shown, sizeof shown, "12345\xc3\xbc", 7), 7);
    assert_int_equal(escape_text(shown, 1, "x", 1), 0);
    assert_string_equal(shown, "");
}

static void lengths_of_characters(void **state)
{
    (void) state;
    assert_int_equal(utf8_char("", 0), 0);
    assert_int_equal(utf8_char("a", 1), 1);
    assert_int_equal(utf8_char("\xc3\xbc", 2), 2);
    assert_int_equal(utf8_char("\xc3\xbc", 1), 0);
    assert_int_equal(utf8_char("\xe2\x82\xac", 3), 3);
    assert_int_equal(utf8_char("\xf0\x9f\x98\x80", 4), 4);
    assert_int_equal(utf8_char("\x80", 1), 0);
}

/* field 63 */
static void line_breaks(void **state)
{
    (void) state;
    assert_false(has_line_break("", 0));
    assert_false(has_line_break("name with blank", 15));
    assert_true(has_line_break("a\rb", 3));
    assert_true(has_line_break("a\n", 2));
    assert_true(has_line_break("a\0b", 3));
}

static void passwords_of_urls(void **state)
{
    static const char *const pairs[][2] = {
        {"get: ftp://me:secret@h:21/x: none", "get: ftp://me@h:21/x: none"},
        {"'ftp://me:se@cret@[::1]/a:b@c'", "'ftp://me@[::1]/a:b@c'"},
        {"ftp://a:b@h/x and ftps://:c@h", "ftp://a@h/x and ftps://@h"},
        {"ftp://me:se/cret@h", "ftp://me@h"},
        {"ftp://h:21/a@b", "ftp://h:21/a@b"},
        {"ftp://me@[::1]:21/a@b", "ftp://me@[::1]:21/a@b"},
        {"ftp://[::1]/a@b", "ftp://[::1]/a@b"},
        {"ftp://h:21 me@h", "ftp://h:21 me@h"},
        {"ftp://me: a@b", "ftp://me: a@b"},
        {"12:30@home", "12:30@home"},
        {"ftp://", "ftp://"},
        {"", ""},
    };
    (void) state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", pairs[i][0]);
        hide_passwords(text);
        assert_string_equal(text, pairs[i][1]);
    }
}

static const char *without(const char *secret, const char *text)
{
    static char shown[256];
    snprintf(shown, sizeof shown, "%s", text);
    hide_secret(shown, secret);
    return shown;
}

static void secrets_go(void **state)
{
    (void) state;
    assert_string_equal(without("secret", "a secret, secretsecret"), "a ****, ********");
    assert_string_equal(without("abc", "abcabc d"), "****** d");
    assert_string_equal(without("***", "*******"), "*******");
    assert_string_equal(without("****", "*****"), "*****");
    assert_string_equal(without("in", "Login incorrect"), "Login incorrect");
    assert_string_equal(without("", "text"), "text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_passes),
        cmocka_unit_test(control_bytes_do_not),
        cmocka_unit_test(reordering_does_not),
        cmocka_unit_test(secrets_go),
        cmocka_unit_test(the_invisible_does_not),
        cmocka_unit_test(joiners_pass),
        cmocka_unit_test(broken_utf8_does_not),
        cmocka_unit_test(cut_between_characters),
        cmocka_unit_test(lengths_of_characters),
        cmocka_unit_test(line_breaks),
        cmocka_unit_test(passwords_of_urls),
    };
    return run_unit(tests);
}
