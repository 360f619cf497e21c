#include "unit.h"

#include "base/crew.h"

#include <pthread.h>
#include <signal.h>

enum { MANY = 8, ROUNDS = 200 };

struct work {
    struct crew_task task;
    pthread_t by;
    bool deaf; /* every signal is blocked */
    pthread_barrier_t *meet;
};

static void work_run(void *arg)
{
    struct work *w = arg;
    sigset_t now;
    w->by = pthread_self();
    w->deaf = pthread_sigmask(SIG_SETMASK, NULL, &now) == 0 && sigismember(&now, SIGINT) == 1;
    if (w->meet)
        pthread_barrier_wait(w->meet);
}

static bool is_known(const pthread_t *seen, int n, pthread_t one)
{
    for (int i = 0; i < n; i++) {
        if (pthread_equal(seen[i], one))
            return true;
    }
    return false;
}

/* As many threads as work at the same time, for all rounds. */
static void threads_live_on(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct crew *c = crew_new(&err);
    pthread_barrier_t meet;
    pthread_t seen[MANY];
    pthread_barrier_init(&meet, NULL, MANY);
    for (int round = 0; round < ROUNDS; round++) {
        struct work w[MANY] = {0};
        for (int i = 0; i < MANY; i++) {
            w[i].meet = &meet;
            assert_int_equal(crew_start(c, &w[i].task, work_run, &w[i], &err), 0);
        }
        for (int i = 0; i < MANY; i++) {
            crew_join(c, &w[i].task);
            assert_true(w[i].deaf);
            assert_false(is_known(seen, round == 0 ? i : 0, w[i].by));
            if (round == 0)
                seen[i] = w[i].by;
            assert_true(is_known(seen, MANY, w[i].by) || round == 0);
        }
    }
    pthread_barrier_destroy(&meet);
    crew_free(c);
}

/* What was joined has left its thread free for the next. */
static void one_after_the_other_needs_one(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct crew *c = crew_new(&err);
    pthread_t first = pthread_self();
    for (int i = 0; i < ROUNDS; i++) {
        struct work w = {0};
        assert_int_equal(crew_start(c, &w.task, work_run, &w, &err), 0);
        crew_join(c, &w.task);
        crew_join(c, &w.task);
        if (i == 0)
            first = w.by;
        assert_true(pthread_equal(first, w.by));
    }
    crew_free(c);
}

static void nothing_to_do(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct crew *c = crew_new(&err);
    struct crew_task never = {.begun = false};
    crew_join(c, &never);
    crew_free(c);
    crew_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_live_on),
        cmocka_unit_test(one_after_the_other_needs_one),
        cmocka_unit_test(nothing_to_do),
    };
    return run_unit(tests);
}
