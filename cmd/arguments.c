#include "arguments.h"

#include "base/buf.h"
#include "base/glob.h"
#include "commands.h"
#include "home.h"
#include "xfer/expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_remote(char kind)
{
    return kind == 'r' || kind == 'd';
}

/* Room for n more. */
static int reserve(struct arguments *a, size_t n, struct err *err)
{
    size_t need = (size_t) a->argc + n + 1;
    char **argv = realloc(a->argv, need * sizeof *argv);
    if (argv)
        a->argv = argv;
    int *of = realloc(a->of, need * sizeof *of);
    if (of)
        a->of = of;
    int64_t *found = realloc(a->found, need * sizeof *found);
    if (found)
        a->found = found;
    return argv && of && found ? 0 : err_set(err, ERR_LOCAL, "out of memory");
}

/* Room is reserved. */
static int put(struct arguments *a, const char *text, int of, int64_t found, struct err *err)
{
    char *copy = strdup(text);
    if (!copy)
        return err_set(err, ERR_LOCAL, "out of memory");
    a->of[a->argc] = of;
    a->found[a->argc] = found;
    a->argv[a->argc++] = copy;
    a->argv[a->argc] = NULL;
    return 0;
}

/* Where a folder is wanted, files that match are not meant. */
static void keep_folders(struct items *items, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < items->n; i++) {
        if (items->list[i].type == ENTRY_DIR || items->list[i].type == ENTRY_LINK)
            items->list[kept++] = items->list[i];
    }
    items->n = kept;
}

/* Servers take "~" in front for a home folder, and ProFTPD a name of blanks for none at all. */
static bool is_taken_otherwise(const char *name)
{
    return name[0] == '~' || name[strspn(name, " \t")] == '\0';
}

static int put_found(struct arguments *a, size_t from, int of, struct err *err)
{
    if (reserve(a, a->items.n - from, err) < 0)
        return -1;
    for (size_t i = from; i < a->items.n; i++) {
        const char *name = a->items.list[i].name;
        char path[PATH_BYTES];
        int n = snprintf(path, sizeof path, "%s%s", is_taken_otherwise(name) ? "./" : "", name);
        if (n >= (int) sizeof path)
            return err_set(err, ERR_USAGE, "a name is longer than %d bytes", PATH_BYTES - 1);
        if (put(a, path, of, (int64_t) i, err) < 0)
            return -1;
    }
    return 0;
}

/* The argument is no pattern, or matches nothing. In words that are patterns themselves a backslash
 * that quotes goes. */
static int put_literal(struct arguments *a, const struct call *call, int i, bool unescaped,
                       struct err *err)
{
    if (reserve(a, 1, err) < 0 || put(a, call->argv[i], i, -1, err) < 0)
        return -1;
    if (unescaped)
        glob_unescape(a->argv[a->argc - 1]);
    return 0;
}

static int put_argument(struct arguments *a, struct app *app, const struct call *call, int i,
                        struct err *err)
{
    struct argument_kind kind = command_kind(call->command, i);
    const char *pattern = kind.pattern ? call->patterns[i] : NULL;
    size_t from = a->items.n;
    bool unescaped = pattern == call->argv[i];
    if (!pattern || !expand_wanted(pattern))
        return put_literal(a, call, i, unescaped, err);
    int rc = is_remote(kind.letter) ? expand_remote(&app->mover, pattern, &a->items, err)
                                    : expand_local(pattern, &a->items, err);
    if (rc < 0)
        return -1;
    if (kind.letter == 'd' || kind.letter == 'L')
        keep_folders(&a->items, from);
    if (a->items.n == from)
        return put_literal(a, call, i, unescaped, err);
    if (kind.single && a->items.n - from > 1)
        return err_set(err, ERR_USAGE, "'%s' stands for %zu names, and one is wanted",
                       call->argv[i], a->items.n - from);
    return put_found(a, from, i, err);
}

/* ---- the home folder ---- */

static bool is_local(const struct call *call, int i)
{
    const struct command *c = call->command;
    char kind = command_kind(c, i).letter;
    if (kind == 'v' && i > 1) {
        const struct option *o = option_find(call->argv[i - 1]);
        return o && o->kind == OPTION_FILE;
    }
    if (c->swap && call_option(call, c->swap))
        kind = command_kind_swapped(kind);
    return kind == 'l' || kind == 'L';
}

/* The word from then on; NULL with err. */
static char *add_home(struct arguments *a, const char *word, bool pattern, struct err *err)
{
    char path[PATH_BYTES];
    if (home_expand(word, pattern, path, sizeof path, err) < 0)
        return NULL;
    char **homes = realloc(a->homes, (a->nhomes + 1) * sizeof *homes), *copy = strdup(path);
    if (homes)
        a->homes = homes;
    if (!homes || !copy) {
        free(copy);
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    /* cppcheck-suppress memleak ; arguments_clear() frees it */
    return a->homes[a->nhomes++] = copy;
}

/* Words that are patterns themselves come from a shell that has done so. */
static int put_home(struct arguments *a, struct call *call, int i, struct err *err)
{
    char *pattern = call->patterns[i];
    if (!pattern || pattern == call->argv[i] || !home_is_meant(pattern) || !is_local(call, i))
        return 0;
    bool wanted = expand_wanted(pattern);
    call->patterns[i] = wanted ? add_home(a, pattern, true, err) : NULL;
    if (wanted && !call->patterns[i])
        return -1;
    call->argv[i] = add_home(a, call->argv[i], false, err);
    return call->argv[i] ? 0 : -1;
}

static int put_homes(struct arguments *a, struct call *call, struct err *err)
{
    for (int i = 1; i < call->argc; i++) {
        if (put_home(a, call, i, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < call->given_count; i++) {
        struct given *g = &call->given[i];
        if (!g->home || g->option->kind != OPTION_FILE)
            continue;
        g->value = add_home(a, g->value, false, err);
        if (!g->value)
            return -1;
    }
    return 0;
}

int arguments_make(struct arguments *a, struct app *app, struct call *call, struct err *err)
{
    *a = (struct arguments){0};
    if (put_homes(a, call, err) < 0)
        return -1;
    if (reserve(a, 1, err) < 0 || put(a, call->argv[0], 0, -1, err) < 0)
        return -1;
    for (int i = 1; i < call->argc; i++) {
        if (put_argument(a, app, call, i, err) < 0)
            return -1;
    }
    return 0;
}

void arguments_clear(struct arguments *a)
{
    for (int i = 0; i < a->argc; i++) {
        wipe(a->argv[i], strlen(a->argv[i])); /* of a URL, or what `quote` sends */
        free(a->argv[i]);
    }
    for (size_t i = 0; i < a->nhomes; i++)
        free(a->homes[i]);
    free(a->homes);
    free(a->argv);
    free(a->of);
    free(a->found);
    items_clear(&a->items);
}

int app_spread(const struct app *app, int i)
{
    const struct arguments *a = app->arguments;
    int n = 0;
    for (int k = 1; k < a->argc; k++)
        n += a->of[k] == i;
    return n;
}

const struct item *app_item(const struct app *app, int i)
{
    const struct arguments *a = app->arguments;
    return i >= a->argc || a->found[i] < 0 ? NULL : &a->items.list[a->found[i]];
}
