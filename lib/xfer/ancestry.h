/* The folders that one is in, known by their unique facts (RFC 3659 section 7.5.2): servers may
 * show a link as a folder, and what is inside itself has no end. */
#ifndef FTPSH_XFER_ANCESTRY_H
#define FTPSH_XFER_ANCESTRY_H

#include "xfer/items.h"
#include "xfer/transfer.h"

#define ANCESTRY_DEPTH_MAX 64
#define UNIQUE_BYTES 256 /* with the NUL; longer ones count as unknown */

/* Zero is the beginning. Unique facts of the folders below are borrowed from their items. */
struct ancestry {
    const char *below[ANCESTRY_DEPTH_MAX]; /* of the folders at depth 1, 2, ... */
    bool asked;
    char root[UNIQUE_BYTES]; /* "": unknown */
};

/* Before the folder `item`, which lies `depth` (1 to ANCESTRY_DEPTH_MAX) below the root, in
 * `folder`, is entered. The root's own unique fact is asked for once, when it is of use: no
 * transfer may be under way. 1: it may be entered; 0: one is in it already; -1 when the session
 * broke. */
int ancestry_enter(struct ancestry *a, struct mover *m, const char *folder, const struct item *item,
                   int depth, struct err *err);

/* The same, told as an error: 0; ERR_PROTOCOL for a loop. */
int ancestry_check(struct ancestry *a, struct mover *m, const char *folder, const struct item *item,
                   int depth, struct err *err);

/* What MLST tells of a folder ("": the current one); "" where it tells nothing. -1 when the session
 * broke. */
int unique_of(struct mover *m, const char *folder, char dst[UNIQUE_BYTES], struct err *err);

#endif
