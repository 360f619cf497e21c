#include "ftp/session_private.h"

#include <stdio.h>
#include <string.h>

enum { AHEAD_MS = 10000 /* an answer may wait so long */ };

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
    if (control_read_final(s->control, r, session_reply_deadline(s), NULL) < 0)
        control_mark_dead(s->control);
    else if (!session_is_ahead(s, r))
        s->no_ahead = true;
    s->ahead.asked = false;
}

void session_collect_ahead(struct session *s)
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
