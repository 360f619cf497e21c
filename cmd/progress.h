/* Progress of the shell on standard error, where that is a terminal: a line for one transfer, or a
 * row for each of several with a total below.
 *
 * Only the main thread draws. What is drawn is taken off the screen before anything else is
 * printed, by any thread, and comes back with the next tick. */
#ifndef FTPSH_CMD_PROGRESS_H
#define FTPSH_CMD_PROGRESS_H

#include "xfer/pool.h"

#include <pthread.h>

/* The rate is taken over this many ticks of the pump (about four a second). */
#define PROGRESS_SAMPLES 16

#define PROGRESS_ROWS_MAX 64 /* more are not shown */

/* How fast something moves. */
struct meter {
    int64_t bytes[PROGRESS_SAMPLES], ms[PROGRESS_SAMPLES];
    size_t n;
};

/* One of several transfers that are under way. `name` may be anything: it is escaped. */
struct progress_row {
    const char *name;
    const struct progress *counters;
};

/* All of them together: what is over, and what there is to do; -1: unknown. */
struct progress_sum {
    int64_t files, files_total;
    int64_t bytes, bytes_total; /* `bytes` of the files that are over */
};

struct progress_bar {
    bool enabled;             /* standard error is a terminal that wants one */
    struct progress counters; /* the pump's, of the one transfer */
    char name[256];
    bool active;
    struct meter meter;
    struct {
        const struct progress *counters; /* whose meter it is */
        struct meter meter;
    } rows[PROGRESS_ROWS_MAX];
    struct meter sum;
    pthread_mutex_t lock; /* for what follows, and for the screen */
    int lines;            /* drawn */
    int widths[PROGRESS_ROWS_MAX + 2];
};

void progress_init(struct progress_bar *bar);
void progress_clear(struct progress_bar *bar);

/* A transfer begins. `name` may be anything: it is escaped. */
void progress_start(struct progress_bar *bar, const char *name);

/* For struct pump_settings: draws. `ctx` is the bar. */
void progress_tick(void *ctx);

/* Draws the rows of several transfers and their total, as many as there is room for; to be called
 * about four times a second. The bar's counters become those of all. */
void progress_show(struct progress_bar *bar, const struct progress_row *rows, size_t n,
                   const struct progress_sum *sum);

/* The same for the jobs of a pool that move bytes; for the tick of pool_run(). */
void progress_show_pool(struct progress_bar *bar, struct pool *pool,
                        const struct progress_sum *sum);

/* Takes all off the screen, so that something else can be printed. */
void progress_hide(struct progress_bar *bar);

/* The same from any thread: nothing is drawn before progress_unlock(). */
void progress_lock(struct progress_bar *bar);
void progress_unlock(struct progress_bar *bar);

/* Nothing is under way any more. */
void progress_stop(struct progress_bar *bar);

/* "1.2 MB", for people. Returns dst. */
#define AMOUNT_TEXT 32
const char *format_amount(double bytes, char dst[AMOUNT_TEXT]);

/* A row as it looks on a terminal of so many columns: the name, a bar where there is room, percent,
 * amount, rate in bytes a second (negative: not known yet) and time left. `total` -1: unknown. Pure
 * but for the locale. Returns the columns taken. */
#define PROGRESS_TEXT 1024
int progress_format(const char *name, int64_t done, int64_t total, double rate, int columns,
                    char dst[PROGRESS_TEXT]);

#endif
