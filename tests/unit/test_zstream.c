/* MODE Z's coding: any size of blocks, streams cut and continued where they should not be. */
#include "unit.h"

#include "xfer/zstream.h"

#include <stdlib.h>
#include <string.h>

enum { PLAIN = 100000 };

static unsigned char *make_plain(void)
{
    unsigned char *p = malloc(PLAIN);
    assert_non_null(p);
    for (size_t i = 0; i < PLAIN; i++)
        p[i] = (unsigned char) (i % 7 ? i / 300 : i * 31);
    return p;
}

/* Codes all of `mem`, `in` bytes at a time, taking `out` at a time. */
static size_t code(struct zstream *z, const unsigned char *mem, size_t len, size_t in, size_t out,
                   unsigned char *dst, struct err *err)
{
    size_t n = 0, got;
    for (size_t at = 0; at <= len; at += in) {
        size_t piece = len - at < in ? len - at : in;
        zstream_feed(z, mem + at, piece);
        if (at + piece == len)
            zstream_finish(z);
        while (zstream_take(z, dst + n, out, &got, err) > 0)
            n += got;
        if (err_is_set(err) || piece < in)
            break;
    }
    return n;
}

static size_t deflate_all(const unsigned char *plain, size_t len, unsigned char *packed, size_t out)
{
    struct err err = ERR_INIT;
    struct zstream *z = zstream_new(ZSTREAM_DEFLATE, &err);
    size_t n = code(z, plain, len, 4096, out, packed, &err);
    assert_false(err_is_set(&err));
    zstream_free(z);
    return n;
}

static void test_round_trip(void **state)
{
    static const size_t sizes[] = {1, 7, 4096, 2 * PLAIN};
    unsigned char *plain = make_plain(), *packed = malloc(2 * PLAIN), *back = malloc(4 * PLAIN);
    (void) state;
    for (size_t i = 0; i < 4; i++) {
        struct err err = ERR_INIT;
        size_t n = deflate_all(plain, PLAIN, packed, sizes[i] < PLAIN ? sizes[i] : PLAIN);
        struct zstream *z = zstream_new(ZSTREAM_INFLATE, &err);
        size_t m = code(z, packed, n, sizes[i], sizes[3 - i], back, &err);
        assert_false(err_is_set(&err));
        assert_int_equal(m, PLAIN);
        assert_memory_equal(back, plain, PLAIN);
        assert_true(zstream_whole(z));
        zstream_free(z);
    }
    free(plain);
    free(packed);
    free(back);
}

/* Cut at every byte it is not whole; not even with the checksum missing. */
static void test_cut(void **state)
{
    unsigned char packed[600], back[4096];
    unsigned char *plain = make_plain();
    (void) state;
    size_t n = deflate_all(plain, 2000, packed, sizeof packed);
    assert_true(n < sizeof packed);
    for (size_t cut = 0; cut < n; cut++) {
        struct err err = ERR_INIT;
        struct zstream *z = zstream_new(ZSTREAM_INFLATE, &err);
        code(z, packed, cut, 64, sizeof back, back, &err);
        assert_false(err_is_set(&err));
        assert_int_equal(zstream_whole(z), cut == 0);
        zstream_free(z);
    }
    free(plain);
}

static void test_no_stream(void **state)
{
    unsigned char packed[600], back[4096];
    unsigned char *plain = make_plain();
    (void) state;
    size_t n = deflate_all(plain, 2000, packed, sizeof packed - 1);
    for (int i = 0; i < 3; i++) {
        struct err err = ERR_INIT;
        struct zstream *z = zstream_new(ZSTREAM_INFLATE, &err);
        size_t len = n;
        if (i == 0)
            packed[len++] = 'x'; /* behind the end */
        else
            packed[i == 1 ? n - 1 : 0] ^= 0x55; /* the checksum, then the header */
        code(z, packed, len, 64, 512, back, &err);
        assert_int_equal(err.code, ERR_PROTOCOL);
        zstream_free(z);
    }
    free(plain);
}

static void test_nothing(void **state)
{
    unsigned char packed[64] = {0}, back[64];
    struct err err = ERR_INIT;
    (void) state;
    size_t n = deflate_all(packed, 0, packed, sizeof packed);
    assert_true(n > 0);
    struct zstream *z = zstream_new(ZSTREAM_INFLATE, &err);
    assert_int_equal(code(z, packed, n, 3, sizeof back, back, &err), 0);
    assert_false(err_is_set(&err));
    assert_true(zstream_whole(z));
    zstream_free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_no_stream),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
