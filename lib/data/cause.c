#include "data/cause.h"

#include <string.h>
#include <strings.h>

enum { POOL_SAMPLES = 6, POOL_SMALL = 2 };

/* ---- reading the evidence ---- */

static const struct trial *trial_of(const struct evidence *e, enum strategy_id id)
{
    return &e->trials[id];
}

bool evidence_works(const struct evidence *e, enum strategy_id id)
{
    return e->trials[id].tried && e->trials[id].row.result == RESULT_OK;
}

static bool anything_works(const struct evidence *e)
{
    for (int id = 0; id < STRATEGY_COUNT; id++) {
        if (evidence_works(e, (enum strategy_id) id))
            return true;
    }
    return false;
}

/* The strategies' trials, and the upload's behind them. */
enum { TRIALS = STRATEGY_COUNT + 1 };

static const struct trial *trial_at(const struct evidence *e, int i)
{
    return i < STRATEGY_COUNT ? &e->trials[i] : &e->upload.trial;
}

bool evidence_refuses_ccc(const struct evidence *e)
{
    const struct attempt *row = &e->trials[STRATEGY_CCC].row;
    return e->trials[STRATEGY_CCC].tried && row->stage == STAGE_COMMAND &&
           row->result == RESULT_REJECTED && strcmp(row->command, "CCC") == 0;
}

/* Where the client's NAT lends no port, active mode does not apply: as good as not tried. A file
 * that the server does not take says nothing of the way. */
static bool has_failed(const struct evidence *e, int i)
{
    const struct trial *t = trial_at(e, i);
    bool refused = i >= STRATEGY_COUNT ? err_is_set(&t->refusal)
                                       : i == STRATEGY_CCC && evidence_refuses_ccc(e);
    return t->tried && !refused && t->row.result != RESULT_OK && t->row.result != RESULT_SKIPPED &&
           t->row.stage != STAGE_MAP;
}

static bool dials_control_host(const struct evidence *e)
{
    return evidence_works(e, STRATEGY_EPSV) || evidence_works(e, STRATEGY_PASV_CONTROL_IP);
}

static bool passive_works(const struct evidence *e)
{
    return dials_control_host(e) || evidence_works(e, STRATEGY_PASV);
}

static bool failed_at(const struct trial *t, enum attempt_stage stage)
{
    return t->tried && t->row.result != RESULT_OK && t->row.result != RESULT_SKIPPED &&
           t->row.result != RESULT_CANCELLED && t->row.stage == stage;
}

/* What the proxy did not even try says nothing of the server's ports. */
static bool refused_by_proxy(const struct trial *t)
{
    return t->tried && t->row.by_proxy && t->row.result != RESULT_OK;
}

/* TCP at least was there. */
static bool connected(const struct trial *t)
{
    return t->tried &&
           (t->row.result == RESULT_OK || t->row.stage == STAGE_TLS || t->row.stage == STAGE_OPEN);
}

/* PASV as advertised leads to another host than the control connection's. */
static bool dials_elsewhere(const struct evidence *e)
{
    return !addr_same_host(&trial_of(e, STRATEGY_PASV)->row.endpoint, &e->peer);
}

/* How often the control connection's address answered on a port that EPSV, or PASV, named. */
struct tally {
    int good, bad;
    enum attempt_result first_bad;
};

static void tally_add(struct tally *t, bool good, enum attempt_result result)
{
    if (!good && t->bad == 0)
        t->first_bad = result;
    t->good += good;
    t->bad += !good;
}

static void tally_trial(struct tally *all, const struct trial *t)
{
    if (refused_by_proxy(t))
        return;
    if (connected(t) || (failed_at(t, STAGE_CONNECT) && t->row.result != RESULT_REJECTED))
        tally_add(all, connected(t), t->row.result);
}

static struct tally tally_of(const struct evidence *e, bool epsv)
{
    struct tally all = {0};
    tally_trial(&all, trial_of(e, epsv ? STRATEGY_EPSV : STRATEGY_PASV_CONTROL_IP));
    if (!epsv && !dials_elsewhere(e))
        tally_trial(&all, trial_of(e, STRATEGY_PASV));
    for (size_t i = 0; i < e->nprobes; i++) {
        if (e->probes[i].epsv == epsv && !e->probes[i].by_proxy)
            tally_add(&all, e->probes[i].result == RESULT_OK, e->probes[i].result);
    }
    return all;
}

struct addr evidence_advertised(const struct evidence *e)
{
    const struct addr *said = &trial_of(e, STRATEGY_PASV)->row.advertised;
    if (addr_family(said) == AF_UNSPEC)
        said = &trial_of(e, STRATEGY_PASV_CONTROL_IP)->row.advertised;
    return *said;
}

bool evidence_disagrees(const struct evidence *e)
{
    struct addr said = evidence_advertised(e);
    return addr_family(&said) != AF_UNSPEC && addr_family(&e->peer) != AF_UNSPEC &&
           !addr_same_host(&said, &e->peer);
}

bool evidence_misleads(const struct evidence *e)
{
    return evidence_disagrees(e) && !evidence_works(e, STRATEGY_PASV);
}

bool evidence_client_nat(const struct evidence *e)
{
    return addr_family(&e->local) != AF_UNSPEC && addr_family(&e->peer) != AF_UNSPEC &&
           addr_is_private(&e->local) && !addr_is_private(&e->peer);
}

static uint16_t trial_port(const struct evidence *e, enum strategy_id id)
{
    const struct trial *t = trial_of(e, id);
    return t->tried && id != STRATEGY_ACTIVE ? addr_port(&t->row.endpoint) : 0;
}

/* Every passive port seen. `ports` has room for PROBES_MAX + STRATEGY_COUNT. */
static size_t ports_seen(const struct evidence *e, uint16_t *ports)
{
    size_t n = 0;
    for (int id = 0; id < STRATEGY_COUNT; id++) {
        uint16_t port = trial_port(e, (enum strategy_id) id);
        if (port)
            ports[n++] = port;
    }
    for (size_t i = 0; i < e->nprobes; i++) {
        if (e->probes[i].port)
            ports[n++] = e->probes[i].port;
    }
    return n;
}

bool evidence_ports(const struct evidence *e, uint16_t *lo, uint16_t *hi)
{
    uint16_t ports[PROBES_MAX + STRATEGY_COUNT];
    size_t n = ports_seen(e, ports);
    for (size_t i = 0; i < n; i++) {
        *lo = i == 0 || ports[i] < *lo ? ports[i] : *lo;
        *hi = i == 0 || ports[i] > *hi ? ports[i] : *hi;
    }
    return n > 0;
}

static bool contains(const char *text, const char *what)
{
    size_t n = strlen(what);
    for (; *text; text++) {
        if (strncasecmp(text, what, n) == 0)
            return true;
    }
    return false;
}

static bool says_any(const struct trial *t, const char *const *patterns)
{
    if (!t->tried || t->row.result != RESULT_REJECTED)
        return false;
    for (; *patterns; patterns++) {
        if (contains(t->row.err.msg, *patterns) || contains(t->row.reply, *patterns))
            return true;
    }
    return false;
}

/* ---- the causes, one by one ---- */

static bool proxy_refuses(const struct evidence *e)
{
    bool any = false;
    for (int i = 0; i < TRIALS; i++)
        any = any || refused_by_proxy(trial_at(e, i));
    for (size_t i = 0; i < e->nprobes; i++)
        any = any || e->probes[i].by_proxy;
    return any;
}

/* Without TLS, or after CCC, the NAT's gateway changes what it reads; under TLS it cannot. */
static bool gateway_rewrites(const struct evidence *e)
{
    struct addr said = evidence_advertised(e);
    return addr_family(&e->plain) != AF_UNSPEC && addr_family(&said) != AF_UNSPEC &&
           !addr_same_host(&e->plain, &said) && evidence_misleads(e);
}

/* Only the advertised address has the data (FIELD-NOTES 24). */
static bool data_elsewhere(const struct evidence *e)
{
    return evidence_works(e, STRATEGY_PASV) && dials_elsewhere(e) && !dials_control_host(e) &&
           addr_family(&e->peer) != AF_UNSPEC;
}

/* The result of dialling passive ports where some or all of them fail for both commands, or for one
 * now and then; RESULT_OK where that is not the trouble. */
static enum attempt_result range_result(const struct evidence *e)
{
    struct tally epsv = tally_of(e, true), pasv = tally_of(e, false);
    bool none = epsv.good + pasv.good == 0;
    bool mixed = (epsv.good && epsv.bad) || (pasv.good && pasv.bad);
    if (data_elsewhere(e) || epsv.bad + pasv.bad == 0 || (!none && !mixed))
        return RESULT_OK;
    return epsv.bad ? epsv.first_bad : pasv.first_bad;
}

static bool range_silent(const struct evidence *e)
{
    return range_result(e) == RESULT_TIMEOUT;
}

static bool range_reset(const struct evidence *e)
{
    enum attempt_result result = range_result(e);
    return result != RESULT_OK && result != RESULT_TIMEOUT;
}

/* 0.0.0.0 and 127.0.0.1 are nobody's address, whoever the server is (FIELD-NOTES 26). */
static bool is_private_from(const struct addr *said, const struct addr *peer)
{
    return addr_is_unspecified(said) || (addr_is_loopback(said) && !addr_is_loopback(peer)) ||
           (addr_is_private(said) && !addr_is_private(peer));
}

static bool private_address(const struct evidence *e)
{
    struct addr said = evidence_advertised(e);
    return evidence_misleads(e) && dials_control_host(e) && is_private_from(&said, &e->peer);
}

static bool wrong_address(const struct evidence *e)
{
    return evidence_misleads(e) && dials_control_host(e) && !private_address(e);
}

/* No reply to the command, or the connection gone with it: something on the way objects to it. */
static bool unanswered(const struct trial *t)
{
    return failed_at(t, STAGE_COMMAND) && t->row.result != RESULT_REJECTED;
}

static bool epsv_blocked(const struct evidence *e)
{
    struct tally epsv = tally_of(e, true), pasv = tally_of(e, false);
    bool never = epsv.good == 0 && (epsv.bad > 0 || unanswered(trial_of(e, STRATEGY_EPSV)));
    return never && pasv.good > 0 && pasv.bad == 0;
}

static bool refuses(const struct evidence *e, enum strategy_id id, int class)
{
    const struct trial *t = trial_of(e, id);
    return failed_at(t, STAGE_COMMAND) && t->row.result == RESULT_REJECTED &&
           (t->row.err.reply / 100 == 4 ? 4 : 5) == class;
}

static bool epsv_refused(const struct evidence *e)
{
    return refuses(e, STRATEGY_EPSV, 5) && tally_of(e, false).good > 0;
}

static bool passive_refused(const struct evidence *e)
{
    return refuses(e, STRATEGY_EPSV, 5) && refuses(e, STRATEGY_PASV_CONTROL_IP, 5);
}

/* The port that PASV names is never the one that listens, and EPSV's always is; or clearing the
 * control connection is what breaks it. */
static bool gateway_disturbs(const struct evidence *e)
{
    struct tally epsv = tally_of(e, true), pasv = tally_of(e, false);
    const struct trial *ccc = trial_of(e, STRATEGY_CCC);
    bool never =
        pasv.good == 0 && (pasv.bad > 0 || unanswered(trial_of(e, STRATEGY_PASV_CONTROL_IP)));
    bool cleared = failed_at(ccc, STAGE_CONNECT) &&
                   addr_same_host(&ccc->row.advertised, &e->peer) && pasv.good > 0;
    return (never && epsv.good > 0 && epsv.bad == 0) || cleared;
}

/* How many different ports, once there are enough samples; else 0. */
static size_t different_ports(const struct evidence *e)
{
    uint16_t ports[PROBES_MAX + STRATEGY_COUNT];
    size_t n = ports_seen(e, ports), different = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < i && ports[k] != ports[i])
            k++;
        different += k == i;
    }
    return n >= POOL_SAMPLES ? different : 0;
}

bool evidence_one_port(const struct evidence *e)
{
    return different_ports(e) == 1;
}

/* A server that takes its first free port names the same one again and again, each being free when
 * the next is asked for: a single port is a small pool only where it fails now and then. */
static bool is_small_pool(const struct evidence *e)
{
    bool fails = e->held_out || tally_of(e, true).bad + tally_of(e, false).bad > 0;
    size_t different = different_ports(e);
    return different > 0 && different <= POOL_SMALL && (different > 1 || fails);
}

static bool pool_exhausted(const struct evidence *e)
{
    return is_small_pool(e) ||
           (refuses(e, STRATEGY_EPSV, 4) && refuses(e, STRATEGY_PASV_CONTROL_IP, 4));
}

static bool says_to_encrypt(const struct trial *t)
{
    static const char *const patterns[] = {
        "encrypt",         "TLS required", "SSL required", "TLS is required",
        "SSL is required", "PROT must be", "PROT setting", NULL};
    return says_any(t, patterns);
}

/* A data connection in clear, to a server that wants TLS there. With EPSV and EPRT 522 means the
 * address family (RFC 2428 section 2), so that behind those words have to tell. */
static bool demands_encryption(const struct trial *t)
{
    if (!t->tried || t->row.result != RESULT_REJECTED || t->row.private_data)
        return false;
    bool by_code = t->row.stage != STAGE_COMMAND &&
                   (t->row.err.reply == 521 || t->row.err.reply == 522 || t->row.err.reply == 534);
    return by_code || says_to_encrypt(t);
}

static bool must_encrypt(const struct evidence *e)
{
    bool any = false;
    for (int i = 0; i < TRIALS; i++)
        any = any || demands_encryption(trial_at(e, i));
    return any;
}

/* The server's words for it (FIELD-NOTES 1, 5): "session reuse", "not resumed", or only 522;
 * ProFTPD says that the operation is not permitted, as it does where it may not dial out. */
static bool demands_reuse(const struct trial *t)
{
    static const char *const patterns[] = {"reuse", "resum", "TLS session", "SSL session", NULL};
    static const char *const proftpd[] = {"operation not permitted", NULL};
    if (!t->tried || !t->row.private_data || t->row.result != RESULT_REJECTED ||
        t->row.stage == STAGE_COMMAND)
        return false;
    bool shook_hands = t->row.tls || t->row.stage == STAGE_TLS;
    return says_any(t, patterns) || (shook_hands && says_any(t, proftpd)) ||
           (t->row.err.reply == 522 && !says_to_encrypt(t));
}

enum reuse { REUSE_FINE, REUSE_DEMANDED, REUSE_NEVER };

static enum reuse judge_reuse(const struct evidence *e)
{
    bool demanded = false, resumed = false, declined = false;
    for (int i = 0; i < TRIALS; i++) {
        const struct trial *t = trial_at(e, i);
        if (t->full_only)
            return REUSE_NEVER;
        demanded = demanded || demands_reuse(t);
        resumed = resumed || (t->tried && t->row.tls && t->row.resumed);
        declined = declined || (t->tried && t->row.tls && !t->row.resumed);
    }
    if (!demanded)
        return REUSE_FINE;
    return declined && !resumed ? REUSE_NEVER : REUSE_DEMANDED;
}

static bool reuse_required(const struct evidence *e)
{
    return judge_reuse(e) == REUSE_DEMANDED;
}

static bool reuse_impossible(const struct evidence *e)
{
    return judge_reuse(e) == REUSE_NEVER;
}

/* Pure-FTPd closes such connections without a word: passive ones all end before TLS, which active
 * ones show to work. */
static bool is_hung_up_on(const struct evidence *e)
{
    static const enum strategy_id passive[] = {STRATEGY_EPSV, STRATEGY_PASV_CONTROL_IP,
                                               STRATEGY_PASV};
    int closed = 0;
    for (size_t i = 0; i < sizeof passive / sizeof passive[0]; i++) {
        const struct trial *t = trial_of(e, passive[i]);
        closed += failed_at(t, STAGE_TLS) && t->row.result == RESULT_RESET;
        if (evidence_works(e, passive[i]))
            return false;
    }
    return closed > 0 && evidence_works(e, STRATEGY_ACTIVE) &&
           trial_of(e, STRATEGY_ACTIVE)->row.tls;
}

/* The server compares the other end of data and control (FIELD-NOTES 32, 37). A refused PORT alone
 * does no harm while the passive way is open. */
static bool peer_rejected(const struct evidence *e)
{
    if (is_hung_up_on(e))
        return true;
    static const char *const patterns[] = {"bad ip",
                                           "data connection: permission denied",
                                           "foreign address",
                                           "not yours",
                                           "not your",
                                           "only to",
                                           "illegal port",
                                           "illegal eprt",
                                           "address mismatch",
                                           "does not match",
                                           NULL};
    for (int id = 0; id < STRATEGY_COUNT; id++) {
        const struct trial *t = trial_of(e, (enum strategy_id) id);
        bool counts = id == STRATEGY_ACTIVE ? !passive_works(e) : t->row.stage != STAGE_COMMAND;
        if (counts && says_any(t, patterns))
            return true;
    }
    return false;
}

static bool tls_fails(const struct trial *t)
{
    return t->tried && (t->row.result == RESULT_TLS || failed_at(t, STAGE_TLS)) &&
           !demands_encryption(t);
}

/* Of the strategies one that works is proof enough; an upload is judged by itself, and one that is
 * refused before its handshake says nothing of TLS. */
static bool data_tls(const struct evidence *e)
{
    const struct trial *upload = &e->upload.trial;
    if (judge_reuse(e) != REUSE_FINE || peer_rejected(e))
        return false;
    bool any = tls_fails(upload) && upload->row.result != RESULT_REJECTED;
    for (int id = 0; id < STRATEGY_COUNT && !anything_works(e); id++)
        any = any || tls_fails(&e->trials[id]);
    return any;
}

/* The ordinary client behind a NAT needs no mapping: only where the passive way is closed too. */
static bool client_nat(const struct evidence *e)
{
    const struct trial *t = trial_of(e, STRATEGY_ACTIVE);
    return t->tried && t->row.result != RESULT_OK && t->row.result != RESULT_REJECTED &&
           evidence_client_nat(e) && !passive_works(e);
}

/* A server takes its leave, with 421, an orderly end or an alert of TLS; a NAT that has forgotten a
 * connection drops or resets it. */
static bool idle_timeout(const struct evidence *e)
{
    return e->idle_end.reply == 421 || e->idle_end.code == ERR_TLS ||
           (e->idle_end.code == ERR_CLOSED && e->idle_end.sys == 0);
}

/* Of the demands that are causes of their own. */
static bool active_demands(const struct evidence *e)
{
    const struct trial *t = trial_of(e, STRATEGY_ACTIVE);
    return demands_encryption(t) || demands_reuse(t);
}

static bool active_refused(const struct evidence *e)
{
    const struct trial *t = trial_of(e, STRATEGY_ACTIVE);
    return failed_at(t, STAGE_COMMAND) && t->row.result == RESULT_REJECTED && !active_demands(e);
}

/* Nobody dialled, or was not let in. */
static bool active_blocked(const struct evidence *e)
{
    return failed_at(trial_of(e, STRATEGY_ACTIVE), STAGE_ACCEPT) && !active_demands(e);
}

static bool control_forgotten(const struct evidence *e)
{
    return e->idle_end.code == ERR_TIMEOUT ||
           (e->idle_end.code == ERR_CLOSED && e->idle_end.sys != 0);
}

/* A listing gives no NAT the time to forget: the server is what does not confirm it. */
static bool no_final_reply(const struct evidence *e)
{
    bool any = false;
    for (int i = 0; i < TRIALS; i++)
        any = any || trial_at(e, i)->unconfirmed;
    return any;
}

static bool no_close_notify(const struct evidence *e)
{
    bool any = false;
    for (int i = 0; i < TRIALS; i++)
        any = any || trial_at(e, i)->unclean;
    return any;
}

/* ---- which failures a cause accounts for ---- */

static bool is_passive(const struct trial *t)
{
    return t->row.strategy == STRATEGY_EPSV || t->row.strategy == STRATEGY_PASV_CONTROL_IP ||
           t->row.strategy == STRATEGY_PASV;
}

static bool is_epsv(const struct trial *t)
{
    return t->row.strategy == STRATEGY_EPSV;
}

static bool is_pasv(const struct trial *t)
{
    return t->row.strategy == STRATEGY_PASV;
}

static bool is_active(const struct trial *t)
{
    return t->row.strategy == STRATEGY_ACTIVE;
}

static bool is_refused_active(const struct trial *t)
{
    return is_active(t) && t->row.stage == STAGE_COMMAND;
}

static bool is_unreached(const struct trial *t)
{
    return is_active(t) && t->row.stage == STAGE_ACCEPT;
}

static bool is_to_control_host(const struct trial *t)
{
    return is_passive(t) && !is_pasv(t);
}

static bool is_told_by_227(const struct trial *t)
{
    return t->row.strategy == STRATEGY_CCC || (is_passive(t) && !is_epsv(t));
}

static bool dials_range(const struct trial *t)
{
    return !refused_by_proxy(t) && (is_passive(t) || t->row.strategy == STRATEGY_CCC) &&
           t->row.stage != STAGE_TLS && t->row.stage != STAGE_OPEN && !demands_encryption(t);
}

/* What drops the packets to a server's ports drops those that it dials itself, too. */
static bool is_dropped(const struct trial *t)
{
    return dials_range(t) ||
           (is_active(t) && t->row.stage == STAGE_ACCEPT && t->row.result != RESULT_REJECTED);
}

static bool is_beyond_tcp(const struct trial *t)
{
    return t->row.stage == STAGE_TLS || t->row.stage == STAGE_OPEN ||
           (t->row.result == RESULT_REJECTED && t->row.stage != STAGE_COMMAND);
}

/* A refused PORT is one of those whose address was not liked. */
static bool compares_address(const struct trial *t)
{
    return is_beyond_tcp(t) || (is_active(t) && t->row.result == RESULT_REJECTED);
}

/* ---- the table ---- */

#define BIT(c) (1u << CAUSE_##c)

static const struct {
    const char *name, *meaning;
    bool (*holds)(const struct evidence *e); /* NULL: when nothing else does */
    unsigned explains;                       /* the causes that it hides */
    bool (*accounts)(const struct trial *t); /* for this failure; NULL: for none */
} rows[CAUSE_COUNT] = {
    [CAUSE_PROXY_REFUSES] = {"proxy-refuses",
                             "The proxy lets the control connection through and refuses data "
                             "connections to the server's passive ports.",
                             proxy_refuses, BIT(EPSV_BLOCKED) | BIT(GATEWAY_DISTURBS),
                             refused_by_proxy},
    [CAUSE_GATEWAY_REWRITES] = {"gateway-rewrites-plain",
                                "A NAT's FTP gateway corrects the server's replies while they "
                                "travel in clear; under TLS it cannot read them, so the address "
                                "stays wrong and no port is opened.",
                                gateway_rewrites,
                                BIT(RANGE_SILENT) | BIT(RANGE_RESET) | BIT(PRIVATE_ADDRESS) |
                                    BIT(WRONG_ADDRESS) | BIT(EPSV_REFUSED) | BIT(ACTIVE_BLOCKED),
                                is_dropped},
    [CAUSE_RANGE_SILENT] = {"passive-range-silent",
                            "Nothing answers on the server's passive ports, or on some of them: a "
                            "NAT or firewall drops the packets, before the server or before this "
                            "client.",
                            range_silent,
                            BIT(EPSV_BLOCKED) | BIT(GATEWAY_DISTURBS) | BIT(ACTIVE_BLOCKED),
                            is_dropped},
    [CAUSE_RANGE_RESET] = {"passive-range-reset",
                           "Connections to the server's passive ports, or to some of them, are "
                           "refused: a NAT or firewall does not let them pass, before the server "
                           "or before this client.",
                           range_reset, BIT(EPSV_BLOCKED) | BIT(GATEWAY_DISTURBS), dials_range},
    [CAUSE_PRIVATE_ADDRESS] = {"private-address-advertised",
                               "In its reply to PASV the server names an address that exists only "
                               "inside its own network.",
                               private_address, BIT(EPSV_REFUSED), is_pasv},
    [CAUSE_WRONG_ADDRESS] = {"wrong-address-advertised",
                             "In its reply to PASV the server names an address at which it cannot "
                             "be reached.",
                             wrong_address, BIT(EPSV_REFUSED), is_pasv},
    [CAUSE_DATA_ELSEWHERE] = {"data-elsewhere",
                              "Data connections live on another host than the control connection: "
                              "only the address in the reply to PASV leads there.",
                              data_elsewhere, 0, is_to_control_host},
    [CAUSE_EPSV_BLOCKED] = {"epsv-blocked",
                            "The server accepts EPSV, and something on the way does not let the "
                            "connections that follow it pass.",
                            epsv_blocked, 0, is_epsv},
    [CAUSE_EPSV_REFUSED] = {"epsv-refused", "The server refuses EPSV, and PASV works.",
                            epsv_refused, 0, is_epsv},
    [CAUSE_PASSIVE_REFUSED] = {"passive-refused",
                               "The server refuses passive mode, EPSV and PASV alike.",
                               passive_refused, 0, is_passive},
    [CAUSE_GATEWAY_DISTURBS] = {"gateway-disturbs",
                                "PASV does not lead to the port on which the server listens: "
                                "something on the way changes or suppresses the reply.",
                                gateway_disturbs, 0, is_told_by_227},
    [CAUSE_POOL_EXHAUSTED] = {"passive-pool-exhausted",
                              "The server has so few passive ports that they run out.",
                              pool_exhausted, 0, is_passive},
    [CAUSE_MUST_ENCRYPT] = {"data-must-be-encrypted",
                            "The server wants data connections under TLS, and they are in clear.",
                            must_encrypt, BIT(PASSIVE_REFUSED) | BIT(EPSV_REFUSED),
                            demands_encryption},
    [CAUSE_REUSE_REQUIRED] = {"session-reuse-required",
                              "The server demands that data connections resume the control "
                              "connection's TLS session, and rejects the one that did.",
                              reuse_required, BIT(DATA_TLS), is_beyond_tcp},
    [CAUSE_REUSE_IMPOSSIBLE] = {"session-reuse-impossible",
                                "Data connections cannot resume the TLS session: the server "
                                "declines the sessions that it gave out itself.",
                                reuse_impossible, BIT(DATA_TLS), is_beyond_tcp},
    [CAUSE_PEER_REJECTED] = {"data-peer-rejected",
                             "The server sees data and control connections come from different "
                             "addresses and rejects that.",
                             peer_rejected,
                             BIT(CLIENT_NAT) | BIT(PRIVATE_ADDRESS) | BIT(WRONG_ADDRESS) |
                                 BIT(ACTIVE_REFUSED),
                             compares_address},
    [CAUSE_DATA_TLS] = {"data-tls-failed", "Data connections open, and TLS on them fails.",
                        data_tls, 0, is_beyond_tcp},
    [CAUSE_CLIENT_NAT] = {"client-nat-unmapped",
                          "This client is behind a NAT of its own, so that the server cannot dial "
                          "it in active mode.",
                          client_nat, BIT(PASSIVE_REFUSED) | BIT(ACTIVE_BLOCKED), is_active},
    [CAUSE_CONTROL_FORGOTTEN] = {"control-forgotten",
                                 "The control connection is lost while it is idle: a NAT on the "
                                 "way has forgotten it.",
                                 control_forgotten, 0, NULL},
    [CAUSE_IDLE_TIMEOUT] = {"server-idle-timeout",
                            "The server itself ends the control connection when it is idle.",
                            idle_timeout, 0, NULL},
    [CAUSE_NO_FINAL_REPLY] = {"no-final-reply",
                              "All data move, and the server does not confirm it with its "
                              "final reply.",
                              no_final_reply, 0, NULL},
    [CAUSE_NO_CLOSE_NOTIFY] = {"no-close-notify",
                               "The server ends data connections without TLS's close_notify: a "
                               "whole file cannot be told from one that was cut.",
                               no_close_notify, 0, NULL},
    [CAUSE_UNKNOWN] = {"unknown",
                       "Not everything works, and why the rest fails does not show from here.",
                       NULL, 0, NULL},
    [CAUSE_HEALTHY] = {"healthy", "Data connections work as they should.", NULL, 0, NULL},
    [CAUSE_ACTIVE_REFUSED] = {"active-refused", "The server refuses active mode.", active_refused,
                              0, is_refused_active},
    [CAUSE_ACTIVE_BLOCKED] = {"active-blocked",
                              "In active mode no connection of the server's arrives: it may not "
                              "dial out, or is not let in to this client.",
                              active_blocked, 0, is_unreached},
};

/* What failed, and none of these causes accounts for. */
static unsigned find_unexplained(const struct evidence *e, unsigned hold)
{
    unsigned left = 0;
    for (int i = 0; i < TRIALS; i++) {
        bool open = has_failed(e, i);
        for (int c = 0; c < CAUSE_COUNT; c++) {
            if (hold & 1u << c && rows[c].accounts && rows[c].accounts(trial_at(e, i)))
                open = false;
        }
        left |= open ? 1u << i : 0;
    }
    return left;
}

struct causes causes_find(const struct evidence *e)
{
    struct causes found = {.n = 0};
    unsigned hold = 0, explained = 0;
    for (int c = 0; c < CAUSE_COUNT; c++) {
        if (rows[c].holds && rows[c].holds(e)) {
            hold |= 1u << c;
            explained |= rows[c].explains;
        }
    }
    found.unexplained = find_unexplained(e, hold); /* hidden causes account for theirs as well */
    hold &= ~explained;
    found.notes = passive_works(e) ? hold & (BIT(ACTIVE_REFUSED) | BIT(ACTIVE_BLOCKED)) : 0;
    bool trouble = (hold & ~found.notes) != 0;
    bool odd_end = err_is_set(&e->idle_end) && !idle_timeout(e) && !control_forgotten(e);
    if (found.unexplained || odd_end || (!trouble && !anything_works(e)))
        hold |= BIT(UNKNOWN);
    else if (!trouble)
        hold |= BIT(HEALTHY);
    for (int c = 0; c < CAUSE_COUNT; c++) {
        if (hold & 1u << c)
            found.list[found.n++] = (enum cause) c;
    }
    return found;
}

const char *cause_name(enum cause c)
{
    return rows[c].name;
}

const char *cause_meaning(enum cause c)
{
    return rows[c].meaning;
}
