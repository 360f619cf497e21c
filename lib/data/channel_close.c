#include "data/channel_private.h"

#include <sys/socket.h>

enum { ABORT_MS = 1000, PROXY_FIN_MS = 2000, STRAY_READS = 16 };

/* ---- closing ---- */

/* Whether `state` leaves something to wait for. */
static bool wants(enum stream_state state)
{
    return state == STREAM_WANT_READ || state == STREAM_WANT_WRITE;
}

/* Proxies may take FIN for the end of both directions and lose what is on its way to the server:
 * through one, close_notify has to do, and FIN is for servers that wait for it all the same. */
static struct deadline fin_time(const struct channel *c)
{
    bool can_wait = session_settings(c->session)->proxy && stream_tls(c->stream)->active;
    return deadline_in(can_wait ? PROXY_FIN_MS : 0);
}

/* Both directions of an upload's data connection on the way to their end. */
struct farewell {
    enum stream_state out, in;
    struct deadline fin; /* when FIN follows close_notify */
    bool half_close;
    int stray;
};

static bool farewell_over(const struct farewell *f)
{
    return !wants(f->out) && !wants(f->in);
}

/* What can be done without waiting. Nobody sends data to an upload: no more than a word of it is
 * read. */
static void farewell_step(struct channel *c, struct farewell *f)
{
    unsigned char sink[2048];
    size_t got;
    if (!f->half_close && deadline_passed(f->fin)) {
        f->half_close = true;
        f->out = STREAM_WANT_WRITE;
    }
    if (wants(f->out)) {
        f->out = stream_finish(c->stream, f->half_close, NULL);
        if (f->out == STREAM_OK && f->half_close)
            channel_expect_end(c);
    }
    do {
        f->in = stream_read(c->stream, sink, sizeof sink, &got, NULL);
    } while (f->in == STREAM_OK && ++f->stray < STRAY_READS);
}

/* close_notify and FIN, then reading until the server has closed too or has confirmed: a descriptor
 * closed with unread tickets would reset the connection and lose what is on its way (FIELD-NOTES 7,
 * 8, 10). What goes wrong here shows in the final reply, and one that takes too long is asked for.
 */
static int finish_upload(struct channel *c, struct deadline until, bool *broken, struct err *err)
{
    struct farewell f = {.out = STREAM_WANT_WRITE, .in = STREAM_WANT_READ, .fin = fin_time(c)};
    for (;;) {
        farewell_step(c, &f);
        *broken = f.out == STREAM_ERROR || f.in == STREAM_ERROR;
        if (channel_check(c, err) < 0)
            return -1;
        if (channel_done(c) || farewell_over(&f))
            return 0;
        int rc = channel_wait(c, (short) (stream_events(f.out) | stream_events(f.in)),
                              f.half_close ? until : deadline_sooner(f.fin, until), err);
        if (rc < 0 || (rc == 0 && deadline_passed(until)))
            return rc;
    }
}

/* Replies come in order: one to the NOOP says that the final reply was skipped, unless the server
 * still works on the file beside its control connection, for which it gets the same time again. */
static int await_behind_noop(struct channel *c, struct deadline end, struct err *err)
{
    while (!channel_done(c)) {
        if (channel_next_reply(c, end, err) < 0)
            return -1;
        if (c->noops == 0)
            end = deadline_sooner(end, deadline_in(session_settings(c->session)->final_timeout_ms));
    }
    return 0;
}

/* A final reply that does not come may be lost with the NAT's memory of the connection: after its
 * own clock it is asked for with a NOOP, which brings it, a reset, or silence. */
static int await_confirmation(struct channel *c, struct err *err)
{
    const struct session_config *settings = session_settings(c->session);
    struct control *control = session_control(c->session);
    struct deadline end = deadline_sooner(deadline_in(settings->reply_timeout_ms), c->limit);
    struct err why = ERR_INIT;
    if (c->lost)
        return err_set(err, ERR_CLOSED, "the control connection is lost");
    struct deadline patience = deadline_in(settings->final_timeout_ms);
    if (channel_await_final(c, deadline_sooner(patience, end), &why) == 0)
        return 0;
    if (why.code != ERR_TIMEOUT || control_dead(control) || deadline_passed(settings->wait->limit))
        return err_take(err, &why);
    log_note(settings->log, "no final reply yet: asking with NOOP");
    channel_send_noop(c);
    return await_behind_noop(c, end, err);
}

/* Where more was asked than is answered, the final reply may be among the replies that came. */
static int confirm(struct channel *c, struct err *err)
{
    struct err why = ERR_INIT;
    if (await_confirmation(c, &why) == 0)
        return 0;
    if (why.code != ERR_CANCELLED && session_settle_final(c->session, &c->final))
        return 0;
    return err_take(err, &why);
}

static bool is_unconfirmed(const struct channel *c, const struct err *err)
{
    return !channel_done(c) && (err->code == ERR_TIMEOUT || err->code == ERR_CLOSED) &&
           !deadline_passed(session_settings(c->session)->wait->limit);
}

int channel_close(struct channel *c, struct channel_end *end, struct err *err)
{
    struct err why = ERR_INIT;
    struct deadline patience = deadline_in(session_settings(c->session)->reply_timeout_ms);
    struct deadline until = deadline_sooner(patience, c->limit);
    int rc = 0;
    *end = (struct channel_end){0};
    if (c->direction == CHANNEL_UP)
        rc = finish_upload(c, until, &end->broken, &why);
    else
        stream_finish(c->stream, true, NULL); /* vsftpd waits for it before its 226 */
    channel_look_for_refusal(c, deadline_in(0));
    stream_free(c->stream);
    c->stream = NULL;
    if (rc == 0)
        channel_ask_ahead(c, true);
    if (rc == 0 && (rc = confirm(c, &why)) < 0) {
        err_wrap(&why, "%s: waiting for the final reply", c->what);
        end->unconfirmed = is_unconfirmed(c, &why);
    }
    session_learn_early(c->session, c->payload <= CHANNEL_BRIEF);
    if (rc == 0)
        channel_ask_ahead(c, true);
    if (rc == 0)
        rc = channel_verdict(c, &why);
    if (rc < 0 && why.code == ERR_CANCELLED)
        channel_give_up(c);
    if (end->unconfirmed)
        control_mark_dead(session_control(c->session));
    channel_free(c);
    return rc < 0 ? err_take(err, &why) : 0;
}

/* An upload that ends by FIN would pass for a whole file. */
static void cut_upload(struct channel *c)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (c->stream && c->direction == CHANNEL_UP)
        setsockopt(stream_fd(c->stream), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* Within a moment both sides are in step, or the connection is given up. */
void channel_give_up(struct channel *c)
{
    struct control *control = session_control(c->session);
    struct wait alone = {NULL, DEADLINE_NEVER};
    const struct wait *usual = control_use_wait(control, &alone);
    struct deadline until = deadline_in(ABORT_MS);
    if (!control_dead(control) && control_outstanding(control) > 0)
        control_abort(control, until);
    cut_upload(c);
    stream_free(c->stream);
    c->stream = NULL;
    control_settle(control, until);
    control_use_wait(control, usual);
}

void channel_abort(struct channel *c, struct err *err)
{
    bool consequence = err_is_set(err) && (err->code == ERR_TRUNCATED || err->code == ERR_CLOSED);
    if (consequence && !control_dead(session_control(c->session)))
        (void) channel_await_final(c, deadline_in(LAST_WORDS_MS), NULL);
    if (consequence && c->final.code >= 400) {
        err_clear(err);
        channel_refused(c, err);
    }
    channel_give_up(c);
    channel_free(c);
}
