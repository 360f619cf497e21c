/* Sizes and times as people write them. Pure. */
#ifndef FTPSH_CMD_QUANTITY_H
#define FTPSH_CMD_QUANTITY_H

#include "base/err.h"

#include <stdint.h>

/* "1500", "1.5k", "10M", "2G", "1T" in powers of 1000 and "1.5Ki", "10Mi", ... in powers of 1024; a
 * "B" may follow. Case does not matter. ERR_USAGE. */
int quantity_bytes(const char *text, int64_t *bytes, struct err *err);

/* A moment in seconds since 1970: "90s", "30m", "12h", "2d" or "1w" before `now`; "2026-01-31",
 * "2026-01-31 18:00" or "2026-01-31T18:00:00" in local time, or in UTC with "Z" behind it; "@" and
 * seconds since 1970. ERR_USAGE. */
int quantity_moment(const char *text, int64_t now, int64_t *moment, struct err *err);

#endif
