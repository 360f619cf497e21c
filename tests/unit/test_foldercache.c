#include "unit.h"

#include "foldercache.h"

#include <stdio.h>

/* A folder of n entries, all alike. */
static const struct items *put(struct foldercache *c, unsigned generation, const char *path,
                               size_t n, int64_t now_ms)
{
    struct err err = ERR_INIT;
    struct items items = {0};
    const struct item item = {.name = "a", .owner = "", .group = "", .target = "", .unique = ""};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(items_add(&items, &item, &err), 0);
    const struct items *kept = foldercache_put(c, generation, path, &items, now_ms, &err);
    assert_int_equal(items.n, 0);
    assert_non_null(kept);
    return kept;
}

static struct foldercache *made(void)
{
    struct err err = ERR_INIT;
    struct foldercache *c = foldercache_new(&err);
    assert_non_null(c);
    return c;
}

static void kept_until_dropped(void **state)
{
    (void) state;
    struct foldercache *c = made();
    assert_null(foldercache_find(c, 1, "/a", 0));
    put(c, 1, "/a", 3, 0);
    put(c, 1, "/b", 2, 0);
    assert_int_equal(foldercache_find(c, 1, "/a", 0)->n, 3);
    put(c, 1, "/a", 1, 0);
    assert_int_equal(foldercache_find(c, 1, "/a", 0)->n, 1);
    assert_int_equal(foldercache_find(c, 1, "/b", 0)->n, 2);
    foldercache_drop(c);
    assert_null(foldercache_find(c, 1, "/a", 0));
    foldercache_drop(NULL);
    foldercache_free(c);
    foldercache_free(NULL);
}

static void not_for_long(void **state)
{
    (void) state;
    struct foldercache *c = made();
    put(c, 1, "/a", 1, 1000);
    assert_non_null(foldercache_find(c, 1, "/a", 1000 + FOLDERCACHE_MS));
    assert_null(foldercache_find(c, 1, "/a", 1001 + FOLDERCACHE_MS));
    foldercache_free(c);
}

static void not_for_another_connection(void **state)
{
    (void) state;
    struct foldercache *c = made();
    put(c, 1, "/a", 1, 0);
    assert_null(foldercache_find(c, 2, "/a", 0));
    put(c, 2, "/b", 1, 0);
    assert_null(foldercache_find(c, 2, "/a", 0));
    foldercache_free(c);
}

static void not_too_many(void **state)
{
    (void) state;
    struct foldercache *c = made();
    char path[32];
    for (int i = 0; i < FOLDERCACHE_FOLDERS; i++) {
        snprintf(path, sizeof path, "/%d", i);
        put(c, 1, path, 1, 0);
    }
    assert_non_null(foldercache_find(c, 1, "/0", 0));
    put(c, 1, "/new", 1, 0); /* in the place of what was asked for longest ago */
    assert_non_null(foldercache_find(c, 1, "/0", 0));
    assert_null(foldercache_find(c, 1, "/1", 0));
    assert_non_null(foldercache_find(c, 1, "/2", 0));
    put(c, 1, "/large", FOLDERCACHE_ITEMS + 1, 0);
    assert_null(foldercache_find(c, 1, "/new", 0));
    assert_non_null(foldercache_find(c, 1, "/large", 0));
    foldercache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_until_dropped),
        cmocka_unit_test(not_for_long),
        cmocka_unit_test(not_for_another_connection),
        cmocka_unit_test(not_too_many),
    };
    return run_unit(tests);
}
