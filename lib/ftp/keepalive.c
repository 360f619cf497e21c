#include "ftp/keepalive.h"

enum { SEND_MS = 500 }; /* six bytes: no time at all, unless the connection is stuck */

static bool is_due(const struct keepalive *k, const struct control *c)
{
    return k->interval_ms > 0 && control_outstanding(c) == 0 &&
           control_quiet_ms(c) >= k->interval_ms;
}

/* A reply is awaited that NOOP asked for; others belong to a command that was cancelled. */
static bool is_asking(const struct keepalive *k, const struct control *c)
{
    return k->answer.at_ms != 0 && control_outstanding(c) > 0;
}

int keepalive_fd(const struct keepalive *k, struct control *c, struct deadline *until)
{
    *until = DEADLINE_NEVER;
    if (control_dead(c))
        return -1;
    if (is_asking(k, c))
        *until = k->answer;
    else if (k->interval_ms > 0 && control_outstanding(c) == 0)
        *until = deadline_in(
            k->interval_ms > control_quiet_ms(c) ? k->interval_ms - control_quiet_ms(c) : 0);
    return stream_fd(control_stream(c));
}

static int take_what_came(struct control *c, struct err *err)
{
    struct reply r = {0};
    int got;
    while ((got = control_try(c, &r, err)) > 0) {
        char text[200];
        if (control_dead(c))
            err_set_reply(err, r.code, "%s", reply_summary(&r, text, sizeof text));
        reply_clear(&r);
        if (control_dead(c))
            return -1;
    }
    return got;
}

/* The control connection's own wait belongs to the last command, and its time may be over. */
static int send_noop(struct keepalive *k, struct control *c, struct err *err)
{
    struct wait alone = {NULL, DEADLINE_NEVER};
    const struct wait *usual = control_use_wait(c, &alone);
    int rc = control_send(c, deadline_in(SEND_MS), err, "NOOP");
    control_use_wait(c, usual);
    k->answer = deadline_in(k->reply_ms);
    return rc;
}

int keepalive_tend(struct keepalive *k, struct control *c, struct err *err)
{
    if (control_dead(c))
        return 0;
    if (take_what_came(c, err) < 0)
        return -1;
    if (is_asking(k, c) && deadline_passed(k->answer)) {
        control_mark_dead(c);
        return err_set(err, ERR_TIMEOUT, "the server does not answer");
    }
    if (control_outstanding(c) == 0)
        k->answer = (struct deadline){0};
    return is_due(k, c) ? send_noop(k, c, err) : 0;
}
