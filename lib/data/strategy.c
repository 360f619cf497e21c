#include "data/strategy.h"

#include "ftp/pasv.h"
#include "net/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum attempt_result result_of_errno(int sys)
{
    switch (sys) {
    case ECONNREFUSED:
        return RESULT_REFUSED;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        return RESULT_RESET;
    case ETIMEDOUT:
        return RESULT_TIMEOUT;
    default:
        return RESULT_UNREACHABLE;
    }
}

enum attempt_result result_of_err(const struct err *err)
{
    switch (err->code) {
    case ERR_CANCELLED:
        return RESULT_CANCELLED;
    case ERR_TIMEOUT:
        return RESULT_TIMEOUT;
    case ERR_TLS:
    case ERR_CERTIFICATE:
        return RESULT_TLS;
    case ERR_PROTOCOL:
    case ERR_REPLY_PERMANENT:
    case ERR_REPLY_TRANSIENT:
        return RESULT_REJECTED;
    case ERR_CLOSED:
    case ERR_TRUNCATED:
        return RESULT_RESET;
    default:
        return err->sys ? result_of_errno(err->sys) : RESULT_UNREACHABLE;
    }
}

static int fail(struct rung *r, enum attempt_stage stage, enum attempt_result result)
{
    r->row->stage = stage;
    r->row->result = result;
    return -1;
}

/* Sends one command, unless it was asked ahead, and keeps command and reply for the report. 0 with
 * its final reply in *out; -1 when none came: the result is then a timeout, or the session is gone.
 */
static int ask(struct rung *r, struct reply *out, struct err *err, const char *line)
{
    struct control *control = session_control(r->session);
    snprintf(r->row->command, sizeof r->row->command, "%s", line);
    *out = (struct reply){0};
    int rc = 0;
    if (session_was_mute(r->session, line)) {
        rc = err_set(err, ERR_TIMEOUT, "the server does not answer");
    } else if (!session_take_port(r->session, line, out)) {
        rc = control_send(control, r->until, err, "%s", line);
        if (rc == 0)
            rc = control_read_final(control, out, r->until, err);
    }
    if (rc < 0) {
        reply_clear(out);
        err_wrap(err, "%s", line);
        return fail(r, STAGE_COMMAND, result_of_err(err));
    }
    reply_summary(out, r->row->reply, sizeof r->row->reply);
    return 0;
}

static int rejected(struct rung *r, const struct reply *reply, const char *command, struct err *err)
{
    session_refused(reply, command, err);
    return fail(r, STAGE_COMMAND, RESULT_REJECTED);
}

static int always_applies(const struct rung *r, struct err *err)
{
    (void) r, (void) err;
    return 0;
}

/* ---- passive ---- */

/* Ports of other services that firewalls and proxies block or meddle with: SIP, X11, IRC and such.
 * A server that names one is asked for another (FIELD-NOTES 34). */
static bool is_often_blocked(uint16_t port)
{
    static const struct {
        uint16_t lo, hi;
    } blocked[] = {{1, 1023},    {1720, 1720}, {1723, 1723}, {2049, 2049}, {5060, 5061},
                   {6000, 6063}, {6566, 6566}, {6665, 6669}, {6697, 6697}};
    for (size_t i = 0; i < sizeof blocked / sizeof blocked[0]; i++) {
        if (port >= blocked[i].lo && port <= blocked[i].hi)
            return true;
    }
    return false;
}

/* Distributed servers want to know the transfer before they name a port (FIELD-NOTES 45). Pure-FTPd
 * lists the command and never wants it. A refusal is left to the transfer command itself, which has
 * the better words. */
static int tell_transfer(struct rung *r, struct err *err)
{
    struct reply reply = {0};
    if (!session_wants_pret(r->session))
        return 0;
    struct control *control = session_control(r->session);
    int rc = control_send(control, r->until, err, "PRET %s", r->transfer);
    if (rc == 0)
        rc = control_read(control, &reply, r->until, err);
    reply_clear(&reply);
    return rc < 0 ? fail(r, STAGE_COMMAND, result_of_err(err)) : 0;
}

/* The port of a 227 or 229, whichever was asked for: servers mix them up (FIELD-NOTES 31). */
static int ask_port(struct rung *r, const char *command, uint16_t *port, struct err *err)
{
    struct reply reply;
    if (ask(r, &reply, err, command) < 0)
        return -1;
    int rc = 0;
    const char *text = reply_last_line(&reply);
    if (reply.code == 229) {
        rc = epsv_parse(text, port, err);
    } else if (reply.code == 227) {
        rc = pasv_parse(text, &r->row->advertised, err);
        *port = addr_port(&r->row->advertised);
    } else {
        rc = rejected(r, &reply, command, err);
    }
    if (rc < 0)
        fail(r, STAGE_COMMAND, RESULT_REJECTED);
    reply_clear(&reply);
    return rc;
}

enum { PORT_TRIES = 4 };

static int passive_port(struct rung *r, const char *command, uint16_t *port, struct err *err)
{
    if (tell_transfer(r, err) < 0)
        return -1;
    for (int i = 0; i < PORT_TRIES; i++) {
        if (ask_port(r, command, port, err) < 0)
            return -1;
        if (!is_often_blocked(*port))
            break;
        log_note(session_settings(r->session)->log,
                 "port %u is one that firewalls block: asking again", *port);
    }
    return 0;
}

static const struct proxy *proxy_of(const struct rung *r)
{
    return session_settings(r->session)->proxy;
}

/* Data leave from the control connection's local address: servers compare (FIELD-NOTES 37). */
static int start_connect(struct rung *r, const struct addr *to, struct err *err)
{
    r->events = POLLOUT;
    r->fd = dial_start(to, session_local(r->session), err);
    return r->fd < 0 ? fail(r, STAGE_CONNECT, result_of_err(err)) : 0;
}

/* The proxy is dialled where the control connection found it, and told where to go. */
static int dial_through_proxy(struct rung *r, const char *host, uint16_t port, struct err *err)
{
    if (proxy_talk_start(&r->talk, proxy_of(r), host, port, err) < 0)
        return fail(r, STAGE_CONNECT, RESULT_UNREACHABLE);
    r->connecting = true;
    return start_connect(r, session_hop(r->session), err);
}

static int passive_dial(struct rung *r, const struct addr *target, struct err *err)
{
    char host[ADDR_TEXT];
    r->row->endpoint = *target;
    if (proxy_of(r))
        return dial_through_proxy(r, addr_format(target, host, sizeof host), addr_port(target),
                                  err);
    return start_connect(r, target, err);
}

/* A proxy is told the name: which of its addresses is the control connection's is up to it. */
static int dial_control_port(struct rung *r, uint16_t port, struct err *err)
{
    struct addr target = *session_peer(r->session);
    if (proxy_of(r)) {
        const char *host = session_host(r->session);
        if (addr_parse(host, &target, NULL) == 0) {
            addr_set_port(&target, port);
            r->row->endpoint = target;
        }
        return dial_through_proxy(r, host, port, err);
    }
    addr_set_port(&target, port);
    return passive_dial(r, &target, err);
}

static int dial_control_host(struct rung *r, const char *command, struct err *err)
{
    uint16_t port;
    if (passive_port(r, command, &port, err) < 0)
        return -1;
    return dial_control_port(r, port, err);
}

static int epsv_prepare(struct rung *r, struct err *err)
{
    return dial_control_host(r, "EPSV", err);
}

static int pasv_applies(const struct rung *r, struct err *err)
{
    if (addr_family(session_peer(r->session)) != AF_INET6)
        return 0;
    return err_set(err, ERR_CONNECT, "PASV knows IPv4 only and this is an IPv6 connection");
}

static int pasv_control_prepare(struct rung *r, struct err *err)
{
    return dial_control_host(r, "PASV", err);
}

/* 0.0.0.0 would be this very machine. */
static int pasv_prepare(struct rung *r, struct err *err)
{
    uint16_t port;
    if (passive_port(r, "PASV", &port, err) < 0)
        return -1;
    struct addr target = r->row->advertised;
    if (addr_family(&target) == AF_UNSPEC)
        return dial_control_port(r, port, err);
    addr_set_port(&target, port);
    if (addr_is_unspecified(&target)) {
        r->row->endpoint = target;
        err_set(err, ERR_CONNECT, "the server advertises 0.0.0.0, which nobody can dial");
        return fail(r, STAGE_CONNECT, RESULT_UNREACHABLE);
    }
    return passive_dial(r, &target, err);
}

void rung_name_proxy(const struct rung *r, struct err *err)
{
    char name[PROXY_TEXT];
    if (proxy_of(r) && !r->listening)
        err_wrap(err, "proxy %s", proxy_format(proxy_of(r), name, sizeof name));
}

/* Whether a proxy failed by itself or by its rules; else it tried, and in vain (proxy_talk.h). */
static bool is_proxys_own(const struct rung *r, const struct err *err)
{
    static const int in_vain[] = {0, ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT};
    for (size_t i = 0; i < sizeof in_vain / sizeof in_vain[0] && !r->connecting; i++) {
        if (err->sys == in_vain[i])
            return false;
    }
    return true;
}

/* First the connect, then what is to be said to the proxy. */
static int proxy_step(struct rung *r, struct err *err)
{
    if (r->connecting) {
        int rc = dial_result(r->fd, session_hop(r->session), err);
        if (rc < 0)
            rung_name_proxy(r, err);
        if (rc != 0)
            return rc;
        r->connecting = false;
    }
    int rc = proxy_talk_step(&r->talk, r->fd, err);
    r->events = r->talk.events;
    return rc;
}

static int passive_step(struct rung *r, int *fd, struct err *err)
{
    int rc = proxy_of(r) ? proxy_step(r, err) : dial_result(r->fd, &r->row->endpoint, err);
    if (rc < 0)
        r->row->by_proxy = proxy_of(r) && is_proxys_own(r, err);
    if (rc < 0)
        return fail(r, STAGE_CONNECT, result_of_err(err));
    if (rc == 0) {
        *fd = r->fd;
        r->fd = -1;
    }
    return rc;
}

/* ---- clear command channel (RFC 4217 section 12.3) ---- */

static int ccc_applies(const struct rung *r, struct err *err)
{
    if (session_can_clear(r->session))
        return pasv_applies(r, err);
    return err_set(err, ERR_CONNECT,
                   "the control connection is not under TLS: there is nothing to clear");
}

/* Once the NAT's FTP gateway can read the control connection, it rewrites the 227. */
static int ccc_prepare(struct rung *r, struct err *err)
{
    if (session_clear(r->session, r->until, r->row->reply, sizeof r->row->reply, err) < 0) {
        snprintf(r->row->command, sizeof r->row->command, "CCC");
        return fail(r, STAGE_COMMAND, result_of_err(err));
    }
    return pasv_prepare(r, err);
}

/* ---- active ---- */

static struct addr active_address(const struct rung *r)
{
    const struct addr *given = &r->ladder->active_address;
    return addr_family(given) != AF_UNSPEC ? *given : *session_local(r->session);
}

/* A private address is never offered to a public server (FIELD-NOTES 32): the NAT between them may
 * lend a port of its own. */
static bool needs_map(const struct rung *r)
{
    return addr_family(&r->ladder->active_address) == AF_UNSPEC &&
           addr_is_private(session_local(r->session)) && !addr_is_private(session_peer(r->session));
}

static int active_applies(const struct rung *r, struct err *err)
{
    char text[ADDR_TEXT];
    const struct addr *local = session_local(r->session);
    if (proxy_of(r))
        return err_set(err, ERR_CONNECT,
                       "the server cannot dial this client through a proxy: active mode needs "
                       "--proxy=off");
    const struct addr *given = &r->ladder->active_address;
    if (addr_family(given) != AF_UNSPEC && addr_family(given) != addr_family(local))
        return err_set(err, ERR_CONNECT,
                       "%s is not of the control connection's family, on which we listen",
                       addr_format(given, text, sizeof text));
    if (needs_map(r) && (r->ladder->port_map.mode == PORTMAP_OFF || addr_family(local) != AF_INET))
        return err_set(err, ERR_CONNECT,
                       "the server cannot dial this client's private address %s "
                       "(--active-address=ADDR names one that it can)",
                       addr_format(local, text, sizeof text));
    return 0;
}

/* EPRT, and PORT where that is not known and the address is IPv4. */
static int announce(struct rung *r, const struct addr *at, struct err *err)
{
    char arg[PORT_ARG_MAX], line[PORT_ARG_MAX + 8];
    struct reply reply;
    snprintf(line, sizeof line, "EPRT %s", eprt_argument(at, arg));
    if (ask(r, &reply, err, line) < 0)
        return -1;
    bool ipv4 = addr_family(at) == AF_INET;
    if (reply.code / 100 == 5 && ipv4) {
        reply_clear(&reply);
        snprintf(line, sizeof line, "PORT %s", port_argument(at, arg));
        if (ask(r, &reply, err, line) < 0)
            return -1;
    }
    int rc = reply_is_good(&reply) ? 0 : rejected(r, &reply, line, err);
    reply_clear(&reply);
    return rc;
}

/* Some of the rung's time must be left for the server to dial in. */
static int map_port(struct rung *r, const struct addr *bound, struct addr *at, struct err *err)
{
    const struct session_config *settings = session_settings(r->session);
    struct deadline until = deadline_in(deadline_left_ms(r->until) / 4 * 3);
    r->map = portmap_open(&r->ladder->port_map, bound, session_peer(r->session), settings->wait,
                          until, at, settings->log, err);
    if (r->map)
        return 0;
    return fail(r, STAGE_MAP, err->code == ERR_PROTOCOL ? RESULT_REFUSED : result_of_err(err));
}

static int active_prepare(struct rung *r, struct err *err)
{
    struct addr at = active_address(r), bound;
    r->fd = listen_open(session_local(r->session), &r->ladder->active_ports, &bound, err);
    if (r->fd < 0)
        return fail(r, STAGE_LISTEN, RESULT_UNREACHABLE);
    r->listening = true;
    r->events = POLLIN;
    addr_set_port(&at, addr_port(&bound));
    r->row->endpoint = at;
    if (needs_map(r) && map_port(r, &bound, &at, err) < 0)
        return -1;
    r->row->endpoint = at;
    return announce(r, &at, err);
}

static int active_step(struct rung *r, int *fd, struct err *err)
{
    struct addr peer;
    *fd = listen_accept(r->fd, session_peer(r->session), &peer, err);
    if (*fd == -2)
        return 1;
    return *fd < 0 ? fail(r, STAGE_ACCEPT, RESULT_UNREACHABLE) : 0;
}

/* ---- the table ---- */

static const struct strategy rows[STRATEGY_COUNT] = {
    [STRATEGY_EPSV] = {true, "EPSV", always_applies, epsv_prepare, passive_step},
    [STRATEGY_PASV_CONTROL_IP] = {true, "PASV", pasv_applies, pasv_control_prepare, passive_step},
    [STRATEGY_PASV] = {false, "PASV", pasv_applies, pasv_prepare, passive_step},
    [STRATEGY_ACTIVE] = {true, NULL, active_applies, active_prepare, active_step},
    [STRATEGY_CCC] = {false, NULL, ccc_applies, ccc_prepare, passive_step},
};

const struct strategy *strategy_row(enum strategy_id id)
{
    return &rows[id];
}

void rung_clear(struct rung *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    portmap_close(r->map);
    r->map = NULL;
    proxy_talk_clear(&r->talk);
}
