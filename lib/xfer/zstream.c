#include "xfer/zstream.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

struct zstream {
    z_stream z;
    enum zstream_way way;
    bool begun, finish, ended;
};

struct zstream *zstream_new(enum zstream_way way, struct err *err)
{
    struct zstream *z = calloc(1, sizeof *z);
    if (z) {
        z->way = way;
        int rc =
            way == ZSTREAM_DEFLATE ? deflateInit(&z->z, Z_DEFAULT_COMPRESSION) : inflateInit(&z->z);
        if (rc == Z_OK)
            return z;
        free(z);
    }
    err_set(err, ERR_LOCAL, "out of memory");
    return NULL;
}

void zstream_free(struct zstream *z)
{
    if (!z)
        return;
    if (z->way == ZSTREAM_DEFLATE)
        deflateEnd(&z->z);
    else
        inflateEnd(&z->z);
    free(z);
}

/* Blocks of the pump are far below UINT_MAX. */
void zstream_feed(struct zstream *z, const void *mem, size_t len)
{
    z->z.next_in = (Bytef *) (uintptr_t) mem; /* zlib only reads */
    z->z.avail_in = len < UINT_MAX ? (uInt) len : UINT_MAX;
    z->begun |= len > 0;
}

void zstream_finish(struct zstream *z)
{
    z->finish = true;
}

static int step(struct zstream *z)
{
    if (z->way == ZSTREAM_DEFLATE)
        return deflate(&z->z, z->finish ? Z_FINISH : Z_NO_FLUSH);
    return inflate(&z->z, Z_NO_FLUSH);
}

int zstream_take(struct zstream *z, void *mem, size_t size, size_t *got, struct err *err)
{
    uInt room = size < UINT_MAX ? (uInt) size : UINT_MAX;
    *got = 0;
    if (z->ended && z->z.avail_in > 0)
        return err_set(err, ERR_PROTOCOL, "bytes behind the end of the compressed data");
    if (z->ended)
        return 0;
    z->z.next_out = mem;
    z->z.avail_out = room;
    int rc = step(z);
    z->ended = rc == Z_STREAM_END;
    *got = room - z->z.avail_out;
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return err_set(err, ERR_PROTOCOL, "the compressed data cannot be read: %s",
                       z->z.msg ? z->z.msg : "not zlib's format");
    if (*got > 0)
        return 1;
    return z->ended && z->z.avail_in > 0 ? zstream_take(z, mem, size, got, err) : 0;
}

bool zstream_whole(const struct zstream *z)
{
    return z->ended || !z->begun;
}
