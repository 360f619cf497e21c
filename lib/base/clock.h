/* Deadlines on the monotonic clock, in milliseconds. */
#ifndef FTPSH_BASE_CLOCK_H
#define FTPSH_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

int64_t clock_now_ms(void);

/* A point in time; DEADLINE_NEVER never comes. Passed by value. */
struct deadline {
    int64_t at_ms;
};

#define DEADLINE_NEVER ((struct deadline){INT64_MAX})

/* `ms` from now; a negative `ms` is DEADLINE_NEVER. */
struct deadline deadline_in(int64_t ms);
struct deadline deadline_sooner(struct deadline a, struct deadline b);
bool deadline_passed(struct deadline d);

/* What is left, never negative; INT64_MAX for never. */
int64_t deadline_left_ms(struct deadline d);

#endif
