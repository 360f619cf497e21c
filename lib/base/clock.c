#include "base/clock.h"

#include <time.h>

int64_t clock_now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct deadline deadline_in(int64_t ms)
{
    if (ms < 0)
        return DEADLINE_NEVER;
    int64_t now = clock_now_ms();
    return ms > INT64_MAX - 1 - now ? DEADLINE_NEVER : (struct deadline){now + ms};
}

struct deadline deadline_sooner(struct deadline a, struct deadline b)
{
    return a.at_ms < b.at_ms ? a : b;
}

bool deadline_passed(struct deadline d)
{
    return deadline_left_ms(d) == 0;
}

int64_t deadline_left_ms(struct deadline d)
{
    if (d.at_ms == INT64_MAX)
        return INT64_MAX;
    int64_t left = d.at_ms - clock_now_ms();
    return left > 0 ? left : 0;
}
