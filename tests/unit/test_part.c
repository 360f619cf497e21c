#include "unit.h"

#include "xfer/part.h"
#include "xfer/pieces.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHANGED = 1700000000, LENGTH = 100000 };

static const struct wait never = {NULL, {INT64_MAX}};

/* A folder of its own for each test, and its descriptor. */
struct place {
    char path[64];
    int fd;
    unsigned char content[LENGTH];
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    snprintf(p->path, sizeof p->path, "/tmp/test_part.XXXXXX");
    if (!mkdtemp(p->path))
        return -1;
    p->fd = open(p->path, O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < LENGTH; i++)
        p->content[i] = (unsigned char) (i * 7 + i / 256);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    DIR *dir = fdopendir(p->fd);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
    rmdir(p->path);
    free(p);
    return 0;
}

static void make(const struct place *p, const char *name, size_t len)
{
    int fd = openat(p->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_int_equal(write(fd, p->content, len), len);
    close(fd);
}

static int64_t size_of(const struct place *p, const char *name)
{
    struct stat st;
    return fstatat(p->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (int64_t) st.st_size : -1;
}

static void find(struct part *t, const struct place *p, const char *name, bool confined)
{
    struct err err = ERR_INIT;
    if (part_find(t, p->fd, name, confined, &never, &err) < 0)
        fail_msg("%s", err.msg);
}

/* What a download that was cut after `len` bytes leaves, killed or ended in order. */
static void leave_part(const struct place *p, size_t len, int64_t size, int64_t mtime, bool killed)
{
    struct part t;
    find(&t, p, "file", false);
    part_expect(&t, size, mtime);
    assert_int_equal(part_write(&t, p->content, len, NULL), 0);
    if (killed)
        close(t.fd);
    else
        part_clear(&t);
}

static enum err_code resume(const struct place *p, int64_t size, int64_t mtime, int64_t *at)
{
    struct err err = ERR_INIT;
    struct part t;
    find(&t, p, "file", false);
    part_expect(&t, size, mtime);
    part_resume(&t, &err);
    *at = t.at + t.overlap;
    part_clear(&t);
    return err.code;
}

static void whole_file(void **state)
{
    struct place *p = *state;
    struct part t;
    struct stat st;
    find(&t, p, "file", false);
    assert_int_equal(part_kept(&t), -1);
    assert_int_equal(part_write(&t, p->content, 10, NULL), 0);
    assert_int_equal(part_write(&t, p->content + 10, LENGTH - 10, NULL), 0);
    assert_int_equal(size_of(p, "file"), -1);
    assert_int_equal(part_kept(&t), LENGTH);
    assert_int_equal(part_finish(&t, 04777, CHANGED, NULL), 0);
    part_clear(&t);
    assert_int_equal(size_of(p, "file" PART_SUFFIX), -1);
    assert_int_equal(fstatat(p->fd, "file", &st, 0), 0);
    assert_int_equal(st.st_size, LENGTH);
    assert_int_equal(st.st_mtim.tv_sec, CHANGED);
    assert_int_equal(st.st_mtim.tv_nsec, 0);
    mode_t mask = umask(0);
    umask(mask);
    assert_int_equal(st.st_mode & 07777, 0777 & ~mask);
}

static void empty_file(void **state)
{
    struct place *p = *state;
    struct part t;
    find(&t, p, "file", false);
    assert_int_equal(part_finish(&t, -1, -1, NULL), 0);
    assert_int_equal(size_of(p, "file"), 0);
}

/* The mode that a file had stays, unless another is known; the owner may always write. */
static void modes(void **state)
{
    struct place *p = *state;
    struct part t;
    struct stat st;
    make(p, "file", 5);
    assert_int_equal(fchmodat(p->fd, "file", 0640, 0), 0);
    find(&t, p, "file", false);
    assert_int_equal(part_finish(&t, -1, -1, NULL), 0);
    fstatat(p->fd, "file", &st, 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    find(&t, p, "file", false);
    assert_int_equal(part_finish(&t, 0400, -1, NULL), 0);
    fstatat(p->fd, "file", &st, 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

/* field 52 */
static void resuming(void **state)
{
    struct place *p = *state;
    int64_t at;
    for (int killed = 0; killed < 2; killed++) {
        leave_part(p, 60000, LENGTH, CHANGED, killed);
        assert_int_equal(resume(p, LENGTH, CHANGED, &at), ERR_NONE);
        assert_int_equal(at, 60000);
        assert_int_equal(resume(p, LENGTH, CHANGED + 1, &at), ERR_INTEGRITY);
        assert_int_equal(resume(p, LENGTH, CHANGED - 1, &at), ERR_INTEGRITY);
        assert_int_equal(resume(p, LENGTH + 1, CHANGED, &at), ERR_INTEGRITY);
        assert_int_equal(resume(p, 59999, CHANGED, &at), ERR_INTEGRITY);
        assert_int_equal(resume(p, -1, CHANGED, &at), ERR_INTEGRITY);
        assert_int_equal(resume(p, LENGTH, -1, &at), ERR_INTEGRITY);
        assert_int_equal(resume(p, LENGTH, CHANGED, &at), ERR_NONE); /* looking changes nothing */
        assert_int_equal(unlinkat(p->fd, "file" PART_SUFFIX, 0), 0);
    }
}

/* Whoever reads the part file, or a kill in the middle of a write, changes one of its times. */
static void one_time_is_enough(void **state)
{
    struct place *p = *state;
    int64_t at;
    for (int lost = 0; lost < 2; lost++) {
        leave_part(p, 60000, LENGTH, CHANGED, true);
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
        times[lost].tv_nsec = UTIME_NOW;
        assert_int_equal(utimensat(p->fd, "file" PART_SUFFIX, times, 0), 0);
        assert_int_equal(resume(p, LENGTH, CHANGED, &at), ERR_NONE);
        assert_int_equal(at, 60000);
        utimensat(p->fd, "file" PART_SUFFIX, times, 0);
        assert_int_equal(resume(p, LENGTH, CHANGED - 1, &at), ERR_INTEGRITY);
        assert_int_equal(unlinkat(p->fd, "file" PART_SUFFIX, 0), 0);
    }
}

/* A server that tells no time. */
static void resuming_by_size_alone(void **state)
{
    struct place *p = *state;
    int64_t at;
    leave_part(p, 60000, LENGTH, -1, true);
    assert_int_equal(resume(p, LENGTH, -1, &at), ERR_NONE);
    assert_int_equal(at, 60000);
    assert_int_equal(resume(p, LENGTH + 1, -1, &at), ERR_INTEGRITY);
}

/* Another program's beginning: it was written after the remote file changed last. */
static void resuming_what_others_left(void **state)
{
    struct place *p = *state;
    int64_t at;
    make(p, "file", 70000);
    struct timespec times[2] = {{.tv_sec = CHANGED + 5}, {.tv_sec = CHANGED + 5}};
    utimensat(p->fd, "file", times, 0);
    assert_int_equal(resume(p, LENGTH, CHANGED + 6, &at), ERR_INTEGRITY);
    assert_int_equal(size_of(p, "file" PART_SUFFIX), -1);
    assert_int_equal(resume(p, LENGTH, CHANGED, &at), ERR_NONE);
    assert_int_equal(at, 70000);
    assert_int_equal(size_of(p, "file" PART_SUFFIX), 70000);
    assert_int_equal(size_of(p, "file"), 70000);
}

/* Also where its size and times would do. */
static void part_in_pieces_is_no_beginning(void **state)
{
    struct place *p = *state;
    struct pieces pieces;
    struct part t;
    struct stat before, after;
    struct timespec times[2] = {{.tv_sec = CHANGED}, {.tv_sec = CHANGED}};
    int64_t at;
    find(&t, p, "file", false);
    assert_int_equal(part_open_pieces(&t, NULL), 0);
    assert_int_equal(pieces_make(&pieces, t.fd, LENGTH, CHANGED, 2, NULL), 0);
    part_leave(&t);
    utimensat(p->fd, "file" PART_SUFFIX, times, 0);
    fstatat(p->fd, "file" PART_SUFFIX, &before, 0);
    assert_int_equal(resume(p, LENGTH * 10, CHANGED, &at), ERR_INTEGRITY);
    fstatat(p->fd, "file" PART_SUFFIX, &after, 0);
    assert_memory_equal(&before.st_atim, &after.st_atim, sizeof before.st_atim);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim);
}

static void overlap_is_compared(void **state)
{
    struct place *p = *state;
    struct part t;
    struct err err = ERR_INIT;
    for (int differs = 0; differs < 2; differs++) {
        leave_part(p, 60000, LENGTH, CHANGED, true);
        find(&t, p, "file", false);
        part_expect(&t, LENGTH, CHANGED);
        assert_int_equal(part_resume(&t, NULL), 0);
        assert_int_equal(t.at, 60000 - PART_OVERLAP);
        int64_t from = t.at;
        p->content[59999] ^= (unsigned char) differs;
        int rc = part_write(&t, p->content + from, (size_t) (LENGTH - from), &err);
        assert_int_equal(rc, differs ? -1 : 0);
        if (!differs)
            assert_int_equal(part_finish(&t, -1, -1, NULL), 0);
        part_clear(&t);
    }
    assert_err(&err, ERR_INTEGRITY);
    assert_int_equal(size_of(p, "file"), LENGTH);
    assert_int_equal(size_of(p, "file" PART_SUFFIX), 60000);
}

static void count(void *ctx, const void *data, size_t n)
{
    unsigned long *sum = ctx;
    for (size_t i = 0; i < n; i++)
        *sum = *sum * 31 + ((const unsigned char *) data)[i];
}

static void read_back(void **state)
{
    struct place *p = *state;
    struct part t;
    unsigned long here = 0, there = 0;
    leave_part(p, 60000, LENGTH, CHANGED, true);
    find(&t, p, "file", false);
    assert_int_equal(part_read_back(&t, 50001, count, &there, NULL), 0);
    count(&here, p->content, 50001);
    assert_int_equal(here, there);
    struct err err = ERR_INIT;
    assert_int_equal(part_read_back(&t, 60001, count, &there, &err), -1);
    assert_err(&err, ERR_LOCAL);
}

static void refuse(const struct place *p, const char *name)
{
    struct part t;
    struct err err = ERR_INIT;
    if (part_find(&t, p->fd, name, true, &never, &err) == 0)
        fail_msg("'%s' is taken", name);
    assert_err(&err, ERR_LOCAL);
    part_clear(&t);
}

/* field 62 */
static void confined(void **state)
{
    static const char *const names[] = {"", ".", "..", "a/b", "/etc/x", "../x"};
    struct place *p = *state;
    struct part t;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        refuse(p, names[i]);
    make(p, "aim", 3);
    assert_int_equal(symlinkat("aim", p->fd, "link"), 0);
    assert_int_equal(symlinkat("nowhere", p->fd, "dangling"), 0);
    assert_int_equal(mkfifoat(p->fd, "fifo", 0600), 0);
    refuse(p, "link");
    refuse(p, "dangling");
    refuse(p, "fifo");
    find(&t, p, "aim", true);
    assert_int_equal(part_finish(&t, -1, -1, NULL), 0);
    assert_int_equal(size_of(p, "aim"), 0);
}

/* A part file that is a link, or a FIFO, is not written to. */
static void part_is_no_file(void **state)
{
    struct place *p = *state;
    for (int fifo = 0; fifo < 2; fifo++) {
        struct part t;
        struct err err = ERR_INIT;
        make(p, "aim", 3);
        if (fifo)
            assert_int_equal(mkfifoat(p->fd, "file" PART_SUFFIX, 0600), 0);
        else
            assert_int_equal(symlinkat("aim", p->fd, "file" PART_SUFFIX), 0);
        find(&t, p, "file", true);
        assert_int_equal(part_write(&t, "x", 1, &err), -1);
        assert_err(&err, ERR_LOCAL);
        part_clear(&t);
        assert_int_equal(size_of(p, "aim"), 3);
        unlinkat(p->fd, "file" PART_SUFFIX, 0);
    }
}

/* Unconfined, a link is followed to the file that it names, there or not. */
static void links_are_followed(void **state)
{
    struct place *p = *state;
    struct part t;
    assert_int_equal(symlinkat("aim", p->fd, "link"), 0);
    find(&t, p, "link", false);
    assert_int_equal(part_write(&t, p->content, 9, NULL), 0);
    assert_int_equal(part_finish(&t, -1, -1, NULL), 0);
    assert_int_equal(size_of(p, "aim"), 9);
    assert_int_equal(size_of(p, "link"), 3); /* still one */
}

static void read_content(const struct place *p, const char *name, char *dst, size_t size)
{
    int fd = openat(p->fd, name, O_RDONLY);
    ssize_t n = read(fd, dst, size - 1);
    dst[n < 0 ? 0 : n] = '\0';
    close(fd);
}

static void link_part(const struct place *p)
{
    unlinkat(p->fd, "kept", 0);
    assert_int_equal(linkat(p->fd, "file" PART_SUFFIX, p->fd, "kept", 0), 0);
}

/* A backup's links share the part file: what is in them stays as it is. */
static void part_of_others(void **state)
{
    struct place *p = *state;
    struct part t;
    struct err err = ERR_INIT;
    char text[8];
    make(p, "file" PART_SUFFIX, 5);
    link_part(p);
    find(&t, p, "file", false);
    assert_int_equal(part_write(&t, "new", 3, NULL), 0);
    assert_int_equal(part_finish(&t, -1, -1, NULL), 0);
    assert_int_equal(size_of(p, "kept"), 5);
    read_content(p, "file", text, sizeof text);
    assert_string_equal(text, "new");
    unlinkat(p->fd, "file", 0);
    leave_part(p, 60000, LENGTH, CHANGED, true);
    link_part(p);
    find(&t, p, "file", false);
    part_expect(&t, LENGTH, CHANGED);
    assert_int_equal(part_resume(&t, NULL), 0);
    assert_int_equal(part_write(&t, p->content + t.at, 50000, &err), -1);
    assert_err(&err, ERR_INTEGRITY);
    part_clear(&t);
    assert_int_equal(size_of(p, "kept"), 60000);
}

/* Neither ours nor the folder's owner's: as in /tmp. Only root can set that up. */
static void part_of_another_user(void **state)
{
    struct place *p = *state;
    struct part t;
    struct stat st;
    if (geteuid() != 0)
        skip();
    make(p, "file" PART_SUFFIX, 5);
    assert_int_equal(fchownat(p->fd, "file" PART_SUFFIX, 65534, 65534, 0), 0);
    find(&t, p, "file", false);
    assert_int_equal(part_finish(&t, -1, -1, NULL), 0);
    assert_int_equal(fstatat(p->fd, "file", &st, 0), 0);
    assert_int_equal(st.st_uid, 0);
    unlinkat(p->fd, "file", 0);
    make(p, "file" PART_SUFFIX, 5); /* of whom the folder is */
    assert_int_equal(fchownat(p->fd, "file" PART_SUFFIX, 65534, 65534, 0), 0);
    assert_int_equal(fchown(p->fd, 65534, 65534), 0);
    find(&t, p, "file", false);
    assert_int_equal(part_finish(&t, -1, -1, NULL), 0);
    assert_int_equal(fstatat(p->fd, "file", &st, 0), 0);
    assert_int_equal(st.st_uid, 65534);
}

/* Another transfer ends between the look at the part file and the first byte. */
static void part_replaced_meanwhile(void **state)
{
    struct place *p = *state;
    struct part t;
    struct err err = ERR_INIT;
    for (int replaced = 0; replaced < 2; replaced++) {
        leave_part(p, 60000, LENGTH, CHANGED, true);
        find(&t, p, "file", false);
        part_expect(&t, LENGTH, CHANGED);
        assert_int_equal(part_resume(&t, NULL), 0);
        assert_int_equal(renameat(p->fd, "file" PART_SUFFIX, p->fd, "file"), 0);
        if (replaced)
            make(p, "file" PART_SUFFIX, 60000);
        assert_int_equal(part_write(&t, p->content + t.at, 50000, &err), -1);
        assert_err(&err, ERR_INTEGRITY);
        part_clear(&t);
        assert_int_equal(size_of(p, "file"), 60000);
        assert_int_equal(size_of(p, "file" PART_SUFFIX), replaced ? 60000 : -1);
        unlinkat(p->fd, "file" PART_SUFFIX, 0);
    }
}

static void two_at_once(void **state)
{
    struct place *p = *state;
    struct part a, b;
    struct err err = ERR_INIT;
    find(&a, p, "file", false);
    find(&b, p, "file", false);
    assert_int_equal(part_write(&a, "x", 1, NULL), 0);
    assert_int_equal(part_write(&b, "y", 1, &err), -1);
    assert_err(&err, ERR_LOCAL);
    part_clear(&a);
    assert_int_equal(part_write(&b, "y", 1, NULL), 0);
    part_discard(&b);
    assert_int_equal(size_of(p, "file" PART_SUFFIX), -1);
}

/* Names of the greatest length that differ in their end have part files of their own. */
static void long_names(void **state)
{
    struct place *p = *state;
    char name[2][256];
    struct part t[2];
    for (int i = 0; i < 2; i++) {
        memset(name[i], 'n', 254);
        name[i][254] = (char) ('0' + i);
        name[i][255] = '\0';
        find(&t[i], p, name[i], true);
        assert_int_equal(part_write(&t[i], p->content, 10, NULL), 0);
    }
    assert_string_not_equal(t[0].temp, t[1].temp);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(part_finish(&t[i], -1, -1, NULL), 0);
        assert_int_equal(size_of(p, name[i]), 10);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_file),
        TEST(empty_file),
        TEST(modes),
        TEST(resuming),
        TEST(one_time_is_enough),
        TEST(resuming_by_size_alone),
        TEST(resuming_what_others_left),
        TEST(part_in_pieces_is_no_beginning),
        TEST(overlap_is_compared),
        TEST(read_back),
        TEST(confined),
        TEST(part_is_no_file),
        TEST(links_are_followed),
        TEST(part_of_others),
        TEST(part_of_another_user),
        TEST(part_replaced_meanwhile),
        TEST(two_at_once),
        TEST(long_names),
    };
    return run_unit(tests);
}
