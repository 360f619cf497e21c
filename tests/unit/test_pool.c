/* The pool against ftpfake (FTPFAKE names the program), in clear. */
#include "unit.h"

#include "xfer/get.h"
#include "xfer/pool.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 64, BIG = 400000 };

struct server {
    pid_t pid;
    int port;
};

struct world {
    char root[64];
    struct server server;
    struct cancel *cancel;
    struct wait wait;
    struct session *session;
    struct ladder ladder;
    struct attempts attempts;
    struct mover mover;
    struct pool *pool;
    struct job jobs[JOBS_MAX];
    struct err ends[JOBS_MAX]; /* of each, when it was done */
    int done, failed, most_tries;
    pthread_t here;
    int ticks, said;
    int64_t seen; /* the most bytes that a tick saw under way */
    bool restarted;
    int expected; /* jobs added */
};

/* ---- the server ---- */

static pid_t running; /* 0: none */

/* What a test that failed leaves would hold on to our output. */
static int end_server(void **state)
{
    (void) state;
    if (running > 0) {
        kill(running, SIGKILL);
        waitpid(running, NULL, 0);
    }
    running = 0;
    return 0;
}

static void start_server(struct world *w, int port, const char *const quirks[])
{
    char root[80], at[32], line[64] = "";
    const char *argv[16] = {getenv("FTPFAKE"), "--tls=off", root, at};
    int fds[2], n = 4;
    assert_non_null(argv[0]);
    for (int i = 0; quirks && quirks[i]; i++)
        argv[n++] = quirks[i];
    snprintf(root, sizeof root, "--root=%s", w->root);
    snprintf(at, sizeof at, "--port=%d", port);
    assert_int_equal(pipe(fds), 0);
    w->server.pid = running = fork();
    if (w->server.pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        execv(argv[0], (char *const *) (uintptr_t) argv);
        _exit(127);
    }
    close(fds[1]);
    FILE *out = fdopen(fds[0], "r");
    assert_non_null(fgets(line, sizeof line, out));
    fclose(out);
    assert_int_equal(sscanf(line, "port %d", &w->server.port), 1);
}

static void stop_server(struct world *w, int sig)
{
    if (w->server.pid <= 0)
        return;
    kill(w->server.pid, sig);
    waitpid(w->server.pid, NULL, 0);
    w->server.pid = running = 0;
}

static void write_file(const struct world *w, const char *name, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", w->root, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (size_t i = 0; i < size; i++)
        fputc((int) ('a' + i % 26), f);
    fclose(f);
}

static struct world *world_new(const char *const quirks[])
{
    struct err err = ERR_INIT;
    struct world *w = calloc(1, sizeof *w);
    snprintf(w->root, sizeof w->root, "/tmp/ftpsh-pool-XXXXXX");
    assert_non_null(mkdtemp(w->root));
    write_file(w, "small", 1000);
    write_file(w, "big", BIG);
    start_server(w, 0, quirks);
    w->cancel = cancel_new(&err);
    w->wait = (struct wait){w->cancel, DEADLINE_NEVER};
    w->here = pthread_self();
    ladder_init(&w->ladder);
    struct session_config c = {.host = "127.0.0.1",
                               .port = (uint16_t) w->server.port,
                               .user = "anonymous",
                               .password = "",
                               .tls = TLS_OFF,
                               .connect_timeout_ms = 5000,
                               .reply_timeout_ms = 5000,
                               .final_timeout_ms = 1000,
                               .wait = &w->wait};
    w->session = session_new(&c, &err);
    assert_int_equal(session_connect(w->session, &err), 0);
    w->mover = (struct mover){.session = w->session,
                              .ladder = &w->ladder,
                              .attempts = &w->attempts,
                              .pump = {.idle_timeout_ms = 5000}};
    return w;
}

static void world_free(struct world *w)
{
    char path[128];
    pool_free(w->pool);
    session_quit(w->session);
    session_free(w->session);
    attempts_clear(&w->attempts);
    cancel_free(w->cancel);
    stop_server(w, SIGTERM);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", w->root, i ? "big" : "small");
        unlink(path);
    }
    rmdir(w->root);
    free(w);
}

/* ---- jobs ---- */

static int swallow(void *ctx, const void *data, size_t len, struct err *err)
{
    (void) ctx, (void) data, (void) len, (void) err;
    return 0;
}

static int fetch(struct mover *m, struct job *j, struct err *err)
{
    struct pump_sink sink = {swallow, NULL};
    return get_to_sink(m, j->name, &sink, &j->state->transfer, err);
}

static int delete (struct mover *m, struct job *j, struct err *err)
{
    return session_expect(m->session, NULL, j->name, err, "DELE %s", j->name);
}

static void done(void *ctx, struct job *j)
{
    struct world *w = ctx;
    assert_true(pthread_equal(w->here, pthread_self()));
    w->ends[j - w->jobs] = j->state->err;
    w->done++;
    w->failed += err_is_set(&j->state->err);
    if (j->tries.failures > w->most_tries)
        w->most_tries = j->tries.failures;
}

static void say(void *ctx, const char *line)
{
    struct world *w = ctx;
    assert_true(pthread_equal(w->here, pthread_self()));
    assert_true(line[0] != '\0');
    w->said++;
}

static void make_pool(struct world *w, int workers, int retries)
{
    struct err err = ERR_INIT;
    struct pool_config c = {&w->mover, workers, retries, say, w};
    w->pool = pool_new(&c, &err);
    assert_non_null(w->pool);
}

static void add_job(struct world *w, const char *name,
                    int (*run)(struct mover *, struct job *, struct err *))
{
    struct job *j = &w->jobs[w->expected++];
    *j = (struct job){.run = run, .done = done, .ctx = w, .name = name};
    assert_int_equal(pool_add(w->pool, j, NULL), 0);
}

static void add_jobs(struct world *w, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        add_job(w, name, fetch);
}

static void tick(void *ctx)
{
    struct world *w = ctx;
    struct job *active[POOL_WORKERS_MAX];
    size_t n = pool_active(w->pool, active, POOL_WORKERS_MAX);
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += atomic_load(&active[i]->state->progress.done);
    if (sum > w->seen)
        w->seen = sum;
    w->ticks++;
}

static int run(struct world *w, struct err *err)
{
    int rc = pool_run(w->pool, tick, w, err);
    assert_int_equal(w->done, w->expected);
    return rc;
}

/* How many data connections worked, by the model's rows. */
static int opened(const struct world *w)
{
    int n = 0;
    for (size_t i = w->attempts.first; i < w->attempts.n; i++)
        n += attempts_row(&w->attempts, i)->result == RESULT_OK;
    return n;
}

/* ---- tests ---- */

static void works_off_all(void **state)
{
    (void) state;
    struct world *w = world_new(NULL);
    make_pool(w, 4, 3);
    add_jobs(w, 40, "small");
    assert_int_equal(run(w, NULL), 0);
    assert_int_equal(w->failed, 0);
    assert_int_equal(opened(w), 40);
    assert_true(w->ladder.proven >= 0);
    assert_int_equal(pool_count(w->pool).done, 40);
    /* and goes on working */
    add_jobs(w, 4, "small");
    assert_int_equal(run(w, NULL), 0);
    assert_int_equal(opened(w), 44);
    world_free(w);
}

static void one_job_needs_one_session(void **state)
{
    (void) state;
    static const char *const quirks[] = {"--quirk=max-sessions=1", NULL};
    struct world *w = world_new(quirks);
    make_pool(w, 8, 0);
    add_jobs(w, 1, "small");
    assert_int_equal(run(w, NULL), 0);
    assert_int_equal(w->failed + w->said, 0);
    world_free(w);
}

static int grow(struct mover *m, struct job *j, struct err *err)
{
    struct world *w = j->ctx;
    add_job(w, "small", fetch);
    return fetch(m, j, err);
}

static void jobs_add_jobs(void **state)
{
    (void) state;
    struct world *w = world_new(NULL);
    make_pool(w, 1, 3);
    add_job(w, "small", grow);
    add_job(w, "small", grow);
    assert_int_equal(run(w, NULL), 0);
    assert_int_equal(w->done, 4);
    assert_int_equal(opened(w), 4);
    world_free(w);
}

static void works_with_fewer(const char *const quirks[])
{
    struct world *w = world_new(quirks);
    make_pool(w, 8, 3);
    add_jobs(w, 40, "small");
    assert_int_equal(run(w, NULL), 0);
    assert_int_equal(w->failed, 0);
    assert_int_equal(w->most_tries, 0);
    assert_in_range(pool_count(w->pool).workers, 1, 3);
    assert_int_equal(w->said, 8 - pool_count(w->pool).workers);
    world_free(w);
}

static void fewer_after_421(void **state)
{
    (void) state;
    static const char *const quirks[] = {"--quirk=max-sessions=3", "--quirk=slow=20000", NULL};
    works_with_fewer(quirks);
}

static void fewer_after_530(void **state)
{
    (void) state;
    static const char *const quirks[] = {"--quirk=max-logins=3", "--quirk=slow=20000", NULL};
    works_with_fewer(quirks);
}

static void permanent_is_not_retried(void **state)
{
    (void) state;
    struct world *w = world_new(NULL);
    make_pool(w, 2, 3);
    add_jobs(w, 2, "missing");
    add_job(w, "missing", delete);
    assert_int_equal(run(w, NULL), 0);
    assert_int_equal(w->failed, 3);
    assert_int_equal(w->most_tries, 1);
    assert_err(&w->ends[0], ERR_REPLY_PERMANENT);
    assert_int_equal(w->ends[0].reply, 550);
    world_free(w);
}

static void transient_is_retried(void **state)
{
    (void) state;
    static const char *const quirks[] = {"--quirk=refuse=DELE:450", NULL};
    struct world *w = world_new(quirks);
    make_pool(w, 2, 1);
    add_job(w, "small", delete);
    assert_int_equal(run(w, NULL), 0);
    assert_int_equal(w->failed, 1);
    assert_int_equal(w->most_tries, 2);
    assert_int_equal(w->said, 1);
    assert_err(&w->ends[0], ERR_REPLY_TRANSIENT);
    world_free(w);
}

static void broken_transfer_is_repeated(void **state)
{
    (void) state;
    static const char *const quirks[] = {"--quirk=slow=1000000", "--quirk=die-after=200000",
                                         "--quirk=accidents=2", NULL};
    struct world *w = world_new(quirks);
    make_pool(w, 2, 3);
    add_jobs(w, 6, "big");
    assert_int_equal(run(w, NULL), 0);
    assert_int_equal(w->failed, 0);
    assert_in_range(w->most_tries, 1, 2);
    world_free(w);
}

static int give_other_reason(struct mover *m, struct job *j, struct err *err)
{
    (void) m;
    return err_set_reply(err, j->tries.failures ? 550 : 450, "try %d", j->tries.failures + 1);
}

static void first_cause_is_kept(void **state)
{
    (void) state;
    struct world *w = world_new(NULL);
    make_pool(w, 1, 3);
    add_job(w, "it", give_other_reason);
    assert_int_equal(run(w, NULL), 0);
    assert_int_equal(w->most_tries, 2);
    assert_string_equal(w->ends[0].msg, "try 1");
    world_free(w);
}

static void cancel_when_moving(void *ctx)
{
    struct world *w = ctx;
    tick(w);
    if (w->seen > 0)
        cancel_raise(w->cancel);
}

static void cancel_ends_all(void **state)
{
    (void) state;
    static const char *const quirks[] = {"--quirk=slow=20000", NULL};
    struct world *w = world_new(quirks);
    struct err err = ERR_INIT;
    make_pool(w, 3, 3);
    add_jobs(w, 10, "big");
    assert_int_equal(pool_run(w->pool, cancel_when_moving, w, &err), -1);
    assert_err(&err, ERR_CANCELLED);
    assert_int_equal(w->done, 10);
    for (int i = 0; i < 10; i++)
        assert_err(&w->ends[i], ERR_CANCELLED);
    assert_int_equal(pool_add(w->pool, &w->jobs[0], NULL), -1);
    cancel_lower(w->cancel);
    world_free(w);
}

static void limit_ends_all(void **state)
{
    (void) state;
    static const char *const quirks[] = {"--quirk=slow=20000", NULL};
    struct world *w = world_new(quirks);
    struct err err = ERR_INIT;
    make_pool(w, 3, 3);
    add_jobs(w, 10, "big");
    w->wait.limit = deadline_in(1000);
    assert_int_equal(run(w, &err), -1);
    assert_err(&err, ERR_TIMEOUT);
    assert_int_equal(w->failed, 10);
    w->wait.limit = DEADLINE_NEVER;
    world_free(w);
}

static void restart_when_moving(void *ctx)
{
    struct world *w = ctx;
    tick(w);
    if (w->restarted || w->seen == 0)
        return;
    w->restarted = true;
    stop_server(w, SIGKILL);
    start_server(w, w->server.port, NULL);
}

static void server_comes_back(void **state)
{
    (void) state;
    static const char *const quirks[] = {"--quirk=slow=100000", NULL};
    struct world *w = world_new(quirks);
    struct err err = ERR_INIT;
    make_pool(w, 8, 3);
    add_jobs(w, 24, "big");
    if (pool_run(w->pool, restart_when_moving, w, &err) < 0)
        fail_msg("%s", err.msg);
    assert_true(w->restarted);
    assert_int_equal(w->done, 24);
    assert_int_equal(w->failed, 0);
    assert_in_range(w->most_tries, 1, 2);
    world_free(w);
}

static void kill_when_moving(void *ctx)
{
    struct world *w = ctx;
    tick(w);
    if (w->seen > 0)
        stop_server(w, SIGKILL);
}

static void server_stays_away(void **state)
{
    (void) state;
    static const char *const quirks[] = {"--quirk=slow=100000", NULL};
    struct world *w = world_new(quirks);
    struct err err = ERR_INIT;
    make_pool(w, 4, 1);
    add_jobs(w, 12, "big");
    assert_int_equal(pool_run(w->pool, kill_when_moving, w, &err), -1);
    assert_true(err.code == ERR_CONNECT || err.code == ERR_CLOSED); /* as it meets a connect */
    assert_int_equal(w->done, 12);
    assert_int_equal(w->failed, 12);
    assert_int_equal(w->ends[11].code, err.code);
    world_free(w);
}

static void unrun_jobs_are_given_back(void **state)
{
    (void) state;
    struct world *w = world_new(NULL);
    make_pool(w, 2, 0);
    add_jobs(w, 3, "small");
    pool_free(w->pool);
    w->pool = NULL;
    assert_int_equal(w->done, 3);
    assert_err(&w->ends[2], ERR_CANCELLED);
    world_free(w);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(works_off_all, end_server),
        cmocka_unit_test_teardown(one_job_needs_one_session, end_server),
        cmocka_unit_test_teardown(jobs_add_jobs, end_server),
        cmocka_unit_test_teardown(fewer_after_421, end_server),
        cmocka_unit_test_teardown(fewer_after_530, end_server),
        cmocka_unit_test_teardown(permanent_is_not_retried, end_server),
        cmocka_unit_test_teardown(transient_is_retried, end_server),
        cmocka_unit_test_teardown(broken_transfer_is_repeated, end_server),
        cmocka_unit_test_teardown(first_cause_is_kept, end_server),
        cmocka_unit_test_teardown(cancel_ends_all, end_server),
        cmocka_unit_test_teardown(limit_ends_all, end_server),
        cmocka_unit_test_teardown(server_comes_back, end_server),
        cmocka_unit_test_teardown(server_stays_away, end_server),
        cmocka_unit_test_teardown(unrun_jobs_are_given_back, end_server),
    };
    return run_unit(tests);
}
