#include "run.h"

#include "background.h"
#include "commands.h"
#include "output.h"
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    if (w->out == OUT_PIPE)
        return output_pipe(app, w->out_to, reader, err);
    FILE *f = fopen(w->out_to, w->out == OUT_APPEND ? "a" : "w");
    if (!f)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", w->out_to);
    app->out = f;
    return 0;
}

static int close_redirection(struct app *app, const struct words *w, const struct child *reader,
                             int rc, struct err *err)
{
    if (w->out == OUT_PIPE)
        return output_pipe_end(app, "the pipe's command", reader, rc, err);
    FILE *f = app->out;
    app->out = stdout;
    if (fclose(f) != 0 && rc == 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", w->out_to);
    return rc;
}

static int run_parsed(struct app *app, struct words *w, const char *where, struct err *err)
{
    int argc = w->argc;
    char **argv = w->argv, **patterns = w->patterns;
    bool marked = take_mark(&argc, &argv, &patterns);
    if (w->background && background_add(app, false, argc, argv, patterns, err) == 0)
        return 0;
    if (w->background)
        return settle(app, where, argv[0], marked, app->attempts.n, err);
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
