#include "unit.h"

#include "base/beneath.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* top/outside and top/root/{a/b,link -> a,up -> ..} */
struct scene {
    char top[64];
    int root;
};

static int scene_make(void **state)
{
    static struct scene s;
    snprintf(s.top, sizeof s.top, "/tmp/beneath-XXXXXX");
    assert_non_null(mkdtemp(s.top));
    int top = open(s.top, O_RDONLY | O_DIRECTORY);
    assert_int_equal(mkdirat(top, "outside", 0777), 0);
    assert_int_equal(mkdirat(top, "root", 0777), 0);
    s.root = openat(top, "root", O_RDONLY | O_DIRECTORY);
    assert_int_equal(mkdirat(s.root, "a", 0777), 0);
    assert_int_equal(mkdirat(s.root, "a/b", 0777), 0);
    assert_int_equal(symlinkat("a", s.root, "link"), 0);
    assert_int_equal(symlinkat("../outside", s.root, "up"), 0);
    close(top);
    *state = &s;
    return 0;
}

static int scene_remove(void **state)
{
    struct scene *s = *state;
    int top = open(s->top, O_RDONLY | O_DIRECTORY);
    unlinkat(s->root, "link", 0);
    unlinkat(s->root, "up", 0);
    unlinkat(s->root, "a/b", AT_REMOVEDIR);
    unlinkat(s->root, "a", AT_REMOVEDIR);
    unlinkat(top, "root", AT_REMOVEDIR);
    unlinkat(top, "outside", AT_REMOVEDIR);
    close(top);
    close(s->root);
    return rmdir(s->top);
}

static void assert_opens(int root, const char *path, bool follow, bool expected)
{
    struct err err = ERR_INIT;
    int fd = beneath_open(root, path, follow, &err);
    if ((fd >= 0) != expected)
        fail_msg("%s: %s", path, err.msg);
    if (fd >= 0)
        close(fd);
    else
        assert_err(&err, ERR_LOCAL);
}

static void folders_below(void **state)
{
    const struct scene *s = *state;
    assert_opens(s->root, "", false, true);
    assert_opens(s->root, "a", false, true);
    assert_opens(s->root, "a/b", false, true);
    assert_opens(s->root, "a/c", false, false);
}

static void links_are_followed_only_when_asked(void **state)
{
    const struct scene *s = *state;
    assert_opens(s->root, "link", false, false);
    assert_opens(s->root, "link/b", false, false);
    assert_opens(s->root, "up", false, false);
    assert_opens(s->root, "link/b", true, true);
}

static void paths_that_lead_elsewhere(void **state)
{
    const struct scene *s = *state;
    static const char *const bad[] = {"..",  "../outside", "a/../../outside", "/tmp", "a//b", ".",
                                      "a/.", "a/"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(beneath_valid(bad[i]));
        if (strcmp(bad[i], "a/") != 0)
            assert_opens(s->root, bad[i], true, false);
    }
    assert_false(beneath_valid(""));
    assert_false(beneath_valid("a\nb"));
    assert_true(beneath_valid("a"));
    assert_true(beneath_valid("..a/b.."));
}

static void the_folder_of_a_file(void **state)
{
    const struct scene *s = *state;
    const char *name;
    struct stat here, there;
    int fd = beneath_parent(s->root, "a/b/new", false, &name, NULL);
    assert_true(fd >= 0);
    assert_string_equal(name, "new");
    assert_int_equal(fstat(fd, &here), 0);
    assert_int_equal(fstatat(s->root, "a/b", &there, 0), 0);
    assert_true(here.st_ino == there.st_ino);
    close(fd);
    assert_int_equal(beneath_parent(s->root, "link/new", false, &name, NULL), -1);
    assert_int_equal(beneath_parent(s->root, "a/..", false, &name, NULL), -1);
    assert_int_equal(beneath_parent(s->root, "", false, &name, NULL), -1);
    assert_int_equal(beneath_parent(s->root, "a/", false, &name, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folders_below, scene_make, scene_remove),
        cmocka_unit_test_setup_teardown(links_are_followed_only_when_asked, scene_make,
                                        scene_remove),
        cmocka_unit_test_setup_teardown(paths_that_lead_elsewhere, scene_make, scene_remove),
        cmocka_unit_test_setup_teardown(the_folder_of_a_file, scene_make, scene_remove),
    };
    return run_unit(tests);
}
