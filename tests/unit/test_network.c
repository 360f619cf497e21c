#include "unit.h"

#include "net/network.h"

#include <arpa/inet.h>
#include <stdio.h>

/* As the kernel prints it on a machine of this byte order. */
static void add_route(char *text, size_t size, const char *to, const char *via, unsigned flags,
                      unsigned metric, const char *mask)
{
    size_t len = strlen(text);
    snprintf(text + len, size - len, "eth0\t%08X\t%08X\t%04X\t0\t0\t%u\t%08X\t0\t0\t0\n",
             (unsigned) inet_addr(to), (unsigned) inet_addr(via), flags, metric,
             (unsigned) inet_addr(mask));
}

static const char *gateway(const char *text, const char *peer)
{
    static char dst[ADDR_TEXT];
    struct addr to, via;
    assert_int_equal(addr_parse(peer, &to, NULL), 0);
    return network_gateway(text, &to, &via) ? addr_format(&via, dst, sizeof dst) : "";
}

static void ipv4(void **state)
{
    (void) state;
    char text[2048] = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n";
    assert_string_equal(gateway(text, "203.0.113.1"), "");
    add_route(text, sizeof text, "0.0.0.0", "192.0.2.9", 3, 200, "0.0.0.0");
    assert_string_equal(gateway(text, "203.0.113.1"), "192.0.2.9");
    add_route(text, sizeof text, "0.0.0.0", "192.0.2.1", 3, 100, "0.0.0.0");
    assert_string_equal(gateway(text, "203.0.113.1"), "192.0.2.1");
    add_route(text, sizeof text, "192.0.2.0", "0.0.0.0", 1, 100, "255.255.255.0");
    assert_string_equal(gateway(text, "192.0.2.77"), "");
    add_route(text, sizeof text, "203.0.113.0", "192.0.2.5", 3, 900, "255.255.255.0");
    assert_string_equal(gateway(text, "203.0.113.1"), "192.0.2.5");
    add_route(text, sizeof text, "0.0.0.0", "192.0.2.7", 2, 0, "0.0.0.0");
    assert_string_equal(gateway(text, "198.51.100.1"), "192.0.2.1");
    assert_string_equal(gateway(text, "2001:db8::1"), "");
}

/* A tunnel that takes all in two halves has no gateway: the default route's is not in use. */
static void halves(void **state)
{
    (void) state;
    char text[1024] = "";
    add_route(text, sizeof text, "0.0.0.0", "192.0.2.1", 3, 0, "0.0.0.0");
    add_route(text, sizeof text, "0.0.0.0", "0.0.0.0", 1, 0, "128.0.0.0");
    add_route(text, sizeof text, "128.0.0.0", "0.0.0.0", 1, 0, "128.0.0.0");
    assert_string_equal(gateway(text, "203.0.113.1"), "");
    assert_string_equal(gateway(text, "9.9.9.9"), "");
}

static void ipv6(void **state)
{
    (void) state;
    static const char text[] =
        "20010db8000100000000000000000000 40 00000000000000000000000000000000 00 "
        "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "20010db8000100000000000000000001 00000300 00000001 00000000 00000003     eth0\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";
    assert_string_equal(gateway(text, "2001:db8:2::1"), "2001:db8:1::1");
    assert_string_equal(gateway(text, "2001:db8:1::99"), "");
    assert_string_equal(gateway(text, "203.0.113.1"), "");
}

static void garbage(void **state)
{
    (void) state;
    char longest[1000];
    memset(longest, 'F', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_string_equal(gateway(longest, "203.0.113.1"), "");
    assert_string_equal(gateway(longest, "2001:db8::1"), "");
    assert_string_equal(gateway("\n\n\teth0\n0 0 0\n", "203.0.113.1"), "");
    assert_string_equal(gateway("eth0 0 0 zz 0 0 0 0", "203.0.113.1"), "");
    assert_string_equal(
        gateway("00 99 00 00 00 0 0 0 3 eth0\n"
                "00000000000000000000000000000000 ff 00000000000000000000000000000000 00 "
                "20010db8000100000000000000000001 00000300 00000001 00000000 00000003 eth0\n",
                "2001:db8::1"),
        "");
}

static void prefixes(void **state)
{
    (void) state;
    char dst[ADDR_TEXT];
    struct addr local, none = {.u.sa.sa_family = AF_UNSPEC};
    addr_parse("192.0.2.77", &local, NULL);
    assert_string_equal(network_name(&local, &none, dst, sizeof dst), "192.0.2.0/24");
    addr_parse("2001:db8:1:2:3:4:5:6", &local, NULL);
    assert_string_equal(network_name(&local, &none, dst, sizeof dst), "2001:db8:1:2::/64");
    addr_parse("127.0.0.1", &local, NULL);
    assert_string_equal(network_name(&local, &local, dst, sizeof dst), "127.0.0.0/24");
    assert_string_equal(network_name(&none, &local, dst, sizeof dst), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4),    cmocka_unit_test(halves),   cmocka_unit_test(ipv6),
        cmocka_unit_test(garbage), cmocka_unit_test(prefixes),
    };
    return run_unit(tests);
}
