/* Listings: MLSD where the server has it and it works, LIST otherwise; and NLST. They stream:
 * memory goes to one entry, and to the first lines of a LIST. */
#ifndef FTPSH_XFER_LIST_H
#define FTPSH_XFER_LIST_H

#include "ftp/listing.h"
#include "xfer/transfer.h"

/* Called for each entry; returning non-zero (with err) gives up. */
typedef int (*list_entry_fn)(void *ctx, const struct entry *e, struct err *err);
/* Called for each line, without its end; it may hold any bytes but NUL and line ends. */
typedef int (*list_line_fn)(void *ctx, const char *line, size_t len, struct err *err);

struct list_options {
    bool show_all; /* "." and ".." too, where the server lists them */
    bool no_times; /* nobody looks at them: saves asking for the zone of LIST's */
    bool plain;    /* by LIST in any case: it shows links that MLSD may hide */
    /* Forgets what was told: where the control connection broke, all of it comes again. NULL: a
     * listing is only repeated where nothing was told yet. */
    void (*anew)(void *ctx);
};

/* How a listing came to its end. Only a complete one says what is not there: nothing may be deleted
 * on the word of another (FIELD-NOTES 61). */
struct list_end {
    int64_t entries; /* told, without "." and ".." */
    int64_t unread;  /* lines that may be entries and could not be read */
    bool mlsd;       /* by MLSD: times exact and in UTC */
    bool unclean;    /* TLS ended without close_notify; the server confirmed the transfer */
    bool unended;    /* the last line has no end: its name may be cut */
    bool refused;    /* 450 or 550 for a folder that is there: empty, or not to be read */
    bool complete;   /* none of these */
    char first[100]; /* of the lines unread, escaped and cut */
};

/* Lines that could not be read as an error: ERR_PROTOCOL; 0 when there are none. */
int list_end_check(const struct list_end *end, const char *path, struct err *err);

/* The entries of a folder (NULL or "": the current one), or a single file as one entry. Names come
 * as the server gave them (after --charset); they are not checked.
 *
 * MLSD that is refused, garbage, hanging, or empty where LIST is not, is not asked for again
 * (FIELD-NOTES 46); a 450 or 550 for an empty folder is confirmed with CWD (FIELD-NOTES 48). Times
 * of LIST are brought to UTC by the MDTM of one or two of its files, once for a server:
 * `m->lessons` keeps it, and a listing longer than a bound is asked for twice then.
 *
 * `o` and `end` may be NULL. 0 when the server confirmed the listing, complete or not; -1 with
 * errors of channel_open() and pump_down(), ERR_PROTOCOL (not one line could be read, a line over
 * LISTING_LINE_MAX), or what `each` gave. After -1 entries may have been told. */
int list_stream(struct mover *m, const char *path, const struct list_options *o, list_entry_fn each,
                void *ctx, struct list_end *end, struct err *err);

/* The same for who takes entries for all there is: lines that could not be read are ERR_PROTOCOL,
 * said after the entries. Who deletes what is not listed must look at list_end.complete. */
int list_entries(struct mover *m, const char *path, list_entry_fn each, void *ctx, struct err *err);

/* The lines of NLST. */
int list_names(struct mover *m, const char *path, list_line_fn each, void *ctx, struct err *err);

#endif
