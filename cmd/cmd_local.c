#include "handlers.h"

#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int cmd_lcd(struct app *app, int argc, char **argv, struct err *err)
{
    (void) app;
    const char *to = argc > 1 ? argv[1] : getenv("HOME");
    if (!to)
        return err_set(err, ERR_USAGE, "no home folder is known");
    return chdir(to) < 0 ? err_set_sys(err, ERR_LOCAL, errno, "%s", to) : 0;
}

int cmd_lpwd(struct app *app, int argc, char **argv, struct err *err)
{
    char path[PATH_BYTES];
    (void) argc;
    (void) argv;
    if (!getcwd(path, sizeof path))
        return err_set_sys(err, ERR_LOCAL, errno, "getcwd");
    fprintf(app->out, "%s\n", path);
    return 0;
}

/* In the child: its output goes where results go. */
static void become(char **argv, int out)
{
    if (out == STDOUT_FILENO || dup2(out, STDOUT_FILENO) >= 0)
        execvp(argv[0], argv);
    _exit(127);
}

/* Ctrl-C reaches the child as well: it decides when to end. */
static int wait_for(pid_t pid, const char *name, struct err *err)
{
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return err_set_sys(err, ERR_LOCAL, errno, "waitpid");
    }
    if (WIFSIGNALED(status))
        return err_set(err, ERR_LOCAL, "%s was ended by signal %d", name, WTERMSIG(status));
    if (WEXITSTATUS(status) == 127)
        return err_set(err, ERR_LOCAL, "%s: not found", name);
    if (WEXITSTATUS(status) != 0)
        return err_set(err, ERR_LOCAL, "exit status %d", WEXITSTATUS(status));
    return 0;
}

static int run_program(struct app *app, char **argv, struct err *err)
{
    fflush(app->out);
    pid_t pid = fork();
    if (pid < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "fork");
    if (pid == 0)
        become(argv, fileno(app->out));
    return wait_for(pid, argv[0], err);
}

int cmd_lls(struct app *app, int argc, char **argv, struct err *err)
{
    static char name[] = "ls";
    char *words[WORDS_MAX + 2] = {name};
    for (int i = 1; i < argc; i++)
        words[i] = argv[i];
    return run_program(app, words, err);
}

/* The line arrives as one word, or, from the command line of ftpsh, as several. */
int cmd_shell(struct app *app, int argc, char **argv, struct err *err)
{
    static char sh[] = "sh", dash_c[] = "-c";
    char line[LINE_BYTES] = "";
    size_t len = 0;
    for (int i = 1; i < argc; i++) {
        int n = snprintf(line + len, sizeof line - len, "%s%s", i > 1 ? " " : "", argv[i]);
        if (n < 0 || (size_t) n >= sizeof line - len)
            return err_set(err, ERR_USAGE, "the line is too long");
        len += (size_t) n;
    }
    char *shell = getenv("SHELL");
    char *interactive[] = {shell && *shell ? shell : sh, NULL};
    char *one[] = {sh, dash_c, line, NULL};
    return run_program(app, argc > 1 ? one : interactive, err);
}
