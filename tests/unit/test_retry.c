#include "unit.h"
#include "xfer/retry.h"

static struct transfer at(int64_t reached)
{
    return (struct transfer){.reached = reached, .opened = true};
}

static void test_way_made_begins_the_count_anew(void **state)
{
    struct retry_count c = {0};
    (void) state;
    for (int64_t i = 1; i <= 100; i++) {
        struct transfer t = at(i * RETRY_WAY_BYTES);
        retry_failed(&c, &t);
        assert_int_equal(c.failures, 1);
    }
}

static void test_the_same_place_again_is_no_way(void **state)
{
    struct retry_count c = {0};
    struct transfer t = at(5 * RETRY_WAY_BYTES), begun = at(0);
    (void) state;
    for (int i = 1; i <= 5; i++) {
        retry_failed(&c, i % 2 ? &t : &begun);
        assert_int_equal(c.failures, i);
    }
    assert_true(c.opened);
}

static void test_a_little_way_is_none(void **state)
{
    struct retry_count c = {0};
    (void) state;
    for (int i = 1; i <= 5; i++) {
        struct transfer t = at(i * (RETRY_WAY_BYTES - 1) - 1);
        retry_failed(&c, &t);
        assert_int_equal(c.failures, i);
    }
}

static void test_what_is_final_or_used_up(void **state)
{
    struct ladder ladder = {.proven = 0};
    struct mover m = {.ladder = &ladder};
    struct transfer t = at(0), final = at(0);
    struct retry_count c = {.failures = 3};
    struct err broke = ERR_INIT, refused = ERR_INIT;
    (void) state;
    final.final = true;
    err_set(&broke, ERR_CLOSED, "gone");
    err_set(&refused, ERR_REPLY_PERMANENT, "no");
    assert_true(retry_follows(&c, 3, &m, &t, &broke));
    assert_false(retry_follows(&c, 2, &m, &t, &broke));
    assert_false(retry_follows(&c, 3, &m, &final, &broke));
    assert_false(retry_follows(&c, 3, &m, &t, &refused));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_way_made_begins_the_count_anew),
        cmocka_unit_test(test_the_same_place_again_is_no_way),
        cmocka_unit_test(test_a_little_way_is_none),
        cmocka_unit_test(test_what_is_final_or_used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
