#include "handlers.h"

#include "base/escape.h"
#include "jsonout.h"
#include "term.h"
#include "xfer/list.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ITEMS_MAX = 1000000, NAME_TEXT = 4 * LISTING_LINE_MAX };

/* An entry without the room that struct entry keeps. The strings are one block, at `name`. */
struct item {
    enum entry_type type;
    int64_t size, mtime;
    int mode;
    char *name, *owner, *group, *target;
};

struct items {
    struct item *list;
    size_t n, cap;
};

static char *put_string(char **at, const char *text)
{
    size_t len = strlen(text) + 1;
    char *place = memcpy(*at, text, len);
    *at += len;
    return place;
}

static int item_make(struct item *to, const struct entry *e, struct err *err)
{
    size_t need = strlen(e->name) + strlen(e->owner) + strlen(e->group) + strlen(e->target) + 4;
    char *at = malloc(need);
    if (!at)
        return err_set(err, ERR_LOCAL, "out of memory");
    *to = (struct item){.type = e->type, .size = e->size, .mtime = e->mtime, .mode = e->mode};
    to->name = put_string(&at, e->name);
    to->owner = put_string(&at, e->owner);
    to->group = put_string(&at, e->group);
    to->target = put_string(&at, e->target);
    return 0;
}

static int items_add(void *ctx, const struct entry *e, struct err *err)
{
    struct items *items = ctx;
    if (items->n == ITEMS_MAX)
        return err_set(err, ERR_PROTOCOL, "the listing has more than %d entries", ITEMS_MAX);
    if (items->n == items->cap) {
        size_t cap = items->cap ? 2 * items->cap : 64;
        struct item *list = realloc(items->list, cap * sizeof *list);
        if (!list)
            return err_set(err, ERR_LOCAL, "out of memory");
        items->list = list;
        items->cap = cap;
    }
    if (item_make(&items->list[items->n], e, err) < 0)
        return -1;
    items->n++;
    return 0;
}

static void items_clear(struct items *items)
{
    for (size_t i = 0; i < items->n; i++)
        free(items->list[i].name);
    free(items->list);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct item *) a)->name, ((const struct item *) b)->name);
}

/* Names with a dot are left out, but not the one file that was asked for. */
static void items_hide_dots(struct items *items, const char *path)
{
    size_t kept = 0;
    bool asked =
        path && items->n == 1 && strcmp(path_last(items->list[0].name), path_last(path)) == 0;
    if (asked)
        return;
    for (size_t i = 0; i < items->n; i++) {
        if (items->list[i].name[0] == '.')
            free(items->list[i].name);
        else
            items->list[kept++] = items->list[i];
    }
    items->n = kept;
}

static void set_or_drop(json_t *o, const char *key, const char *text)
{
    if (*text)
        json_object_set_new(o, key, json_text(text));
}

static json_t *item_json(const struct item *e)
{
    char text[32];
    struct tm tm;
    time_t t = (time_t) e->mtime;
    json_t *o =
        json_pack("{s:o, s:s}", "name", json_text(e->name), "type", entry_type_name(e->type));
    if (!o)
        return NULL;
    if (e->size != LISTING_UNKNOWN)
        json_object_set_new(o, "size", json_integer(e->size));
    if (e->mtime != LISTING_UNKNOWN && gmtime_r(&t, &tm)) {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
        json_object_set_new(o, "mtime", json_string(text));
    }
    if (e->mode != LISTING_UNKNOWN) {
        snprintf(text, sizeof text, "%04o", (unsigned) e->mode);
        json_object_set_new(o, "mode", json_string(text));
    }
    set_or_drop(o, "owner", e->owner);
    set_or_drop(o, "group", e->group);
    set_or_drop(o, "target", e->target);
    return o;
}

static int print_json(FILE *out, const struct items *items, struct err *err)
{
    for (size_t i = 0; i < items->n; i++) {
        if (json_line(out, item_json(&items->list[i]), err) < 0)
            return -1;
    }
    return 0;
}

/* NULL: out of memory. The caller frees it. */
static char *escaped(const char *text, const char *suffix)
{
    size_t len = strlen(text), size = 4 * len + 2;
    char *dst = malloc(size + 8);
    if (dst) {
        size_t n = escape_text(dst, size, text, len);
        snprintf(dst + n, 8, "%s", suffix);
    }
    return dst;
}

/* A name for a person at a terminal, or as it is, so that a program can use it. NULL: out of
 * memory. The caller frees it. */
static char *shown(const char *text, bool at_terminal)
{
    return at_terminal ? escaped(text, "") : strdup(text);
}

static void format_mode(const struct item *e, char dst[12])
{
    static const char types[] = {'-', 'd', 'l', '?'}, bits[] = "rwxrwxrwx";
    dst[0] = types[e->type];
    for (int i = 0; i < 9; i++) {
        bool set = e->mode != LISTING_UNKNOWN && (e->mode >> (8 - i) & 1);
        dst[1 + i] = e->mode == LISTING_UNKNOWN ? '?' : '-';
        if (set)
            dst[1 + i] = bits[i];
    }
    dst[10] = '\0';
}

static void format_mtime(int64_t mtime, char *dst, size_t size)
{
    struct tm tm;
    time_t t = (time_t) mtime;
    if (mtime == LISTING_UNKNOWN || !localtime_r(&t, &tm) ||
        strftime(dst, size, "%Y-%m-%d %H:%M", &tm) == 0)
        snprintf(dst, size, "%-16s", "?");
}

static void print_long(FILE *out, const struct item *e, bool at_terminal)
{
    char mode[12], when[32], size[24] = "?", owner[64], group[64];
    format_mode(e, mode);
    format_mtime(e->mtime, when, sizeof when);
    if (e->size != LISTING_UNKNOWN)
        snprintf(size, sizeof size, "%lld", (long long) e->size);
    escape_text(owner, sizeof owner, *e->owner ? e->owner : "?", *e->owner ? strlen(e->owner) : 1);
    escape_text(group, sizeof group, *e->group ? e->group : "?", *e->group ? strlen(e->group) : 1);
    char *name = shown(e->name, at_terminal), *target = shown(e->target, at_terminal);
    fprintf(out, "%s %-8s %-8s %12s %s %s%s%s\n", mode, owner, group, size, when, name ? name : "?",
            target && *target ? " -> " : "", target ? target : "");
    free(name);
    free(target);
}

static void print_lines(FILE *out, const struct items *items, bool with_details)
{
    bool at_terminal = isatty(fileno(out));
    for (size_t i = 0; i < items->n; i++) {
        if (with_details) {
            print_long(out, &items->list[i], at_terminal);
            continue;
        }
        char *name = shown(items->list[i].name, at_terminal);
        fprintf(out, "%s\n", name ? name : "?");
        free(name);
    }
}

static const char *type_mark(enum entry_type t)
{
    return t == ENTRY_DIR ? "/" : t == ENTRY_LINK ? "@" : "";
}

/* As ls(1) does: down, then across. */
static void print_grid(FILE *out, char **names, size_t n, int widest, int width)
{
    size_t columns = width > widest + 2 ? (size_t) (width / (widest + 2)) : 1;
    size_t rows = (n + columns - 1) / columns;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = row; i < n; i += rows) {
            fputs(names[i], out);
            if (i + rows < n)
                fprintf(out, "%*s", widest + 2 - text_width(names[i]), "");
        }
        fputc('\n', out);
    }
}

static int print_columns(FILE *out, const struct items *items, struct err *err)
{
    char **names = calloc(items->n + 1, sizeof *names);
    int widest = 0, rc = names ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < items->n; i++) {
        names[i] = escaped(items->list[i].name, type_mark(items->list[i].type));
        if (!names[i])
            rc = -1;
        else if (text_width(names[i]) > widest)
            widest = text_width(names[i]);
    }
    if (rc == 0)
        print_grid(out, names, items->n, widest, term_width(fileno(out)));
    for (size_t i = 0; names && i < items->n; i++)
        free(names[i]);
    free(names);
    return rc < 0 ? err_set(err, ERR_LOCAL, "out of memory") : 0;
}

static int print_items(struct app *app, const struct items *items, struct err *err)
{
    if (app->json)
        return print_json(app->out, items, err);
    bool lines = app_option(app, "l") || app_option(app, "1") || !isatty(fileno(app->out));
    if (!lines)
        return print_columns(app->out, items, err);
    print_lines(app->out, items, app_option(app, "l"));
    return 0;
}

int cmd_ls(struct app *app, int argc, char **argv, struct err *err)
{
    const char *path = argc > 1 ? argv[1] : NULL;
    struct items items = {0};
    int rc = list_entries(&app->mover, path, items_add, &items, err);
    if (rc == 0) {
        if (!app_option(app, "a"))
            items_hide_dots(&items, path);
        if (items.n > 1)
            qsort(items.list, items.n, sizeof *items.list, by_name);
        rc = print_items(app, &items, err);
    }
    items_clear(&items);
    return rc;
}

static int print_name(void *ctx, const char *line, size_t len, struct err *err)
{
    struct app *app = ctx;
    char name[LISTING_LINE_MAX + 1], text[NAME_TEXT + 8];
    len = len < LISTING_LINE_MAX ? len : LISTING_LINE_MAX;
    memcpy(name, line, len);
    name[len] = '\0';
    if (app->json)
        return json_line(app->out, json_pack("{s:o}", "name", json_text(name)), err);
    escape_text(text, sizeof text, name, len);
    fprintf(app->out, "%s\n", isatty(fileno(app->out)) ? text : name);
    return 0;
}

int cmd_nlist(struct app *app, int argc, char **argv, struct err *err)
{
    return list_names(&app->mover, argc > 1 ? argv[1] : NULL, print_name, app, err);
}

int print_path(struct app *app, const char *path, struct err *err)
{
    if (app->json)
        return json_line(app->out, json_pack("{s:o}", "path", json_text(path)), err);
    char *text = shown(path, isatty(fileno(app->out)));
    fprintf(app->out, "%s\n", text ? text : "?");
    free(text);
    return 0;
}

/* session_cwd() is empty where PWD was not answered yet: ask. */
int cmd_pwd(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    (void) argv;
    char path[PATH_BYTES];
    struct reply r = {0};
    if (session_expect(app->session, &r, "pwd", err, "PWD") < 0)
        return -1;
    int rc = path_from_257(reply_last_line(&r), path, err);
    reply_clear(&r);
    return rc < 0 ? -1 : print_path(app, path, err);
}

int cmd_cd(struct app *app, int argc, char **argv, struct err *err)
{
    return session_cd(app->session, argc > 1 ? argv[1] : app->home, err);
}

int cmd_cdup(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    (void) argv;
    return session_cd(app->session, "..", err);
}

int cmd_size(struct app *app, int argc, char **argv, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        int64_t size;
        if (session_size(app->session, argv[i], &size, err) < 0)
            return argc > 2 ? err_wrap(err, "%s", argv[i]) : -1;
        if (app->json) {
            json_t *o =
                json_pack("{s:o, s:I}", "name", json_text(argv[i]), "size", (json_int_t) size);
            if (json_line(app->out, o, err) < 0)
                return -1;
        } else {
            fprintf(app->out, "%lld\n", (long long) size);
        }
    }
    return 0;
}

/* RFC 3659 section 7.2: the entry is the second line of the reply, behind a space. */
static int parse_mlst(const struct reply *r, struct entry *e, struct err *err)
{
    const char *line = r->text ? strchr(r->text, '\n') : NULL;
    if (!line)
        return err_set(err, ERR_PROTOCOL, "the reply to MLST has no entry");
    line++;
    line += *line == ' ';
    int rc = mlsd_parse(line, strcspn(line, "\n"), e, err);
    return rc > 0 ? 0 : rc < 0 ? -1 : err_set(err, ERR_PROTOCOL, "the reply to MLST has no entry");
}

static int stat_by_mlst(struct app *app, const char *path, struct item *out, struct err *err)
{
    struct reply r = {0};
    struct entry e;
    if (session_expect(app->session, &r, path, err, "MLST %s", path) < 0)
        return -1;
    int rc = parse_mlst(&r, &e, err);
    reply_clear(&r);
    return rc < 0 ? -1 : item_make(out, &e, err);
}

/* A server without MLST tells size and time of files only. */
static int stat_by_size(struct app *app, const char *path, struct item *out, struct err *err)
{
    struct entry e = {.type = ENTRY_FILE,
                      .size = LISTING_UNKNOWN,
                      .mtime = LISTING_UNKNOWN,
                      .mode = LISTING_UNKNOWN};
    static char none[] = "";
    e.owner = e.group = e.target = none;
    e.name = e.mem;
    snprintf(e.mem, sizeof e.mem, "%s", path);
    if (session_size(app->session, path, &e.size, err) < 0)
        return -1;
    struct err why = ERR_INIT;
    if (session_mdtm(app->session, path, &e.mtime, &why) < 0) {
        e.mtime = LISTING_UNKNOWN;
        if (why.code != ERR_REPLY_PERMANENT && why.code != ERR_PROTOCOL) {
            *err = why;
            return -1;
        }
    }
    return item_make(out, &e, err);
}

static void print_stat(FILE *out, const struct item *e)
{
    char mode[12], when[32];
    char *name = escaped(e->name, "");
    fprintf(out, "%s: %s", name ? name : "?", entry_type_name(e->type));
    free(name);
    if (e->size != LISTING_UNKNOWN)
        fprintf(out, ", %lld bytes", (long long) e->size);
    if (e->mtime != LISTING_UNKNOWN) {
        format_mtime(e->mtime, when, sizeof when);
        fprintf(out, ", modified %s", when);
    }
    if (e->mode != LISTING_UNKNOWN) {
        format_mode(e, mode);
        fprintf(out, ", %s", mode);
    }
    fputc('\n', out);
}

int cmd_stat(struct app *app, int argc, char **argv, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        struct item item;
        bool mlst = features_has(session_features(app->session), FEATURE_MLST);
        int rc =
            mlst ? stat_by_mlst(app, argv[i], &item, err) : stat_by_size(app, argv[i], &item, err);
        if (rc < 0)
            return -1;
        if (app->json)
            rc = json_line(app->out, item_json(&item), err);
        else
            print_stat(app->out, &item);
        free(item.name);
        if (rc < 0)
            return -1;
    }
    return 0;
}
