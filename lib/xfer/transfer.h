/* What every transfer needs and what it leaves behind. */
#ifndef FTPSH_XFER_TRANSFER_H
#define FTPSH_XFER_TRANSFER_H

#include "base/crew.h"
#include "ftp/zone.h"
#include "xfer/pump.h"

/* Whether contents are compared by a hash that the server computes, too (verify.h). */
enum verify_mode {
    VERIFY_AUTO,    /* where it offers one */
    VERIFY_REQUIRE, /* a transfer that cannot be compared is a failure */
    VERIFY_OFF
};

/* What listings have taught about the server beside mlsd_broken; kept up by xfer/list.c, and worth
 * handing on to who talks to the same server. Zeroed for another one. */
struct lessons {
    bool mlsd_proven; /* it has listed something */
    bool ends_well;   /* a listing has ended in order: one that does not was cut on its way */
    bool ends_badly;  /* and none of them does: the same came twice */
    int zone_tries;   /* files asked for their time, to no avail */
    struct zone zone; /* of the dates in LIST */
};

/* Borrowed parts, put together once by the caller for one session; zero what is not set. */
struct mover {
    struct session *session;
    struct ladder *ladder;
    struct attempts *attempts;
    struct crew *crew; /* for pools; NULL: each has one for its life */
    struct pump_settings pump;
    enum verify_mode verify;
    bool compress;    /* MODE Z where the server has it */
    bool more;        /* this transfer is not the last one of its session (channel.h) */
    bool sync;        /* downloads wait for the disk: see part_finish() */
    bool mlsd_broken; /* learnt: MLSD is listed and no good (FIELD-NOTES 46) */
    struct lessons lessons;
    unsigned no_digest;     /* learnt: ways to ask for a hash that are listed and fail (verify.c) */
    bool site_asked;        /* SITE HELP was sent: */
    unsigned site_digests;  /* learnt from it: enum digest_command */
    unsigned no_stamp;      /* learnt: ways to set time or mode that fail (stamp.c) */
    unsigned hash_selected; /* what OPTS HASH has chosen, and in which session (verify.c) */
    /* Called when a data connection is open: the ladder knows what works. May be NULL. */
    void (*opened)(void *ctx, const struct ladder *l);
    void *opened_ctx;
};

enum transfer_direction {
    TRANSFER_GET,
    TRANSFER_PUT,
    TRANSFER_FXP /* from server to server: `remote` is the source, `local` the target, as URLs */
};

enum transfer_verdict {
    VERDICT_VERIFIED,   /* contents compared */
    VERDICT_SIZE_OK,    /* the sizes agree */
    VERDICT_UNVERIFIED, /* the server does not tell */
    VERDICT_TRUNCATED,
    VERDICT_FAILED
};

/* Why a file was passed over, which is no failure. */
enum transfer_skip {
    SKIP_NONE,      /* it was not */
    SKIP_EXISTS,    /* a file of that name is there and is to be kept */
    SKIP_NOT_NEWER, /* what is there is not older */
    SKIP_TOO_LARGE
};

/* The outcome of one file, filled in whether it worked or not. */
struct transfer {
    enum transfer_direction direction;
    char remote[PATH_BYTES], local[PATH_BYTES];
    int64_t bytes;   /* moved this time */
    int64_t reached; /* what of the file is known to be in the target, from earlier tries too */
    int64_t ms;
    enum transfer_verdict verdict;
    enum transfer_skip skipped;
    bool opened; /* a data connection was there: strategy is valid */
    bool final; /* no other try: it has had them all (segments.h), or cannot be repeated, since what
                 * was read from a pipe, written to one or appended is gone */
    enum strategy_id strategy;
};

/* For the other modules of lib/xfer: channel_open() for the mover. */
int mover_open(struct mover *m, const struct channel_request *request, struct channel **out,
               struct err *err);

/* For them, too: a transfer starts and ends; `err` decides the verdict where it is set.
 * transfer_open() is mover_open() with the strategy noted. */
void transfer_begin(struct transfer *t, enum transfer_direction d);
void transfer_end(struct transfer *t, const struct err *err);
int transfer_open(struct mover *m, const struct channel_request *request, struct transfer *t,
                  struct channel **out, struct err *err);

const char *verdict_name(enum transfer_verdict v);     /* "size-ok" */
const char *skip_reason(enum transfer_skip s);         /* "it exists"; "" for none */
const char *direction_name(enum transfer_direction d); /* "get", "put", "fxp" */

#endif
