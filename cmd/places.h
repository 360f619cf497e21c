/* Where one has been: the targets that a person in the shell has connected to, the last one first,
 * kept from one run to the next in the file "places" of the state folder (ownfile.h).
 *
 * One line each, two fields separated by a tab, without passwords:
 *
 *     2025-01-31T12:34:56Z  ftpes://me@ftp.example.com/projects
 *
 * A line that cannot be read is passed over, and gone after the next change.
 */
#ifndef FTPSH_CMD_PLACES_H
#define FTPSH_CMD_PLACES_H

#include "base/buf.h"
#include "target.h"

#define PLACES_MAX 50
#define PLACE_TIME_BYTES sizeof "2025-01-31T12:34:56Z"

struct place {
    char when[PLACE_TIME_BYTES]; /* RFC 3339, in UTC */
    char *target;
};

/* Begins as zeros. */
struct places {
    struct place list[PLACES_MAX];
    size_t n;
};

void places_clear(struct places *p);

/* ---- texts: pure ---- */

/* Adds what the lines of a file hold, as many as fit. -1 with ERR_LOCAL: out of memory. */
int places_parse(struct places *p, const char *text, size_t len, struct err *err);

/* Makes `target` the first one; it stands there once, and the oldest goes when there are too many.
 * -1 with ERR_LOCAL: out of memory. */
int places_put(struct places *p, const char *target, const char *when, struct err *err);

/* Adds the text of a file that holds them. -1 with ERR_LOCAL. */
int places_write(const struct places *p, struct buf *text, struct err *err);

/* ---- the file ---- */

/* *out is made here and the caller's to clear, whatever happens. -1 as own_load(). */
int places_load(struct places *out, struct err *err);

/* Somebody has connected to it, now. -1 as own_change(). */
int places_note(const struct target *t, struct err *err);

#endif
