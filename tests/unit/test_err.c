#include "unit.h"

#include <errno.h>

static void set_and_clear(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    assert_false(err_is_set(&err));
    assert_int_equal(err_set(&err, ERR_USAGE, "bad %s", "word"), -1);
    assert_true(err_is_set(&err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.msg, "bad word");
    err_clear(&err);
    assert_false(err_is_set(&err));
    assert_string_equal(err.msg, "");
}

static void the_first_cause_stays(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_CLOSED, "first");
    err_set(&err, ERR_LOCAL, "second");
    err_set_sys(&err, ERR_LOCAL, ENOENT, "third");
    err_set_reply(&err, 550, "fourth");
    assert_int_equal(err.code, ERR_CLOSED);
    assert_int_equal(err.sys, 0);
    assert_int_equal(err.reply, 0);
    assert_string_equal(err.msg, "first");
}

static void with_an_errno(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    err_set_sys(&err, ERR_LOCAL, ENOENT, "cannot open %s", "x");
    assert_int_equal(err.sys, ENOENT);
    assert_string_equal(err.msg, "cannot open x: No such file or directory");
}

static void with_a_reply(void **state)
{
    (void) state;
    struct err transient = ERR_INIT, permanent = ERR_INIT;
    err_set_reply(&transient, 425, "425 no");
    assert_int_equal(transient.code, ERR_REPLY_TRANSIENT);
    assert_int_equal(transient.reply, 425);
    err_set_reply(&permanent, 550, "550 no");
    assert_int_equal(permanent.code, ERR_REPLY_PERMANENT);
}

static void context_comes_in_front(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    assert_int_equal(err_wrap(&err, "nothing"), -1);
    assert_false(err_is_set(&err));
    err_set(&err, ERR_TLS, "alert");
    err_wrap(&err, "data connection %d", 3);
    assert_string_equal(err.msg, "data connection 3: alert");
    assert_int_equal(err.code, ERR_TLS);
}

static void long_messages_are_cut(void **state)
{
    (void) state;
    char text[2048];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct err err = ERR_INIT;
    err_set(&err, ERR_USAGE, "%s", text);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
    for (int i = 0; i < 100; i++)
        err_wrap(&err, "%s", text);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
    err_clear(&err);
    err_set_sys(&err, ERR_LOCAL, EIO, "%s", text);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
}

/* field 66: what a server says must not reach a terminal as it is. */
static void messages_are_printable(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_PROTOCOL, "said \"%s\"", "\033]0;x\007");
    assert_string_equal(err.msg, "said \"\\x1b]0;x\\x07\"");
    err_wrap(&err, "%s", "\r\n");
    assert_null(strpbrk(err.msg, "\r\n\033"));
}

static void nobody_wants_to_know(void **state)
{
    (void) state;
    assert_int_equal(err_set(NULL, ERR_USAGE, "x"), -1);
    assert_int_equal(err_set_sys(NULL, ERR_USAGE, 1, "x"), -1);
    assert_int_equal(err_set_reply(NULL, 550, "x"), -1);
    assert_int_equal(err_wrap(NULL, "x"), -1);
    err_clear(NULL);
    assert_false(err_is_set(NULL));
}

static void every_code_has_a_name(void **state)
{
    (void) state;
    for (int a = 0; a < ERR_CODES; a++) {
        assert_non_null(err_name((enum err_code) a));
        for (int b = 0; b < a; b++)
            assert_string_not_equal(err_name((enum err_code) a), err_name((enum err_code) b));
    }
    assert_string_equal(err_name(ERR_NO_DATA_PATH), "no-data-path");
    assert_string_equal(err_name(ERR_CODES), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_and_clear),          cmocka_unit_test(the_first_cause_stays),
        cmocka_unit_test(with_an_errno),          cmocka_unit_test(with_a_reply),
        cmocka_unit_test(context_comes_in_front), cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(messages_are_printable), cmocka_unit_test(nobody_wants_to_know),
        cmocka_unit_test(every_code_has_a_name),
    };
    return run_unit(tests);
}
