#include "xfer/transfer.h"

const char *verdict_name(enum transfer_verdict v)
{
    static const char *const names[] = {
        [VERDICT_VERIFIED] = "verified",     [VERDICT_SIZE_OK] = "size-ok",
        [VERDICT_UNVERIFIED] = "unverified", [VERDICT_TRUNCATED] = "truncated",
        [VERDICT_FAILED] = "failed",
    };
    return names[v];
}

const char *skip_reason(enum transfer_skip s)
{
    static const char *const reasons[] = {
        [SKIP_NONE] = "",
        [SKIP_EXISTS] = "it exists already",
        [SKIP_NOT_NEWER] = "what is there is not older",
        [SKIP_TOO_LARGE] = "it is too large",
    };
    return reasons[s];
}

const char *direction_name(enum transfer_direction d)
{
    static const char *const names[] = {
        [TRANSFER_GET] = "get", [TRANSFER_PUT] = "put", [TRANSFER_FXP] = "fxp"};
    return names[d];
}

void transfer_begin(struct transfer *t, enum transfer_direction d)
{
    *t = (struct transfer){.direction = d, .verdict = VERDICT_FAILED};
    t->ms = clock_now_ms();
}

void transfer_end(struct transfer *t, const struct err *err)
{
    t->ms = clock_now_ms() - t->ms;
    if (!err_is_set(err))
        return;
    /* where the sizes agreed, it is the contents that differ */
    bool sized = t->verdict == VERDICT_SIZE_OK || t->verdict == VERDICT_UNVERIFIED;
    bool cut = err->code == ERR_TRUNCATED || err->code == ERR_CLOSED ||
               (err->code == ERR_INTEGRITY && !sized);
    t->verdict = cut ? VERDICT_TRUNCATED : VERDICT_FAILED;
}

/* ProFTPD's mod_deflate (1.3.8) fails with 451 or crawls where what it receives compresses well. */
static bool may_compress(const struct mover *m, const struct channel_request *request)
{
    bool up = request->direction == CHANNEL_UP;
    return m->compress && !(up && session_software(m->session) == SOFTWARE_PROFTPD);
}

int mover_open(struct mover *m, const struct channel_request *request, struct channel **out,
               struct err *err)
{
    struct channel_request wanted = *request;
    wanted.compress |= may_compress(m, request);
    wanted.more |= m->more;
    if (channel_open(m->session, m->ladder, &wanted, m->attempts, out, err) < 0)
        return -1;
    if (m->opened)
        m->opened(m->opened_ctx, m->ladder);
    return 0;
}

int transfer_open(struct mover *m, const struct channel_request *request, struct transfer *t,
                  struct channel **out, struct err *err)
{
    if (mover_open(m, request, out, err) < 0)
        return -1;
    t->opened = true;
    t->strategy = channel_strategy(*out);
    return 0;
}
