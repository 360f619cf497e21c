#include "unit.h"

#include "secrecy.h"

#include <stdio.h>

static void assert_cut(bool cut(char *), const char *text, const char *expected)
{
    char arg[128];
    size_t len = strlen(text);
    assert_true(len < sizeof arg);
    memcpy(arg, text, len + 1);
    bool found = cut(arg);
    assert_string_equal(arg, expected);
    assert_int_equal(found, strcmp(text, expected) != 0);
    for (size_t i = strlen(arg); i < len; i++)
        assert_int_equal(arg[i], 0);
}

static void words(void **state)
{
    static const char *const pairs[][2] = {
        {"me:secret@host:21/dir", "me@host:21/dir"},
        {"ftps://me:se@cret@[::1]/", "ftps://me@[::1]/"},
        {"me:secret@[::1", "me@[::1"},
        {"socks5://:secret@gateway", "socks5://@gateway"},
        {"me:a/b@gateway", "me@gateway"},
        {"nonsense://me:secret@gateway:x", "nonsense://me@gateway:x"},
        {"--proxy=http://me:secret@gateway", "--proxy=http://me@gateway"},
        {"ftp://me:two words@host/a:b@c", "ftp://me@host/a:b@c"},
        {"PASS secret word", "PASS "},
        {"PASS ", "PASS "},
        {"site PSWD old new", "site PSWD "},
        {"passage way", "passage way"},
        {"host:21", "host:21"},
        {"me@host:21", "me@host:21"},
        {"ftp://me@[::1]:21/", "ftp://me@[::1]:21/"},
        {"", ""},
    };
    (void) state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_cut(secrecy_cut_word, pairs[i][0], pairs[i][1]);
}

static void lists(void **state)
{
    static const char *const pairs[][2] = {
        {"open me:secret@host; ls", "open me@host; ls"},
        {"fxp ftp://a:b@h/x ftp://c:d@h/y", "fxp ftp://a@h/x ftp://c@h/y"},
        {"open 'me:two words@host';ls", "open 'me@host';ls"},
        {"open me:two\\ words@host\nls", "open me@host\nls"},
        {"quote PASS  secret; ls", "quote PASS  ; ls"},
        {"quote acct secret", "quote acct "},
        {"quote \"PASS\" secret", "quote \"PASS\" "},
        {"quote 'PASS secret word'; ls", "quote 'PASS '; ls"},
        {"quote pass\\ secret; ls", "quote pass\\; ls"},
        {"quote \"PASS not closed", "quote \"PASS "},
        {"cd '", "cd '"},
        {"cd a:b; open me@host", "cd a:b; open me@host"},
        {"pass; open", "pass; open"},
        {"quote PASS two words; ls a", "quote PASS  ; ls a"},
        {"cd pass word other; ls", "cd pass  other; ls"},
        {"site pswd old new; cd x", "site pswd  ; cd x"},
        {"-quote 'SITE' PSWD old new", "-quote 'SITE' PSWD  "},
        {"quote 'SITE PSWD old new'", "quote 'SITE PSWD '"},
        {"cd pswd; - user me secret; ls", "cd pswd; - user me ; ls"},
        {"cd user; user me; put user a b", "cd user; user me; put user a b"},
        {"open \"me:not closed@host", "open \"me@host"},
        {"ends with \\", "ends with \\"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_cut(secrecy_cut_list, pairs[i][0], pairs[i][1]);
}

static void command_line(void **state)
{
    char mine[][48] = {"ftpsh",
                       "-qc",
                       "open me:secret@gw; quote pass hidden",
                       "--proxy",
                       "http://me:secret@gw",
                       "quote",
                       "PASS",
                       "hidden",
                       "hidden"};
    enum { N = sizeof mine / sizeof mine[0] };
    char *argv[N + 1] = {NULL};
    struct secret_words w;
    struct err err = ERR_INIT;
    (void) state;
    for (int i = 0; i < N; i++)
        argv[i] = mine[i];
    assert_int_equal(secrecy_take_words(N, argv, &w, &err), 0);
    assert_true(w.cut);
    assert_int_equal(w.argc, N);
    assert_null(w.argv[N]);
    assert_string_equal(w.argv[2], "open me:secret@gw; quote pass hidden");
    assert_string_equal(w.argv[7], "hidden");
    for (size_t i = 0; i + 6 <= sizeof mine; i++) {
        assert_memory_not_equal(&mine[0][0] + i, "secret", 6);
        assert_memory_not_equal(&mine[0][0] + i, "hidden", 6);
    }
    assert_string_equal(mine[4], "http://me@gw");
    secrecy_clear(&w);
    secrecy_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(lists),
        cmocka_unit_test(command_line),
    };
    return run_unit(tests);
}
