#include "handlers.h"

#include "arguments.h"
#include "base/glob.h"
#include "jsonout.h"
#include "parts.h"
#include "quantity.h"
#include "show.h"
#include "xfer/stat.h"
#include "xfer/walk.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TESTS_MAX = 64 };

/* What an entry has to be. */
struct test {
    bool (*holds)(const struct test *t, const struct item *item);
    const char *pattern;
    unsigned flags; /* of glob_match() */
    char sign;      /* '+' more, '-' less, '\0' as much */
    int64_t number; /* bytes, days, or a moment */
    int64_t moment; /* from which days are counted */
    enum entry_type type;
};

struct find {
    struct app *app;
    struct parts parts;
    size_t n;
    struct test tests[TESTS_MAX];
    bool print0;
    bool at_terminal;
};

/* ---- tests ---- */

static bool name_holds(const struct test *t, const struct item *item)
{
    return glob_match(t->pattern, item->name, t->flags | GLOB_HIDDEN);
}

static bool type_holds(const struct test *t, const struct item *item)
{
    return item->type == t->type;
}

static bool number_holds(const struct test *t, int64_t value)
{
    return t->sign == '+'   ? value > t->number
           : t->sign == '-' ? value < t->number
                            : value == t->number;
}

static bool size_holds(const struct test *t, const struct item *item)
{
    return item->size != LISTING_UNKNOWN && number_holds(t, item->size);
}

static bool age_holds(const struct test *t, const struct item *item)
{
    return item->mtime != LISTING_UNKNOWN && number_holds(t, (t->moment - item->mtime) / 86400);
}

static bool newer_holds(const struct test *t, const struct item *item)
{
    return item->mtime != LISTING_UNKNOWN && item->mtime > t->number;
}

static bool all_hold(const struct find *f, const struct item *item)
{
    for (size_t i = 0; i < f->n; i++) {
        if (!f->tests[i].holds(&f->tests[i], item))
            return false;
    }
    return true;
}

/* ---- tests out of options ---- */

static const char *take_sign(struct test *t, const char *value)
{
    t->sign = *value == '+' || *value == '-' ? *value : '\0';
    return value + (t->sign != '\0');
}

static int read_size(struct test *t, const char *value, int64_t now, struct err *err)
{
    (void) now;
    t->holds = size_holds;
    return quantity_bytes(take_sign(t, value), &t->number, err);
}

static int read_days(struct test *t, const char *value, int64_t now, struct err *err)
{
    const char *digits = take_sign(t, value);
    size_t len = strlen(digits);
    if (len == 0 || len > 6 || strspn(digits, "0123456789") != len)
        return err_set(err, ERR_USAGE, "'%s' is no number of days such as 7, +7 or -7", value);
    t->holds = age_holds;
    t->moment = now;
    t->number = atoi(digits); /* NOLINT(cert-err34-c): up to six digits */
    return 0;
}

static int read_newer(struct test *t, const char *value, int64_t now, struct err *err)
{
    t->holds = newer_holds;
    return quantity_moment(value, now, &t->number, err);
}

static int read_type(struct test *t, const char *value, int64_t now, struct err *err)
{
    (void) now;
    (void) err; /* the value is one of f, d and l: the option's table says so */
    t->holds = type_holds;
    t->type = *value == 'd' ? ENTRY_DIR : *value == 'l' ? ENTRY_LINK : ENTRY_FILE;
    return 0;
}

static int read_name(struct test *t, const char *value, int64_t now, struct err *err)
{
    (void) now;
    (void) err;
    t->holds = name_holds;
    t->pattern = value;
    return 0;
}

static int read_iname(struct test *t, const char *value, int64_t now, struct err *err)
{
    t->flags = GLOB_FOLD;
    return read_name(t, value, now, err);
}

static const struct {
    const char *option;
    int (*read)(struct test *t, const char *value, int64_t now, struct err *err);
} readers[] = {
    {"name", read_name}, {"iname", read_iname},      {"type", read_type},
    {"size", read_size}, {"newer-than", read_newer}, {"mtime", read_days},
};

static int add_test(struct find *f, const struct given *given, int64_t now, struct err *err)
{
    const char *name = given->option->name;
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (strcmp(readers[i].option, name) != 0)
            continue;
        if (f->n == TESTS_MAX)
            return err_set(err, ERR_USAGE, "more than %d tests", TESTS_MAX);
        if (readers[i].read(&f->tests[f->n++], given->value, now, err) < 0)
            return err_wrap(err, "--%s", name);
    }
    return 0;
}

/* ---- the walk ---- */

static int put_found(struct find *f, const char *path, const struct item *item, struct err *err)
{
    FILE *out = f->app->out;
    if (f->app->json)
        return json_line(out, show_json(item, path), err);
    char *text = show_text(path, f->at_terminal);
    fputs(text ? text : "?", out);
    free(text);
    putc(f->print0 ? '\0' : '\n', out);
    return 0;
}

static int take(void *ctx, const char *path, int depth, const struct item *item, struct err *err)
{
    struct find *f = ctx;
    (void) depth;
    return all_hold(f, item) ? put_found(f, path, item, err) : 0;
}

static int refused(void *ctx, const char *path, const struct err *why, struct err *err)
{
    struct find *f = ctx;
    return parts_refused(&f->parts, path, why, err);
}

static void odd(void *ctx, const char *folder, const char *name)
{
    struct find *f = ctx;
    parts_odd(&f->parts, folder, name);
}

/* Depth 0, as find(1) counts. */
static int find_root(struct find *f, const char *path, const struct item *listed, int max_depth,
                     struct err *err)
{
    struct walk_options options = {
        .max_depth = max_depth, .streamed = true, .refused = refused, .odd = odd};
    struct items one = {0};
    int rc = listed ? 0 : stat_remote(&f->app->mover, path, &one, err);
    if (rc == 0) {
        struct item item = listed ? *listed : one.list[0];
        item.name = *path_last(path) ? path_last(path) : path;
        rc = take(f, path, 0, &item, err);
        if (rc == 0 && item.type == ENTRY_DIR && max_depth != 0)
            rc = walk_remote(&f->app->mover, path, &options, take, f, err);
    }
    items_clear(&one);
    return rc;
}

static int find_in(struct find *f, int argc, char **argv, struct err *err)
{
    const char *depth = app_option(f->app, "max-depth");
    if (!depth)
        depth = app_option(f->app, "maxdepth");
    /* NOLINTNEXTLINE(cert-err34-c): the command's table says that it is a number */
    int max_depth = depth ? atoi(depth) : INT_MAX, rc = 0;
    struct walk_options options = {
        .max_depth = max_depth, .streamed = true, .refused = refused, .odd = odd};
    if (argc == 1)
        return max_depth == 0 ? 0 : walk_remote(&f->app->mover, "", &options, take, f, err);
    for (int i = 1; rc == 0 && i < argc; i++) {
        struct err why = ERR_INIT;
        if (find_root(f, argv[i], app_item(f->app, i), max_depth, &why) < 0)
            rc = argc > 2 ? parts_failed(&f->parts, &why, err) : err_take(err, &why);
    }
    return rc;
}

int cmd_find(struct app *app, int argc, char **argv, struct err *err)
{
    struct find *f = calloc(1, sizeof *f);
    int64_t now = (int64_t) time(NULL);
    int rc = 0;
    if (!f)
        return err_set(err, ERR_LOCAL, "out of memory");
    f->app = app;
    f->parts = parts_begin(app);
    f->print0 = app_option(app, "print0") != NULL;
    f->at_terminal = isatty(fileno(app->out));
    for (size_t i = 0; rc == 0 && i < app->call->given_count; i++)
        rc = add_test(f, &app->call->given[i], now, err);
    if (rc == 0)
        rc = find_in(f, argc, argv, err);
    rc = parts_end(&f->parts, rc, err);
    free(f);
    return rc;
}
