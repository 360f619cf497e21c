#include "unit.h"

#include "tls/reuse.h"

#include <time.h>

static void rest(void)
{
    const struct timespec moment = {0, 10 * 1000 * 1000};
    nanosleep(&moment, NULL);
}

static void nothing_is_due_while_all_is_well(void **state)
{
    struct reuse r = {.mode = TLS_REUSE_PREFER, .tls13 = true, .tls12_ok = true};
    struct tickets *t = tickets_new();
    (void) state;
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_NONE);
    tickets_add(t, "ticket", 6, true, 7200);
    for (int i = 0; i < 5; i++) {
        assert_false(reuse_opened(&r, true, true));
        reuse_worked(&r);
        assert_int_equal(reuse_renewal(&r, t), RENEWAL_NONE);
    }
    tickets_free(t);
}

static void fail_twice(struct reuse *r)
{
    assert_true(reuse_failed(r, true));
    assert_false(reuse_failed(r, true));
}

static void tickets_are_renewed_ahead_of_their_end(void **state)
{
    struct reuse r = {.mode = TLS_REUSE_PREFER};
    struct reuse off = {.mode = TLS_REUSE_OFF};
    struct tickets *t = tickets_new();
    (void) state;
    tickets_add(t, "ticket", 6, true, 1);
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_NONE);
    while (!tickets_ageing(t))
        rest();
    assert_int_equal(reuse_renewal(&off, t), RENEWAL_NONE);
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_AHEAD);
    reuse_renewed(&r, RENEWAL_AHEAD, true);
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_NONE);
    reuse_worked(&r);
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_AHEAD);
    reuse_opened(&r, true, false); /* by a server that declines them anyway */
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_NONE);
    reuse_opened(&r, true, true);
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_AHEAD);
    reuse_renewed(&r, RENEWAL_AHEAD, false); /* not with every transfer */
    reuse_worked(&r);
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_NONE);
    fail_twice(&r); /* which is another matter */
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_NOW);
    tickets_free(t);
}

static void two_failures_renew_until_nothing_is_left_to_try(void **state)
{
    struct reuse r = {.mode = TLS_REUSE_PREFER, .tls13 = true, .tls12_ok = true};
    struct tickets *t = tickets_new();
    (void) state;
    tickets_add(t, "ticket", 6, true, 0);
    assert_true(reuse_failed(&r, true));
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_NONE);
    assert_false(reuse_failed(&r, true));
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_NOW);
    reuse_renewed(&r, RENEWAL_NOW, true);
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_NONE);
    fail_twice(&r);
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_TLS12);
    reuse_renewed(&r, RENEWAL_TLS12, true);
    for (int i = 0; i < 10; i++) {
        reuse_failed(&r, true);
        assert_int_equal(reuse_renewal(&r, t), RENEWAL_NONE);
    }
    reuse_worked(&r);
    fail_twice(&r);
    assert_int_equal(reuse_renewal(&r, t), RENEWAL_NOW);
    tickets_free(t);
}

static void a_success_begins_the_count_anew(void **state)
{
    struct reuse r = {.mode = TLS_REUSE_PREFER};
    struct tickets *t = tickets_new();
    (void) state;
    for (int i = 0; i < 10; i++) {
        assert_true(reuse_failed(&r, true));
        assert_int_equal(reuse_renewal(&r, t), RENEWAL_NONE);
        reuse_worked(&r);
    }
    tickets_free(t);
}

static void tls_1_2_is_the_last_resort(void **state)
{
    struct tickets *none = tickets_new(), *some = tickets_new();
    (void) state;
    tickets_add(some, "ticket", 6, true, 0);
    const struct {
        struct reuse r;
        struct tickets *tickets;
        enum renewal first, second;
    } rows[] = {
        {{.mode = TLS_REUSE_PREFER, .tls13 = true, .tls12_ok = true},
         some,
         RENEWAL_NOW,
         RENEWAL_TLS12},
        /* a server without tickets will have none the next time */
        {{.mode = TLS_REUSE_REQUIRE, .tls13 = true, .tls12_ok = true},
         none,
         RENEWAL_TLS12,
         RENEWAL_NONE},
        {{.mode = TLS_REUSE_PREFER, .tls13 = true}, none, RENEWAL_NOW, RENEWAL_NONE},
        {{.mode = TLS_REUSE_PREFER, .tls12_ok = true}, some, RENEWAL_NOW, RENEWAL_NONE},
        {{.mode = TLS_REUSE_OFF, .tls13 = true, .tls12_ok = true}, some, RENEWAL_NOW, RENEWAL_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reuse r = rows[i].r;
        fail_twice(&r);
        assert_int_equal(reuse_renewal(&r, rows[i].tickets), rows[i].first);
        reuse_renewed(&r, rows[i].first, true);
        fail_twice(&r);
        assert_int_equal(reuse_renewal(&r, rows[i].tickets), rows[i].second);
    }
    tickets_free(none);
    tickets_free(some);
}

/* TLS 1.2 is no remedy for handshakes that break. */
static void broken_handshakes_renew_once(void **state)
{
    struct reuse r = {.mode = TLS_REUSE_PREFER, .tls13 = true, .tls12_ok = true};
    struct tickets *none = tickets_new();
    (void) state;
    assert_true(reuse_failed(&r, false));
    assert_false(reuse_failed(&r, false));
    assert_int_equal(reuse_renewal(&r, none), RENEWAL_NOW);
    reuse_renewed(&r, RENEWAL_NOW, true);
    reuse_failed(&r, false);
    reuse_failed(&r, false);
    assert_int_equal(reuse_renewal(&r, none), RENEWAL_NONE);
    tickets_free(none);
}

static void a_downgrade_is_seen_once(void **state)
{
    struct reuse r = {.mode = TLS_REUSE_PREFER};
    struct reuse off = {.mode = TLS_REUSE_OFF};
    (void) state;
    assert_false(reuse_opened(&r, true, false)); /* it never did so far */
    assert_false(reuse_opened(&r, true, true));
    assert_true(reuse_opened(&r, true, false));
    assert_false(reuse_opened(&r, true, false));
    assert_false(reuse_opened(&r, true, true));
    assert_false(reuse_opened(&r, false, false));
    assert_false(reuse_opened(&off, false, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_due_while_all_is_well),
        cmocka_unit_test(tickets_are_renewed_ahead_of_their_end),
        cmocka_unit_test(two_failures_renew_until_nothing_is_left_to_try),
        cmocka_unit_test(a_success_begins_the_count_anew),
        cmocka_unit_test(tls_1_2_is_the_last_resort),
        cmocka_unit_test(broken_handshakes_renew_once),
        cmocka_unit_test(a_downgrade_is_seen_once),
    };
    return run_unit(tests);
}
