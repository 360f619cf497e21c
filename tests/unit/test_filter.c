#include "unit.h"

#include "xfer/filter.h"

static struct filter *filter_of(const char *lines)
{
    struct err err = ERR_INIT;
    struct filter *f = filter_new(&err);
    assert_non_null(f);
    if (filter_add_lines(f, lines, strlen(lines), &err) < 0)
        fail_msg("%s", err.msg);
    return f;
}

struct sample {
    const char *lines, *path;
    bool folder, wanted;
};

static void assert_samples(const struct sample *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct filter *f = filter_of(list[i].lines);
        if (filter_wants(f, list[i].path, list[i].folder) != list[i].wanted)
            fail_msg("%s: %s", list[i].lines, list[i].path);
        filter_free(f);
    }
}

#define ASSERT_SAMPLES(list) assert_samples(list, sizeof(list) / sizeof(list)[0])

static void lines_in_the_manner_of_gitignore(void **state)
{
    (void) state;
    static const struct sample samples[] = {
        {"", "a", false, true},
        {"# *.o\n\n   \n", "a.o", false, true},
        {"*.o", "a.o", false, false},
        {"*.o\r\n", "deep/er/a.o", false, false},
        {"*.o", "a.c", false, true},
        {"*", ".hidden", false, false},
        {"*.o\n!keep.o", "x/keep.o", false, true},
        {"!keep.o\n*.o", "keep.o", false, false},
        {"\\#a", "#a", false, false},
        {"\\!a", "!a", false, false},
        {"a\\*b", "a*b", false, false},
        {"a\\*b", "axb", false, true},
        {"name  ", "name", false, false},
        {"name\\ ", "name ", false, false},
        {"name\\ ", "name", false, true},
        {"build/", "build", true, false},
        {"build/", "build", false, true},
        {"build/", "src/build", true, false},
        {"/build", "build", false, false},
        {"/build", "src/build", false, true},
        {"src/build", "src/build", true, false},
        {"src/build", "a/src/build", true, true},
        {"src/*.c", "src/a.c", false, false},
        {"src/*.c", "src/b/a.c", false, true},
    };
    ASSERT_SAMPLES(samples);
}

static void any_number_of_folders(void **state)
{
    (void) state;
    static const struct sample samples[] = {
        {"**/a", "a", false, false},
        {"**/a", "x/y/a", false, false},
        {"a/**", "a", true, true},
        {"a/**", "a/b", false, false},
        {"a/**", "a/b/c", false, false},
        {"a/**/z", "a/z", false, false},
        {"a/**/z", "a/b/c/z", false, false},
        {"a/**/z", "a/b/c/zz", false, true},
        {"a/**/b/**/c", "a/b/x/b/y/c", false, false},
        {"a/**/b/**/c", "a/x/y/c", false, true},
        {"**/**/b", "b", false, false},
        {"/**", "x", false, false},
        {"a**b/c", "axxb/c", false, false},
    };
    ASSERT_SAMPLES(samples);
}

static void first_rule_that_includes(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    struct filter *f = filter_new(&err);
    assert_non_null(f);
    assert_false(filter_selects(f));
    assert_int_equal(filter_add_glob(f, FILTER_INCLUDE, "*.txt", &err), 0);
    assert_true(filter_selects(f));
    assert_int_equal(filter_add_regex(f, FILTER_EXCLUDE, "^old/|draft[0-9]+", &err), 0);
    assert_true(filter_wants(f, "a.txt", false));
    assert_false(filter_wants(f, "a.bin", false));
    assert_true(filter_wants(f, "bin", true));
    assert_false(filter_wants(f, "x/draft12.txt", false));
    assert_false(filter_wants(f, "old/a.txt", false));
    assert_true(filter_wants(f, "older/a.txt", false));
    filter_free(f);
    assert_true(filter_wants(NULL, "a", false));
}

static void rules_that_are_none(void **state)
{
    (void) state;
    struct filter *f = filter_new(NULL);
    assert_non_null(f);
    struct err err = ERR_INIT;
    assert_int_equal(filter_add_regex(f, FILTER_EXCLUDE, "a(b", &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_non_null(strstr(err.msg, "'a(b'"));
    err_clear(&err);
    assert_int_equal(filter_add_regex(f, FILTER_EXCLUDE, "", &err), -1);
    assert_err(&err, ERR_USAGE);
    err_clear(&err);
    assert_int_equal(filter_add_glob(f, FILTER_EXCLUDE, "///", &err), -1);
    assert_err(&err, ERR_USAGE);
    err_clear(&err);
    assert_int_equal(filter_add_lines(f, "a\n!\nb", 5, &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_non_null(strstr(err.msg, "line 2"));
    err_clear(&err);
    assert_int_equal(filter_add_lines(f, "a\0b", 3, &err), -1);
    assert_err(&err, ERR_USAGE);
    filter_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_in_the_manner_of_gitignore),
        cmocka_unit_test(any_number_of_folders),
        cmocka_unit_test(first_rule_that_includes),
        cmocka_unit_test(rules_that_are_none),
    };
    return run_unit(tests);
}
