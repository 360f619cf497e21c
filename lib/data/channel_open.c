#include "data/channel_private.h"
#include "net/dial.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PROXY_HELLO_MS = 250 };

/* ---- opening: one rung ---- */

enum outcome {
    OUTCOME_OPEN,
    OUTCOME_NEXT,    /* the rung failed: try another way */
    OUTCOME_PLAIN,   /* TLS resumption may be to blame: the same rung again with a full handshake */
    OUTCOME_PROTECT, /* the server has forgotten PROT P: the same rung again behind another */
    OUTCOME_AGAIN,   /* the same rung with another ticket, or another control connection */
    OUTCOME_GIVE_UP
};

struct opening {
    struct session *session;
    struct ladder *ladder;
    const struct channel_request *request;
    struct attempts *rows;
    size_t first_row;    /* of this ladder */
    struct deadline end; /* of the whole ladder, reconnecting aside */
    bool full_handshake;
    bool reminded;    /* of PROT P */
    struct err broke; /* how the rung's control connection did; none: it did not */
    bool forgiven;    /* a rung has had another chance after that */
    struct err lasts; /* why a rung failed that would fail on any other, too; none: nothing did */
};

/* A rung between its preparation and its end. */
struct rise {
    struct rung rung;
    struct channel *channel;
    int connected; /* a descriptor that waits for the transfer command; -1: none */
    bool shaking, ready;
    bool unresumed;       /* and nothing else is allowed */
    bool unwelcome;       /* our certificate is: only a session that is resumed needs none */
    struct deadline hold; /* of the ClientHello, for the sake of the transfer command */
};

/* Some forget PROT P behind EPSV and say so with the transfer command (FIELD-NOTES 17). */
static bool forgot_protection(const struct rise *t, const struct reply *r)
{
    return t->rung.row->private_data && (r->code == 521 || r->code == 534);
}

static int rise_fail(struct rise *t, enum attempt_stage stage, const struct err *err)
{
    t->rung.row->stage = stage;
    t->rung.row->result = result_of_err(err);
    return -1;
}

static enum attempt_stage rise_stage(const struct rise *t)
{
    if (t->ready)
        return STAGE_OPEN;
    if (t->shaking)
        return STAGE_TLS;
    return t->rung.listening ? STAGE_ACCEPT : STAGE_CONNECT;
}

/* REST goes directly before the transfer command, behind EPSV and its like (FIELD-NOTES 68). */
static int send_transfer(struct rise *t, const struct channel_request *q, struct err *err)
{
    struct control *control = session_control(t->rung.session);
    if (q->offset > 0) {
        struct reply r = {0};
        int rc = control_send(control, t->rung.until, err, "REST %lld", (long long) q->offset);
        if (rc == 0)
            rc = control_read(control, &r, t->rung.until, err);
        if (rc == 0 && r.code / 100 != 3)
            rc = session_refused(&r, "REST", err);
        reply_clear(&r);
        if (rc < 0)
            return -1;
    }
    return q->argument ? control_send(control, t->rung.until, err, "%s %s", q->command, q->argument)
                       : control_send(control, t->rung.until, err, "%s", q->command);
}

static int rise_connected(struct rise *t, int fd, bool full_handshake, struct err *err)
{
    struct session *s = t->rung.session;
    t->channel->stream = stream_new(fd, err);
    if (!t->channel->stream)
        return -1;
    t->ready = !session_private_data(s);
    t->shaking = !t->ready;
    if (t->ready)
        return 0;
    struct tls_setup setup = session_data_tls(s);
    setup.resume = setup.resume && !full_handshake;
    int rc = stream_start_tls(t->channel->stream, &setup, err);
    t->rung.row->offered = stream_tls(t->channel->stream)->offered;
    return rc;
}

/* The handshake is over. -1 where its outcome is not allowed (--tls-reuse=require). */
static int note_tls(struct rise *t, struct err *err)
{
    const struct tls_info *info = stream_tls(t->channel->stream);
    t->rung.row->tls = true;
    t->rung.row->resumed = info->resumed;
    memcpy(t->rung.row->tls_version, info->version, sizeof t->rung.row->tls_version);
    bool required = session_settings(t->rung.session)->tls_reuse == TLS_REUSE_REQUIRE;
    if (info->resumed || !required)
        return 0;
    t->unresumed = true;
    return err_set(err, ERR_TLS,
                   "the TLS session of the control connection was not resumed, as is required: %s",
                   info->offered ? "the server declined it" : "there was no ticket for it");
}

static int too_late(struct rise *t, struct err *err)
{
    err_set(err, ERR_TIMEOUT, "no data connection within %.3g s",
            (double) t->rung.ladder->timeout_ms / 1000);
    if (!t->ready && !t->shaking)
        rung_name_proxy(&t->rung, err);
    return rise_fail(t, rise_stage(t), err);
}

static bool is_proven(const struct rise *t)
{
    const struct ladder *l = t->rung.ladder;
    return l->proven >= 0 && l->rungs[l->proven] == t->rung.row->strategy;
}

/* Whether the transfer command may go out while the connect is still under way, which saves a round
 * trip. Where the connect then fails, the server sits in accept() with the command (the control
 * connection has to be rebuilt) and has emptied the file that STOR names. So only on a rung that
 * has worked; a listing or download on one that is remembered, too. */
static bool may_send_early(const struct rise *t)
{
    const struct ladder *l = t->rung.ladder;
    enum strategy_id id = t->rung.row->strategy;
    if (t->rung.listening || is_proven(t))
        return true;
    return t->channel->direction == CHANNEL_DOWN && l->recalled >= 0 && l->rungs[l->recalled] == id;
}

static int connect_first(struct rise *t, struct err *err)
{
    const struct strategy *strategy = strategy_row(t->rung.row->strategy);
    const struct wait *w = session_settings(t->rung.session)->wait;
    for (;;) {
        int rc = strategy->step(&t->rung, &t->connected, err);
        if (rc <= 0)
            return rc;
        struct wait_fd fd = {.fd = t->rung.fd, .want = t->rung.events};
        rc = wait_fds(w, &fd, 1, t->rung.until, err);
        if (rc == 0)
            return too_late(t, err);
        if (rc < 0)
            return rise_fail(t, STAGE_CONNECT, err);
    }
}

/* Through a proxy the ClientHello may overtake the transfer command, which travels on another
 * connection, and pyftpdlib hangs up on one that comes first. So it waits for 1yz, but not long:
 * ftp-srv says that only after the handshake (FIELD-NOTES 71). */
static bool holds_hello(const struct rise *t)
{
    const struct channel *c = t->channel;
    return t->shaking && session_settings(c->session)->proxy && !c->preliminary &&
           !channel_done(c) && !deadline_passed(t->hold);
}

/* The handshake is over. vsftpd waits for our close_notify before it ends a download, which costs a
 * round trip less where it is there by then: under TLS 1.3 one direction can be closed alone (RFC
 * 8446 section 6.1). Not for others: ProFTPD closes without having read it, by a reset that takes
 * what was not acknowledged with it. A file that is known to go out in one flight would be lost to
 * none, and noticed. */
static void begin_download(struct rise *t)
{
    struct channel *c = t->channel;
    if (c->direction != CHANNEL_DOWN)
        return;
    sock_acknowledge(stream_fd(c->stream));
    bool known = c->brief && !c->guessed && session_software(c->session) == SOFTWARE_VSFTPD;
    if (known && strcmp(stream_tls(c->stream)->version, "TLS1.3") == 0)
        stream_finish(c->stream, false, NULL);
    if (is_proven(t))
        channel_expect_end(c);
}

/* A step of connecting or of the handshake: 0 with what to poll for in *events, or -1. */
static int rise_step(struct rise *t, bool full_handshake, short *events, struct err *err)
{
    const struct strategy *strategy = strategy_row(t->rung.row->strategy);
    if (!t->ready && !t->shaking) {
        int fd = t->connected, rc = fd >= 0 ? 0 : strategy->step(&t->rung, &fd, err);
        *events = t->rung.events;
        if (rc != 0)
            return rc < 0 ? -1 : 0;
        t->connected = -1;
        if (rise_connected(t, fd, full_handshake, err) < 0)
            return rise_fail(t, STAGE_TLS, err);
        *events = 0;
    }
    if (t->shaking && !holds_hello(t)) {
        enum stream_state state = stream_handshake(t->channel->stream, err);
        *events = stream_events(state);
        if (state == STREAM_ERROR)
            return rise_fail(t, STAGE_TLS, err);
        if (state != STREAM_OK)
            return 0;
        if (note_tls(t, err) < 0)
            return rise_fail(t, STAGE_TLS, err);
        t->shaking = false;
        t->ready = true;
        begin_download(t);
    }
    return 0;
}

/* An empty file from a server that omits close_notify ends like a broken connection; its 226 tells
 * them apart, and the pump meets the same end again. */
static bool ended_confirmed(struct rise *t, struct err *err)
{
    struct channel *c = t->channel;
    if (err->code != ERR_TRUNCATED && err->code != ERR_CLOSED)
        return false;
    struct deadline until = deadline_sooner(t->rung.until, deadline_in(LAST_WORDS_MS));
    if (channel_await_final(c, until, NULL) < 0 || c->final.code / 100 != 2)
        return false;
    err_clear(err);
    return true;
}

/* What ends without a byte may be refused: vsftpd and ProFTPD close first and then say that the
 * session was not resumed, or the address another than the client's. Our own end is said before,
 * since vsftpd waits for it. */
static bool ended_refused(struct rise *t)
{
    struct channel *c = t->channel;
    struct deadline until = deadline_sooner(t->rung.until, deadline_in(LAST_WORDS_MS));
    if (channel_done(c) || c->lost)
        return false;
    stream_finish(c->stream, true, NULL);
    return channel_await_final(c, until, NULL) == 0 && c->final.code >= 300;
}

/* One that turns an address away may say nothing at all (Pure-FTPd, which waits for another). Who
 * spoke TLS with us did not. */
static bool ended_unseen(const struct rise *t, struct err *err)
{
    const struct channel *c = t->channel;
    if (t->rung.row->tls || c->preliminary || channel_done(c) || c->lost)
        return false;
    err_set(err, ERR_CLOSED, "the server closed the data connection without a word");
    return true;
}

/* A download counts as open with its first byte, its end or its final reply: until then a 425 or
 * 522 can still come and the next rung be tried. 1: open, 0: not yet, -1. */
static int first_bytes(struct rise *t, short *events, struct err *err)
{
    struct channel *c = t->channel;
    size_t got = 0;
    unsigned char *room = buf_reserve(&c->peek, PEEK_BYTES, err);
    if (!room)
        return -1;
    enum stream_state state = stream_read(c->stream, room, PEEK_BYTES, &got, err);
    buf_commit(&c->peek, got);
    *events = stream_events(state);
    if (state == STREAM_ERROR && ended_confirmed(t, err))
        return 1;
    if (state == STREAM_ERROR)
        return rise_fail(t, t->rung.row->tls ? STAGE_TLS : rise_stage(t), err);
    if (state == STREAM_EOF && ended_refused(t))
        return -1;
    if (state == STREAM_EOF && ended_unseen(t, err))
        return rise_fail(t, rise_stage(t), err);
    return state == STREAM_OK || state == STREAM_EOF || channel_done(c);
}

/* An upload is open when the server says so: it must not be sent to one that refuses it. */
static int rise_open(struct rise *t, short *events, struct err *err)
{
    *events = 0;
    if (t->channel->direction == CHANNEL_DOWN)
        return first_bytes(t, events, err);
    return t->channel->preliminary || channel_done(t->channel);
}

/* A control connection that closes behind 1yz takes the data of a download with it no sooner while
 * the channel opens than later (channel_check()). */
static bool outlives_control(struct rise *t, struct err *err)
{
    struct channel *c = t->channel;
    if (err->code != ERR_CLOSED || c->direction != CHANNEL_DOWN || !c->preliminary || !c->stream)
        return false;
    log_note(session_settings(c->session)->log, "%s; the data may go on", err->msg);
    err_clear(err);
    c->lost = true;
    return true;
}

/* Waits until either connection has something, the data connection for `events`. 1: it has, 0: the
 * channel is open as it is, -1 with stage and result in the row. */
static int rise_wait(struct rise *t, short events, struct err *err)
{
    struct channel *c = t->channel;
    int fd = c->stream ? stream_fd(c->stream) : t->rung.fd;
    bool held = holds_hello(t);
    struct deadline until = held ? deadline_sooner(t->hold, t->rung.until) : t->rung.until;
    int rc = channel_wait_for(c, fd, events, until, err);
    if (rc < 0)
        return rise_fail(t, rise_stage(t), err);
    if (rc > 0 || (held && !deadline_passed(t->rung.until)))
        return 1;
    if (t->ready && !c->lost)
        return 0; /* a server that never says 1yz, or reads its tape first */
    return too_late(t, err);
}

/* Watches both connections until the channel is open. 0, or -1 with stage and result in the row;
 * a negative final reply is left to the caller. */
static int rise_run(struct rise *t, bool full_handshake, struct err *err)
{
    struct channel *c = t->channel;
    for (;;) {
        short events = 0;
        if (!c->lost && channel_take_replies(c, err) < 0 && !outlives_control(t, err))
            return rise_fail(t, rise_stage(t), err);
        int rc = t->ready ? 0 : rise_step(t, full_handshake, &events, err);
        if (c->final.code >= 300)
            return -1;
        if (rc == 0 && t->ready)
            rc = rise_open(t, &events, err);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
        rc = rise_wait(t, events, err);
        if (rc <= 0)
            return rc;
    }
}

/* Whether the server said why the data connection failed. It is waited for only where it has seen
 * the connection: one whose SYN was refused on the way sits in accept() for a minute. */
static void last_words(struct rise *t, struct err *err)
{
    struct channel *c = t->channel;
    if (err->code == ERR_CANCELLED || control_dead(session_control(c->session)) || !c->stream)
        return;
    struct deadline until = deadline_sooner(t->rung.until, deadline_in(LAST_WORDS_MS));
    if (err->code == ERR_CERTIFICATE) /* some wait for our end first, which is no file's here */
        stream_finish(c->stream, true, NULL);
    (void) channel_await_final(c, until, NULL);
}

static void stop_out_of_step(struct session *s)
{
    if (control_outstanding(session_control(s)) > 0)
        control_mark_dead(session_control(s));
}

/* What a NAT could not rewrite explains the silence or refusal better than the system's words. */
static void blame_advertised(const struct rung *r, struct err *err)
{
    char text[ADDR_TEXT];
    const struct attempt *row = r->row;
    const struct addr *peer = session_peer(r->session);
    if (addr_family(peer) == AF_UNSPEC)
        return;
    if (row->stage == STAGE_CONNECT && addr_same_host(&row->advertised, &row->endpoint) &&
        addr_is_private(&row->advertised) && !addr_is_private(peer))
        err_wrap(err, "the server advertised the private address %s",
                 addr_format(&row->advertised, text, sizeof text));
}

/* The rung that worked before is tried again with another ticket, and any with another control
 * connection; on a new rung the first failure may be the way's and not TLS's. */
static enum outcome data_tls_failed(struct rise *t)
{
    bool proven = is_proven(t), lasts = t->unresumed || t->unwelcome;
    bool first = session_data_failed(t->rung.session, t->ready || t->unresumed);
    if (session_renewal_due(t->rung.session) || (first && (proven || lasts)))
        return OUTCOME_AGAIN;
    return lasts ? OUTCOME_GIVE_UP : OUTCOME_NEXT;
}

/* What this side did about the demand that the server's reply may be (FIELD-NOTES 1). */
static void tell_reuse(const struct rise *t, struct err *err)
{
    const struct attempt *row = t->rung.row;
    if (!row->tls || row->resumed)
        return;
    if (session_settings(t->rung.session)->tls_reuse == TLS_REUSE_OFF)
        err_wrap(err, "no TLS session was offered to be resumed, as --tls-reuse=off says");
    else if (row->offered)
        err_wrap(err, "the server did not resume the TLS session that was offered");
    else
        err_wrap(err, "the server gave no ticket to resume the TLS session with");
}

/* pyftpdlib turns a foreign address away and keeps the transfer for the next connection: another
 * rung begins with another control connection. Not for others: they may allow a client only one. */
static void forget_refused(const struct rise *t)
{
    const struct channel *c = t->channel;
    bool keeps = session_software(c->session) == SOFTWARE_PYFTPDLIB;
    if (keeps && c->final.code == 425 && c->stream && !t->rung.listening)
        control_mark_dead(session_control(c->session));
}

/* The server's reply ended the rung: about the data connection, or for good. */
static enum outcome rise_refused(struct rise *t, struct err *err)
{
    struct channel *c = t->channel;
    struct attempt *row = t->rung.row;
    bool path = channel_blames_path(&c->final, t->ready);
    err_clear(err);
    session_refused(&c->final, c->what, err);
    row->stage = rise_stage(t);
    row->result = t->ready && !path ? RESULT_OK : RESULT_REJECTED;
    if (!path)
        return OUTCOME_GIVE_UP;
    if (forgot_protection(t, &c->final))
        return OUTCOME_PROTECT;
    tell_reuse(t, err);
    if (row->tls)
        return data_tls_failed(t);
    forget_refused(t);
    return OUTCOME_NEXT;
}

/* No reply says why the rung failed. */
static enum outcome rise_broke(struct rise *t, const struct err *err)
{
    struct attempt *row = t->rung.row;
    bool required = session_settings(t->rung.session)->tls_reuse == TLS_REUSE_REQUIRE;
    if (err->code == ERR_CANCELLED ||
        deadline_passed(session_settings(t->rung.session)->wait->limit)) {
        channel_give_up(t->channel);
        row->result = result_of_err(err);
        return OUTCOME_GIVE_UP;
    }
    /* no FTP behind 1yz, which is no fault of the rung, whether data have come by then or not */
    if (err->code == ERR_PROTOCOL && t->channel->preliminary) {
        row->result = t->ready ? RESULT_OK : RESULT_REJECTED;
        return OUTCOME_GIVE_UP;
    }
    if (row->stage != STAGE_TLS)
        return OUTCOME_NEXT;
    if (row->offered && !required) {
        (void) session_data_failed(t->rung.session, false);
        return OUTCOME_PLAIN;
    }
    return row->result == RESULT_TIMEOUT ? OUTCOME_NEXT : data_tls_failed(t);
}

/* Whether our certificate is what the server does not like: `err` tells. */
static bool is_unwelcome(struct rise *t, struct err *err)
{
    struct channel *c = t->channel;
    struct err why = ERR_INIT;
    bool other = c->final.code && !channel_blames_path(&c->final, false);
    struct deadline until = deadline_sooner(t->rung.until, deadline_in(LAST_WORDS_MS));
    if (!c->stream || other || err->code == ERR_CANCELLED ||
        !stream_refuses_identity(c->stream, session_settings(c->session)->wait, until, &why))
        return false;
    *err = why;
    rise_fail(t, STAGE_TLS, err);
    return t->unwelcome = true;
}

/* What was seen here decides, else the reply to the transfer command, if one came. */
static enum outcome rise_ended(struct rise *t, struct err *err)
{
    struct channel *c = t->channel;
    if (c->final.code == 0)
        last_words(t, err);
    if (is_unwelcome(t, err))
        return t->rung.row->offered ? data_tls_failed(t) : OUTCOME_GIVE_UP;
    /* what we saw ourselves: what the server says of it is only the consequence */
    if (err->code == ERR_CERTIFICATE ||
        (err_is_set(err) && !c->stream && channel_blames_path(&c->final, false)))
        return OUTCOME_NEXT;
    return c->final.code >= 300 ? rise_refused(t, err) : rise_broke(t, err);
}

/* What a rung that failed means for the ladder. Uses up t->channel. */
static enum outcome rise_failed(struct rise *t, struct err *err)
{
    struct channel *c = t->channel;
    struct attempt *row = t->rung.row;
    enum outcome outcome;
    if (t->unresumed) {
        channel_give_up(c);
        outcome = data_tls_failed(t);
    } else {
        outcome = rise_ended(t, err);
    }
    blame_advertised(&t->rung, err);
    if (row->result != RESULT_OK)
        row->err = *err;
    channel_free(c);
    return outcome;
}

/* The data connection is open: what is to be known of its TLS session is noted. */
static void rise_opened(struct opening *o, struct rise *t)
{
    struct attempt *row = t->rung.row;
    struct session *s = o->session;
    row->stage = STAGE_OPEN;
    row->result = RESULT_OK;
    if (row->tls) {
        o->rows->resumed += row->resumed;
        o->rows->full += !row->resumed;
        row->downgraded = session_data_opened(s, stream_tls(t->channel->stream));
        o->rows->downgrades += row->downgraded;
    }
    if (row->downgraded)
        log_note(session_settings(s)->log, "the TLS session is not resumed any more");
    if (buf_len(&t->channel->peek) > 0)
        session_data_worked(s);
}

static enum outcome rung_climb(struct opening *o, struct rise *t, struct err *err)
{
    struct attempt *row = t->rung.row;
    const struct strategy *strategy = strategy_row(row->strategy);
    if (strategy->applies(&t->rung, err) < 0) {
        row->result = RESULT_SKIPPED;
        row->err = *err;
        return OUTCOME_NEXT;
    }
    t->channel = channel_new(o->session, o->request, row->strategy, err);
    if (!t->channel)
        return OUTCOME_GIVE_UP;
    t->channel->port_ms = o->ladder->timeout_ms;
    t->rung.transfer = t->channel->what;
    int rc = strategy->prepare(&t->rung, err);
    if (rc == 0 && !may_send_early(t))
        rc = connect_first(t, err);
    if (rc == 0 && send_transfer(t, o->request, err) < 0) {
        bool own_fault = err->code == ERR_USAGE || err->reply;
        if (err->code == ERR_USAGE) /* a name that cannot be sent */
            err_wrap(err, "%s", t->channel->what);
        rise_fail(t, STAGE_COMMAND, err);
        enum outcome outcome = rise_failed(t, err);
        return own_fault ? OUTCOME_GIVE_UP : outcome;
    }
    t->hold = deadline_in(PROXY_HELLO_MS);
    if (rc == 0)
        rc = rise_run(t, o->full_handshake, err);
    if (rc < 0)
        return rise_failed(t, err);
    rise_opened(o, t);
    t->channel->map = t->rung.map;
    t->rung.map = NULL;
    return OUTCOME_OPEN;
}

static enum outcome rung_try(struct opening *o, enum strategy_id id, struct channel **out,
                             struct err *err)
{
    int64_t start = clock_now_ms();
    bool begins = o->rows->n == o->first_row;
    struct rise t = {
        .rung = {.session = o->session,
                 .ladder = o->ladder,
                 .row = attempts_add(o->rows, id),
                 .until = deadline_sooner(deadline_in(o->ladder->timeout_ms), o->end),
                 .fd = -1},
        .connected = -1,
    };
    t.rung.row->begins = begins;
    t.rung.row->private_data = session_private_data(o->session);
    enum outcome outcome = rung_climb(o, &t, err);
    if ((outcome == OUTCOME_NEXT || outcome == OUTCOME_PLAIN) && session_broke(o->session, err))
        o->broke = *err;
    if (t.unresumed || t.unwelcome)
        o->lasts = *err;
    t.rung.row->ms = clock_now_ms() - start;
    rung_clear(&t.rung);
    if (t.connected >= 0)
        close(t.connected);
    if (outcome == OUTCOME_OPEN) {
        *out = t.channel;
        return outcome;
    }
    stop_out_of_step(o->session);
    const struct log *log = session_settings(o->session)->log;
    log_note(log, "%s: %s at %s: %s", strategy_name(id), result_name(t.rung.row->result),
             stage_name(t.rung.row->stage), err->msg);
    /* A refusal of the file itself says nothing about the strategy. */
    if (outcome == OUTCOME_GIVE_UP && t.rung.row->result == RESULT_REJECTED)
        attempts_drop_last(o->rows);
    return outcome;
}

/* ---- opening: the ladder ---- */

/* The rungs of this ladder that failed: "epsv timeout at command; ...". Returns dst. */
static const char *tell_rungs(const struct opening *o, char *dst, size_t size)
{
    size_t used = 0;
    dst[0] = '\0';
    for (size_t i = attempts_from(o->rows, o->first_row); i < o->rows->n && used < size; i++) {
        const struct attempt *row = attempts_row(o->rows, i);
        used += (size_t) snprintf(dst + used, size - used, "%s%s %s at %s", used ? "; " : "",
                                  strategy_name(row->strategy), result_name(row->result),
                                  stage_name(row->stage));
    }
    return dst;
}

/* Where time ran out on what another rung would not have done better, that is why. */
static int no_data_path(const struct opening *o, struct err *err)
{
    char all[sizeof err->msg];
    if (err_is_set(&o->lasts))
        return err_take(err, &o->lasts);
    return err_set(err, ERR_NO_DATA_PATH, "no data connection: %s", tell_rungs(o, all, sizeof all));
}

/* The proven rung, else the recalled one; -1: none has worked. */
static int known_rung(const struct ladder *l)
{
    return l->proven >= 0 ? l->proven : l->recalled;
}

static bool is_first(const struct ladder *l, enum strategy_id id)
{
    return known_rung(l) >= 0 && l->rungs[known_rung(l)] == id;
}

/* The control connection has clocks of its own: what rebuilding it takes is not taken from the
 * rungs that are still to come. Where it cannot be rebuilt, the rung that broke it is the first
 * cause. */
static int reconnect(struct opening *o, enum strategy_id id, struct err *err)
{
    char all[sizeof err->msg];
    int64_t start = clock_now_ms();
    if (is_first(o->ladder, id))
        channel_expect(o->session, o->ladder);
    int rc = err_is_set(&o->broke) ? session_recover(o->session, &o->broke, err) : 0;
    err_clear(&o->broke);
    if (rc < 0 || session_ready_for_data(o->session, err) < 0) {
        bool fell = err && err->code != ERR_CANCELLED && o->rows->n > o->first_row;
        return fell ? err_wrap(err, "after %s", tell_rungs(o, all, sizeof all)) : -1;
    }
    bool compress = o->request->compress && o->request->offset == 0;
    if (session_compress(o->session, compress, err) < 0)
        return -1;
    o->end.at_ms += clock_now_ms() - start;
    return 0;
}

static bool is_again(enum outcome o)
{
    return o == OUTCOME_PLAIN || o == OUTCOME_AGAIN || o == OUTCOME_PROTECT;
}

/* Says PROT P again, once: what is refused behind it is refused for another reason. */
static enum outcome remind(struct opening *o, struct err *err)
{
    if (o->reminded)
        return OUTCOME_NEXT;
    o->reminded = true;
    return session_protect(o->session, err) < 0 ? OUTCOME_GIVE_UP : OUTCOME_PROTECT;
}

/* A control connection that breaks need not have to do with the strategy: that has another chance,
 * once for all of them. Its row stays until there is a session to try it on. */
static bool deserves_another(struct opening *o)
{
    bool first = err_is_set(&o->broke) && !o->forgiven;
    o->forgiven |= first;
    return first;
}

/* One strategy, and again where TLS may be to blame and not the way: without resumption
 * (FIELD-NOTES 73), with another ticket or over another control connection, as often as tls/reuse.h
 * lets it (FIELD-NOTES 2, 5), with PROT P said again. */
static enum outcome climb_rung(struct opening *o, enum strategy_id id, struct channel **out,
                               struct err *err)
{
    enum outcome outcome;
    bool forgiven = false;
    o->full_handshake = false;
    do {
        struct err why = ERR_INIT;
        if (reconnect(o, id, err) < 0)
            return OUTCOME_GIVE_UP;
        if (forgiven)
            attempts_drop_last(o->rows);
        outcome = rung_try(o, id, out, &why);
        o->full_handshake = outcome == OUTCOME_PLAIN;
        if (outcome == OUTCOME_PROTECT)
            outcome = remind(o, err);
        if (outcome == OUTCOME_GIVE_UP && err && !err_is_set(err))
            *err = why;
        forgiven = deserves_another(o);
    } while ((forgiven || is_again(outcome)) && !deadline_passed(o->end));
    return outcome;
}

/* The rungs in the order to try them: the proven one first, else the recalled one. */
static size_t climbing_order(const struct ladder *l, size_t order[STRATEGY_COUNT])
{
    size_t n = 0;
    int first = known_rung(l);
    if (first >= 0)
        order[n++] = (size_t) first;
    for (size_t i = 0; i < l->n; i++) {
        if ((int) i != first)
            order[n++] = i;
    }
    return n;
}

/* What the first rung will ask, where it is one that has worked; NULL: nothing that can be asked
 * ahead. A rung that nobody knows may break the connection. */
static const char *first_command(const struct ladder *l)
{
    return known_rung(l) >= 0 ? strategy_row(l->rungs[known_rung(l)])->command : NULL;
}

void channel_expect(struct session *s, const struct ladder *l)
{
    session_expect_data(s, first_command(l), l->timeout_ms);
}

void channel_ask_port(struct session *s, const struct ladder *l)
{
    const char *command = first_command(l);
    if (command)
        session_ask_port_ahead(s, command, l->timeout_ms);
}

int channel_open(struct session *s, struct ladder *l, const struct channel_request *request,
                 struct attempts *rows, struct channel **out, struct err *err)
{
    size_t order[STRATEGY_COUNT];
    size_t n = climbing_order(l, order);
    struct opening o = {.session = s,
                        .ladder = l,
                        .request = request,
                        .rows = rows,
                        .first_row = rows->n,
                        .end = deadline_in(l->timeout_ms * (int64_t) n)};
    for (size_t i = 0; i < n; i++) {
        enum outcome outcome = climb_rung(&o, l->rungs[order[i]], out, err);
        if (outcome == OUTCOME_OPEN) {
            ladder_prove(l, order[i]);
            return 0;
        }
        if (outcome == OUTCOME_GIVE_UP)
            return -1;
        if (is_again(outcome) && err_is_set(&o.lasts))
            break;
    }
    return no_data_path(&o, err);
}
