#include "xfer/walk.h"

#include "xfer/list.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    struct mover *mover;
    const struct walk_options *options;
    walk_fn each;
    void *ctx;
    int max_depth;
    struct ancestry ancestry;
    bool ended;            /* by a callback: what comes back is no folder's failure */
    char path[PATH_BYTES]; /* of the folder that one is in */
    char at[PATH_BYTES];   /* of the entry that is told of */
};

/* One folder while it is listed: what is to come behind its listing. */
struct folder {
    struct walk *walk;
    struct items items;
    int depth; /* of its entries */
};

bool walk_may_go_on(const struct err *err)
{
    return err->code == ERR_REPLY_PERMANENT || err->code == ERR_REPLY_TRANSIENT ||
           err->code == ERR_PROTOCOL;
}

static int tell(struct walk *w, const struct item *item, int depth, struct err *err)
{
    if (path_join(w->path, item->name, w->at, err) < 0)
        return -1;
    int rc = w->each(w->ctx, w->at, depth, item, err);
    w->ended = rc < 0;
    return rc;
}

static int take_entry(void *ctx, const struct entry *e, struct err *err)
{
    struct folder *f = ctx;
    struct walk *w = f->walk;
    struct item item = item_of(e);
    if (!path_is_single(e->name)) {
        if (w->options->odd)
            w->options->odd(w->ctx, w->path, e->name);
        return 0;
    }
    if (!w->options->streamed)
        return items_add(&f->items, &item, err);
    int rc = tell(w, &item, f->depth, err);
    bool entered = item.type == ENTRY_DIR && rc != WALK_PRUNE && f->depth < w->max_depth;
    return rc >= 0 && entered ? items_add(&f->items, &item, err) : rc < 0 ? -1 : 0;
}

static void take_anew(void *ctx)
{
    struct folder *f = ctx;
    items_clear(&f->items);
}

static int walk_folder(struct walk *w, int depth, struct err *err);

static int passed_over(struct walk *w, const struct err *why, struct err *err)
{
    if (w->ended || !w->options->refused || !walk_may_go_on(why))
        return err_take(err, why);
    return w->options->refused(w->ctx, w->path, why, err);
}

static int enter(struct walk *w, const struct item *item, int depth, struct err *err)
{
    size_t len = strlen(w->path);
    struct err why = ERR_INIT;
    if (depth == WALK_DEPTH_MAX)
        err_set(&why, ERR_PROTOCOL, "deeper than %d folders", WALK_DEPTH_MAX);
    else
        ancestry_check(&w->ancestry, w->mover, w->path, item, depth, &why);
    if (path_join(w->path, item->name, w->at, err) < 0)
        return -1;
    memcpy(w->path, w->at, strlen(w->at) + 1);
    int rc = err_is_set(&why) ? passed_over(w, &why, err) : walk_folder(w, depth + 1, err);
    if (rc == 0 && w->options->left)
        rc = w->options->left(w->ctx, w->path, depth, item, err);
    w->path[len] = '\0';
    return rc;
}

static int tell_and_enter(struct folder *f, struct err *err)
{
    struct walk *w = f->walk;
    for (size_t i = 0; i < f->items.n; i++) {
        const struct item *item = &f->items.list[i];
        int rc = w->options->streamed ? 0 : tell(w, item, f->depth, err);
        if (rc == 0 && item->type == ENTRY_DIR && f->depth < w->max_depth)
            rc = enter(w, item, f->depth, err);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int walk_folder(struct walk *w, int depth, struct err *err)
{
    struct folder f = {.walk = w, .depth = depth};
    struct err why = ERR_INIT;
    struct list_options options = {.anew = w->options->streamed ? NULL : take_anew};
    struct list_end end;
    int rc = list_stream(w->mover, w->path, &options, take_entry, &f, &end, &why);
    if (rc == 0)
        rc = list_end_check(&end, w->path, &why);
    if (rc == 0) {
        if (!w->options->streamed)
            items_sort(&f.items);
        rc = tell_and_enter(&f, err);
    } else {
        rc = depth == 1 ? err_take(err, &why) : passed_over(w, &why, err);
    }
    items_clear(&f.items);
    return rc;
}

int walk_remote(struct mover *m, const char *root, const struct walk_options *o, walk_fn each,
                void *ctx, struct err *err)
{
    struct walk *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, ERR_LOCAL, "out of memory");
    *w = (struct walk){.mover = m, .options = o, .each = each, .ctx = ctx};
    w->max_depth = o->max_depth > 0 ? o->max_depth : INT_MAX;
    int rc = path_join("", root ? root : "", w->path, err);
    if (rc == 0)
        rc = walk_folder(w, 1, err);
    free(w);
    return rc;
}
