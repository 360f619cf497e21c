#include "unit.h"

#include "tls/tickets.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void assert_taken(struct tickets *t, const char *expected)
{
    void *data = NULL;
    size_t len = 0;
    assert_true(tickets_take(t, &data, &len));
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(data, expected, len);
    free(data);
}

static void assert_none(struct tickets *t)
{
    void *data = NULL;
    size_t len = 0;
    assert_false(tickets_take(t, &data, &len));
}

/* field 2: newest first, each once; but the last one is better than none. */
static void newest_first_and_once(void **state)
{
    (void) state;
    struct tickets *t = tickets_new();
    assert_non_null(t);
    assert_none(t);
    tickets_add(t, "one", 3, true, 0);
    tickets_add(t, "two", 3, true, 0);
    assert_int_equal(tickets_count(t), 2);
    assert_taken(t, "two");
    tickets_add(t, "three", 5, true, 7200);
    assert_taken(t, "three");
    assert_taken(t, "one");
    assert_taken(t, "one");
    tickets_add(t, "four", 4, true, 0);
    assert_taken(t, "four");
    assert_taken(t, "one");
    tickets_free(t);
    tickets_free(NULL);
}

static void sessions_of_tls_1_2_stay(void **state)
{
    (void) state;
    struct tickets *t = tickets_new();
    tickets_add(t, "session", 7, false, 0);
    for (int i = 0; i < 20; i++)
        assert_taken(t, "session");
    tickets_add(t, "once", 4, true, 0);
    assert_taken(t, "once");
    assert_taken(t, "session");
    tickets_free(t);
}

static void the_oldest_falls_out(void **state)
{
    (void) state;
    struct tickets *t = tickets_new();
    char text[16];
    for (int i = 0; i < 40; i++) {
        snprintf(text, sizeof text, "%d", i);
        tickets_add(t, text, strlen(text), true, 0);
    }
    assert_int_equal(tickets_count(t), 16);
    for (int i = 39; i >= 24; i--) {
        snprintf(text, sizeof text, "%d", i);
        assert_taken(t, text);
    }
    assert_int_equal(tickets_count(t), 1);
    tickets_free(t);
}

/* field 3 */
static void lifetimes_end(void **state)
{
    (void) state;
    struct tickets *t = tickets_new();
    void *data = NULL;
    size_t len = 5;
    tickets_add(t, "long", 4, true, 3600);
    tickets_add(t, "short", 5, false, 1);
    while (len == 5) {
        assert_true(tickets_take(t, &data, &len));
        free(data);
    }
    assert_int_equal(len, 4);
    assert_int_equal(tickets_count(t), 1);
    tickets_free(t);
}

static void they_age(void **state)
{
    (void) state;
    struct tickets *t = tickets_new();
    const struct timespec moment = {0, 10 * 1000 * 1000};
    void *data;
    size_t len;
    assert_false(tickets_ageing(t)); /* a server that gives none will not give better ones */
    tickets_add(t, "short", 5, true, 1);
    assert_false(tickets_ageing(t));
    while (!tickets_ageing(t))
        nanosleep(&moment, NULL);
    tickets_add(t, "long", 4, true, 3600);
    assert_false(tickets_ageing(t));
    tickets_free(t);

    t = tickets_new();
    tickets_add(t, "short", 5, true, 1);
    while (tickets_take(t, &data, &len)) {
        free(data);
        nanosleep(&moment, NULL);
    }
    assert_int_equal(tickets_count(t), 0);
    assert_true(tickets_ageing(t));
    tickets_add(t, "unknown", 7, false, 0);
    assert_false(tickets_ageing(t));
    tickets_free(t);
}

static void the_bytes_are_copied(void **state)
{
    (void) state;
    struct tickets *t = tickets_new();
    char bytes[] = "bytes";
    tickets_add(t, bytes, 5, true, 0);
    memset(bytes, 'x', sizeof bytes);
    assert_taken(t, "bytes");
    tickets_add(t, "", 0, true, 0);
    assert_int_equal(tickets_count(t), 1);
    tickets_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_first_and_once),
        cmocka_unit_test(sessions_of_tls_1_2_stay),
        cmocka_unit_test(the_oldest_falls_out),
        cmocka_unit_test(lifetimes_end),
        cmocka_unit_test(they_age),
        cmocka_unit_test(the_bytes_are_copied),
    };
    return run_unit(tests);
}
