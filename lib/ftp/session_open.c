#include "ftp/session_private.h"

#include "net/dial.h"
#include "net/proxy_dial.h"

#include <string.h>

/* What comes where a greeting should be may be the proxy's own. */
static int blame_proxy(const struct session *s, struct err *err)
{
    char text[PROXY_TEXT];
    if (!s->config.proxy)
        return -1;
    return err_wrap(err, "through proxy %s", proxy_format(s->config.proxy, text, sizeof text));
}

/* 120 says "ready in nnn minutes": the clock decides how long that may be. */
static int read_banner(struct session *s, struct deadline clock, struct err *err)
{
    struct reply r = {0};
    if (control_read_final(s->control, &r, clock, err) < 0) {
        if (err && err->code == ERR_TIMEOUT && s->config.tls != TLS_IMPLICIT)
            err_wrap(err, "no greeting (if the port expects TLS at once, use ftps://)");
        return blame_proxy(s, err);
    }
    reply_summary(&r, s->banner, sizeof s->banner);
    s->software = software_guess(r.text); /* of all its lines: Pure-FTPd's name is in the first */
    control_know_software(s->control, s->software);
    int rc = r.code == 220 ? 0 : session_refused(&r, "greeting", err);
    reply_clear(&r);
    return rc;
}

/* HOST (RFC 7151) chooses one of several hosts behind an address, and its certificate: before AUTH
 * and USER. Servers that take the name from TLS (RFC 6066) need no round trip for it; IIS does not.
 * One without the command, or without such a host, goes on as it is. */
static int name_host(struct session *s, struct deadline clock, struct err *err)
{
    struct addr address;
    if (s->software != SOFTWARE_IIS || addr_parse(s->config.host, &address, NULL) == 0)
        return 0;
    struct reply r;
    int rc = session_exchange(s, &r, clock, err, "HOST %s", s->config.host);
    reply_clear(&r);
    return rc;
}

static int start_tls(struct session *s, struct deadline clock, struct err *err)
{
    if (control_has_unread(s->control))
        return err_set(err, ERR_PROTOCOL, "the server sent plain text ahead of TLS");
    struct tls_setup setup = {.trust = s->config.trust,
                              .name = s->config.tls_name,
                              .port = s->config.port,
                              .may_ask = s->config.attended,
                              .no_tls13 = s->tls12,
                              .tickets = s->tickets};
    struct stream *stream = control_stream(s->control);
    if (stream_start_tls(stream, &setup, err) < 0 ||
        stream_handshake_wait(stream, s->config.wait, clock, err) < 0)
        return -1;
    s->reuse.tls13 = strcmp(stream_tls(stream)->version, "TLS1.3") == 0;
    s->reuse.tls12_ok = !s->tls12 && trust_allows_tls12(s->config.trust);
    return 0;
}

/* RFC 4217 section 4. */
static int auth_tls(struct session *s, struct deadline clock, struct err *err)
{
    struct reply r;
    if (session_exchange(s, &r, clock, err, "AUTH TLS") < 0)
        return -1;
    int rc = 0;
    if (r.code == 234)
        rc = start_tls(s, clock, err);
    else if (r.code == 421)
        rc = session_refused(&r, "AUTH TLS", err);
    else if (s->config.tls == TLS_REQUIRE)
        rc = session_refused_as(
            ERR_TLS, &r, "the server refuses TLS (--tls=off would send the password in clear)",
            err);
    else
        log_note(s->config.log,
                 "the server refuses TLS: going on in clear, as --tls=prefer allows");
    reply_clear(&r);
    return rc;
}

/* What ran out on the way to a greeting and TLS is a failure to connect, unless it was the limit
 * for everything. */
static void as_connect_failure(struct session *s, struct err *err)
{
    if (err && err->code == ERR_TIMEOUT && !deadline_passed(s->config.wait->limit))
        err->code = ERR_CONNECT;
}

/* The address at the other end is the proxy's where there is one, and says nothing of the server.
 */
static int dial_server(struct session *s, struct deadline clock, struct err *err)
{
    const struct session_config *c = &s->config;
    s->hop = s->peer = (struct addr){0};
    int fd = c->proxy
                 ? proxy_dial(c->proxy, c->host, c->port, c->family, &s->hop, c->wait, clock,
                              c->log, err)
                 : dial_host(c->host, c->port, c->family, &s->hop, c->wait, clock, c->log, err);
    if (fd >= 0 && !c->proxy)
        s->peer = s->hop;
    return fd;
}

int session_open(struct session *s, struct err *err)
{
    const struct session_config *c = &s->config;
    struct deadline clock = deadline_in(c->connect_timeout_ms);
    int fd = dial_server(s, clock, err);
    if (fd < 0)
        return -1;
    s->local = sock_local(fd);
    s->tickets = tickets_new();
    s->control = control_new(fd, c->wait, c->log, err);
    if (!s->control || !s->tickets)
        return err_set(err, ERR_LOCAL, "out of memory");
    control_use_charset(s->control, s->charset);
    int rc = c->tls == TLS_IMPLICIT ? start_tls(s, clock, err) : 0;
    if (rc == 0)
        rc = read_banner(s, clock, err);
    if (rc == 0)
        rc = name_host(s, clock, err);
    if (rc == 0 && (c->tls == TLS_REQUIRE || c->tls == TLS_PREFER))
        rc = auth_tls(s, clock, err);
    if (rc < 0) {
        as_connect_failure(s, err);
        err_wrap(err, "%s", c->host);
    }
    return rc;
}
