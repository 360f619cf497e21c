#include "unit.h"

#include "base/wait.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

static const struct wait forever = {NULL, {INT64_MAX}};

static void a_ready_descriptor(void **state)
{
    (void) state;
    int pair[2];
    struct err err = ERR_INIT;
    assert_int_equal(pipe(pair), 0);
    struct wait_fd fds[2] = {{.fd = pair[0], .want = POLLIN}, {.fd = -1, .want = POLLIN, .got = 7}};
    assert_int_equal(wait_fds(&forever, fds, 2, deadline_in(20), &err), 0);
    assert_int_equal(fds[0].got, 0);
    assert_int_equal(fds[1].got, 0);
    assert_int_equal(write(pair[1], "x", 1), 1);
    assert_int_equal(wait_fds(&forever, fds, 2, deadline_in(5000), &err), 1);
    assert_int_equal(fds[0].got, POLLIN);
    close(pair[1]);
    close(pair[0]);
    assert_false(err_is_set(&err));
}

static void only_time_passes(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    int64_t start = clock_now_ms();
    assert_int_equal(wait_fds(&forever, NULL, 0, deadline_in(30), &err), 0);
    assert_in_range(clock_now_ms() - start, 30, 2000);
}

static void the_limit_for_everything(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct wait w = {NULL, deadline_in(20)};
    assert_int_equal(wait_fds(&w, NULL, 0, DEADLINE_NEVER, &err), -1);
    assert_err(&err, ERR_TIMEOUT);
}

static void cancelling(void **state)
{
    (void) state;
    int pair[2];
    struct err err = ERR_INIT;
    struct cancel *cancel = cancel_new(&err);
    assert_non_null(cancel);
    struct wait w = {cancel, DEADLINE_NEVER};
    assert_int_equal(pipe(pair), 0);
    struct wait_fd fd = {.fd = pair[1], .want = POLLOUT};
    assert_false(cancel_raised(cancel));
    assert_int_equal(wait_fds(&w, &fd, 1, DEADLINE_NEVER, &err), 1);
    cancel_raise(cancel);
    assert_true(cancel_raised(cancel));
    for (int i = 0; i < 2; i++) { /* it stays raised, and goes before what is ready */
        err_clear(&err);
        assert_int_equal(wait_fds(&w, &fd, 1, DEADLINE_NEVER, &err), -1);
        assert_err(&err, ERR_CANCELLED);
    }
    cancel_lower(cancel);
    assert_false(cancel_raised(cancel));
    err_clear(&err);
    assert_int_equal(wait_fds(&w, &fd, 1, DEADLINE_NEVER, &err), 1);
    close(pair[0]);
    close(pair[1]);
    cancel_free(cancel);
}

/* More presses of Ctrl-C than the pipe holds must not block the handler. */
static void cancelling_without_end(void **state)
{
    (void) state;
    struct cancel *cancel = cancel_new(NULL);
    assert_non_null(cancel);
    for (int i = 0; i < 200000; i++)
        cancel_raise(cancel);
    assert_true(cancel_raised(cancel));
    cancel_lower(cancel);
    assert_false(cancel_raised(cancel));
    cancel_free(cancel);
    cancel_free(NULL);
    assert_false(cancel_raised(NULL));
}

static void ignore_signal(int number)
{
    (void) number;
}

static void a_signal_does_not_end_it(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct sigaction action = {.sa_handler = ignore_signal}, former;
    sigaction(SIGALRM, &action, &former);
    int64_t start = clock_now_ms();
    alarm(1);
    assert_int_equal(wait_fds(&forever, NULL, 0, deadline_in(1200), &err), 0);
    assert_true(clock_now_ms() - start >= 1200);
    sigaction(SIGALRM, &former, NULL);
}

static void too_many(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct wait_fd fds[WAIT_MAX + 1];
    for (size_t i = 0; i < WAIT_MAX + 1; i++)
        fds[i] = (struct wait_fd){.fd = -1};
    assert_int_equal(wait_fds(&forever, fds, WAIT_MAX, deadline_in(0), &err), 0);
    assert_int_equal(wait_fds(&forever, fds, WAIT_MAX + 1, deadline_in(0), &err), -1);
    assert_err(&err, ERR_LOCAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ready_descriptor),
        cmocka_unit_test(only_time_passes),
        cmocka_unit_test(the_limit_for_everything),
        cmocka_unit_test(cancelling),
        cmocka_unit_test(cancelling_without_end),
        cmocka_unit_test(a_signal_does_not_end_it),
        cmocka_unit_test(too_many),
    };
    return run_unit(tests);
}
