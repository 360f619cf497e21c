#include "progress.h"

#include "base/clock.h"
#include "base/escape.h"
#include "term.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *format_amount(double bytes, char dst[AMOUNT_TEXT])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t u = 0;
    while (bytes >= 999.5 && u + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1000;
        u++;
    }
    snprintf(dst, AMOUNT_TEXT, u > 0 && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, units[u]);
    return dst;
}

/* ---- how fast ---- */

static void meter_add(struct meter *m, int64_t bytes)
{
    if (m->n > 0 && bytes < m->bytes[(m->n - 1) % PROGRESS_SAMPLES])
        m->n = 0; /* begun again, or another file */
    size_t i = m->n++ % PROGRESS_SAMPLES;
    m->bytes[i] = bytes;
    m->ms[i] = clock_now_ms();
}

/* Bytes a second over the samples kept; -1 while there are too few. */
static double meter_rate(const struct meter *m)
{
    if (m->n < 2)
        return -1;
    size_t newest = (m->n - 1) % PROGRESS_SAMPLES;
    size_t oldest = m->n > PROGRESS_SAMPLES ? m->n % PROGRESS_SAMPLES : 0;
    int64_t ms = m->ms[newest] - m->ms[oldest];
    if (ms <= 0)
        return -1;
    return (double) (m->bytes[newest] - m->bytes[oldest]) * 1000 / (double) ms;
}

/* ---- how it looks ---- */

static void format_left(double seconds, char *dst, size_t size)
{
    if (seconds < 0 || seconds > 359999) {
        snprintf(dst, size, "--:--");
        return;
    }
    int s = (int) (seconds + 0.5);
    if (s >= 3600)
        snprintf(dst, size, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(dst, size, "%02d:%02d", s / 60, s % 60);
}

static int percent_of(int64_t done, int64_t total)
{
    int percent = total > 0 ? (int) ((double) done * 100 / (double) total) : 100;
    return percent < 100 ? percent : 100;
}

/* " 42%  1.2 MB  3.4 MB/s  00:12", or without percent and time where the total is not known.
 * `amounts`: with the second of these. */
static void format_numbers(int64_t done, int64_t total, double rate, bool amounts, char *dst,
                           size_t size)
{
    char amount[AMOUNT_TEXT] = "", part[AMOUNT_TEXT + 4] = "", speed[AMOUNT_TEXT] = "-", left[32];
    format_amount((double) done, amount);
    if (rate >= 0)
        format_amount(rate, speed);
    if (total < 0) {
        snprintf(dst, size, "%9s  %9s/s", amount, speed);
        return;
    }
    if (amounts)
        snprintf(part, sizeof part, "  %9s", amount);
    format_left(rate > 0 ? (double) (total - done) / rate : -1, left, sizeof left);
    snprintf(dst, size, "%3d%%%s  %9s/s  %s", percent_of(done, total), part, speed, left);
}

enum { BAR_COLUMNS = 14, WIDE = 72, NARROW = 56, NAME_MIN = 4, WIDEST = 400 };

/* "[#####-----]  ", with nothing in it where the total is not known. */
static void format_bar(int64_t done, int64_t total, char dst[BAR_COLUMNS + 1])
{
    int inner = BAR_COLUMNS - 4;
    int full = total < 0 ? 0 : percent_of(done, total) * inner / 100;
    dst[0] = '[';
    for (int i = 0; i < inner; i++)
        dst[1 + i] = i < full ? '#' : '-';
    memcpy(dst + 1 + inner, "]  ", 4);
}

int progress_format(const char *name, int64_t done, int64_t total, double rate, int columns,
                    char dst[PROGRESS_TEXT])
{
    char numbers[128], bar[BAR_COLUMNS + 1] = "", shown[512] = "";
    format_numbers(done, total, rate, columns >= NARROW, numbers, sizeof numbers);
    int room = columns - text_width(numbers);
    if (columns >= WIDE) {
        format_bar(done, total, bar);
        room -= BAR_COLUMNS;
    }
    dst[0] = '\0';
    if (room < 0)
        return 0;
    int taken = room - 2 >= NAME_MIN ? text_fit(shown, sizeof shown, name, room - 2) : 0;
    /* the numbers stand at the right, one below the other */
    int n = snprintf(dst, PROGRESS_TEXT, "%s%*s%s%s", shown, room - taken, "", bar, numbers);
    return n < PROGRESS_TEXT ? columns : 0;
}

/* One transfer alone: name and numbers. */
static int format_line(const struct progress_bar *bar, int64_t done, int columns,
                       char dst[PROGRESS_TEXT])
{
    char numbers[128], name[sizeof bar->name + 4] = "";
    format_numbers(done, atomic_load(&bar->counters.total), meter_rate(&bar->meter), true, numbers,
                   sizeof numbers);
    int taken = text_width(numbers);
    if (taken > columns)
        return 0;
    if (columns - taken - 2 >= NAME_MIN)
        taken += text_fit(name, sizeof name, bar->name, columns - taken - 2) + 2;
    snprintf(dst, PROGRESS_TEXT, "%s%s%s", name, *name ? "  " : "", numbers);
    return taken;
}

/* ---- on the screen; the lock is held ---- */

/* The cursor stands in the last line drawn. A terminal that has become narrower has wrapped them.
 */
static void erase(struct progress_bar *bar)
{
    int columns = term_width(STDERR_FILENO), rows = 0;
    if (bar->lines == 0)
        return;
    if (term_is_dumb()) { /* there is one line, see rows_that_fit() */
        fprintf(stderr, "\r%*s\r", bar->widths[0], "");
        bar->lines = 0;
        return;
    }
    for (int i = 0; i < bar->lines; i++)
        rows += bar->widths[i] > columns ? (bar->widths[i] + columns - 1) / columns : 1;
    fputs("\r\033[K", stderr);
    while (--rows > 0)
        fputs("\033[A\033[K", stderr);
    bar->lines = 0;
}

static void draw(struct progress_bar *bar, const char *text, int columns)
{
    fprintf(stderr, "%s\r%s%s", bar->lines ? "\n" : "", text, term_is_dumb() ? "" : "\033[K");
    bar->widths[bar->lines++] = columns;
}

/* ---- the bar ---- */

void progress_init(struct progress_bar *bar)
{
    memset(bar, 0, sizeof *bar);
    pthread_mutex_init(&bar->lock, NULL);
}

void progress_clear(struct progress_bar *bar)
{
    pthread_mutex_destroy(&bar->lock);
}

void progress_start(struct progress_bar *bar, const char *name)
{
    atomic_store(&bar->counters.done, 0);
    atomic_store(&bar->counters.total, -1);
    escape_text(bar->name, sizeof bar->name, name, strlen(name));
    bar->meter.n = 0;
    bar->active = true;
}

/* The last column stays free: a full line would wrap. A row has to fit into PROGRESS_TEXT. */
static int columns_free(void)
{
    int columns = term_width(STDERR_FILENO) - 1;
    return columns < WIDEST ? columns : WIDEST;
}

void progress_tick(void *ctx)
{
    struct progress_bar *bar = ctx;
    char text[PROGRESS_TEXT];
    if (!bar->enabled || !bar->active)
        return;
    int64_t done = atomic_load(&bar->counters.done);
    meter_add(&bar->meter, done);
    if (bar->meter.n < 2) /* what is over at once needs no line */
        return;
    int columns = format_line(bar, done, columns_free(), text);
    pthread_mutex_lock(&bar->lock);
    erase(bar);
    if (columns > 0)
        draw(bar, text, columns);
    fflush(stderr);
    pthread_mutex_unlock(&bar->lock);
}

/* The meter of a row, wherever it stood before. */
static struct meter *row_meter(struct progress_bar *bar, size_t i, const struct progress *counters)
{
    size_t at = i;
    while (at < PROGRESS_ROWS_MAX && bar->rows[at].counters != counters)
        at++;
    if (at == PROGRESS_ROWS_MAX) {
        for (at = i; at + 1 < PROGRESS_ROWS_MAX && bar->rows[at].counters; at++)
            ;
        bar->rows[at].counters = counters;
        bar->rows[at].meter.n = 0;
    }
    if (at != i) {
        struct meter other = bar->rows[i].meter;
        const struct progress *its = bar->rows[i].counters;
        bar->rows[i] = bar->rows[at];
        bar->rows[at].counters = its;
        bar->rows[at].meter = other;
    }
    return &bar->rows[i].meter;
}

/* Returns the bytes of all of them. */
static int64_t draw_rows(struct progress_bar *bar, const struct progress_row *rows, size_t n,
                         size_t shown)
{
    char text[PROGRESS_TEXT], name[512];
    int64_t all = 0;
    for (size_t i = 0; i < n && i < PROGRESS_ROWS_MAX; i++) {
        int64_t done = atomic_load(&rows[i].counters->done);
        int64_t total = atomic_load(&rows[i].counters->total);
        struct meter *meter = row_meter(bar, i, rows[i].counters);
        meter_add(meter, done);
        all += done;
        if (i >= shown)
            continue;
        escape_text(name, sizeof name, rows[i].name, strlen(rows[i].name));
        int columns = progress_format(name, done, total, meter_rate(meter), columns_free(), text);
        if (columns > 0)
            draw(bar, text, columns);
    }
    for (size_t i = n; i < PROGRESS_ROWS_MAX; i++)
        bar->rows[i].counters = NULL;
    return all;
}

static void draw_sum(struct progress_bar *bar, int64_t done, size_t hidden,
                     const struct progress_sum *sum)
{
    char text[PROGRESS_TEXT], name[128], more[48] = "";
    if (hidden > 0)
        snprintf(more, sizeof more, ", %zu not shown", hidden);
    if (sum->files_total >= 0)
        snprintf(name, sizeof name, "%lld/%lld files%s", (long long) sum->files,
                 (long long) sum->files_total, more);
    else
        snprintf(name, sizeof name, "%lld files%s", (long long) sum->files, more);
    meter_add(&bar->sum, sum->bytes + done);
    int columns = progress_format(name, sum->bytes + done, sum->bytes_total, meter_rate(&bar->sum),
                                  columns_free(), text);
    if (columns > 0)
        draw(bar, text, columns);
}

/* At least one line of the screen stays what it was. Where the cursor cannot go up there is room
 * for the sum alone. */
static size_t rows_that_fit(size_t n)
{
    int room = term_is_dumb() ? 0 : term_height(STDERR_FILENO) - 2;
    size_t shown = room < 0 ? 0 : (size_t) room < n ? (size_t) room : n;
    return shown < PROGRESS_ROWS_MAX ? shown : PROGRESS_ROWS_MAX;
}

void progress_show(struct progress_bar *bar, const struct progress_row *rows, size_t n,
                   const struct progress_sum *sum)
{
    int64_t now = sum->bytes;
    for (size_t i = 0; i < n; i++)
        now += atomic_load(&rows[i].counters->done);
    atomic_store(&bar->counters.done, now);
    atomic_store(&bar->counters.total, sum->bytes_total);
    if (!bar->enabled)
        return;
    size_t shown = rows_that_fit(n);
    pthread_mutex_lock(&bar->lock);
    erase(bar);
    int64_t done = draw_rows(bar, rows, n, shown);
    draw_sum(bar, done, n - shown, sum);
    fflush(stderr);
    pthread_mutex_unlock(&bar->lock);
}

void progress_show_pool(struct progress_bar *bar, struct pool *pool, const struct progress_sum *sum)
{
    struct job *jobs[POOL_WORKERS_MAX];
    struct progress_row rows[POOL_WORKERS_MAX];
    size_t active = pool_active(pool, jobs, POOL_WORKERS_MAX), n = 0;
    for (size_t i = 0; i < active; i++) {
        const struct progress *counters = &jobs[i]->state->progress;
        if (atomic_load(&counters->done) > 0 || atomic_load(&counters->total) > 0)
            rows[n++] = (struct progress_row){jobs[i]->name, counters};
    }
    progress_show(bar, rows, n, sum);
}

void progress_lock(struct progress_bar *bar)
{
    pthread_mutex_lock(&bar->lock);
    if (bar->lines == 0)
        return;
    erase(bar);
    fflush(stderr);
}

void progress_unlock(struct progress_bar *bar)
{
    pthread_mutex_unlock(&bar->lock);
}

void progress_hide(struct progress_bar *bar)
{
    progress_lock(bar);
    progress_unlock(bar);
}

void progress_stop(struct progress_bar *bar)
{
    progress_hide(bar);
    bar->active = false;
    bar->sum.n = 0;
    for (size_t i = 0; i < PROGRESS_ROWS_MAX; i++)
        bar->rows[i].counters = NULL;
}
