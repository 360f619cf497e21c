#include "xfer/compare.h"

#include "xfer/verify.h"

#include <stdlib.h>
#include <string.h>

struct comparing {
    const struct compare *c;
    struct pool *pool;
    uint8_t *result;
    bool unable; /* the server computes no hashes */
};

struct pair {
    struct job job;
    struct comparing *all;
    uint32_t node;
    enum pair_result found;
    bool unable;
    char path[];
};

static int pair_run(struct mover *m, struct job *job, struct err *err)
{
    struct pair *x = (struct pair *) job;
    char local[PATH_BYTES], remote[PATH_BYTES];
    struct verification v = {0};
    struct err why = ERR_INIT;
    if (path_join(x->all->c->local, x->path, local, err) < 0 ||
        path_join(x->all->c->remote, x->path, remote, err) < 0)
        return -1;
    int rc = verify_file(m, local, remote, &v, &why);
    x->unable = !*v.method && (rc == 0 || why.code == ERR_INTEGRITY);
    if (x->unable)
        return 0;
    if (rc < 0 && why.code != ERR_INTEGRITY)
        return err_take(err, &why);
    x->found = rc == 0 ? PAIR_SAME : PAIR_DIFFERS;
    return 0;
}

static void pair_done(void *ctx, struct job *job)
{
    struct pair *x = (struct pair *) job;
    struct comparing *all = x->all;
    const struct err *why = job->state ? &job->state->err : NULL;
    (void) ctx;
    all->unable = all->unable || x->unable;
    all->result[x->node] = (uint8_t) x->found;
    if (err_is_set(why) && why->code != ERR_CANCELLED)
        all->c->failed(all->c->ctx, x->path, why);
    free(x);
}

static int pair_add(struct comparing *all, uint32_t node, struct err *err)
{
    char path[PATH_BYTES];
    if (tree_path(all->c->source, node, path, err) < 0)
        return -1;
    size_t size = strlen(path) + 1;
    struct pair *x = calloc(1, sizeof *x + size);
    if (!x)
        return err_set(err, ERR_LOCAL, "out of memory");
    x->job.run = pair_run;
    x->job.done = pair_done;
    x->all = all;
    x->node = node;
    memcpy(x->path, path, size);
    x->job.name = x->path;
    if (pool_add(all->pool, &x->job, err) == 0)
        return 0;
    free(x);
    return -1;
}

static int add_folder(struct comparing *all, uint32_t s, uint32_t t, struct err *err)
{
    const struct tree *source = all->c->source, *target = all->c->target;
    for (uint32_t i = 0; i < source->nodes[s].count; i++) {
        uint32_t a = source->nodes[s].first + i;
        uint32_t b = tree_find(target, t, tree_name(source, a));
        if (b == TREE_NONE)
            continue;
        bool folders = source->nodes[a].type == ENTRY_DIR && target->nodes[b].type == ENTRY_DIR;
        if (folders && add_folder(all, a, b, err) < 0)
            return -1;
        if (plan_comparable(source, a, target, b) && pair_add(all, a, err) < 0)
            return -1;
    }
    return 0;
}

int compare_trees(struct pool *pool, const struct compare *c, uint8_t *result, struct err *err)
{
    struct comparing all = {.c = c, .pool = pool, .result = result};
    if (add_folder(&all, TREE_ROOT, TREE_ROOT, err) < 0)
        return -1;
    if (pool_run(pool, c->tick, c->ctx, err) < 0)
        return -1;
    if (all.unable)
        return err_set(err, ERR_INTEGRITY,
                       "the server computes no checksums; without --checksum sizes and times are "
                       "compared");
    return 0;
}
