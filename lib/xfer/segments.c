#include "xfer/segments.h"

#include "net/dial.h"
#include "xfer/pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SURPLUS_FROM = 16 * 1024 * 1024, /* so near its end a piece tells what is left, */
    SURPLUS_STEP = 64 * 1024         /* and again after that much */
};

struct fetch;

/* A piece on its way. */
struct segment {
    struct job job;
    struct fetch *fetch;
    int i;
    int64_t at;      /* of the next byte that comes */
    int64_t compare; /* up to here the bytes are there already */
    int64_t told;    /* how many more are wanted, as the connection was told */
    int fd;          /* of the data connection */
    bool enough, failed;
};

struct fetch {
    struct mover *mover;
    const char *remote;
    const struct segments_options *options;
    bool resume;
    struct part *part;
    struct pieces pieces;
    struct segment segments[PIECES_MAX];
    int64_t before; /* bytes that were there when we began */
    atomic_bool broken;
    atomic_bool looked; /* at what the file is like, just now: the first piece may begin */
    struct transfer *out;
    struct err first; /* the first piece's failure that counts */
};

static bool is_refusal(const struct err *why)
{
    return why->code == ERR_REPLY_PERMANENT || why->code == ERR_REPLY_TRANSIENT ||
           why->code == ERR_PROTOCOL;
}

/* ---- what the file is like ---- */

/* In one piece, with what else is being asked ahead. */
static int ask_both(struct mover *m, const char *remote, int64_t *size, int64_t *mtime,
                    struct err *err)
{
    struct session *s = m->session;
    *size = *mtime = -1;
    session_ask_ahead(s, "SIZE %s", remote);
    session_ask_ahead(s, "MDTM %s", remote);
    if (session_size(s, remote, size, err) < 0)
        return -1;
    return session_mdtm(s, remote, mtime, err);
}

bool segments_worth(int64_t size)
{
    return size >= 2 * SEGMENT_BYTES;
}

int segments_look(struct mover *m, const char *remote, int64_t *size, int64_t *mtime,
                  struct err *err)
{
    struct err why = ERR_INIT;
    if (ask_both(m, remote, size, mtime, &why) == 0)
        return features_has(session_features(m->session), FEATURE_REST);
    return why.reply == 550 || !is_refusal(&why) ? err_take(err, &why) : 0;
}

/* ---- one piece, in a worker's thread ---- */

static int changed(struct fetch *f, struct err *err)
{
    atomic_store(&f->broken, true);
    return err_set(err, ERR_INTEGRITY, "%s has changed on the server meanwhile", f->remote);
}

static int check_unchanged(struct fetch *f, struct mover *m, struct err *err)
{
    int64_t size, mtime;
    if (ask_both(m, f->remote, &size, &mtime, err) < 0)
        return -1;
    return size == f->pieces.size && mtime == f->pieces.mtime ? 0 : changed(f, err);
}

static struct piece *piece_of(struct segment *s)
{
    return &s->fetch->pieces.list[s->i];
}

static bool is_complete(struct segment *s)
{
    const struct piece *p = piece_of(s);
    return atomic_load(&p->done) == p->end - p->start;
}

/* The bytes in front of the piece, which belong to the one before. */
static int take_head(struct segment *s, const unsigned char *data, size_t len, size_t *used,
                     struct err *err)
{
    int64_t start = piece_of(s)->start, left = start - s->at;
    if (left <= 0)
        return 0;
    size_t n = (int64_t) len < left ? len : (size_t) left;
    *used = n;
    s->at += (int64_t) n;
    return pieces_write_head(&s->fetch->pieces, s->i, (size_t) (PIECE_HEAD - left), data, n, err);
}

/* What has come before, and is sent again to see whether it is the same file. */
static int take_overlap(struct segment *s, const unsigned char *data, size_t len, size_t *used,
                        struct err *err)
{
    int64_t left = s->compare - s->at;
    if (left <= 0)
        return 0;
    size_t n = (int64_t) len < left ? len : (size_t) left;
    int rc = pieces_same(&s->fetch->pieces, s->at, data, n, err);
    if (rc == 0)
        return changed(s->fetch, err);
    *used = n;
    s->at += (int64_t) n;
    return rc < 0 ? -1 : 0;
}

/* The file goes on behind the piece, and the server sends what there is room for. */
static void limit_surplus(struct segment *s)
{
    const struct piece *p = piece_of(s);
    int64_t left = p->end - s->at;
    if (p->end == s->fetch->pieces.size || left > SURPLUS_FROM || left > s->told - SURPLUS_STEP)
        return;
    sock_want(s->fd, left);
    s->told = left;
}

static int take_piece(struct segment *s, const unsigned char *data, size_t len, struct err *err)
{
    const struct piece *p = piece_of(s);
    int64_t room = p->end - s->at;
    size_t n = (int64_t) len < room ? len : (size_t) room;
    if (n > 0 && pieces_write(&s->fetch->pieces, s->i, data, n, err) < 0)
        return -1;
    s->at += (int64_t) n;
    limit_surplus(s);
    bool last = p->end == s->fetch->pieces.size;
    if (last && n < len)
        return changed(s->fetch, err);
    if (last || s->at < p->end)
        return 0;
    s->enough = true;
    return err_set(err, ERR_LOCAL, "enough"); /* which nobody sees: the pump is to stop */
}

static int segment_write(void *ctx, const void *data, size_t len, struct err *err)
{
    struct segment *s = ctx;
    const unsigned char *p = data;
    size_t used;
    if (atomic_load(&s->fetch->broken))
        return changed(s->fetch, err);
    int (*const takers[])(struct segment *, const unsigned char *, size_t, size_t *,
                          struct err *) = {take_head, take_overlap};
    for (size_t i = 0; i < 2; i++) {
        used = 0;
        if (takers[i](s, p, len, &used, err) < 0)
            return -1;
        p += used;
        len -= used;
    }
    return len > 0 ? take_piece(s, p, len, err) : 0;
}

/* A piece begins a head early, or goes on an overlap early. */
static void find_place(struct segment *s)
{
    const struct piece *p = piece_of(s);
    int64_t done = atomic_load(&p->done), overlap = done < PART_OVERLAP ? done : PART_OVERLAP;
    s->enough = false;
    s->told = INT64_MAX;
    s->compare = p->start + done;
    s->at = done > 0 ? s->compare - overlap : s->i > 0 ? p->start - PIECE_HEAD : p->start;
}

/* For the pump: how much of the data connection is wanted. */
static void expect_bytes(const struct pump_settings *pump, int64_t bytes)
{
    atomic_store(&pump->progress->done, 0);
    atomic_store(&pump->progress->total, bytes);
}

static int fetch_piece(struct segment *s, struct mover *m, struct transfer *t, struct err *err)
{
    struct mover plain = *m; /* an offset and MODE Z do not go together */
    struct pump_sink sink = {segment_write, s};
    struct pump_end end = {0};
    struct channel *channel;
    find_place(s);
    plain.compress = false;
    struct channel_request request = {.direction = CHANNEL_DOWN,
                                      .command = "RETR",
                                      .argument = s->fetch->remote,
                                      .offset = s->at};
    if (transfer_open(&plain, &request, t, &channel, err) < 0)
        return -1;
    s->fd = stream_fd(channel_stream(channel));
    expect_bytes(&m->pump, piece_of(s)->end - s->at);
    int rc = pump_down(channel, &sink, &m->pump, &end, err);
    if (rc < 0 && (s->enough || (is_complete(s) && err->code != ERR_CANCELLED &&
                                 !atomic_load(&s->fetch->broken)))) {
        err_clear(err);
        return 0;
    }
    if (rc == 0 && !is_complete(s))
        return err_set(err, ERR_TRUNCATED, "the server sent less than was asked for");
    return rc;
}

static int segment_run(struct mover *m, struct job *j, struct err *err)
{
    struct segment *s = j->ctx;
    if (is_complete(s))
        return 0;
    if (atomic_load(&s->fetch->broken))
        return changed(s->fetch, err);
    channel_ask_port(m->session, m->ladder);
    if (!atomic_exchange(&s->fetch->looked, false) && check_unchanged(s->fetch, m, err) < 0)
        return -1;
    int rc = fetch_piece(s, m, &j->state->transfer, err);
    j->state->transfer.reached = atomic_load(&piece_of(s)->done);
    /* ProFTPD ends the session with a transfer that is cut short. This one is wanted in the end: it
     * is rebuilt while others are at work. */
    if (rc == 0 && m->session == s->fetch->mover->session)
        (void) session_ready(m->session, NULL);
    return rc;
}

/* ---- the pool ---- */

static void segment_done(void *ctx, struct job *j)
{
    struct segment *s = ctx;
    struct fetch *f = s->fetch;
    const struct job_state *state = j->state;
    if (state->transfer.opened) {
        f->out->opened = true;
        f->out->strategy = state->transfer.strategy;
    }
    s->failed = err_is_set(&state->err);
    if (s->failed)
        err_take(&f->first, &state->err);
}

static void on_tick(void *ctx)
{
    struct fetch *f = ctx;
    const struct pump_settings *pump = &f->mover->pump;
    if (pump->progress)
        atomic_store(&pump->progress->done, pieces_done(&f->pieces));
    if (pump->tick)
        pump->tick(pump->tick_ctx);
}

static int add_jobs(struct fetch *f, struct pool *pool, struct err *err)
{
    for (int i = 0; i < f->pieces.n; i++) {
        struct segment *s = &f->segments[i];
        *s = (struct segment){.fetch = f, .i = i};
        s->job =
            (struct job){.run = segment_run, .done = segment_done, .ctx = s, .name = f->remote};
        if (!is_complete(s) && pool_add(pool, &s->job, err) < 0)
            return -1;
    }
    return 0;
}

static int run_pool(struct fetch *f, struct err *err)
{
    struct pool_config config = {.model = f->mover,
                                 .workers = f->options->count,
                                 .retries = f->options->retries,
                                 .say = f->options->say,
                                 .ctx = f->options->ctx};
    struct pool *pool = pool_new(&config, err);
    if (!pool)
        return -1;
    if (f->mover->pump.progress)
        atomic_store(&f->mover->pump.progress->total, f->pieces.size);
    int rc = add_jobs(f, pool, err);
    if (rc == 0)
        rc = pool_run(pool, on_tick, f, err);
    pool_free(pool);
    if (rc == 0 && atomic_load(&f->broken)) /* whatever a piece has met before */
        return changed(f, err);
    if (rc == 0 && err_is_set(&f->first))
        rc = err_take(err, &f->first);
    return rc;
}

/* ---- all of it ---- */

static void say(const struct segments_options *o, const char *line)
{
    if (o->say)
        o->say(o->ctx, line);
}

static int one_connection(const struct segments_options *o, const char *why)
{
    char line[160];
    snprintf(line, sizeof line, "%s: one connection is used", why);
    say(o, line);
    return 0;
}

/* What is there is continued if it is of this very file, else thrown away; 0 where it is that of
 * one connection and wanted. */
static int prepare(struct fetch *f, struct err *err)
{
    struct part *t = f->part;
    struct err why = ERR_INIT;
    int64_t kept = part_kept(t);
    int n = f->options->count;
    if (part_open_pieces(t, err) < 0)
        return -1;
    int rc = pieces_load(&f->pieces, t->fd, t->from_size, t->from_mtime, &why);
    if (rc < 0 && (why.code != ERR_INTEGRITY || f->resume)) {
        err_wrap(&why, "%s", t->temp);
        return err_take(err, &why);
    }
    if (rc == 0 && f->resume && kept > 0)
        return 0;
    if (t->from_size / n < SEGMENT_BYTES)
        n = (int) (t->from_size / SEGMENT_BYTES);
    if (rc <= 0 && pieces_make(&f->pieces, t->fd, t->from_size, t->from_mtime, n, err) < 0)
        return err_wrap(err, "%s", t->temp);
    part_note_origin(t);
    f->before = pieces_done(&f->pieces);
    return 1;
}

/* An empty part file is of no use. */
static void leave_part(struct part *t)
{
    if (t->fd >= 0 && part_kept(t) == 0)
        part_discard(t);
    else
        part_leave(t);
}

static int join(struct fetch *f, struct err *err)
{
    if (check_unchanged(f, f->mover, err) < 0 || pieces_join(&f->pieces, err) < 0)
        return -1;
    f->part->at = f->pieces.size;
    return 0;
}

static int fetch_all(struct fetch *f, struct err *err)
{
    int rc = run_pool(f, err);
    f->out->final = rc < 0;
    if (rc == 0)
        rc = join(f, err);
    int64_t done = pieces_done(&f->pieces);
    f->out->bytes = done - f->before;
    if (rc == 0)
        return 1;
    if (err->code == ERR_INTEGRITY)
        part_discard(f->part);
    else
        err_wrap(err, "%lld of %lld bytes are kept in %s", (long long) done,
                 (long long) f->pieces.size, f->part->temp);
    return -1;
}

int segments_fetch(struct mover *m, const char *remote, struct part *t, bool told,
                   const struct segments_options *o, bool resume, struct transfer *out,
                   struct err *err)
{
    if (t->in_place)
        return one_connection(o, "the target is no regular file");
    if (t->from_size >= 0 && !segments_worth(t->from_size))
        return 0;
    if (!told)
        return one_connection(o, "the server lacks SIZE, MDTM or REST");
    struct fetch *f = calloc(1, sizeof *f);
    if (!f)
        return err_set(err, ERR_LOCAL, "out of memory");
    f->mover = m;
    f->remote = remote;
    f->options = o;
    f->resume = resume;
    f->part = t;
    f->out = out;
    atomic_store(&f->looked, true);
    struct err why = ERR_INIT;
    int rc = prepare(f, &why);
    if (rc > 0)
        rc = fetch_all(f, &why);
    else
        leave_part(t);
    if (rc == 0)
        one_connection(o, "what is there was fetched over one");
    free(f);
    return rc < 0 ? err_take(err, &why) : rc;
}
