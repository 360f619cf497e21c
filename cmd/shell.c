#include "shell.h"

#include "ask.h"
#include "background.h"
#include "completer.h"
#include "editor.h"
#include "lscolors.h"
#include "run.h"
#include "signals.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HISTORY_LINES = 1000 };

struct shell {
    struct app *app;
    struct editor *editor;
    struct completer *completer;
    struct history_list past;
};

static void make_prompt(const struct shell *sh, struct prompt *p)
{
    const struct session *s = sh->app->session;
    struct place where = {NULL, NULL, NULL};
    if (s)
        where = (struct place){session_user(s), session_host(s), session_cwd(s)};
    bool terminal = isatty(fileno(editor_screen(sh->editor))) != 0;
    bool colours = lscolors_wanted(NULL, terminal, getenv("NO_COLOR"), getenv("TERM"));
    prompt_make(p, &where, editor_columns(sh->editor), colours);
}

/* As editor_read(). */
static int read_line(struct shell *sh, char line[LINE_BYTES])
{
    struct prompt prompt;
    make_prompt(sh, &prompt);
    int got = editor_read(sh->editor, &prompt, line);
    if (got > 0 && history_wants(line))
        history_add(&sh->past, line, NULL);
    return got;
}

/* 'w', 's' or 'c'. Where nobody answers, at the end of input or without a terminal, it is 'w'. */
static char ask_what_becomes(struct app *app, int n)
{
    char question[160], answer[4096]; /* no line of a terminal is longer */
    const char *it = n == 1 ? "it" : "them";
    snprintf(question, sizeof question,
             "%d command%s in the background: wait for %s (w), stop %s (s) or stay (c)? [w] ", n,
             n == 1 ? "" : "s", it, it);
    for (;;) {
        struct err err = ERR_INIT;
        if (ask_line(question, &app->wait, answer, sizeof answer, &err) < 0)
            return err.code == ERR_CANCELLED ? 'c' : 'w';
        if (!answer[0])
            return 'w';
        if (!answer[1] && strchr("wsc", answer[0]))
            return answer[0];
    }
}

/* What runs in the background would end with the shell: the person decides. The limit of the last
 * command is none for that, nor for what is waited for, which has its own. */
static bool may_leave(struct app *app)
{
    int n = background_count(app);
    if (n == 0 || signals_ending())
        return true;
    cancel_lower(app->cancel);
    app->wait.limit = DEADLINE_NEVER;
    char answer = ask_what_becomes(app, n);
    if (answer == 'w')
        background_finish(app);
    return answer != 'c';
}

static int shell_open(struct shell *sh, struct err *err)
{
    sh->editor = editor_new(sh->app->cancel, &sh->past, err);
    sh->completer = sh->editor ? completer_new(sh->app, err) : NULL;
    if (!sh->completer)
        return -1;
    editor_on_tab(sh->editor, completer_on_tab, sh->completer);
    return 0;
}

int shell_run(struct app *app, struct err *err)
{
    struct shell sh = {.app = app, .past.max = HISTORY_LINES};
    char line[LINE_BYTES];
    int got;
    int rc = shell_open(&sh, err);
    while (rc == 0 && !app->quit && !signals_ending()) {
        cancel_lower(app->cancel);
        background_reap(app, NULL);
        if ((got = read_line(&sh, line)) < 0 && may_leave(app))
            break;
        struct err ignored = ERR_INIT;
        if (got > 0)
            run_line(app, line, "", &ignored);
        if (app->quit)
            app->quit = may_leave(app);
    }
    completer_free(sh.completer);
    editor_free(sh.editor);
    history_clear(&sh.past);
    background_stop(app);
    return rc;
}
