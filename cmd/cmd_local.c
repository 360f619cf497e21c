#include "handlers.h"

#include "background.h"
#include "child.h"
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cmd_lcd(struct app *app, int argc, char **argv, struct err *err)
{
    const char *to = argc > 1 ? argv[1] : getenv("HOME");
    if (!to)
        return err_set(err, ERR_USAGE, "no home folder is known");
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
