#include "unit.h"

#include "ftp/pasv.h"

#include <stdio.h>
#include <stdlib.h>

static void assert_pasv(const char *text, const char *expected)
{
    struct addr a;
    struct err err = ERR_INIT;
    char shown[ADDR_TEXT];
    if (pasv_parse(text, &a, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(addr_format_port(&a, shown, sizeof shown), expected);
}

static void assert_no_pasv(const char *text)
{
    struct addr a;
    struct err err = ERR_INIT;
    if (pasv_parse(text, &a, &err) == 0)
        fail_msg("accepted: %s", text);
    assert_err(&err, ERR_PROTOCOL);
}

static void passive_replies(void **state)
{
    (void) state;
    assert_pasv("227 Entering Passive Mode (10,0,1,121,15,6)", "10.0.1.121:3846");
    assert_pasv("Entering Passive Mode (10,0,1,121,15,6).", "10.0.1.121:3846");
    assert_pasv("227 Entering Passive Mode 10,0,1,121,15,6", "10.0.1.121:3846");
    assert_pasv("227 =10,0,1,121,15,6", "10.0.1.121:3846");
    assert_pasv("10,0,1,121,15,6", "10.0.1.121:3846");
    assert_pasv("227 Passive (10, 0, 1, 121, 15, 6)", "10.0.1.121:3846");
    assert_pasv("227 ok (255,255,255,255,255,255)", "255.255.255.255:65535");
    assert_pasv("227 ok (192,0,2,1,0,1)", "192.0.2.1:1");
    assert_pasv("227 ok (010,000,001,121,015,006)", "10.0.1.121:3846");
    assert_pasv("227 item 1,2 is (192,0,2,1,195,80)", "192.0.2.1:50000");
}

/* field 26: read as they are; whether to believe them is for others to decide. */
static void strange_addresses_are_read(void **state)
{
    (void) state;
    assert_pasv("227 Entering Passive Mode (0,0,0,0,195,80)", "0.0.0.0:50000");
    assert_pasv("227 Entering Passive Mode (127,0,0,1,195,80)", "127.0.0.1:50000");
}

static void unreadable_passive_replies(void **state)
{
    (void) state;
    static const char *const bad[] = {
        "",
        "227",
        "227 Entering Passive Mode",
        "227 Entering Passive Mode ()",
        "227 (10,0,1,121,15)",
        "227 (10,0,1,121,15,)",
        "227 (10,0,1,121,15,6,7)",
        "227 (256,0,1,121,15,6)",
        "227 (10,0,1,121,15,256)",
        "227 (10,0,1,121,0,0)",
        "227 (1,256,10,0,1,121,15,6)",
        "227 (10,0,1,121,-15,6)",
        "227 (10.0.1.121.15.6)",
        "227 (4294967306,0,1,121,15,6)",
        "227 (99999999999999999999999999,0,1,121,15,6)",
        "229 Entering Extended Passive Mode (|||50000|)", /* field 31 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_no_pasv(bad[i]);
}

static void assert_epsv(const char *text, int expected)
{
    uint16_t port = 0;
    struct err err = ERR_INIT;
    if (epsv_parse(text, &port, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(port, expected);
}

static void extended_replies(void **state)
{
    (void) state;
    assert_epsv("229 Entering Extended Passive Mode (|||6446|)", 6446);
    assert_epsv("Entering Extended Passive Mode (|||6446|).", 6446);
    assert_epsv("229 ok (|||1|)", 1);
    assert_epsv("229 ok (|||65535|)", 65535);
    assert_epsv("229 ok (!!!6446!)", 6446);
    assert_epsv("229 ok (~~~6446~)", 6446);
    assert_epsv("229 ok (aaa6446a)", 6446);
    assert_epsv("229 (use it) (|||6446|)", 6446);
}

/* field 31 */
static void extended_replies_of_odd_shape(void **state)
{
    (void) state;
    assert_epsv("229 ok (||6446|)", 6446);
    assert_epsv("229 Entering Extended Passive Mode |||6446|", 6446);
    assert_epsv("229 Entering Extended Passive Mode ||6446|", 6446);
    assert_epsv("229 ok ( | | | 6446 | )", 6446);
    assert_epsv("229 ok (|1|192.0.2.1|6446|)", 6446);
    assert_epsv("229 ok (|2|2001:db8::1|6446|)", 6446);
    assert_epsv("229 ok (|||06446|)", 6446);
    assert_epsv("|||6446|", 6446);
}

static void unreadable_extended_replies(void **state)
{
    (void) state;
    static const char *const bad[] = {
        "",
        "229",
        "229 Entering Extended Passive Mode",
        "229 ok ()",
        "229 ok (|||)",
        "229 ok (||||)",
        "229 ok (|||0|)",
        "229 ok (|||65536|)",
        "229 ok (|||99999999999999999999|)",
        "229 ok (|||-1|)",
        "229 ok (|||6446x|)",
        "229 ok (1116446 1)",
        "229 ok (|||6446",
        "229 ok (|||6446!)",
        "229 ok (|3|192.0.2.1|6446|)",
        "229 ok (|1|host|6446|)",
        "227 Entering Passive Mode (10,0,1,121,15,6)",
        "229 Entering Passive Mode (1,0,121,15,6,7)",
        "229 Entering Passive Mode 1,1,121,15,6,7",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint16_t port = 77;
        struct err err = ERR_INIT;
        if (epsv_parse(bad[i], &port, &err) == 0)
            fail_msg("accepted: %s as %d", bad[i], port);
        assert_err(&err, ERR_PROTOCOL);
        assert_int_equal(port, 77);
    }
}

/* What a hostile server can send at most must not take long. */
static void long_lines_are_quick(void **state)
{
    (void) state;
    static const char *const patterns[] = {"(",  "|",   "1,",   "(|",     "| ",
                                           "|1", "|1|", "||1 ", "(|1|:|", "1,2,3,4,5,6,7,"};
    size_t len = 256 * 1024;
    char *text = malloc(len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        size_t step = strlen(patterns[i]);
        for (size_t n = 0; n < len; n++)
            text[n] = patterns[i][n % step];
        text[len] = '\0';
        struct addr a;
        uint16_t port;
        assert_int_equal(pasv_parse(text, &a, NULL), -1);
        epsv_parse(text, &port, NULL);
    }
    free(text);
}

static struct addr with_port(const char *text, uint16_t port)
{
    struct addr a;
    assert_int_equal(addr_parse(text, &a, NULL), 0);
    addr_set_port(&a, port);
    return a;
}

static void arguments(void **state)
{
    (void) state;
    char text[PORT_ARG_MAX];
    struct addr v4 = with_port("192.0.2.1", 50000), v6 = with_port("2001:db8::1", 50000);
    assert_string_equal(eprt_argument(&v4, text), "|1|192.0.2.1|50000|");
    assert_string_equal(eprt_argument(&v6, text), "|2|2001:db8::1|50000|");
    assert_string_equal(port_argument(&v4, text), "192,0,2,1,195,80");
    v4 = with_port("255.255.255.255", 65535);
    assert_string_equal(port_argument(&v4, text), "255,255,255,255,255,255");
    v6 = with_port("fe80::1%3", 21);
    assert_string_equal(eprt_argument(&v6, text), "|2|fe80::1|21|");
}

/* What we write for PORT is what we read in a 227. */
static void port_and_227_agree(void **state)
{
    (void) state;
    char text[PORT_ARG_MAX];
    for (unsigned port = 1; port < 65536; port += 257) {
        struct addr a = with_port("198.51.100.7", (uint16_t) port), b;
        assert_int_equal(pasv_parse(port_argument(&a, text), &b, NULL), 0);
        assert_true(addr_same_host(&a, &b));
        assert_int_equal(addr_port(&b), port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passive_replies),
        cmocka_unit_test(strange_addresses_are_read),
        cmocka_unit_test(unreadable_passive_replies),
        cmocka_unit_test(extended_replies),
        cmocka_unit_test(extended_replies_of_odd_shape),
        cmocka_unit_test(unreadable_extended_replies),
        cmocka_unit_test(long_lines_are_quick),
        cmocka_unit_test(arguments),
        cmocka_unit_test(port_and_227_agree),
    };
    return run_unit(tests);
}
