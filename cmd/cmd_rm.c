#include "handlers.h"

#include "arguments.h"
#include "jsonout.h"
#include "parts.h"
#include "xfer/change.h"
#include "xfer/stat.h"
#include "xfer/walk.h"

#include <stdlib.h>
#include <string.h>

struct removal {
    struct app *app;
    struct parts parts;
    bool force;   /* what is not there is no failure */
    bool refused; /* the folder that is left next could not be listed */
    /* something could not be removed from the folder that is open at each depth; 0: the root */
    bool kept[WALK_DEPTH_MAX + 1];
};

static int put_removed(struct app *app, const char *path, enum entry_type type, struct err *err)
{
    if (!app->json)
        return 0;
    json_t *o = json_pack("{s:o, s:s}", "path", json_text(path), "type", entry_type_name(type));
    return json_line(app->out, o, err);
}

static int remove_one(struct app *app, const char *path, enum entry_type type, struct err *err)
{
    int rc = type == ENTRY_DIR ? change_remove_folder(&app->mover, path, err)
                               : change_delete(&app->mover, path, err);
    return rc < 0 ? -1 : put_removed(app, path, type, err);
}

/* Facts of MLSD may be those of what a link leads to (pyftpdlib's are), and nothing that lies
 * behind a link may be removed. DELE takes a link away and refuses a folder: 1 when it was one, 0,
 * -1. */
static int remove_link(struct removal *r, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    if (!features_has(session_features(r->app->session), FEATURE_MLST) || r->app->mover.mlsd_broken)
        return 0;
    if (change_delete(&r->app->mover, path, &why) == 0)
        return put_removed(r->app, path, ENTRY_LINK, err) < 0 ? -1 : 1;
    return walk_may_go_on(&why) ? 0 : err_take(err, &why);
}

/* ---- a tree ---- */

static int take(void *ctx, const char *path, int depth, const struct item *item, struct err *err)
{
    struct removal *r = ctx;
    struct err why = ERR_INIT;
    if (item->type == ENTRY_DIR) {
        int link = remove_link(r, path, err);
        r->kept[depth] = false;
        return link > 0 ? WALK_PRUNE : link;
    }
    if (remove_one(r->app, path, item->type, &why) == 0)
        return 0;
    r->kept[depth - 1] = true;
    return parts_failed(&r->parts, &why, err);
}

static int leave(void *ctx, const char *path, int depth, const struct item *item, struct err *err)
{
    struct removal *r = ctx;
    struct err why = ERR_INIT;
    bool kept = r->kept[depth] || r->refused;
    r->refused = false;
    if (!kept && remove_one(r->app, path, item->type, &why) == 0)
        return 0;
    r->kept[depth - 1] = true;
    return kept ? 0 : parts_failed(&r->parts, &why, err);
}

static int refused(void *ctx, const char *path, const struct err *why, struct err *err)
{
    struct removal *r = ctx;
    r->refused = true;
    return parts_refused(&r->parts, path, why, err);
}

static void odd(void *ctx, const char *folder, const char *name)
{
    struct removal *r = ctx;
    parts_odd(&r->parts, folder, name);
}

static int remove_folder(struct removal *r, const char *path, struct err *err)
{
    struct walk_options options = {.left = leave, .refused = refused, .odd = odd};
    int link = remove_link(r, path, err);
    if (link != 0)
        return link < 0 ? -1 : 0;
    r->kept[0] = false;
    if (walk_remote(&r->app->mover, path, &options, take, r, err) < 0)
        return -1;
    return r->kept[0] ? 0 : remove_one(r->app, path, ENTRY_DIR, err);
}

/* What must not be removed by a slip: the root, the folder that one is in, and that above. */
static int check_tree(const char *path, struct err *err)
{
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        len--;
    size_t start = len;
    while (start > 0 && path[start - 1] != '/')
        start--;
    size_t last = len - start;
    const char *name = path + start;
    if (last == 0 || (last <= 2 && strspn(name, ".") >= last))
        return err_set(err, ERR_USAGE, "'%s' is not removed with all that is in it", path);
    return 0;
}

/* What the argument names with a slash behind it, which would lead through a link. */
static int bare_name(const char *path, char dst[PATH_BYTES], struct err *err)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len >= PATH_BYTES)
        return err_set(err, ERR_USAGE, "the path is longer than %d bytes", PATH_BYTES - 1);
    memcpy(dst, path, len);
    dst[len] = '\0';
    return 0;
}

static int remove_tree(struct removal *r, const char *argument, const struct item *listed,
                       struct err *err)
{
    struct items one = {0};
    char path[PATH_BYTES];
    if (check_tree(argument, err) < 0 || bare_name(argument, path, err) < 0)
        return -1;
    int rc = listed ? 0 : stat_remote(&r->app->mover, path, &one, err);
    if (rc == 0) {
        enum entry_type type = listed ? listed->type : one.list[0].type;
        rc = type == ENTRY_DIR ? remove_folder(r, path, err) : remove_one(r->app, path, type, err);
    }
    items_clear(&one);
    return rc;
}

/* ---- arguments ---- */

/* Servers say 550 to everything; whether it was there is another question. */
static bool is_absent(struct removal *r, const char *path, const struct err *why)
{
    struct err absent = ERR_INIT;
    struct items one = {0};
    bool gone = why->reply == 550 && stat_remote(&r->app->mover, path, &one, &absent) < 0 &&
                absent.reply == 550;
    items_clear(&one);
    return gone;
}

static int remove_argument(struct removal *r, const char *path, const struct item *listed,
                           struct err *err)
{
    struct err why = ERR_INIT;
    int rc = app_option(r->app, "r") ? remove_tree(r, path, listed, &why)
                                     : remove_one(r->app, path, ENTRY_FILE, &why);
    if (rc == 0 || (r->force && is_absent(r, path, &why)))
        return 0;
    return err_take(err, &why);
}

int cmd_rm(struct app *app, int argc, char **argv, struct err *err)
{
    struct removal r = {
        .app = app, .parts = parts_begin(app), .force = app_option(app, "f") != NULL};
    int rc = 0;
    for (int i = 1; rc == 0 && i < argc; i++) {
        struct err why = ERR_INIT;
        if (remove_argument(&r, argv[i], app_item(app, i), &why) < 0)
            rc = argc > 2 ? parts_failed(&r.parts, &why, err) : err_take(err, &why);
    }
    return parts_end(&r.parts, rc, err);
}
