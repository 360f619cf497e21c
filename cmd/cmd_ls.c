#include "handlers.h"

#include "arguments.h"
#include "columns.h"
#include "jsonout.h"
#include "lscolors.h"
#include "parts.h"
#include "show.h"
#include "term.h"
#include "xfer/list.h"
#include "xfer/stat.h"
#include "xfer/walk.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int (*compare_fn)(const void *a, const void *b);

/* How ls was called. */
struct ls {
    struct app *app;
    struct parts parts;
    compare_fn compare; /* NULL: as the server lists them, printed as they come */
    bool reverse, all, details, human, recursive, lines;
    bool times; /* are looked at */
    bool at_terminal;
    struct lscolors *colors; /* NULL: none */
    int64_t now;
    struct ancestry ancestry;
    bool headings; /* each folder has one */
    bool printed;  /* something; a heading has an empty line before it */
};

/* Of the columns of long lines, in columns of the terminal. */
struct widths {
    int owner, group, size, time;
};

/* ---- orders ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct item *) a)->name, ((const struct item *) b)->name);
}

static int by_number(int64_t x, int64_t y, const void *a, const void *b)
{
    return x != y ? (x < y ? 1 : -1) : by_name(a, b);
}

/* What is not known, -1, comes last. */
static int by_time(const void *a, const void *b)
{
    return by_number(((const struct item *) a)->mtime, ((const struct item *) b)->mtime, a, b);
}

static int by_size(const void *a, const void *b)
{
    return by_number(((const struct item *) a)->size, ((const struct item *) b)->size, a, b);
}

static void sort(const struct ls *ls, struct items *items)
{
    if (!ls->compare || items->n < 2)
        return;
    qsort(items->list, items->n, sizeof *items->list, ls->compare);
    for (size_t i = 0, k = items->n - 1; ls->reverse && i < k; i++, k--) {
        struct item kept = items->list[i];
        items->list[i] = items->list[k];
        items->list[k] = kept;
    }
}

/* The last of -t, -S and -U counts. */
static compare_fn chosen_order(const struct call *call)
{
    compare_fn chosen = by_name;
    for (size_t i = 0; i < call->given_count; i++) {
        switch (call->given[i].option->letter) {
        case 't':
            chosen = by_time;
            break;
        case 'S':
            chosen = by_size;
            break;
        case 'U':
            chosen = NULL;
            break;
        }
    }
    return chosen;
}

/* ---- one entry ---- */

static void put_name(struct ls *ls, const struct item *item, const char *mark)
{
    char *text = show_text(item->name, ls->at_terminal);
    const char *code = ls->colors ? lscolors_of(ls->colors, item) : NULL;
    if (code)
        fprintf(ls->app->out, "\033[%sm%s\033[0m%s", code, text ? text : "?", mark);
    else
        fprintf(ls->app->out, "%s%s", text ? text : "?", mark);
    free(text);
}

static const char *known(const char *text)
{
    return *text ? text : "?";
}

static int shown_width(const char *text)
{
    char *shown = show_text(text, true);
    int width = shown ? text_width(shown) : 1;
    free(shown);
    return width;
}

/* Escaped wherever it goes: columns are for people. */
static void put_padded(FILE *out, const char *text, int width)
{
    char *shown = show_text(text, true);
    int gap = width - (shown ? text_width(shown) : 1);
    fprintf(out, "%s%*s ", shown ? shown : "?", gap > 0 ? gap : 0, "");
    free(shown);
}

/* A folder without one has nothing to be told. */
static void size_text(const struct ls *ls, const struct item *item, char *dst, size_t room)
{
    if (item->type == ENTRY_DIR && item->size == LISTING_UNKNOWN)
        snprintf(dst, room, "-");
    else
        show_size(item->size, ls->human, dst, room);
}

static void put_long(struct ls *ls, const struct item *item, const struct widths *w)
{
    FILE *out = ls->app->out;
    char mode[SHOW_MODE_BYTES], size[32], when[64];
    show_mode(item, mode);
    size_text(ls, item, size, sizeof size);
    show_time(item->mtime, ls->now, when, sizeof when);
    fprintf(out, "%s ", mode);
    put_padded(out, known(item->owner), w->owner);
    put_padded(out, known(item->group), w->group);
    fprintf(out, "%*s ", w->size, size);
    put_padded(out, when, w->time);
    put_name(ls, item, "");
    if (*item->target) {
        char *target = show_text(item->target, ls->at_terminal);
        fprintf(out, " -> %s", target ? target : "?");
        free(target);
    }
    fputc('\n', out);
}

/* `folder` is where it lies, for JSON; NULL where there is but one. */
static int put_item(struct ls *ls, const struct item *item, const char *folder,
                    const struct widths *w, struct err *err)
{
    char path[PATH_BYTES];
    if (ls->app->json) {
        if (folder && path_join(folder, item->name, path, err) < 0)
            return -1;
        return json_line(ls->app->out, show_json(item, folder ? path : NULL), err);
    }
    if (ls->details) {
        put_long(ls, item, w);
    } else {
        put_name(ls, item, "");
        fputc('\n', ls->app->out);
    }
    return 0;
}

/* ---- many ---- */

static void widen(int *width, int needed)
{
    if (needed > *width)
        *width = needed;
}

static struct widths measure(const struct ls *ls, const struct items *items)
{
    struct widths w = {1, 1, 1, 1};
    char text[64];
    for (size_t i = 0; i < items->n; i++) {
        const struct item *item = &items->list[i];
        widen(&w.owner, shown_width(known(item->owner)));
        widen(&w.group, shown_width(known(item->group)));
        size_text(ls, item, text, sizeof text);
        widen(&w.size, (int) strlen(text));
        show_time(item->mtime, ls->now, text, sizeof text);
        widen(&w.time, shown_width(text));
    }
    return w;
}

static const char *type_mark(enum entry_type t)
{
    return t == ENTRY_DIR ? "/" : t == ENTRY_LINK ? "@" : "";
}

static int put_columns(struct ls *ls, const struct items *items, struct err *err)
{
    FILE *out = ls->app->out;
    struct columns c;
    int *widths = calloc(items->n + 1, sizeof *widths);
    if (!widths)
        return err_set(err, ERR_LOCAL, "out of memory");
    for (size_t i = 0; i < items->n; i++)
        widths[i] = shown_width(items->list[i].name) + (*type_mark(items->list[i].type) != '\0');
    columns_fit(widths, items->n, term_width(fileno(out)), &c);
    for (size_t row = 0; row < c.rows; row++) {
        for (size_t i = row, column = 0; i < items->n; i += c.rows, column++) {
            put_name(ls, &items->list[i], type_mark(items->list[i].type));
            if (i + c.rows < items->n)
                fprintf(out, "%*s", c.widths[column] - widths[i], "");
        }
        fputc('\n', out);
    }
    free(widths);
    return 0;
}

static int put_items(struct ls *ls, const struct items *items, const char *folder, struct err *err)
{
    ls->printed = ls->printed || items->n > 0;
    if (!ls->app->json && !ls->lines)
        return put_columns(ls, items, err);
    struct widths w = {0};
    if (ls->details && !ls->app->json)
        w = measure(ls, items);
    for (size_t i = 0; i < items->n; i++) {
        if (put_item(ls, &items->list[i], folder, &w, err) < 0)
            return -1;
    }
    return 0;
}

static void put_heading(struct ls *ls, const char *path)
{
    if (ls->headings && !ls->app->json) {
        char *text = show_text(*path ? path : ".", ls->at_terminal);
        fprintf(ls->app->out, "%s%s:\n", ls->printed ? "\n" : "", text ? text : "?");
        free(text);
        ls->printed = true;
    }
}

/* ---- folders ---- */

/* A folder while it is listed. */
struct folder {
    struct ls *ls;
    const char *path;
    struct items items; /* all of it, or what is to be entered of a listing that streams */
    bool begun;         /* its heading is there */
};

/* What was asked for by name is shown, also with a dot in front. */
static bool is_hidden(const struct folder *f, const char *name)
{
    return name[0] == '.' && !f->ls->all && strcmp(name, path_last(f->path)) != 0;
}

static int put_streamed(struct folder *f, const struct item *item, struct err *err)
{
    static const struct widths usual = {8, 8, 12, 12};
    struct ls *ls = f->ls;
    if (!f->begun)
        put_heading(ls, f->path);
    f->begun = true;
    ls->printed = true;
    if (put_item(ls, item, ls->headings ? f->path : NULL, &usual, err) < 0)
        return -1;
    return ls->recursive && item->type == ENTRY_DIR ? items_add(&f->items, item, err) : 0;
}

static int take_entry(void *ctx, const struct entry *e, struct err *err)
{
    struct folder *f = ctx;
    struct item item = item_of(e);
    if (is_hidden(f, e->name))
        return 0;
    return f->ls->compare ? items_add(&f->items, &item, err) : put_streamed(f, &item, err);
}

static void take_anew(void *ctx)
{
    struct folder *f = ctx;
    items_clear(&f->items);
}

/* Servers name a single file as they like; here it is called as it was asked for. */
static int name_single_file(struct folder *f, struct err *err)
{
    struct item *item = f->items.list;
    if (f->items.n != 1 || item->type == ENTRY_DIR || strcmp(item->name, f->path) == 0 ||
        strcmp(path_last(item->name), path_last(f->path)) != 0)
        return 0;
    int folder = stat_is_folder(&f->ls->app->mover, f->path, err);
    if (folder == 0)
        item->name = f->path;
    return folder < 0 ? -1 : 0;
}

static int list_folder(struct ls *ls, const char *path, int depth, struct err *err);

static int list_below(struct folder *f, int depth, struct err *err)
{
    char path[PATH_BYTES];
    for (size_t i = 0; f->ls->recursive && i < f->items.n; i++) {
        const struct item *item = &f->items.list[i];
        struct err why = ERR_INIT;
        if (item->type != ENTRY_DIR || !path_is_single(item->name))
            continue;
        int rc = path_join(f->path, item->name, path, &why);
        if (rc == 0 && depth == WALK_DEPTH_MAX)
            rc = err_set(&why, ERR_PROTOCOL, "%s: deeper than %d folders", path, depth);
        if (rc == 0)
            rc = ancestry_check(&f->ls->ancestry, &f->ls->app->mover, f->path, item, depth, &why);
        if (rc == 0)
            rc = list_folder(f->ls, path, depth + 1, &why);
        if (rc < 0 && parts_refused(&f->ls->parts, path, &why, err) < 0)
            return -1;
    }
    return 0;
}

static int list_folder(struct ls *ls, const char *path, int depth, struct err *err)
{
    struct folder f = {.ls = ls, .path = path};
    if (depth == 1)
        ls->ancestry = (struct ancestry){0};
    struct list_options options = {.no_times = !ls->times, .anew = ls->compare ? take_anew : NULL};
    struct list_end end = {0};
    int rc = list_stream(&ls->app->mover, path, &options, take_entry, &f, &end, err);
    if (rc == 0 && ls->compare)
        rc = name_single_file(&f, err);
    if (rc == 0 && !f.begun)
        put_heading(ls, path);
    if (rc == 0 && ls->compare) {
        sort(ls, &f.items);
        rc = put_items(ls, &f.items, ls->headings ? path : NULL, err);
    }
    if (rc == 0)
        rc = list_below(&f, depth, err);
    if (rc == 0)
        rc = list_end_check(&end, path, err);
    items_clear(&f.items);
    return rc;
}

/* ---- arguments ---- */

/* What the arguments name. */
struct targets {
    struct items files, folders;
};

/* As ls(1) does, a link on the command line is followed where it leads to a folder; not so the
 * links that a pattern matches, each of which would have to be asked for. */
static int sort_out(struct ls *ls, const char *path, const struct item *listed, struct targets *to,
                    struct err *err)
{
    struct items one = {0};
    int folder = 0, rc = 0;
    if (listed) {
        folder = listed->type == ENTRY_DIR;
    } else {
        rc = stat_remote(&ls->app->mover, path, &one, err);
        listed = rc == 0 ? one.list : NULL;
        folder = listed && listed->type == ENTRY_DIR;
        if (listed && listed->type == ENTRY_LINK && !app_option(ls->app, "d"))
            rc = folder = stat_is_folder(&ls->app->mover, path, err);
    }
    if (rc >= 0)
        rc =
            items_add(folder && !app_option(ls->app, "d") ? &to->folders : &to->files, listed, err);
    items_clear(&one);
    return rc < 0 ? -1 : 0;
}

static int list_targets(struct ls *ls, struct targets *t, struct err *err)
{
    sort(ls, &t->files);
    sort(ls, &t->folders);
    if (t->files.n > 0 && put_items(ls, &t->files, NULL, err) < 0)
        return -1;
    for (size_t i = 0; i < t->folders.n; i++) {
        struct err why = ERR_INIT;
        if (list_folder(ls, t->folders.list[i].name, 1, &why) < 0 &&
            parts_failed(&ls->parts, &why, err) < 0)
            return -1;
    }
    return 0;
}

static int list_several(struct ls *ls, int argc, char **argv, struct err *err)
{
    struct targets t = {0};
    int rc = 0;
    for (int i = 1; rc == 0 && i < argc; i++) {
        struct err why = ERR_INIT;
        if (sort_out(ls, argv[i], app_item(ls->app, i), &t, &why) < 0)
            rc = parts_failed(&ls->parts, &why, err);
    }
    ls->headings = ls->recursive || argc > 2;
    if (rc == 0)
        rc = list_targets(ls, &t, err);
    items_clear(&t.files);
    items_clear(&t.folders);
    return rc;
}

static int ls_begin(struct ls *ls, struct app *app, struct err *err)
{
    bool terminal = isatty(fileno(app->out));
    *ls = (struct ls){.app = app,
                      .parts = parts_begin(app),
                      .compare = chosen_order(app->call),
                      .reverse = app_option(app, "r") != NULL,
                      .all = app_option(app, "a") != NULL,
                      .details = app_option(app, "l") != NULL,
                      .human = app_option(app, "h") != NULL,
                      .recursive = app_option(app, "R") != NULL,
                      .at_terminal = terminal,
                      .now = (int64_t) time(NULL)};
    ls->times = ls->details || app->json || ls->compare == by_time;
    ls->lines = ls->details || !ls->compare || !terminal || app_option(app, "1");
    ls->headings = ls->recursive;
    if (!app_colours(app, terminal))
        return 0;
    ls->colors = lscolors_new(getenv("LS_COLORS"));
    return ls->colors ? 0 : err_set(err, ERR_LOCAL, "out of memory");
}

int cmd_ls(struct app *app, int argc, char **argv, struct err *err)
{
    struct ls ls;
    int rc = ls_begin(&ls, app, err);
    bool one = argc == 2 && !app_item(app, 1) && !app_option(app, "d");
    if (rc == 0 && argc == 1 && app_option(app, "d"))
        rc = list_several(&ls, 2, (char *[]){argv[0], (char[]){"."}}, err);
    else if (rc == 0)
        rc = argc == 1 || one ? list_folder(&ls, argc > 1 ? argv[1] : "", 1, err)
                              : list_several(&ls, argc, argv, err);
    lscolors_free(ls.colors);
    return parts_end(&ls.parts, rc, err);
}
