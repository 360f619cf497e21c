#include "unit.h"

#include "data/cause.h"

#include <errno.h>
#include <stdio.h>

#define PUBLIC "203.0.113.121"
#define INSIDE "10.0.1.121"

static struct addr address(const char *text, uint16_t port)
{
    struct addr a;
    struct err err = ERR_INIT;
    assert_int_equal(addr_parse(text, &a, &err), 0);
    addr_set_port(&a, port);
    return a;
}

static struct attempt *set(struct evidence *e, enum strategy_id id, enum attempt_stage stage,
                           enum attempt_result result)
{
    struct trial *t = &e->trials[id];
    t->tried = true;
    t->row.strategy = id;
    t->row.stage = stage;
    t->row.result = result;
    t->row.private_data = true;
    t->row.tls = t->row.resumed = result == RESULT_OK;
    return &t->row;
}

static void reject(struct evidence *e, enum strategy_id id, enum attempt_stage stage, int reply,
                   const char *text)
{
    struct attempt *row = set(e, id, stage, RESULT_REJECTED);
    row->err = (struct err){.code = reply >= 500 ? ERR_REPLY_PERMANENT : ERR_REPLY_TRANSIENT,
                            .reply = reply};
    snprintf(row->err.msg, sizeof row->err.msg, "LIST: %d %s", reply, text);
}

/* A public client and a public server, and every strategy works. */
static struct evidence sound(void)
{
    struct evidence e = {0};
    e.local = address("192.0.2.10", 40000);
    e.peer = address(PUBLIC, 21);
    for (int id = STRATEGY_EPSV; id <= STRATEGY_ACTIVE; id++)
        set(&e, (enum strategy_id) id, STAGE_OPEN, RESULT_OK);
    e.trials[STRATEGY_EPSV].row.endpoint = address(PUBLIC, 50001);
    e.trials[STRATEGY_PASV_CONTROL_IP].row.endpoint = address(PUBLIC, 50002);
    e.trials[STRATEGY_PASV_CONTROL_IP].row.advertised = address(PUBLIC, 50002);
    e.trials[STRATEGY_PASV].row.endpoint = address(PUBLIC, 50003);
    e.trials[STRATEGY_PASV].row.advertised = address(PUBLIC, 50003);
    return e;
}

static void advertise(struct evidence *e, const char *where, enum attempt_result result)
{
    e->trials[STRATEGY_PASV_CONTROL_IP].row.advertised = address(where, 50002);
    e->trials[STRATEGY_PASV].row.advertised = address(where, 50003);
    e->trials[STRATEGY_PASV].row.endpoint = address(where, 50003);
    set(e, STRATEGY_PASV, result == RESULT_OK ? STAGE_OPEN : STAGE_CONNECT, result);
}

/* Nothing passive connects, with this result. */
static struct evidence closed(enum attempt_result result)
{
    struct evidence e = sound();
    for (int id = STRATEGY_EPSV; id <= STRATEGY_PASV; id++)
        set(&e, (enum strategy_id) id, STAGE_CONNECT, result);
    return e;
}

static void probe(struct evidence *e, bool epsv, uint16_t port, enum attempt_result result)
{
    assert_true(e->nprobes < PROBES_MAX);
    e->probes[e->nprobes++] = (struct probe){epsv, port, result, false};
}

static void check(const struct evidence *e, const enum cause *expected, size_t n)
{
    struct causes found = causes_find(e);
    for (size_t i = 0; i < found.n; i++)
        print_message("  %s\n", cause_name(found.list[i]));
    assert_int_equal(found.n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(found.list[i], expected[i]);
}

static void only(const struct evidence *e, enum cause expected)
{
    check(e, &expected, 1);
}

static void nothing_wrong(void **state)
{
    (void) state;
    struct evidence e = sound();
    only(&e, CAUSE_HEALTHY);
    /* an ordinary client behind a NAT: active mode is not missed */
    e.local = address("192.168.7.10", 40000);
    set(&e, STRATEGY_ACTIVE, STAGE_COMMAND, RESULT_SKIPPED);
    only(&e, CAUSE_HEALTHY);
    set(&e, STRATEGY_ACTIVE, STAGE_MAP, RESULT_TIMEOUT);
    only(&e, CAUSE_HEALTHY);
    /* all private: a network of one's own */
    e.peer = address(INSIDE, 21);
    advertise(&e, INSIDE, RESULT_OK);
    only(&e, CAUSE_HEALTHY);
    /* the listing was refused: a bare connection is as much as can be told */
    e = sound();
    set(&e, STRATEGY_EPSV, STAGE_CONNECT, RESULT_OK)->tls = false;
    set(&e, STRATEGY_ACTIVE, STAGE_COMMAND, RESULT_SKIPPED);
    only(&e, CAUSE_HEALTHY);
    /* a private address that can be dialled all the same, as through a tunnel */
    e = sound();
    advertise(&e, INSIDE, RESULT_OK);
    only(&e, CAUSE_HEALTHY);
}

static void nothing_known(void **state)
{
    (void) state;
    struct evidence e = {0};
    only(&e, CAUSE_UNKNOWN);
    e.local = address("192.0.2.10", 40000);
    e.peer = address(PUBLIC, 21);
    only(&e, CAUSE_UNKNOWN);
}

/* Whatever was tried and failed is not passed over. */
static void something_fails(void **state)
{
    (void) state;
    struct evidence e = sound();
    set(&e, STRATEGY_ACTIVE, STAGE_TLS, RESULT_RESET);
    only(&e, CAUSE_UNKNOWN);
    e = sound();
    reject(&e, STRATEGY_CCC, STAGE_COMMAND, 534, "not allowed"); /* PASV, behind CCC */
    only(&e, CAUSE_UNKNOWN);
    snprintf(e.trials[STRATEGY_CCC].row.command, sizeof e.trials[0].row.command, "CCC");
    only(&e, CAUSE_HEALTHY);
    assert_true(evidence_refuses_ccc(&e));
}

/* Few clients need active mode. */
static void notes(void **state)
{
    (void) state;
    const enum cause blocked[] = {CAUSE_HEALTHY, CAUSE_ACTIVE_BLOCKED};
    const enum cause refused[] = {CAUSE_HEALTHY, CAUSE_ACTIVE_REFUSED};
    struct evidence e = sound();
    set(&e, STRATEGY_ACTIVE, STAGE_ACCEPT, RESULT_TIMEOUT); /* a firewall of the client's own */
    check(&e, blocked, 2);
    assert_int_equal(causes_find(&e).notes, 1u << CAUSE_ACTIVE_BLOCKED);
    reject(&e, STRATEGY_ACTIVE, STAGE_ACCEPT, 425, "Operation not permitted"); /* one of its own */
    check(&e, blocked, 2);
    reject(&e, STRATEGY_ACTIVE, STAGE_COMMAND, 500, "Illegal PORT command.");
    check(&e, refused, 2);
    /* alone they are trouble */
    e = (struct evidence){0};
    set(&e, STRATEGY_ACTIVE, STAGE_ACCEPT, RESULT_TIMEOUT);
    only(&e, CAUSE_ACTIVE_BLOCKED);
    assert_int_equal(causes_find(&e).notes, 0);
}

/* A cause that is known accounts for its own failures, and for no other. */
static void something_else_fails(void **state)
{
    (void) state;
    const enum cause both[] = {CAUSE_PRIVATE_ADDRESS, CAUSE_UNKNOWN};
    const enum cause noted[] = {CAUSE_PRIVATE_ADDRESS, CAUSE_ACTIVE_BLOCKED};
    struct evidence e = sound();
    advertise(&e, INSIDE, RESULT_TIMEOUT);
    only(&e, CAUSE_PRIVATE_ADDRESS);
    assert_int_equal(causes_find(&e).unexplained, 0);
    set(&e, STRATEGY_ACTIVE, STAGE_ACCEPT, RESULT_TIMEOUT);
    check(&e, noted, 2);
    set(&e, STRATEGY_ACTIVE, STAGE_TLS, RESULT_RESET);
    check(&e, both, 2);
    assert_int_equal(causes_find(&e).unexplained, 1u << STRATEGY_ACTIVE);
    /* what is hidden by another cause is explained all the same */
    e = sound();
    advertise(&e, INSIDE, RESULT_TIMEOUT);
    reject(&e, STRATEGY_EPSV, STAGE_COMMAND, 502, "unknown command");
    only(&e, CAUSE_PRIVATE_ADDRESS);
    /* silence has one reason, whoever dials; resets are no reason for silence */
    e = closed(RESULT_TIMEOUT);
    set(&e, STRATEGY_ACTIVE, STAGE_ACCEPT, RESULT_TIMEOUT);
    only(&e, CAUSE_RANGE_SILENT);
    e = closed(RESULT_REFUSED);
    set(&e, STRATEGY_ACTIVE, STAGE_ACCEPT, RESULT_TIMEOUT);
    const enum cause reset[] = {CAUSE_RANGE_RESET, CAUSE_ACTIVE_BLOCKED};
    check(&e, reset, 2);
    /* where a port answers and the transfer breaks off, the range is not why */
    e = closed(RESULT_TIMEOUT);
    set(&e, STRATEGY_CCC, STAGE_OPEN, RESULT_RESET);
    const enum cause broken[] = {CAUSE_RANGE_SILENT, CAUSE_UNKNOWN};
    check(&e, broken, 2);
    assert_int_equal(causes_find(&e).unexplained, 1u << STRATEGY_CCC);
}

static struct attempt *set_upload(struct evidence *e, enum attempt_stage stage,
                                  enum attempt_result result)
{
    struct trial *t = &e->upload.trial;
    *t = (struct trial){.tried = true};
    t->row.stage = stage;
    t->row.result = result;
    t->row.private_data = true;
    t->row.tls = t->row.resumed = result == RESULT_OK;
    return &t->row;
}

/* field 1, 7, 38 */
static void uploads(void **state)
{
    (void) state;
    struct evidence e = sound();
    struct attempt *row = set_upload(&e, STAGE_OPEN, RESULT_OK);
    only(&e, CAUSE_HEALTHY);
    e.upload.trial.unconfirmed = true;
    only(&e, CAUSE_NO_FINAL_REPLY);
    row = set_upload(&e, STAGE_TLS, RESULT_REJECTED);
    row->err.reply = 522;
    only(&e, CAUSE_REUSE_REQUIRED);
    set_upload(&e, STAGE_TLS, RESULT_TLS);
    only(&e, CAUSE_DATA_TLS);
    row = set_upload(&e, STAGE_TLS, RESULT_REJECTED);
    row->err.reply = 425;
    only(&e, CAUSE_UNKNOWN);
    assert_int_equal(causes_find(&e).unexplained, UNEXPLAINED_UPLOAD);
    /* a folder that cannot be written to is no trouble of the way */
    row = set_upload(&e, STAGE_COMMAND, RESULT_REJECTED);
    e.upload.trial.refusal = (struct err){.code = ERR_REPLY_PERMANENT, .reply = 550};
    only(&e, CAUSE_HEALTHY);
}

/* field 23, 26, 27 */
static void addresses(void **state)
{
    (void) state;
    struct evidence e = sound();
    advertise(&e, INSIDE, RESULT_TIMEOUT);
    only(&e, CAUSE_PRIVATE_ADDRESS);
    advertise(&e, "127.0.0.1", RESULT_REFUSED);
    only(&e, CAUSE_PRIVATE_ADDRESS);
    advertise(&e, "0.0.0.0", RESULT_UNREACHABLE);
    only(&e, CAUSE_PRIVATE_ADDRESS);
    advertise(&e, "198.51.100.7", RESULT_TIMEOUT);
    only(&e, CAUSE_WRONG_ADDRESS);
    /* two private networks */
    e.peer = address("192.168.1.5", 21);
    advertise(&e, INSIDE, RESULT_UNREACHABLE);
    only(&e, CAUSE_WRONG_ADDRESS);
    /* EPSV's refusal is what makes it hurt, and not what is wrong */
    e = sound();
    advertise(&e, INSIDE, RESULT_TIMEOUT);
    reject(&e, STRATEGY_EPSV, STAGE_COMMAND, 502, "no");
    only(&e, CAUSE_PRIVATE_ADDRESS);
}

/* field 24 */
static void elsewhere(void **state)
{
    (void) state;
    struct evidence e = closed(RESULT_REFUSED);
    advertise(&e, "198.51.100.7", RESULT_OK);
    only(&e, CAUSE_DATA_ELSEWHERE);
}

static void ranges(void **state)
{
    (void) state;
    struct evidence e = closed(RESULT_TIMEOUT);
    only(&e, CAUSE_RANGE_SILENT);
    advertise(&e, INSIDE, RESULT_TIMEOUT);
    only(&e, CAUSE_RANGE_SILENT);
    assert_true(evidence_misleads(&e));
    set(&e, STRATEGY_ACTIVE, STAGE_ACCEPT, RESULT_TIMEOUT);
    only(&e, CAUSE_RANGE_SILENT);
    e = closed(RESULT_REFUSED);
    only(&e, CAUSE_RANGE_RESET);
    e = closed(RESULT_RESET);
    only(&e, CAUSE_RANGE_RESET);
    /* without EPSV */
    e = closed(RESULT_TIMEOUT);
    reject(&e, STRATEGY_EPSV, STAGE_COMMAND, 502, "no");
    only(&e, CAUSE_RANGE_SILENT);
    /* IPv6: there is nothing but EPSV */
    e = (struct evidence){0};
    e.local = address("2001:db8::1", 1);
    e.peer = address("2001:db8::2", 21);
    set(&e, STRATEGY_EPSV, STAGE_CONNECT, RESULT_TIMEOUT);
    set(&e, STRATEGY_PASV_CONTROL_IP, STAGE_COMMAND, RESULT_SKIPPED);
    set(&e, STRATEGY_PASV, STAGE_COMMAND, RESULT_SKIPPED);
    only(&e, CAUSE_RANGE_SILENT);
}

/* The port decides here, and the command there (field 29, 43). */
static void parts_of_the_range(void **state)
{
    (void) state;
    struct evidence e = sound();
    set(&e, STRATEGY_EPSV, STAGE_CONNECT, RESULT_TIMEOUT);
    only(&e, CAUSE_EPSV_BLOCKED);
    probe(&e, true, 50011, RESULT_TIMEOUT);
    probe(&e, false, 50012, RESULT_OK);
    only(&e, CAUSE_EPSV_BLOCKED);
    probe(&e, true, 50013, RESULT_OK);
    only(&e, CAUSE_RANGE_SILENT);
    e = sound();
    probe(&e, false, 50014, RESULT_REFUSED);
    only(&e, CAUSE_RANGE_RESET);
    e = sound();
    set(&e, STRATEGY_PASV_CONTROL_IP, STAGE_CONNECT, RESULT_REFUSED);
    only(&e, CAUSE_RANGE_RESET); /* PASV as advertised did reach the same host */
    set(&e, STRATEGY_PASV, STAGE_CONNECT, RESULT_REFUSED);
    only(&e, CAUSE_GATEWAY_DISTURBS);
    probe(&e, false, 50015, RESULT_REFUSED);
    probe(&e, true, 50016, RESULT_OK);
    only(&e, CAUSE_GATEWAY_DISTURBS);
}

static void commands(void **state)
{
    (void) state;
    struct evidence e = sound();
    reject(&e, STRATEGY_EPSV, STAGE_COMMAND, 502, "no");
    only(&e, CAUSE_EPSV_REFUSED);
    set(&e, STRATEGY_EPSV, STAGE_COMMAND, RESULT_TIMEOUT);
    only(&e, CAUSE_EPSV_BLOCKED);
    e = sound();
    set(&e, STRATEGY_PASV_CONTROL_IP, STAGE_COMMAND, RESULT_RESET);
    set(&e, STRATEGY_PASV, STAGE_COMMAND, RESULT_RESET);
    only(&e, CAUSE_GATEWAY_DISTURBS);
    e = sound();
    for (int id = STRATEGY_EPSV; id <= STRATEGY_PASV; id++)
        reject(&e, (enum strategy_id) id, STAGE_COMMAND, 502, "active only");
    only(&e, CAUSE_PASSIVE_REFUSED);
    e.local = address("192.168.7.10", 1);
    set(&e, STRATEGY_ACTIVE, STAGE_MAP, RESULT_TIMEOUT);
    only(&e, CAUSE_CLIENT_NAT);
    for (int id = STRATEGY_EPSV; id <= STRATEGY_PASV; id++)
        reject(&e, (enum strategy_id) id, STAGE_COMMAND, 425, "no port");
    set(&e, STRATEGY_ACTIVE, STAGE_OPEN, RESULT_OK);
    only(&e, CAUSE_POOL_EXHAUSTED);
}

static void gateways(void **state)
{
    (void) state;
    struct evidence e = closed(RESULT_TIMEOUT);
    advertise(&e, INSIDE, RESULT_TIMEOUT);
    e.plain = address(PUBLIC, 50010);
    only(&e, CAUSE_GATEWAY_REWRITES);
    /* the same reply in clear: there is no gateway */
    e.plain = address(INSIDE, 50010);
    only(&e, CAUSE_RANGE_SILENT);
    /* it is only the clear reply that leads nowhere */
    e = sound();
    set(&e, STRATEGY_CCC, STAGE_CONNECT, RESULT_REFUSED)->advertised = address(PUBLIC, 50011);
    only(&e, CAUSE_GATEWAY_DISTURBS);
}

/* field 35 */
static void pools(void **state)
{
    (void) state;
    struct evidence e = sound();
    e.trials[STRATEGY_PASV].row.endpoint = address(PUBLIC, 50002);
    for (uint16_t i = 0; i < 4; i++)
        probe(&e, i % 2, (uint16_t) (50001 + i % 2), RESULT_OK);
    only(&e, CAUSE_POOL_EXHAUSTED);
    e.probes[3].port = 50077;
    only(&e, CAUSE_HEALTHY);
    /* the first free one of many is one and the same, as long as it is given back */
    for (size_t i = 0; i < e.nprobes; i++)
        e.probes[i].port = 50001;
    for (int id = STRATEGY_EPSV; id <= STRATEGY_PASV; id++)
        addr_set_port(&e.trials[id].row.endpoint, 50001);
    only(&e, CAUSE_HEALTHY);
    assert_true(evidence_one_port(&e));
    e.held_out = true;
    only(&e, CAUSE_POOL_EXHAUSTED);
    e.held_out = false;
    e.probes[3].result = RESULT_REFUSED;
    const enum cause fails[] = {CAUSE_RANGE_RESET, CAUSE_POOL_EXHAUSTED};
    check(&e, fails, 2);
    /* a few samples prove nothing */
    e = sound();
    e.trials[STRATEGY_PASV].row.endpoint = address(PUBLIC, 50002);
    only(&e, CAUSE_HEALTHY);
    /* through a proxy no port is known */
    e = sound();
    for (int id = STRATEGY_EPSV; id <= STRATEGY_PASV; id++)
        e.trials[id].row.endpoint = e.peer = (struct addr){0};
    for (int i = 0; i < PROBES_MAX; i++)
        probe(&e, i % 2, 0, RESULT_OK);
    only(&e, CAUSE_HEALTHY);
}

/* field 1, 5, 6, 73 */
static void resumption(void **state)
{
    (void) state;
    struct evidence e = sound();
    for (int id = STRATEGY_EPSV; id <= STRATEGY_ACTIVE; id++)
        reject(&e, (enum strategy_id) id, STAGE_OPEN, 522, "SSL connection failed; session reuse");
    only(&e, CAUSE_REUSE_REQUIRED); /* before any handshake */
    e.trials[STRATEGY_EPSV].row.tls = true;
    only(&e, CAUSE_REUSE_IMPOSSIBLE);
    e.trials[STRATEGY_EPSV].row.resumed = true;
    only(&e, CAUSE_REUSE_REQUIRED);
    e = sound();
    e.trials[STRATEGY_EPSV].full_only = true;
    only(&e, CAUSE_REUSE_IMPOSSIBLE);
    e = sound();
    for (int id = STRATEGY_EPSV; id <= STRATEGY_ACTIVE; id++)
        reject(&e, (enum strategy_id) id, STAGE_TLS, 425,
               "Unable to build data connection: Operation not permitted");
    e.trials[STRATEGY_EPSV].row.tls = true;
    only(&e, CAUSE_REUSE_IMPOSSIBLE);
    /* not resumed, and nobody minds */
    e = sound();
    e.trials[STRATEGY_EPSV].row.resumed = false;
    only(&e, CAUSE_HEALTHY);
}

static void tls(void **state)
{
    (void) state;
    struct evidence e = sound();
    for (int id = STRATEGY_EPSV; id <= STRATEGY_ACTIVE; id++)
        set(&e, (enum strategy_id) id, STAGE_TLS, RESULT_TLS);
    only(&e, CAUSE_DATA_TLS);
    e = sound();
    e.trials[STRATEGY_PASV].unclean = true;
    only(&e, CAUSE_NO_CLOSE_NOTIFY);
}

/* A refusal of data in clear is no demand to resume anything. */
static void encryption(void **state)
{
    (void) state;
    static const char *const said[] = {"Data connections must be encrypted.",
                                       "SSL/TLS required on the data channel", "no"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct evidence e = sound();
        for (int id = STRATEGY_EPSV; id <= STRATEGY_ACTIVE; id++) {
            reject(&e, (enum strategy_id) id, STAGE_OPEN, 522, said[i]);
            e.trials[id].row.private_data = false;
        }
        only(&e, CAUSE_MUST_ENCRYPT);
    }
    /* pyftpdlib refuses the command for a port already */
    struct evidence e = sound();
    for (int id = STRATEGY_EPSV; id <= STRATEGY_ACTIVE; id++) {
        reject(&e, (enum strategy_id) id, STAGE_COMMAND, 522, said[1]);
        e.trials[id].row.private_data = false;
    }
    only(&e, CAUSE_MUST_ENCRYPT);
    /* what cannot be resumed in clear */
    for (int id = STRATEGY_EPSV; id <= STRATEGY_ACTIVE; id++) {
        reject(&e, (enum strategy_id) id, STAGE_OPEN, 425, "Operation not permitted");
        e.trials[id].row.private_data = false;
    }
    only(&e, CAUSE_UNKNOWN);
}

static void proxies(void **state)
{
    (void) state;
    struct evidence e = closed(RESULT_UNREACHABLE);
    set(&e, STRATEGY_ACTIVE, STAGE_COMMAND, RESULT_SKIPPED);
    for (int id = STRATEGY_EPSV; id <= STRATEGY_PASV; id++)
        e.trials[id].row.by_proxy = true;
    only(&e, CAUSE_PROXY_REFUSES);
    /* it tried, and in vain */
    e = closed(RESULT_UNREACHABLE);
    only(&e, CAUSE_RANGE_RESET);
    /* some ports and not others, as its list of them has it */
    e = sound();
    probe(&e, true, 50011, RESULT_UNREACHABLE);
    e.probes[0].by_proxy = true;
    only(&e, CAUSE_PROXY_REFUSES);
}

/* field 37, 32 */
static void peers(void **state)
{
    (void) state;
    static const char *const said[] = {"Security: Bad IP connecting.",
                                       "Rejected data connection from foreign address 192.0.2.1.",
                                       "Unable to build data connection: Permission denied"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct evidence e = sound();
        for (int id = STRATEGY_EPSV; id <= STRATEGY_PASV; id++)
            reject(&e, (enum strategy_id) id, STAGE_TLS, 425, said[i]);
        only(&e, CAUSE_PEER_REJECTED);
    }
    /* Pure-FTPd only hangs up */
    struct evidence e = sound();
    for (int id = STRATEGY_EPSV; id <= STRATEGY_PASV; id++)
        set(&e, (enum strategy_id) id, STAGE_TLS, RESULT_RESET);
    only(&e, CAUSE_PEER_REJECTED);
    set(&e, STRATEGY_ACTIVE, STAGE_TLS, RESULT_RESET);
    only(&e, CAUSE_DATA_TLS);
    /* A second address of the server's, at which it is reached by another way */
    e = sound();
    advertise(&e, "203.0.113.122", RESULT_OK);
    reject(&e, STRATEGY_PASV, STAGE_TLS, 425, said[0]);
    only(&e, CAUSE_PEER_REJECTED);
    /* PORT is refused where it is all that is left */
    e = closed(RESULT_TIMEOUT);
    reject(&e, STRATEGY_ACTIVE, STAGE_COMMAND, 500, "Illegal PORT command.");
    const enum cause both[] = {CAUSE_RANGE_SILENT, CAUSE_PEER_REJECTED};
    check(&e, both, 2);
}

static void both_ends(void **state)
{
    (void) state;
    struct evidence e = closed(RESULT_TIMEOUT);
    e.local = address("100.64.3.4", 1);
    set(&e, STRATEGY_ACTIVE, STAGE_COMMAND, RESULT_SKIPPED);
    /* either of the two would do */
    const enum cause both[] = {CAUSE_RANGE_SILENT, CAUSE_CLIENT_NAT};
    check(&e, both, 2);
    assert_true(evidence_client_nat(&e));
}

/* field 38 */
static void forgotten(void **state)
{
    (void) state;
    struct evidence e = sound();
    e.idle_end = (struct err){.code = ERR_TIMEOUT};
    only(&e, CAUSE_CONTROL_FORGOTTEN);
    e.idle_end = (struct err){.code = ERR_CLOSED, .sys = ECONNRESET};
    only(&e, CAUSE_CONTROL_FORGOTTEN);
    e.idle_end = (struct err){.code = ERR_CLOSED};
    only(&e, CAUSE_IDLE_TIMEOUT);
    e.idle_end = (struct err){.code = ERR_REPLY_TRANSIENT, .reply = 421};
    only(&e, CAUSE_IDLE_TIMEOUT);
    e.idle_end = (struct err){.code = ERR_TLS}; /* an alert: no NAT can send one */
    only(&e, CAUSE_IDLE_TIMEOUT);
    e.idle_end = (struct err){.code = ERR_PROTOCOL};
    only(&e, CAUSE_UNKNOWN);
    e = sound();
    e.trials[STRATEGY_EPSV].unconfirmed = true;
    only(&e, CAUSE_NO_FINAL_REPLY);
}

static void names(void **state)
{
    (void) state;
    for (int c = 0; c < CAUSE_COUNT; c++) {
        assert_true(*cause_name((enum cause) c));
        assert_true(*cause_meaning((enum cause) c));
        for (int d = 0; d < c; d++)
            assert_string_not_equal(cause_name((enum cause) c), cause_name((enum cause) d));
    }
    assert_string_equal(cause_name(CAUSE_RANGE_SILENT), "passive-range-silent");
    assert_string_equal(cause_name(CAUSE_HEALTHY), "healthy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_wrong),
        cmocka_unit_test(nothing_known),
        cmocka_unit_test(something_fails),
        cmocka_unit_test(notes),
        cmocka_unit_test(something_else_fails),
        cmocka_unit_test(uploads),
        cmocka_unit_test(addresses),
        cmocka_unit_test(elsewhere),
        cmocka_unit_test(ranges),
        cmocka_unit_test(parts_of_the_range),
        cmocka_unit_test(commands),
        cmocka_unit_test(gateways),
        cmocka_unit_test(pools),
        cmocka_unit_test(resumption),
        cmocka_unit_test(tls),
        cmocka_unit_test(encryption),
        cmocka_unit_test(proxies),
        cmocka_unit_test(peers),
        cmocka_unit_test(both_ends),
        cmocka_unit_test(forgotten),
        cmocka_unit_test(names),
    };
    return run_unit(tests);
}
