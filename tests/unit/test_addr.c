#include "unit.h"

#include "net/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

static struct addr parsed(const char *text)
{
    struct addr a;
    struct err err = ERR_INIT;
    if (addr_parse(text, &a, &err) < 0)
        fail_msg("%s", err.msg);
    return a;
}

static void numeric_text_and_back(void **state)
{
    (void) state;
    static const char *const same[] = {"0.0.0.0",     "192.0.2.1", "255.255.255.255",
                                       "2001:db8::1", "::",        "::1"};
    char text[ADDR_TEXT];
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct addr a = parsed(same[i]);
        assert_string_equal(addr_format(&a, text, sizeof text), same[i]);
        assert_int_equal(addr_port(&a), 0);
    }
    struct addr a = parsed("[2001:DB8:0::1]");
    assert_string_equal(addr_format(&a, text, sizeof text), "2001:db8::1");
}

static void what_is_no_address(void **state)
{
    (void) state;
    static const char *const bad[] = {"",
                                      "1.2.3",
                                      "1.2.3.4.5",
                                      "256.1.1.1",
                                      "1.2.3.4:21",
                                      "localhost",
                                      "[1.2.3.4]",
                                      "[::1",
                                      "::1]",
                                      "[::1]:21",
                                      "1:2",
                                      ":::",
                                      "[]",
                                      "fe80::1%",
                                      "0x7f.1",
                                      " 192.0.2.1",
                                      "1.2.3.4 ",
                                      "fe80::1%nosuchinterface",
                                      "fe80::1%99999999999",
                                      "fe80::1%-1"};
    char huge[4096];
    struct addr a;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = ERR_INIT;
        if (addr_parse(bad[i], &a, &err) == 0)
            fail_msg("accepted: %s", bad[i]);
        assert_err(&err, ERR_USAGE);
    }
    memset(huge, ':', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_int_equal(addr_parse(huge, &a, NULL), -1);
}

static void ports(void **state)
{
    (void) state;
    char text[ADDR_TEXT];
    struct addr v4 = parsed("192.0.2.1"), v6 = parsed("2001:db8::1"), none;
    addr_set_port(&v4, 21);
    addr_set_port(&v6, 65535);
    assert_int_equal(addr_port(&v4), 21);
    assert_int_equal(addr_port(&v6), 65535);
    assert_string_equal(addr_format_port(&v4, text, sizeof text), "192.0.2.1:21");
    assert_string_equal(addr_format_port(&v6, text, sizeof text), "[2001:db8::1]:65535");
    memset(&none, 0, sizeof none);
    addr_set_port(&none, 21);
    assert_int_equal(addr_family(&none), AF_UNSPEC);
    assert_int_equal(addr_port(&none), 0);
    assert_int_equal(addr_size(&none), 0);
    assert_string_equal(addr_format_port(&none, text, sizeof text), "none");
    assert_int_equal(addr_size(&v4), sizeof(struct sockaddr_in));
    assert_int_equal(addr_size(&v6), sizeof(struct sockaddr_in6));
}

static void the_longest_text_fits(void **state)
{
    (void) state;
    char text[ADDR_TEXT], small[8];
    struct addr a = parsed("1111:2222:3333:4444:5555:6666:7777:8888");
    a.u.in6.sin6_scope_id = UINT32_MAX;
    addr_set_port(&a, 65535);
    assert_string_equal(addr_format_port(&a, text, sizeof text),
                        "[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:65535");
    assert_string_equal(addr_format_port(&a, small, sizeof small), "[1111:2");
}

static void scopes(void **state)
{
    (void) state;
    char text[ADDR_TEXT];
    struct addr a = parsed("fe80::1%2"), b = parsed("fe80::1"), c = parsed("fe80::1%3");
    assert_string_equal(addr_format(&a, text, sizeof text), "fe80::1%2");
    assert_true(addr_same_host(&a, &b));
    assert_false(addr_same_host(&a, &c));
}

static void from_the_system(void **state)
{
    (void) state;
    char text[ADDR_TEXT];
    struct sockaddr_in6 mapped;
    memset(&mapped, 0, sizeof mapped);
    mapped.sin6_family = AF_INET6;
    mapped.sin6_port = htons(2121);
    assert_int_equal(inet_pton(AF_INET6, "::ffff:10.0.1.121", &mapped.sin6_addr), 1);
    struct addr a = addr_from_sockaddr((const struct sockaddr *) &mapped);
    assert_int_equal(addr_family(&a), AF_INET);
    assert_string_equal(addr_format_port(&a, text, sizeof text), "10.0.1.121:2121");
    a = parsed("::ffff:10.0.1.121");
    assert_true(addr_is_private(&a));
    struct sockaddr_storage other;
    memset(&other, 0, sizeof other);
    other.ss_family = AF_UNIX;
    a = addr_from_sockaddr((const struct sockaddr *) &other);
    assert_int_equal(addr_family(&a), AF_UNSPEC);
}

static void hosts_are_compared_without_ports(void **state)
{
    (void) state;
    struct addr a = parsed("192.0.2.1"), b = parsed("192.0.2.1"), c = parsed("192.0.2.2"),
                d = parsed("::1"), none;
    memset(&none, 0, sizeof none);
    addr_set_port(&b, 99);
    assert_true(addr_same_host(&a, &b));
    assert_false(addr_same_host(&a, &c));
    assert_false(addr_same_host(&a, &d));
    assert_true(addr_same_host(&d, &d));
    assert_false(addr_same_host(&none, &none));
}

/* fields 23, 26: the edges of every range. */
static void private_addresses(void **state)
{
    (void) state;
    static const char *const private[] = {"10.0.0.0",    "10.255.255.255",
                                          "172.16.0.0",  "172.31.255.255",
                                          "192.168.0.0", "192.168.1.1",
                                          "100.64.0.0",  "100.127.255.255",
                                          "127.0.0.1",   "127.255.255.255",
                                          "169.254.0.1", "0.0.0.0",
                                          "::",          "::1",
                                          "fe80::1",     "febf::1",
                                          "fc00::1",     "fdff::1"};
    static const char *const public[] = {
        "9.255.255.255",   "11.0.0.0",    "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0",     "100.63.0.0",  "100.128.0.0",    "126.0.0.1",  "128.0.0.1",
        "169.253.255.255", "169.255.0.0", "192.0.2.10",     "8.8.8.8",    "203.0.113.121",
        "198.51.100.1",    "2001:db8::1", "fec0::1",        "fe00::1",    "2000::1"};
    struct addr a;
    for (size_t i = 0; i < sizeof private / sizeof private[0]; i++) {
        a = parsed(private[i]);
        if (!addr_is_private(&a))
            fail_msg("public: %s", private[i]);
    }
    for (size_t i = 0; i < sizeof public / sizeof public[0]; i++) {
        a = parsed(public[i]);
        if (addr_is_private(&a))
            fail_msg("private: %s", public[i]);
    }
    memset(&a, 0, sizeof a);
    assert_false(addr_is_private(&a));
}

static void loopback_and_unspecified(void **state)
{
    (void) state;
    struct addr a = parsed("127.0.0.1"), b = parsed("::1"), c = parsed("0.0.0.0"), d = parsed("::"),
                e = parsed("10.0.0.1"), none;
    memset(&none, 0, sizeof none);
    assert_true(addr_is_loopback(&a) && addr_is_loopback(&b));
    assert_false(addr_is_loopback(&c) || addr_is_loopback(&e) || addr_is_loopback(&none));
    assert_true(addr_is_unspecified(&c) && addr_is_unspecified(&d));
    assert_false(addr_is_unspecified(&a) || addr_is_unspecified(&b) || addr_is_unspecified(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numeric_text_and_back),
        cmocka_unit_test(what_is_no_address),
        cmocka_unit_test(ports),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(scopes),
        cmocka_unit_test(from_the_system),
        cmocka_unit_test(hosts_are_compared_without_ports),
        cmocka_unit_test(private_addresses),
        cmocka_unit_test(loopback_and_unspecified),
    };
    return run_unit(tests);
}
