#include "unit.h"

#include "base/clock.h"

static void now_goes_forward(void **state)
{
    (void) state;
    int64_t before = clock_now_ms();
    assert_true(clock_now_ms() >= before);
}

static void deadlines_come(void **state)
{
    (void) state;
    assert_true(deadline_passed(deadline_in(0)));
    assert_int_equal(deadline_left_ms(deadline_in(0)), 0);
    struct deadline later = deadline_in(60000);
    assert_false(deadline_passed(later));
    assert_in_range(deadline_left_ms(later), 50000, 60000);
}

static void never_never_comes(void **state)
{
    (void) state;
    assert_int_equal(DEADLINE_NEVER.at_ms, INT64_MAX);
    assert_int_equal(deadline_in(-1).at_ms, INT64_MAX);
    assert_int_equal(deadline_in(INT64_MAX).at_ms, INT64_MAX);
    assert_false(deadline_passed(DEADLINE_NEVER));
    assert_int_equal(deadline_left_ms(DEADLINE_NEVER), INT64_MAX);
}

static void the_sooner_of_two(void **state)
{
    (void) state;
    struct deadline a = {100}, b = {200};
    assert_int_equal(deadline_sooner(a, b).at_ms, 100);
    assert_int_equal(deadline_sooner(b, a).at_ms, 100);
    assert_int_equal(deadline_sooner(b, DEADLINE_NEVER).at_ms, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now_goes_forward),
        cmocka_unit_test(deadlines_come),
        cmocka_unit_test(never_never_comes),
        cmocka_unit_test(the_sooner_of_two),
    };
    return run_unit(tests);
}
