#include "ftp/session_private.h"

/* Commands that go out in front of a transfer's final reply (FIELD-NOTES 72). vsftpd reads them
 * when it is done with the transfer. ProFTPD reads one, and Pure-FTPd all that came in one piece,
 * as soon as it is there, which does no harm to the transfer: a command for a port is refused, SIZE
 * answered for what has come so far. Others may end the transfer for it, as pyftpdlib does: there
 * it has to be over. */

enum {
    EARLY_MS = 5, /* what a server may take to end a transfer after all has reached it; */
    EARLY_MAX_MS = 20,
    EARLY_GROWTH = 4, /* this times as much where it did not do, */
    EARLY_MIN_MS = 2, /* and so much where it did as often as this */
    EARLY_ENOUGH = 4,
    FALL_IN_MS = 5000 /* a server that is busy answers by then, or is given up */
};

static bool queues(const struct session *s)
{
    return s->software == SOFTWARE_VSFTPD;
}

static bool refuses(const struct session *s)
{
    return s->software == SOFTWARE_PROFTPD || s->software == SOFTWARE_PUREFTPD;
}

bool session_takes_early(const struct session *s)
{
    return session_takes_ahead(s) && !s->not_early;
}

int64_t session_early_ms(const struct session *s)
{
    if (!session_takes_early(s) || !(queues(s) || refuses(s)))
        return -1;
    if (queues(s))
        return 0;
    return s->early_ms > 0 ? s->early_ms : EARLY_MS;
}

void session_send_early(struct session *s)
{
    struct ahead *a = &s->ahead;
    a->early = a->n > a->answered && !queues(s);
    reply_clear(&a->held);
    a->came = 0;
    a->odd = false;
    session_send_ahead(s);
}

bool session_sorts_early(const struct session *s)
{
    return s->ahead.early;
}

/* ---- which reply is which ---- */

/* How well a reply does for a transfer's final one, where no 226 or 250 is there. */
enum fitness {
    FITS_OTHER,   /* it answers something else */
    FITS_REFUSAL, /* of what came too early, or of the transfer */
    FITS_SUCCESS,
    FITS_FAILURE
};

static enum fitness fitness_of(const struct reply *r)
{
    if (r->code == 213 || session_is_port(r))
        return FITS_OTHER;
    if (r->code == 450 || (r->code >= 500 && r->code <= 503))
        return FITS_REFUSAL;
    return r->code < 400 ? FITS_SUCCESS : FITS_FAILURE;
}

/* What answers nothing but a transfer (RFC 959 section 5.4). */
static bool ends_transfer(const struct reply *r)
{
    switch (r->code) {
    case 226:
    case 250:
    case 426:
    case 452:
    case 552:
        return true;
    default:
        return false;
    }
}

static void take(struct reply *dst, struct reply *r)
{
    *dst = *r;
    *r = (struct reply){0};
}

/* The better one, and of two refusals the later, is kept. */
static void weigh(struct reply *best, struct reply *r)
{
    enum fitness now = fitness_of(r), before = best->code ? fitness_of(best) : FITS_OTHER;
    if (now < before || (now == before && now != FITS_REFUSAL))
        return;
    reply_clear(best);
    take(best, r);
}

/* The replies told apart. In order, what was asked early has its replies behind the final one;
 * where the transfer failed only a port is of use then. Else nothing of it counts, and where there
 * are fewer replies than commands, PWD will bring both sides in step again. */
static void end_early(struct session *s, bool in_order, bool good)
{
    struct ahead *a = &s->ahead;
    a->early = false;
    reply_clear(&a->held);
    a->in_time = in_order && good;
    if (a->answered == a->n || a->in_time)
        return;
    session_forget_ahead(s);
    a->too_early = !in_order;
    s->out_of_turn = control_outstanding(s->control) > 0;
}

/* Where none is among them that ends a transfer, all of them have to be there. */
void session_sort_final(struct session *s, struct reply *r, struct reply *final)
{
    struct ahead *a = &s->ahead;
    bool ends = !a->early || ends_transfer(r);
    bool port = session_is_port(r), alone = !ends && port && session_keep_port(s, r);
    if (ends) {
        take(final, r);
    } else if (!alone) {
        a->odd |= a->came == 0 && fitness_of(r) < FITS_SUCCESS;
        weigh(&a->held, r);
        reply_clear(r);
    }
    a->came += !ends;
    if (!a->early || (!ends && (control_outstanding(s->control) > 0 || !a->held.code)))
        return;
    if (!ends)
        take(final, &a->held);
    end_early(s, ends ? a->came == 0 : port || !a->odd, ends && reply_is_good(final));
}

/* A refusal that came alone is more likely that of what was asked too early. */
bool session_settle_final(struct session *s, struct reply *final)
{
    struct ahead *a = &s->ahead;
    if (!a->early || !a->held.code || (fitness_of(&a->held) == FITS_REFUSAL && a->came < 2))
        return false;
    take(final, &a->held);
    end_early(s, false, false);
    control_mark_dead(s->control);
    return true;
}

/* What does for a server that answers at once is too soon for one that writes to a disk first: less
 * is tried once, and not again where it did not do. */
void session_learn_early(struct session *s, bool brief)
{
    struct ahead *a = &s->ahead;
    bool late = a->too_early && brief;
    int64_t was = s->early_ms > 0 ? s->early_ms : EARLY_MS;
    s->in_time_row = a->in_time ? s->in_time_row + 1 : 0;
    a->too_early = a->in_time = false;
    if (late)
        s->early_ms = was < EARLY_MS ? EARLY_MS : EARLY_GROWTH * was;
    else if (s->early_ms == 0 && s->in_time_row == EARLY_ENOUGH)
        s->early_ms = EARLY_MIN_MS;
    s->not_early |= late && (s->early_ms > EARLY_MAX_MS || !refuses(s));
}

void session_fall_in(struct session *s)
{
    struct deadline until = deadline_sooner(session_reply_deadline(s), deadline_in(FALL_IN_MS));
    if (s->out_of_turn)
        control_fall_in(s->control, deadline_sooner(until, s->config.wait->limit));
    s->out_of_turn = false;
}
