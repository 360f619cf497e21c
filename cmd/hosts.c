#include "hosts.h"

#include "memory.h"
#include "places.h"

typedef int (*host_fn)(void *ctx, const char *host, struct err *err);

static int each_remembered(host_fn each, void *ctx, struct err *err)
{
    struct memory memory = {0};
    struct err ignored = ERR_INIT;
    int rc = 0;
    memory_load(&memory, &ignored);
    for (size_t i = 0; rc == 0 && i < memory.n; i++)
        rc = each(ctx, memory.list[i].host, err);
    memory_clear(&memory);
    return rc;
}

static int each_visited(host_fn each, void *ctx, struct err *err)
{
    struct places places;
    struct err ignored = ERR_INIT;
    int rc = 0;
    places_load(&places, &ignored);
    for (size_t i = 0; rc == 0 && i < places.n; i++) {
        struct target t;
        if (target_parse(places.list[i].target, &t, &ignored) == 0)
            rc = each(ctx, t.host, err);
        target_clear(&t);
    }
    places_clear(&places);
    return rc;
}

static int each_configured(const struct layers *layers, host_fn each, void *ctx, struct err *err)
{
    const char *name;
    int rc = 0;
    for (size_t i = 0; rc == 0 && layers && (name = layers_section(layers, i)); i++)
        rc = each(ctx, name, err);
    return rc;
}

int hosts_each(const struct layers *layers, host_fn each, void *ctx, struct err *err)
{
    int rc = each_remembered(each, ctx, err);
    if (rc == 0)
        rc = each_visited(each, ctx, err);
    return rc == 0 ? each_configured(layers, each, ctx, err) : rc;
}
