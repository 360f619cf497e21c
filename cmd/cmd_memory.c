#include "handlers.h"

#include "base/escape.h"
#include "jsonout.h"
#include "memory.h"

#include <string.h>

static json_t *entry_json(const struct memory_entry *e)
{
    return json_pack("{s:o, s:i, s:o, s:s, s:s}", "host", json_text(e->host), "port", e->port,
                     "network", json_text(e->network), "strategy", strategy_name(e->strategy),
                     "last_success", e->when);
}

static int show_entry(struct app *app, const struct memory_entry *e, struct err *err)
{
    char host[sizeof e->host], network[sizeof e->network];
    if (app->json)
        return json_line(app->out, entry_json(e), err);
    escape_text(host, sizeof host, e->host, strlen(e->host));
    escape_text(network, sizeof network, e->network, strlen(e->network));
    fprintf(app->out, "%-28s %5u  %-18s %-19s %s\n", host, (unsigned) e->port, network,
            strategy_name(e->strategy), e->when);
    return 0;
}

static int list_entries(struct app *app, struct err *err)
{
    struct memory m;
    int rc = memory_load(&m, err);
    for (size_t i = 0; rc == 0 && i < m.n; i++)
        rc = show_entry(app, &m.list[i], err);
    memory_clear(&m);
    return rc;
}

struct forgetting {
    const char *host;
    size_t count;
};

static bool forget_host(struct memory *m, void *ctx)
{
    struct forgetting *f = ctx;
    f->count = memory_forget(m, f->host);
    return f->count > 0;
}

/* A first look without the lock, so that nothing is made where nothing is remembered. */
static int forget(struct app *app, const char *host, struct err *err)
{
    struct forgetting f = {.host = host};
    struct memory m;
    int rc = memory_load(&m, err);
    if (rc == 0 && forget_host(&m, &f))
        rc = memory_change(forget_host, &f, err);
    memory_clear(&m);
    if (rc == 0)
        app_say(app, "%zu forgotten", f.count);
    return rc;
}

int cmd_memory(struct app *app, int argc, char **argv, struct err *err)
{
    if (argc == 1)
        return list_entries(app, err);
    if (strcmp(argv[1], "forget") != 0 || argc != 3)
        return err_set(err, ERR_USAGE, "usage: %s", command_find(argv[0])->usage);
    return forget(app, argv[2], err);
}
