#include "unit.h"

#include "base/buf.h"

#include <stdlib.h>

static void put_and_consume(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct buf b;
    buf_init(&b, 64);
    assert_int_equal(buf_len(&b), 0);
    assert_int_equal(buf_put(&b, "hello ", 6, &err), 0);
    assert_int_equal(buf_put(&b, "world", 5, &err), 0);
    assert_memory_equal(buf_data(&b), "hello world", 11);
    buf_consume(&b, 6);
    assert_int_equal(buf_len(&b), 5);
    assert_memory_equal(buf_data(&b), "world", 5);
    buf_consume(&b, 5);
    assert_int_equal(buf_len(&b), 0);
    assert_false(err_is_set(&err));
    buf_clear(&b);
}

static void nothing_is_put(void **state)
{
    (void) state;
    struct buf b;
    buf_init(&b, 4);
    assert_int_equal(buf_put(&b, NULL, 0, NULL), 0);
    assert_int_equal(buf_len(&b), 0);
    buf_clear(&b);
}

static void the_bound_holds(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct buf b;
    buf_init(&b, 8);
    assert_int_equal(buf_put(&b, "12345678", 8, &err), 0);
    assert_int_equal(buf_put(&b, "9", 1, &err), -1);
    assert_err(&err, ERR_LOCAL);
    assert_int_equal(buf_len(&b), 8);
    err_clear(&err);
    assert_null(buf_reserve(&b, SIZE_MAX, &err));
    assert_err(&err, ERR_LOCAL);
    buf_clear(&b);
}

static void consumed_room_is_used_again(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct buf b;
    buf_init(&b, 8);
    assert_int_equal(buf_put(&b, "12345678", 8, &err), 0);
    buf_consume(&b, 5);
    assert_int_equal(buf_put(&b, "abcde", 5, &err), 0);
    assert_int_equal(buf_len(&b), 8);
    assert_memory_equal(buf_data(&b), "678abcde", 8);
    buf_clear(&b);
}

static void bytes_survive_growing(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct buf b;
    buf_init(&b, 100000);
    for (int i = 0; i < 100000; i++) {
        unsigned char c = (unsigned char) (i % 251);
        assert_int_equal(buf_put(&b, &c, 1, &err), 0);
    }
    assert_int_equal(buf_len(&b), 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf_data(&b)[i], i % 251);
    buf_clear(&b);
}

static void reserve_then_commit(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct buf b;
    buf_init(&b, 1024);
    unsigned char *room = buf_reserve(&b, 1000, &err);
    assert_non_null(room);
    memcpy(room, "abc", 3);
    assert_int_equal(buf_len(&b), 0);
    buf_commit(&b, 3);
    assert_int_equal(buf_len(&b), 3);
    buf_reset(&b);
    assert_int_equal(buf_len(&b), 0);
    buf_clear(&b);
    buf_clear(&b);
}

static void wiping(void **state)
{
    (void) state;
    char secret[] = "secret";
    char zeros[sizeof secret] = {0};
    wipe(secret, sizeof secret);
    assert_memory_equal(secret, zeros, sizeof secret);
    wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_and_consume),
        cmocka_unit_test(nothing_is_put),
        cmocka_unit_test(the_bound_holds),
        cmocka_unit_test(consumed_room_is_used_again),
        cmocka_unit_test(bytes_survive_growing),
        cmocka_unit_test(reserve_then_commit),
        cmocka_unit_test(wiping),
    };
    return run_unit(tests);
}
