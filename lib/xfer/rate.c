#include "xfer/rate.h"

#include <pthread.h>
#include <stdlib.h>

/* Fractions of a second: what the bucket holds, and the least that is worth waking up for. */
enum { BUCKET_PER_S = 4, SLICE_PER_S = 50 };

struct rate {
    pthread_mutex_t lock;
    int64_t per_s; /* 0: no limit */
    double tokens;
    int64_t filled_ms; /* when tokens were counted last; -1: never */
};

struct rate *rate_new(struct err *err)
{
    struct rate *r = calloc(1, sizeof *r);
    if (r && pthread_mutex_init(&r->lock, NULL) == 0) {
        r->filled_ms = -1;
        return r;
    }
    free(r);
    err_set(err, ERR_LOCAL, "out of memory");
    return NULL;
}

void rate_free(struct rate *r)
{
    if (!r)
        return;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

void rate_set(struct rate *r, int64_t bytes_per_s)
{
    pthread_mutex_lock(&r->lock);
    if (r->per_s != bytes_per_s) {
        r->per_s = bytes_per_s;
        r->tokens = 0;
        r->filled_ms = -1;
    }
    pthread_mutex_unlock(&r->lock);
}

static void fill(struct rate *r, int64_t now_ms)
{
    double most = (double) r->per_s / BUCKET_PER_S;
    if (most < 1)
        most = 1;
    if (r->filled_ms >= 0 && now_ms > r->filled_ms)
        r->tokens += (double) (now_ms - r->filled_ms) * (double) r->per_s / 1000;
    if (r->filled_ms < 0 || now_ms > r->filled_ms)
        r->filled_ms = now_ms;
    if (r->tokens > most)
        r->tokens = most;
}

/* What is worth a system call: a slice, or less where less is wanted. */
static double least(const struct rate *r, size_t want)
{
    double slice = (double) r->per_s / SLICE_PER_S;
    if (slice > (double) want)
        slice = (double) want;
    return slice < 1 ? 1 : slice;
}

static size_t take(struct rate *r, size_t want, int64_t now_ms, int64_t *wait_ms)
{
    if (r->per_s <= 0)
        return want;
    fill(r, now_ms);
    double enough = least(r, want);
    if (r->tokens < enough) {
        *wait_ms = 1 + (int64_t) ((enough - r->tokens) * 1000 / (double) r->per_s);
        return 0;
    }
    size_t n = r->tokens < (double) want ? (size_t) r->tokens : want;
    r->tokens -= (double) n;
    return n;
}

size_t rate_take(struct rate *r, size_t want, int64_t now_ms, int64_t *wait_ms)
{
    *wait_ms = 0;
    if (!r)
        return want;
    pthread_mutex_lock(&r->lock);
    size_t n = take(r, want, now_ms, wait_ms);
    pthread_mutex_unlock(&r->lock);
    return n;
}

void rate_give_back(struct rate *r, size_t unused)
{
    if (!r || unused == 0)
        return;
    pthread_mutex_lock(&r->lock);
    if (r->per_s > 0)
        r->tokens += (double) unused;
    pthread_mutex_unlock(&r->lock);
}
