#include "data/ladder.h"

#include "data/strategy.h"

void ladder_init(struct ladder *l)
{
    *l = (struct ladder){.proven = -1, .recalled = -1, .timeout_ms = LADDER_DATA_TIMEOUT_MS};
    for (int i = 0; i < STRATEGY_COUNT; i++) {
        if (strategy_row((enum strategy_id) i)->by_default)
            l->rungs[l->n++] = (enum strategy_id) i;
    }
}

void ladder_choose(struct ladder *l, enum strategy_id id)
{
    if (!l->chosen)
        l->n = 0;
    l->chosen = true;
    l->proven = l->recalled = -1;
    for (size_t i = 0; i < l->n; i++) {
        if (l->rungs[i] == id)
            return;
    }
    l->rungs[l->n++] = id;
}

bool ladder_recall(struct ladder *l, enum strategy_id id)
{
    for (size_t i = 0; i < l->n && !l->chosen; i++) {
        if (l->rungs[i] == id) {
            l->recalled = (int) i;
            return true;
        }
    }
    return false;
}

void ladder_prove(struct ladder *l, size_t rung)
{
    l->proven = (int) rung;
    if (l->recalled != l->proven)
        l->recalled = -1;
}

bool ladder_remembered(const struct ladder *l)
{
    return l->proven >= 0 && l->proven == l->recalled;
}
