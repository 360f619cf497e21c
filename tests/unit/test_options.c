#include "unit.h"

#include "cmdline.h"
#include "commands.h"
#include "nearest.h"
#include "options.h"
#include "status.h"

#define PIN "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct layers *layers;
static struct settings s; /* borrows from them */

/* Parses "ftpsh" and these words; the words are writable, as those of main() are. */
static int parse(char **words, int n, int *next, struct err *err)
{
    static char name[] = "ftpsh";
    char *argv[32] = {name};
    for (int i = 0; i < n; i++)
        argv[i + 1] = words[i];
    layers_free(layers);
    layers = layers_new(err);
    int rc = options_parse(layers, n + 1, argv, next, err);
    return rc < 0 ? rc : layers_compose(layers, &s, err);
}

#define COUNT(...) (int) (sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

/* The first `used` words are options. */
#define assert_options(used, ...)                                                                  \
    do {                                                                                           \
        const char *words[] = {__VA_ARGS__};                                                       \
        struct err err = ERR_INIT;                                                                 \
        int next = 0;                                                                              \
        if (parse((char **) (void *) words, COUNT(__VA_ARGS__), &next, &err) < 0)                  \
            fail_msg("%s", err.msg);                                                               \
        assert_int_equal(next, (used) + 1);                                                        \
    } while (0)

#define assert_refused(part, ...)                                                                  \
    do {                                                                                           \
        const char *words[] = {__VA_ARGS__};                                                       \
        struct err err = ERR_INIT;                                                                 \
        int next = 0;                                                                              \
        assert_int_equal(parse((char **) (void *) words, COUNT(__VA_ARGS__), &next, &err), -1);    \
        assert_err(&err, ERR_USAGE);                                                               \
        if (!strstr(err.msg, part))                                                                \
            fail_msg("'%s' has no '%s'", err.msg, part);                                           \
    } while (0)

static void defaults(void **state)
{
    (void) state;
    assert_options(0, "host");
    assert_int_equal(s.connect_timeout_ms, 15000);
    assert_int_equal(s.ladder.timeout_ms, 4000);
    assert_int_equal(s.reply_timeout_ms, 60000);
    assert_int_equal(s.idle_timeout_ms, 60000);
    assert_int_equal(s.timeout_ms, -1);
    assert_int_equal(s.retries, 3);
    assert_int_equal(s.tls, TLS_REQUIRE);
    assert_int_equal(s.password_fd, -1);
    assert_int_equal(s.ladder.n, 3);
    assert_false(s.ladder.chosen);
}

static void forms(void **state)
{
    (void) state;
    assert_options(3, "--tls=off", "--user", "me", "host", "-v");
    assert_int_equal(s.tls, TLS_OFF);
    assert_true(s.tls_chosen);
    assert_string_equal(s.user, "me");
    assert_false(s.verbose);
    assert_options(2, "-q", "--", "-v");
    assert_false(s.verbose);
    assert_options(3, "-qv", "-cls", "-4", "host");
    assert_true(s.quiet && s.verbose);
    assert_string_equal(s.commands, "ls");
    assert_int_equal(s.family, AF_INET);
    assert_options(2, "-b", "-", "host");
    assert_string_equal(s.batch_file, "-");
    assert_options(1, "--report-file=a=b");
    assert_string_equal(s.report_file, "a=b");
}

static void values(void **state)
{
    (void) state;
    assert_options(6, "--data-timeout=0.25", "--timeout=90", "--retries=0", "--password-fd=3",
                   "--tls-min=1.3", "--report=json");
    assert_int_equal(s.ladder.timeout_ms, 250);
    assert_int_equal(s.timeout_ms, 90000);
    assert_int_equal(s.retries, 0);
    assert_int_equal(s.password_fd, 3);
    assert_int_equal(s.trust.min, TLS_1_3);
    assert_int_equal(s.report, REPORT_JSON);
    assert_options(3, "--pin=" PIN, "--pin", PIN);
    assert_int_equal(s.trust.npins, 2);
    assert_int_equal(strlen(s.trust.pins[1]), 64);
}

static void strategies(void **state)
{
    (void) state;
    assert_options(3, "--active", "--epsv", "--active");
    assert_int_equal(s.ladder.n, 2);
    assert_int_equal(s.ladder.rungs[0], STRATEGY_ACTIVE);
    assert_int_equal(s.ladder.rungs[1], STRATEGY_EPSV);
    assert_true(s.ladder.chosen);
    assert_options(3, "--pasv-use-control-ip", "--active-address=2001:db8::1",
                   "--active-ports=50000-50100");
    assert_int_equal(addr_family(&s.ladder.active_address), AF_INET6);
    assert_int_equal(s.ladder.active_ports.lo, 50000);
    assert_int_equal(s.ladder.active_ports.hi, 50100);
}

/* The option's values stand in the order of the modes. */
static void port_mapping(void **state)
{
    (void) state;
    char text[64];
    assert_options(1, "--active");
    assert_int_equal(s.ladder.port_map.mode, PORTMAP_AUTO);
    for (int i = 0; i < PORTMAP_MODES; i++) {
        const char *name = portmap_mode_name((enum portmap_mode) i);
        assert_options(2, "--port-map", name);
        assert_int_equal(s.ladder.port_map.mode, i);
        assert_string_equal(option_value(&s, option_find("port-map"), text, sizeof text), name);
    }
    assert_refused("did you mean 'pcp'", "--port-map=pmp");
    assert_refused("--port-map", "--port-map=on");
}

static void unknown_names(void **state)
{
    (void) state;
    assert_refused("'--epvs' (did you mean '--epsv'?)", "--epvs");
    assert_refused("'--data-timeot'", "--data-timeot=3");
    assert_refused("--data-timeout'?", "--data-timeot=3");
    assert_refused("'--frobnicate'", "--frobnicate");
    assert_refused("'-x'", "-vx");
}

static void bad_values(void **state)
{
    (void) state;
    assert_refused("option '--tls'", "--tls=maybe");
    assert_refused("did you mean 'require'", "--tls=requir");
    assert_refused("needs a value", "--user");
    assert_refused("takes no value", "--json=yes");
    assert_refused("--user", "--user=");
    static const char *const seconds[] = {"0", "-1", "", "x", "1s", "nan", "inf", "0x10", "1e3"};
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++)
        assert_refused("--timeout", "--timeout", seconds[i]);
    assert_refused("--retries", "--retries=-1");
    assert_refused("--retries", "--retries=1x");
    assert_refused("--pin", "--pin=sha256:00");
    assert_refused("--pin", "--pin=md5:00112233445566778899aabbccddeeff");
    static const char *const ports[] = {"1", "0-5", "5-4", "1-65536", "1-2-3", "a-b", " 1-2"};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        assert_refused("--active-ports", "--active-ports", ports[i]);
    assert_refused("--active-address", "--active-address=example.com");
}

static void changes(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    char text[64];
    settings_init(&s);
    assert_int_equal(option_change(&s, "data-timeout", "1.5", &err), 0);
    assert_string_equal(option_value(&s, option_find("data-timeout"), text, sizeof text), "1.5");
    assert_int_equal(option_change(&s, "json", NULL, &err), 0);
    assert_true(s.json);
    assert_int_equal(option_change(&s, "json", "off", &err), 0);
    assert_false(s.json);
    assert_int_equal(option_change(&s, "batch", "x", &err), -1);
    assert_err(&err, ERR_USAGE);
    err_clear(&err);
    assert_int_equal(option_change(&s, "epsv", "on", &err), -1);
    assert_non_null(strstr(err.msg, "'strategies = epsv'"));
    err_clear(&err);
    assert_int_equal(option_change(&s, "jason", "on", &err), -1);
    assert_non_null(strstr(err.msg, "'json'"));
}

static void tables_are_sound(void **state)
{
    (void) state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];
        assert_non_null(o->name);
        assert_true(o->help || o->once); /* one that is for no person */
        assert_true(!o->alone || o->kind == OPTION_LIST);
        assert_non_null(o->set);
        assert_int_equal(o->placeholder != NULL, o->kind != OPTION_FLAG);
        assert_int_equal(o->values != NULL, o->kind == OPTION_CHOICE || o->kind == OPTION_LIST);
        assert_non_null(o->get);
        assert_ptr_equal(option_find(o->name), o);
        if (o->letter)
            assert_ptr_equal(option_find((char[]){o->letter, '\0'}), o);
        if (o->adds_to)
            assert_true(option_is_list(option_find(o->adds_to)));
        if (o->rival)
            assert_string_equal(option_find(o->rival)->rival, o->name);
    }
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &command_table[i];
        assert_ptr_equal(command_find(c->name), c);
        assert_int_equal(strncmp(c->usage, c->name, strlen(c->name)), 0);
        assert_true(c->max == ARGS_ANY || c->min <= c->max);
    }
    for (int code = 1; code < ERR_CODES; code++)
        assert_true(status_of((enum err_code) code) > 0);
}

static void commands_are_checked(void **state)
{
    (void) state;
    static const struct {
        const char *words[4];
        const char *part; /* NULL: good */
    } rows[] = {
        {{"ls"}, NULL},
        {{"ls", "-la", "--json", "x"}, NULL},
        {{"rm", "--", "-x"}, NULL},
        {{"quote", "-x", "y"}, NULL},
        {{"exit"}, NULL},
        {{"gte", "x"}, "did you mean 'get'"},
        {{"frobnicate"}, "unknown command"},
        {{"get"}, "usage: get"},
        {{"pwd", "x"}, "usage: pwd"},
        {{"ls", "-z"}, "'-z'"},
        {{"get", "--json", "x"}, "'--json'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = ERR_INIT;
        int n = 0;
        while (n < 4 && rows[i].words[n])
            n++;
        int rc = command_check(n, (char **) (void *) rows[i].words, NULL, &err);
        assert_int_equal(rc, rows[i].part ? -1 : 0);
        if (rows[i].part && !strstr(err.msg, rows[i].part))
            fail_msg("'%s' has no '%s'", err.msg, rows[i].part);
    }
}

/* What `set` shows, `set` takes. */
static void settings_can_be_set_back(void **state)
{
    (void) state;
    static const char *const rows[][2] = {
        {"timeout", "5"},         {"noop-interval", "5"},    {"port-map", "off"},
        {"active-ports", "1-2"},  {"active-address", "::1"}, {"json", "on"},
        {"connect-timeout", "1"}, {"no-memory", "on"},
    };
    settings_init(&s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char before[ADDR_TEXT], now[ADDR_TEXT];
        struct err err = ERR_INIT;
        const struct option *o = option_find(rows[i][0]);
        option_value(&s, o, before, sizeof before);
        assert_int_equal(option_change(&s, rows[i][0], rows[i][1], &err), 0);
        assert_string_equal(option_value(&s, o, now, sizeof now), rows[i][1]);
        assert_int_equal(option_change(&s, rows[i][0], before, &err), 0);
        assert_string_equal(option_value(&s, o, now, sizeof now), before);
    }
    assert_int_equal(s.timeout_ms, -1);
    assert_int_equal(s.noop_interval_ms, 0);
}

static void near_names(void **state)
{
    (void) state;
    struct nearest n = {.word = "gt"};
    nearest_offer(&n, "put");
    assert_null(n.best);
    nearest_offer(&n, "get");
    assert_string_equal(n.best, "get");
    struct nearest far = {.word = "mirror"};
    nearest_offer(&far, "mkdir");
    assert_null(far.best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(forms),
        cmocka_unit_test(values),
        cmocka_unit_test(strategies),
        cmocka_unit_test(port_mapping),
        cmocka_unit_test(unknown_names),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(changes),
        cmocka_unit_test(tables_are_sound),
        cmocka_unit_test(commands_are_checked),
        cmocka_unit_test(settings_can_be_set_back),
        cmocka_unit_test(near_names),
    };
    int rc = run_unit(tests);
    layers_free(layers);
    return rc;
}
