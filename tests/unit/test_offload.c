#include "unit.h"

#include "base/offload.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct work {
    int sleep_ms, result;
    atomic_int *freed;
};

static void nap(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static void run(void *arg)
{
    struct work *w = arg;
    nap(w->sleep_ms);
    w->result = 42;
}

static void free_work(void *arg)
{
    struct work *w = arg;
    atomic_fetch_add(w->freed, 1);
    free(w);
}

static struct work *work_new(int sleep_ms, atomic_int *freed)
{
    struct work *w = malloc(sizeof *w);
    assert_non_null(w);
    *w = (struct work){sleep_ms, 0, freed};
    return w;
}

static const struct wait nothing = {NULL, {INT64_MAX}};

static void await(atomic_int *freed)
{
    for (int i = 0; i < 500 && !atomic_load(freed); i++)
        nap(10);
    assert_int_equal(atomic_load(freed), 1);
}

static void done(void **state)
{
    (void) state;
    atomic_int freed = 0;
    struct work *w = work_new(0, &freed);
    struct err err = ERR_INIT;
    struct offload *o = offload_start(run, free_work, w, &err);
    assert_non_null(o);
    assert_int_equal(offload_wait(o, &nothing, deadline_in(5000), &err), 1);
    assert_int_equal(w->result, 42);
    assert_int_equal(atomic_load(&freed), 0);
    offload_leave(o);
    await(&freed);
}

static void not_in_time(void **state)
{
    (void) state;
    atomic_int freed = 0;
    struct err err = ERR_INIT;
    struct offload *o = offload_start(run, free_work, work_new(200, &freed), &err);
    assert_int_equal(offload_wait(o, &nothing, deadline_in(10), &err), 0);
    assert_false(err_is_set(&err));
    offload_leave(o);
    assert_int_equal(atomic_load(&freed), 0);
    await(&freed);
}

static void cancelled(void **state)
{
    (void) state;
    atomic_int freed = 0;
    struct err err = ERR_INIT;
    struct cancel *c = cancel_new(&err);
    struct wait w = {c, DEADLINE_NEVER};
    struct offload *o = offload_start(run, free_work, work_new(100, &freed), &err);
    cancel_raise(c);
    assert_int_equal(offload_wait(o, &w, deadline_in(5000), &err), -1);
    assert_err(&err, ERR_CANCELLED);
    offload_leave(o);
    await(&freed);
    cancel_free(c);
    offload_leave(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(done),
        cmocka_unit_test(not_in_time),
        cmocka_unit_test(cancelled),
    };
    return run_unit(tests);
}
