/* Many jobs over several sessions at once: threads with a session each, fed from one queue.
 *
 * Worker 0 borrows the model's session, so that no connection lies idle; the others work on clones
 * of it, made when there is work for them. Nobody else may use the model's session, ladder and
 * attempts during pool_run().
 *
 * A login takes several times as long as a small file, and the server's places are others', too. So
 * there is another session only where those that are at work would be longer at what waits than the
 * latest login took: by how long the jobs before took, or one that is under way takes already, or
 * will by its progress; until one is known, by their number. This is looked at whenever something
 * changes, and four times a second.
 *
 * What goes wrong with a connection is not the job's fault: where the server refuses one more (421,
 * 530, a limit for each address) while another works, there is one worker fewer and the job goes
 * back to the queue. A server that is gone is asked for again with pauses, by one worker for all;
 * when it stays away as long as the retries last, what is left of the jobs fails with the first
 * cause. What goes wrong with a job in passing (4yz, a connection that broke, silence) is tried
 * again, behind a pause, by whoever is free: `tries` tells the job that it may resume. What is
 * permanent never is. The first cause of a job's failure is the one that is kept. Where no strategy
 * has opened a data connection, and a job has tried them all, the others would fare no better: the
 * pool stops.
 *
 * Threads share: the queue and what is counted here, under the pool's lock; the progress of a job,
 * atomic; the model's settings, trust, proxy and wait (Ctrl-C, the limit for everything), which
 * nobody changes meanwhile; the log, whose sink must take lines from any thread; the token bucket
 * of pump_settings. Each has its own session, ladder and attempts. These come together when
 * pool_run() ends: the attempts are added to the model's, and the strategy that worked goes first
 * there. Until the first data connection has shown which one that is, one worker works alone. */
#ifndef FTPSH_XFER_POOL_H
#define FTPSH_XFER_POOL_H

#include "xfer/retry.h"

#define POOL_WORKERS_MAX 64

/* What a job has while it is worked on, and until behind done(). */
struct job_state {
    struct progress progress; /* the worker's pump writes it */
    struct transfer transfer; /* for run() to fill in, where it is one */
    struct err err;           /* the first cause of a failure; ERR_NONE: it worked */
};

struct job {
    /* Does the work, in some worker's thread, perhaps several times. 0, or -1 with err. */
    int (*run)(struct mover *m, struct job *j, struct err *err);
    /* Called once, in the thread of pool_run(), after the last try or when there will be none; the
     * job may be freed there. j->state->err tells how it went. May be NULL. */
    void (*done)(void *ctx, struct job *j);
    void *ctx;
    const char *name; /* for people: borrowed until done() */

    struct retry_count tries; /* that failed so far */
    struct job_state *state;  /* the pool's; NULL before the first try */

    struct deadline again; /* the pool's own: not before */
    struct job *next;
};

struct pool_config {
    struct mover *model; /* borrowed for the pool's life, as all that it refers to */
    int workers;         /* at most; 1 to POOL_WORKERS_MAX */
    int retries; /* of a job, behind its first try; of connecting, while the server is gone */
    /* Told to the person, in the thread of pool_run(): retries, and workers given up. NULL: not. */
    void (*say)(void *ctx, const char *line);
    void *ctx;
};

struct pool;

/* Starts nothing yet. NULL with ERR_LOCAL. */
struct pool *pool_new(const struct pool_config *config, struct err *err);

/* Puts a job at the end of the queue; from any thread, also from within a job or its done(). The
 * job is borrowed until its done(), which is called in any case: by pool_run(), or by pool_free()
 * with ERR_CANCELLED. A stopped pool takes no more: -1 with why it stopped. */
int pool_add(struct pool *p, struct job *j, struct err *err);

/* Works until nothing is left; `tick` (may be NULL) is called about four times a second. 0 when all
 * jobs have come to their end, well or not; or -1, all threads joined and all jobs done with, when
 * the pool was stopped: ERR_CANCELLED, ERR_TIMEOUT (the limit for everything), ERR_LOCAL (no
 * thread), ERR_NO_DATA_PATH, or why there is no connection (as session_connect()). May be called
 * again after a 0: the sessions stay, in the folder that the model's was in first. */
int pool_run(struct pool *p, void (*tick)(void *ctx), void *ctx, struct err *err);

/* From a job or its done(): nothing more is begun, and what waits fails with `why`, as pool_run()
 * does. */
void pool_stop(struct pool *p, const struct err *why);
bool pool_stopped(struct pool *p);

/* Of the jobs that are worked on, up to `max`, by worker; for pool_run()'s thread, where they hold
 * until it calls done(). Returns how many. */
size_t pool_active(struct pool *p, struct job **out, size_t max);

struct pool_counts {
    int64_t waiting, active, done, failed; /* jobs; `done` counts those that failed, too */
    int workers;                           /* that there may be now */
};
struct pool_counts pool_count(struct pool *p);

/* Says goodbye on the sessions that it made. NULL is legal. */
void pool_free(struct pool *p);

#endif
