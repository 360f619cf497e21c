#include "unit.h"

#include "base/fold.h"
#include "xfer/mix.h"
#include "xfer/tree.h"

#include <stdio.h>
#include <stdlib.h>

static void batch_put(struct tree_batch *b, enum entry_type type, const char *name)
{
    static char up[] = "../x", none[] = "";
    struct entry e = {.type = type,
                      .size = 7,
                      .mtime = 1000,
                      .mode = 0644,
                      .target = type == ENTRY_LINK ? up : none};
    struct err err = ERR_INIT;
    snprintf(e.mem, sizeof e.mem, "%s", name);
    e.name = e.mem;
    assert_true(tree_batch_add(b, &e, 60, &err) >= 0);
}

static void assert_path(const struct tree *t, uint32_t node, const char *expected)
{
    char path[PATH_BYTES];
    assert_int_equal(tree_path(t, node, path, NULL), 0);
    assert_string_equal(path, expected);
}

static void folders_come_in_any_order(void **state)
{
    (void) state;
    struct tree t;
    struct tree_batch b = {0};
    assert_int_equal(tree_init(&t, NULL), 0);
    assert_path(&t, TREE_ROOT, "");
    batch_put(&b, ENTRY_FILE, "b");
    batch_put(&b, ENTRY_DIR, "a");
    batch_put(&b, ENTRY_LINK, "a-link");
    assert_int_equal(tree_adopt(&t, TREE_ROOT, &b, FOLDER_COMPLETE, NULL), 0);
    assert_int_equal(t.nodes[TREE_ROOT].count, 3);
    uint32_t a = tree_find(&t, TREE_ROOT, "a");
    assert_int_equal(a, t.nodes[TREE_ROOT].first);
    assert_string_equal(tree_target(&t, tree_find(&t, TREE_ROOT, "a-link")), "../x");
    assert_string_equal(tree_target(&t, a), "");
    assert_int_equal(tree_find(&t, TREE_ROOT, "aa"), TREE_NONE);
    batch_put(&b, ENTRY_FILE, "\xc3\xbc \xff");
    assert_int_equal(tree_adopt(&t, a, &b, FOLDER_PARTIAL, NULL), 0);
    uint32_t node = tree_find(&t, a, "\xc3\xbc \xff");
    assert_path(&t, node, "a/\xc3\xbc \xff");
    assert_int_equal(tree_depth(&t, node), 2);
    assert_int_equal(t.nodes[node].size, 7);
    assert_int_equal(t.nodes[node].precision, 60);
    assert_int_equal(t.nodes[a].state, FOLDER_PARTIAL);
    assert_int_equal(t.nodes[TREE_ROOT].state, FOLDER_COMPLETE);
    tree_clear(&t);
}

/* `names` into the folder, ended by NULL. */
static void folder_of(struct tree *t, uint32_t folder, enum entry_type type,
                      const char *const *names)
{
    struct tree_batch b = {0};
    for (; *names; names++)
        batch_put(&b, type, *names);
    assert_int_equal(tree_adopt(t, folder, &b, FOLDER_COMPLETE, NULL), 0);
}

static void assert_mix(const char *const *source, const char *const *target, unsigned expected)
{
    struct tree s, t;
    unsigned found = 77;
    static const char *const folder[] = {"folder", NULL};
    assert_int_equal(tree_init(&s, NULL), 0);
    assert_int_equal(tree_init(&t, NULL), 0);
    folder_of(&s, TREE_ROOT, ENTRY_DIR, folder);
    folder_of(&t, TREE_ROOT, ENTRY_DIR, folder);
    folder_of(&s, s.nodes[TREE_ROOT].first, ENTRY_FILE, source);
    folder_of(&t, t.nodes[TREE_ROOT].first, ENTRY_FILE, target);
    assert_int_equal(trees_mix(&s, &t, &found, NULL), 0);
    assert_int_equal(found, expected);
    tree_clear(&s);
    tree_clear(&t);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void names_that_may_be_taken_for_one_another(void **state)
{
    (void) state;
    assert_mix(NAMES("a", "b"), NAMES("a", "c"), 0);
    assert_mix(NAMES("a", "A"), NAMES("b"), FOLD_CASE);
    assert_mix(NAMES("a", "b"), NAMES("A"), FOLD_CASE);
    assert_mix(NAMES("a"), NAMES("b", "B"), 0); /* the target's own affair */
    assert_mix(NAMES("\xc3\xa9"), NAMES("e\xcc\x81"), FOLD_FORM);
    assert_mix(NAMES("\xc3\xa9"), NAMES("\xc3\x89"), FOLD_CASE);
    assert_mix(NAMES("\xc3\xa9"), NAMES("E\xcc\x81"), FOLD_CASE | FOLD_FORM);
    assert_mix(NAMES("x", "X", "\xc3\xa9"), NAMES("e\xcc\x81"), FOLD_CASE | FOLD_FORM);
}

static void names_that_are_refused(void **state)
{
    (void) state;
    static const char *const bad[] = {"", ".", "..", "../x", "/etc/x", "a/b", "x\ny", "x\ry"};
    struct tree t;
    struct tree_batch b = {0};
    assert_int_equal(tree_init(&t, NULL), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        batch_put(&b, ENTRY_FILE, bad[i]);
    batch_put(&b, ENTRY_FILE, "good");
    batch_put(&b, ENTRY_DIR, "twice");
    batch_put(&b, ENTRY_FILE, "twice");
    assert_int_equal(tree_adopt(&t, TREE_ROOT, &b, FOLDER_COMPLETE, NULL), 0);
    assert_int_equal(t.nodes[TREE_ROOT].count, 2);
    assert_int_equal(t.nodes[tree_find(&t, TREE_ROOT, "twice")].type, ENTRY_DIR);
    assert_int_equal(t.n_refused, sizeof bad / sizeof bad[0] + 1);
    for (size_t i = 0; i < t.n_refused; i++) {
        bool twice = strcmp(t.text + t.refused[i].name, "twice") == 0;
        assert_int_equal(t.refused[i].why, twice ? REFUSED_TWICE : REFUSED_NAME);
    }
    tree_clear(&t);
}

/* A server that nests without end. */
static void depth_is_bounded(void **state)
{
    (void) state;
    struct tree t;
    uint32_t at = TREE_ROOT;
    assert_int_equal(tree_init(&t, NULL), 0);
    for (int i = 0; i <= TREE_DEPTH_MAX && at != TREE_NONE; i++) {
        struct tree_batch b = {0};
        batch_put(&b, ENTRY_DIR, "d");
        assert_int_equal(tree_adopt(&t, at, &b, FOLDER_COMPLETE, NULL), 0);
        at = tree_find(&t, at, "d");
    }
    assert_int_equal(at, TREE_NONE);
    assert_int_equal(t.n_refused, 1);
    assert_int_equal(t.refused[0].why, REFUSED_DEEP);
    tree_clear(&t);
}

static void assert_same(unsigned how, const char *a, const char *b, bool same)
{
    char *x = fold_name(a, how, NULL), *y = fold_name(b, how, NULL);
    assert_non_null(x);
    assert_non_null(y);
    if ((strcmp(x, y) == 0) != same)
        fail_msg("%u: %s %s", how, a, b);
    free(x);
    free(y);
}

static void names_that_a_disk_takes_for_the_same(void **state)
{
    (void) state;
    const char *composed = "caf\xc3\xa9", *decomposed = "cafe\xcc\x81", *upper = "CAF\xc3\x89";
    assert_same(0, "a", "A", false);
    assert_same(FOLD_CASE, "ReadMe", "README", true);
    assert_same(FOLD_CASE, composed, upper, true);
    assert_same(FOLD_CASE,
                "stra\xc3\x9f"
                "e",
                "STRASSE", true);
    assert_same(FOLD_FORM, composed, decomposed, true);
    assert_same(FOLD_FORM, composed, upper, false);
    assert_same(FOLD_CASE, composed, decomposed, false);
    assert_same(FOLD_CASE | FOLD_FORM, decomposed, upper, true);
    assert_same(FOLD_CASE, "A\xff", "a\xff", true);
    assert_same(FOLD_CASE | FOLD_FORM, "", "", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_come_in_any_order),
        cmocka_unit_test(names_that_may_be_taken_for_one_another),
        cmocka_unit_test(names_that_are_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(names_that_a_disk_takes_for_the_same),
    };
    return run_unit(tests);
}
