#include "xfer/retry.h"

#include <errno.h>
#include <stdio.h>

enum { PAUSE_MS = 1000, PAUSE_MAX_MS = 30000 };

void retry_failed(struct retry_count *c, const struct transfer *t)
{
    bool way = t->reached - c->reached >= RETRY_WAY_BYTES;
    c->failures = way ? 1 : c->failures + 1;
    if (t->reached > c->reached)
        c->reached = t->reached;
    c->opened |= t->opened;
}

/* 522 behind an upload's 150 is about the data connection's TLS session (vsftpd; FIELD-NOTES 1):
 * another ticket, another control connection or TLS 1.2 may do (tls/reuse.h). */
static bool demands_reuse(const struct mover *m)
{
    return session_private_data(m->session) &&
           session_settings(m->session)->tls_reuse != TLS_REUSE_OFF;
}

static bool may_pass(const struct mover *m, bool opened, const struct err *why)
{
    switch (why->code) {
    case ERR_CONNECT:
    case ERR_CLOSED:
    case ERR_TRUNCATED:
    case ERR_REPLY_TRANSIENT:
        return true;
    case ERR_TIMEOUT:
        return !deadline_passed(session_settings(m->session)->wait->limit);
    case ERR_RESOLVE: /* the network has gone, too */
    case ERR_TLS:     /* in the middle; a handshake that fails will fail again */
        return opened;
    case ERR_NO_DATA_PATH: /* where there was one before */
        return m->ladder->proven >= 0;
    case ERR_REPLY_PERMANENT:
        return why->reply == 522 && demands_reuse(m);
    default:
        return false;
    }
}

bool retry_hopeless(const struct err *why)
{
    return why->code == ERR_LOCAL &&
           (why->sys == ENOSPC || why->sys == EDQUOT || why->sys == EROFS);
}

struct deadline retry_pause(int failures)
{
    int64_t ms = PAUSE_MS;
    for (int i = 1; i < failures && ms < PAUSE_MAX_MS; i++)
        ms *= 2;
    return deadline_in(ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS);
}

bool retry_follows(const struct retry_count *c, int retries, const struct mover *m,
                   const struct transfer *t, const struct err *why)
{
    return c->failures <= retries && !t->final && may_pass(m, c->opened, why);
}

void retry_line(char *dst, size_t size, const char *name, const struct err *why,
                struct deadline again)
{
    snprintf(dst, size, "%s%s%s; trying again in %lld s", name ? name : "", name ? ": " : "",
             why->msg, (long long) (deadline_left_ms(again) + 999) / 1000);
}
