/* A plan carried out: folders are made first, then files move, several at a time; then what the
 * source lacks goes, and the folders get their times.
 *
 * Whatever a plan says, nothing outside the two roots is touched: no link in the target is followed
 * and none is replaced but by a link, only regular files and folders are made (base/beneath.h).
 * Before each action the target, and before a deletion the source, is looked at once more: where
 * they are not what they were when the plan was made, nothing is done. Carried out a second time,
 * what is done already is passed over. */
#ifndef FTPSH_XFER_MIRROR_H
#define FTPSH_XFER_MIRROR_H

#include "xfer/own.h"
#include "xfer/plan.h"
#include "xfer/pool.h"
#include "xfer/segments.h"

enum mirror_outcome {
    MIRROR_DONE,
    MIRROR_ALREADY, /* it was as it is to be */
    MIRROR_SKIPPED, /* `why` says it */
    MIRROR_FAILED   /* `err` says it */
};

struct mirror_result {
    enum mirror_outcome outcome;
    const char *why;                 /* one line; "" */
    const struct err *err;           /* NULL: none */
    const struct transfer *transfer; /* of a GET or PUT that was tried; NULL */
};

/* Borrowed while it runs. */
struct mirror {
    struct pool *pool;
    bool upload;
    int local;          /* the folder there, a descriptor; -1 where it is to be made */
    const char *remote; /* the folder there */
    bool follow;        /* links in the local source are followed: uploads */
    bool resume;        /* a shorter file of the target is continued, not only our part files */
    bool atomic;        /* uploads go under a temporary name first */
    bool only_missing;  /* what a listing hides is not written over, either: uploads */
    bool newer;         /* nor what is not older: uploads */
    bool chmod;         /* and get the local file's permissions */
    bool no_times;      /* files keep the time of their transfer */
    bool remove_source; /* of a file, once it was moved and all of it is known to be there */
    bool sync;          /* what is done here is on the disk before it is told of */
    bool stale;         /* the plan is not of just now: the remote side is asked again, too */
    int64_t max_size;   /* -1: none */
    const struct segments_options *segments; /* large downloads over several connections; NULL */
    struct own_files own;
    /* Each action once, in the caller's thread. */
    void (*done)(void *ctx, const struct plan *p, const struct action *a,
                 const struct mirror_result *r);
    void (*tick)(void *ctx);
    void *ctx;
};

/* 0 when everything was tried; done() tells what came of it. So it does where one action met what
 * all others would (retry_hopeless(); the local folder is gone): it is the last then. -1 when it
 * was given up otherwise, as pool_run(). The actions that were not reached are not told of. */
int mirror_run(const struct mirror *m, const struct plan *p, struct err *err);

#endif
