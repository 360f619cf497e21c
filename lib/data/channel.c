#include "data/channel_private.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTERIM_MAX = 64 };

struct stream *channel_stream(struct channel *c)
{
    return c->stream;
}

struct session *channel_session(struct channel *c)
{
    return c->session;
}

enum strategy_id channel_strategy(const struct channel *c)
{
    return c->strategy;
}

bool channel_compressed(const struct channel *c)
{
    return c->compressed;
}

bool channel_done(const struct channel *c)
{
    return c->final.code != 0;
}

struct channel *channel_new(struct session *s, const struct channel_request *request,
                            enum strategy_id id, struct err *err)
{
    struct channel *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    c->session = s;
    c->direction = request->direction;
    c->strategy = id;
    c->more = request->more;
    c->ahead = request->ahead;
    c->ahead_ctx = request->ahead_ctx;
    c->limit = c->early = DEADLINE_NEVER;
    c->brief = request->brief;
    c->guessed = request->guessed;
    c->compressed = session_compressed(s);
    snprintf(c->what, sizeof c->what, "%s%s%s", request->command, request->argument ? " " : "",
             request->argument ? request->argument : "");
    buf_init(&c->peek, PEEK_BYTES);
    return c;
}

void channel_free(struct channel *c)
{
    if (!c)
        return;
    stream_free(c->stream);
    portmap_close(c->map);
    buf_clear(&c->peek);
    reply_clear(&c->final);
    free(c);
}

/* ---- the control connection beside it ---- */

/* Whether it answers a NOOP in between: servers that do not take commands during a transfer refuse
 * it with 50x (FIELD-NOTES 72), and what was asked ahead of it before. */
static bool answers_noop(const struct channel *c, const struct reply *r)
{
    bool refusal = r->code >= 500 && r->code <= 503 && !session_sorts_early(c->session);
    return c->noops > 0 && (r->code == 200 || refusal);
}

/* Sorts a reply: the final one, one to a NOOP, or 1yz. Takes it over. */
static void sort_reply(struct channel *c, struct reply *r)
{
    if (answers_noop(c, r))
        c->noops--;
    else if (r->code >= 200)
        session_sort_final(c->session, r, &c->final);
    else
        c->preliminary = true;
    if (r->code < 200 && ++c->interim > INTERIM_MAX)
        control_mark_dead(session_control(c->session));
    reply_clear(r);
}

int channel_take_replies(struct channel *c, struct err *err)
{
    while (!channel_done(c)) {
        struct reply r = {0};
        int rc = control_try(session_control(c->session), &r, err);
        if (rc <= 0)
            return rc;
        sort_reply(c, &r);
    }
    return 0;
}

bool channel_blames_path(const struct reply *r, bool open)
{
    switch (r->code) {
    case 426: /* what had been open is broken: that is the transfer's failure */
        return !open;
    case 425:
    case 521:
    case 522:
    case 534:
        return true;
    case 450: {
        const char *text = reply_last_line(r);
        return strstr(text, "TLS") || strstr(text, "SSL");
    }
    default:
        return false;
    }
}

void channel_look_for_refusal(struct channel *c, struct deadline until)
{
    const struct wait *w = session_settings(c->session)->wait;
    if (c->direction == CHANNEL_UP && c->stream)
        (void) stream_refuses_identity(c->stream, w, until, &c->refusal);
}

/* The final reply is not good. Under TLS 1.3 our certificate is refused when an upload may have
 * begun, and the server's alert says more than its reply. */
int channel_refused(struct channel *c, struct err *err)
{
    if (channel_blames_path(&c->final, false))
        channel_look_for_refusal(c, deadline_in(LAST_WORDS_MS));
    if (err_is_set(&c->refusal))
        return err_take(err, &c->refusal);
    return session_refused(&c->final, c->what, err);
}

/* vsftpd refuses an upload's TLS session behind its 150. */
int channel_verdict(struct channel *c, struct err *err)
{
    if (reply_is_good(&c->final)) {
        session_data_worked(c->session);
        return 0;
    }
    if (session_private_data(c->session) && channel_blames_path(&c->final, true))
        (void) session_data_failed(c->session, true);
    return channel_refused(c, err);
}

/* Data can flow on after the control connection is gone, as when a NAT has forgotten it: what
 * became of the transfer is asked when the data have ended (FIELD-NOTES 38). */
int channel_check(struct channel *c, struct err *err)
{
    struct err why = ERR_INIT;
    if (!c->lost && channel_take_replies(c, &why) < 0) {
        if (why.code != ERR_CLOSED)
            return err_take(err, &why);
        log_note(session_settings(c->session)->log, "%s; the data go on", why.msg);
        c->lost = true;
    }
    return channel_done(c) ? channel_verdict(c, err) : 0;
}

void channel_send_noop(struct channel *c)
{
    struct control *control = session_control(c->session);
    if (channel_done(c) || c->lost || control_dead(control))
        return;
    if (control_send(control, deadline_in(0), NULL, "NOOP") == 0)
        c->noops++;
}

void channel_keep_alive(struct channel *c, int64_t ms)
{
    c->noop_ms = ms;
    c->noop = ms > 0 ? deadline_in(ms) : DEADLINE_NEVER;
}

void channel_limit(struct channel *c, struct deadline until)
{
    c->limit = until;
}

/* ---- commands in front of the final reply ---- */

void channel_expect_end(struct channel *c)
{
    int64_t ms = session_early_ms(c->session);
    bool any = ms == 0 && c->direction == CHANNEL_UP;
    if (ms >= 0 && (c->brief || any) && (c->more || c->ahead))
        c->early = deadline_in(ms);
}

/* FIELD-NOTES 72. At the end of a download most servers name a port; with an upload they may still
 * be busy. */
static bool may_ask_ahead(const struct channel *c, bool ended)
{
    const struct session *s = c->session;
    if (c->lost || c->noops > 0 || !session_takes_ahead(s))
        return false;
    if (channel_done(c))
        return reply_is_good(&c->final);
    return deadline_passed(c->early) ||
           (ended && c->direction == CHANNEL_DOWN && session_takes_early(s));
}

void channel_ask_ahead(struct channel *c, bool ended)
{
    const char *command = strategy_row(c->strategy)->command;
    if (!may_ask_ahead(c, ended))
        return;
    c->early = DEADLINE_NEVER;
    if (c->ahead)
        c->ahead(c->ahead_ctx, c->session);
    if (c->more && command)
        session_ask_port_ahead(c->session, command, c->port_ms);
    if (channel_done(c))
        session_send_ahead(c->session);
    else
        session_send_early(c->session);
    c->ahead = NULL;
    c->more = false;
}

/* ---- waiting ---- */

/* Once the final reply is there nothing on the control connection concerns this transfer. */
static int wait_both(struct channel *c, int data_fd, short events, struct deadline until,
                     struct err *err)
{
    struct stream *control = control_stream(session_control(c->session));
    struct wait_fd fds[] = {
        {.fd = events ? data_fd : -1, .want = events},
        {.fd = channel_done(c) || c->lost ? -1 : stream_fd(control), .want = POLLIN},
    };
    int rc = wait_fds(session_settings(c->session)->wait, fds, 2, until, err);
    return rc > 0 ? 1 : rc;
}

/* Says what is due. */
static void speak(struct channel *c)
{
    if (deadline_passed(c->early)) {
        channel_ask_ahead(c, false);
        c->early = DEADLINE_NEVER; /* where it may not, the end brings another chance */
    }
    if (c->noop_ms <= 0 || !deadline_passed(c->noop))
        return;
    channel_send_noop(c);
    c->noop = deadline_in(c->noop_ms);
}

int channel_next_reply(struct channel *c, struct deadline until, struct err *err)
{
    for (;;) {
        struct reply r = {0};
        struct err why = ERR_INIT;
        struct deadline wake = deadline_sooner(until, c->early);
        int rc = control_read(session_control(c->session), &r, wake, &why);
        if (rc == 0)
            sort_reply(c, &r);
        if (rc == 0 || why.code != ERR_TIMEOUT || deadline_passed(until))
            return rc < 0 ? err_take(err, &why) : 0;
        speak(c);
    }
}

int channel_await_final(struct channel *c, struct deadline until, struct err *err)
{
    while (!channel_done(c)) {
        if (channel_next_reply(c, until, err) < 0)
            return -1;
    }
    return 0;
}

int channel_wait_for(struct channel *c, int data_fd, short events, struct deadline until,
                     struct err *err)
{
    for (;;) {
        speak(c);
        struct deadline wake = deadline_sooner(until, c->early);
        if (c->noop_ms > 0)
            wake = deadline_sooner(wake, c->noop);
        int rc = wait_both(c, data_fd, events, wake, err);
        if (rc != 0 || deadline_passed(until))
            return rc;
    }
}

int channel_wait(struct channel *c, short data_events, struct deadline until, struct err *err)
{
    if (c->map)
        portmap_keep(c->map);
    return channel_wait_for(c, stream_fd(c->stream), data_events, until, err);
}

enum stream_state channel_read(struct channel *c, void *mem, size_t size, size_t *got,
                               struct err *err)
{
    size_t have = buf_len(&c->peek);
    enum stream_state state = STREAM_OK;
    if (have > 0) {
        *got = have < size ? have : size;
        memcpy(mem, buf_data(&c->peek), *got);
        buf_consume(&c->peek, *got);
    } else {
        state = stream_read(c->stream, mem, size, got, err);
    }
    c->payload += state == STREAM_OK ? (int64_t) *got : 0;
    return state;
}
