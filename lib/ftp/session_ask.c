#include "ftp/session_private.h"

#include <stdio.h>

/* ---- one command ---- */

struct deadline session_reply_deadline(const struct session *s)
{
    return deadline_in(s->config.reply_timeout_ms);
}

int session_vexchange(struct session *s, struct reply *out, struct deadline until, struct err *err,
                      const char *fmt, va_list ap)
{
    *out = (struct reply){0};
    if (control_vsend(s->control, until, err, fmt, ap) < 0)
        return -1;
    return control_read_final(s->control, out, until, err);
}

int session_exchange(struct session *s, struct reply *out, struct deadline until, struct err *err,
                     const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = session_vexchange(s, out, until, err, fmt, ap);
    va_end(ap);
    return rc;
}

int session_refused(const struct reply *r, const char *what, struct err *err)
{
    char text[200];
    reply_summary(r, text, sizeof text);
    if (r->code < 400)
        return err_set(err, ERR_PROTOCOL, "%s: unexpected reply %s", what, text);
    return err_set_reply(err, r->code, "%s: %s", what, text);
}

int session_refused_as(enum err_code code, const struct reply *r, const char *what, struct err *err)
{
    char text[200];
    err_set(err, code, "%s: %s", what, reply_summary(r, text, sizeof text));
    if (err)
        err->reply = r->code;
    return -1;
}

/* ---- several commands at once ---- */

void asks_clear(struct ask *asks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        reply_clear(&asks[i].reply);
}

static int queue_ask(struct session *s, const struct ask *ask, struct err *err)
{
    int rc = ask->value ? control_queue(s->control, err, "%s %s", ask->verb, ask->value)
                        : control_queue(s->control, err, "%s", ask->verb);
    return rc < 0 && ask->what && err && err->code == ERR_USAGE ? err_wrap(err, "%s", ask->what)
                                                                : rc;
}

int piece_queue(struct session *s, struct piece *p, size_t upto, struct err *err)
{
    size_t first = p->sent;
    for (; p->sent < upto && !(s->one_by_one && p->sent > first); p->sent++) {
        if (p->asks[p->sent].verb && queue_ask(s, &p->asks[p->sent], err) < 0)
            return -1;
    }
    if (p->sent > first)
        p->first = first;
    if (p->sent > first + 1)
        s->together = !s->sociable;
    return 0;
}

int piece_send(struct session *s, struct piece *p, size_t upto, struct err *err)
{
    int rc = piece_queue(s, p, upto, err);
    return rc < 0 ? -1 : control_flush(s->control, session_reply_deadline(s), err);
}

int piece_next(struct session *s, struct piece *p, struct err *err)
{
    struct ask *ask = &p->asks[p->answered];
    if (p->answered == p->sent && piece_send(s, p, p->sent + 1, err) < 0)
        return -1;
    p->answered++;
    if (!ask->verb)
        return 0;
    struct err why = ERR_INIT;
    if (control_read_final(s->control, &ask->reply, session_reply_deadline(s), &why) == 0)
        return 0;
    if (why.code == ERR_TIMEOUT && p->answered == p->first + 1)
        s->together = false; /* silent from the first on: that is not it */
    return err_take(err, &why);
}

int piece_finish(struct session *s, struct piece *p, size_t upto, struct err *err)
{
    while (p->answered < upto) {
        const struct reply *r = &p->asks[p->answered].reply;
        if (piece_next(s, p, err) < 0)
            return -1;
        if (r->code == 421)
            return session_refused(r, "the server ends the session", err);
    }
    s->sociable |= s->together && p->answered == p->sent;
    s->together &= !s->sociable;
    return 0;
}

int piece_ask_again(struct session *s, struct ask *asks, size_t n, struct err *err)
{
    bool alone = s->one_by_one;
    for (size_t i = 0; i < n && !alone; i++) {
        if (asks[i].reply.code < 400)
            continue;
        reply_clear(&asks[i].reply);
        session_collect_ahead(s, NULL);
        if (session_exchange(s, &asks[i].reply, session_reply_deadline(s), err, "%s",
                             asks[i].verb) < 0)
            return -1;
        s->one_by_one |= asks[i].reply.code < 400;
    }
    return 0;
}
