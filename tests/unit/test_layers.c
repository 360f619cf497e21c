#include "unit.h"

#include "cmdline.h"
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>

#define PIN_A "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PIN_B "sha256:ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct layers *l;
static struct settings s;

static int set_up(void **state)
{
    struct err err = ERR_INIT;
    (void) state;
    l = layers_new(&err);
    return l ? 0 : -1;
}

static int tear_down(void **state)
{
    (void) state;
    layers_free(l);
    return 0;
}

static void add(enum layer layer, const char *name, const char *value)
{
    struct err err = ERR_INIT;
    if (layers_add(l, layer, option_find(name), value, "there", &err) < 0)
        fail_msg("%s", err.msg);
}

static void add_config(const char *section, const char *name, const char *value)
{
    struct err err = ERR_INIT;
    char where[64];
    snprintf(where, sizeof where, "[%s]", section);
    if (layers_add_config(l, section, option_find(name), value, where, &err) < 0)
        fail_msg("%s", err.msg);
}

static void compose(void)
{
    struct err err = ERR_INIT;
    if (layers_compose(l, &s, &err) < 0)
        fail_msg("%s", err.msg);
}

#define assert_value(name, expected)                                                               \
    do {                                                                                           \
        char text[OPTION_VALUE_BYTES];                                                             \
        compose();                                                                                 \
        assert_string_equal(option_value(&s, option_find(name), text, sizeof text), expected);     \
    } while (0)

#define assert_from(name, expected_kind, expected_where)                                           \
    do {                                                                                           \
        struct origin from = layers_origin(l, option_find(name));                                  \
        assert_string_equal(from.kind, expected_kind);                                             \
        assert_string_equal(from.where, expected_where);                                           \
    } while (0)

/* Each layer covers those below, in whatever order they were filled. */
static void layers_cover_each_other(void **state)
{
    (void) state;
    assert_value("retries", "3");
    assert_from("retries", "default", "");
    layers_choose(l, "FTP.example.com", "work");
    add(LAYER_OPTION, "retries", "15");
    assert_value("retries", "15");
    add_config("*", "retries", "11");
    add_config("work", "retries", "13");
    add_config("ftp.example.com", "retries", "12");
    add_config("other.example.com", "retries", "19");
    add(LAYER_ENVIRONMENT, "retries", "14");
    assert_value("retries", "15");
    assert_from("retries", "option", "there");
    add(LAYER_SET, "retries", "16");
    add(LAYER_SET, "retries", "17");
    assert_value("retries", "17");
    assert_from("retries", "set", "there");
    assert_true(layers_unset(l, option_find("retries")));
    assert_false(layers_unset(l, option_find("retries")));
    assert_value("retries", "15");
}

static void sections_count_by_name(void **state)
{
    (void) state;
    add_config("*", "retries", "11");
    add_config("ftp.example.com", "retries", "12");
    add_config("work", "retries", "13");
    assert_value("retries", "11");
    assert_from("retries", "config", "[*]");
    layers_choose(l, "ftp.example.com", NULL);
    assert_value("retries", "12");
    layers_choose(l, "ftp.example.com", "work");
    assert_value("retries", "13");
    assert_from("retries", "config", "[work]");
    layers_choose(l, "ftp.example.com", "home");
    assert_value("retries", "12");
    layers_choose(l, NULL, NULL);
    assert_value("retries", "11");
    assert_string_equal(layers_section(l, 0), "ftp.example.com");
    assert_string_equal(layers_section(l, 1), "work");
    assert_null(layers_section(l, 2));
}

static void environment_stands_between(void **state)
{
    (void) state;
    add_config("*", "retries", "11");
    add(LAYER_ENVIRONMENT, "retries", "14");
    assert_value("retries", "14");
    assert_from("retries", "environment", "there");
}

/* Several add up within a layer; a higher layer says all. */
static void lists(void **state)
{
    (void) state;
    add_config("*", "pin", PIN_A);
    add_config("*", "pin", PIN_B);
    add_config("*", "strategies", "epsv, active");
    assert_value("pin", PIN_A "," PIN_B);
    assert_value("strategies", "epsv,active");
    assert_true(s.ladder.chosen);
    add(LAYER_OPTION, "pin", PIN_B);
    add(LAYER_OPTION, "strategies", "ccc");
    add(LAYER_OPTION, "strategies", "epsv");
    assert_value("pin", PIN_B);
    assert_value("strategies", "ccc,epsv");
    add(LAYER_SET, "strategies", "default");
    assert_value("strategies", "default");
    assert_false(s.ladder.chosen);
    assert_int_equal(s.ladder.n, 3);
    layers_unset(l, option_find("strategies"));
    assert_value("strategies", "ccc,epsv");
}

static void bad_lists_leave_nothing(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    const struct option *o = option_find("strategies");
    assert_int_equal(layers_add(l, LAYER_OPTION, o, "epsv,acitve", "there", &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_non_null(strstr(err.msg, "did you mean 'active'"));
    assert_value("strategies", "default");
    err_clear(&err);
    assert_int_equal(layers_add(l, LAYER_OPTION, o, "epsv,,pasv", "there", &err), -1);
    err_clear(&err);
    for (int i = 0; i < PIN_MAX; i++)
        add(LAYER_OPTION, "pin", PIN_A);
    assert_int_equal(layers_add(l, LAYER_OPTION, option_find("pin"), PIN_B, "there", &err), -1);
    assert_non_null(strstr(err.msg, "pins"));
}

/* -4 and -6 share a field: the highest decides, and is where both come from. */
static void rivals(void **state)
{
    (void) state;
    add_config("*", "ipv6", "on");
    assert_value("ipv6", "on");
    assert_value("ipv4", "off");
    add(LAYER_OPTION, "ipv4", NULL);
    assert_value("ipv4", "on");
    assert_value("ipv6", "off");
    assert_from("ipv6", "option", "there");
    add(LAYER_SET, "ipv4", "off");
    assert_value("ipv6", "on");
}

/* What is asked for on the command line may contradict the target; what is set up may not. */
static void tls_is_chosen_on_the_command_line_alone(void **state)
{
    (void) state;
    add_config("*", "tls", "off");
    assert_value("tls", "off");
    assert_false(s.tls_chosen);
    add(LAYER_OPTION, "tls", "prefer");
    assert_value("tls", "prefer");
    assert_true(s.tls_chosen);
}

static void a_report_file_asks_for_a_report(void **state)
{
    (void) state;
    add(LAYER_OPTION, "report-file", "x");
    assert_value("report", "text");
    add_config("*", "report", "none");
    assert_value("report", "none");
}

static void passwords_come_from_the_highest_layer(void **state)
{
    (void) state;
    add_config("*", "password-file", "x");
    compose();
    assert_int_equal(s.password_source, PASSWORD_FROM_FILE);
    add_config("h", "password-command", "y");
    layers_choose(l, "h", NULL);
    compose();
    assert_int_equal(s.password_source, PASSWORD_FROM_COMMAND);
    layers_give_password(l);
    compose();
    assert_int_equal(s.password_source, PASSWORD_FROM_ENVIRONMENT);
    add(LAYER_OPTION, "password-file", "x");
    compose();
    assert_int_equal(s.password_source, PASSWORD_FROM_FILE);
    add(LAYER_OPTION, "password-fd", "3");
    compose();
    assert_int_equal(s.password_source, PASSWORD_FROM_FD);
}

/* `set` shows no password, and what it shows can be set. */
static void passwords_are_masked(void **state)
{
    (void) state;
    add(LAYER_OPTION, "proxy", "socks5://me:secret@gw");
    assert_value("proxy", "socks5://me:***@gw:1080");
    add(LAYER_SET, "proxy", "off");
    assert_value("proxy", "off");
    add(LAYER_SET, "proxy", "environment");
    assert_value("proxy", "environment");
    add(LAYER_SET, "proxy", "http://gw");
    assert_value("proxy", "http://gw:80");
}

/* Every default can be set, where it is a value at all. */
static void defaults_can_be_set(void **state)
{
    (void) state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];
        char preset[OPTION_VALUE_BYTES], text[OPTION_VALUE_BYTES];
        if (!option_is_setting(o) || !*option_default(o, preset, sizeof preset))
            continue;
        add(LAYER_SET, o->name, preset);
        compose();
        assert_string_equal(option_value(&s, o, text, sizeof text), preset);
    }
}

static int read_environment(const char *variable, struct err *err)
{
    const char *const environment[] = {"HOME=/x", variable, NULL};
    return environment_read(l, (char *const *) (void *) environment, err);
}

static void environment(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    static const char *const passed_over[] = {
        "FTPSH_TIMEOUT=", "FTPSH=x",         "FTPSH_PASSWORD=x", "FTPSH_FROBNICATE=1",
        "TIMEOUT=5",      "FTPSH_VERSION=1", "FTPSH_BATCH=x",    "FTPSH_",
        "FTPSH_=",        "FTPSH_HOST=h"};
    assert_int_equal(read_environment("FTPSH_DATA_TIMEOUT=2.5", &err), 0);
    assert_value("data-timeout", "2.5");
    assert_from("data-timeout", "environment", "FTPSH_DATA_TIMEOUT");
    assert_int_equal(read_environment("FTPSH_STRATEGIES=pasv,ccc", &err), 0);
    assert_value("strategies", "pasv,ccc");
    for (size_t i = 0; i < sizeof passed_over / sizeof passed_over[0]; i++) {
        if (read_environment(passed_over[i], &err) < 0)
            fail_msg("%s", err.msg);
    }
    assert_int_equal(read_environment("FTPSH_TIMEOUT=soon", &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_non_null(strstr(err.msg, "FTPSH_TIMEOUT in the environment"));
    err_clear(&err);
    assert_int_equal(read_environment("FTPSH_TLS_NAEM=x", &err), -1);
    assert_non_null(strstr(err.msg, "did you mean 'FTPSH_TLS_NAME'"));
    err_clear(&err);
    assert_int_equal(read_environment("FTPSH_QUIET=yes", &err), -1);
    assert_non_null(strstr(err.msg, "neither on nor off"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(layers_cover_each_other),
        TEST(sections_count_by_name),
        TEST(environment_stands_between),
        TEST(lists),
        TEST(bad_lists_leave_nothing),
        TEST(rivals),
        TEST(tls_is_chosen_on_the_command_line_alone),
        TEST(a_report_file_asks_for_a_report),
        TEST(passwords_come_from_the_highest_layer),
        TEST(passwords_are_masked),
        TEST(defaults_can_be_set),
        TEST(environment),
    };
    return run_unit(tests);
}
