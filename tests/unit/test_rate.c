#include "unit.h"

#include "xfer/rate.h"

static struct rate *make(int64_t per_s)
{
    struct rate *r = rate_new(NULL);
    assert_non_null(r);
    rate_set(r, per_s);
    return r;
}

/* Moves as fast as it may from `from_ms` to `to_ms`, `takers` of them in turn. */
static int64_t moved(struct rate *r, size_t want, int takers, int64_t from_ms, int64_t to_ms)
{
    int64_t total = 0, wait_ms;
    for (int64_t now = from_ms; now < to_ms; now++) {
        for (int i = 0; i < takers; i++)
            total += (int64_t) rate_take(r, want, now, &wait_ms);
    }
    return total;
}

static void assert_within(int64_t value, int64_t expected, int64_t percent)
{
    assert_in_range(value, expected * (100 - percent) / 100, expected * (100 + percent) / 100);
}

static void test_no_limit(void **state)
{
    (void) state;
    int64_t wait_ms = 7;
    assert_int_equal(rate_take(NULL, 1000, 5, &wait_ms), 1000);
    assert_int_equal(wait_ms, 0);
    struct rate *r = make(0);
    assert_int_equal(rate_take(r, 1 << 20, 5, &wait_ms), 1 << 20);
    rate_free(r);
    rate_free(NULL);
}

static void test_ten_seconds(void **state)
{
    static const int64_t rates[] = {1, 300, 10000, 1500000, 4000000000};
    (void) state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct rate *one = make(rates[i]), *eight = make(rates[i]);
        int64_t most = rates[i] * 10, slack = rates[i] < 100 ? 20 : 3;
        assert_within(moved(one, 256 * 1024 * 1024, 1, 1000, 11000), most, slack);
        assert_within(moved(eight, 16384 * 1024, 8, 1000, 11000), most, slack);
        rate_free(one);
        rate_free(eight);
    }
}

/* A pause fills the bucket, and no more. */
static void test_after_a_pause(void **state)
{
    (void) state;
    struct rate *r = make(10000);
    moved(r, 1000, 1, 0, 100);
    assert_in_range(moved(r, 100000, 1, 60000, 60001), 2000, 2500);
    rate_free(r);
}

static void test_waits_as_long_as_needed(void **state)
{
    (void) state;
    struct rate *r = make(1000);
    int64_t wait_ms, now = 50;
    assert_int_equal(rate_take(r, 10, now, &wait_ms), 0);
    assert_in_range(wait_ms, 10, 12);
    assert_int_equal(rate_take(r, 10, now + wait_ms, &wait_ms), 10);
    rate_free(r);
}

static void test_given_back(void **state)
{
    (void) state;
    struct rate *r = make(1000);
    int64_t wait_ms;
    rate_take(r, 1, 0, &wait_ms);
    size_t n = rate_take(r, 1000, 200, &wait_ms);
    assert_int_equal(n, 200);
    assert_int_equal(rate_take(r, 1000, 200, &wait_ms), 0);
    rate_give_back(r, 150);
    assert_int_equal(rate_take(r, 1000, 200, &wait_ms), 150);
    rate_free(r);
}

static void test_changed(void **state)
{
    (void) state;
    struct rate *r = make(1000);
    moved(r, 1000, 1, 0, 2000);
    rate_set(r, 50000);
    assert_within(moved(r, 1000, 1, 2000, 12000), 500000, 3);
    rate_set(r, 0);
    assert_int_equal(moved(r, 1000, 1, 12000, 12001), 1000);
    rate_free(r);
}

/* A clock that stands still or goes back yields nothing. */
static void test_clock_goes_back(void **state)
{
    (void) state;
    struct rate *r = make(1000);
    int64_t wait_ms;
    rate_take(r, 1, 1000, &wait_ms);
    assert_int_equal(rate_take(r, 1000, 900, &wait_ms), 0);
    assert_int_equal(rate_take(r, 1000, 1100, &wait_ms), 100);
    rate_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_limit),        cmocka_unit_test(test_ten_seconds),
        cmocka_unit_test(test_after_a_pause),   cmocka_unit_test(test_waits_as_long_as_needed),
        cmocka_unit_test(test_given_back),      cmocka_unit_test(test_changed),
        cmocka_unit_test(test_clock_goes_back),
    };
    return run_unit(tests);
}
