/* The progress line on standard error: start, update, stop. */
#ifndef FTPSH_CMD_PROGRESS_H
#define FTPSH_CMD_PROGRESS_H

#include "xfer/pump.h"

/* The rate is taken over this many ticks of the pump (about four a second). */
#define PROGRESS_SAMPLES 16

struct progress_bar {
    bool enabled;             /* standard error is a terminal that wants one */
    struct progress counters; /* the pump's */
    char name[256];
    bool active, drawn;
    int64_t sample_bytes[PROGRESS_SAMPLES], sample_ms[PROGRESS_SAMPLES];
    size_t samples;
};

/* A transfer begins. `name` may be anything: it is escaped. */
void progress_start(struct progress_bar *bar, const char *name);

/* For struct pump_settings: draws. `ctx` is the bar. */
void progress_tick(void *ctx);

/* Takes the line off the screen, so that something else can be printed. */
void progress_hide(struct progress_bar *bar);

void progress_stop(struct progress_bar *bar);

/* "1.2 MB", for people. Returns dst. */
#define AMOUNT_TEXT 32
const char *format_amount(double bytes, char dst[AMOUNT_TEXT]);

#endif
