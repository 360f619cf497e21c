#include "handlers.h"

#include "jsonout.h"
#include "lscolors.h"
#include "parts.h"
#include "show.h"
#include "xfer/list.h"
#include "xfer/walk.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the branches are drawn with. */
struct lines {
    const char *branch, *last, *pass, *none;
};

enum { LINES_BYTES = 16 }; /* of one piece, at most */

struct tree {
    struct app *app;
    struct parts parts;
    const struct lines *lines;
    bool all, folders_only, at_terminal;
    int max_depth;
    struct lscolors *colors; /* NULL: none */
    long folders, files;
    struct ancestry ancestry;
    char before[WALK_DEPTH_MAX * LINES_BYTES]; /* what stands left of an entry */
};

/* The locale that the user has, not the UTF-8 that the program falls back to. */
static const struct lines *choose_lines(void)
{
    static const struct lines boxes = {"├── ", "└── ", "│   ", "    "},
                              ascii = {"|-- ", "`-- ", "|   ", "    "};
    locale_t user = newlocale(LC_CTYPE_MASK, "", (locale_t) 0);
    bool utf8 = user && strcmp(nl_langinfo_l(CODESET, user), "UTF-8") == 0;
    if (user)
        freelocale(user);
    return utf8 ? &boxes : &ascii;
}

/* A folder while it is listed. */
struct folder {
    struct tree *tree;
    const char *path;
    struct items items;
};

static int take_entry(void *ctx, const struct entry *e, struct err *err)
{
    struct folder *f = ctx;
    struct item item = item_of(e);
    if (!path_is_single(e->name)) {
        parts_odd(&f->tree->parts, f->path, e->name);
        return 0;
    }
    if ((e->name[0] == '.' && !f->tree->all) || (f->tree->folders_only && e->type != ENTRY_DIR))
        return 0;
    return items_add(&f->items, &item, err);
}

static void put_name(struct tree *t, const char *text, const struct item *item)
{
    char *shown = show_text(text, t->at_terminal);
    const char *code = t->colors && item ? lscolors_of(t->colors, item) : NULL;
    fprintf(t->app->out, code ? "\033[%sm%s\033[0m" : "%s%s", code ? code : "",
            shown ? shown : "?");
    free(shown);
}

static int put_entry(struct tree *t, const char *path, const struct item *item, bool last,
                     struct err *err)
{
    if (item->type == ENTRY_DIR)
        t->folders++;
    else
        t->files++;
    if (t->app->json)
        return json_line(t->app->out, show_json(item, path), err);
    fprintf(t->app->out, "%s%s", t->before, last ? t->lines->last : t->lines->branch);
    put_name(t, item->name, item);
    if (*item->target) {
        fputs(" -> ", t->app->out);
        put_name(t, item->target, NULL);
    }
    putc('\n', t->app->out);
    return 0;
}

static int draw_folder(struct tree *t, const char *path, int depth, struct err *err);

/* `item` lies in `folder`, at `path`. */
static int draw_below(struct tree *t, const char *folder, const struct item *item, const char *path,
                      int depth, bool last, struct err *err)
{
    size_t len = strlen(t->before);
    struct err why = ERR_INIT;
    if (depth >= t->max_depth)
        return 0;
    snprintf(t->before + len, sizeof t->before - len, "%s", last ? t->lines->none : t->lines->pass);
    int rc = ancestry_check(&t->ancestry, &t->app->mover, folder, item, depth, &why);
    if (rc == 0)
        rc = draw_folder(t, path, depth + 1, &why);
    t->before[len] = '\0';
    return rc < 0 ? parts_refused(&t->parts, path, &why, err) : 0;
}

static void take_anew(void *ctx)
{
    struct folder *f = ctx;
    items_clear(&f->items);
}

/* `depth` is that of its entries. */
static int draw_folder(struct tree *t, const char *path, int depth, struct err *err)
{
    struct folder f = {.tree = t, .path = path};
    char below[PATH_BYTES];
    struct list_options options = {.no_times = true, .anew = take_anew};
    struct list_end end;
    int rc = list_stream(&t->app->mover, path, &options, take_entry, &f, &end, err);
    if (rc == 0)
        rc = list_end_check(&end, path, err);
    items_sort(&f.items);
    for (size_t i = 0; rc == 0 && i < f.items.n; i++) {
        const struct item *item = &f.items.list[i];
        bool last = i + 1 == f.items.n;
        rc = path_join(path, item->name, below, err);
        if (rc == 0)
            rc = put_entry(t, below, item, last, err);
        if (rc == 0 && item->type == ENTRY_DIR)
            rc = draw_below(t, path, item, below, depth, last, err);
    }
    items_clear(&f.items);
    return rc;
}

static int draw(struct tree *t, const char *path, struct err *err)
{
    if (!t->app->json) {
        put_name(t, *path ? path : ".", NULL);
        putc('\n', t->app->out);
    }
    t->ancestry = (struct ancestry){0};
    return draw_folder(t, path, 1, err);
}

static void put_summary(struct tree *t)
{
    if (t->app->json)
        return;
    fprintf(t->app->out, "\n%ld %s", t->folders, t->folders == 1 ? "folder" : "folders");
    if (!t->folders_only)
        fprintf(t->app->out, ", %ld %s", t->files, t->files == 1 ? "file" : "files");
    putc('\n', t->app->out);
}

static int tree_begin(struct tree *t, struct app *app, struct err *err)
{
    const char *depth = app_option(app, "L");
    *t = (struct tree){.app = app,
                       .parts = parts_begin(app),
                       .lines = choose_lines(),
                       .all = app_option(app, "a") != NULL,
                       .folders_only = app_option(app, "d") != NULL,
                       .at_terminal = isatty(fileno(app->out))};
    /* NOLINTNEXTLINE(cert-err34-c): the command's table says that it is a number */
    t->max_depth = depth ? atoi(depth) : WALK_DEPTH_MAX;
    if (t->max_depth == 0)
        return err_set(err, ERR_USAGE, "-L: a tree has at least 1 level");
    if (t->max_depth > WALK_DEPTH_MAX)
        t->max_depth = WALK_DEPTH_MAX;
    if (!app_colours(t->app, t->at_terminal))
        return 0;
    t->colors = lscolors_new(getenv("LS_COLORS"));
    return t->colors ? 0 : err_set(err, ERR_LOCAL, "out of memory");
}

int cmd_tree(struct app *app, int argc, char **argv, struct err *err)
{
    struct tree t;
    int rc = tree_begin(&t, app, err);
    if (rc == 0 && argc == 1)
        rc = draw(&t, "", err);
    for (int i = 1; rc == 0 && i < argc; i++) {
        struct err why = ERR_INIT;
        if (draw(&t, argv[i], &why) < 0)
            rc = argc > 2 ? parts_failed(&t.parts, &why, err) : err_take(err, &why);
    }
    if (rc == 0)
        put_summary(&t);
    lscolors_free(t.colors);
    return parts_end(&t.parts, rc, err);
}
