/* field 50: names in the charset of an old server. */
#include "unit.h"

#include "ftp/charset.h"

#include <stdlib.h>

static struct charset *charset(const char *name)
{
    struct err err = ERR_INIT;
    struct charset *c = charset_new(name, &err);
    if (!c)
        fail_msg("%s: %s", name, err.msg);
    return c;
}

static void assert_both_ways(const char *name, const char *bytes, const char *text)
{
    struct charset *c = charset(name);
    char dst[400];
    assert_int_equal(charset_decode(c, bytes, strlen(bytes), dst, sizeof dst), strlen(text));
    assert_string_equal(dst, text);
    assert_int_equal(charset_encode(c, text, strlen(text), dst, sizeof dst, NULL), strlen(bytes));
    assert_string_equal(dst, bytes);
    charset_free(c);
}

static void names_both_ways(void **state)
{
    (void) state;
    assert_both_ways("ISO-8859-1", "", "");
    assert_both_ways("ISO-8859-1", "k\xe4se \xff.txt", "käse ÿ.txt");
    assert_both_ways("ISO-8859-15", "10 \xa4", "10 €");
    assert_both_ways("KOI8-R", "\xc6\xc1\xca\xcc", "файл");
    assert_both_ways("CP932", "\x93\xfa\x96\x7b\x8c\xea \x95\x5c",
                     "日本語 表"); /* 5c is a backslash */
    assert_both_ways("GB18030", "\xd6\xd0\xce\xc4\x81\x30\x84\x36", "中文¥");
    assert_both_ways("ASCII", "plain", "plain");
}

/* Bytes that the charset does not know come back as they were, one by one and beside others. */
static void unknown_bytes(void **state)
{
    (void) state;
    assert_both_ways("ASCII", "a\xe4", "a\xed\xb3\xa4");
    assert_both_ways("CP1252", "\x81\x80", "\xed\xb2\x81€");
    assert_both_ways("CP932", "\x93", "\xed\xb2\x93");     /* the first half of a character */
    assert_both_ways("CP932", "\x93/x", "\xed\xb2\x93/x"); /* is no whole one with the slash */
    assert_both_ways("ASCII", "\xed\xb2\x80", "\xed\xb3\xad\xed\xb2\xb2\xed\xb2\x80");
    assert_both_ways("ASCII", "\xc3\xa4", "\xed\xb3\x83\xed\xb2\xa4"); /* ä of another server */
}

static void every_byte_of_every_charset(void **state)
{
    (void) state;
    static const char *const names[] = {"ISO-8859-1", "ISO-8859-7", "CP1252", "CP437",  "KOI8-R",
                                        "CP932",      "GB18030",    "BIG5",   "EUC-JP", "EUC-KR"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct charset *c = charset(names[i]);
        for (int a = 1; a < 256; a++) {
            for (int b = 1; b < 256; b++) {
                char in[3] = {(char) a, (char) b, '\0'}, text[16], out[16];
                int n = charset_decode(c, in, 2, text, sizeof text);
                assert_true(n > 0);
                assert_int_equal(charset_encode(c, text, (size_t) n, out, sizeof out, NULL), 2);
                assert_memory_equal(in, out, 2);
            }
        }
        charset_free(c);
    }
}

static void refused(const char *name, const char *text, const char *part)
{
    struct charset *c = charset(name);
    struct err err = ERR_INIT;
    char dst[16];
    assert_int_equal(charset_encode(c, text, strlen(text), dst, sizeof dst, &err), -1);
    assert_err(&err, ERR_USAGE);
    if (!strstr(err.msg, part))
        fail_msg("%s", err.msg);
    charset_free(c);
}

static void what_cannot_be_written(void **state)
{
    (void) state;
    refused("ISO-8859-1", "10 €", "'€' cannot be written in ISO-8859-1");
    refused("ASCII", "käse", "'ä' cannot be written in ASCII");
    refused("ISO-8859-1", "k\xe4se", "0xe4 is not UTF-8");
    refused("ISO-8859-1", "longer than sixteen", "too long");
}

static void what_does_not_fit(void **state)
{
    (void) state;
    struct charset *c = charset("ISO-8859-1");
    char dst[4];
    assert_int_equal(charset_decode(c, "\xe4\xe4", 2, dst, sizeof dst), -1);
    assert_int_equal(charset_decode(c, "\xe4z", 2, dst, sizeof dst), 3);
    charset_free(c);
}

static void charsets_that_will_not_do(void **state)
{
    (void) state;
    static const char *const names[] = {"",       "no-such-charset", "UTF-16",
                                        "IBM037", "UTF-7",           "ISO-8859-1//TRANSLIT"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct err err = ERR_INIT;
        assert_null(charset_new(names[i], &err));
        assert_err(&err, ERR_USAGE);
    }
    charset_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_both_ways),        cmocka_unit_test(unknown_bytes),
        cmocka_unit_test(what_cannot_be_written), cmocka_unit_test(every_byte_of_every_charset),
        cmocka_unit_test(what_does_not_fit),      cmocka_unit_test(charsets_that_will_not_do),
    };
    return run_unit(tests);
}
