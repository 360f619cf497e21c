#include "unit.h"

#include "target.h"

#include <stdio.h>

static struct target t;

static void parse(const char *text)
{
    struct err err = ERR_INIT;
    if (target_parse(text, &t, &err) < 0)
        fail_msg("%s: %s", text, err.msg);
}

static void assert_refused(const char *text, const char *part)
{
    struct err err = ERR_INIT;
    assert_int_equal(target_parse(text, &t, &err), -1);
    assert_err(&err, ERR_USAGE);
    if (!strstr(err.msg, part))
        fail_msg("'%s' has no '%s'", err.msg, part);
}

static void hosts(void **state)
{
    (void) state;
    parse("ftp.example.com");
    assert_string_equal(t.host, "ftp.example.com");
    assert_int_equal(t.port, 0);
    assert_false(t.has_user);
    assert_string_equal(t.dir, "");
    assert_int_equal(t.scheme, SCHEME_NONE);

    parse("ftp.example.com:2121/");
    assert_int_equal(t.port, 2121);
    assert_string_equal(t.dir, "");

    parse("[2001:db8::1]");
    assert_string_equal(t.host, "2001:db8::1");
    parse("me@[fe80::1%25eth0]:65535/a");
    assert_string_equal(t.host, "fe80::1%eth0");
    assert_int_equal(t.port, 65535);
    assert_string_equal(t.user, "me");
    assert_string_equal(t.dir, "a");
}

static void logins(void **state)
{
    (void) state;
    parse("me@example.com");
    assert_true(t.has_user);
    assert_string_equal(t.user, "me");
    assert_false(t.has_password);

    parse("me:se:cr@et@example.com");
    assert_string_equal(t.user, "me");
    assert_true(t.has_password);
    assert_string_equal(t.password, "se:cr@et");
    assert_string_equal(t.host, "example.com");

    parse("me%40home:%2f%3A%25@example.com");
    assert_string_equal(t.user, "me@home");
    assert_string_equal(t.password, "/:%");

    parse("me:@example.com");
    assert_true(t.has_password);
    assert_string_equal(t.password, "");
    parse("@example.com");
    assert_false(t.has_user);
}

static void folders(void **state)
{
    (void) state;
    parse("example.com/pub/a b");
    assert_string_equal(t.dir, "pub/a b");
    parse("example.com//etc");
    assert_string_equal(t.dir, "/etc");
    parse("ftp://example.com/%2Fetc/x%20y");
    assert_string_equal(t.dir, "/etc/x y");
    parse("example.com/a@b:c");
    assert_string_equal(t.host, "example.com");
    assert_string_equal(t.dir, "a@b:c");
}

static void urls(void **state)
{
    (void) state;
    parse("ftp://a");
    assert_int_equal(t.scheme, SCHEME_FTP);
    parse("FTPES://u:p@a:21/x");
    assert_int_equal(t.scheme, SCHEME_FTPES);
    assert_string_equal(t.user, "u");
    parse("ftps://a");
    assert_int_equal(t.scheme, SCHEME_FTPS);
}

static void assert_tls(const char *text, enum tls_mode given, bool chosen, int mode)
{
    enum tls_mode out;
    struct err err = ERR_INIT;
    parse(text);
    int rc = target_tls(&t, given, chosen, &out, &err);
    assert_int_equal(rc, mode < 0 ? -1 : 0);
    if (mode < 0)
        assert_err(&err, ERR_USAGE);
    else
        assert_int_equal(out, mode);
}

static void tls_modes(void **state)
{
    (void) state;
    assert_tls("a", TLS_REQUIRE, false, TLS_REQUIRE);
    assert_tls("ftp://a", TLS_REQUIRE, false, TLS_REQUIRE);
    assert_tls("ftp://a", TLS_OFF, true, TLS_OFF);
    assert_tls("ftps://a", TLS_REQUIRE, false, TLS_IMPLICIT);
    assert_tls("ftps://a", TLS_REQUIRE, true, TLS_IMPLICIT);
    assert_tls("ftps://a", TLS_OFF, true, -1);
    /* a scheme covers what was not asked for on the command line */
    assert_tls("ftpes://a", TLS_OFF, false, TLS_REQUIRE);
    assert_tls("ftps://a", TLS_OFF, false, TLS_IMPLICIT);
    assert_tls("ftpes://a", TLS_PREFER, true, -1);
    assert_tls("a", TLS_IMPLICIT, true, TLS_IMPLICIT);
}

static void refused(void **state)
{
    (void) state;
    assert_refused("me:secret/more@host", "%2F");
    assert_refused("", "no host");
    assert_refused("me@", "no host");
    assert_refused("/pub", "no host");
    assert_refused("a:", "no port");
    assert_refused("a:0", "no port");
    assert_refused("a:65536", "no port");
    assert_refused("a:99999999999999999999", "no port");
    assert_refused("a:21x", "no port");
    assert_refused("[::1", "not closed");
    assert_refused("[::1]x", "no port");
    assert_refused("::1", "brackets");
    assert_refused("http://a", "scheme");
    assert_refused("a/%0d%0aDELE x", "control");
    assert_refused("a\x1b[2J", "control");
    assert_refused("u%00@a", "control");
    assert_refused("a/%4", "hexadecimal");
    assert_refused("a/%zz", "hexadecimal");
}

static void messages_hold_no_password(void **state)
{
    (void) state;
    static const char *const bad[] = {"me:secret%@a", "me:secret@a:x", "me:secret@[::1",
                                      "me:secret@"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = ERR_INIT;
        assert_int_equal(target_parse(bad[i], &t, &err), -1);
        assert_null(strstr(err.msg, "secret"));
        assert_string_equal(t.password, "");
    }
}

static void bounds(void **state)
{
    (void) state;
    char text[TARGET_HOST_BYTES + 1];
    memset(text, 'a', sizeof text);
    text[TARGET_HOST_BYTES] = '\0';
    assert_refused(text, "too long");
    text[TARGET_HOST_BYTES - 1] = '\0';
    parse(text);
}

/* What is written can be read again, and no password is written. */
static void formatted(void **state)
{
    static const char *const same[] = {
        "ftp.example.com",
        "me@ftp.example.com:2121/pub",
        "ftps://ftp.example.com//etc",
        "ftpes://me@[2001:db8::1]:990/a/b",
        "me@[fe80::1%25eth0]",
        "a%40b%3Ac%2Fd@host/a%20b%25c",
        "me@%5Bhost%5D",
        "host/a://b",
        "host/gr\303\266\303\237e:@",
    };
    char text[TARGET_TEXT_BYTES];
    (void) state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        parse(same[i]);
        assert_string_equal(target_format(&t, text), same[i]);
    }
    parse("ftp://me:secret@host:21/x");
    assert_string_equal(target_format(&t, text), "ftp://me@host:21/x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),
        cmocka_unit_test(logins),
        cmocka_unit_test(folders),
        cmocka_unit_test(urls),
        cmocka_unit_test(tls_modes),
        cmocka_unit_test(refused),
        cmocka_unit_test(messages_hold_no_password),
        cmocka_unit_test(bounds),
        cmocka_unit_test(formatted),
    };
    return run_unit(tests);
}
