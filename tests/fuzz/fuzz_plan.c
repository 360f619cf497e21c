#include "fuzz.h"

#include "base/beneath.h"
#include "planfile.h"

static void check_action(const struct plan *p, const struct action *a, bool upload)
{
    const char *path = plan_path(p, a);
    CHECK(a->kind < ACTION_SKIP && a->reason < ACTION_REASONS && a->there <= THERE_OTHER);
    CHECK(beneath_valid(path) && a->top <= strlen(path));
    CHECK(upload ? a->kind != ACTION_GET && a->kind != ACTION_LINK : a->kind != ACTION_PUT);
    CHECK(a->kind != ACTION_LINK || plan_target(p, a)[0] != '/');
    CHECK(a->kind != ACTION_CLEAN || strstr(path, ".ftpsh."));
}

/* Behind a header that is right. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char header[] =
        "{\"mirror\":1,\"direction\":\"download\",\"source\":\"/a\",\"target\":\"/b\"}\n";
    struct plan_roots roots;
    struct plan p;
    struct err err = ERR_INIT;
    size_t len = sizeof header - 1 + size;
    char *text = malloc(len);
    CHECK(text);
    memcpy(text, header, sizeof header - 1);
    if (size)
        memcpy(text + sizeof header - 1, data, size);
    FILE *f = fmemopen(text, len, "r");
    CHECK(f);
    if (plan_read(f, &roots, &p, &err) < 0)
        CHECK(err.code == ERR_USAGE);
    for (size_t i = 0; i < p.n; i++)
        check_action(&p, &p.list[i], roots.upload);
    plan_clear(&p);
    fclose(f);
    free(text);
    return 0;
}
