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

static int send_together(struct session *s, const struct ask *asks, size_t n, struct err *err)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (control_queue(s->control, err, "%s", asks[i].line) < 0)
            return -1;
    }
    return control_send(s->control, session_reply_deadline(s), err, "%s", asks[n - 1].line);
}

/* What was refused in company may be granted alone (FIELD-NOTES 70): then the server is one for one
 * command at a time. */
static int ask_refused_again(struct session *s, struct ask *asks, size_t n, struct err *err)
{
    for (size_t i = 1; i < n; i++) {
        if (asks[i].reply.code < 400)
            continue;
        reply_clear(&asks[i].reply);
        if (session_exchange(s, &asks[i].reply, session_reply_deadline(s), err, "%s",
                             asks[i].line) < 0)
            return -1;
        s->one_by_one = s->one_by_one || asks[i].reply.code < 400;
    }
    return 0;
}

int session_ask_all(struct session *s, struct ask *asks, size_t n, struct err *err)
{
    int rc = 0;
    if (s->one_by_one) {
        for (size_t i = 0; i < n && rc == 0; i++)
            rc = session_exchange(s, &asks[i].reply, session_reply_deadline(s), err, "%s",
                                  asks[i].line);
        return rc;
    }
    s->together = true;
    rc = send_together(s, asks, n, err);
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = control_read_final(s->control, &asks[i].reply, session_reply_deadline(s), err);
        if (rc == 0 && asks[i].reply.code == 421)
            return session_refused(&asks[i].reply, "the server ends the session", err);
    }
    s->together = rc < 0;
    return rc < 0 ? -1 : ask_refused_again(s, asks, n, err);
}
