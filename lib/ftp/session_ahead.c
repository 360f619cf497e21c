#include "ftp/session_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AHEAD_MS = 10000 /* a port may wait so long */ };

bool session_is_port(const struct reply *r)
{
    return r->code == 227 || r->code == 229;
}

/* EPSV, PASV: nothing else that is asked ahead has no argument. */
static bool asks_port(const struct early *e)
{
    return !strchr(e->line, ' ');
}

static void drop(struct early *e)
{
    free(e->line);
    reply_clear(&e->reply);
}

void session_forget_ahead(struct session *s)
{
    struct ahead *a = &s->ahead;
    while (a->n > 0)
        drop(&a->list[--a->n]);
    a->answered = 0;
    a->early = false;
    reply_clear(&a->held);
}

/* ---- with the login ---- */

void session_expect_data(struct session *s, const char *command, int64_t timeout_ms)
{
    snprintf(s->expected, sizeof s->expected, "%s", command ? command : "");
    s->port_ms = timeout_ms;
}

void session_ask_expected(struct session *s)
{
    struct ahead *a = &s->ahead;
    if (*s->expected && strcmp(s->expected, s->unanswered) != 0)
        session_ask_port_ahead(s, s->expected, s->port_ms);
    if (a->n > 0)
        a->list[a->n - 1].entry = true;
}

/* ---- behind a transfer ---- */

bool session_takes_ahead(const struct session *s)
{
    return s->control && !s->one_by_one && !control_dead(s->control);
}

/* Room for what is asked now: of what was asked before only a port still counts. */
static void drop_taken(struct session *s)
{
    struct ahead *a = &s->ahead;
    size_t kept = 0;
    for (size_t i = 0; i < a->n; i++) {
        if (i >= a->answered || asks_port(&a->list[i]))
            a->list[kept++] = a->list[i];
        else
            drop(&a->list[i]);
    }
    a->answered -= a->n - kept;
    a->n = kept;
}

static bool has_ahead(const struct session *s, const char *line)
{
    for (size_t i = 0; i < s->ahead.n; i++) {
        if (strcmp(s->ahead.list[i].line, line) == 0)
            return true;
    }
    return false;
}

void session_ask_ahead(struct session *s, const char *fmt, ...)
{
    struct ahead *a = &s->ahead;
    char line[PATH_BYTES + 64];
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    drop_taken(s);
    if (len < 0 || (size_t) len >= sizeof line || a->n == AHEAD_MAX || has_ahead(s, line) ||
        !session_takes_ahead(s))
        return;
    char *copy = strdup(line);
    if (!copy || control_queue(s->control, NULL, "%s", line) < 0) {
        free(copy);
        return;
    }
    a->list[a->n++] = (struct early){.line = copy};
    a->sent = control_sent(s->control);
}

void session_ask_port_ahead(struct session *s, const char *command, int64_t timeout_ms)
{
    s->port_ms = timeout_ms;
    if (!session_wants_pret(s))
        session_ask_ahead(s, "%s", command);
}

void session_send_ahead(struct session *s)
{
    if (s->ahead.n > s->ahead.answered)
        (void) control_flush(s->control, deadline_in(0), NULL);
}

bool session_keep_port(struct session *s, struct reply *r)
{
    struct ahead *a = &s->ahead;
    if (a->n != 1 || a->answered > 0 || !asks_port(&a->list[0]))
        return false;
    a->list[0].reply = *r;
    a->answered = 1;
    a->fresh = deadline_in(AHEAD_MS);
    *r = (struct reply){0};
    return true;
}

/* The reply to one of them. What asks for a port gets no more time than it has alone. */
static int read_early(struct session *s, struct early *e, struct err *err)
{
    struct err why = ERR_INIT;
    struct deadline until = session_reply_deadline(s);
    if (asks_port(e))
        until = deadline_sooner(until, deadline_in(s->port_ms));
    if (control_read_final(s->control, &e->reply, until, &why) == 0)
        return e->reply.code == 421 ? session_refused(&e->reply, e->line, err) : 0;
    if (why.code == ERR_TIMEOUT && asks_port(e))
        snprintf(s->unanswered, sizeof s->unanswered, "%s", e->line);
    return err_take(err, &why);
}

/* One that is refused where there was one before was asked for too early. */
static void note_port(struct session *s, const struct early *e)
{
    s->ahead.fresh = deadline_in(AHEAD_MS);
    s->not_early |= !e->entry && !session_is_port(&e->reply);
}

/* Replies that came while nobody called for them, as at a prompt, were those to the first. */
static void drop_missed(struct session *s)
{
    struct ahead *a = &s->ahead;
    size_t due = (size_t) control_outstanding(s->control);
    while (a->n - a->answered > due) {
        struct early *e = &a->list[a->answered];
        drop(e);
        memmove(e, e + 1, (--a->n - a->answered) * sizeof *e);
        a->early = false;
    }
}

void session_collect_ahead(struct session *s, struct err *err)
{
    struct ahead *a = &s->ahead;
    session_fall_in(s);
    if (a->n == a->answered)
        return;
    /* an abort has read what there was to read, or none will come */
    if (control_outstanding(s->control) == 0 || control_dead(s->control)) {
        session_forget_ahead(s);
        return;
    }
    drop_missed(s);
    int rc = control_flush(s->control, session_reply_deadline(s), err);
    for (; rc == 0 && a->answered < a->n; a->answered++) {
        struct early *e = &a->list[a->answered];
        rc = read_early(s, e, err);
        if (rc == 0 && asks_port(e))
            note_port(s, e);
    }
    if (rc == 0)
        return;
    control_mark_dead(s->control);
    session_forget_ahead(s);
}

/* ---- taking ---- */

bool session_was_mute(struct session *s, const char *command)
{
    bool mute = strcmp(s->unanswered, command) == 0;
    if (mute)
        s->unanswered[0] = '\0';
    return mute;
}

/* What has been sent since may have changed what a reply told, but not a port, nor that the server
 * does not do that, as it says with the login. */
static bool still_true(const struct session *s, const struct early *e)
{
    if (!asks_port(e))
        return control_sent(s->control) == s->ahead.sent;
    return !deadline_passed(s->ahead.fresh) &&
           (session_is_port(&e->reply) || (e->entry && !s->one_by_one && e->reply.code >= 500));
}

bool session_take_ahead(struct session *s, const char *line, struct reply *out)
{
    struct ahead *a = &s->ahead;
    for (size_t i = 0; i < a->answered; i++) {
        struct early *e = &a->list[i];
        if (strcmp(e->line, line) != 0)
            continue;
        bool good = e->reply.text && still_true(s, e);
        if (good) {
            *out = e->reply;
            e->reply = (struct reply){0};
        }
        drop(e);
        memmove(e, e + 1, (--a->n - i) * sizeof *e);
        a->answered--;
        return good;
    }
    return false;
}

bool session_take_port(struct session *s, const char *line, struct reply *out)
{
    bool taken = session_take_ahead(s, line, out);
    session_forget_ahead(s);
    return taken;
}
