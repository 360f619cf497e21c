#include "handlers.h"

#include "base/escape.h"
#include "bookmarks.h"
#include "jsonout.h"
#include "nearest.h"
#include "ownfile.h"
#include "texteditor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int show_bookmark(struct app *app, const struct bookmark *b, struct err *err)
{
    char target[1024];
    if (app->json)
        return json_line(
            app->out,
            json_pack("{s:o, s:o}", "name", json_text(b->name), "target", json_text(b->target)),
            err);
    escape_text(target, sizeof target, b->target, strlen(b->target));
    fprintf(app->out, "%-15s %s\n", b->name, target);
    return 0;
}

static int list(struct app *app, int argc, char **argv, struct err *err)
{
    struct bookmarks b;
    (void) argc;
    (void) argv;
    int rc = bookmarks_load(&b, err);
    for (size_t i = 0; rc == 0 && i < b.n; i++)
        rc = show_bookmark(app, &b.list[i], err);
    bookmarks_clear(&b);
    return rc;
}

/* ---- add and rm ---- */

/* Where one is, or what a word says; a bookmark's name stands for its target. */
static int read_target(struct app *app, const char *word, char dst[TARGET_TEXT_BYTES],
                       struct err *err)
{
    struct target t = app->target;
    int rc = 0;
    if (word)
        rc = bookmark_target(word, &t, err);
    else if (!app->session)
        rc = err_set(err, ERR_USAGE, "not connected: name a target");
    else if (*session_cwd(app->session))
        snprintf(t.dir, sizeof t.dir, "%s", session_cwd(app->session));
    if (rc == 0 && word && t.has_password)
        rc = err_set(err, ERR_USAGE,
                     "a bookmark holds no password: use ~/.netrc or --password-command");
    if (rc == 0)
        target_format(&t, dst);
    target_clear(&t);
    return rc;
}

static int add(struct app *app, int argc, char **argv, struct err *err)
{
    char target[TARGET_TEXT_BYTES];
    struct bookmarks b = {0};
    const char *name = argv[0];
    if (!bookmark_is_name(name))
        return err_set(err, ERR_USAGE,
                       "'%s' is no name for a bookmark: letters, digits, '-' and '_'", name);
    int rc = read_target(app, argc > 1 ? argv[1] : NULL, target, err);
    if (rc == 0)
        rc = bookmarks_load(&b, err);
    const char *was = rc == 0 ? bookmarks_find(&b, name) : NULL;
    if (rc == 0)
        rc = bookmarks_change(name, target, err) < 0 ? -1 : 0;
    if (rc == 0 && app->mode == MODE_SHELL)
        app_say(app, "%s is %s", name, target);
    if (rc == 0 && was && strcmp(was, target) != 0)
        app_say(app, "%s was %s", name, was);
    bookmarks_clear(&b);
    return rc;
}

static int unknown(const char *name, struct err *err)
{
    char hint[BOOKMARK_BYTES + 32];
    struct nearest near = {.word = name};
    struct bookmarks b;
    if (bookmarks_load(&b, err) == 0) {
        for (size_t i = 0; i < b.n; i++)
            nearest_offer(&near, b.list[i].name);
        err_set(err, ERR_USAGE, "no bookmark '%s'%s", name,
                nearest_hint(&near, "", hint, sizeof hint));
    }
    bookmarks_clear(&b);
    return -1;
}

static int rm(struct app *app, int argc, char **argv, struct err *err)
{
    (void) app;
    for (int i = 0; i < argc; i++) {
        int rc = bookmark_is_name(argv[i]) ? bookmarks_change(argv[i], NULL, err) : 0;
        if (rc <= 0)
            return rc < 0 ? -1 : unknown(argv[i], err);
    }
    return 0;
}

/* ---- edit ---- */

static int write_copy(const char *path, const struct buf *text, struct err *err)
{
    FILE *f = fopen(path, "wx");
    if (!f)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    errno = 0;
    size_t len = buf_len(text);
    bool good = len == 0 || fwrite(buf_data(text), 1, len, f) == len;
    good = fclose(f) == 0 && good;
    return good ? 0 : err_set_sys(err, ERR_LOCAL, errno, "%s", path);
}

static int read_copy(const char *path, struct buf *text, struct err *err)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    int rc = 0;
    for (size_t n = 1; rc == 0 && n > 0;) {
        unsigned char *room = buf_reserve(text, 4096, err);
        n = room ? fread(room, 1, 4096, f) : 0;
        buf_commit(text, n);
        rc = room ? 0 : -1;
    }
    fclose(f);
    return rc;
}

static bool is_same(const struct buf *a, const struct buf *b)
{
    size_t len = buf_len(a);
    return len == buf_len(b) && (len == 0 || memcmp(buf_data(a), buf_data(b), len) == 0);
}

/* In a copy, so that nobody meets a file that is half written or cannot be read. 1 where what was
 * edited is lost unless it is kept. */
static int edit_copy(struct app *app, const char *path, const struct buf *before, struct err *err)
{
    struct buf after;
    buf_init(&after, OWN_BYTES_MAX);
    int rc = write_copy(path, before, err);
    bool written = rc == 0;
    if (rc == 0)
        rc = text_edit(app, path, err);
    struct err unread = ERR_INIT;
    if (written && read_copy(path, &after, &unread) < 0)
        rc = err_take(err, &unread);
    bool changed = written && !is_same(before, &after);
    if (rc == 0 && changed)
        rc = bookmarks_replace(before, &after, err);
    buf_clear(&after);
    return rc < 0 && changed ? 1 : rc;
}

static int edit(struct app *app, int argc, char **argv, struct err *err)
{
    char folder[SCRATCH_BYTES], path[SCRATCH_BYTES + sizeof "/bookmarks"];
    struct buf before;
    (void) argc;
    (void) argv;
    if (bookmarks_text(&before, err) < 0 || scratch_make(folder, err) < 0) {
        buf_clear(&before);
        return -1;
    }
    snprintf(path, sizeof path, "%s/bookmarks", folder);
    int rc = edit_copy(app, path, &before, err);
    if (rc > 0)
        err_wrap(err, "%s is not taken", path);
    else
        scratch_remove(folder);
    buf_clear(&before);
    return rc == 0 ? 0 : -1;
}

/* ---- */

static const struct {
    const char *name;
    int min, max;
    int (*run)(struct app *app, int argc, char **argv, struct err *err);
} verbs[] = {
    {"add", 1, 2, add},
    {"edit", 0, 0, edit},
    {"list", 0, 0, list},
    {"rm", 1, ARGS_ANY, rm},
};

int cmd_bookmark(struct app *app, int argc, char **argv, struct err *err)
{
    char hint[64];
    if (argc == 1)
        return list(app, 0, NULL, err);
    struct nearest near = {.word = argv[1]};
    const char *usage = command_find(argv[0])->usage;
    int n = argc - 2;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        nearest_offer(&near, verbs[i].name);
        if (strcmp(verbs[i].name, argv[1]) != 0)
            continue;
        if (n >= verbs[i].min && (verbs[i].max == ARGS_ANY || n <= verbs[i].max))
            return verbs[i].run(app, n, argv + 2, err);
        return err_set(err, ERR_USAGE, "too %s arguments; usage: %s",
                       n < verbs[i].min ? "few" : "many", usage);
    }
    return err_set(err, ERR_USAGE, "'%s' is nothing that can be done%s; usage: %s", argv[1],
                   nearest_hint(&near, "", hint, sizeof hint), usage);
}
