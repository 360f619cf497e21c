/* The one place that waits: any number of descriptors and the cancel pipe, against deadlines.
 *
 * Callers try their operation first and come here only when it would block.
 */
#ifndef FTPSH_BASE_WAIT_H
#define FTPSH_BASE_WAIT_H

#include "base/clock.h"
#include "base/err.h"

#include <stddef.h>

/* Cancellation: a pipe that a signal handler writes to and everything that waits polls. It stays
 * raised, and wakes every thread, until cancel_lower(). */
struct cancel;

/* NULL with ERR_LOCAL when no pipe can be had. */
struct cancel *cancel_new(struct err *err);
void cancel_free(struct cancel *c);
void cancel_raise(struct cancel *c); /* async-signal-safe */
void cancel_lower(struct cancel *c);
bool cancel_raised(const struct cancel *c); /* false for NULL */

/* What bounds all waiting of one command: Ctrl-C and the deadline for everything (--timeout).
 * `cancel` is borrowed and may be NULL: then nothing interrupts. */
struct wait {
    struct cancel *cancel;
    struct deadline limit;
};

struct wait_fd {
    int fd;          /* negative: passed over */
    short want, got; /* POLLIN, POLLOUT; `got` is filled in */
};

/* Waits until a descriptor is ready, `until` has come or `w` ends it. Returns how many are ready,
 * 0 when `until` has come (no error is set: the caller knows what it waited for), or -1 with
 * ERR_CANCELLED, ERR_TIMEOUT (w->limit) or ERR_LOCAL. With a raised cancel, or behind w->limit, it
 * returns -1 even when descriptors are ready. At most WAIT_MAX descriptors. */
#define WAIT_MAX 16
int wait_fds(const struct wait *w, struct wait_fd *fds, size_t n, struct deadline until,
             struct err *err);

#endif
