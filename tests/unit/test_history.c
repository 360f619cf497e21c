#include "unit.h"

#include "history.h"

#include <stdio.h>
#include <string.h>

/* The lines with a bar behind each. */
static const char *shown(const struct history_list *h, char *dst, size_t size)
{
    size_t len = 0;
    dst[0] = '\0';
    for (size_t i = 0; i < h->n; i++)
        len += (size_t) snprintf(dst + len, size - len, "%s|", h->lines[i]);
    return dst;
}

static void latest_stay_and_duplicates_go(void **state)
{
    (void) state;
    struct history_list h = {.max = 3};
    char text[64];
    assert_int_equal(history_add(&h, "ls", NULL), 0);
    assert_int_equal(history_add(&h, "pwd", NULL), 0);
    assert_int_equal(history_add(&h, "ls", NULL), 0);
    assert_string_equal(shown(&h, text, sizeof text), "pwd|ls|");
    history_add(&h, "a", NULL);
    history_add(&h, "b", NULL);
    assert_string_equal(shown(&h, text, sizeof text), "ls|a|b|");
    history_clear(&h);
    assert_int_equal(h.n, 0);
    assert_int_equal(h.max, 3);
}

static void bytes_are_bounded(void **state)
{
    (void) state;
    static char line[HISTORY_BYTES_MAX + 1];
    struct history_list h = {.max = 1000};
    memset(line, 'x', sizeof line - 1);
    history_add(&h, "first", NULL);
    history_add(&h, line, NULL); /* too long on its own */
    assert_int_equal(h.n, 1);
    line[HISTORY_BYTES_MAX - 1] = '\0';
    history_add(&h, line, NULL);
    assert_int_equal(h.n, 1);
    assert_string_equal(h.lines[0], line);
    assert_int_equal(h.bytes, HISTORY_BYTES_MAX);
    history_clear(&h);
    assert_int_equal(h.bytes, 0);
}

static void off_keeps_nothing(void **state)
{
    (void) state;
    struct history_list h = {.max = 0};
    assert_int_equal(history_add(&h, "ls", NULL), 0);
    assert_int_equal(h.n, 0);
}

static void text_there_and_back(void **state)
{
    (void) state;
    static const char text[] = "get \xc3\xa4\nput 'a\tb'\nls";
    struct history_list h = {.max = 10};
    struct buf out;
    char lines[64];
    buf_init(&out, 1024);
    assert_int_equal(history_parse(&h, text, sizeof text - 1, NULL), 0);
    assert_string_equal(shown(&h, lines, sizeof lines), "get \xc3\xa4|put 'a\tb'|ls|");
    assert_int_equal(history_format(&h, &out, NULL), 0);
    assert_int_equal(buf_len(&out), sizeof text);
    assert_memory_equal(buf_data(&out), text, sizeof text - 1);
    buf_clear(&out);
    history_clear(&h);
}

static void what_is_no_text_is_passed_over(void **state)
{
    (void) state;
    static const char text[] = "\n\nls\nrm \xe4\nget a\0b\n\xc3\npwd\n";
    struct history_list h = {.max = 10};
    char lines[64];
    assert_int_equal(history_parse(&h, text, sizeof text - 1, NULL), 0);
    assert_string_equal(shown(&h, lines, sizeof lines), "ls|pwd|");
    history_clear(&h);
}

static void secrets_are_not_kept(void **state)
{
    (void) state;
    static const char *const lines[] = {
        "",
        " ls",
        "\tls",
        "open me:secret@ftp.example.com",
        "open ftps://me:secret@ftp.example.com/dir",
        "opne ftp://me:secret@ftp.example.com",
        "open \"me:se cret@ftp.example.com\"",
        "open 'me:se;cret@ftp.example.com'",
        "open me:se\\ cret@ftp.example.com",
        "open 'me:secret@host",
        "ls; open me:secret@host",
        "ls && open me:secret@host",
        "cd a | open me:secret@host",
        "-open me:secret@host",
        "- open me:secret@host",
        "bookmark add x me:secret@host",
        "alias x 'open me:secret@host'",
        "alias x 'user me secret'",
        "alias x \"lpwd; quote PASS secret\"",
        "alias x 'alias y \"set token secret\"'",
        "set proxy socks5://me:secret@host",
        "user me secret",
        "USER me secret",
        "quote PASS secret",
        "quote \"PASS secret\"",
        "quote pass secret",
        "quote ACCT secret",
        "quote SITE PSWD old new",
        "site chpasswd secret",
        "- quote PASS secret",
        "set mypassword secret",
        "set TOKEN secret",
        "open host --password=secret",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (history_wants(lines[i]))
            fail_msg("'%s' is kept", lines[i]);
    }
}

static void others_are(void **state)
{
    (void) state;
    static const char *const lines[] = {
        "ls",
        "#",
        "open me@ftp.example.com",
        "open ftps://me@ftp.example.com:990/dir",
        "open host:21; user me@home",
        "open host:21 | me@home",
        "get 12:30 a@b",
        "user me",
        "alias x 'user me'",
        "get 'user me secret'",
        "user me; ls",
        "get pass",
        "rm password",
        "quote SITE HELP",
        "set password-command 'pass show ftp'",
        "set pasv on",
        "!date",
        "get 'open quote",
        "a && b || c & d",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (!history_wants(lines[i]))
            fail_msg("'%s' is not kept", lines[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latest_stay_and_duplicates_go),
        cmocka_unit_test(bytes_are_bounded),
        cmocka_unit_test(off_keeps_nothing),
        cmocka_unit_test(text_there_and_back),
        cmocka_unit_test(what_is_no_text_is_passed_over),
        cmocka_unit_test(secrets_are_not_kept),
        cmocka_unit_test(others_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
