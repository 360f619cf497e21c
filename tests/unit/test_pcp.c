#include "unit.h"

#include "net/pcp.h"

static struct addr with_port(const char *text, uint16_t port)
{
    struct addr a;
    assert_int_equal(addr_parse(text, &a, NULL), 0);
    addr_set_port(&a, port);
    return a;
}

static struct pcp_map some_map(void)
{
    struct pcp_map m = {.lifetime_s = 600};
    for (unsigned char i = 0; i < PCP_NONCE_BYTES; i++)
        m.nonce[i] = (unsigned char) (0xa0 + i);
    m.local = with_port("192.168.7.10", 50000);
    return m;
}

/* What a server that grants says to that request. */
static void grant(const struct pcp_map *m, const char *external, uint16_t port,
                  unsigned char answer[PCP_MAP_BYTES])
{
    struct pcp_map granted = *m;
    granted.external = with_port(external, port);
    pcp_map_request(&granted, answer);
    answer[1] = 0x81;
    memset(answer + 8, 0, 16);
    answer[11] = 77; /* the epoch takes the place of the client's address */
}

static void a_request_byte_by_byte(void **state)
{
    (void) state;
    static const unsigned char expected[PCP_MAP_BYTES] = {
        2,    1,    0,    0,    0,    0,    0x02, 0x58, /* version, opcode, lifetime */
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0xff, 0xff,
        192,  168,  7,    10,                                                   /* client */
        0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, /* nonce */
        6,    0,    0,    0,    0xc3, 0x50, 0xc3, 0x50, /* TCP, both ports */
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0xff, 0xff,
        0,    0,    0,    0,
    };
    unsigned char out[PCP_MAP_BYTES];
    struct pcp_map m = some_map();
    pcp_map_request(&m, out);
    assert_memory_equal(out, expected, sizeof out);
}

static void a_granted_address_is_asked_for_again(void **state)
{
    (void) state;
    unsigned char out[PCP_MAP_BYTES];
    struct pcp_map m = some_map();
    m.external = with_port("25.0.0.7", 4660);
    pcp_map_request(&m, out);
    assert_memory_equal(out + 42, ((unsigned char[]){0x12, 0x34}), 2);
    assert_memory_equal(out + 54, ((unsigned char[]){0xff, 0xff, 25, 0, 0, 7}), 6);
}

static void an_answer(void **state)
{
    (void) state;
    unsigned char data[PCP_MAP_BYTES + 8] = {0};
    struct pcp_map m = some_map();
    struct pcp_answer a;
    struct addr expected = with_port("25.0.0.7", 4660);
    grant(&m, "25.0.0.7", 4660, data);
    for (size_t len = PCP_MAP_BYTES; len <= sizeof data; len += 4) { /* options may follow */
        assert_true(pcp_map_answer(data, len, &m, &a));
        assert_int_equal(a.result, PCP_SUCCESS);
        assert_int_equal(a.lifetime_s, 600);
        assert_int_equal(a.epoch_s, 77);
        assert_true(addr_same_host(&a.external, &expected));
        assert_int_equal(addr_port(&a.external), 4660);
    }
}

static void what_answers_something_else(void **state)
{
    (void) state;
    static const struct {
        size_t at;
        unsigned char value;
    } changes[] = {{0, 1}, {0, 3}, {1, 1}, {1, 0x82}, {24, 0}, {35, 0}, {36, 17}, {40, 0}, {41, 0}};
    unsigned char data[PCP_MAX_BYTES + 4] = {0};
    struct pcp_map m = some_map();
    struct pcp_answer a;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        grant(&m, "25.0.0.7", 4660, data);
        data[changes[i].at] = changes[i].value;
        assert_false(pcp_map_answer(data, PCP_MAP_BYTES, &m, &a));
    }
    grant(&m, "25.0.0.7", 4660, data);
    for (size_t len = 0; len < PCP_MAP_BYTES; len++)
        assert_false(pcp_map_answer(data, len, &m, &a));
    assert_false(pcp_map_answer(data, PCP_MAP_BYTES + 1, &m, &a));
    assert_false(pcp_map_answer(data, sizeof data, &m, &a));
}

/* A grant that comes late is not the answer to the removal. */
static void removal_and_grant_are_told_apart(void **state)
{
    (void) state;
    unsigned char data[PCP_MAP_BYTES];
    struct pcp_map m = some_map(), gone = m;
    struct pcp_answer a;
    gone.lifetime_s = 0;
    grant(&m, "25.0.0.7", 4660, data);
    assert_false(pcp_map_answer(data, sizeof data, &gone, &a));
    grant(&gone, "25.0.0.7", 4660, data);
    assert_true(pcp_map_answer(data, sizeof data, &gone, &a));
    assert_false(pcp_map_answer(data, sizeof data, &m, &a));
}

static void refusals(void **state)
{
    (void) state;
    unsigned char data[PCP_MAP_BYTES];
    struct pcp_map m = some_map();
    struct pcp_answer a;
    grant(&m, "25.0.0.7", 4660, data);
    for (int result = 1; result < 256; result++) {
        data[3] = (unsigned char) result;
        assert_true(pcp_map_answer(data, sizeof data, &m, &a));
        assert_int_equal(a.result, result);
        assert_true(pcp_result_text(result)[0]);
    }
    assert_string_equal(pcp_result_text(2), "not authorized");
    assert_string_equal(pcp_result_text(-1), pcp_result_text(200));
}

static void an_address_that_is_no_ipv4(void **state)
{
    (void) state;
    unsigned char data[PCP_MAP_BYTES];
    struct pcp_map m = some_map();
    struct pcp_answer a;
    grant(&m, "25.0.0.7", 4660, data);
    data[44] = 0x20;
    assert_true(pcp_map_answer(data, sizeof data, &m, &a));
    assert_int_equal(addr_family(&a.external), AF_UNSPEC);
}

/* RFC 6887 appendix A: what NAT-PMP alone makes of version 2. */
static void a_gateway_that_knows_only_natpmp(void **state)
{
    (void) state;
    unsigned char data[] = {0, 0x80, 0, 1, 0, 0, 0, 77};
    struct pcp_map m = some_map();
    struct pcp_answer a;
    assert_true(pcp_map_answer(data, sizeof data, &m, &a));
    assert_int_equal(a.result, PCP_UNSUPPORTED_VERSION);
    assert_false(pcp_map_answer(data, sizeof data - 1, &m, &a));
    data[3] = 0; /* an external address that nobody asked for */
    assert_false(pcp_map_answer(data, sizeof data, &m, &a));
}

static void lost_state(void **state)
{
    (void) state;
    assert_false(pcp_state_lost(100, 0, 100, 0));
    assert_false(pcp_state_lost(100, 0, 400, 300000));
    assert_false(pcp_state_lost(100, 0, 399, 301900));
    assert_false(pcp_state_lost(100, 0, 99, 0)); /* rounding */
    assert_true(pcp_state_lost(100, 0, 1, 300000));
    assert_true(pcp_state_lost(100, 0, 98, 1000));
    assert_true(pcp_state_lost(100, 0, 1100, 300000));
    assert_true(pcp_state_lost(100, 0, 200, 300000));
    assert_false(pcp_state_lost(UINT32_MAX - 1, 0, UINT32_MAX, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_byte_by_byte),
        cmocka_unit_test(a_granted_address_is_asked_for_again),
        cmocka_unit_test(an_answer),
        cmocka_unit_test(what_answers_something_else),
        cmocka_unit_test(removal_and_grant_are_told_apart),
        cmocka_unit_test(refusals),
        cmocka_unit_test(an_address_that_is_no_ipv4),
        cmocka_unit_test(a_gateway_that_knows_only_natpmp),
        cmocka_unit_test(lost_state),
    };
    return run_unit(tests);
}
