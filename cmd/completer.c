#include "completer.h"

#include "background.h"
#include "bookmarks.h"
#include "columns.h"
#include "complete.h"
#include "foldercache.h"
#include "hosts.h"
#include "signals.h"
#include "term.h"
#include "variables.h"
#include "xfer/list.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FETCH_MS = 20000, SLOW_MS = 800 };

struct completer {
    struct app *app;
    struct editor *editor;
    char before[LINE_BYTES]; /* the line up to the cursor */
    char left[LINE_BYTES];   /* as the last Tab left that */
    struct completion found;
};

struct completer *completer_new(struct app *app, struct err *err)
{
    struct completer *c = calloc(1, sizeof *c);
    app->folders = c ? foldercache_new(err) : NULL;
    if (!c)
        err_set(err, ERR_LOCAL, "out of memory");
    if (!app->folders) {
        free(c);
        return NULL;
    }
    c->app = app;
    return c;
}

void completer_free(struct completer *c)
{
    if (!c)
        return;
    foldercache_free(c->app->folders);
    c->app->folders = NULL;
    free(c);
}

/* ---- folders here ---- */

/* A link to a folder is one. */
static enum entry_type type_of(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, 0) == 0 && S_ISDIR(st.st_mode) ? ENTRY_DIR : ENTRY_FILE;
}

static int offer_local(const char *path, struct candidates *to, struct err *err)
{
    DIR *dir = opendir(*path ? path : ".");
    int rc = 0;
    if (!dir)
        return 0;
    for (struct dirent *e; rc == 0 && (e = readdir(dir));) {
        if (strncmp(e->d_name, to->base, strlen(to->base)) == 0)
            rc = candidates_entry(to, e->d_name, type_of(dirfd(dir), e->d_name), err);
    }
    closedir(dir);
    return rc;
}

/* ---- and there ---- */

/* Says what is waited for once that takes long: a thread of its own, while the one that draws
 * waits for the server. */
struct notice {
    struct completer *completer;
    const char *path;
    struct cancel *done;
    pthread_t thread;
    bool started, shown;
};

static void *show_when_slow(void *ctx)
{
    struct notice *n = ctx;
    struct wait w = {n->done, DEADLINE_NEVER};
    char text[256];
    if (wait_fds(&w, NULL, 0, deadline_in(SLOW_MS), NULL) != 0)
        return NULL;
    FILE *screen = editor_screen(n->completer->editor);
    int room = editor_columns(n->completer->editor) - (int) sizeof "listing ... (Ctrl-C stops it)";
    text_fit(text, sizeof text, n->path, room > 0 ? room : 0);
    editor_hide(n->completer->editor);
    fprintf(screen, "listing %s... (Ctrl-C stops it)", text);
    fflush(screen);
    n->shown = true;
    return NULL;
}

/* Help, not need: without a thread nothing is said. */
static void notice_begin(struct notice *n)
{
    n->done = cancel_new(NULL);
    n->started = n->done && pthread_create(&n->thread, NULL, show_when_slow, n) == 0;
}

static void notice_end(struct notice *n)
{
    if (n->started) {
        cancel_raise(n->done);
        pthread_join(n->thread, NULL);
    }
    cancel_free(n->done);
    if (!n->shown)
        return;
    fprintf(editor_screen(n->completer->editor), term_is_dumb() ? "\n" : "\r\033[K");
    editor_show(n->completer->editor);
}

/* `shown` is the folder as it is told of. */
static int fetch(struct completer *c, const char *path, const char *shown, struct items *items,
                 struct err *err)
{
    struct app *app = c->app;
    struct notice notice = {.completer = c, .path = shown};
    struct list_options options = {.no_times = true};
    bool noisy = app->settings.verbose;
    app->wait.limit = deadline_in(FETCH_MS);
    if (noisy)
        editor_hide(c->editor);
    else
        notice_begin(&notice);
    size_t before = app->attempts.n;
    app->typing = true;
    int rc = list_stream(&app->mover, path, &options, items_collect, items, NULL, err);
    app->typing = false;
    if (noisy)
        editor_show(c->editor);
    else
        notice_end(&notice);
    app->wait.limit = DEADLINE_NEVER;
    app->untold += app->attempts.n - before;
    return rc;
}

/* What was listed before, or is listed now; NULL with err. */
static const struct items *remote_folder(struct completer *c, const char *path, struct err *err)
{
    struct app *app = c->app;
    struct items items = {0};
    char key[PATH_BYTES];
    if (background_count(app) > 0) /* what it changes is not known */
        foldercache_drop(app->folders);
    if (path_join(session_cwd(app->session), path, key, err) < 0)
        return NULL;
    const struct items *kept =
        foldercache_find(app->folders, session_generation(app->session), key, clock_now_ms());
    if (kept)
        return kept;
    if (fetch(c, path, key, &items, err) == 0)
        kept = foldercache_put(app->folders, session_generation(app->session), key, &items,
                               clock_now_ms(), err);
    items_clear(&items);
    return kept;
}

static int offer_remote(struct completer *c, const char *path, struct candidates *to,
                        struct err *err)
{
    char folder[PATH_BYTES];
    if (!c->app->session)
        return 0;
    snprintf(folder, sizeof folder, "%s", path);
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        folder[--len] = '\0';
    const struct items *items = remote_folder(c, folder, err);
    int rc = items ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < items->n; i++)
        rc = candidates_entry(to, items->list[i].name, items->list[i].type, err);
    return rc;
}

static int offer_folder(void *ctx, bool remote, const char *path, struct candidates *to,
                        struct err *err)
{
    return remote ? offer_remote(ctx, path, to, err) : offer_local(path, to, err);
}

/* ---- names ---- */

static int offer_host(void *to, const char *host, struct err *err)
{
    return candidates_name(to, host, err);
}

/* A file of ours that cannot be read offers nothing: whoever uses it is told why. */
static int offer_bookmarks(struct candidates *to, struct err *err)
{
    struct bookmarks bookmarks;
    struct err ignored = ERR_INIT;
    int rc = 0;
    bookmarks_load(&bookmarks, &ignored);
    for (size_t i = 0; rc == 0 && i < bookmarks.n; i++)
        rc = candidates_name(to, bookmarks.list[i].name, err);
    bookmarks_clear(&bookmarks);
    return rc;
}

static int offer_defined(const struct dictionary *d, struct candidates *to, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < d->n; i++)
        rc = candidates_name(to, d->list[i].name, err);
    return rc;
}

static int offer_job(void *to, const struct task_view *v, struct err *err)
{
    char number[16];
    snprintf(number, sizeof number, "%d", v->number);
    return candidates_name(to, number, err);
}

static int offer_names(void *ctx, enum names_of what, struct candidates *to, struct err *err)
{
    struct app *app = ((struct completer *) ctx)->app;
    switch (what) {
    case NAMES_HOSTS:
        return hosts_each(app->layers, offer_host, to, err);
    case NAMES_BOOKMARKS:
        return offer_bookmarks(to, err);
    case NAMES_VARIABLES:
        return offer_defined(&app->variables, to, err);
    case NAMES_ALIASES:
        return offer_defined(&app->aliases, to, err);
    case NAMES_JOBS:
        return background_each(app, offer_job, to, err);
    }
    return 0;
}

/* The first word of what it stands for. */
static bool find_alias(void *ctx, const char *name, char *dst, size_t size)
{
    const struct app *app = ((struct completer *) ctx)->app;
    const char *text = dictionary_get(&app->aliases, name);
    size_t start = 0, len = text ? words_command(text, 0, &start) : 0;
    if (len == 0 || len >= size)
        return false;
    memcpy(dst, text + start, len);
    dst[len] = '\0';
    return true;
}

/* ---- the list ---- */

/* The first `n` in columns. */
static void show_rows(struct completer *c, const struct columns *columns, const int *widths,
                      size_t n)
{
    const struct candidate *list = c->found.all.list;
    FILE *screen = editor_screen(c->editor);
    for (size_t row = 0; row < columns->rows; row++) {
        for (size_t i = row, column = 0; i < n; i += columns->rows, column++) {
            char mark[2] = {list[i].mark, '\0'};
            int gap = i + columns->rows < n ? columns->widths[column] - widths[i] : 0;
            fprintf(screen, "%s%s%*s", list[i].text, mark, gap, "");
        }
        fputc('\n', screen);
    }
    if (n < c->found.all.n)
        fprintf(screen, "... and %zu more\n", c->found.all.n - n);
}

/* How many of them the screen has room for, the prompt's line below them. */
static size_t fit_screen(struct completer *c, const int *widths, struct columns *columns)
{
    int height = term_height(fileno(editor_screen(c->editor)));
    size_t rows = height > 6 ? (size_t) height - 3 : 3, n = c->found.all.n;
    columns_fit(widths, n, editor_columns(c->editor), columns);
    while (columns->rows > rows) {
        n = rows * columns->count;
        columns_fit(widths, n, editor_columns(c->editor), columns);
    }
    return n;
}

static void show_all(struct completer *c)
{
    const struct candidates *all = &c->found.all;
    int *widths = calloc(all->n, sizeof *widths);
    struct columns columns;
    if (!widths)
        return;
    for (size_t i = 0; i < all->n; i++)
        widths[i] = text_width(all->list[i].text) + (all->list[i].mark != '\0');
    size_t n = fit_screen(c, widths, &columns);
    editor_hide(c->editor);
    show_rows(c, &columns, widths, n);
    editor_show(c->editor);
    free(widths);
}

/* ---- Tab ---- */

/* A folder that is not there is no news; what concerns the connection is. */
static enum editor_key refuse(struct completer *c, const struct err *err)
{
    if (err->code == ERR_CANCELLED && !signals_ending())
        cancel_lower(c->app->cancel);
    if (err->code == ERR_CANCELLED || err->code == ERR_REPLY_PERMANENT ||
        err->code == ERR_REPLY_TRANSIENT)
        return KEY_REFUSED;
    editor_hide(c->editor);
    app_complain(c->app, "completion", err, c->app->attempts.n);
    editor_show(c->editor);
    return KEY_REFUSED;
}

/* The line up to the cursor; false where it is longer than any that is run. */
static bool copy_line(struct completer *c, char dst[LINE_BYTES], char *behind)
{
    size_t len, cursor;
    const char *line = editor_line(c->editor, &len, &cursor);
    if (cursor >= LINE_BYTES)
        return false;
    memcpy(dst, line, cursor);
    dst[cursor] = '\0';
    *behind = cursor < len ? line[cursor] : '\0';
    return true;
}

static enum editor_key apply(struct completer *c)
{
    const struct completion *found = &c->found;
    char behind;
    if (found->all.n == 0)
        return KEY_REFUSED;
    bool again = strcmp(c->before, c->left) == 0;
    if (found->insert[0])
        editor_insert(c->editor, found->insert);
    else if (!found->unique && again)
        show_all(c);
    if (!copy_line(c, c->left, &behind))
        c->left[0] = '\0';
    return found->unique || found->insert[0] || again ? KEY_DONE : KEY_REFUSED;
}

enum editor_key completer_on_tab(struct editor *e, void *completer)
{
    struct completer *c = completer;
    const struct words_values values = {variables_find, c->app};
    const struct complete_world world = {.ctx = c,
                                         .values = &values,
                                         .folder = offer_folder,
                                         .names = offer_names,
                                         .alias = find_alias};
    struct err err = ERR_INIT;
    char behind;
    c->editor = e;
    if (!copy_line(c, c->before, &behind))
        return KEY_REFUSED;
    int rc = complete(c->before, behind, &world, &c->found, &err);
    enum editor_key key = rc < 0 ? refuse(c, &err) : apply(c);
    completion_clear(&c->found);
    return key;
}
