#include "ftp/session.h"

#include "base/buf.h"
#include "ftp/listing.h"
#include "ftp/repeat.h"
#include "net/dial.h"
#include "net/proxy_dial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AHEAD_MS = 10000, /* an answer may wait so long */ };
enum { PASSWORD_MAX = 1024, RESYNC_MS = 1000, QUIT_MS = 1000, CLEAR_MS = 2000, BANNER_SHOWN = 256 };
enum { PAUSE_MS = 1000, PAUSE_MAX_MS = 4000 }; /* between tries to rebuild */

struct session {
    struct session_config config; /* its strings are ours */
    struct control *control;      /* NULL: not connected */
    struct tickets *tickets;      /* of this control connection */
    struct charset *charset;      /* NULL: none was asked for */
    bool logged_in, private_data;
    bool cleared;                      /* CCC: TLS has ended on the control connection */
    bool compressed, compress_refused; /* MODE Z */
    bool asked;                        /* the password came from ask_password() */
    bool tls12;                        /* TLS 1.3 did not do for data connections */
    struct reuse reuse;
    bool one_by_one; /* the server wants the answer to a command read before the next one comes */
    bool together;   /* several were under way when the session broke */
    struct {
        char command[8];
        bool asked;         /* its answer has not come */
        struct reply reply; /* it has; empty: none */
        struct deadline fresh;
    } ahead;       /* session_ask_ahead() */
    bool no_ahead; /* the server does not take that */
    unsigned generation;
    struct addr peer, hop, local;
    struct features features;
    char banner[BANNER_SHOWN];
    enum software software;
    char cwd[PATH_BYTES];
    char visit[PATH_BYTES]; /* the folder visited from cwd; "": none */
    bool out_of_step;       /* replies too many have come on this connection */
    bool astray;            /* the server may stand elsewhere than cwd and visit say */
    bool mute;              /* it was silent to a command that was sent again, too */
};

/* ---- making and freeing ---- */

static bool copy_string(const char **field)
{
    if (!*field)
        return true;
    *field = strdup(*field);
    return *field != NULL;
}

static void free_string(const char *s)
{
    if (!s)
        return;
    char *owned = (char *) (uintptr_t) s; /* copy_string() made it */
    wipe(owned, strlen(owned));
    free(owned);
}

struct session *session_new(const struct session_config *config, struct err *err)
{
    struct session *s = calloc(1, sizeof *s);
    if (s) {
        s->config = *config;
        s->reuse.mode = config->tls_reuse;
        struct session_config *c = &s->config;
        if (!c->tls_name || !*c->tls_name)
            c->tls_name = c->host;
        if (!c->port)
            c->port = c->tls == TLS_IMPLICIT ? FTPS_PORT : FTP_PORT;
        bool ok = copy_string(&c->host);
        ok = copy_string(&c->user) && ok;
        ok = copy_string(&c->account) && ok;
        ok = copy_string(&c->password) && ok;
        ok = copy_string(&c->tls_name) && ok;
        ok = copy_string(&c->charset) && ok;
        if (!ok)
            err_set(err, ERR_LOCAL, "out of memory");
        else if (!c->charset || (s->charset = charset_new(c->charset, err)))
            return s;
        session_free(s);
        return NULL;
    }
    err_set(err, ERR_LOCAL, "out of memory");
    return NULL;
}

static void disconnect(struct session *s)
{
    control_free(s->control);
    tickets_free(s->tickets);
    s->control = NULL;
    s->tickets = NULL;
    s->ahead.asked = false;
    reply_clear(&s->ahead.reply);
    s->logged_in = false;
    s->private_data = false;
    s->cleared = false;
    s->compressed = false;
    s->out_of_step = false;
}

void session_free(struct session *s)
{
    if (!s)
        return;
    disconnect(s);
    free_string(s->config.host);
    free_string(s->config.user);
    free_string(s->config.account);
    free_string(s->config.password);
    free_string(s->config.tls_name);
    free_string(s->config.charset);
    charset_free(s->charset);
    free(s);
}

struct session *session_clone(const struct session *s, const struct session_config *lent,
                              struct err *err)
{
    struct session_config config = s->config;
    config.ask_password = NULL;
    config.attended = false;
    config.reconnects = 0; /* it belongs to a pool, which has a patience of its own */
    config.trust = lent->trust;
    config.proxy = lent->proxy;
    config.wait = lent->wait;
    config.log = lent->log;
    struct session *twin = session_new(&config, err);
    if (!twin)
        return NULL;
    memcpy(twin->cwd, s->cwd, sizeof twin->cwd);
    twin->tls12 = s->tls12;
    twin->one_by_one = s->one_by_one;
    return twin;
}

/* ---- one command, without reconnecting ---- */

static struct deadline reply_deadline(const struct session *s)
{
    return deadline_in(s->config.reply_timeout_ms);
}

static int vexchange(struct session *s, struct reply *out, struct deadline until, struct err *err,
                     const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static int vexchange(struct session *s, struct reply *out, struct deadline until, struct err *err,
                     const char *fmt, va_list ap)
{
    *out = (struct reply){0};
    if (control_vsend(s->control, until, err, fmt, ap) < 0)
        return -1;
    return control_read_final(s->control, out, until, err);
}

static int exchange(struct session *s, struct reply *out, struct deadline until, struct err *err,
                    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static int exchange(struct session *s, struct reply *out, struct deadline until, struct err *err,
                    const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = vexchange(s, out, until, err, fmt, ap);
    va_end(ap);
    return rc;
}

static bool is_good(const struct reply *r)
{
    return r->code >= 200 && r->code < 300;
}

/* ---- several commands at once ---- */

/* A command of several, and what became of it. */
struct ask {
    const char *line;
    struct reply reply;
};

static void asks_clear(struct ask *asks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        reply_clear(&asks[i].reply);
}

static int send_together(struct session *s, const struct ask *asks, size_t n, struct err *err)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (control_queue(s->control, err, "%s", asks[i].line) < 0)
            return -1;
    }
    return control_send(s->control, reply_deadline(s), err, "%s", asks[n - 1].line);
}

/* What was refused in company may be granted alone (FIELD-NOTES 70): then the server is one for one
 * command at a time. */
static int ask_refused_again(struct session *s, struct ask *asks, size_t n, struct err *err)
{
    for (size_t i = 1; i < n; i++) {
        if (asks[i].reply.code < 400)
            continue;
        reply_clear(&asks[i].reply);
        if (exchange(s, &asks[i].reply, reply_deadline(s), err, "%s", asks[i].line) < 0)
            return -1;
        s->one_by_one = s->one_by_one || asks[i].reply.code < 400;
    }
    return 0;
}

/* Commands none of which needs the answer to another: in one piece, or one by one where the server
 * is known to want that. All replies are there afterwards, whatever their codes. */
static int ask_all(struct session *s, struct ask *asks, size_t n, struct err *err)
{
    int rc = 0;
    if (s->one_by_one) {
        for (size_t i = 0; i < n && rc == 0; i++)
            rc = exchange(s, &asks[i].reply, reply_deadline(s), err, "%s", asks[i].line);
        return rc;
    }
    s->together = true;
    rc = send_together(s, asks, n, err);
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = control_read_final(s->control, &asks[i].reply, reply_deadline(s), err);
        if (rc == 0 && asks[i].reply.code == 421)
            return session_refused(&asks[i].reply, "the server ends the session", err);
    }
    s->together = rc < 0;
    return rc < 0 ? -1 : ask_refused_again(s, asks, n, err);
}

int session_refused(const struct reply *r, const char *what, struct err *err)
{
    char text[200];
    reply_summary(r, text, sizeof text);
    if (r->code < 400)
        return err_set(err, ERR_PROTOCOL, "%s: unexpected reply %s", what, text);
    return err_set_reply(err, r->code, "%s: %s", what, text);
}

/* A refusal that has a code of its own, with the reply kept. */
static int refused_as(enum err_code code, const struct reply *r, const char *what, struct err *err)
{
    char text[200];
    err_set(err, code, "%s: %s", what, reply_summary(r, text, sizeof text));
    if (err)
        err->reply = r->code;
    return -1;
}

/* ---- connecting ---- */

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
    int rc = exchange(s, &r, clock, err, "HOST %s", s->config.host);
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
    if (exchange(s, &r, clock, err, "AUTH TLS") < 0)
        return -1;
    int rc = 0;
    if (r.code == 234)
        rc = start_tls(s, clock, err);
    else if (r.code == 421)
        rc = session_refused(&r, "AUTH TLS", err);
    else if (s->config.tls == TLS_REQUIRE)
        rc = refused_as(ERR_TLS, &r,
                        "the server refuses TLS (--tls=off would send the password in clear)", err);
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

static int open_control(struct session *s, struct err *err)
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

/* ---- logging in (RFC 959 section 5.4: USER, PASS, ACCT) ---- */

static int need_password(struct session *s, struct err *err)
{
    struct session_config *c = &s->config;
    if (c->password)
        return 0;
    char typed[PASSWORD_MAX] = "";
    if (!c->ask_password)
        return err_set(err, ERR_LOGIN, "%s wants a password for %s and none was given", c->host,
                       c->user);
    int rc = c->ask_password(c->ask_ctx, c->user, c->host, typed, sizeof typed, err);
    if (rc == 0 && !(c->password = strdup(typed)))
        rc = err_set(err, ERR_LOCAL, "out of memory");
    wipe(typed, sizeof typed);
    s->asked = rc == 0;
    return rc;
}

/* A mistyped password is asked for again next time. */
static void forget_asked_password(struct session *s)
{
    if (!s->asked)
        return;
    free_string(s->config.password);
    s->config.password = NULL;
    s->asked = false;
}

static int login_verdict(const struct session *s, const struct reply *r, struct err *err)
{
    char what[200];
    snprintf(what, sizeof what, "login of %s at %s", s->config.user, s->config.host);
    if (r->code / 100 == 4)
        return session_refused(r, what, err);
    return refused_as(ERR_LOGIN, r, what, err);
}

/* One of the three steps; 0 when the server wants nothing more, its 33z code when it does. */
static int login_step(struct session *s, const char *verb, const char *what, const char *value,
                      struct err *err)
{
    struct reply r;
    if (exchange(s, &r, reply_deadline(s), err, "%s %s", verb, value) < 0)
        return err && err->code == ERR_USAGE ? err_wrap(err, "%s", what) : -1;
    int rc = is_good(&r) ? 0 : r.code >= 330 && r.code <= 339 ? r.code : login_verdict(s, &r, err);
    reply_clear(&r);
    return rc;
}

static int login(struct session *s, struct err *err)
{
    struct session_config *c = &s->config;
    int next = login_step(s, "USER", "the user name", c->user, err);
    if (next > 0 && next != 332) {
        if (need_password(s, err) < 0)
            return -1;
        next = login_step(s, "PASS", "the password", c->password, err);
        if (next < 0 && err_is_set(err) && err->code == ERR_LOGIN)
            forget_asked_password(s);
    }
    if (next == 332) {
        if (!c->account)
            return err_set(err, ERR_LOGIN, "%s wants an account (ACCT) for %s and none was given",
                           c->host, c->user);
        next = login_step(s, "ACCT", "the account", c->account, err);
    }
    if (next > 0)
        return err_set(err, ERR_LOGIN, "%s: the server asks for more than user, password, account",
                       c->host);
    s->logged_in = next == 0;
    return next;
}

/* ---- what follows the login ---- */

/* RFC 4217 section 9: a refused PBSZ is a quirk (FIELD-NOTES 16), a refused PROT P is the end. */
static int note_protection(struct session *s, const struct reply *r, struct err *err)
{
    s->private_data = is_good(r);
    if (s->private_data || s->config.tls == TLS_PREFER)
        return 0;
    return refused_as(ERR_TLS, r, "the server refuses to protect data connections", err);
}

int session_protect(struct session *s, struct err *err)
{
    struct ask asks[] = {{.line = "PBSZ 0"}, {.line = "PROT P"}};
    int rc = ask_all(s, asks, 2, err);
    if (rc == 0)
        rc = note_protection(s, &asks[1].reply, err);
    asks_clear(asks, 2);
    return rc;
}

/* OPTS (RFC 2389 section 4); a server that refuses is left as it is. */
static int ask_option(struct session *s, const char *option, const char *value, struct err *err)
{
    struct reply r;
    if (!s->one_by_one)
        return control_post(s->control, err, "OPTS %s %s", option, value);
    int rc = exchange(s, &r, reply_deadline(s), err, "OPTS %s %s", option, value);
    reply_clear(&r);
    return rc;
}

static int note_features(struct session *s, const struct reply *r, struct err *err)
{
    char facts[FACTS_MAX];
    int rc = 0;
    s->features = (struct features){0};
    if (is_good(r))
        features_parse(r->text, &s->features);
    if (features_has(&s->features, FEATURE_UTF8) && !s->charset)
        rc = ask_option(s, "UTF8", "ON", err);
    if (rc == 0 && features_missing_facts(&s->features, facts))
        rc = ask_option(s, "MLST", facts, err);
    return rc;
}

/* A server without PWD has no folder to show; that is no error. */
static void note_folder(const struct reply *r, char dst[PATH_BYTES])
{
    if (r->code != 257 || path_from_257(reply_last_line(r), dst, NULL) < 0)
        dst[0] = '\0';
}

static int ask_folder(struct session *s, char dst[PATH_BYTES], struct err *err)
{
    struct reply r;
    if (exchange(s, &r, reply_deadline(s), err, "PWD") < 0)
        return -1;
    note_folder(&r, dst);
    reply_clear(&r);
    return 0;
}

/* CWD or CDUP. Until its outcome is known the server may stand anywhere. */
static int change_folder(struct session *s, const char *path, struct err *err)
{
    struct reply r;
    s->astray = true;
    int rc = strcmp(path, "..") == 0 ? exchange(s, &r, reply_deadline(s), err, "CDUP")
                                     : exchange(s, &r, reply_deadline(s), err, "CWD %s", path);
    if (rc < 0)
        return err_wrap(err, "%s", path);
    s->astray = false;
    if (!is_good(&r))
        rc = session_refused(&r, path, err);
    reply_clear(&r);
    return rc;
}

/* Brings the server to the folder that the session says it is in: after a rebuild, a visit, or a
 * change whose outcome is not known. Where that folder is gone the session stays where it is, and
 * only this once it is an error: a relative name would mean something else. */
static int settle_from(struct session *s, const char now[PATH_BYTES], struct err *err)
{
    struct err why = ERR_INIT;
    s->astray = true;
    bool elsewhere = s->cwd[0] && strcmp(s->cwd, now) != 0;
    if (elsewhere && change_folder(s, s->cwd, &why) < 0) {
        if (s->astray)
            return err_take(err, &why);
        memcpy(s->cwd, now, sizeof s->cwd);
        s->visit[0] = '\0';
        err_wrap(&why, "the folder is gone, now in %s", now);
        return err_take(err, &why);
    }
    if (!s->cwd[0])
        memcpy(s->cwd, now, sizeof s->cwd);
    s->astray = false;
    return s->visit[0] ? change_folder(s, s->visit, err) : 0;
}

static int settle_folder(struct session *s, struct err *err)
{
    char now[PATH_BYTES];
    s->astray = true;
    return ask_folder(s, now, err) < 0 ? -1 : settle_from(s, now, err);
}

/* What follows the login, for which no reply is needed before the next command. PBSZ may be refused
 * (FIELD-NOTES 16). FEAT comes here and not sooner, since many servers refuse it before the login
 * or show less (FIELD-NOTES 45). */
static int set_up(struct session *s, char now[PATH_BYTES], struct err *err)
{
    enum { PBSZ, PROT, FEAT, TYPE, PWD, COUNT };
    struct ask asks[COUNT] = {[PBSZ] = {.line = "PBSZ 0"},
                              [PROT] = {.line = "PROT P"},
                              [FEAT] = {.line = "FEAT"},
                              [TYPE] = {.line = "TYPE I"},
                              [PWD] = {.line = "PWD"}};
    bool tls = stream_tls(control_stream(s->control))->active;
    size_t from = tls ? 0 : FEAT;
    int rc = ask_all(s, asks + from, COUNT - from, err);
    if (rc == 0 && tls)
        rc = note_protection(s, &asks[PROT].reply, err);
    if (rc == 0 && !is_good(&asks[TYPE].reply))
        rc = session_refused(&asks[TYPE].reply, "TYPE I", err);
    if (rc == 0)
        rc = note_features(s, &asks[FEAT].reply, err);
    note_folder(&asks[PWD].reply, now);
    asks_clear(asks, COUNT);
    return rc;
}

/* Replies of a cancelled command may still come; a server that sends them soon keeps its session.
 */
static void resync(struct session *s)
{
    struct wait alone = {NULL, DEADLINE_NEVER};
    const struct wait *usual = control_use_wait(s->control, &alone);
    struct deadline until = deadline_in(RESYNC_MS);
    while (control_outstanding(s->control) > 0 && !control_dead(s->control)) {
        struct reply r = {0};
        if (control_read(s->control, &r, until, NULL) < 0)
            control_mark_dead(s->control);
        reply_clear(&r);
    }
    control_use_wait(s->control, usual);
}

static int try_enter(struct session *s, struct err *err)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): not the login() of utmp.h */
    return open_control(s, err) == 0 && login(s, err) == 0 ? 0 : -1;
}

static bool blames_identity(const struct session *s, const struct err *why)
{
    return s->control && stream_blames_identity(control_stream(s->control), why);
}

/* A person who was asked about the certificate may have thought for longer than the clock, or the
 * server, allowed: then once more, with the answer that is known now. Once more as well where the
 * server may have left for want of a client certificate: a connection that is only lost, with many
 * servers that ask for one and need none, is not lost twice at the same place. */
static int enter(struct session *s, struct err *err)
{
    struct err why = ERR_INIT, again = ERR_INIT;
    unsigned asked = trust_asked(s->config.trust);
    if (try_enter(s, &why) == 0)
        return 0;
    bool late = why.code == ERR_CONNECT || why.code == ERR_CLOSED || why.code == ERR_TLS;
    if (!(late && trust_asked(s->config.trust) != asked) && !blames_identity(s, &why))
        return err_take(err, &why);
    log_note(s->config.log, "%s; once more", why.msg);
    disconnect(s);
    if (try_enter(s, &again) == 0)
        return 0;
    if (blames_identity(s, &again))
        stream_blame_identity(control_stream(s->control), &again);
    return err_take(err, &again);
}

/* Where the folder is gone there is a session all the same. */
static int begin(struct session *s, struct err *err)
{
    char now[PATH_BYTES];
    s->together = false;
    if (enter(s, err) == 0 && set_up(s, now, err) == 0)
        return settle_from(s, now, err);
    disconnect(s);
    return -1;
}

/* ---- the port of the next data connection ---- */

void session_ask_ahead(struct session *s, const char *command)
{
    reply_clear(&s->ahead.reply);
    if (s->no_ahead || s->one_by_one || s->ahead.asked || control_dead(s->control) ||
        session_wants_pret(s))
        return;
    snprintf(s->ahead.command, sizeof s->ahead.command, "%s", command);
    s->ahead.asked = control_send(s->control, deadline_in(0), NULL, "%s", command) == 0;
}

bool session_is_ahead(struct session *s, struct reply *r)
{
    if (!s->ahead.asked || (r->code != 227 && r->code != 229))
        return false;
    s->ahead.asked = false;
    s->ahead.reply = *r;
    s->ahead.fresh = deadline_in(AHEAD_MS);
    *r = (struct reply){0};
    return true;
}

/* Both sides in step again. *r is empty, or what came in the place of a port. */
static void read_ahead(struct session *s, struct reply *r)
{
    *r = (struct reply){0};
    if (!s->ahead.asked)
        return;
    if (control_read_final(s->control, r, reply_deadline(s), NULL) < 0)
        control_mark_dead(s->control);
    else if (!session_is_ahead(s, r))
        s->no_ahead = true;
    s->ahead.asked = false;
}

static void collect_ahead(struct session *s)
{
    struct reply r;
    read_ahead(s, &r);
    reply_clear(&r);
}

void session_swap_ahead(struct session *s, struct reply *final)
{
    struct reply other;
    read_ahead(s, &other);
    if (other.code / 100 == 2) {
        reply_clear(final);
        *final = other;
        return;
    }
    reply_clear(&other);
}

bool session_take_ahead(struct session *s, const char *command, struct reply *out)
{
    bool there = s->ahead.reply.text && strcmp(command, s->ahead.command) == 0 &&
                 !deadline_passed(s->ahead.fresh);
    if (there) {
        *out = s->ahead.reply;
        s->ahead.reply = (struct reply){0};
    }
    reply_clear(&s->ahead.reply);
    return there;
}

int session_connect(struct session *s, struct err *err)
{
    if (s->control && s->logged_in && !control_dead(s->control)) {
        collect_ahead(s);
        resync(s);
    }
    if (session_alive(s))
        return s->astray ? settle_folder(s, err) : 0;
    disconnect(s);
    if (s->generation > 0)
        log_note(s->config.log, "reconnecting to %s", s->config.host);
    s->generation++;
    struct err why = ERR_INIT;
    int rc = begin(s, &why);
    if (rc < 0 && s->together && why.code == ERR_CLOSED) {
        log_news(s->config.log, "%s: %s; connecting again, with one command at a time",
                 s->config.host, why.msg);
        s->one_by_one = true;
        disconnect(s);
        err_clear(&why);
        rc = begin(s, &why);
    }
    return rc < 0 ? err_take(err, &why) : 0;
}

static void say_goodbye(struct session *s, bool wait_for_reply)
{
    if (session_alive(s)) {
        struct reply r = {0};
        struct wait alone = {NULL, DEADLINE_NEVER};
        const struct wait *usual = control_use_wait(s->control, &alone);
        struct deadline until = deadline_in(QUIT_MS);
        if (control_send(s->control, until, NULL, "QUIT") == 0 && wait_for_reply)
            control_read_final(s->control, &r, until, NULL);
        reply_clear(&r);
        stream_finish(control_stream(s->control), true, NULL);
        control_use_wait(s->control, usual);
    }
}

void session_quit(struct session *s)
{
    say_goodbye(s, true);
    disconnect(s);
}

void session_part(struct session *s)
{
    say_goodbye(s, false);
    disconnect(s);
}

/* ---- commands ---- */

/* A person is told once: a server that does so may do it all the time. */
static void note_strays(struct session *s)
{
    s->astray = true;
    if (s->out_of_step)
        log_note(s->config.log, "more replies than commands, again");
    else
        log_news(s->config.log, "%s: more replies than commands; bringing both sides in step again",
                 s->config.host);
    s->out_of_step = true;
}

/* What stands in the buffer before a command is sent answers no command: a 421, or the last words
 * of a server that has closed since. Noticed here, the session is rebuilt instead of failing. Where
 * it lives on, what the commands before were told may have been meant for others: PWD, which only
 * one code answers, brings both sides in step, and shows where the server stands. */
static void drain_strays(struct session *s, struct err *err)
{
    struct reply r = {0};
    unsigned strays = 0;
    while (session_alive(s) && control_try(s->control, &r, err) > 0) {
        if (r.code == 421)
            session_refused(&r, "the server ends the session", err);
        else
            strays++;
        reply_clear(&r);
    }
    if (s->control)
        strays += control_strays(s->control);
    if (strays > 0 && session_alive(s))
        note_strays(s);
}

int session_ready(struct session *s, struct err *err)
{
    struct err why = ERR_INIT;
    if (s->control && !control_dead(s->control))
        collect_ahead(s);
    drain_strays(s, &why);
    return session_broke(s, &why) ? session_recover(s, &why, err) : session_connect(s, err);
}

bool session_broke(const struct session *s, const struct err *why)
{
    bool lost = why->code == ERR_CLOSED || why->code == ERR_TRUNCATED || why->reply == 421;
    return lost && s->control && control_dead(s->control);
}

bool session_silent(const struct session *s, const struct err *why)
{
    return why->code == ERR_TIMEOUT && !s->mute && s->config.reconnects > 0 &&
           !deadline_passed(s->config.wait->limit) && s->control &&
           (control_dead(s->control) || control_outstanding(s->control) > 0);
}

static bool may_pass(const struct session *s, const struct err *why)
{
    return why->code == ERR_CONNECT || why->code == ERR_CLOSED ||
           why->code == ERR_REPLY_TRANSIENT ||
           (why->code == ERR_TIMEOUT && !deadline_passed(s->config.wait->limit));
}

int session_recover(struct session *s, const struct err *why, struct err *err)
{
    int64_t ms = PAUSE_MS;
    log_news(s->config.log, "%s: %s; connecting again", s->config.host, why->msg);
    for (int left = s->config.reconnects;; left--) {
        struct err now = ERR_INIT;
        if (session_connect(s, &now) == 0)
            return 0;
        if (left <= 0 || !may_pass(s, &now))
            return err_take(err, &now);
        log_news(s->config.log, "%s; trying again in %d s", now.msg, (int) (ms / 1000));
        if (wait_fds(s->config.wait, NULL, 0, deadline_in(ms), err) < 0)
            return -1;
        ms = ms < PAUSE_MAX_MS ? 2 * ms : PAUSE_MAX_MS;
    }
}

static enum repeat repeat_of_format(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

static enum repeat repeat_of_format(const char *fmt, va_list ap)
{
    char head[32]; /* verb and subcommand */
    vsnprintf(head, sizeof head, fmt, ap);
    enum repeat repeat = repeat_of(head);
    wipe(head, sizeof head);
    return repeat;
}

/* Whether a command that failed so is to be sent again. */
static bool is_repeatable(const struct session *s, enum repeat repeat, const struct err *why)
{
    if (session_broke(s, why))
        return repeat == REPEAT_SAFE || repeat == REPEAT_SLOW;
    return session_silent(s, why) && repeat == REPEAT_SAFE;
}

/* Rebuilds the session for that. A server that stays silent is asked once more only once. */
static int recover_for_again(struct session *s, const struct err *why, struct err *err)
{
    bool mute = why->code == ERR_TIMEOUT;
    int rc = session_recover(s, why, err);
    s->mute |= mute;
    return rc;
}

/* The old control connection goes when the new one is there: one that cannot be had, for the number
 * of connections or a password that was good once, costs nothing but the trial. */
static bool renew_ahead(struct session *s)
{
    struct err why = ERR_INIT;
    reply_clear(&s->ahead.reply); /* a port of the old connection */
    struct session old = *s;
    log_note(s->config.log, "the tickets for data connections will expire soon: logging in again");
    s->control = NULL;
    s->tickets = NULL;
    s->asked = false; /* a password that is refused now was good, and is kept */
    disconnect(s);
    int rc = session_connect(s, &why);
    s->asked = old.asked;
    if (rc == 0) {
        say_goodbye(&old, true);
        control_free(old.control);
        tickets_free(old.tickets);
        return true;
    }
    log_note(s->config.log, "that failed, going on as before: %s", why.msg);
    disconnect(s);
    *s = old;
    return false;
}

/* With QUIT first, for the sake of servers that allow no second connection. */
static int renew_now(struct session *s, enum renewal why, struct err *err)
{
    s->tls12 = s->tls12 || why == RENEWAL_TLS12;
    if (why == RENEWAL_TLS12)
        log_news(s->config.log, "%s: it refuses data connections under TLS 1.3; trying TLS 1.2",
                 s->config.host);
    else
        log_note(s->config.log, "TLS has failed on two data connections: logging in again");
    session_quit(s);
    return session_connect(s, err);
}

int session_ready_for_data(struct session *s, struct err *err)
{
    if (session_ready(s, err) < 0)
        return -1;
    if (!s->private_data)
        return 0;
    enum renewal renewal = reuse_renewal(&s->reuse, s->tickets);
    if (renewal == RENEWAL_NONE)
        return 0;
    if (renewal == RENEWAL_AHEAD) {
        reuse_renewed(&s->reuse, renewal, renew_ahead(s));
        return 0;
    }
    int rc = renew_now(s, renewal, err);
    reuse_renewed(&s->reuse, renewal, rc == 0);
    return rc;
}

bool session_renewal_due(const struct session *s)
{
    enum renewal due = s->tickets ? reuse_renewal(&s->reuse, s->tickets) : RENEWAL_NONE;
    return due == RENEWAL_NOW || due == RENEWAL_TLS12;
}

bool session_data_failed(struct session *s, bool refused)
{
    return reuse_failed(&s->reuse, refused);
}

bool session_data_opened(struct session *s, const struct tls_info *tls)
{
    return reuse_opened(&s->reuse, tls->offered, tls->resumed);
}

void session_data_worked(struct session *s)
{
    reuse_worked(&s->reuse);
}

static int vcommand(struct session *s, struct reply *out, struct err *err, const char *fmt,
                    va_list ap) __attribute__((format(printf, 4, 0)));

/* vexchange(), with 421 as the error that it is. */
static int try_command(struct session *s, struct reply *out, struct err *err, const char *fmt,
                       va_list ap) __attribute__((format(printf, 4, 0)));

static int try_command(struct session *s, struct reply *out, struct err *err, const char *fmt,
                       va_list ap)
{
    int rc = vexchange(s, out, reply_deadline(s), err, fmt, ap);
    if (rc < 0 || out->code != 421)
        return rc;
    session_refused(out, "the server ends the session", err);
    reply_clear(out);
    return -1;
}

static int vcommand(struct session *s, struct reply *out, struct err *err, const char *fmt,
                    va_list ap)
{
    struct err why = ERR_INIT;
    va_list head, again;
    *out = (struct reply){0};
    if (session_ready(s, err) < 0)
        return -1;
    va_copy(head, ap);
    va_copy(again, ap);
    int rc = try_command(s, out, &why, fmt, ap);
    if (rc < 0 && !is_repeatable(s, repeat_of_format(fmt, head), &why)) {
        err_take(err, &why);
    } else if (rc < 0 && (rc = recover_for_again(s, &why, err)) == 0) {
        rc = try_command(s, out, err, fmt, again);
        s->mute &= rc < 0;
    }
    va_end(head);
    va_end(again);
    return rc;
}

int session_command(struct session *s, struct reply *out, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = vcommand(s, out, err, fmt, ap);
    va_end(ap);
    return rc;
}

int session_expect(struct session *s, struct reply *out, const char *what, struct err *err,
                   const char *fmt, ...)
{
    struct reply own = {0};
    struct reply *r = out ? out : &own;
    va_list ap;
    va_start(ap, fmt);
    int rc = vcommand(s, r, err, fmt, ap);
    va_end(ap);
    if (rc < 0)
        err_wrap(err, "%s", what);
    else if (!is_good(r))
        rc = session_refused(r, what, err);
    if (!out || rc < 0)
        reply_clear(r);
    return rc;
}

static int cd_once(struct session *s, const char *path, struct err *err)
{
    char before[PATH_BYTES], now[PATH_BYTES];
    if (change_folder(s, path, err) < 0)
        return -1;
    s->astray = true; /* until PWD has told where this is */
    memcpy(before, s->cwd, sizeof before);
    if (ask_folder(s, now, err) < 0)
        return -1;
    s->astray = false;
    if (now[0])
        memcpy(s->cwd, now, sizeof s->cwd);
    else if (path_join(before, path, s->cwd, NULL) < 0)
        s->cwd[0] = '\0';
    return 0;
}

/* A session that is rebuilt is back where it was: the change is safe to repeat. */
static int change_twice(struct session *s, const char *path,
                        int (*change)(struct session *s, const char *path, struct err *err),
                        struct err *err)
{
    struct err why = ERR_INIT;
    if (session_ready(s, err) < 0)
        return -1;
    if (change(s, path, &why) == 0)
        return 0;
    if (!is_repeatable(s, REPEAT_SAFE, &why))
        return err_take(err, &why);
    if (recover_for_again(s, &why, err) < 0)
        return -1;
    int rc = change(s, path, err);
    s->mute &= rc < 0;
    return rc;
}

int session_cd(struct session *s, const char *path, struct err *err)
{
    return change_twice(s, path, cd_once, err);
}

int session_visit(struct session *s, const char *path, struct err *err)
{
    if (strlen(path) >= sizeof s->visit)
        return err_set(err, ERR_USAGE, "the path is too long");
    if (change_twice(s, path, change_folder, err) < 0)
        return -1;
    memcpy(s->visit, path, strlen(path) + 1);
    return 0;
}

void session_leave(struct session *s)
{
    s->visit[0] = '\0';
    s->astray = true;
}

/* Digits alone; -1 when they are none or too many for a file. */
static int64_t decimal(const char *text)
{
    int64_t n = 0;
    while (*text == ' ')
        text++;
    if (*text < '0' || *text > '9')
        return -1;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (n > (INT64_MAX - 9) / 10)
            return -1;
        n = n * 10 + (*text - '0');
    }
    return n;
}

int session_size(struct session *s, const char *path, int64_t *size, struct err *err)
{
    struct reply r;
    int rc = session_expect(s, &r, path, err, "SIZE %s", path);
    if (rc == 0) {
        *size = decimal(reply_last_line(&r));
        if (*size < 0)
            rc = err_set(err, ERR_PROTOCOL, "%s: SIZE was answered with no size: %s", path,
                         reply_last_line(&r));
    }
    reply_clear(&r);
    return rc;
}

int session_mdtm(struct session *s, const char *path, int64_t *mtime, struct err *err)
{
    struct reply r;
    int rc = session_expect(s, &r, path, err, "MDTM %s", path);
    if (rc == 0)
        rc = ftptime_parse(reply_last_line(&r), strlen(reply_last_line(&r)), mtime, err);
    reply_clear(&r);
    return rc;
}

/* ---- clearing the control connection ---- */

/* Both ends say close_notify, in either order: Pure-FTPd waits for ours, ProFTPD sends its own at
 * once (FIELD-NOTES 42, 72). A server that never says it has ended TLS all the same. */
static int end_control_tls(struct session *s, struct deadline until, struct err *err)
{
    struct stream *stream = control_stream(s->control);
    struct deadline clock = deadline_sooner(until, deadline_in(CLEAR_MS));
    unsigned char stray[64];
    size_t got;
    if (stream_finish(stream, false, err) == STREAM_ERROR)
        return -1;
    for (;;) {
        enum stream_state state = stream_read(stream, stray, sizeof stray, &got, err);
        if (state == STREAM_EOF)
            break;
        if (state == STREAM_OK)
            return err_set(err, ERR_PROTOCOL, "an unexpected reply where TLS ends");
        if (state == STREAM_ERROR)
            return -1;
        struct wait_fd fd = {.fd = stream_fd(stream), .want = stream_events(state)};
        int rc = wait_fds(s->config.wait, &fd, 1, clock, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            break;
    }
    return stream_stop_tls(stream, err);
}

/* A gateway reads a segment only where it saw the one before end a line, as Linux's does: under TLS
 * none has. One whole reply in clear lets it find its place before the one that matters. */
static int show_gateway_a_line(struct session *s, struct deadline until, struct err *err)
{
    struct reply r;
    int rc = exchange(s, &r, until, err, "NOOP");
    reply_clear(&r);
    return rc;
}

bool session_can_clear(const struct session *s)
{
    return s->cleared || session_tls(s)->active;
}

int session_clear(struct session *s, struct deadline until, char *reply, size_t size,
                  struct err *err)
{
    struct reply r;
    if (s->cleared)
        return 0;
    if (exchange(s, &r, until, err, "CCC") < 0) {
        control_mark_dead(s->control); /* whether TLS goes on is not known */
        return err_wrap(err, "CCC");
    }
    reply_summary(&r, reply, size);
    int rc = is_good(&r) ? 0 : session_refused(&r, "CCC", err);
    reply_clear(&r);
    if (rc < 0)
        return -1;
    if (control_has_unread(s->control)) {
        control_mark_dead(s->control);
        return err_set(err, ERR_PROTOCOL, "CCC: an unexpected reply where TLS ends");
    }
    log_note(s->config.log, "from here on commands and file names travel in clear");
    if (end_control_tls(s, until, err) < 0) {
        control_mark_dead(s->control);
        return err_wrap(err, "CCC");
    }
    s->cleared = true;
    return show_gateway_a_line(s, until, err);
}

/* ---- compression ---- */

int session_compress(struct session *s, bool on, struct err *err)
{
    struct reply r;
    if (session_ready(s, err) < 0)
        return -1;
    bool want = on && !s->compress_refused && features_has(&s->features, FEATURE_MODE_Z);
    if (want == s->compressed)
        return 0;
    if (exchange(s, &r, reply_deadline(s), err, "MODE %s", want ? "Z" : "S") < 0)
        return -1;
    int rc = 0;
    if (is_good(&r))
        s->compressed = want;
    else if (want)
        s->compress_refused = true;
    else
        rc = session_refused(&r, "MODE S", err);
    reply_clear(&r);
    if (rc < 0)
        control_mark_dead(s->control); /* the next one starts with it */
    return rc;
}

bool session_compressed(const struct session *s)
{
    return s->compressed;
}

/* ---- what is known ---- */

const char *session_host(const struct session *s)
{
    return s->config.host;
}

uint16_t session_port(const struct session *s)
{
    return s->config.port;
}

const char *session_user(const struct session *s)
{
    return s->config.user;
}

const char *session_cwd(const struct session *s)
{
    return s->cwd;
}

const char *session_banner(const struct session *s)
{
    return s->banner;
}

enum software session_software(const struct session *s)
{
    return s->software;
}

const struct features *session_features(const struct session *s)
{
    return &s->features;
}

const struct tls_info *session_tls(const struct session *s)
{
    static const struct tls_info none;
    return s->control ? stream_tls(control_stream(s->control)) : &none;
}

const struct addr *session_peer(const struct session *s)
{
    return &s->peer;
}

const struct addr *session_hop(const struct session *s)
{
    return &s->hop;
}

const struct addr *session_local(const struct session *s)
{
    return &s->local;
}

bool session_wants_pret(const struct session *s)
{
    return features_has(&s->features, FEATURE_PRET) && s->software != SOFTWARE_PUREFTPD;
}

bool session_alive(const struct session *s)
{
    return s->control && s->logged_in && !control_dead(s->control) &&
           control_outstanding(s->control) == (s->ahead.asked ? 1 : 0);
}

bool session_private_data(const struct session *s)
{
    return s->private_data;
}

unsigned session_generation(const struct session *s)
{
    return s->generation;
}

struct control *session_control(struct session *s)
{
    return s->control;
}

struct charset *session_charset(struct session *s)
{
    return s->charset;
}

struct tls_setup session_data_tls(struct session *s)
{
    return (struct tls_setup){.trust = s->config.trust,
                              .name = s->config.tls_name,
                              .port = s->config.port,
                              .tickets = s->tickets,
                              .resume = s->config.tls_reuse != TLS_REUSE_OFF,
                              .no_tls13 = s->tls12,
                              .group = session_tls(s)->group};
}

const struct session_config *session_settings(const struct session *s)
{
    return &s->config;
}
