#include "run.h"

#include "commands.h"
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "- get x" and "-get x": a failure of this one ends nothing. */
static bool take_mark(int *argc, char ***argv)
{
    char **words = *argv;
    if (words[0][0] != '-')
        return false;
    words[0]++;
    if (!words[0][0] && *argc > 1) {
        *argv += 1;
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
    app_complain(app, context, err, from);
    if (marked && err->code != ERR_CANCELLED) {
        err_clear(err);
        return 0;
    }
    report_failure(&app->report, err);
    return -1;
}

static int run_marked(struct app *app, int argc, char **argv, const char *where, bool marked,
                      struct err *err)
{
    size_t from = app->attempts.n;
    if (command_run(app, argc, argv, err) == 0)
        return 0;
    return settle(app, where, argv[0], marked, from, err);
}

int run_words(struct app *app, int argc, char **argv, const char *where, struct err *err)
{
    return run_marked(app, argc, argv, where, false, err);
}

static int open_redirection(struct app *app, const struct words *w, struct err *err)
{
    FILE *f;
    if (w->out == OUT_PIPE) {
        fflush(stdout);
        f = popen(w->out_to, "w");
    } else {
        f = fopen(w->out_to, w->out == OUT_APPEND ? "a" : "w");
    }
    if (!f)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", w->out_to);
    app->out = f;
    return 0;
}

/* A reader such as head(1) that has had enough is no failure. */
static int close_redirection(struct app *app, const struct words *w, int rc, struct err *err)
{
    FILE *f = app->out;
    app->out = stdout;
    if (w->out == OUT_PIPE) {
        pclose(f);
        if (rc < 0 && err->sys == EPIPE) {
            err_clear(err);
            return 0;
        }
        return rc;
    }
    if (fclose(f) != 0 && rc == 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", w->out_to);
    return rc;
}

static int run_parsed(struct app *app, struct words *w, const char *where, struct err *err)
{
    int argc = w->argc;
    char **argv = w->argv;
    bool marked = take_mark(&argc, &argv);
    if (w->out == OUT_STANDARD)
        return run_marked(app, argc, argv, where, marked, err);
    size_t from = app->attempts.n;
    if (command_check(argc, argv, err) == 0 && open_redirection(app, w, err) == 0) {
        int rc = command_run(app, argc, argv, err);
        if (close_redirection(app, w, rc, err) == 0)
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
