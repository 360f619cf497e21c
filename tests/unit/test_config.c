#include "unit.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>

static struct layers *l;
static struct settings s;

static int parse(const char *text, size_t len, bool shared, struct err *err)
{
    layers_free(l);
    l = layers_new(err);
    layers_choose(l, "h", "b");
    int rc = config_parse(l, text, len, "/c", shared, err);
    return rc < 0 ? rc : layers_compose(l, &s, err);
}

static void read_text(const char *text)
{
    struct err err = ERR_INIT;
    if (parse(text, strlen(text), false, &err) < 0)
        fail_msg("%s", err.msg);
}

#define assert_value(name, expected)                                                               \
    do {                                                                                           \
        char shown[OPTION_VALUE_BYTES];                                                            \
        assert_string_equal(option_value(&s, option_find(name), shown, sizeof shown), expected);   \
    } while (0)

static void sections(void **state)
{
    (void) state;
    read_text("# a comment\n; another\n\n[*]\nretries = 1\ndata-timeout=2\nquiet = on\n"
              "[h]\nretries=5\n[other]\nretries = 9\n[b]\ndata-timeout: 7 ; seconds\n");
    assert_value("retries", "5");
    assert_value("data-timeout", "7");
    assert_value("quiet", "on");
    struct origin from = layers_origin(l, option_find("retries"));
    assert_string_equal(from.where, "/c:9 [h]");
}

/* As people write such files. */
static void blanks_and_line_ends(void **state)
{
    (void) state;
    read_text("\xEF\xBB\xBF[ *\t] \r\n\tretries = 1\r\n    data-timeout = 2\r\n\r\n [h] # it\r\n"
              "    retries = 4");
    assert_value("retries", "4");
    assert_value("data-timeout", "2");
    read_text("");
    read_text("\n\n# only this");
}

/* The longest names of servers do not fit into what inih keeps of them. */
static void long_host_names(void **state)
{
    (void) state;
    char text[400], host[128];
    snprintf(host, sizeof host, "%s",
             "s-0123456789abcdef0.server.transfer.eu-central-1.test.example");
    snprintf(text, sizeof text, "[%s]\nretries = 6\n[%.50s]\nretries = 7\n", host, host);
    read_text(text);
    struct err err = ERR_INIT;
    layers_choose(l, host, NULL);
    assert_int_equal(layers_compose(l, &s, &err), 0);
    assert_value("retries", "6");
}

static void addresses_are_hosts(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    read_text("[2001:db8::7]\nretries = 6\n");
    layers_choose(l, "2001:db8::7", NULL);
    assert_int_equal(layers_compose(l, &s, &err), 0);
    assert_value("retries", "6");
}

static void lists_may_stand_several_times(void **state)
{
    (void) state;
    read_text("[*]\nstrategies = epsv\nstrategies = pasv, active\n");
    assert_value("strategies", "epsv,pasv,active");
}

static void values_are_kept_as_they_are(void **state)
{
    (void) state;
    setenv("HOME", "/home/me", 1);
    read_text("[*]\npassword-command = pass show \"my ftp\" | head -1 # first\nuser = a;b#c d\n"
              "ca-file = ~/ca.pem\ncert = ~other/x\n");
    assert_string_equal(s.password_command, "pass show \"my ftp\" | head -1 # first");
    assert_string_equal(s.user, "a;b#c d");
    assert_string_equal(s.trust.ca_file, "/home/me/ca.pem");
    assert_string_equal(s.identity.cert, "~other/x");
}

static const struct {
    const char *text, *part;
} mistakes[] = {
    {"[*]\ntimeot = 5\n", "/c:2: there is no setting 'timeot' (did you mean 'timeout'?)"},
    {"[*]\nfrobnicate = 5\n", "/c:2: there is no setting 'frobnicate'"},
    {"[*]\n\n# x\ntimeout = soon\n", "/c:4: timeout: 'soon'"},
    {"[*]\ntls = requir\n", "did you mean 'require'"},
    {"[*]\nretries = 1\n[h]\nretries = 2\n[*]\nretries = 3\n",
     "/c:6: retries: stands there already: /c:2 [*]"},
    {"[H]\nretries = 1\n[h]\nretries = 2\n", "stands there already: /c:2"},
    {"retries = 1\n", "/c:1: a setting stands in a section"},
    {"[*]\nretries\n", "/c:2: this is no section"},
    {"[*]\nretries ; = 3\n", "/c:2: this is no section"},
    {"[*]\nretries =\n", "/c:2: retries"},
    {"[*]\n= 3\n", "/c:2: there is no setting ''"},
    {"[*\nretries = 1\n", "/c:1: a section is"},
    {"[*] retries = 1\n", "/c:1: a section is"},
    {"[]\n", "/c:1: the section has no name"},
    {"[ ]\n", "/c:1: the section has no name"},
    {"[h:21]\n", "/c:1: a section is named after a host, without user, port"},
    {"[me@h]\n", "/c:1: a section is named after a host"},
    {"[h/pub]\n", "/c:1: a section is named after a host"},
    {"[*]\nbatch = x\n", "/c:2: 'batch' can stand on the command line only"},
    {"[*]\nepsv = on\n", "use 'strategies = epsv'"},
    {"[*]\npassword = x\n", "password-command"},
    {"[*]\nq = on\n", "there is no setting 'q'"},
    {"[*]\njson = yes\n", "/c:2: json: 'yes' is neither on nor off"},
    {"[*]\nretries = 1 # once\n", "/c:2: '#'"},
    {"[*]\nuser = me # it is\n", "/c:2: '#'"},
    {"[*]\nstrategies = epsv\n\fuser =\n", "/c:3: user"},
    {"[*]\npassword-command = a ; b\n", "/c:2: ';'"},
    {"[*]\nstrategies = epsv,acitve\n", "did you mean 'active'"},
    {"[*]\nstrategies = epsv,default\n", "/c:2: strategies: 'default' stands alone"},
    {"[*]\nstrategies = default\nstrategies = epsv\n", "/c:3: strategies: 'default'"},
    {"[*]\nstrategies = epsv\nx\n", "/c:3"},
};

static void mistakes_are_named(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct err err = ERR_INIT;
        if (parse(mistakes[i].text, strlen(mistakes[i].text), false, &err) == 0)
            fail_msg("taken: %s", mistakes[i].text);
        assert_err(&err, ERR_USAGE);
        if (!strstr(err.msg, mistakes[i].part))
            fail_msg("'%s' has no '%s'", err.msg, mistakes[i].part);
    }
}

/* inih has room for 200 bytes, and takes the rest of a line for the next one. */
static void values_are_as_long_as_they_are(void **state)
{
    (void) state;
    char text[2 * OPTION_VALUE_BYTES], value[OPTION_VALUE_BYTES];
    struct err err = ERR_INIT;
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    memcpy(value + 150, " # a=b ", 7);
    snprintf(text, sizeof text, "[*]\npassword-command =%300s%s\nretries = 7\n", "", value);
    read_text(text);
    assert_string_equal(s.password_command, value);
    assert_value("retries", "7");
    snprintf(text, sizeof text, "[*]\n\npassword-command = %sx\n", value);
    assert_int_equal(parse(text, strlen(text), false, &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_non_null(strstr(err.msg, "/c:3: the value is too long"));
}

static void long_lines(void **state)
{
    (void) state;
    char text[5000];
    struct err err = ERR_INIT;
    int n = snprintf(text, sizeof text, "[*]\n");
    memset(text + n, 'x', sizeof text - (size_t) n);
    text[400] = '=';
    assert_int_equal(parse(text, sizeof text, false, &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_non_null(strstr(err.msg, "/c:2: this is no section"));
    err_clear(&err);
    memset(text, '#', sizeof text);
    assert_int_equal(parse(text, sizeof text, false, &err), 0);
    text[0] = '[';
    text[300] = ']';
    assert_int_equal(parse(text, sizeof text, false, &err), -1);
    assert_non_null(strstr(err.msg, "/c:1: the section's name is too long"));
}

static void no_text(void **state)
{
    (void) state;
    static const char text[] = "[*]\nuser = a\0b\n", comment[] = "#\0\n";
    struct err err = ERR_INIT;
    assert_int_equal(parse(text, sizeof text - 1, false, &err), -1);
    assert_non_null(strstr(err.msg, "/c:2: there is a NUL byte"));
    err_clear(&err);
    assert_int_equal(parse(comment, sizeof comment - 1, false, &err), -1);
}

static void secrets_that_others_can_read(void **state)
{
    (void) state;
    static const char with[] = "[*]\nproxy = http://me:secret@gw\n";
    static const char without[] = "[*]\nproxy = http://me@gw\n";
    struct err err = ERR_INIT;
    assert_int_equal(parse(with, sizeof with - 1, false, &err), 0);
    assert_int_equal(parse(without, sizeof without - 1, true, &err), 0);
    assert_int_equal(parse(with, sizeof with - 1, true, &err), -1);
    assert_non_null(strstr(err.msg, "/c:2: a password, and others can read"));
    assert_null(strstr(err.msg, "secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections),
        cmocka_unit_test(blanks_and_line_ends),
        cmocka_unit_test(long_host_names),
        cmocka_unit_test(addresses_are_hosts),
        cmocka_unit_test(lists_may_stand_several_times),
        cmocka_unit_test(values_are_kept_as_they_are),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(values_are_as_long_as_they_are),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(no_text),
        cmocka_unit_test(secrets_that_others_can_read),
    };
    int rc = run_unit(tests);
    layers_free(l);
    return rc;
}
