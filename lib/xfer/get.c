#include "xfer/get.h"

#include "xfer/change.h"
#include "xfer/stat.h"
#include "xfer/verify.h"

#include <stdio.h>

/* What is taken of a slice beyond what was wanted, before ABOR. */
enum { SURPLUS_MAX = 128 * 1024 };

/* A download in progress. */
struct get {
    struct mover *mover;
    const char *remote;
    const struct get_options *options;
    struct part part;
    struct verifier verifier;
    int64_t size, mtime; /* of the remote file; LISTING_UNKNOWN */
    int mode;            /* the same */
    bool size_asked;     /* by SIZE just now, not told by a listing */
    bool time_behind;    /* is asked for when the data have come */
    bool both_asked;     /* SIZE and MDTM, for segments.h */
    bool in_pieces;      /* the part file is that of segments.h */
    struct transfer *out;
};

/* ---- what is known of the remote file ---- */

static bool is_refusal(const struct err *why)
{
    return why->code == ERR_REPLY_PERMANENT || why->code == ERR_REPLY_TRANSIENT ||
           why->code == ERR_PROTOCOL;
}

/* SIZE, or LISTING_UNKNOWN where the server does not tell. Only what broke the session is an error.
 */
static int ask_size(struct get *g, struct err *err)
{
    struct err why = ERR_INIT;
    g->size = LISTING_UNKNOWN;
    g->size_asked = true;
    if (session_size(g->mover->session, g->remote, &g->size, &why) == 0)
        return 0;
    g->size = LISTING_UNKNOWN;
    return is_refusal(&why) ? 0 : err_take(err, &why);
}

static int ask_mtime(struct get *g, struct err *err)
{
    struct err why = ERR_INIT;
    if (session_mdtm(g->mover->session, g->remote, &g->mtime, &why) == 0)
        return 0;
    g->mtime = LISTING_UNKNOWN;
    return is_refusal(&why) ? 0 : err_take(err, &why);
}

static bool tells_facts(const struct get *g)
{
    const struct features *f = session_features(g->mover->session);
    return !g->mover->mlsd_broken && features_has(f, FEATURE_MLST) &&
           features_tells_fact(f, "UNIX.mode") && features_tells_fact(f, "modify");
}

/* MLST in place of MDTM, where FEAT says that it tells the mode, too. What it does not tell stays
 * unknown. */
static int ask_facts(struct get *g, struct err *err)
{
    struct err why = ERR_INIT;
    const struct item *item;
    struct items found = {0};
    int rc = stat_facts(g->mover, g->remote, &found, &why);
    item = rc > 0 && found.n > 0 ? &found.list[0] : NULL;
    if (item && item->type == ENTRY_FILE) {
        g->mode = item->mode;
        if (g->mtime < 0 && item->mtime_exact)
            g->mtime = item->mtime;
    }
    items_clear(&found);
    return rc < 0 && !is_refusal(&why) ? err_take(err, &why) : 0;
}

static bool wants_mtime(const struct get *g)
{
    const struct get_options *o = g->options;
    return !g->part.in_place && (o->resume || o->preserve || (o->newer && g->part.exists));
}

/* The time of a small file that is to be compared with nothing is asked for behind the transfer:
 * what is left of it, should it break off, is compared whole when it is continued. */
static bool asks_time_behind(const struct get *g)
{
    return g->size >= 0 && g->size <= PART_OVERLAP && g->mtime < 0 && wants_mtime(g) &&
           !tells_facts(g) && !g->options->segments && !g->part.exists && part_kept(&g->part) < 0;
}

static void ask_behind(void *ctx, struct session *s)
{
    const struct get *g = ctx;
    session_ask_ahead(s, "MDTM %s", g->remote);
}

static bool wants_facts(const struct get *g)
{
    return g->options->mtime < 0 && g->mode < 0 && wants_mtime(g) && tells_facts(g);
}

/* A piece is compared with what SIZE and MDTM say later: no listing tells that. */
static bool wants_both(const struct get *g)
{
    return g->options->segments && !g->part.in_place && (g->size < 0 || segments_worth(g->size));
}

/* What look_at_remote() will ask, and the transfer behind it, in one piece. */
static void ask_ahead(const struct get *g)
{
    struct session *s = g->mover->session;
    bool both = wants_both(g);
    if (both || g->size < 0)
        session_ask_ahead(s, "SIZE %s", g->remote);
    if (both || (g->mtime < 0 && wants_mtime(g) && !wants_facts(g) && !g->time_behind))
        session_ask_ahead(s, "MDTM %s", g->remote);
    if (wants_facts(g))
        session_ask_ahead(s, "MLST %s", g->remote);
    channel_ask_port(s, g->mover->ladder);
}

static int ask_both(struct get *g, struct err *err)
{
    int64_t size, mtime;
    int rc = segments_look(g->mover, g->remote, &size, &mtime, err);
    if (rc < 0)
        return -1;
    g->both_asked = rc > 0;
    g->size_asked = size >= 0;
    if (size >= 0)
        g->size = size;
    if (mtime >= 0)
        g->mtime = mtime;
    return 0;
}

static int look_at_remote(struct get *g, struct err *err)
{
    g->size = g->options->size;
    g->mtime = g->options->mtime;
    g->mode = g->options->mode;
    g->time_behind = asks_time_behind(g);
    ask_ahead(g);
    if (wants_both(g) && ask_both(g, err) < 0)
        return -1;
    if (g->size < 0 && ask_size(g, err) < 0)
        return -1;
    if (wants_facts(g) && ask_facts(g, err) < 0)
        return -1;
    if (g->mtime < 0 && wants_mtime(g) && !g->time_behind && ask_mtime(g, err) < 0)
        return -1;
    part_expect(&g->part, g->size, g->mtime);
    return 0;
}

static bool is_newer(const struct get *g)
{
    return g->mtime < 0 || g->mtime > (int64_t) g->part.there.st_mtim.tv_sec;
}

static enum transfer_skip skip_by_remote(const struct get *g)
{
    const struct get_options *o = g->options;
    if (o->newer && g->part.exists && !g->part.in_place && !is_newer(g))
        return SKIP_NOT_NEWER;
    if (o->max_size >= 0 && g->size > o->max_size)
        return SKIP_TOO_LARGE;
    return SKIP_NONE;
}

/* ---- the verdict ---- */

static int verify_size(struct get *g, int64_t have, bool unclean, struct err *err)
{
    /* A file that grew while it was fetched, a listing that is not true any more, or a SIZE that
     * was not asked for yet. */
    bool differs = have != g->size && (g->size >= 0 || unclean);
    bool ask = differs && (g->size < 0 || have > g->size || !g->size_asked);
    if (ask && ask_size(g, err) < 0)
        return -1;
    if (g->size < 0 && unclean)
        return err_set(err, ERR_TRUNCATED,
                       "%s: the data ended without TLS's close and the server tells no size",
                       g->remote);
    if (g->size >= 0 && have < g->size && unclean)
        return err_set(
            err, ERR_TRUNCATED,
            "%s: the data connection broke off: %lld bytes came and the server says %lld",
            g->remote, (long long) have, (long long) g->size);
    if (g->size >= 0 && have != g->size)
        return err_set(err, ERR_INTEGRITY, "%s: %lld bytes came and the server says %lld",
                       g->remote, (long long) have, (long long) g->size);
    g->out->verdict = g->size >= 0 ? VERDICT_SIZE_OK : VERDICT_UNVERIFIED;
    return 0;
}

/* All data came, the final reply did not (FIELD-NOTES 38): the size decides, on a new connection.
 */
static int verify_unconfirmed(struct get *g, int64_t have, const struct err *why, struct err *err)
{
    int64_t size;
    struct session *s = g->mover->session;
    if (session_broke(s, why) && session_recover(s, why, NULL) < 0)
        return err_take(err, why);
    if (session_size(s, g->remote, &size, NULL) < 0 || size != have)
        return err_take(err, why);
    log_note(session_settings(s)->log, "%s: %s; its size is right", g->remote, why->msg);
    g->out->verdict = VERDICT_SIZE_OK;
    return 0;
}

static int verify_contents(struct get *g, int64_t have, struct err *err)
{
    return verifier_check(&g->verifier, g->mover, g->remote, have, &g->out->verdict, err);
}

/* ---- the download ---- */

static void set_progress(struct mover *m, int64_t done, int64_t total)
{
    if (!m->pump.progress)
        return;
    atomic_store(&m->pump.progress->done, done);
    atomic_store(&m->pump.progress->total, total);
}

/* The hash is of the whole file: what is there already is read once. */
static int begin_verifying(struct get *g, struct err *err)
{
    verifier_clear(&g->verifier);
    if (verifier_begin(&g->verifier, g->mover, err) < 0)
        return -1;
    if (!g->verifier.way || g->part.at == 0)
        return 0;
    return part_read_back(&g->part, g->part.at, verifier_feed, &g->verifier, err);
}

/* A server that told no size is stopped here. */
static int get_write(void *ctx, const void *data, size_t len, struct err *err)
{
    struct get *g = ctx;
    int64_t max = g->options->max_size;
    if (max >= 0 && g->part.at + (int64_t) len > max) {
        g->out->skipped = SKIP_TOO_LARGE;
        return err_set(err, ERR_LOCAL, "%s is larger than %lld bytes", g->remote, (long long) max);
    }
    verifier_feed(&g->verifier, data, len);
    return part_write(&g->part, data, len, err);
}

static int fetch(struct get *g, struct err *err)
{
    struct part *t = &g->part;
    struct channel_request request = {.direction = CHANNEL_DOWN,
                                      .command = "RETR",
                                      .argument = g->remote,
                                      .offset = t->at,
                                      .brief = g->size >= 0 && g->size - t->at <= CHANNEL_BRIEF,
                                      .ahead = g->time_behind ? ask_behind : NULL,
                                      .ahead_ctx = g};
    struct pump_sink sink = {get_write, g};
    struct pump_end end = {0};
    struct channel *channel;
    set_progress(g->mover, t->at, g->size);
    if (begin_verifying(g, err) < 0 || transfer_open(g->mover, &request, g->out, &channel, err) < 0)
        return -1;
    struct err why = ERR_INIT;
    int rc = pump_down(channel, &sink, &g->mover->pump, &end, &why);
    g->out->bytes += end.bytes;
    if (rc < 0 && !end.unconfirmed) {
        err_wrap(&why, "%s", g->remote);
        return err_take(err, &why);
    }
    if (rc < 0)
        rc = verify_unconfirmed(g, t->at, &why, err);
    else if (t->overlap > 0)
        rc = err_set(err, ERR_INTEGRITY, "%s: the server sent less than was asked for", g->remote);
    else
        rc = verify_size(g, t->at, end.unclean, err);
    return rc < 0 ? -1 : verify_contents(g, t->at, err);
}

/* What is known to be wrong would fail again whenever it is continued; an empty one is of no use,
 * and may have been the last that a full disk took. */
static void settle_part(struct get *g, struct err *err)
{
    const struct part *t = &g->part;
    int64_t kept = part_kept(t);
    if (kept > 0 && g->verifier.differs) {
        part_discard(&g->part);
        err_wrap(err, "%s, %lld bytes that are wrong, was removed", t->temp, (long long) kept);
    } else if (kept > 0 && !g->in_pieces && !g->options->scratch) {
        err_wrap(err, "%lld bytes are kept in %s", (long long) kept, t->temp);
    } else if (kept == 0 && t->fd >= 0) {
        part_discard(&g->part);
    }
}

/* Fetches from where the target stands; what turns out not to be the beginning of the remote file
 * is fetched again from the start where that is wanted. */
static int fetch_or_restart(struct get *g, struct err *err)
{
    struct err why = ERR_INIT;
    if (g->options->resume && part_resume(&g->part, &why) < 0) {
        if (why.code != ERR_INTEGRITY || !g->options->anew)
            return err_take(err, &why);
        err_clear(&why);
    }
    bool continued = g->part.at + g->part.overlap > 0;
    if (fetch(g, &why) == 0)
        return 0;
    if (!continued || !g->options->anew || why.code != ERR_INTEGRITY)
        return err_take(err, &why);
    part_restart(&g->part);
    return fetch(g, err);
}

/* Over several connections, or one where that cannot be. */
static int fetch_segments(struct get *g, struct err *err)
{
    const struct get_options *o = g->options;
    int rc = segments_fetch(g->mover, g->remote, &g->part, g->both_asked, o->segments,
                            o->resume && !o->anew, g->out, err);
    if (rc == 0)
        return fetch_or_restart(g, err);
    g->in_pieces = true;
    if (rc < 0)
        return -1;
    g->size = g->part.from_size;
    g->mtime = g->part.from_mtime;
    g->out->verdict = VERDICT_SIZE_OK;
    return begin_verifying(g, err) < 0 ? -1 : verify_contents(g, g->size, err);
}

static int get_into(struct get *g, struct err *err)
{
    const struct get_options *o = g->options;
    if (look_at_remote(g, err) < 0) /* which names the file */
        return -1;
    g->out->skipped = skip_by_remote(g);
    if (g->out->skipped)
        return 0;
    int rc = o->segments ? fetch_segments(g, err) : fetch_or_restart(g, err);
    if (rc < 0 && g->out->skipped == SKIP_TOO_LARGE && !g->part.in_place) {
        part_discard(&g->part);
        err_clear(err);
        return 0;
    }
    g->out->skipped = SKIP_NONE;
    if (rc == 0 && g->time_behind)
        rc = ask_mtime(g, err);
    if (rc == 0)
        rc = part_finish(&g->part, g->mode, o->preserve ? g->mtime : LISTING_UNKNOWN, err);
    if (rc < 0)
        settle_part(g, err);
    return rc;
}

/* What has come must be the file: a size that agrees, or a comparison of contents, says so. */
static int remove_source(struct get *g, struct err *err)
{
    if (g->out->verdict != VERDICT_SIZE_OK && g->out->verdict != VERDICT_VERIFIED)
        return err_set(err, ERR_INTEGRITY,
                       "%s is not deleted: nothing tells whether all of it has come", g->remote);
    return change_delete(g->mover, g->remote, err);
}

int get_file(struct mover *m, const char *remote, const char *local, const struct get_options *o,
             struct transfer *out, struct err *err)
{
    struct get g = {.mover = m, .remote = remote, .options = o, .out = out};
    const struct wait *w = session_settings(m->session)->wait;
    transfer_begin(out, TRANSFER_GET);
    snprintf(out->remote, sizeof out->remote, "%s", remote);
    snprintf(out->local, sizeof out->local, "%s", local);
    int rc = part_find(&g.part, o->dirfd, local, o->confined, w, err);
    g.part.sync = m->sync;
    if (rc == 0 && o->no_clobber && g.part.exists && !g.part.in_place)
        out->skipped = SKIP_EXISTS;
    else if (rc == 0)
        rc = get_into(&g, err);
    out->final |= g.part.in_place && g.part.at > 0;
    out->reached = g.part.at;
    part_clear(&g.part);
    verifier_clear(&g.verifier);
    transfer_end(out, rc < 0 ? err : NULL);
    if (rc == 0 && o->remove_source && !out->skipped)
        rc = remove_source(&g, err);
    return rc;
}

/* A slice on its way. */
struct cut {
    struct get_slice *slice;
    int64_t skip, surplus; /* bytes still to be dropped in front, and dropped behind */
};

static int cut_write(void *ctx, const void *data, size_t len, struct err *err)
{
    struct cut *c = ctx;
    struct get_slice *s = c->slice;
    size_t skip = c->skip < (int64_t) len ? (size_t) c->skip : len;
    c->skip -= (int64_t) skip;
    if (skip == len)
        return 0;
    if (s->enough) {
        c->surplus += (int64_t) len;
        return c->surplus > SURPLUS_MAX ? err_set(err, ERR_LOCAL, "enough has come") : 0;
    }
    s->came += (int64_t) (len - skip);
    return s->sink->write(s->sink->ctx, (const char *) data + skip, len - skip, err);
}

static int fetch_slice(struct mover *m, const char *remote, struct get_slice *s, int64_t skip,
                       struct err *err)
{
    struct cut cut = {.slice = s, .skip = skip};
    struct pump_sink sink = {cut_write, &cut};
    struct pump_settings settings = m->pump;
    struct pump_end end = {0};
    struct channel *channel;
    struct err why = ERR_INIT;
    struct channel_request request = {.direction = CHANNEL_DOWN,
                                      .command = "RETR",
                                      .argument = remote,
                                      .offset = s->offset - skip};
    settings.progress = NULL;
    if (mover_open(m, &request, &channel, err) < 0)
        return -1;
    int rc = pump_down(channel, &sink, &settings, &end, &why);
    s->unclean = end.unclean;
    return rc == 0 || (s->enough && why.code == ERR_LOCAL) ? 0 : err_take(err, &why);
}

int get_slice(struct mover *m, const char *remote, struct get_slice *s, struct err *err)
{
    struct err why = ERR_INIT;
    s->enough = s->unclean = false;
    s->came = 0;
    if (fetch_slice(m, remote, s, 0, &why) == 0)
        return 0;
    bool unknown = why.code == ERR_REPLY_PERMANENT && why.reply >= 500 && why.reply <= 504;
    if (!s->skip || s->offset == 0 || s->came > 0 || !unknown)
        return err_take(err, &why);
    return fetch_slice(m, remote, s, s->offset, err);
}

/* A sink with the hash taken on the way. */
struct tap {
    const struct pump_sink *sink;
    struct verifier *verifier;
};

static int tap_write(void *ctx, const void *data, size_t len, struct err *err)
{
    const struct tap *tap = ctx;
    verifier_feed(tap->verifier, data, len);
    return tap->sink->write(tap->sink->ctx, data, len, err);
}

static int fetch_to_sink(struct get *g, const struct pump_sink *sink, struct err *err)
{
    struct channel_request request = {
        .direction = CHANNEL_DOWN, .command = "RETR", .argument = g->remote};
    struct tap tap = {sink, &g->verifier};
    struct pump_sink tapped = {tap_write, &tap};
    struct pump_end end = {0};
    struct channel *channel;
    set_progress(g->mover, 0, -1);
    if (verifier_begin(&g->verifier, g->mover, err) < 0 ||
        transfer_open(g->mover, &request, g->out, &channel, err) < 0)
        return -1;
    int rc = pump_down(channel, &tapped, &g->mover->pump, &end, err);
    g->out->bytes = end.bytes;
    if (rc < 0)
        return err_wrap(err, "%s", g->remote);
    if (verify_size(g, end.bytes, end.unclean, err) < 0)
        return -1;
    return verify_contents(g, end.bytes, err);
}

int get_to_sink(struct mover *m, const char *remote, const struct pump_sink *sink,
                struct transfer *out, struct err *err)
{
    struct get g = {.mover = m, .remote = remote, .out = out, .size = LISTING_UNKNOWN};
    transfer_begin(out, TRANSFER_GET);
    snprintf(out->remote, sizeof out->remote, "%s", remote);
    snprintf(out->local, sizeof out->local, "-");
    int rc = fetch_to_sink(&g, sink, err);
    verifier_clear(&g.verifier);
    transfer_end(out, rc < 0 ? err : NULL);
    return rc;
}
