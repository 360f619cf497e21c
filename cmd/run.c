#include "run.h"

#include "child.h"
#include "commands.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* "- get x" and "-get x": a failure of this one ends nothing. */
static bool take_mark(int *argc, char ***argv, char ***patterns)
{
    char **words = *argv;
    if (words[0][0] != '-')
        return false;
    words[0]++;
    if (!words[0][0] && *argc > 1) {
        *argv += 1;
        *patterns += 1;
        *argc -= 1;
    }
    return true;
}

/* Reports a failure. 0 when it is to be passed over. */
static int settle(struct app *app, const char *where, const char *name, bool marked, size_t from,
                  struct err *err)
{
    char context[512];
    snprintf(context, sizeof context, "%s%s%s", where, *where && *name ? ": " : "", name);
    if (!app->told)
        app_complain(app, context, err, from);
    app->told = false;
    if (marked && err->code != ERR_CANCELLED) {
        err_clear(err);
        return 0;
    }
    report_failure(&app->report, err);
    return -1;
}

static int run_marked(struct app *app, int argc, char **argv, char *const *patterns,
                      const char *where, bool marked, struct err *err)
{
    size_t from = app->attempts.n;
    app->where = where;
    if (command_run(app, argc, argv, patterns, err) == 0)
        return 0;
    return settle(app, where, argv[0], marked, from, err);
}

int run_words(struct app *app, int argc, char **argv, const char *where, struct err *err)
{
    return run_marked(app, argc, argv, NULL, where, false, err);
}

/* Where the result of one command goes. */
static int open_redirection(struct app *app, const struct words *w, struct child *reader,
                            struct err *err)
{
    FILE *f = NULL;
    app->piped = w->out == OUT_PIPE;
    if (app->piped) {
        fflush(stdout);
        int fd = child_start_reader(reader, w->out_to, err);
        if (fd < 0)
            return -1;
        f = fdopen(fd, "w");
    } else {
        f = fopen(w->out_to, w->out == OUT_APPEND ? "a" : "w");
    }
    if (!f)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", w->out_to);
    app->out = f;
    return 0;
}

/* A reader such as head(1) that has had enough is no failure, but one that failed is, whether or
 * not all could be written. */
static int judge_reader(int rc, int status, struct err *err)
{
    bool unread = rc < 0 && err->sys == EPIPE;
    if (rc < 0 && !unread)
        return rc;
    err_clear(err);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)
        return 0;
    return child_check("the pipe's command", status, err);
}

static int close_pipe(struct app *app, FILE *f, const struct child *reader, int rc, struct err *err)
{
    int status;
    app->piped = false;
    /* nothing is left where all went well; else what is left must not keep us */
    if (rc < 0)
        fcntl(fileno(f), F_SETFL, O_NONBLOCK);
    fclose(f);
    if (child_wait(reader, &app->wait, &status, rc < 0 ? NULL : err) < 0)
        return -1;
    return judge_reader(rc, status, err);
}

static int close_redirection(struct app *app, const struct words *w, const struct child *reader,
                             int rc, struct err *err)
{
    FILE *f = app->out;
    app->out = stdout;
    if (w->out == OUT_PIPE)
        return close_pipe(app, f, reader, rc, err);
    if (fclose(f) != 0 && rc == 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", w->out_to);
    return rc;
}

static int run_parsed(struct app *app, struct words *w, const char *where, struct err *err)
{
    int argc = w->argc;
    char **argv = w->argv, **patterns = w->patterns;
    bool marked = take_mark(&argc, &argv, &patterns);
    if (w->out == OUT_STANDARD)
        return run_marked(app, argc, argv, patterns, where, marked, err);
    size_t from = app->attempts.n;
    struct child reader;
    if (command_check(argc, argv, err) == 0 && open_redirection(app, w, &reader, err) == 0) {
        app->where = where;
        int rc = command_run(app, argc, argv, patterns, err);
        if (close_redirection(app, w, &reader, rc, err) == 0)
            return 0;
    }
    return settle(app, where, argv[0], marked, from, err);
}

int run_line(struct app *app, const char *line, const char *where, struct err *err)
{
    struct words *w = malloc(sizeof *w);
    size_t pos = 0;
    int rc = 0;
    if (!w)
        return err_set(err, ERR_LOCAL, "out of memory");
    while (rc == 0 && !app->quit) {
        int got = words_next(line, &pos, w, err);
        if (got == 0)
            break;
        rc = got < 0 ? settle(app, where, "", false, app->attempts.n, err)
                     : run_parsed(app, w, where, err);
    }
    free(w);
    return rc;
}
