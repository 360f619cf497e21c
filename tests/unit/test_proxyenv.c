#include "unit.h"

#include "cmdline.h"
#include "proxyenv.h"

#include <stdlib.h>

static struct settings s;
static struct proxy p;

static int forget(void **state)
{
    static const char *const names[] = {"ftp_proxy", "FTP_PROXY", "all_proxy",
                                        "ALL_PROXY", "no_proxy",  "NO_PROXY"};
    (void) state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    settings_init(&s);
    return 0;
}

static int choose(const char *host)
{
    struct err err = ERR_INIT;
    int rc = proxy_choose(&s, host, &p, &err);
    if (rc < 0)
        fail_msg("%s", err.msg);
    return rc;
}

static void option(const char *value)
{
    char name[] = "ftpsh", word[64], *argv[] = {name, word};
    struct err err = ERR_INIT;
    int next;
    snprintf(word, sizeof word, "--proxy=%s", value);
    struct layers *l = layers_new(&err);
    if (options_parse(l, 2, argv, &next, &err) < 0 || layers_compose(l, &s, &err) < 0)
        fail_msg("%s", err.msg);
    layers_free(l);
}

static void nothing_set(void **state)
{
    (void) state;
    assert_int_equal(choose("ftp.example.com"), 0);
}

static void order_of_the_environment(void **state)
{
    (void) state;
    static const char *const names[] = {"ALL_PROXY", "all_proxy", "FTP_PROXY", "ftp_proxy"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char value[] = "socks5://gateway-0";
        value[sizeof value - 2] = (char) ('0' + i);
        setenv(names[i], value, 1);
        assert_int_equal(choose("ftp.example.com"), 1);
        assert_string_equal(p.host, value + strlen("socks5://"));
    }
    setenv("ftp_proxy", "", 1);
    assert_int_equal(choose("ftp.example.com"), 1);
    assert_string_equal(p.host, "gateway-2");
}

static void exceptions(void **state)
{
    (void) state;
    setenv("ALL_PROXY", "http://gateway", 1);
    setenv("NO_PROXY", "localhost,.example.com", 1);
    assert_int_equal(choose("ftp.example.com"), 0);
    assert_int_equal(choose("ftp.example.org"), 1);
    setenv("no_proxy", "*", 1);
    assert_int_equal(choose("ftp.example.org"), 0);
}

static void the_option_decides(void **state)
{
    (void) state;
    setenv("ALL_PROXY", "http://gateway", 1);
    setenv("NO_PROXY", "*", 1);
    option("socks5://other:1");
    assert_int_equal(choose("ftp.example.com"), 1);
    assert_string_equal(p.host, "other");
    unsetenv("NO_PROXY");
    option("off");
    assert_int_equal(choose("ftp.example.com"), 0);
    option("");
    assert_int_equal(choose("ftp.example.com"), 0);
}

static void faults_name_the_variable(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    setenv("FTP_PROXY", "ftp://me:secret@gateway", 1);
    assert_int_equal(proxy_choose(&s, "ftp.example.com", &p, &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_non_null(strstr(err.msg, "FTP_PROXY"));
    assert_null(strstr(err.msg, "secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_set, forget),
        cmocka_unit_test_setup(order_of_the_environment, forget),
        cmocka_unit_test_setup(exceptions, forget),
        cmocka_unit_test_setup(the_option_decides, forget),
        cmocka_unit_test_setup(faults_name_the_variable, forget),
    };
    return run_unit(tests);
}
