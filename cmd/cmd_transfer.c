#include "handlers.h"

#include "arguments.h"
#include "cat.h"
#include "transfers.h"
#include "xfer/stat.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A name that stands for standard input or output. */
#define STANDARD "-"

static bool is_standard(const char *name)
{
    return name && strcmp(name, STANDARD) == 0;
}

static bool is_folder(const char *path)
{
    struct stat st;
    size_t len = strlen(path);
    return (len > 0 && path[len - 1] == '/') || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/* ---- where it goes ---- */

/* What the words say of it. */
struct aim {
    const char *folder; /* NULL: here */
    const char *name;   /* NULL: the source's own */
};

/* `last` is the argument behind the sources, NULL for none: a name, or a folder where `is_place`
 * says so. */
static int aim_read(struct aim *aim, const struct app *app, const char *last, bool is_place,
                    int sources, struct err *err)
{
    const char *name = app_option(app, "o"), *folder = app_option(app, "O");
    if (last && (name || folder))
        return err_set(err, ERR_USAGE, "%s: give it, or -o and -O, not both", last);
    *aim = (struct aim){folder, name};
    if (last && is_place)
        aim->folder = last;
    else if (last)
        aim->name = last;
    if (aim->name && sources > 1)
        return err_set(err, ERR_USAGE, "%d files can't all become %s", sources, aim->name);
    return 0;
}

static int aim_path(const struct aim *aim, const char *source, char dst[PATH_BYTES],
                    struct err *err)
{
    const char *name = aim->name ? aim->name : path_last(source);
    if (!aim->name && !path_is_single(name))
        return err_set(err, ERR_USAGE, "'%s' can't name the copy; give a name", source);
    return path_join(aim->folder ? aim->folder : "", name, dst, err);
}

/* Folders are copied whole with -r, and passed over without. */
static int add_source(struct transfers *t, const struct aim *aim, const char *name, bool is_dir,
                      const struct item *item, struct err *err)
{
    char to[PATH_BYTES];
    if (is_dir && !app_option(t->app, "recursive")) {
        app_say(t->app, "%s: skipped, it is a folder", name);
        return 0;
    }
    if (aim_path(aim, name, to, err) < 0)
        return -1;
    return is_dir ? transfers_add_tree(t, name, to, err) : transfers_add(t, name, to, item, err);
}

/* ---- down ---- */

/* What was named, and not found by a pattern, is looked at only where that matters. */
static int is_remote_folder(struct app *app, int i, const char *name, struct err *err)
{
    const struct item *item = app_item(app, i);
    if (item)
        return item->type == ENTRY_DIR;
    return app_option(app, "recursive") ? stat_is_folder(&app->mover, name, err) : 0;
}

/* What patterns found; folders among that are passed over. */
static int add_gets(struct transfers *t, const struct aim *aim, int n, char **argv, struct err *err)
{
    if (aim->folder && !is_folder(aim->folder))
        return err_set(err, ERR_LOCAL, "%s is no folder", aim->folder);
    for (int i = 1; i <= n; i++) {
        int is_dir = is_remote_folder(t->app, i, argv[i], err);
        if (is_dir < 0 || add_source(t, aim, argv[i], is_dir > 0, app_item(t->app, i), err) < 0)
            return -1;
    }
    return 0;
}

/* To standard output, where nothing can be continued or passed over. */
static int get_to_output(struct transfers *t, int n, char **argv, struct err *err)
{
    const struct get_options *o = &t->get;
    if (o->resume || o->newer || o->no_clobber || o->remove_source || o->max_size >= 0 ||
        o->segments)
        return err_set(err, ERR_USAGE,
                       "-c, -E, -n, --newer, --no-clobber and --max-size are for files, not for "
                       "standard output");
    if (t->app->background)
        return err_set(err, ERR_USAGE, "standard output is for commands in the foreground");
    return cat_files(t->app, n, argv + 1, CAT_PLAIN, err);
}

static int get_all(struct app *app, int argc, char **argv, int n, bool resume, struct err *err)
{
    struct transfers t;
    struct aim aim;
    const char *last = argc - 1 > n ? argv[argc - 1] : NULL;
    int rc = transfers_begin(&t, app, TRANSFER_GET, err);
    t.get.resume |= resume;
    bool is_place = last && !is_standard(last) && (is_folder(last) || n > 1);
    if (rc == 0)
        rc = aim_read(&aim, app, last, is_place, is_standard(last) ? 1 : n, err);
    if (rc == 0 && is_standard(aim.name) && !aim.folder) {
        rc = get_to_output(&t, n, argv, err);
    } else if (rc == 0) {
        rc = add_gets(&t, &aim, n, argv, err);
        if (rc == 0)
            rc = transfers_run(&t, err);
    }
    transfers_clear(&t);
    return rc;
}

int cmd_get(struct app *app, int argc, char **argv, struct err *err)
{
    return get_all(app, argc, argv, app_spread(app, 1), false, err);
}

int cmd_reget(struct app *app, int argc, char **argv, struct err *err)
{
    return get_all(app, argc, argv, app_spread(app, 1), true, err);
}

int cmd_mget(struct app *app, int argc, char **argv, struct err *err)
{
    return get_all(app, argc, argv, argc - 1, false, err);
}

/* ---- up ---- */

static bool ends_in_slash(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && name[len - 1] == '/';
}

/* Standard input is where commands come from, unless they stand elsewhere. */
static int check_input(const struct app *app, struct err *err)
{
    if (app->background)
        return err_set(err, ERR_USAGE, "standard input is for commands in the foreground");
    const struct settings *s = &app->settings;
    bool elsewhere = s->commands || (s->batch_file && !is_standard(s->batch_file));
    if (app->mode == MODE_ONE_SHOT || (app->mode == MODE_BATCH && elsewhere))
        return 0;
    return err_set(err, ERR_USAGE,
                   "commands are read from standard input: it can't be uploaded here");
}

static int put_input(struct transfers *t, const struct aim *aim, struct err *err)
{
    char remote[PATH_BYTES];
    if (!aim->name)
        return err_set(err, ERR_USAGE, "standard input has no name: give a remote one");
    if (check_input(t->app, err) < 0 || aim_path(aim, STANDARD, remote, err) < 0)
        return -1;
    t->put.fd = STDIN_FILENO;
    t->put.remove_source = false;
    return transfers_add(t, STANDARD, remote, NULL, err);
}

static int add_puts(struct transfers *t, const struct aim *aim, int n, char **argv, struct err *err)
{
    bool recursive = app_option(t->app, "recursive") != NULL;
    for (int i = 1; i <= n; i++) {
        const struct item *item = app_item(t->app, i);
        bool is_dir = item ? item->type == ENTRY_DIR : recursive && is_folder(argv[i]);
        if (add_source(t, aim, argv[i], is_dir, NULL, err) < 0)
            return -1;
    }
    return 0;
}

struct put_kind {
    bool resume, append;
};

static int put_all(struct app *app, int argc, char **argv, int n, struct put_kind kind,
                   struct err *err)
{
    struct transfers t;
    struct aim aim;
    const char *last = argc - 1 > n ? argv[argc - 1] : NULL;
    int rc = transfers_begin(&t, app, TRANSFER_PUT, err);
    t.put.resume |= kind.resume;
    t.put.append = kind.append;
    if (rc == 0)
        rc = aim_read(&aim, app, last, last && (ends_in_slash(last) || n > 1), n, err);
    if (rc == 0)
        rc = n == 1 && is_standard(argv[1]) ? put_input(&t, &aim, err)
                                            : add_puts(&t, &aim, n, argv, err);
    if (rc == 0)
        rc = transfers_run(&t, err);
    transfers_clear(&t);
    return rc;
}

int cmd_put(struct app *app, int argc, char **argv, struct err *err)
{
    return put_all(app, argc, argv, app_spread(app, 1), (struct put_kind){0}, err);
}

int cmd_reput(struct app *app, int argc, char **argv, struct err *err)
{
    return put_all(app, argc, argv, app_spread(app, 1), (struct put_kind){.resume = true}, err);
}

int cmd_mput(struct app *app, int argc, char **argv, struct err *err)
{
    return put_all(app, argc, argv, argc - 1, (struct put_kind){0}, err);
}

int cmd_append(struct app *app, int argc, char **argv, struct err *err)
{
    return put_all(app, argc, argv, app_spread(app, 1), (struct put_kind){.append = true}, err);
}
