/* One large file over several connections, a piece of it on each.
 *
 * The pieces are fetched as jobs of a pool, from where REST says to where the next one begins, and
 * written where they belong in the part file, which has its full size from the start. Behind the
 * file's end stands what is known of it (pieces.h): after an interruption, SIGKILL included, it
 * goes on from there.
 *
 * Never a mixture: each piece is begun only while SIZE and MDTM are what they were, and they are
 * asked again at the end; some KiB around each border are fetched twice and compared. What differs
 * is ERR_INTEGRITY, and the part file is removed. */
#ifndef FTPSH_XFER_SEGMENTS_H
#define FTPSH_XFER_SEGMENTS_H

#include "xfer/part.h"
#include "xfer/pool.h"

#define SEGMENTS_MAX 16

/* Files get no more pieces than they have times this many bytes. */
#define SEGMENT_BYTES (1024 * 1024)

struct segments_options {
    int count;   /* 2 to SEGMENTS_MAX */
    int retries; /* of a piece, as in pool.h */
    /* Told to the person, in the calling thread: why it is one connection after all; what the pool
     * has to say. May be NULL. */
    void (*say)(void *ctx, const char *line);
    void *ctx;
};

/* Whether a file of that size is cut at all. */
bool segments_worth(int64_t size);

/* Asks for SIZE and MDTM of `remote`, in one piece with what else is being asked ahead. 1 with
 * both; 0 where the server does not tell, or lacks REST: what is not known is -1 then; or -1 with
 * ERR_REPLY_PERMANENT (550: there is no such file) or what broke the session. */
int segments_look(struct mover *m, const char *remote, int64_t *size, int64_t *mtime,
                  struct err *err);

/* Fetches all of `remote`, of which segments_look() has told just now, as part_expect() knows, into
 * the part file of `t`, which part_find() has found: it is open then, and part_finish() is left to
 * do. out->bytes counts what came now. With `resume` what is there is not thrown away: a part file
 * of one connection is left to one, one of another file is an error.
 *
 * 1 when it is there; 0 where it has to be one connection (a small file; no regular one here;
 * `told` is false: segments_look() gave 0): nothing was done; or -1 with ERR_INTEGRITY, the errors
 * of pool_run(), of channel_open() and pump_down(), ERR_LOCAL. The message says how much is kept;
 * out->final where each piece has been tried as often as it may be. */
int segments_fetch(struct mover *m, const char *remote, struct part *t, bool told,
                   const struct segments_options *o, bool resume, struct transfer *out,
                   struct err *err);

#endif
