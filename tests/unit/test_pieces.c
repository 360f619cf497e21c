/* The record behind a part file in pieces: found again, and refused where it is not of this file.
 */
#include "unit.h"

#include "xfer/pieces.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 300 * 1024, WHEN = 1000000000 };

static int scratch(void)
{
    char name[] = "pieces-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    return fd;
}

static struct pieces *make(int fd, int n)
{
    struct pieces *p = calloc(1, sizeof *p);
    assert_non_null(p);
    assert_int_equal(pieces_make(p, fd, SIZE, WHEN, n, NULL), 0);
    return p;
}

static unsigned char byte_at(int64_t at)
{
    return (unsigned char) (at * 7 + at / 300);
}

static void fill(unsigned char *mem, int64_t at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        mem[i] = byte_at(at + (int64_t) i);
}

/* The whole of piece i with its head; `shift` makes it another file's. */
static void fetch(struct pieces *p, int i, int64_t shift)
{
    static unsigned char mem[SIZE];
    const struct piece *w = &p->list[i];
    if (i > 0) {
        fill(mem, w->start - PIECE_HEAD + shift, PIECE_HEAD);
        assert_int_equal(pieces_write_head(p, i, 0, mem, 1000, NULL), 0);
        assert_int_equal(pieces_write_head(p, i, 1000, mem + 1000, PIECE_HEAD - 1000, NULL), 0);
    }
    size_t len = (size_t) (w->end - w->start);
    fill(mem, w->start + shift, len);
    assert_int_equal(pieces_write(p, i, mem, len / 3, NULL), 0);
    assert_int_equal(pieces_write(p, i, mem + len / 3, len - len / 3, NULL), 0);
}

static void test_join(void **state)
{
    static unsigned char want[SIZE], have[SIZE + 1];
    (void) state;
    for (int n = 1; n <= PIECES_MAX; n++) {
        int fd = scratch();
        struct pieces *p = make(fd, n);
        for (int i = n - 1; i >= 0; i--)
            fetch(p, i, 0);
        assert_int_equal(pieces_done(p), SIZE);
        assert_int_equal(pieces_join(p, NULL), 0);
        fill(want, 0, SIZE);
        assert_int_equal(pread(fd, have, sizeof have, 0), SIZE);
        assert_memory_equal(want, have, SIZE);
        close(fd);
        free(p);
    }
}

static void test_pieces_of_two_files(void **state)
{
    struct err err = ERR_INIT;
    int fd = scratch();
    struct pieces *p = make(fd, 3);
    (void) state;
    fetch(p, 0, 0);
    fetch(p, 1, 0);
    fetch(p, 2, 5);
    assert_int_equal(pieces_join(p, &err), -1);
    assert_int_equal(err.code, ERR_INTEGRITY);
    close(fd);
    free(p);
}

static void test_found_again(void **state)
{
    int fd = scratch();
    struct pieces *p = make(fd, 4), q = {0};
    unsigned char mem[100], other[100] = {0};
    (void) state;
    fetch(p, 2, 0);
    fill(mem, 0, sizeof mem);
    assert_int_equal(pieces_write(p, 0, mem, sizeof mem, NULL), 0);
    assert_int_equal(pieces_load(&q, fd, SIZE, WHEN, NULL), 1);
    assert_int_equal(q.n, 4);
    assert_int_equal(pieces_done(&q), pieces_done(p));
    assert_int_equal(atomic_load(&q.list[0].done), 100);
    assert_int_equal(pieces_same(&q, 0, mem, sizeof mem, NULL), 1);
    assert_int_equal(pieces_same(&q, 0, other, sizeof other, NULL), 0);
    close(fd);
    free(p);
}

static int load(int fd, int64_t size, int64_t mtime)
{
    struct pieces q = {0};
    struct err err = ERR_INIT;
    int rc = pieces_load(&q, fd, size, mtime, &err);
    if (rc < 0)
        assert_int_equal(err.code, ERR_INTEGRITY);
    return rc;
}

static void test_another_file(void **state)
{
    int fd = scratch();
    (void) state;
    assert_int_equal(load(fd, SIZE, WHEN), 0); /* empty */
    assert_int_equal(ftruncate(fd, 2 * SIZE), 0);
    assert_int_equal(load(fd, SIZE, WHEN), 0); /* one of one connection */
    struct pieces *p = make(fd, 4);
    assert_int_equal(load(fd, SIZE, WHEN), 1);
    assert_int_equal(load(fd, SIZE, WHEN + 1), -1);
    assert_int_equal(load(fd, SIZE + 1, WHEN), -1);
    free(p);
    close(fd);
}

/* Whatever stands in the record, nothing is taken that does not fit together. */
static void test_damaged(void **state)
{
    int fd = scratch();
    unsigned char was[512], ff[8];
    (void) state;
    memset(ff, 0xff, sizeof ff);
    for (size_t at = 16; at < 16 + 24 + 4 * 24; at += 8) {
        struct pieces *p = make(fd, 4);
        assert_int_equal(pread(fd, was, sizeof was, SIZE), sizeof was);
        assert_int_equal(pwrite(fd, ff, sizeof ff, (off_t) (SIZE + at)), sizeof ff);
        assert_int_equal(load(fd, SIZE, WHEN), -1);
        free(p);
    }
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join),        cmocka_unit_test(test_pieces_of_two_files),
        cmocka_unit_test(test_found_again), cmocka_unit_test(test_another_file),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
