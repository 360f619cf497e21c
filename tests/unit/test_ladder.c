#include "unit.h"

#include "data/ladder.h"

/* field 25: a PASV that points elsewhere is used only when asked for. */
static void the_default(void **state)
{
    (void) state;
    struct ladder l;
    ladder_init(&l);
    assert_int_equal(l.n, 3);
    assert_int_equal(l.rungs[0], STRATEGY_EPSV);
    assert_int_equal(l.rungs[1], STRATEGY_PASV_CONTROL_IP);
    assert_int_equal(l.rungs[2], STRATEGY_ACTIVE);
    assert_false(l.chosen);
    assert_int_equal(l.proven, -1);
    assert_int_equal(l.timeout_ms, LADDER_DATA_TIMEOUT_MS);
    assert_int_equal(addr_family(&l.active_address), AF_UNSPEC);
    assert_int_equal(l.active_ports.hi, 0);
}

static void choosing(void **state)
{
    (void) state;
    struct ladder l;
    ladder_init(&l);
    l.proven = 2;
    ladder_choose(&l, STRATEGY_ACTIVE);
    assert_true(l.chosen);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.proven, -1);
    ladder_choose(&l, STRATEGY_PASV);
    ladder_choose(&l, STRATEGY_ACTIVE);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.rungs[0], STRATEGY_ACTIVE);
    assert_int_equal(l.rungs[1], STRATEGY_PASV);
}

static void choosing_all(void **state)
{
    (void) state;
    struct ladder l;
    ladder_init(&l);
    for (int round = 0; round < 3; round++) {
        for (int i = STRATEGY_COUNT - 1; i >= 0; i--)
            ladder_choose(&l, (enum strategy_id) i);
    }
    assert_int_equal(l.n, STRATEGY_COUNT);
    assert_int_equal(l.rungs[0], STRATEGY_COUNT - 1);
}

/* What is remembered goes first only where the default ladder has it. */
static void recalling(void **state)
{
    (void) state;
    struct ladder l;
    ladder_init(&l);
    assert_int_equal(l.recalled, -1);
    assert_false(ladder_recall(&l, STRATEGY_CCC));
    assert_false(ladder_recall(&l, STRATEGY_PASV));
    assert_int_equal(l.recalled, -1);
    assert_true(ladder_recall(&l, STRATEGY_ACTIVE));
    assert_int_equal(l.n, 3);
    assert_int_equal(l.recalled, 2);
    assert_false(ladder_remembered(&l));
    ladder_prove(&l, 2);
    assert_true(ladder_remembered(&l));
    ladder_prove(&l, 0);
    assert_int_equal(l.proven, 0);
    assert_false(ladder_remembered(&l));
    ladder_prove(&l, 2);
    assert_false(ladder_remembered(&l));
}

static void the_users_order_stands(void **state)
{
    (void) state;
    struct ladder l;
    ladder_init(&l);
    ladder_recall(&l, STRATEGY_PASV_CONTROL_IP);
    ladder_choose(&l, STRATEGY_EPSV);
    ladder_choose(&l, STRATEGY_PASV_CONTROL_IP);
    assert_int_equal(l.recalled, -1);
    assert_false(ladder_recall(&l, STRATEGY_PASV_CONTROL_IP));
    assert_int_equal(l.recalled, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default),
        cmocka_unit_test(choosing),
        cmocka_unit_test(choosing_all),
        cmocka_unit_test(recalling),
        cmocka_unit_test(the_users_order_stands),
    };
    return run_unit(tests);
}
