#include "handlers.h"

#include "arguments.h"
#include "jsonout.h"
#include "parts.h"
#include "show.h"
#include "xfer/stat.h"
#include "xfer/walk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct du {
    struct app *app;
    struct parts parts;
    bool human, files, at_terminal;
    int max_depth;
    int64_t unknown;                   /* files whose size the server does not tell */
    int64_t bytes[WALK_DEPTH_MAX + 1]; /* in the folder that is open at each depth; 0: the root */
};

static int put(struct du *du, const char *path, enum entry_type type, int64_t bytes,
               struct err *err)
{
    char size[32];
    if (du->app->json) {
        json_t *o = json_pack("{s:o, s:s, s:I}", "path", json_text(path), "type",
                              entry_type_name(type), "size", (json_int_t) bytes);
        return json_line(du->app->out, o, err);
    }
    char *text = show_text(path, du->at_terminal);
    show_size(bytes, du->human, size, sizeof size);
    fprintf(du->app->out, "%s\t%s\n", size, text ? text : "?");
    free(text);
    return 0;
}

static int64_t size_of(struct du *du, const struct item *item)
{
    if (item->type != ENTRY_FILE)
        return 0;
    if (item->size != LISTING_UNKNOWN)
        return item->size;
    du->unknown++;
    return 0;
}

static void add(struct du *du, int depth, int64_t bytes)
{
    int64_t *sum = &du->bytes[depth];
    *sum = bytes > INT64_MAX - *sum ? INT64_MAX : *sum + bytes;
}

static int take(void *ctx, const char *path, int depth, const struct item *item, struct err *err)
{
    struct du *du = ctx;
    int64_t bytes = size_of(du, item);
    add(du, depth - 1, bytes);
    if (item->type == ENTRY_DIR) {
        du->bytes[depth] = 0;
        return 0;
    }
    return du->files && depth <= du->max_depth ? put(du, path, item->type, bytes, err) : 0;
}

static int leave(void *ctx, const char *path, int depth, const struct item *item, struct err *err)
{
    struct du *du = ctx;
    add(du, depth - 1, du->bytes[depth]);
    return depth <= du->max_depth ? put(du, path, item->type, du->bytes[depth], err) : 0;
}

static int refused(void *ctx, const char *path, const struct err *why, struct err *err)
{
    struct du *du = ctx;
    return parts_refused(&du->parts, path, why, err);
}

static void odd(void *ctx, const char *folder, const char *name)
{
    struct du *du = ctx;
    parts_odd(&du->parts, folder, name);
}

static int du_folder(struct du *du, const char *path, struct err *err)
{
    struct walk_options options = {.left = leave, .refused = refused, .odd = odd};
    du->bytes[0] = 0;
    if (walk_remote(&du->app->mover, path, &options, take, du, err) < 0)
        return -1;
    return put(du, *path ? path : ".", ENTRY_DIR, du->bytes[0], err);
}

static int du_argument(struct du *du, const char *path, const struct item *listed, struct err *err)
{
    struct items one = {0};
    int rc = listed ? 0 : stat_remote(&du->app->mover, path, &one, err);
    if (rc == 0) {
        const struct item *item = listed ? listed : one.list;
        rc = item->type == ENTRY_DIR ? du_folder(du, path, err)
                                     : put(du, path, item->type, size_of(du, item), err);
    }
    items_clear(&one);
    return rc;
}

static int du_all(struct du *du, int argc, char **argv, struct err *err)
{
    int rc = 0;
    if (argc == 1)
        return du_folder(du, "", err);
    for (int i = 1; rc == 0 && i < argc; i++) {
        struct err why = ERR_INIT;
        if (du_argument(du, argv[i], app_item(du->app, i), &why) < 0)
            rc = argc > 2 ? parts_failed(&du->parts, &why, err) : err_take(err, &why);
    }
    return rc;
}

int cmd_du(struct app *app, int argc, char **argv, struct err *err)
{
    const char *depth = app_option(app, "max-depth");
    struct du du = {.app = app,
                    .parts = parts_begin(app),
                    .human = app_option(app, "h") != NULL,
                    .files = app_option(app, "a") != NULL,
                    .at_terminal = isatty(fileno(app->out)),
                    /* NOLINTNEXTLINE(cert-err34-c): the command's table says that it is a number */
                    .max_depth = depth ? atoi(depth) : WALK_DEPTH_MAX + 1};
    if (app_option(app, "s"))
        du.max_depth = 0;
    int rc = du_all(&du, argc, argv, err);
    if (du.unknown > 0)
        app_say(app, "du: the server does not tell the size of %lld files", (long long) du.unknown);
    return parts_end(&du.parts, rc, err);
}
