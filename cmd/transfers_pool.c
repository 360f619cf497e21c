#include "transfers.h"

#include "parts.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Several transfers at a time, and what has become of them so far. */
struct crew {
    struct transfers *t;
    struct pool *pool;
    struct parts parts;
    struct progress_sum sum;
    atomic_bool full; /* retry_hopeless() stopped the pool: a worker sets it */
    bool given_up;
};

struct errand {
    struct job job;
    struct crew *crew;
    const struct transfer_pair *pair;
    struct transfer_course course;
    int64_t size; /* -1: not known */
};

/* In a worker's thread. */
static int run_errand(struct mover *m, struct job *j, struct err *err)
{
    struct errand *e = (struct errand *) j;
    struct err why = ERR_INIT;
    if (transfers_try(e->crew->t, m, e->pair, &e->course, &j->state->transfer, &why) == 0)
        return 0;
    if (retry_hopeless(&why)) {
        atomic_store(&e->crew->full, true);
        pool_stop(e->crew->pool, &why);
    }
    return err_take(err, &why);
}

static void errand_done(void *ctx, struct job *j)
{
    struct crew *c = ctx;
    struct errand *e = (struct errand *) j;
    const struct err *why = &j->state->err;
    transfers_tell(c->t, &j->state->transfer, !err_is_set(why));
    c->sum.files++;
    c->sum.bytes += e->size > 0 ? e->size : atomic_load(&j->state->progress.done);
    if (!err_is_set(why) || c->given_up || retry_hopeless(why))
        return; /* pool_run() says why, once */
    c->given_up = !atomic_load(&c->full) && pool_stopped(c->pool);
    if (!c->given_up)
        parts_note(&c->parts, why);
}

static void draw(void *ctx)
{
    struct crew *c = ctx;
    progress_show_pool(&c->t->app->bar, c->pool, &c->sum);
}

static void say(void *ctx, const char *line)
{
    const struct crew *c = ctx;
    app_say(c->t->app, "%s", line);
}

static int64_t size_of(const struct transfers *t, const struct transfer_pair *pair)
{
    struct stat st;
    if (t->direction == TRANSFER_GET)
        return pair->size >= 0 ? pair->size : -1;
    return stat(pair->from, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t) st.st_size : -1;
}

static int add_errands(struct crew *c, struct errand *list, struct err *err)
{
    for (size_t i = 0; i < c->t->n; i++) {
        struct errand *e = &list[i];
        const struct transfer_pair *pair = &c->t->list[i];
        *e = (struct errand){.crew = c, .pair = pair, .size = size_of(c->t, pair)};
        e->job = (struct job){.run = run_errand, .done = errand_done, .ctx = c, .name = pair->from};
        if (e->size < 0)
            c->sum.bytes_total = -1;
        else if (c->sum.bytes_total >= 0)
            c->sum.bytes_total += e->size;
        if (pool_add(c->pool, &e->job, err) < 0)
            return -1;
    }
    return 0;
}

int transfers_run_pooled(struct transfers *t, int workers, struct err *err)
{
    struct app *app = t->app;
    struct crew c = {.t = t, .parts = parts_begin(app)};
    struct pool_config config = {.model = &app->mover,
                                 .workers = workers,
                                 .retries = app->settings.retries,
                                 .say = say,
                                 .ctx = &c};
    struct errand *list = calloc(t->n, sizeof *list);
    c.sum.files_total = (int64_t) t->n;
    c.pool = list ? pool_new(&config, err) : NULL;
    int rc = c.pool ? add_errands(&c, list, err) : err_set(err, ERR_LOCAL, "out of memory");
    if (rc == 0)
        rc = pool_run(c.pool, draw, &c, err);
    progress_stop(&app->bar);
    c.given_up = true;
    pool_free(c.pool);
    free(list);
    return parts_end(&c.parts, rc, err);
}
