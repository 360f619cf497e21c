#include "gunzip.h"

#include <stdlib.h>
#include <zlib.h>

enum { OUT_BLOCK = 64 * 1024, AUTO_HEADER = 32 };

struct gunzip {
    const struct pump_sink *sink;
    z_stream z;
    bool inside;     /* a member has begun and not ended */
    int64_t members; /* that have ended */
    unsigned char out[OUT_BLOCK];
};

struct gunzip *gunzip_new(const struct pump_sink *sink, struct err *err)
{
    struct gunzip *g = calloc(1, sizeof *g);
    if (g) {
        g->sink = sink;
        if (inflateInit2(&g->z, MAX_WBITS + AUTO_HEADER) == Z_OK)
            return g;
        free(g);
    }
    err_set(err, ERR_LOCAL, "out of memory");
    return NULL;
}

void gunzip_free(struct gunzip *g)
{
    if (g)
        inflateEnd(&g->z);
    free(g);
}

/* One round of the inflater. */
static int unpack(struct gunzip *g, struct err *err)
{
    g->z.next_out = g->out;
    g->z.avail_out = sizeof g->out;
    g->inside = true;
    int rc = inflate(&g->z, Z_NO_FLUSH);
    size_t n = sizeof g->out - g->z.avail_out;
    if (n > 0 && g->sink->write(g->sink->ctx, g->out, n, err) < 0)
        return -1;
    if (rc == Z_STREAM_END) {
        g->inside = false;
        g->members++;
        inflateReset(&g->z);
        return 0;
    }
    if (rc == Z_MEM_ERROR)
        return err_set(err, ERR_LOCAL, "out of memory");
    if (rc == Z_OK || rc == Z_BUF_ERROR)
        return 0;
    if (g->members == 0 && g->z.total_out == 0)
        return err_set(err, ERR_INTEGRITY, "it is not packed by gzip");
    return err_set(err, ERR_INTEGRITY, "the packed data are damaged");
}

int gunzip_write(void *ctx, const void *data, size_t len, struct err *err)
{
    struct gunzip *g = ctx;
    g->z.next_in = (z_const Bytef *) data;
    g->z.avail_in = (uInt) len; /* a block of the pump */
    do {
        /* zeros that fill a tape's block may stand behind the last member */
        while (!g->inside && g->members > 0 && g->z.avail_in > 0 && *g->z.next_in == 0) {
            g->z.next_in++;
            g->z.avail_in--;
        }
        if (g->z.avail_in == 0 && !g->inside)
            return 0;
        if (unpack(g, err) < 0)
            return -1;
    } while (g->z.avail_in > 0 || g->z.avail_out == 0);
    return 0;
}

int gunzip_end(const struct gunzip *g, struct err *err)
{
    if (!g->inside && g->members > 0)
        return 0;
    return err_set(err, ERR_INTEGRITY,
                   g->inside ? "the packed data have no end"
                             : "it is empty, and not packed by gzip");
}
