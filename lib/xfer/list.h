/* Listings: MLSD where the server has it, LIST otherwise; and NLST. */
#ifndef FTPSH_XFER_LIST_H
#define FTPSH_XFER_LIST_H

#include "ftp/listing.h"
#include "xfer/transfer.h"

/* Called for each entry, "." and ".." left out; returning non-zero (with err) gives up. */
typedef int (*list_entry_fn)(void *ctx, const struct entry *e, struct err *err);
/* Called for each line, without its end; it may hold any bytes but NUL and line ends. */
typedef int (*list_line_fn)(void *ctx, const char *line, size_t len, struct err *err);

/* The entries of a folder (NULL or "": the current one), or a single file as one entry. Names come
 * as the server gave them; they are not checked. A 450/550 for an empty folder is confirmed with
 * CWD (FIELD-NOTES 48). Errors of channel_open() and pump_down(), ERR_PROTOCOL (a line over
 * LISTING_LINE_MAX). */
int list_entries(struct mover *m, const char *path, list_entry_fn each, void *ctx, struct err *err);

/* The lines of NLST. */
int list_names(struct mover *m, const char *path, list_line_fn each, void *ctx, struct err *err);

#endif
