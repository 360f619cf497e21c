#include "unit.h"

#include "data/attempt.h"

static void names(void **state)
{
    (void) state;
    static const char *const expected[] = {"epsv", "pasv-use-control-ip", "pasv", "active", "ccc"};
    for (int i = 0; i < STRATEGY_COUNT; i++) {
        enum strategy_id id = STRATEGY_COUNT;
        assert_string_equal(strategy_name((enum strategy_id) i), expected[i]);
        assert_true(strategy_by_name(expected[i], &id));
        assert_int_equal(id, i);
    }
    enum strategy_id id = STRATEGY_PASV;
    assert_false(strategy_by_name("EPSV", &id));
    assert_false(strategy_by_name("", &id));
    assert_false(strategy_by_name("pasv-", &id));
    assert_int_equal(id, STRATEGY_PASV);
}

/* What scripts rely on. */
static void names_of_stages_and_results(void **state)
{
    (void) state;
    static const char *const stages[] = {"command", "connect", "listen", "map",
                                         "accept",  "tls",     "open"};
    static const char *const results[] = {"ok",      "refused",     "reset",
                                          "timeout", "unreachable", "rejected",
                                          "tls",     "skipped",     "cancelled"};
    for (int i = 0; i <= STAGE_OPEN; i++)
        assert_string_equal(stage_name((enum attempt_stage) i), stages[i]);
    for (int i = 0; i <= RESULT_CANCELLED; i++)
        assert_string_equal(result_name((enum attempt_result) i), results[i]);
}

static void rows_start_empty(void **state)
{
    (void) state;
    struct attempts a = {0};
    struct attempt *row = attempts_add(&a, STRATEGY_ACTIVE);
    memset(row, 'x', sizeof *row);
    attempts_drop_last(&a);
    row = attempts_add(&a, STRATEGY_PASV);
    assert_int_equal(row->strategy, STRATEGY_PASV);
    assert_string_equal(row->command, "");
    assert_int_equal(addr_family(&row->endpoint), AF_UNSPEC);
    assert_false(err_is_set(&row->err));
    assert_int_equal(a.n, 1);
    attempts_clear(&a);
    assert_int_equal(a.n, 0);
    attempts_clear(&a);
}

static void rows_stay_as_written(void **state)
{
    (void) state;
    struct attempts a = {0};
    for (int i = 0; i < 100; i++)
        attempts_add(&a, (enum strategy_id)(i % STRATEGY_COUNT))->ms = i;
    assert_int_equal(a.n, 100);
    assert_int_equal(a.omitted, 0);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(attempts_row(&a, i)->ms, i);
        assert_int_equal(attempts_row(&a, i)->strategy, i % STRATEGY_COUNT);
    }
    attempts_clear(&a);
}

/* Rows whose `ms` are their numbers. */
static void add_rows(struct attempts *a, size_t n)
{
    for (size_t end = a->n + n; a->n < end;) {
        size_t number = a->n;
        attempts_add(a, STRATEGY_EPSV)->ms = (int64_t) number;
    }
}

/* field 64: a session of many transfers does not fill the memory, and the rows that a command adds
 * are those from the number on that stood before it. */
static void the_list_is_bounded(void **state)
{
    (void) state;
    struct attempts a = {0};
    add_rows(&a, ATTEMPTS_MAX + 1000);
    assert_int_equal(a.omitted, 1000);
    assert_int_equal(a.n - a.first, ATTEMPTS_MAX);
    assert_int_equal(attempts_from(&a, 0), 1000);
    size_t before = a.n;
    add_rows(&a, 3);
    assert_int_equal(a.n, before + 3);
    assert_int_equal(attempts_from(&a, before), before);
    for (size_t i = attempts_from(&a, 0); i < a.n; i++)
        assert_int_equal(attempts_row(&a, i)->ms, i);
    attempts_clear(&a);
}

static void a_full_list_takes_its_last_row_back(void **state)
{
    (void) state;
    struct attempts a = {0};
    add_rows(&a, ATTEMPTS_MAX + 10);
    size_t before = a.n;
    for (int i = 0; i < 3; i++) {
        attempts_add(&a, STRATEGY_ACTIVE);
        attempts_drop_last(&a);
    }
    assert_int_equal(a.n, before);
    assert_int_equal(attempts_row(&a, before - 1)->ms, before - 1);
    attempts_clear(&a);
}

static void merged_rows_are_new_ones(void **state)
{
    (void) state;
    struct attempts a = {0}, b = {0};
    add_rows(&a, ATTEMPTS_MAX);
    add_rows(&b, ATTEMPTS_MAX + 5);
    b.resumed = 7;
    size_t before = a.n;
    attempts_merge(&a, &b);
    assert_int_equal(a.n, before + ATTEMPTS_MAX);
    assert_int_equal(a.omitted, ATTEMPTS_MAX + 5);
    assert_int_equal(a.resumed, 7);
    for (size_t i = 0; i < ATTEMPTS_MAX; i++)
        assert_int_equal(attempts_row(&a, before + i)->ms, i + 5);
    attempts_clear(&a);
    attempts_clear(&b);
}

static void dropping_from_nothing(void **state)
{
    (void) state;
    struct attempts a = {0};
    attempts_drop_last(&a);
    assert_int_equal(a.n, 0);
    attempts_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(names_of_stages_and_results),
        cmocka_unit_test(rows_start_empty),
        cmocka_unit_test(rows_stay_as_written),
        cmocka_unit_test(the_list_is_bounded),
        cmocka_unit_test(a_full_list_takes_its_last_row_back),
        cmocka_unit_test(merged_rows_are_new_ones),
        cmocka_unit_test(dropping_from_nothing),
    };
    return run_unit(tests);
}
