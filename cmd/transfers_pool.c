#include "transfers.h"

#include "parts.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Several transfers at a time, and what has become of them so far. */
struct errands {
    struct transfers *t;
    struct pool *pool;
    struct parts parts;
    struct progress_sum sum;
    atomic_bool full; /* retry_hopeless() stopped the pool: a worker sets it */
    bool given_up;
};

struct errand {
    struct job job;
    struct errands *all;
    const struct transfer_pair *pair;
    struct transfer_course course;
    int64_t size; /* -1: not known */
};

/* In a worker's thread. */
static int run_errand(struct mover *m, struct job *j, struct err *err)
{
    struct errand *e = (struct errand *) j;
    struct err why = ERR_INIT;
    if (transfers_try(e->all->t, m, e->pair, &e->course, &j->state->transfer, &why) == 0)
        return 0;
    if (retry_hopeless(&why)) {
        atomic_store(&e->all->full, true);
        pool_stop(e->all->pool, &why);
    }
    return err_take(err, &why);
}

static void errand_done(void *ctx, struct job *j)
{
    struct errands *all = ctx;
    struct errand *e = (struct errand *) j;
    const struct err *why = &j->state->err;
    transfers_tell(all->t, &j->state->transfer, !err_is_set(why));
    all->sum.files++;
    all->sum.bytes += e->size > 0 ? e->size : atomic_load(&j->state->progress.done);
    if (!err_is_set(why) || all->given_up || retry_hopeless(why))
        return; /* pool_run() says why, once */
    all->given_up = !atomic_load(&all->full) && pool_stopped(all->pool);
    if (!all->given_up)
        parts_note(&all->parts, why);
}

static void draw(void *ctx)
{
    struct errands *all = ctx;
    progress_show_pool(&all->t->app->bar, all->pool, &all->sum);
}

static void say(void *ctx, const char *line)
{
    const struct errands *all = ctx;
    app_say(all->t->app, "%s", line);
}

static int64_t size_of(const struct transfers *t, const struct transfer_pair *pair)
{
    struct stat st;
    if (t->direction == TRANSFER_GET)
        return pair->size >= 0 ? pair->size : -1;
    return stat(pair->from, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t) st.st_size : -1;
}

static int add_errands(struct errands *all, struct errand *list, struct err *err)
{
    for (size_t i = 0; i < all->t->n; i++) {
        struct errand *e = &list[i];
        const struct transfer_pair *pair = &all->t->list[i];
        *e = (struct errand){.all = all, .pair = pair, .size = size_of(all->t, pair)};
        e->job =
            (struct job){.run = run_errand, .done = errand_done, .ctx = all, .name = pair->from};
        if (e->size < 0)
            all->sum.bytes_total = -1;
        else if (all->sum.bytes_total >= 0)
            all->sum.bytes_total += e->size;
        if (pool_add(all->pool, &e->job, err) < 0)
            return -1;
    }
    return 0;
}

int transfers_run_pooled(struct transfers *t, int workers, struct err *err)
{
    struct app *app = t->app;
    struct errands all = {.t = t, .parts = parts_begin(app)};
    struct pool_config config = {.model = &app->mover,
                                 .workers = workers,
                                 .retries = app->settings.retries,
                                 .say = say,
                                 .ctx = &all};
    struct errand *list = calloc(t->n, sizeof *list);
    all.sum.files_total = (int64_t) t->n;
    all.pool = list ? pool_new(&config, err) : NULL;
    int rc = all.pool ? add_errands(&all, list, err) : err_set(err, ERR_LOCAL, "out of memory");
    if (rc == 0)
        rc = pool_run(all.pool, draw, &all, err);
    progress_stop(&app->bar);
    all.given_up = true;
    pool_free(all.pool);
    free(list);
    return parts_end(&all.parts, rc, err);
}
