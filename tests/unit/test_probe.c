#include "unit.h"

#include "base/fold.h"
#include "xfer/probe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* File systems that fold names can't be had everywhere; that of /tmp does not. */
static void a_folder_that_tells_all_apart(void **state)
{
    (void) state;
    char path[] = "/tmp/probe-XXXXXX";
    struct probe probe;
    assert_non_null(mkdtemp(path));
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    mode_t mask = umask(0027);
    assert_int_equal(probe_folder(fd, &probe, NULL), 0);
    umask(mask);
    assert_int_equal(probe.fold, 0);
    assert_int_equal(probe.slack, 0);
    assert_true(probe.modes);
    assert_int_equal(probe.umask, 0027);
    close(fd);
    assert_int_equal(rmdir(path), 0); /* nothing is left there */
}

/* A name with letters, one with an accent: what is not there under another look is told apart. */
static void only_looking(void **state)
{
    (void) state;
    char path[] = "/tmp/probe-XXXXXX";
    struct probe probe;
    struct stat before, after;
    assert_non_null(mkdtemp(path));
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_int_equal(mkdirat(fd, "12", 0700), 0);
    assert_int_equal(fstat(fd, &before), 0);
    assert_int_equal(probe_look(fd, &probe, NULL), 0);
    assert_int_equal(fstat(fd, &after), 0);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof after.st_mtim);
    assert_int_equal(probe.fold, 0);
    assert_int_equal(probe.unsure & FOLD_FORM, FOLD_FORM);
    assert_int_equal(mkdirat(fd, "a\xc3\xa9", 0700), 0);
    assert_int_equal(mkdirat(fd, "A\xc3\xa9", 0700), 0);
    assert_int_equal(probe_look(fd, &probe, NULL), 0);
    assert_int_equal(probe.fold, 0);
    assert_int_equal(probe.unsure, 0);
    unlinkat(fd, "12", AT_REMOVEDIR);
    unlinkat(fd, "a\xc3\xa9", AT_REMOVEDIR);
    unlinkat(fd, "A\xc3\xa9", AT_REMOVEDIR);
    close(fd);
    assert_int_equal(rmdir(path), 0);
}

static void a_folder_that_is_no_more(void **state)
{
    (void) state;
    char path[] = "/tmp/probe-XXXXXX";
    struct probe probe;
    struct err err = ERR_INIT;
    assert_non_null(mkdtemp(path));
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(probe_folder(fd, &probe, &err), -1);
    assert_err(&err, ERR_LOCAL);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_that_tells_all_apart),
        cmocka_unit_test(only_looking),
        cmocka_unit_test(a_folder_that_is_no_more),
    };
    return run_unit(tests);
}
