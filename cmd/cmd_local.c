#include "handlers.h"

#include "arguments.h"
#include "background.h"
#include "child.h"
#include "home.h"
#include "localtree.h"
#include "parts.h"
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int cmd_lcd(struct app *app, int argc, char **argv, struct err *err)
{
    const char *to = argc > 1 ? argv[1] : home_folder(err);
    if (!to)
        return -1;
    if (background_needs_folder(app))
        return err_set(err, ERR_USAGE,
                       "commands in the background need the local folder: wait for them, or kill "
                       "them");
    return chdir(to) < 0 ? err_set_sys(err, ERR_LOCAL, errno, "%s", to) : 0;
}

int cmd_lpwd(struct app *app, int argc, char **argv, struct err *err)
{
    char path[PATH_BYTES];
    (void) argc;
    (void) argv;
    if (!getcwd(path, sizeof path))
        return err_set_sys(err, ERR_LOCAL, errno, "getcwd");
    return print_path(app, path, err);
}

static int run_program(struct app *app, const char *const argv[], const char *name, struct err *err)
{
    struct child c;
    int status;
    fflush(app->out);
    if (child_start(&c, argv, STDIN_FILENO, fileno(app->out), err) < 0 ||
        child_wait(&c, &app->wait, &status, err) < 0)
        return -1;
    return child_check(name, status, err);
}

int cmd_lls(struct app *app, int argc, char **argv, struct err *err)
{
    const char *words[WORDS_MAX + 2] = {"ls"};
    for (int i = 1; i < argc; i++)
        words[i] = argv[i];
    return run_program(app, words, "ls", err);
}

/* The line arrives as one word, or, from the command line of ftpsh, as several. */
int cmd_shell(struct app *app, int argc, char **argv, struct err *err)
{
    char line[LINE_BYTES] = "";
    size_t len = 0;
    for (int i = 1; i < argc; i++) {
        int n = snprintf(line + len, sizeof line - len, "%s%s", i > 1 ? " " : "", argv[i]);
        if (n < 0 || (size_t) n >= sizeof line - len)
            return err_set(err, ERR_USAGE, "the line is too long");
        len += (size_t) n;
    }
    const char *shell = getenv("SHELL");
    const char *interactive[] = {shell && *shell ? shell : "sh", NULL};
    const char *one[] = {"sh", "-c", line, NULL};
    return run_program(app, argc > 1 ? one : interactive, "the command", err);
}

/* ---- files and folders here ---- */

/* A part has failed: the others go on, unless an interrupt or --timeout ends them. 0 or -1. */
static int go_on(struct parts *parts, const struct err *why, struct err *err)
{
    if (why->code != ERR_LOCAL && why->code != ERR_USAGE)
        return err_take(err, why);
    parts_note(parts, why);
    return 0;
}

/* Folders above it where `above`; one that is there is then no failure. */
static int make_local(const char *path, bool above, struct err *err)
{
    struct stat st;
    char parent[PATH_BYTES];
    if (mkdir(path, 0777) == 0)
        return 0;
    int why = errno;
    if (above && why == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    if (!above || why != ENOENT || len == 0 || len >= sizeof parent)
        return err_set_sys(err, ERR_LOCAL, why, "%s", path);
    snprintf(parent, sizeof parent, "%.*s", (int) len - 1, path);
    if (make_local(parent, true, err) < 0)
        return -1;
    return mkdir(path, 0777) < 0 ? err_set_sys(err, ERR_LOCAL, errno, "%s", path) : 0;
}

static int make_local_folder(struct app *app, const char *path, struct err *err)
{
    return make_local(path, app_option(app, "p") != NULL, err);
}

int cmd_lmkdir(struct app *app, int argc, char **argv, struct err *err)
{
    return parts_each_or(app, make_local_folder, go_on, argc, argv, err);
}

/* "a/.", "..", "/": nobody means these. */
static bool names_itself(const char *path)
{
    char bare[PATH_BYTES];
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        len--;
    snprintf(bare, sizeof bare, "%.*s", (int) len, path);
    return !path_is_single(path_last(bare));
}

static int remove_local(struct app *app, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    if (names_itself(path))
        return err_set(err, ERR_USAGE, "'%s' is not removed", path);
    if (localtree_remove(path, app_option(app, "r") != NULL, &app->wait, &why) == 0)
        return 0;
    return why.sys == ENOENT && app_option(app, "f") ? 0 : err_take(err, &why);
}

int cmd_lrm(struct app *app, int argc, char **argv, struct err *err)
{
    return parts_each_or(app, remove_local, go_on, argc, argv, err);
}

/* rename(2) would write over what is there. */
static int rename_kept(const char *from, const char *to, struct err *err)
{
    struct stat a, b;
    if (lstat(from, &a) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", from);
    /* on folders that take two cases for one, the same file may be there under the new name */
    if (lstat(to, &b) == 0 && !(a.st_dev == b.st_dev && a.st_ino == b.st_ino))
        return err_set(err, ERR_LOCAL, "%s is there already; -f writes over it", to);
    return 0;
}

static int move_local(struct app *app, const char *from, const char *to, struct err *err)
{
    if (!app_option(app, "f") && rename_kept(from, to, err) < 0)
        return -1;
    if (rename(from, to) == 0)
        return 0;
    if (errno == EXDEV)
        return err_set(err, ERR_LOCAL, "%s lies on another file system than %s: use '! mv'", to,
                       from);
    return err_set_sys(err, ERR_LOCAL, errno, "%s to %s", from, to);
}

int cmd_lmv(struct app *app, int argc, char **argv, struct err *err)
{
    struct stat st;
    char into[PATH_BYTES];
    struct parts parts = parts_begin(app);
    int n = app_spread(app, 1), rc = 0;
    const char *to = argv[argc - 1];
    bool folder = stat(to, &st) == 0 && S_ISDIR(st.st_mode);
    if (n > 1 && !folder)
        return err_set(err, ERR_USAGE, "%d files can't all become %s", n, to);
    for (int i = 1; rc == 0 && i <= n; i++) {
        struct err why = ERR_INIT;
        if ((folder && path_join(to, path_last(argv[i]), into, &why) < 0) ||
            move_local(app, argv[i], folder ? into : to, &why) < 0)
            rc = n > 1 ? go_on(&parts, &why, err) : err_take(err, &why);
    }
    return parts_end(&parts, rc, err);
}
