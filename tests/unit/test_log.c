#include "unit.h"

#include "base/log.h"

#include <stdio.h>

struct seen {
    enum log_kind kind;
    int lines;
    char text[2048];
};

static void keep(void *ctx, enum log_kind kind, const char *text)
{
    struct seen *s = ctx;
    s->kind = kind;
    s->lines++;
    snprintf(s->text, sizeof s->text, "%s", text);
}

static const char *sent(const char *line)
{
    static struct seen s;
    struct log log = {keep, &s};
    log_sent(&log, line, strlen(line));
    assert_int_equal(s.kind, LOG_SENT);
    return s.text;
}

/* field 65 */
static void secrets_are_redacted(void **state)
{
    (void) state;
    assert_string_equal(sent("PASS secret"), "PASS ****");
    assert_string_equal(sent("pass two words"), "PASS ****");
    assert_string_equal(sent("USER somebody"), "USER ****");
    assert_string_equal(sent("ACCT x"), "ACCT ****");
    assert_string_equal(sent("PASS "), "PASS ****");
    assert_string_equal(sent("SITE PSWD old new"), "SITE PSWD ****");
    assert_string_equal(sent(" site \t pswd  old new"), "SITE PSWD ****");
    assert_string_equal(sent("PASS  secret"), "PASS ****");
}

static void where_secrets_begin(void **state)
{
    (void) state;
    assert_int_equal(log_secret("PASS secret", 11), 5);
    assert_int_equal(log_secret(" acct  secret", 13), 7);
    assert_int_equal(log_secret("SITE PSWD old new", 17), 10);
    assert_int_equal(log_secret("USER me", 7), 0);
    assert_int_equal(log_secret("PASV", 4), 0);
    assert_int_equal(log_secret("PASS", 4), 0);
}

static void the_rest_is_not(void **state)
{
    (void) state;
    assert_string_equal(sent("PASV"), "PASV");
    assert_string_equal(sent("RETR PASS word"), "RETR PASS word");
    assert_string_equal(sent(""), "");
}

/* field 66 */
static void what_came_is_escaped(void **state)
{
    (void) state;
    struct seen s = {0};
    struct log log = {keep, &s};
    log_received(&log, "220 \033[31m", 9);
    assert_int_equal(s.kind, LOG_RECEIVED);
    assert_string_equal(s.text, "220 \\x1b[31m");
}

static void notes_and_long_lines(void **state)
{
    (void) state;
    struct seen s = {0};
    struct log log = {keep, &s};
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_note(&log, "%s", text);
    assert_int_equal(s.kind, LOG_NOTE);
    assert_true(strlen(s.text) < sizeof text);
    log_received(&log, text, sizeof text - 1);
    assert_int_equal(s.lines, 2);
}

static void nobody_listens(void **state)
{
    (void) state;
    struct log none = {NULL, NULL};
    log_sent(NULL, "X", 1);
    log_sent(&none, "X", 1);
    log_received(NULL, "X", 1);
    log_note(&none, "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_redacted), cmocka_unit_test(where_secrets_begin),
        cmocka_unit_test(the_rest_is_not),      cmocka_unit_test(what_came_is_escaped),
        cmocka_unit_test(notes_and_long_lines), cmocka_unit_test(nobody_listens),
    };
    return run_unit(tests);
}
