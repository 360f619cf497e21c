#include "unit.h"

#include "base/glob.h"

static void assert_match(const char *pattern, const char *name, unsigned flags, bool expected)
{
    if (glob_match(pattern, name, flags) != expected)
        fail_msg("'%s' %s '%s'", pattern, expected ? "should match" : "should not match", name);
}

static void matches(void **state)
{
    (void) state;
    static const char *const rows[][2] = {
        {"*", "a"},
        {"*", "a b"},
        {"a*", "a"},
        {"*a", "ba"},
        {"*a*", "xax"},
        {"a*b*c", "a1b2b3c"},
        {"**", "abc"},
        {"?", "a"},
        {"?", "\xc3\xa9"},
        {"??", "a\xc3\xa9"},
        {"?", "\xe9"},
        {"a?c", "abc"},
        {"[abc]", "b"},
        {"[a-c]x", "bx"},
        {"[!a-c]", "d"},
        {"[^a-c]", "d"},
        {"[]a]", "]"},
        {"[!]a]", "b"},
        {"[a-]", "-"},
        {"[\\]]", "]"},
        {"[x", "[x"},
        {"a[", "a["},
        {"\\*", "*"},
        {"\\[a]", "[a]"},
        {"\\~", "~"},
        {"a\\b", "a\\b"},
        {"a\\\\b", "a\\b"},
        {".*", ".profile"},
        {"[\xc3\xa0-\xc3\xbc]", "\xc3\xa9"},
        {"*.c", "a.b.c"},
        {"", ""},
        {"]", "]"},
        {"\\", "\\"},
        {"*\xa9", "\xe9\xa9"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_match(rows[i][0], rows[i][1], 0, true);
}

static void mismatches(void **state)
{
    (void) state;
    static const char *const rows[][2] = {
        {"a", "b"},
        {"a", "ab"},
        {"ab", "a"},
        {"", "a"},
        {"?", ""},
        {"?", "ab"},
        {"*.c", "a.h"},
        {"[abc]", "d"},
        {"[!abc]", "a"},
        {"\\*", "a"},
        {"*", ".a"},
        {"?a", ".a"},
        {"[.]a", ".a"},
        {"\\?", "a"},
        {"A", "a"},
        {"*\xa9", "\xc3\xa9"}, /* no half of a character */
        {"[a-z]", "\xc3\xa9"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_match(rows[i][0], rows[i][1], 0, false);
}

static void flags(void **state)
{
    (void) state;
    assert_match("*.TXT", "a.txt", GLOB_FOLD, true);
    assert_match("*.txt", "A.TXT", GLOB_FOLD, true);
    assert_match("[a-c]", "B", GLOB_FOLD, true);
    assert_match("[A-C]", "b", GLOB_FOLD, true);
    assert_match("[a-c]", "D", GLOB_FOLD, false);
    assert_match("*", ".a", GLOB_HIDDEN, true);
    assert_match("?a", ".a", GLOB_HIDDEN, true);
}

/* A star that is tried again must not cost time exponential in their number. */
static void many_stars(void **state)
{
    (void) state;
    char pattern[201], name[4000];
    for (size_t i = 0; i + 1 < sizeof pattern; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    pattern[sizeof pattern - 1] = '\0';
    memset(name, 'a', sizeof name - 2);
    name[sizeof name - 2] = 'b';
    name[sizeof name - 1] = '\0';
    assert_match(pattern, name, 0, false);
}

static void magic(void **state)
{
    (void) state;
    assert_true(glob_has_magic("a*"));
    assert_true(glob_has_magic("a?"));
    assert_true(glob_has_magic("[a]"));
    assert_true(glob_has_magic("\\\\*"));
    assert_false(glob_has_magic("a"));
    assert_false(glob_has_magic("a\\*b\\[c]"));
    assert_false(glob_has_magic("a]"));
}

static void escapes(void **state)
{
    (void) state;
    char text[] = "a\\*\\b\\\\c\\[";
    glob_unescape(text);
    assert_string_equal(text, "a*\\b\\c[");

    char pattern[32];
    const char *name = "*?[a]\\b";
    assert_int_equal(glob_escape(pattern, sizeof pattern, name), 12);
    assert_string_equal(pattern, "\\*\\?\\[a\\]\\\\b");
    assert_match(pattern, name, 0, true);
    glob_unescape(pattern);
    assert_string_equal(pattern, name);
    assert_int_equal(glob_escape(pattern, 4, "abcd"), -1);
    assert_int_equal(glob_escape(pattern, 1, ""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches),    cmocka_unit_test(mismatches), cmocka_unit_test(flags),
        cmocka_unit_test(many_stars), cmocka_unit_test(magic),      cmocka_unit_test(escapes),
    };
    return run_unit(tests);
}
