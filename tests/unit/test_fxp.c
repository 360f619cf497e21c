/* Which address a server is told to dial. */
#include "unit.h"

#include "xfer/fxp.h"

static struct addr parsed(const char *text)
{
    struct addr a = {0};
    if (text)
        assert_int_equal(addr_parse(text, &a, NULL), 0);
    return a;
}

static void test_address(void **state)
{
    (void) state;
    static const struct {
        const char *peer, *advertised, *dialler, *out; /* out NULL: refused */
    } rows[] = {
        {"192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1"},
        {"192.0.2.1", NULL, "192.0.2.2", "192.0.2.1"},
        {"192.0.2.1", "10.0.0.1", "192.0.2.2", "192.0.2.1"},
        {"192.0.2.1", "0.0.0.0", "192.0.2.2", "192.0.2.1"},
        {"192.0.2.1", "198.51.100.7", "192.0.2.2", NULL}, /* a third host */
        {"192.0.2.1", "192.0.2.2", "192.0.2.2", NULL},    /* the dialler itself */
        {"10.0.0.1", "10.0.0.1", "192.0.2.2", NULL},      /* cannot be reached from there */
        {"10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", NULL, "10.0.0.1"}, /* behind a proxy: not known */
        {"127.0.0.1", "127.0.0.1", "10.0.0.2", NULL},
        {"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"},
        {"2001:db8::1", NULL, "2001:db8::2", "2001:db8::1"},
        {"2001:db8::1", "192.0.2.9", "2001:db8::2", NULL},
        {NULL, "192.0.2.1", "192.0.2.2", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct addr peer = parsed(rows[i].peer), advertised = parsed(rows[i].advertised);
        struct addr dialler = parsed(rows[i].dialler), out, want = parsed(rows[i].out);
        struct err err = ERR_INIT;
        int rc = fxp_address(&peer, &advertised, &dialler, &out, &err);
        assert_int_equal(rc, rows[i].out ? 0 : -1);
        if (rc == 0)
            assert_true(addr_same_host(&out, &want));
        else
            assert_int_equal(err.code, ERR_CONNECT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_address)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
