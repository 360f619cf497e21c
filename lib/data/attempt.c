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

static bool make_room(struct attempts *a)
{
    size_t cap = a->cap ? a->cap * 2 : 8;
    struct attempt *list = cap <= ATTEMPTS_MAX ? realloc(a->list, cap * sizeof *list) : NULL;
    if (!list)
        return false;
    a->list = list;
    a->cap = cap;
    return true;
}

static struct attempt *next_row(struct attempts *a)
{
    bool full = a->n - a->first == a->cap;
    if (full && (a->first > 0 || !make_room(a))) {
        a->omitted++;
        if (a->cap == 0)
            return &a->scratch;
        a->first++;
    }
    return &a->list[a->n++ % a->cap];
}

struct attempt *attempts_add(struct attempts *a, enum strategy_id strategy)
{
    struct attempt *row = next_row(a);
    *row = (struct attempt){.strategy = strategy};
    return row;
}

void attempts_drop_last(struct attempts *a)
{
    if (a->n > a->first)
        a->n--;
}

const struct attempt *attempts_row(const struct attempts *a, size_t i)
{
    return a->cap ? &a->list[i % a->cap] : &a->scratch;
}

size_t attempts_from(const struct attempts *a, size_t i)
{
    return i > a->first ? i : a->first;
}

void attempts_merge(struct attempts *a, const struct attempts *from)
{
    for (size_t i = from->first; i < from->n; i++)
        *next_row(a) = *attempts_row(from, i);
    a->omitted += from->omitted;
    a->resumed += from->resumed;
    a->full += from->full;
    a->downgrades += from->downgrades;
}
