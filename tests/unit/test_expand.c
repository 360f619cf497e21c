#include "unit.h"

#include "xfer/expand.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = {"a", "a/b", "a/b/c", "d", ".hidden", "a/.git", "e f"};
static const char *const files[] = {"1.txt",   "2.txt",     "3.c",      ".4.txt",      "a/5.txt",
                                    "a/b/6.c", "a/b/c/7.c", "d/[8].c",  ".hidden/9.c", "a/.git/x.c",
                                    "e f/y.c", "*",         "a/b/*.txt"};

static char base[64];

static int build(void **state)
{
    (void) state;
    snprintf(base, sizeof base, "/tmp/test_expand.XXXXXX");
    if (!mkdtemp(base) || chdir(base) < 0 || symlink("a", "link") < 0)
        return -1;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (mkdir(folders[i], 0755) < 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        int fd = open(files[i], O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (fd < 0)
            return -1;
        close(fd);
    }
    return 0;
}

static int demolish(void **state)
{
    (void) state;
    for (size_t i = sizeof files / sizeof files[0]; i-- > 0;)
        unlink(files[i]);
    for (size_t i = sizeof folders / sizeof folders[0]; i-- > 0;)
        rmdir(folders[i]);
    unlink("link");
    return chdir("/") < 0 ? -1 : rmdir(base);
}

/* `expected`: the names with a ":" between them. */
static void assert_names(const char *pattern, const char *expected)
{
    struct items items = {0};
    struct err err = ERR_INIT;
    char got[1024] = "";
    size_t len = 0;
    if (expand_local(pattern, &items, &err) < 0)
        fail_msg("%s: %s", pattern, err.msg);
    for (size_t i = 0; i < items.n; i++)
        len += (size_t) snprintf(got + len, sizeof got - len, "%s%s", i ? ":" : "",
                                 items.list[i].name);
    if (strcmp(got, expected) != 0)
        fail_msg("%s: '%s' instead of '%s'", pattern, got, expected);
    items_clear(&items);
}

static void components(void **state)
{
    (void) state;
    assert_names("*.txt", "1.txt:2.txt");
    assert_names(".*.txt", ".4.txt");
    assert_names("[13]*", "1.txt:3.c");
    assert_names("*/5.txt", "a/5.txt:link/5.txt");
    assert_names("a/*/6.c", "a/b/6.c");
    assert_names("a/b/*", "a/b/*.txt:a/b/6.c:a/b/c");
    assert_names("a/b/\\**", "a/b/*.txt");
    assert_names("d/\\[*", "d/[8].c");
    assert_names("*/", "a:d:e f:link");
    assert_names("e\\ f/*", "");
    assert_names("e f/*", "e f/y.c");
    assert_names("./*.c", "./3.c");
    assert_names("*/./b", "a/b:link/b");
    assert_names("nothing*", "");
    assert_names("nowhere/*", "");
    assert_names("1.txt/*", "");
}

static void any_depth(void **state)
{
    (void) state;
    assert_names("**/*.c", "3.c:a/b/6.c:a/b/c/7.c:d/[8].c:e f/y.c");
    assert_names("a/**/*.c", "a/b/6.c:a/b/c/7.c");
    assert_names("a/**", "a/5.txt:a/b:a/b/*.txt:a/b/6.c:a/b/c:a/b/c/7.c");
    assert_names("a/**/", "a/b:a/b/c");
    assert_names("**/b/**/*.c", "a/b/6.c:a/b/c/7.c");
    assert_names("**/**/7.c", "a/b/c/7.c");
    assert_names("**/.git/*", "a/.git/x.c");
}

static void absolute(void **state)
{
    (void) state;
    char pattern[128], expected[160];
    snprintf(pattern, sizeof pattern, "%s/*/b/6.c", base);
    snprintf(expected, sizeof expected, "%s/a/b/6.c:%s/link/b/6.c", base, base);
    assert_names(pattern, expected);
}

static void refused(void **state)
{
    (void) state;
    struct items items = {0};
    struct err err = ERR_INIT;
    assert_int_equal(expand_local("*/../x", &items, &err), -1);
    assert_err(&err, ERR_USAGE);

    char *many = malloc(4 * EXPAND_COMPONENTS + 5);
    assert_non_null(many);
    many[0] = '\0';
    for (size_t i = 0; i <= EXPAND_COMPONENTS; i++)
        memcpy(many + 2 * i, "*/", 3);
    err_clear(&err);
    assert_int_equal(expand_local(many, &items, &err), -1);
    assert_err(&err, ERR_USAGE);
    free(many);
}

static void types_come_along(void **state)
{
    (void) state;
    struct items items = {0};
    struct err err = ERR_INIT;
    assert_int_equal(expand_local("[1al]*", &items, &err), 0);
    assert_int_equal(items.n, 3);
    assert_int_equal(items.list[0].type, ENTRY_FILE);
    assert_int_equal(items.list[0].size, 0);
    assert_int_equal(items.list[1].type, ENTRY_DIR);
    assert_int_equal(items.list[2].type, ENTRY_LINK);
    items_clear(&items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components),       cmocka_unit_test(any_depth),
        cmocka_unit_test(absolute),         cmocka_unit_test(refused),
        cmocka_unit_test(types_come_along),
    };
    return cmocka_run_group_tests(tests, build, demolish);
}
