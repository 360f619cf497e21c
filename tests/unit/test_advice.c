#include "unit.h"

#include "data/advice.h"

enum { MAX = 32 };
enum { SOFTWARES = SOFTWARE_PYFTPDLIB + 1 };

static struct evidence behind_nat(void)
{
    struct evidence e = {0};
    struct err err = ERR_INIT;
    assert_int_equal(addr_parse("192.168.7.10", &e.local, &err), 0);
    assert_int_equal(addr_parse("203.0.113.121", &e.peer, &err), 0);
    struct trial *t = &e.trials[STRATEGY_PASV];
    t->tried = true;
    t->row.stage = STAGE_CONNECT;
    t->row.result = RESULT_TIMEOUT;
    assert_int_equal(addr_parse("10.0.1.121", &t->row.advertised, &err), 0);
    addr_set_port(&t->row.advertised, 41234);
    t->row.endpoint = t->row.advertised;
    return e;
}

static const struct advice *server_row(enum cause c, enum software s)
{
    const struct advice *found[MAX];
    size_t n = advice_find(c, s, found, MAX);
    for (size_t i = 0; i < n; i++) {
        if (found[i]->party == PARTY_SERVER)
            return found[i];
    }
    return NULL;
}

/* Whatever the software, known or not, there is a text to read, and lines say where they go. */
static void no_cause_without_advice(void **state)
{
    (void) state;
    const struct advice *found[MAX];
    struct evidence nothing = {0};
    char text[ADVICE_TEXT];
    for (int c = 0; c < CAUSE_COUNT; c++) {
        for (int s = 0; s < SOFTWARES; s++) {
            size_t n = advice_find((enum cause) c, (enum software) s, found, MAX);
            assert_true(n > 0);
            for (size_t i = 0; i < n; i++) {
                assert_true(strlen(advice_fill(found[i]->text, &nothing, 21, text, sizeof text)) >
                            10);
                assert_true(*found[i]->remedy && *party_name(found[i]->party));
                assert_true(!found[i]->lines || found[i]->where);
            }
        }
    }
}

/* A script may look for the one remedy of that name and party. */
static void ids_are_unique(void **state)
{
    (void) state;
    const struct advice *found[MAX];
    for (int c = 0; c < CAUSE_COUNT; c++) {
        for (int s = 0; s < SOFTWARES; s++) {
            size_t n = advice_find((enum cause) c, (enum software) s, found, MAX);
            for (size_t i = 0; i < n; i++) {
                for (size_t k = 0; k < i; k++)
                    assert_string_not_equal(found[i]->remedy, found[k]->remedy);
                assert_true(strspn(found[i]->remedy, "abcdefghijklmnopqrstuvwxyz-") ==
                            strlen(found[i]->remedy));
            }
        }
    }
}

/* Someone is named who can mend it, not only a way around it in the client. */
static void every_fault_is_somebodys(void **state)
{
    (void) state;
    const struct advice *found[MAX];
    for (int c = 0; c < CAUSE_COUNT; c++) {
        for (int s = 0; s < SOFTWARES && c != CAUSE_HEALTHY; s++) {
            size_t others = 0, n = advice_find((enum cause) c, (enum software) s, found, MAX);
            for (size_t i = 0; i < n; i++)
                others += found[i]->party != PARTY_CLIENT;
            assert_true(others > 0);
        }
    }
}

static void own_rows_replace_the_general_ones(void **state)
{
    (void) state;
    const struct advice *found[MAX];
    for (int c = 0; c < CAUSE_COUNT; c++) {
        for (int s = 0; s < SOFTWARES; s++) {
            size_t n = advice_find((enum cause) c, (enum software) s, found, MAX);
            bool own = false, general = false;
            for (size_t i = 0; i < n; i++) {
                bool server = found[i]->party == PARTY_SERVER;
                assert_true(found[i]->software == (enum software) s ||
                            found[i]->software == SOFTWARE_UNKNOWN);
                own = own || found[i]->software != SOFTWARE_UNKNOWN;
                general = general || (server && found[i]->software == SOFTWARE_UNKNOWN);
            }
            assert_false(own && general);
        }
    }
}

/* Lines in its own words; tests/live/test_advice.py names those that are tried out. */
static void at_least_24_pairs(void **state)
{
    (void) state;
    int pairs = 0;
    for (int c = 0; c < CAUSE_COUNT; c++) {
        for (int s = 1; s < SOFTWARES; s++) {
            const struct advice *a = server_row((enum cause) c, (enum software) s);
            pairs += a && a->software == (enum software) s && a->lines;
        }
    }
    assert_true(pairs >= 24);
}

/* A change of the server's address is advised in its own words. */
static void lines_of_each_server(void **state)
{
    (void) state;
    static const struct {
        enum software software;
        const char *address, *range;
    } expected[] = {
        {SOFTWARE_VSFTPD, "pasv_address=203.0.113.121", "pasv_min_port=41200\npasv_max_port=41299"},
        {SOFTWARE_PROFTPD, "MasqueradeAddress 203.0.113.121", "PassivePorts 41200 41299"},
        {SOFTWARE_PUREFTPD, "-P 203.0.113.121", "-p 41200:41299"},
        {SOFTWARE_PYFTPDLIB, "handler.masquerade_address = \"203.0.113.121\"",
         "handler.passive_ports = range(41200, 41300)"},
        {SOFTWARE_FILEZILLA, "Use the following host: 203.0.113.121",
         "Use custom port range: From 41200 To 41299"},
    };
    struct evidence e = behind_nat();
    char text[ADVICE_TEXT];
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct advice *a = server_row(CAUSE_PRIVATE_ADDRESS, expected[i].software);
        assert_string_equal(advice_fill(a->lines, &e, 21, text, sizeof text), expected[i].address);
        assert_string_equal(a->remedy, "advertise-public-address");
        a = server_row(CAUSE_RANGE_RESET, expected[i].software);
        assert_string_equal(advice_fill(a->lines, &e, 21, text, sizeof text), expected[i].range);
    }
    advice_fill(server_row(CAUSE_PRIVATE_ADDRESS, SOFTWARE_IIS)->lines, &e, 21, text, sizeof text);
    assert_non_null(strstr(text, "firewallSupport.externalIp4Address:203.0.113.121\""));
    advice_fill(server_row(CAUSE_RANGE_SILENT, SOFTWARE_IIS)->lines, &e, 21, text, sizeof text);
    assert_non_null(strstr(text, "/lowDataChannelPort:41200 /highDataChannelPort:41299"));
}

/* Every text fits, and no placeholder is left over; with nothing known, words stand in. */
static void everything_is_filled_in(void **state)
{
    (void) state;
    struct evidence known = behind_nat(), nothing = {0};
    const struct advice *found[MAX];
    char text[ADVICE_TEXT];
    for (int c = 0; c < CAUSE_COUNT; c++) {
        for (int s = 0; s < SOFTWARES; s++) {
            size_t n = advice_find((enum cause) c, (enum software) s, found, MAX);
            for (size_t i = 0; i < 3 * n; i++) {
                const struct advice *a = found[i / 3];
                const char *raw[] = {a->text, a->where, a->lines};
                advice_fill(raw[i % 3], &known, 2121, text, sizeof text);
                assert_null(strpbrk(text, "{}"));
                assert_true(strlen(text) < sizeof text - 1);
                assert_true(!raw[i % 3] || *text);
                advice_fill(raw[i % 3], &nothing, 2121, text, sizeof text);
                assert_null(strpbrk(text, "{}"));
            }
        }
    }
}

static void what_is_filled_in(void **state)
{
    (void) state;
    struct evidence e = behind_nat();
    char text[ADVICE_TEXT];
    assert_string_equal(
        advice_fill("{public} {client} {control}{inside}", &e, 2121, text, sizeof text),
        "203.0.113.121 192.168.7.10 2121, 10.0.1.121");
    assert_string_equal(advice_fill("{outside}", &e, 21, text, sizeof text), "PUBLIC-ADDRESS");
    assert_string_equal(advice_fill(NULL, &e, 21, text, sizeof text), "");
    assert_string_equal(advice_fill("{public}", &e, 21, text, 6), "203.0");
    static const struct {
        int64_t idle_ms;
        const char *often;
    } gone[] = {{0, "30"}, {500, "1"}, {6000, "2"}, {60000, "20"}, {600000, "30"}};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        e.idle_ms = gone[i].idle_ms;
        assert_string_equal(advice_fill("{often}", &e, 21, text, sizeof text), gone[i].often);
    }
    /* ports far apart tell no range */
    e.trials[STRATEGY_EPSV].tried = true;
    e.trials[STRATEGY_EPSV].row.endpoint = e.peer;
    addr_set_port(&e.trials[STRATEGY_EPSV].row.endpoint, 20000);
    assert_string_equal(advice_fill("{first}-{last} {next}", &e, 21, text, sizeof text),
                        "50000-50099 50100");
    addr_set_port(&e.trials[STRATEGY_EPSV].row.endpoint, 41301);
    assert_string_equal(advice_fill("{first}-{last}", &e, 21, text, sizeof text), "41200-41399");
}

/* An option is a help only where its strategy works. */
static void what_was_tried_speaks_for_it(void **state)
{
    (void) state;
    struct evidence e = behind_nat();
    const struct advice *found[MAX];
    size_t n = advice_find(CAUSE_PASSIVE_REFUSED, SOFTWARE_UNKNOWN, found, MAX);
    assert_string_equal(found[n - 1]->remedy, "use-active");
    assert_false(advice_fits(found[n - 1], &e));
    assert_true(advice_fits(found[0], &e));
    e.trials[STRATEGY_ACTIVE].tried = true;
    assert_true(advice_fits(found[n - 1], &e)); /* RESULT_OK */
    e.trials[STRATEGY_ACTIVE].row.result = RESULT_REJECTED;
    assert_false(advice_fits(found[n - 1], &e));
    /* what was tried need not be tried */
    n = advice_find(CAUSE_RANGE_SILENT, SOFTWARE_UNKNOWN, found, MAX);
    assert_string_equal(found[n - 1]->remedy, "try-ccc");
    assert_true(advice_fits(found[n - 1], &e));
    e.trials[STRATEGY_CCC].tried = true;
    assert_false(advice_fits(found[n - 1], &e));
}

static void a_closed_range_and_a_wrong_address(void **state)
{
    (void) state;
    struct evidence e = behind_nat();
    assert_int_equal(advice_besides(CAUSE_RANGE_SILENT, &e), CAUSE_PRIVATE_ADDRESS);
    assert_int_equal(advice_besides(CAUSE_EPSV_BLOCKED, &e), CAUSE_COUNT);
    e.trials[STRATEGY_PASV].row.advertised = e.peer;
    assert_int_equal(advice_besides(CAUSE_RANGE_SILENT, &e), CAUSE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_cause_without_advice),
        cmocka_unit_test(ids_are_unique),
        cmocka_unit_test(every_fault_is_somebodys),
        cmocka_unit_test(own_rows_replace_the_general_ones),
        cmocka_unit_test(at_least_24_pairs),
        cmocka_unit_test(lines_of_each_server),
        cmocka_unit_test(everything_is_filled_in),
        cmocka_unit_test(what_is_filled_in),
        cmocka_unit_test(what_was_tried_speaks_for_it),
        cmocka_unit_test(a_closed_range_and_a_wrong_address),
    };
    return run_unit(tests);
}
