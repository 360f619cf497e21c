#include "xfer/growth.h"

enum { FIRST_MS = 3000, EVERY_MS = 2000, LOOK_MS = 5000 };

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void growth_begin(struct growth *g, const struct session *model, const char *path, int64_t before,
                  int64_t from, int64_t idle_ms)
{
    g->size = -1;
    g->stalled = false;
    g->next = deadline_in(smaller(FIRST_MS, idle_ms / 2));
    g->model = model;
    g->path = path;
    g->before = before;
    g->from = from;
    g->idle_ms = idle_ms;
    g->idle = deadline_in(idle_ms);
}

/* The transfer must not wait long for this. */
static void limit(struct growth *g)
{
    const struct wait *usual = session_settings(g->model)->wait;
    g->wait = *usual;
    g->wait.limit = deadline_sooner(usual->limit, deadline_in(LOOK_MS));
}

static int ask(struct growth *g, int64_t *size, struct err *err)
{
    limit(g);
    if (!g->session) {
        struct session_config lent = *session_settings(g->model);
        lent.wait = &g->wait;
        g->session = session_clone(g->model, &lent, err);
    }
    return g->session ? session_size(g->session, g->path, size, err) : -1;
}

static void take_size(struct growth *g, int64_t size)
{
    bool elsewhere = size == g->before && size != g->from;
    if (elsewhere || size == g->size)
        return;
    if (g->size >= 0 || size != g->from)
        g->idle = deadline_in(g->idle_ms);
    g->size = size;
}

int growth_look(struct growth *g, struct err *err)
{
    struct err why = ERR_INIT;
    int64_t size;
    if (!deadline_passed(g->next))
        return 0;
    if (ask(g, &size, &why) < 0) {
        log_note(session_settings(g->model)->log, "nothing is seen of the transfer: %s", why.msg);
        g->next = DEADLINE_NEVER;
        return 0;
    }
    take_size(g, size);
    g->next = deadline_in(smaller(EVERY_MS, g->idle_ms / 4));
    g->stalled = g->size >= 0 && deadline_passed(g->idle);
    if (!g->stalled)
        return 0;
    return err_set(err, ERR_TIMEOUT, "nothing has reached the target for %g s",
                   (double) g->idle_ms / 1000);
}

void growth_end(struct growth *g)
{
    if (!g->session)
        return;
    limit(g);
    session_quit(g->session);
    session_free(g->session);
    g->session = NULL;
}
