#include "xfer/pump.h"

#include "xfer/zstream.h"

#include <poll.h>
#include <stdlib.h>

enum {
    PUMP_BLOCK = 256 * 1024,
    PUMP_ROOM = PUMP_BLOCK + STREAM_RECORD_REST,
    LOOK_BYTES = 1024 * 1024, /* that much may flow before Ctrl-C and control are looked at */
    TICK_MS = 250,
    TICKETS = 2,            /* of TLS 1.3, that servers send */
    GATHERING = 64 * 1024,  /* data pour in where one read gets so much: */
    GATHERED = 128 * 1024,  /* poll() is to tell of that much more then, */
    GATHER_MS = 2,          /* for so long, */
    GATHER_LEFT = 1 << 20,  /* not behind what is left then of the file, */
    GATHER_PAUSE = 2 << 20, /* and not for so many bytes more where it did not come */
    LINGER_MS = 3000,       /* for the end of the data once the final reply is there */
    STOPPED_MS = 1000       /* no waiting ends so late, unless the program was stopped */
};

struct pump {
    struct channel *channel;
    const struct pump_settings *settings;
    struct pump_end *end;
    unsigned char *block;
    size_t held;             /* of the block, that has come and was not delivered */
    struct zstream *zstream; /* MODE Z: between the block and the data connection; NULL: none */
    unsigned char *packed;   /* the other side of it */
    int64_t unlooked;
    struct deadline idle, tick;
    bool lingering, gathering;
    bool given_up;       /* the server has, which was told */
    int64_t gather_from; /* bytes of the file */
};

/* Starts the idle clock anew: a shorter one once the final reply is there. */
static void rewind_clock(struct pump *p)
{
    int64_t ms = p->settings->idle_timeout_ms;
    p->idle = deadline_in(p->lingering && ms > LINGER_MS ? LINGER_MS : ms);
}

static int begin_coding(struct pump *p, enum zstream_way way, struct err *err)
{
    if (!channel_compressed(p->channel))
        return 0;
    p->zstream = zstream_new(way, err);
    if (!p->zstream)
        return -1;
    p->packed = malloc(PUMP_BLOCK);
    return p->packed ? 0 : err_set(err, ERR_LOCAL, "out of memory");
}

static int pump_begin(struct pump *p, enum zstream_way way, struct err *err)
{
    *p->end = (struct pump_end){0};
    rewind_clock(p);
    p->tick = deadline_in(0);
    channel_keep_alive(p->channel, p->settings->noop_interval_ms);
    p->block = malloc(PUMP_ROOM);
    return p->block ? begin_coding(p, way, err) : err_set(err, ERR_LOCAL, "out of memory");
}

static void pump_clear(struct pump *p)
{
    free(p->block);
    free(p->packed);
    zstream_free(p->zstream);
}

/* Bytes on the data connection. */
static void moved(struct pump *p, size_t n)
{
    if (n == 0)
        return; /* the idle clock runs on */
    p->unlooked += (int64_t) n;
    rewind_clock(p);
}

/* Bytes of the file. */
static void counted(struct pump *p, size_t n)
{
    p->end->bytes += (int64_t) n;
    if (p->settings->progress)
        atomic_fetch_add(&p->settings->progress->done, (int64_t) n);
}

static void tick(struct pump *p)
{
    if (!p->settings->tick || !deadline_passed(p->tick))
        return;
    p->settings->tick(p->settings->tick_ctx);
    p->tick = deadline_in(TICK_MS);
}

/* While the program was stopped (Ctrl-Z) nothing could move: that is no stall. */
static void forgive_stop(struct pump *p, struct deadline until)
{
    if (clock_now_ms() - STOPPED_MS > until.at_ms)
        rewind_clock(p);
}

/* Waits for either connection (`events`: what data wants) until `until`. 1: go on, 0: the idle
 * clock has run out, -1: cancelled, or the server ended the transfer. */
static int look_until(struct pump *p, short events, struct deadline until, struct err *err)
{
    tick(p);
    if (p->settings->tick && !deadline_passed(until))
        until = deadline_sooner(until, p->tick);
    if (channel_wait(p->channel, events, until, err) < 0 || channel_check(p->channel, err) < 0)
        return -1;
    p->unlooked = 0;
    forgive_stop(p, until);
    if (channel_done(p->channel) && !p->lingering) {
        p->lingering = true;
        p->idle = deadline_sooner(p->idle, deadline_in(LINGER_MS));
    }
    return !deadline_passed(p->idle);
}

static int look(struct pump *p, short events, struct err *err)
{
    return look_until(p, events, p->idle, err);
}

/* Only looks, after bytes have moved. 1 or -1. */
static int glance(struct pump *p, short events, struct err *err)
{
    return look_until(p, events, deadline_in(0), err) < 0 ? -1 : 1;
}

/* How many of `want` bytes may move now. 0 after waiting for the rate's sake, with both connections
 * watched; -1. Such a pause is no stall. */
static ssize_t allowed(struct pump *p, size_t want, short events, struct err *err)
{
    int64_t wait_ms;
    size_t n = rate_take(p->settings->rate, want, clock_now_ms(), &wait_ms);
    if (n > 0)
        return (ssize_t) n;
    rewind_clock(p);
    return look_until(p, events, deadline_in(wait_ms), err) < 0 ? -1 : 0;
}

static int stalled(const struct pump *p, struct err *err)
{
    return err_set(err, ERR_TIMEOUT, "no data moved for %g s",
                   (double) p->settings->idle_timeout_ms / 1000);
}

static int close_channel(struct pump *p, struct err *err)
{
    struct channel_end end;
    int rc = channel_close(p->channel, &end, err);
    p->channel = NULL;
    p->end->unconfirmed = end.unconfirmed;
    p->end->unclean |= end.broken;
    return rc;
}

/* ---- down ---- */

static bool ended_by_server(const struct err *why)
{
    return why->code == ERR_REPLY_TRANSIENT || why->code == ERR_REPLY_PERMANENT;
}

/* The data ended without TLS's word for it, by reset, or not at all: what the server says then, and
 * the caller's look at SIZE, decide (FIELD-NOTES 9, 13). */
static int down_unclean(struct pump *p, struct err *why, struct err *err)
{
    p->end->unclean = true;
    struct err reply = ERR_INIT;
    int rc = close_channel(p, &reply);
    if (rc == 0)
        return 0;
    bool said = ended_by_server(&reply) || reply.code == ERR_CANCELLED;
    if (err && !err_is_set(err))
        *err = said ? reply : *why;
    return -1;
}

static int to_sink(struct pump *p, const struct pump_sink *sink, const void *mem, size_t n,
                   struct err *why)
{
    counted(p, n);
    return sink->write(sink->ctx, mem, n, why);
}

/* However much comes out of one block, no more than a block of it is held, and Ctrl-C is heard.
 * That the server has given up keeps nothing back of what it sent before. */
static int deliver_block(struct pump *p, const struct pump_sink *sink, size_t len, struct err *why)
{
    struct err end = ERR_INIT;
    if (!p->zstream)
        return to_sink(p, sink, p->block, len, why);
    zstream_feed(p->zstream, p->block, len);
    for (;;) {
        size_t got;
        struct err now = ERR_INIT;
        int rc = zstream_take(p->zstream, p->packed, PUMP_BLOCK, &got, why);
        if (rc <= 0)
            return rc == 0 && err_is_set(&end) ? err_take(why, &end) : rc;
        if (to_sink(p, sink, p->packed, got, why) < 0)
            return -1;
        p->unlooked += (int64_t) got;
        if (p->unlooked < LOOK_BYTES || glance(p, 0, &now) > 0)
            continue;
        if (!ended_by_server(&now))
            return err_take(why, &now);
        if (!p->given_up)
            end = now;
        p->given_up = true;
    }
}

/* What is held goes on: to write many records at once takes less than to write each. A sink that is
 * slow is no stall of the server's. That it fails tells more than what else has gone wrong by then,
 * 426 included, but for Ctrl-C. */
static int deliver(struct pump *p, const struct pump_sink *sink, struct err *why)
{
    struct err now = ERR_INIT;
    size_t len = p->held;
    p->held = 0;
    if (len == 0)
        return 0;
    if (deliver_block(p, sink, len, &now) == 0) {
        rewind_clock(p);
        return 0;
    }
    if (why->code != ERR_CANCELLED)
        *why = now;
    return -1;
}

/* The server has given up (426), and what it sent before waits here: as much of it as is there
 * counts, for who goes on from it. */
static void down_rest(struct pump *p, const struct pump_sink *sink)
{
    struct deadline end = deadline_in(LINGER_MS);
    struct err ignored = ERR_INIT;
    int tickets = 0; /* each ends a read, too */
    while (tickets <= TICKETS && !deadline_passed(end)) {
        size_t got = 0;
        enum stream_state state = channel_read(p->channel, p->block, PUMP_BLOCK, &got, &ignored);
        tickets += state == STREAM_WANT_READ;
        p->held = got;
        if (state != STREAM_WANT_READ && (state != STREAM_OK || deliver(p, sink, &ignored) < 0))
            return;
    }
}

/* The end of a file need not be that of the connection: some servers wait for us there. */
static bool may_gather(const struct pump *p)
{
    const struct progress *f = p->settings->progress;
    return f && p->end->bytes >= p->gather_from &&
           atomic_load(&f->total) - atomic_load(&f->done) > GATHER_LEFT;
}

static void gather(struct pump *p, bool on)
{
    if (p->gathering != on)
        stream_gather(channel_stream(p->channel), on ? GATHERED : 1);
    p->gathering = on;
}

/* Waits for as much as is to be gathered; where it does not come in time, for anything from now on:
 * a server may wait for TCP to say that what it sent was read. 1 or -1. */
static int down_gather(struct pump *p, short events, struct err *why)
{
    struct deadline end = deadline_in(GATHER_MS);
    if (look_until(p, events, end, why) < 0)
        return -1;
    if (!deadline_passed(end))
        return 1;
    gather(p, false);
    p->gather_from = p->end->bytes + GATHER_PAUSE;
    return 1;
}

/* `got` bytes more in the block. What may not come at full speed is not held back. 1 or -1. */
static int down_more(struct pump *p, const struct pump_sink *sink, size_t got, bool slowed,
                     struct err *why)
{
    moved(p, got);
    p->held += got;
    if (got >= GATHERING || p->gathering)
        gather(p, may_gather(p));
    bool full = p->held > PUMP_BLOCK - STREAM_RECORD_BYTES;
    if ((full || slowed) && deliver(p, sink, why) < 0)
        return -1;
    return p->unlooked < LOOK_BYTES ? 1 : glance(p, 0, why);
}

/* Nothing more is there yet. 1 or -1. */
static int down_wait(struct pump *p, short events, struct err *why)
{
    if (p->gathering)
        return down_gather(p, events, why);
    int rc = look(p, events, why);
    if (rc != 0)
        return rc;
    return p->lingering ? err_set(why, ERR_TRUNCATED, "the server never ended the data connection")
                        : stalled(p, why);
}

/* 1: more to come, 0: ended in order, -1 with *why. */
static int down_step(struct pump *p, const struct pump_sink *sink, struct err *why)
{
    size_t got = 0, want = PUMP_ROOM - p->held;
    ssize_t room = allowed(p, want, 0, why);
    if (room <= 0)
        return room < 0 || deliver(p, sink, why) < 0 ? -1 : 1;
    enum stream_state state =
        channel_read(p->channel, p->block + p->held, (size_t) room, &got, why);
    rate_give_back(p->settings->rate, (size_t) room - (state == STREAM_OK ? got : 0));
    if (state == STREAM_OK)
        return down_more(p, sink, got, (size_t) room < want, why);
    if (deliver(p, sink, why) < 0 || state == STREAM_ERROR)
        return -1;
    return state == STREAM_EOF ? 0 : down_wait(p, stream_events(state), why);
}

/* Ends the channel, whatever it was that ended the data. */
static int down_end(struct pump *p, int rc, struct err *why, struct err *err)
{
    struct channel *c = p->channel;
    if (rc == 0)
        return close_channel(p, err);
    if (why->code == ERR_TRUNCATED ||
        (why->code == ERR_CLOSED && !control_dead(session_control(channel_session(c)))))
        return down_unclean(p, why, err);
    channel_abort(c, why);
    return err_take(err, why);
}

int pump_down(struct channel *c, const struct pump_sink *sink, const struct pump_settings *settings,
              struct pump_end *end, struct err *err)
{
    struct pump p = {.channel = c, .settings = settings, .end = end};
    struct err why = ERR_INIT;
    int rc = pump_begin(&p, ZSTREAM_INFLATE, &why);
    if (rc == 0) {
        do {
            rc = down_step(&p, sink, &why);
        } while (rc > 0);
        p.given_up |= rc < 0 && ended_by_server(&why);
        if (deliver(&p, sink, &why) < 0)
            rc = -1;
        gather(&p, false);
        if (rc < 0 && ended_by_server(&why))
            down_rest(&p, sink);
    }
    bool whole = !p.zstream || zstream_whole(p.zstream);
    pump_clear(&p);
    rc = down_end(&p, rc, &why, err);
    if (rc == 0 && !whole)
        return err_set(err, ERR_TRUNCATED, "the compressed data end in the middle");
    return rc;
}

/* ---- up ---- */

/* The server's side of an upload carries tickets, alerts and the end (FIELD-NOTES 8). 1, or -1 when
 * the server has closed it. */
static int up_listen(struct pump *p, struct err *err)
{
    unsigned char sink[2048];
    size_t got;
    enum stream_state state = stream_read(channel_stream(p->channel), sink, sizeof sink, &got, err);
    if (state == STREAM_EOF)
        return err_set(err, ERR_CLOSED, "the server closed the data connection");
    return state == STREAM_ERROR ? -1 : 1;
}

/* Waits until the data connection wants something of us; 1 or -1. */
static int up_wait(struct pump *p, short events, struct err *err)
{
    int rc = look(p, (short) (events | POLLIN), err);
    if (rc == 0)
        return stalled(p, err);
    return rc < 0 ? -1 : up_listen(p, err);
}

static int up_glance(struct pump *p, struct err *err)
{
    return glance(p, POLLIN, err) < 0 ? -1 : up_listen(p, err);
}

/* As allowed(); behind a pause what was written so far goes out. */
static ssize_t up_allowed(struct pump *p, size_t want, struct err *err)
{
    ssize_t n = allowed(p, want, POLLIN, err);
    if (n != 0)
        return n;
    enum stream_state state = stream_flush(channel_stream(p->channel), err);
    return state == STREAM_ERROR || up_listen(p, err) < 0 ? -1 : 0;
}

static int up_send(struct pump *p, const unsigned char *mem, size_t len, struct err *err)
{
    size_t sent = 0;
    while (sent < len) {
        size_t put = 0;
        ssize_t room = up_allowed(p, len - sent, err);
        if (room < 0)
            return -1;
        if (room == 0)
            continue;
        enum stream_state state =
            stream_write(channel_stream(p->channel), mem + sent, (size_t) room, &put, err);
        if (state == STREAM_ERROR)
            return -1;
        rate_give_back(p->settings->rate, (size_t) room - put);
        sent += put;
        moved(p, put);
        if (!p->zstream)
            counted(p, put);
        bool blocked = state != STREAM_OK;
        if (blocked && up_wait(p, stream_events(state), err) < 0)
            return -1;
        if (!blocked && p->unlooked >= LOOK_BYTES && up_glance(p, err) < 0)
            return -1;
    }
    return 0;
}

static int up_flush(struct pump *p, struct err *err)
{
    enum stream_state state;
    while ((state = stream_flush(channel_stream(p->channel), err)) != STREAM_OK) {
        if (state == STREAM_ERROR || up_wait(p, stream_events(state), err) < 0)
            return -1;
    }
    return 0;
}

/* What the coding has ready. */
static int up_packed(struct pump *p, struct err *err)
{
    for (;;) {
        size_t got;
        int rc = zstream_take(p->zstream, p->packed, PUMP_BLOCK, &got, err);
        if (rc <= 0)
            return rc;
        if (up_send(p, p->packed, got, err) < 0)
            return -1;
    }
}

static int up_block(struct pump *p, size_t len, struct err *err)
{
    if (!p->zstream)
        return up_send(p, p->block, len, err);
    zstream_feed(p->zstream, p->block, len);
    if (up_packed(p, err) < 0)
        return -1;
    counted(p, len);
    return 0;
}

static int up_end(struct pump *p, struct err *err)
{
    if (p->zstream) {
        zstream_finish(p->zstream);
        if (up_packed(p, err) < 0)
            return -1;
    }
    return up_flush(p, err);
}

/* What a source has that gives less than it was asked for, as a pipe does, is not held back while
 * it gathers more; but for compression, which gathers of itself. */
static int up_run(struct pump *p, const struct pump_source *source, struct err *err)
{
    for (;;) {
        ssize_t n = source->read(source->ctx, p->block, PUMP_BLOCK, err);
        if (n < 0)
            return -1;
        if (n == 0)
            return up_end(p, err);
        if (up_block(p, (size_t) n, err) < 0 || (n < PUMP_BLOCK && up_flush(p, err) < 0))
            return -1;
    }
}

int pump_up(struct channel *c, const struct pump_source *source,
            const struct pump_settings *settings, struct pump_end *end, struct err *err)
{
    struct pump p = {.channel = c, .settings = settings, .end = end};
    struct err why = ERR_INIT;
    int rc = pump_begin(&p, ZSTREAM_DEFLATE, &why);
    if (rc == 0)
        rc = up_run(&p, source, &why);
    pump_clear(&p);
    if (rc == 0)
        return close_channel(&p, err);
    channel_abort(c, &why);
    return err_take(err, &why);
}
