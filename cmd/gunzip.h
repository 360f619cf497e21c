/* Unpacks gzip and zlib data as they come (RFC 1952, RFC 1950), several members one behind the
 * other included. */
#ifndef FTPSH_CMD_GUNZIP_H
#define FTPSH_CMD_GUNZIP_H

#include "xfer/pump.h"

struct gunzip;

/* What is unpacked goes to `sink`, which is borrowed. NULL with ERR_LOCAL. */
struct gunzip *gunzip_new(const struct pump_sink *sink, struct err *err);
void gunzip_free(struct gunzip *g); /* NULL is legal */

/* A pump_sink's write; `ctx` is the struct gunzip. -1 with ERR_INTEGRITY: damaged, or not packed.
 */
int gunzip_write(void *ctx, const void *data, size_t len, struct err *err);

/* All has come. -1 with ERR_INTEGRITY: the last member has no end, or there was none. */
int gunzip_end(const struct gunzip *g, struct err *err);

#endif
