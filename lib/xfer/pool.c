#include "xfer/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 250,
    ENTRY_MAX_MS = 2000, /* more than that a login does not take, but a person who is asked */
    JOBS_AN_ENTRY = 3    /* that a login costs, where nothing else is known: small files */
};

struct jobs {
    struct job *head, **tail;
    int64_t n;
};

/* A line for the person, on its way to pool_run()'s thread. */
struct notice {
    struct notice *next;
    char text[512];
};

struct worker {
    struct pool *pool;
    struct crew_task thread;
    bool running;
    bool connected; /* counted as such */
    bool probing;   /* it holds the gate */
    bool retired;
    bool clone; /* the session is ours */
    struct session *session;
    struct ladder ladder;
    struct attempts attempts;
    struct mover mover;
    struct job *job;  /* NULL: none */
    int64_t began_ms; /* it has, by clock_now_ms(); 0: not yet */
};

/* While nobody is known to be connected, or the last connect failed, one worker tries for all. */
struct gate {
    bool probing;
    int failures; /* in a row */
    struct deadline next;
    struct err cause; /* the first of them */
};

struct pool {
    struct pool_config config;
    struct crew *crew, *own_crew; /* own: the model lends none */
    const struct wait *wait;
    const struct log *log;
    struct session *pattern; /* how clones are to be; never connected */
    bool locked;             /* `lock` and `change` are there to be destroyed */
    pthread_mutex_t lock;    /* for all that follows */
    pthread_cond_t change;
    int wake[2]; /* a byte: something for pool_run() to do */
    struct jobs ready, later, over;
    struct notice *notices, **last_notice;
    struct worker *workers;
    int made, running, busy; /* workers: there are, with a thread, with a job */
    int limit, connected;
    int64_t entry_ms;        /* what a login takes; 0: not known */
    int64_t timed_ms, timed; /* what so many jobs took together */
    struct gate gate;
    struct ladder ladder; /* with what was learnt */
    bool spread;          /* the others may start: what works is known */
    bool closing, stopped;
    struct err why; /* stopped */
    int64_t done, failed;
};

/* ---- lists ---- */

static void jobs_init(struct jobs *l)
{
    *l = (struct jobs){.tail = &l->head};
}

static void jobs_put(struct jobs *l, struct job *j)
{
    j->next = NULL;
    *l->tail = j;
    l->tail = &j->next;
    l->n++;
}

static void jobs_put_first(struct jobs *l, struct job *j)
{
    j->next = l->head;
    l->head = j;
    if (!j->next)
        l->tail = &j->next;
    l->n++;
}

/* Takes out the one that *at points to. */
static struct job *jobs_cut(struct jobs *l, struct job **at)
{
    struct job *j = *at;
    *at = j->next;
    if (!j->next)
        l->tail = at;
    l->n--;
    return j;
}

static void wake_run(struct pool *p)
{
    ssize_t ignored = write(p->wake[1], "", 1); /* a full pipe can be read already */
    (void) ignored;
}

static void changed(struct pool *p)
{
    pthread_cond_broadcast(&p->change);
    wake_run(p);
}

static void say(struct pool *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What there is no memory for is not told. */
static void say(struct pool *p, const char *fmt, ...)
{
    struct notice *n = malloc(sizeof *n);
    va_list ap;
    if (!n)
        return;
    va_start(ap, fmt);
    vsnprintf(n->text, sizeof n->text, fmt, ap);
    va_end(ap);
    n->next = NULL;
    *p->last_notice = n;
    p->last_notice = &n->next;
}

/* Nothing more is begun. */
static void stop(struct pool *p, const struct err *why)
{
    err_take(&p->why, why);
    p->stopped = true;
    changed(p);
}

static void say_retry(struct pool *p, const char *name, const struct err *why,
                      struct deadline again)
{
    char line[512];
    retry_line(line, sizeof line, name, why, again);
    say(p, "%s", line);
}

/* ---- connecting ---- */

static void count_connected(struct worker *w, bool connected)
{
    w->pool->connected += (int) connected - (int) w->connected;
    w->connected = connected;
}

static bool gate_open(const struct pool *p)
{
    return p->connected > 0 && p->gate.failures == 0;
}

/* A worker without a connection waits at the gate, unless it goes ahead for the others. */
static bool may_work(struct worker *w)
{
    struct pool *p = w->pool;
    if (session_alive(w->session))
        return true;
    count_connected(w, false);
    return gate_open(p) || (!p->gate.probing && deadline_passed(p->gate.next));
}

/* Ready to work in the folder that names refer to. */
static int worker_connect(struct worker *w, struct err *err)
{
    channel_expect(w->session, w->mover.ladder);
    if (session_ready(w->session, err) < 0)
        return -1;
    if (strcmp(session_cwd(w->session), session_cwd(w->pool->pattern)) == 0)
        return 0;
    return err_set(err, ERR_REPLY_PERMANENT, "%s is gone", session_cwd(w->pool->pattern));
}

/* What a server that is restarted, or a network that comes back, does to a connect. */
static bool may_pass(const struct err *e)
{
    switch (e->code) {
    case ERR_RESOLVE:
    case ERR_CONNECT:
    case ERR_TIMEOUT:
    case ERR_CLOSED:
    case ERR_TRUNCATED:
    case ERR_TLS:
    case ERR_REPLY_TRANSIENT:
        return true;
    default:
        return false;
    }
}

/* The server has answered, and does not want this connection: another that stands shows that it
 * is one too many. */
static bool is_refusal(const struct err *e)
{
    return e->code != ERR_CONNECT && e->code != ERR_TIMEOUT && e->code != ERR_CLOSED &&
           e->code != ERR_RESOLVE;
}

static void retire(struct worker *w, const struct err *why)
{
    struct pool *p = w->pool;
    w->retired = true;
    p->limit--;
    say(p, "%s; going on with %d connection%s", why->msg, p->limit, p->limit == 1 ? "" : "s");
}

/* The server may come back. Of several that find it gone at once, the first counts. */
static void note_outage(struct worker *w, const struct err *why)
{
    struct pool *p = w->pool;
    struct gate *g = &p->gate;
    if (g->failures > 0 && !w->probing)
        return;
    if (g->failures++ == 0)
        g->cause = *why;
    g->next = retry_pause(g->failures);
    if (g->failures <= p->config.retries)
        say_retry(p, NULL, why, g->next);
    else if (p->connected > 0)
        retire(w, why);
    else
        stop(p, &g->cause);
}

/* No connection for this worker. The lock is held. */
static void unconnected(struct worker *w, const struct err *why)
{
    struct pool *p = w->pool;
    count_connected(w, false);
    if (why->code == ERR_CANCELLED || deadline_passed(p->wait->limit) ||
        (p->connected == 0 && !may_pass(why)))
        stop(p, why);
    else if (p->connected > 0 && is_refusal(why))
        retire(w, why);
    else
        note_outage(w, why);
}

/* ---- a worker ---- */

static void give_back(struct worker *w)
{
    jobs_put_first(&w->pool->ready, w->job);
    w->job = NULL;
    w->pool->busy--;
}

/* One whose pause is over goes before those that have not begun. */
static struct job *next_job(struct pool *p)
{
    for (struct job **at = &p->later.head; *at; at = &(*at)->next) {
        if (deadline_passed((*at)->again))
            return jobs_cut(&p->later, at);
    }
    return p->ready.head ? jobs_cut(&p->ready, &p->ready.head) : NULL;
}

/* The lock is held. False when there is no memory for the job's state, which stops the pool. */
static bool begin_job(struct worker *w)
{
    struct pool *p = w->pool;
    struct err why = ERR_INIT;
    if (!w->job->state) {
        w->job->state = calloc(1, sizeof *w->job->state);
        if (w->job->state)
            atomic_store(&w->job->state->progress.total, -1);
    }
    if (!w->job->state) {
        err_set(&why, ERR_LOCAL, "out of memory");
        jobs_put_first(&p->ready, w->job);
        w->job = NULL;
        stop(p, &why);
        return false;
    }
    p->busy++;
    if (!session_alive(w->session) && !gate_open(p))
        p->gate.probing = w->probing = true;
    return true;
}

/* Waits for a job; false when the worker is to end. */
static bool take_job(struct worker *w)
{
    struct pool *p = w->pool;
    bool taken = false;
    pthread_mutex_lock(&p->lock);
    while (!taken && !p->stopped && !p->closing && !w->retired) {
        if (may_work(w))
            w->job = next_job(p);
        w->mover.more = p->ready.n > 0;
        if (w->job)
            taken = begin_job(w);
        else
            pthread_cond_wait(&p->change, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return taken;
}

/* False when the job had to go back. */
static bool connect_for_job(struct worker *w)
{
    struct pool *p = w->pool;
    struct err why = ERR_INIT;
    int rc = worker_connect(w, &why);
    pthread_mutex_lock(&p->lock);
    if (rc == 0) {
        count_connected(w, true);
        p->entry_ms = session_entry_ms(w->session);
        w->began_ms = clock_now_ms();
        p->gate.failures = 0;
        p->gate.next = deadline_in(0); /* without a failure nobody is woken when it has come */
    } else {
        give_back(w);
        unconnected(w, &why);
    }
    if (w->probing)
        p->gate.probing = w->probing = false;
    changed(p);
    pthread_mutex_unlock(&p->lock);
    return rc == 0;
}

static void job_over(struct worker *w, bool failed)
{
    struct pool *p = w->pool;
    p->done++;
    p->failed += failed;
    jobs_put(&p->over, w->job);
}

/* Where a failed job goes. The lock is held. */
static void judge(struct worker *w, const struct err *why)
{
    struct pool *p = w->pool;
    struct job *j = w->job;
    err_take(&j->state->err, why);
    const struct transfer *t = &j->state->transfer;
    retry_failed(&j->tries, t);
    struct err over = ERR_INIT; /* Ctrl-C, or the limit for everything */
    if (wait_fds(p->wait, NULL, 0, deadline_in(0), &over) < 0)
        stop(p, &over);
    if (why->code == ERR_NO_DATA_PATH && p->ladder.proven < 0)
        stop(p, why); /* nor is there one for the others */
    if (p->stopped || !retry_follows(&j->tries, p->config.retries, &w->mover, t, why)) {
        job_over(w, true);
        return;
    }
    j->again = retry_pause(j->tries.failures);
    say_retry(p, j->name, why, j->again);
    jobs_put(&p->later, j);
}

static void job_ended(struct worker *w, int rc, const struct err *why)
{
    struct pool *p = w->pool;
    pthread_mutex_lock(&p->lock);
    p->spread = true;
    p->timed_ms += clock_now_ms() - w->began_ms;
    p->timed++;
    w->began_ms = 0;
    count_connected(w, session_alive(w->session));
    if (rc == 0) {
        err_clear(&w->job->state->err);
        job_over(w, false);
    } else if (why->code == ERR_LOGIN && !w->connected) {
        jobs_put_first(&p->ready, w->job); /* refused when the session was rebuilt */
        unconnected(w, why);
    } else {
        judge(w, why);
    }
    w->job = NULL;
    p->busy--;
    changed(p);
    pthread_mutex_unlock(&p->lock);
}

static void run_job(struct worker *w)
{
    struct job *j = w->job;
    struct err why = ERR_INIT;
    w->mover.pump.progress = &j->state->progress;
    int rc = j->run(&w->mover, j, &why);
    w->mover.pump.progress = NULL;
    if (rc < 0 && !err_is_set(&why))
        err_set(&why, ERR_LOCAL, "%s failed", j->name);
    job_ended(w, rc, &why);
}

static void worker_main(void *arg)
{
    struct worker *w = arg;
    struct pool *p = w->pool;
    while (take_job(w)) {
        if (connect_for_job(w))
            run_job(w);
    }
    pthread_mutex_lock(&p->lock);
    w->running = false;
    p->running--;
    changed(p);
    pthread_mutex_unlock(&p->lock);
}

/* What works is known, and the others may start. */
static void on_opened(void *ctx, const struct ladder *l)
{
    struct worker *w = ctx;
    struct pool *p = w->pool;
    pthread_mutex_lock(&p->lock);
    p->ladder = *l;
    if (!p->spread) {
        p->spread = true;
        changed(p);
    }
    pthread_mutex_unlock(&p->lock);
}

/* ---- starting workers ---- */

/* Each has a place of its own in the range of ports for active mode. */
static void spread_ports(struct port_range *ports, int i, int workers)
{
    int count = ports->hi - ports->lo + 1;
    if (ports->hi)
        ports->next = (uint16_t) (ports->lo + i % workers * count / workers);
}

static void prepare_mover(struct worker *w)
{
    unsigned hash_selected = w->mover.hash_selected;
    w->mover = *w->pool->config.model;
    w->mover.session = w->session;
    w->mover.ladder = &w->ladder;
    w->mover.attempts = &w->attempts;
    if (w->clone) /* it belongs to the session */
        w->mover.hash_selected = hash_selected;
    w->mover.opened = on_opened;
    w->mover.opened_ctx = w;
    w->mover.pump.progress = NULL;
    w->mover.pump.tick = NULL;
}

static struct worker *worker_new(struct pool *p, struct err *err)
{
    struct worker *w = &p->workers[p->made];
    w->pool = p;
    w->clone = p->made > 0;
    w->session = w->clone ? session_clone(p->pattern, session_settings(p->pattern), err)
                          : p->config.model->session;
    if (!w->session)
        return NULL;
    p->made++;
    return w;
}

/* One that has rested since the last run, or a new one. */
static struct worker *find_worker(struct pool *p, struct err *err)
{
    for (int i = 0; i < p->made; i++) {
        if (!p->workers[i].running && !p->workers[i].retired)
            return &p->workers[i];
    }
    return worker_new(p, err);
}

static int start_worker(struct pool *p, struct err *err)
{
    struct worker *w = find_worker(p, err);
    if (!w)
        return -1;
    w->ladder = p->ladder;
    spread_ports(&w->ladder.active_ports, (int) (w - p->workers), p->config.workers);
    prepare_mover(w);
    count_connected(w, session_alive(w->session));
    w->running = true;
    p->running++;
    if (crew_start(p->crew, &w->thread, worker_main, w, err) == 0)
        return 0;
    w->running = false;
    p->running--;
    return -1;
}

/* What the job that is under way there will have taken in the end, by what has come so far. */
static double job_length_ms(const struct worker *w)
{
    if (w->began_ms == 0)
        return 0;
    const struct progress *come = &w->job->state->progress;
    double took = (double) (clock_now_ms() - w->began_ms);
    double done = (double) atomic_load(&come->done), total = (double) atomic_load(&come->total);
    return done > 0 && total > done ? took * total / done : took;
}

/* What one job takes: as those before on average, or the longest that is under way. */
static double expected_ms(const struct pool *p, double entry_ms)
{
    double ms = p->timed > 0 ? (double) p->timed_ms / (double) p->timed : entry_ms / JOBS_AN_ENTRY;
    for (int i = 0; i < p->made; i++) {
        double one = p->workers[i].running ? job_length_ms(&p->workers[i]) : 0;
        ms = one > ms ? one : ms;
    }
    return ms;
}

/* Whether those who are there would be longer at what waits than another takes to log in. */
static bool is_another_worth_it(const struct pool *p)
{
    double entry_ms = (double) (p->entry_ms < ENTRY_MAX_MS ? p->entry_ms : ENTRY_MAX_MS);
    double waiting = (double) (p->ready.n + p->later.n - (p->running - p->busy));
    return p->running == 0 || waiting * expected_ms(p, entry_ms) >= entry_ms * p->running;
}

/* As many as there is work for; the lock is held. */
static void start_workers(struct pool *p)
{
    struct err why = ERR_INIT;
    while (!p->stopped && p->running < p->limit && p->ready.n + p->later.n > p->running - p->busy) {
        if (p->running > 0 && !(p->spread && gate_open(p) && is_another_worth_it(p)))
            return;
        if (start_worker(p, &why) == 0)
            continue;
        if (p->running == 0)
            stop(p, &why);
        p->limit = p->running > 0 ? p->running : 1;
        return;
    }
}

/* ---- the thread that runs the pool ---- */

/* What a stopped pool leaves undone fails with the pool, unless it has failed by itself before. */
static void give_up(struct pool *p, struct jobs *list)
{
    while (list->head) {
        struct job *j = jobs_cut(list, &list->head);
        struct job_state none = {.err = ERR_INIT}, *state = j->state;
        if (!state) /* never begun */
            j->state = &none;
        err_take(&j->state->err, &p->why);
        p->done++;
        p->failed++;
        if (j->done)
            j->done(j->ctx, j);
        free(state);
    }
}

/* Hands out what has come to its end. */
static void hand_out(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    struct notice *n = p->notices;
    p->notices = NULL;
    p->last_notice = &p->notices;
    struct job *j = p->over.head;
    jobs_init(&p->over);
    pthread_mutex_unlock(&p->lock);
    while (n) {
        struct notice *next = n->next;
        if (p->config.say)
            p->config.say(p->config.ctx, n->text);
        else
            log_note(p->log, "%s", n->text);
        free(n);
        n = next;
    }
    while (j) {
        struct job *next = j->next; /* the job may be gone when done() returns */
        struct job_state *state = j->state;
        if (j->done)
            j->done(j->ctx, j);
        free(state);
        j = next;
    }
}

/* When a pause is over. */
static struct deadline next_start(const struct pool *p)
{
    struct deadline d = p->gate.failures > 0 && !p->gate.probing ? p->gate.next : DEADLINE_NEVER;
    for (const struct job *j = p->later.head; j; j = j->next)
        d = deadline_sooner(d, j->again);
    return d;
}

/* False when nothing is left to do. Otherwise *until is when to look again. */
static bool look_after(struct pool *p, struct deadline *until)
{
    pthread_mutex_lock(&p->lock);
    start_workers(p);
    bool left = p->ready.n + p->later.n + p->over.n + p->busy > 0 && !p->stopped;
    struct deadline start = next_start(p);
    if (deadline_passed(start))
        pthread_cond_broadcast(&p->change);
    else
        *until = deadline_sooner(*until, start);
    pthread_mutex_unlock(&p->lock);
    return left;
}

static void drain(int fd)
{
    char sink[64];
    while (read(fd, sink, sizeof sink) > 0)
        ;
}

static void run_loop(struct pool *p, void (*tick)(void *ctx), void *ctx)
{
    struct deadline due = deadline_in(TICK_MS);
    for (;;) {
        struct deadline until = due;
        struct err why = ERR_INIT;
        hand_out(p);
        if (!look_after(p, &until))
            return;
        struct wait_fd fd = {.fd = p->wake[0], .want = POLLIN};
        if (wait_fds(p->wait, &fd, 1, until, &why) < 0) {
            pthread_mutex_lock(&p->lock);
            stop(p, &why);
            pthread_mutex_unlock(&p->lock);
            return;
        }
        drain(p->wake[0]);
        if (!deadline_passed(due))
            continue;
        if (tick)
            tick(ctx);
        due = deadline_in(TICK_MS);
    }
}

/* What the workers have learnt becomes the model's. */
static void gather(struct pool *p)
{
    struct mover *model = p->config.model;
    for (int i = 0; i < p->made; i++) {
        struct worker *w = &p->workers[i];
        attempts_merge(model->attempts, &w->attempts);
        attempts_clear(&w->attempts);
        model->mlsd_broken |= w->mover.mlsd_broken;
        model->no_digest |= w->mover.no_digest;
        model->site_asked |= w->mover.site_asked;
        model->site_digests |= w->mover.site_digests;
        model->no_stamp |= w->mover.no_stamp;
        if (!w->clone) {
            model->lessons = w->mover.lessons;
            model->hash_selected = w->mover.hash_selected;
        }
    }
    *model->ladder = p->ladder;
}

static void join_all(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->change);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->made; i++)
        crew_join(p->crew, &p->workers[i].thread);
}

/* A password that is to be asked for is asked for in this thread, and before there are others. */
static int begin_run(struct pool *p, struct err *err)
{
    const struct session_config *c = session_settings(p->config.model->session);
    if (!c->password && c->ask_password && session_connect(p->config.model->session, err) < 0)
        return -1;
    if (!p->pattern)
        p->pattern = session_clone(p->config.model->session, c, err);
    if (!p->pattern)
        return -1;
    p->entry_ms = session_entry_ms(p->config.model->session);
    p->ladder = *p->config.model->ladder;
    p->spread = p->ladder.proven >= 0;
    p->closing = false;
    return 0;
}

int pool_run(struct pool *p, void (*tick)(void *ctx), void *ctx, struct err *err)
{
    struct err why = ERR_INIT;
    if (!p->stopped && begin_run(p, &why) < 0)
        stop(p, &why);
    if (!p->stopped) {
        run_loop(p, tick, ctx);
        join_all(p);
        gather(p);
    }
    hand_out(p);
    if (!p->stopped)
        return 0;
    give_up(p, &p->later);
    give_up(p, &p->ready);
    hand_out(p);
    return err_take(err, &p->why);
}

/* ---- the rest ---- */

int pool_add(struct pool *p, struct job *j, struct err *err)
{
    j->tries = (struct retry_count){0};
    j->state = NULL;
    pthread_mutex_lock(&p->lock);
    bool taken = !p->stopped;
    if (taken) {
        jobs_put(&p->ready, j);
        changed(p);
    }
    pthread_mutex_unlock(&p->lock);
    return taken ? 0 : err_take(err, &p->why);
}

void pool_stop(struct pool *p, const struct err *why)
{
    pthread_mutex_lock(&p->lock);
    stop(p, why);
    pthread_mutex_unlock(&p->lock);
}

bool pool_stopped(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    bool stopped = p->stopped;
    pthread_mutex_unlock(&p->lock);
    return stopped;
}

size_t pool_active(struct pool *p, struct job **out, size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&p->lock);
    for (int i = 0; i < p->made && n < max; i++) {
        if (p->workers[i].job)
            out[n++] = p->workers[i].job;
    }
    pthread_mutex_unlock(&p->lock);
    return n;
}

struct pool_counts pool_count(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    struct pool_counts c = {.waiting = p->ready.n + p->later.n,
                            .active = p->busy,
                            .done = p->done,
                            .failed = p->failed,
                            .workers = p->limit};
    pthread_mutex_unlock(&p->lock);
    return c;
}

static int make_pipe(int fds[2], struct err *err)
{
    if (pipe(fds) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot make a pipe");
    for (int i = 0; i < 2; i++) {
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

struct pool *pool_new(const struct pool_config *config, struct err *err)
{
    struct pool *p = calloc(1, sizeof *p);
    if (!p) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    p->config = *config;
    if (p->config.workers < 1)
        p->config.workers = 1;
    if (p->config.workers > POOL_WORKERS_MAX)
        p->config.workers = POOL_WORKERS_MAX;
    p->limit = p->config.workers;
    p->wait = session_settings(config->model->session)->wait;
    p->log = session_settings(config->model->session)->log;
    p->wake[0] = p->wake[1] = -1;
    p->last_notice = &p->notices;
    jobs_init(&p->ready);
    jobs_init(&p->later);
    jobs_init(&p->over);
    p->workers = calloc((size_t) p->limit, sizeof *p->workers);
    p->locked = pthread_mutex_init(&p->lock, NULL) == 0;
    if (p->locked && pthread_cond_init(&p->change, NULL) != 0) {
        pthread_mutex_destroy(&p->lock);
        p->locked = false;
    }
    if (!config->model->crew)
        p->own_crew = crew_new(err);
    p->crew = config->model->crew ? config->model->crew : p->own_crew;
    if (p->workers && p->crew && p->locked && make_pipe(p->wake, err) == 0)
        return p;
    err_set(err, ERR_LOCAL, "out of memory");
    pool_free(p);
    return NULL;
}

static void say_goodbye(void *arg)
{
    struct worker *w = arg;
    session_quit(w->session);
}

/* All at once, since each may take its time. */
static void end_sessions(struct pool *p)
{
    for (int i = 0; i < p->made; i++) {
        struct worker *w = &p->workers[i];
        if (w->clone && session_alive(w->session) &&
            crew_start(p->crew, &w->thread, say_goodbye, w, NULL) < 0)
            session_quit(w->session);
    }
    for (int i = 0; i < p->made; i++) {
        struct worker *w = &p->workers[i];
        crew_join(p->crew, &w->thread);
        if (w->clone)
            session_free(w->session);
    }
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    err_set(&p->why, ERR_CANCELLED, "not begun");
    give_up(p, &p->ready);
    end_sessions(p);
    session_free(p->pattern);
    crew_free(p->own_crew);
    for (int i = 0; i < 2; i++) {
        if (p->wake[i] >= 0)
            close(p->wake[i]);
    }
    if (p->locked) {
        pthread_cond_destroy(&p->change);
        pthread_mutex_destroy(&p->lock);
    }
    free(p->workers);
    free(p);
}
