#include "remember.h"

#include "memory.h"
#include "net/network.h"

#include <time.h>

/* Host, port and network of the session, for a change of the file. False when they are not known.
 */
static bool place_of(const struct session *s, struct memory_entry *e)
{
    const struct addr *local = session_local(s);
    *e = (struct memory_entry){.port = session_port(s)};
    /* behind a proxy on this machine (ssh -D) the network that counts cannot be seen */
    if (session_settings(s)->proxy && addr_is_loopback(local))
        return false;
    int n = snprintf(e->host, sizeof e->host, "%s", session_host(s));
    return n > 0 && (size_t) n < sizeof e->host && e->port != 0 &&
           *network_name(local, session_peer(s), e->network, sizeof e->network);
}

static void stamp(struct memory_entry *e)
{
    struct tm tm = {.tm_mday = 1};
    time_t now = time(NULL);
    gmtime_r(&now, &tm);
    strftime(e->when, sizeof e->when, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void load(struct app *app, struct memory *m)
{
    struct err err = ERR_INIT;
    if (memory_load(m, &err) < 0)
        log_note(&app->log, "no memory of strategies: %s", err.msg);
}

void remember_expect(struct app *app)
{
    struct memory m = {NULL, 0};
    struct ladder guess = app->settings.ladder;
    if (!app->settings.no_memory && !guess.chosen) {
        load(app, &m);
        const struct memory_entry *e =
            memory_youngest(&m, session_host(app->session), session_port(app->session));
        if (e)
            ladder_recall(&guess, e->strategy);
        memory_clear(&m);
    }
    channel_expect(app->session, &guess); /* nothing where nothing is remembered */
}

void remember_recall(struct app *app)
{
    struct memory m = {NULL, 0};
    struct memory_entry place;
    app->noted.generation = 0;
    if (app->settings.no_memory || app->ladder.chosen || !place_of(app->session, &place))
        return;
    load(app, &m);
    const struct memory_entry *e = memory_find(&m, place.host, place.port, place.network);
    if (e && ladder_recall(&app->ladder, e->strategy))
        log_note(&app->log, "%s worked for this server on %s, at %s: it goes first",
                 strategy_name(e->strategy), e->network, e->when);
    memory_clear(&m);
}

static bool put_entry(struct memory *m, void *ctx)
{
    return memory_put(m, ctx, NULL) == 0;
}

static void note_success(struct app *app, enum strategy_id id)
{
    unsigned generation = session_generation(app->session);
    struct memory_entry e;
    struct ladder usual;
    struct err err = ERR_INIT;
    if (app->noted.generation == generation && app->noted.strategy == id)
        return;
    app->noted.generation = generation;
    app->noted.strategy = id;
    ladder_init(&usual);
    if (!ladder_recall(&usual, id) || !place_of(app->session, &e))
        return;
    e.strategy = id;
    stamp(&e);
    if (memory_change(put_entry, &e, &err) < 0)
        log_note(&app->log, "what worked is not remembered: %s", err.msg);
}

/* Which strategies failed, and whether one worked. */
struct outcome {
    struct memory_entry place;
    bool failed[STRATEGY_COUNT], any_failed, any_worked;
};

static void read_outcome(const struct attempts *a, size_t from, struct outcome *out)
{
    for (size_t i = attempts_from(a, from); i < a->n; i++) {
        const struct attempt *row = attempts_row(a, i);
        if (row->result == RESULT_OK) {
            out->any_worked = true;
        } else if (row->result != RESULT_SKIPPED && row->result != RESULT_CANCELLED) {
            out->failed[row->strategy] = true;
            out->any_failed = true;
        }
    }
}

static bool remove_failed(struct memory *m, void *ctx)
{
    const struct outcome *o = ctx;
    struct memory_entry *e = memory_find(m, o->place.host, o->place.port, o->place.network);
    if (!e || !o->failed[e->strategy])
        return false;
    memory_remove(m, e);
    return true;
}

/* The file is only locked, and its folder made, where there is something to forget. */
static void note_failure(struct app *app, struct outcome *o)
{
    struct memory m = {NULL, 0};
    struct err err = ERR_INIT;
    app->noted.generation = 0;
    if (!place_of(app->session, &o->place))
        return;
    if (memory_load(&m, &err) == 0 && remove_failed(&m, o) &&
        memory_change(remove_failed, o, &err) < 0)
        log_note(&app->log, "what failed is not forgotten: %s", err.msg);
    memory_clear(&m);
}

void remember_outcome(struct app *app, size_t attempts_before)
{
    struct outcome o = {.any_failed = false};
    if (app->settings.no_memory || !app->session)
        return;
    read_outcome(&app->attempts, attempts_before, &o);
    if (app->ladder.proven >= 0 && !(o.any_failed && !o.any_worked))
        note_success(app, app->ladder.rungs[app->ladder.proven]);
    else if (o.any_failed)
        note_failure(app, &o);
}
