#include "tls/reuse.h"

enum { FAILURES_MAX = 2, PAUSE_MS = 60 * 1000 };

static enum renewal after_failures(const struct reuse *r, const struct tickets *tickets)
{
    bool can_fall = r->tls13 && r->tls12_ok && r->refused && r->mode != TLS_REUSE_OFF;
    bool has_tickets = tickets_count(tickets) > 0;
    if (can_fall && (r->renewals > 0 || !has_tickets))
        return RENEWAL_TLS12;
    return r->renewals == 0 ? RENEWAL_NOW : RENEWAL_NONE;
}

enum renewal reuse_renewal(const struct reuse *r, const struct tickets *tickets)
{
    if (r->failures >= FAILURES_MAX)
        return after_failures(r, tickets);
    if (r->mode != TLS_REUSE_OFF && !r->declined && !r->ahead && deadline_passed(r->pause) &&
        tickets_ageing(tickets))
        return RENEWAL_AHEAD;
    return RENEWAL_NONE;
}

void reuse_renewed(struct reuse *r, enum renewal why, bool ok)
{
    if (why == RENEWAL_AHEAD) {
        r->ahead = true;
        if (!ok)
            r->pause = deadline_in(PAUSE_MS);
        return;
    }
    r->failures = 0;
    r->renewals++;
    if (why == RENEWAL_TLS12)
        r->tls13 = r->tls12_ok = false;
}

bool reuse_failed(struct reuse *r, bool refused)
{
    r->refused = r->refused || refused;
    return ++r->failures < FAILURES_MAX;
}

bool reuse_opened(struct reuse *r, bool offered, bool resumed)
{
    bool first = r->resumed && !resumed && !r->lost && r->mode != TLS_REUSE_OFF;
    r->declined = offered && !resumed;
    r->resumed = r->resumed || resumed;
    r->lost = r->lost || first;
    return first;
}

void reuse_worked(struct reuse *r)
{
    r->failures = 0;
    r->renewals = 0;
    r->ahead = r->refused = false;
}
