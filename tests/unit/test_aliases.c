#include "unit.h"

#include "aliases.h"

#include <stdio.h>
#include <string.h>

static struct dictionary aliases;

static void define(const char *name, const char *value)
{
    assert_int_equal(dictionary_set(&aliases, name, value, NULL), 0);
}

static int clear(void **state)
{
    (void) state;
    dictionary_clear(&aliases);
    return 0;
}

/* The words of the line's commands, '|' between words and ';' between commands. */
static int read_line(const char *line, char *dst, size_t size, struct err *err)
{
    static struct words w;
    static struct alias_line l;
    size_t pos = 0, n = 0;
    int got;
    memset(&l, 0, sizeof l);
    snprintf(l.text, sizeof l.text, "%s", line);
    dst[0] = '\0';
    for (;;) {
        got = aliases_expand(&aliases, &l, &pos, err);
        if (got < 0 || (got = words_next(l.text, &pos, NULL, &w, err)) <= 0)
            return got;
        for (int i = 0; i < w.argc; i++)
            n += (size_t) snprintf(dst + n, size - n, "%s%s", i ? "|" : n ? ";" : "", w.argv[i]);
    }
}

static void assert_meaning(const char *line, const char *meaning)
{
    char text[1024];
    struct err err = ERR_INIT;
    if (read_line(line, text, sizeof text, &err) < 0)
        fail_msg("%s: %s", line, err.msg);
    assert_string_equal(text, meaning);
}

static void stands_for_its_text(void **state)
{
    (void) state;
    define("ll", "ls -l");
    define("up", "cd ..; ls");
    define("nothing", "");
    assert_meaning("ll a; ll", "ls|-l|a;ls|-l");
    assert_meaning(" ;; ll>x && ll", "ls|-l;ls|-l");
    assert_meaning("-ll; - ll", "-ls|-l;-ls|-l");
    assert_meaning("up 'a b'", "cd|..;ls|a b");
    assert_meaning("nothing; nothing pwd", "pwd");
    assert_meaning("ls ll", "ls|ll");
}

static void not_where_it_is_quoted(void **state)
{
    (void) state;
    define("ls", "ls -l");
    assert_meaning("ls; \\ls; 'ls'; l\"s\"; !ls", "ls|-l;ls;ls;ls;!|ls");
}

static void not_within_its_own_text(void **state)
{
    (void) state;
    define("ls", "ls -a; ls");
    define("a", "b 1; a 2");
    define("b", "a 3");
    assert_meaning("ls x; ls", "ls|-a;ls|x;ls|-a;ls");
    assert_meaning("a 4; a", "a|3|1;a|2|4;a|3|1;a|2");
    assert_meaning("b", "b|1;a|2|3");
}

static void bounds(void **state)
{
    (void) state;
    char text[64], name[8], value[24];
    struct err err = ERR_INIT;
    for (int i = 0; i <= ALIAS_DEPTH; i++) {
        snprintf(name, sizeof name, "a%d", i);
        snprintf(value, sizeof value, "a%d", i + 1);
        define(name, value);
    }
    assert_int_equal(read_line("a0", text, sizeof text, &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_non_null(strstr(err.msg, "within each other"));

    static char wide[LINE_BYTES];
    memset(wide, 'x', sizeof wide - 1);
    define("wide", wide);
    err_clear(&err);
    assert_int_equal(read_line("wide x", text, sizeof text, &err), -1);
    assert_non_null(strstr(err.msg, "alias 'wide'"));
}

static void names(void **state)
{
    (void) state;
    static const char *const bad[] = {"",     "a b", "-a",  "!a", "#",   "a=b", "'a'",
                                      "a\\b", "$a",  "a;b", ";a", "a|b", ">",   "&"};
    static const char *const good[] = {"ll", "..", "la-l", "?", "a#", "\xc3\xbc"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = ERR_INIT;
        assert_int_equal(aliases_check_name(bad[i], &err), -1);
        assert_err(&err, ERR_USAGE);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(aliases_check_name(good[i], NULL), 0);
}

static void a_dictionary_is_sorted_and_bounded(void **state)
{
    (void) state;
    char name[8];
    struct err err = ERR_INIT;
    for (int i = DICTIONARY_MAX; i > 0; i--) {
        snprintf(name, sizeof name, "n%03d", i % DICTIONARY_MAX);
        assert_int_equal(dictionary_set(&aliases, name, name, &err), 0);
    }
    assert_int_equal(dictionary_set(&aliases, "more", "", &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_int_equal(dictionary_set(&aliases, "n500", "other", NULL), 0);
    assert_string_equal(dictionary_get(&aliases, "n500"), "other");
    for (size_t i = 1; i < aliases.n; i++)
        assert_true(strcmp(aliases.list[i - 1].name, aliases.list[i].name) < 0);
    assert_true(dictionary_remove(&aliases, "n500"));
    assert_false(dictionary_remove(&aliases, "n500"));
    assert_null(dictionary_get(&aliases, "n500"));
    assert_string_equal(dictionary_get(&aliases, "n501"), "n501");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(stands_for_its_text, clear),
        cmocka_unit_test_teardown(not_where_it_is_quoted, clear),
        cmocka_unit_test_teardown(not_within_its_own_text, clear),
        cmocka_unit_test_teardown(bounds, clear),
        cmocka_unit_test(names),
        cmocka_unit_test_teardown(a_dictionary_is_sorted_and_bounded, clear),
    };
    return run_unit(tests);
}
