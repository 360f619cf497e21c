/* The coding of MODE Z: one zlib stream (RFC 1950) for each data connection
 * (draft-preston-ftpext-deflate section 2). */
#ifndef FTPSH_XFER_ZSTREAM_H
#define FTPSH_XFER_ZSTREAM_H

#include "base/err.h"

#include <stddef.h>

enum zstream_way { ZSTREAM_DEFLATE, ZSTREAM_INFLATE };

struct zstream;

/* NULL with ERR_LOCAL. */
struct zstream *zstream_new(enum zstream_way way, struct err *err);
void zstream_free(struct zstream *z); /* NULL is legal */

/* Hands in bytes, borrowed until zstream_take() has returned 0: not before are there more. */
void zstream_feed(struct zstream *z, const void *mem, size_t len);

/* Nothing more will be fed: what is left of a deflated stream can be taken. */
void zstream_finish(struct zstream *z);

/* Up to `size` bytes of the result, however small what was fed. 1 with *got > 0; 0 when it wants
 * more or has ended; -1 with ERR_PROTOCOL: no zlib stream, a wrong checksum, bytes behind the end.
 */
int zstream_take(struct zstream *z, void *mem, size_t size, size_t *got, struct err *err);

/* Whether an inflated stream has come to its end, or has not begun: some servers send nothing at
 * all for an empty file. */
bool zstream_whole(const struct zstream *z);

#endif
