#include "run.h"

#include "aliases.h"
#include "background.h"
#include "base/buf.h"
#include "commands.h"
#include "home.h"
#include "output.h"
#include "secrecy.h"
#include "status.h"
#include "variables.h"

#include <stdlib.h>
#include <string.h>

/* "- get x" and "-get x": a failure of this one ends nothing. */
static bool take_mark(int *argc, char ***argv, char ***patterns)
{
    char **words = *argv;
    if (words[0][0] != '-' || (!words[0][1] && *argc == 1))
        return false;
    words[0]++;
    if (!words[0][0] && *argc > 1) {
        *argv += 1;
        *patterns += 1;
        *argc -= 1;
    }
    return true;
}

/* Says how the command went, and remembers it for "$?". */
static int settle(struct app *app, const char *where, const char *name, size_t from, int rc,
                  struct err *err)
{
    char shown[512], context[1024];
    app->last_status = rc < 0 ? status_of(err->code) : 0;
    if (rc == 0)
        return 0;
    snprintf(shown, sizeof shown, "%s", name);
    secrecy_cut_word(shown); /* a target where a command stands */
    snprintf(context, sizeof context, "%s%s%s", where, *where && *name ? ": " : "", shown);
    if (!app->told)
        app_complain(app, context, err, from);
    app->told = false;
    return -1;
}

static int run_plain(struct app *app, int argc, char **argv, char *const *patterns,
                     const char *where, struct err *err)
{
    size_t from = app->attempts.n;
    const char *outer = app->where;
    app->where = where;
    int rc = command_run(app, argc, argv, patterns, err);
    app->where = outer;
    return settle(app, where, argv[0], from, rc, err);
}

int run_words(struct app *app, int argc, char **argv, const char *where, struct err *err)
{
    if (run_plain(app, argc, argv, NULL, where, err) == 0)
        return 0;
    report_failure(&app->report, err);
    return -1;
}

/* Where the result of one command goes. */
static int open_outlet(struct app *app, const struct words *w, struct outlet *o, struct err *err)
{
    if (w->out == OUT_PIPE)
        return output_pipe(app, w->out_to, o, err);
    char path[PATH_BYTES];
    bool home = w->out_home && home_is_meant(w->out_to);
    if (home && home_expand(w->out_to, false, path, sizeof path, err) < 0)
        return -1;
    return output_file(app, home ? path : w->out_to, w->out == OUT_APPEND, o, err);
}

static int close_outlet(struct app *app, const struct words *w, const struct outlet *o, int rc,
                        struct err *err)
{
    if (w->out == OUT_PIPE)
        return output_pipe_end(app, "the pipe's command", o, rc, err);
    return output_file_end(app, w->out_to, o, rc, err);
}

static int run_redirected(struct app *app, const struct words *w, int argc, char **argv,
                          char *const *patterns, const char *where, struct err *err)
{
    size_t from = app->attempts.n;
    struct outlet outlet;
    int rc = -1;
    if (command_check(argc, argv, &app->aliases, err) == 0 &&
        open_outlet(app, w, &outlet, err) == 0) {
        const char *outer = app->where;
        app->where = where;
        rc = command_run(app, argc, argv, patterns, err);
        rc = close_outlet(app, w, &outlet, rc, err);
        app->where = outer;
    }
    return settle(app, where, argv[0], from, rc, err);
}

static int run_parsed(struct app *app, const struct words *w, int argc, char **argv,
                      char **patterns, const char *where, struct err *err)
{
    if (w->background) {
        int rc = background_add(app, false, argc, argv, patterns, err);
        return settle(app, where, argv[0], app->attempts.n, rc, err);
    }
    if (w->out != OUT_STANDARD)
        return run_redirected(app, w, argc, argv, patterns, where, err);
    return run_plain(app, argc, argv, patterns, where, err);
}

/* ---- lines ---- */

/* A line as it is run. */
struct line {
    struct app *app;
    const char *where;
    struct alias_line text;
    size_t pos;
    struct words words;
    enum words_joint joint; /* in front of the next command */
    bool failed, marked;    /* the last that ran of those joined */
    struct err why;
    struct err first; /* failure of the line */
};

static bool is_skipped(const struct line *l)
{
    return (l->joint == JOINT_AND && l->failed) || (l->joint == JOINT_OR && !l->failed);
}

/* 1: `words` has the next command, 0: there is none, -1: it cannot be read, which is told. */
static int next_command(struct line *l)
{
    const struct words_values values = {variables_find, l->app};
    struct err err = ERR_INIT;
    int got = aliases_expand(&l->app->aliases, &l->text, &l->pos, &err);
    if (got == 0)
        got = words_next(l->text.text, &l->pos, is_skipped(l) ? NULL : &values, &l->words, &err);
    if (got >= 0)
        return got;
    if (*l->text.last)
        err_wrap(&err, "alias '%s'", l->text.last);
    l->why = err;
    return settle(l->app, l->where, "", l->app->attempts.n, -1, &err);
}

/* What was interrupted before it began does not begin. */
static bool is_interrupted(struct line *l)
{
    if (!cancel_raised(l->app->cancel))
        return false;
    err_clear(&l->why);
    err_set(&l->why, ERR_CANCELLED, "interrupted");
    l->failed = true;
    settle(l->app, l->where, l->words.argv[0], l->app->attempts.n, -1, &l->why);
    return true;
}

static void run_command(struct line *l)
{
    struct words *w = &l->words;
    int argc = w->argc;
    char **argv = w->argv, **patterns = w->patterns;
    err_clear(&l->why);
    l->marked = take_mark(&argc, &argv, &patterns);
    l->failed = run_parsed(l->app, w, argc, argv, patterns, l->where, &l->why) < 0;
}

/* The report gets what ends a file of commands when all of the file is through. */
static void note_failure(struct line *l)
{
    if (!err_is_set(&l->first))
        l->first = l->why;
    if (!l->app->script)
        report_failure(&l->app->report, &l->why);
}

/* The commands that are joined are through. Whether the next may run. */
static bool end_joined(struct line *l)
{
    if (!l->failed || (l->marked && l->why.code != ERR_CANCELLED))
        return true;
    note_failure(l);
    return run_goes_on(l->app, &l->why);
}

static void run_commands(struct line *l)
{
    int got;
    bool on = true;
    while (on && !l->app->quit && (got = next_command(l)) != 0) {
        if (got < 0) {
            note_failure(l);
            break;
        }
        if (!is_skipped(l) && !is_interrupted(l))
            run_command(l);
        l->joint = l->words.joint;
        if (l->joint == JOINT_NONE || l->why.code == ERR_CANCELLED)
            on = end_joined(l);
    }
}

int run_line(struct app *app, const char *line, const char *where, struct err *err)
{
    struct line *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(err, ERR_LOCAL, "out of memory");
    l->app = app;
    l->where = where;
    if (snprintf(l->text.text, sizeof l->text.text, "%s", line) >= (int) sizeof l->text.text) {
        err_set(&l->why, ERR_USAGE, "the line is longer than %d bytes", LINE_BYTES - 1);
        settle(app, where, "", app->attempts.n, -1, &l->why);
        note_failure(l);
    } else {
        run_commands(l);
    }
    *err = l->first;
    wipe(l, sizeof *l); /* the words of an `open` or `quote` */
    free(l);
    return err_is_set(err) ? -1 : 0;
}

bool run_goes_on(const struct app *app, const struct err *err)
{
    return app->settings.on_error == ON_ERROR_CONTINUE && err->code != ERR_CANCELLED &&
           !cancel_raised(app->cancel) && !deadline_passed(app->wait.limit);
}
