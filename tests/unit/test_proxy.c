#include "unit.h"

#include "net/proxy.h"

#include <stdio.h>

static struct proxy p;

static void parse(const char *text)
{
    struct err err = ERR_INIT;
    if (proxy_parse(text, &p, &err) < 0)
        fail_msg("%s: %s", text, err.msg);
}

static void assert_parsed(const char *text, const char *shown)
{
    char name[PROXY_TEXT];
    parse(text);
    assert_string_equal(proxy_format(&p, name, sizeof name), shown);
}

static void assert_refused(const char *text, const char *part)
{
    struct err err = ERR_INIT;
    assert_int_equal(proxy_parse(text, &p, &err), -1);
    assert_err(&err, ERR_USAGE);
    if (!strstr(err.msg, part))
        fail_msg("'%s' has no '%s'", err.msg, part);
}

static void kinds_and_hosts(void **state)
{
    (void) state;
    assert_parsed("socks5://gateway", "socks5://gateway:1080");
    assert_int_equal(p.kind, PROXY_SOCKS5);
    assert_false(p.has_login);
    assert_parsed("SOCKS5H://gateway:9050/", "socks5://gateway:9050");
    assert_parsed("socks://gateway/", "socks5://gateway:1080");
    assert_parsed("http://gateway", "http://gateway:80");
    assert_int_equal(p.kind, PROXY_HTTP);
    assert_parsed("gateway:3128", "http://gateway:3128");
    assert_parsed("http://[2001:db8::1]:65535", "http://[2001:db8::1]:65535");
    assert_string_equal(p.host, "2001:db8::1");
}

static void logins(void **state)
{
    (void) state;
    assert_parsed("socks5://me:se%3Acr@et@gateway:1", "socks5://gateway:1");
    assert_true(p.has_login);
    assert_string_equal(p.user, "me");
    assert_string_equal(p.password, "se:cr@et");
    parse("me@gateway");
    assert_true(p.has_login);
    assert_string_equal(p.password, "");
    parse("http://me:a/b://c@gateway/");
    assert_string_equal(p.host, "gateway");
    assert_string_equal(p.password, "a/b://c");
    parse("socks5://a%3Ab:c@gateway");
    assert_string_equal(p.user, "a:b");
}

static void refused(void **state)
{
    (void) state;
    assert_refused("", "no host");
    assert_refused("socks5://", "no host");
    assert_refused("http://me@/", "no host");
    assert_refused("http://gateway/path", "no host");
    assert_refused("https://gateway", "'https' is no kind");
    assert_refused("socks4://gateway", "'socks4' is no kind");
    assert_refused("gateway:0", "no port");
    assert_refused("gateway:65536", "no port");
    assert_refused("gateway:", "no port");
    assert_refused("http://[::1", "not closed");
    assert_refused("::1", "brackets");
    assert_refused("gate%0d%0away", "control");
    assert_refused("http://a%0aX-Header%3A b@gateway", "control");
    assert_refused("http://me:\x01@gateway", "control");
    assert_refused("socks5://me:%zz@gateway", "hexadecimal");
    assert_refused("http://a%3Ab:c@gateway", "':'");
}

static void messages_hold_no_login(void **state)
{
    (void) state;
    static const char *const bad[] = {"http://me:secret%@a", "socks5://me:secret@a:x",
                                      "ftp://me:secret@a", "me:secret@", "me:sec/secret@[::1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = ERR_INIT;
        assert_int_equal(proxy_parse(bad[i], &p, &err), -1);
        assert_null(strstr(err.msg, "secret"));
        assert_string_equal(p.password, "");
    }
}

static void bounds(void **state)
{
    (void) state;
    char text[2 * PROXY_LOGIN_BYTES + PROXY_HOST_BYTES + 16];
    char user[PROXY_LOGIN_BYTES + 1], host[PROXY_HOST_BYTES + 1];
    memset(user, 'u', sizeof user);
    memset(host, 'h', sizeof host);
    user[PROXY_LOGIN_BYTES - 1] = '\0';
    host[PROXY_HOST_BYTES - 1] = '\0';
    snprintf(text, sizeof text, "socks5://%s:%s@%s", user, user, host);
    parse(text);
    assert_int_equal(strlen(p.user), 255);
    assert_int_equal(strlen(p.password), 255);
    snprintf(text, sizeof text, "socks5://%su:p@h", user);
    assert_refused(text, "too long");
    snprintf(text, sizeof text, "socks5://u:%sp@h", user);
    assert_refused(text, "too long");
    snprintf(text, sizeof text, "socks5://%sh", host);
    assert_refused(text, "too long");
}

static void exceptions(void **state)
{
    (void) state;
    assert_true(proxy_excepts("*", "any.example"));
    assert_true(proxy_excepts("a, example.com ,b", "example.com"));
    assert_true(proxy_excepts("example.com", "FTP.Example.COM"));
    assert_true(proxy_excepts(".example.com", "ftp.example.com"));
    assert_true(proxy_excepts("*.example.com", "ftp.example.com"));
    assert_true(proxy_excepts("x 127.0.0.1\tlocalhost", "localhost"));
    assert_true(proxy_excepts("127.0.0.1", "127.0.0.1"));
    assert_true(proxy_excepts("[::1]", "0:0::1"));
    assert_false(proxy_excepts("", "example.com"));
    assert_false(proxy_excepts(",, ,", "example.com"));
    assert_false(proxy_excepts("example.com", "badexample.com"));
    assert_false(proxy_excepts("ftp.example.com", "example.com"));
    assert_false(proxy_excepts("0.0.1", "127.0.0.1"));
    assert_false(proxy_excepts(".", "example.com"));
    assert_false(proxy_excepts("*.", "example.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_hosts), cmocka_unit_test(logins),
        cmocka_unit_test(refused),         cmocka_unit_test(messages_hold_no_login),
        cmocka_unit_test(bounds),          cmocka_unit_test(exceptions),
    };
    return run_unit(tests);
}
