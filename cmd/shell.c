#include "shell.h"

#include "aliases.h"
#include "ask.h"
#include "background.h"
#include "base/buf.h"
#include "completer.h"
#include "editor.h"
#include "ftp/keepalive.h"
#include "run.h"
#include "signals.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shell {
    struct app *app;
    struct editor *editor;
    struct completer *completer;
    struct history_list past;
    bool told; /* that the history cannot be kept */
    struct keepalive keepalive;
};

static void make_prompt(const struct shell *sh, struct prompt *p)
{
    const struct session *s = sh->app->session;
    struct place where = {NULL, NULL, NULL};
    if (s)
        where = (struct place){session_user(s), session_host(s), session_cwd(s)};
    bool terminal = isatty(fileno(editor_screen(sh->editor))) != 0;
    prompt_make(p, &where, editor_columns(sh->editor), app_colours(sh->app, terminal));
}

/* A person who works on cannot mend it each time: it is told once. */
static void tell_of_history(struct shell *sh, const struct err *err)
{
    if (!sh->told)
        app_warn(sh->app, "ftpsh: lines are not kept for the next session: %s", err->msg);
    sh->told = true;
}

/* Also as it reads once the alias that it begins with is replaced. */
static bool is_kept(const struct app *app, const char *line)
{
    struct alias_line text = {.depth = 0};
    size_t pos = 0;
    if (!history_wants(line))
        return false;
    snprintf(text.text, sizeof text.text, "%s", line);
    bool kept =
        aliases_expand(&app->aliases, &text, &pos, NULL) < 0 || history_wants(text.text + pos);
    wipe(&text, sizeof text);
    return kept;
}

/* Written at once, so that whatever ends the shell takes nothing away. */
static void keep_line(struct shell *sh, const char *line)
{
    struct err err = ERR_INIT;
    sh->past.max = (size_t) sh->app->settings.history;
    if (!is_kept(sh->app, line))
        return;
    if (history_add(&sh->past, line, &err) < 0 || history_save(&sh->past, &err) < 0)
        tell_of_history(sh, &err);
}

/* ---- the connection, while one types ---- */

static struct control *control_of(const struct shell *sh)
{
    return sh->app->session ? session_control(sh->app->session) : NULL;
}

static void watch_connection(void *shell, struct wait_fd *fd, struct deadline *until)
{
    struct shell *sh = shell;
    struct control *c = control_of(sh);
    fd->want = POLLIN;
    fd->fd = c ? keepalive_fd(&sh->keepalive, c, until) : -1;
}

/* With -v what is said to the server is shown: above the line, as the news of its end. */
static void tend_connection(void *shell, short got)
{
    struct shell *sh = shell;
    struct control *c = control_of(sh);
    struct deadline until;
    struct err err = ERR_INIT;
    if (!c || keepalive_fd(&sh->keepalive, c, &until) < 0 || (!got && !deadline_passed(until)))
        return;
    bool hidden = sh->app->settings.verbose;
    if (hidden)
        editor_hide(sh->editor);
    if (keepalive_tend(&sh->keepalive, c, &err) < 0) {
        if (!hidden)
            editor_hide(sh->editor);
        hidden = true;
        app_say(sh->app, "connection lost (%s); the next command connects again",
                err.code == ERR_CLOSED ? "closed by the server" : err.msg);
    }
    if (hidden)
        editor_show(sh->editor);
}

static void begin_to_watch(struct shell *sh)
{
    const struct settings *s = &sh->app->settings;
    sh->keepalive =
        (struct keepalive){.interval_ms = s->keepalive_ms, .reply_ms = s->reply_timeout_ms};
}

/* ---- a line ---- */

/* As editor_read(). */
static int read_line(struct shell *sh, char line[LINE_BYTES])
{
    struct prompt prompt;
    make_prompt(sh, &prompt);
    begin_to_watch(sh);
    int got = editor_read(sh->editor, &prompt, line);
    if (got > 0)
        keep_line(sh, line);
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

static int shell_open(struct shell *sh, struct app *app, struct err *err)
{
    struct err why = ERR_INIT;
    *sh = (struct shell){.app = app, .past.max = (size_t) app->settings.history};
    sh->editor = editor_new(app->cancel, &sh->past, err);
    sh->completer = sh->editor ? completer_new(app, err) : NULL;
    if (!sh->completer)
        return -1;
    app->past = &sh->past;
    editor_on_tab(sh->editor, completer_on_tab, sh->completer);
    editor_watch(sh->editor, &(struct editor_watch){watch_connection, tend_connection, sh});
    if (sh->past.max > 0 && history_load(&sh->past, &why) < 0)
        tell_of_history(sh, &why);
    return 0;
}

static void shell_close(struct shell *sh)
{
    sh->app->past = NULL;
    completer_free(sh->completer);
    editor_free(sh->editor);
    history_clear(&sh->past);
}

int shell_run(struct app *app, struct err *err)
{
    struct shell sh;
    char line[LINE_BYTES];
    int rc = shell_open(&sh, app, err), got;
    while (rc == 0 && !app->quit && !signals_ending()) {
        cancel_lower(app->cancel);
        background_reap(app, NULL);
        if ((got = read_line(&sh, line)) < 0 && may_leave(app))
            break;
        struct err ignored = ERR_INIT;
        if (got > 0)
            run_line(app, line, "", &ignored);
        wipe(line, sizeof line);
        if (app->quit)
            app->quit = may_leave(app);
    }
    shell_close(&sh);
    background_stop(app);
    return rc;
}
