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

static void add_sample(struct progress_bar *bar, int64_t bytes)
{
    size_t i = bar->samples++ % PROGRESS_SAMPLES;
    bar->sample_bytes[i] = bytes;
    bar->sample_ms[i] = clock_now_ms();
}

void progress_start(struct progress_bar *bar, const char *name)
{
    atomic_store(&bar->counters.done, 0);
    atomic_store(&bar->counters.total, -1);
    escape_text(bar->name, sizeof bar->name, name, strlen(name));
    bar->samples = 0;
    bar->active = true;
}

/* Bytes a second over the samples kept; -1 while there are too few. */
static double rate_of(const struct progress_bar *bar)
{
    if (bar->samples < 2)
        return -1;
    size_t newest = (bar->samples - 1) % PROGRESS_SAMPLES;
    size_t oldest = bar->samples > PROGRESS_SAMPLES ? bar->samples % PROGRESS_SAMPLES : 0;
    int64_t ms = bar->sample_ms[newest] - bar->sample_ms[oldest];
    if (ms <= 0)
        return -1;
    return (double) (bar->sample_bytes[newest] - bar->sample_bytes[oldest]) * 1000 / (double) ms;
}

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

/* " 42%  1.2 MB  3.4 MB/s  00:12", or without percent and time where the total is not known. */
static void format_numbers(const struct progress_bar *bar, int64_t done, char *dst, size_t size)
{
    char amount[AMOUNT_TEXT], speed[AMOUNT_TEXT] = "-", left[32];
    int64_t total = atomic_load(&bar->counters.total);
    double rate = rate_of(bar);
    format_amount((double) done, amount);
    if (rate >= 0)
        format_amount(rate, speed);
    if (total < 0) {
        snprintf(dst, size, "%9s  %9s/s", amount, speed);
        return;
    }
    int percent = total > 0 ? (int) ((double) done * 100 / (double) total) : 100;
    format_left(rate > 0 ? (double) (total - done) / rate : -1, left, sizeof left);
    snprintf(dst, size, "%3d%%  %9s  %9s/s  %s", percent < 100 ? percent : 100, amount, speed,
             left);
}

void progress_tick(void *ctx)
{
    struct progress_bar *bar = ctx;
    if (!bar->enabled || !bar->active)
        return;
    char numbers[128], name[sizeof bar->name + 4];
    int64_t done = atomic_load(&bar->counters.done);
    add_sample(bar, done);
    if (bar->samples < 2) /* what is over at once needs no line */
        return;
    format_numbers(bar, done, numbers, sizeof numbers);
    /* the last column stays free: a full line would wrap */
    int width = term_width(STDERR_FILENO) - 1, taken = text_width(numbers);
    if (taken > width)
        return;
    name[0] = '\0';
    if (width - taken - 2 >= 4)
        text_fit(name, sizeof name, bar->name, width - taken - 2);
    fprintf(stderr, "\r\033[K%s%s%s", name, *name ? "  " : "", numbers);
    fflush(stderr);
    bar->drawn = true;
}

void progress_hide(struct progress_bar *bar)
{
    if (!bar->drawn)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    bar->drawn = false;
}

void progress_stop(struct progress_bar *bar)
{
    progress_hide(bar);
    bar->active = false;
}
