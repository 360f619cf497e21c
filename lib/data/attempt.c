#include "data/attempt.h"

#include <stdlib.h>
#include <string.h>

static const char *const strategies[STRATEGY_COUNT] = {
    [STRATEGY_EPSV] = "epsv", [STRATEGY_PASV_CONTROL_IP] = "pasv-use-control-ip",
    [STRATEGY_PASV] = "pasv", [STRATEGY_ACTIVE] = "active",
    [STRATEGY_CCC] = "ccc",
};

static const char *const stages[] = {
    [STAGE_COMMAND] = "command", [STAGE_CONNECT] = "connect", [STAGE_LISTEN] = "listen",
    [STAGE_MAP] = "map",         [STAGE_ACCEPT] = "accept",   [STAGE_TLS] = "tls",
    [STAGE_OPEN] = "open",
};

static const char *const results[] = {
    [RESULT_OK] = "ok",
    [RESULT_REFUSED] = "refused",
    [RESULT_RESET] = "reset",
    [RESULT_TIMEOUT] = "timeout",
    [RESULT_UNREACHABLE] = "unreachable",
    [RESULT_REJECTED] = "rejected",
    [RESULT_TLS] = "tls",
    [RESULT_SKIPPED] = "skipped",
    [RESULT_CANCELLED] = "cancelled",
};

const char *strategy_name(enum strategy_id id)
{
    return strategies[id];
}

const char *stage_name(enum attempt_stage stage)
{
    return stages[stage];
}

const char *result_name(enum attempt_result result)
{
    return results[result];
}

bool strategy_by_name(const char *name, enum strategy_id *out)
{
    for (int i = 0; i < STRATEGY_COUNT; i++) {
        if (strcmp(name, strategies[i]) == 0) {
            *out = (enum strategy_id) i;
            return true;
        }
    }
    return false;
}

void attempts_clear(struct attempts *a)
{
    free(a->list);
    *a = (struct attempts){0};
}

/* A full list writes its last place again and again. */
static struct attempt *next_row(struct attempts *a)
{
    if (a->n == a->cap) {
        size_t cap = a->cap ? a->cap * 2 : 8;
        if (cap > ATTEMPTS_MAX)
            cap = ATTEMPTS_MAX;
        struct attempt *list = cap > a->cap ? realloc(a->list, cap * sizeof *list) : NULL;
        if (!list) {
            a->omitted++;
            return a->n ? &a->list[a->n - 1] : &a->scratch;
        }
        a->list = list;
        a->cap = cap;
    }
    return &a->list[a->n++];
}

struct attempt *attempts_add(struct attempts *a, enum strategy_id strategy)
{
    struct attempt *row = next_row(a);
    *row = (struct attempt){.strategy = strategy};
    return row;
}

void attempts_drop_last(struct attempts *a)
{
    if (a->omitted > 0)
        a->omitted--;
    else if (a->n > 0)
        a->n--;
}

void attempts_merge(struct attempts *a, const struct attempts *from)
{
    for (size_t i = 0; i < from->n; i++)
        *next_row(a) = from->list[i];
    a->omitted += from->omitted;
    a->resumed += from->resumed;
    a->full += from->full;
    a->downgrades += from->downgrades;
}
