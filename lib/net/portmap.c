#include "net/portmap.h"

#include "net/dial.h"
#include "net/network.h"
#include "net/portmap_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer is looked for again after a moment, which doubles while there is none (RFC 6886 section
 * 3.1). */
enum { CLOSE_MS = 1000, RENEW_AGAIN_MS = 250, RENEW_AGAIN_MAX_MS = 32000 };

struct portmap {
    const struct portmap_protocol *protocol;
    void *state;
    struct deadline renew;
    int64_t again_ms; /* until the answer to a renewal is looked for, or it is asked for again */
    bool leased;      /* it ends by itself */
    uint16_t port;    /* the NAT's */
    const struct log *log;
};

static const char *const mode_names[PORTMAP_MODES] = {
    [PORTMAP_AUTO] = "auto", [PORTMAP_PCP] = "pcp", [PORTMAP_NATPMP] = "natpmp",
    [PORTMAP_UPNP] = "upnp", [PORTMAP_OFF] = "off",
};

static const struct portmap_protocol *const protocols[PORTMAP_MODES] = {
    [PORTMAP_PCP] = &portmap_pcp,
    [PORTMAP_NATPMP] = &portmap_natpmp,
    [PORTMAP_UPNP] = &portmap_upnp,
};

/* How long each may take in turn, at most: who speaks PCP or NAT-PMP is in the next room and
 * answers at once, while UPnP has to search. 0: all that is left. */
static const int64_t window_ms[PORTMAP_MODES] = {
    [PORTMAP_PCP] = 800,
    [PORTMAP_NATPMP] = 600,
};

const char *portmap_mode_name(enum portmap_mode mode)
{
    return mode_names[mode];
}

int portmap_check_source(int fd, const struct addr *local, struct err *err)
{
    char a[ADDR_TEXT], b[ADDR_TEXT];
    struct addr source = sock_local(fd);
    if (addr_same_host(&source, local))
        return 0;
    return err_set(err, ERR_CONNECT, "the gateway is reached from %s and not from %s",
                   addr_format(&source, a, sizeof a), addr_format(local, b, sizeof b));
}

/* Behind two NATs the outer one would have to be asked, which nobody can (FIELD-NOTES 32). */
static int check_external(const struct addr *external, struct err *err)
{
    char text[ADDR_TEXT];
    if (!addr_is_private(external))
        return 0;
    return err_set(err, ERR_PROTOCOL,
                   "the NAT's own address %s is private: another NAT stands before it",
                   addr_format(external, text, sizeof text));
}

/* One protocol. 0 with m->state, or -1. */
static int try_protocol(struct portmap *m, enum portmap_mode mode, const struct portmap_request *q,
                        struct deadline until, struct addr *external, struct err *err)
{
    char in[ADDR_TEXT], out[ADDR_TEXT];
    uint32_t lease_s;
    m->protocol = protocols[mode];
    m->state = m->protocol->open(q, until, external, &lease_s, err);
    if (!m->state)
        return -1;
    m->renew = lease_s ? deadline_in((int64_t) lease_s * 500) : DEADLINE_NEVER;
    m->again_ms = RENEW_AGAIN_MS;
    m->leased = lease_s > 0;
    m->port = addr_port(external);
    log_note(q->log, "port mapping: %s to %s for %u s, by %s",
             addr_format_port(external, out, sizeof out),
             addr_format_port(&q->local, in, sizeof in), lease_s, m->protocol->name);
    if (check_external(external, err) == 0)
        return 0;
    m->protocol->close(m->state, deadline_in(CLOSE_MS));
    return -1;
}

/* A failure with an answer says more than one without. */
static int weight(const struct err *e)
{
    switch (e->code) {
    case ERR_PROTOCOL:
        return 3;
    case ERR_LOCAL:
        return 2;
    case ERR_TIMEOUT:
        return 1;
    default:
        return 0;
    }
}

/* "PCP: no answer; NAT-PMP: no answer; UPnP: ..." with the code of the one that says most. */
static void add_failure(struct err *all, const char *name, const struct err *why)
{
    struct err sum = !err_is_set(all) || weight(why) > weight(all) ? *why : *all;
    snprintf(sum.msg, sizeof sum.msg, "%.140s%s%.8s: %.90s", all->msg, *all->msg ? "; " : "", name,
             why->msg);
    *all = sum;
}

static struct deadline turn_of(enum portmap_mode mode, struct deadline until)
{
    int64_t quarter_ms = deadline_left_ms(until) / 4;
    if (window_ms[mode] == 0)
        return until;
    return deadline_in(quarter_ms < window_ms[mode] ? quarter_ms : window_ms[mode]);
}

static bool is_over(const struct portmap_request *q, const struct err *why)
{
    return why->code == ERR_CANCELLED || deadline_passed(q->wait->limit);
}

static int try_all(struct portmap *m, const struct portmap_request *q, struct deadline until,
                   struct addr *external, struct err *err)
{
    struct err all = ERR_INIT;
    enum portmap_mode first = q->way->proven;
    enum portmap_mode order[] = {first, PORTMAP_PCP, PORTMAP_NATPMP, PORTMAP_UPNP};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        enum portmap_mode mode = order[i];
        struct err why = ERR_INIT;
        if (!protocols[mode] || (i > 0 && mode == first))
            continue;
        if (try_protocol(m, mode, q, turn_of(mode, until), external, &why) == 0) {
            q->way->proven = mode;
            return 0;
        }
        if (is_over(q, &why))
            return err_take(err, &why);
        log_note(q->log, "port mapping by %s: %s", m->protocol->name, why.msg);
        add_failure(&all, m->protocol->name, &why);
    }
    q->way->proven = PORTMAP_AUTO;
    return err_take(err, &all);
}

static int try_mode(struct portmap *m, const struct portmap_request *q, struct deadline until,
                    struct addr *external, struct err *err)
{
    if (q->way->mode == PORTMAP_AUTO)
        return try_all(m, q, until, external, err);
    if (try_protocol(m, q->way->mode, q, until, external, err) == 0)
        return 0;
    return err->code == ERR_CANCELLED ? -1 : err_wrap(err, "%s", m->protocol->name);
}

static int find_gateway(struct portmap_request *q, const struct addr *peer, struct err *err)
{
    char text[ADDR_TEXT];
    if (network_gateway_to(peer, &q->gateway))
        return 0;
    return err_set(err, ERR_CONNECT, "no port mapping: there is no gateway on the way to %s",
                   addr_format(peer, text, sizeof text));
}

struct portmap *portmap_open(struct portmap_way *way, const struct addr *local,
                             const struct addr *peer, const struct wait *w, struct deadline until,
                             struct addr *external, const struct log *log, struct err *err)
{
    char text[ADDR_TEXT];
    struct portmap_request q = {.local = *local, .way = way, .wait = w, .log = log};
    struct portmap *m = NULL;
    if (way->mode == PORTMAP_OFF)
        err_set(err, ERR_CONNECT, "port mapping is off");
    else if (addr_family(local) != AF_INET)
        err_set(err, ERR_CONNECT, "ports are mapped for IPv4 only");
    else if (find_gateway(&q, peer, err) == 0 && !(m = calloc(1, sizeof *m)))
        err_set(err, ERR_LOCAL, "out of memory");
    if (!m)
        return NULL;
    m->log = log;
    struct err why = ERR_INIT;
    if (try_mode(m, &q, until, external, &why) == 0)
        return m;
    free(m);
    if (why.code != ERR_CANCELLED)
        err_wrap(&why, "no port mapping from %s", addr_format(&q.gateway, text, sizeof text));
    err_take(err, &why);
    return NULL;
}

void portmap_keep(struct portmap *m)
{
    if (!deadline_passed(m->renew))
        return;
    uint32_t lease_s = m->protocol->renew(m->state);
    if (lease_s) {
        log_note(m->log, "port mapping: renewed for %u s", lease_s);
        m->renew = deadline_in((int64_t) lease_s * 500);
        m->again_ms = RENEW_AGAIN_MS;
        return;
    }
    m->renew = deadline_in(m->again_ms);
    m->again_ms = m->again_ms < RENEW_AGAIN_MAX_MS ? 2 * m->again_ms : m->again_ms;
}

void portmap_close(struct portmap *m)
{
    if (!m)
        return;
    bool gone = m->protocol->close(m->state, deadline_in(CLOSE_MS));
    if (gone)
        log_note(m->log, "port mapping: removed");
    else if (m->leased)
        log_note(m->log, "port mapping: its removal is not confirmed; it ends with its lease");
    else
        log_note(m->log,
                 "port mapping: its removal is not confirmed, and it has no lease: look "
                 "for port %u in the NAT's own settings",
                 m->port);
    free(m);
}
