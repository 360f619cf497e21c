#include "shell.h"

#include "ask.h"
#include "background.h"
#include "base/escape.h"
#include "run.h"
#include "signals.h"
#include "term.h"
#include "words.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

enum { HISTORY_LINES = 1000, PROMPT_BYTES = 1024 };

struct shell {
    struct app *app;
    EditLine *editor;
    History *history;
    char prompt[PROMPT_BYTES];
    bool interrupted; /* Ctrl-C at the prompt */
    bool unreadable;  /* the line holds bytes that are no characters */
    int pushed_back;  /* a byte to be read again; EOF: none */
    int terminal;     /* see signals_watch_terminal() */
};

static struct shell *shell_of(EditLine *editor)
{
    struct shell *sh = NULL;
    el_get(editor, EL_CLIENTDATA, &sh);
    return sh;
}

static char *get_prompt(EditLine *editor)
{
    return shell_of(editor)->prompt;
}

/* "ftpsh> ", or "user@host:/dir> " with what comes from elsewhere escaped. */
static void make_prompt(struct shell *sh)
{
    const struct session *s = sh->app->session;
    char raw[PROMPT_BYTES / 4];
    if (!s) {
        snprintf(sh->prompt, sizeof sh->prompt, "ftpsh> ");
        return;
    }
    snprintf(raw, sizeof raw, "%s@%s:%s", session_user(s), session_host(s), session_cwd(s));
    size_t n = escape_text(sh->prompt, sizeof sh->prompt - 3, raw, strlen(raw));
    snprintf(sh->prompt + n, 3, "> ");
}

/* The row, counted from that of the prompt, in which the line has its `at` once the terminal has
 * wrapped it anew for its width. */
static int row_of(const struct shell *sh, const LineInfo *line, const char *at)
{
    char *before = strndup(line->buffer, (size_t) (at - line->buffer));
    int columns = text_width(sh->prompt) + (before ? text_width(before) : 0);
    free(before);
    return columns / term_width(STDOUT_FILENO);
}

/* Row by row: to clear the screen from its first row on would push it into the scrollback of some
 * terminals. */
static void erase_line(const struct shell *sh)
{
    const LineInfo *line = el_line(sh->editor);
    int above = row_of(sh, line, line->cursor), rows = row_of(sh, line, line->lastchar);
    printf("\r");
    if (above > 0)
        printf("\033[%dA", above);
    for (int i = 0; i < rows; i++)
        printf("\033[K\033[B");
    printf("\033[K");
    if (rows > 0)
        printf("\033[%dA", rows);
}

/* The terminal has another size, or is ours again after a stop. */
static void redraw(struct shell *sh)
{
    if (signals_terminal_seen()) {
        el_set(sh->editor, EL_PREP_TERM, 0);
        el_set(sh->editor, EL_PREP_TERM, 1);
    } else {
        erase_line(sh);
    }
    fflush(stdout);
    el_resize(sh->editor);
    el_set(sh->editor, EL_REFRESH);
}

/* 1 with a byte, 0 at the end of input, -1 when Ctrl-C or a signal ended the waiting. */
static int read_byte(struct shell *sh, char *c)
{
    struct wait w = {sh->app->cancel, DEADLINE_NEVER};
    for (;;) {
        struct wait_fd want[] = {{.fd = STDIN_FILENO, .want = POLLIN},
                                 {.fd = sh->terminal, .want = POLLIN}};
        struct err err = ERR_INIT;
        if (wait_fds(&w, want, 2, DEADLINE_NEVER, &err) < 0) {
            sh->interrupted = true;
            return -1;
        }
        if (want[1].got)
            redraw(sh);
        if (!want[0].got)
            continue;
        ssize_t n = read(STDIN_FILENO, c, 1);
        if (n >= 0 || (errno != EINTR && errno != EAGAIN))
            return n > 0 ? 1 : 0;
    }
}

/* 1 with the next byte; see read_byte(). */
static int next_byte(struct shell *sh, char *c)
{
    if (sh->pushed_back == EOF)
        return read_byte(sh, c);
    *c = (char) sh->pushed_back;
    sh->pushed_back = EOF;
    return 1;
}

/* What stands in the line for a byte that is no character: dropping it would leave another name
 * than was typed. */
static wchar_t mark_unreadable(struct shell *sh)
{
    sh->unreadable = true;
    el_beep(sh->editor);
    return MB_CUR_MAX > 1 ? 0xfffd : L'?';
}

/* For libedit, which would sit in read() where Ctrl-C could not end the line. */
static int get_char(EditLine *editor, wchar_t *out)
{
    struct shell *sh = shell_of(editor);
    mbstate_t state;
    memset(&state, 0, sizeof state);
    for (bool first = true;; first = false) {
        char c;
        int got = next_byte(sh, &c);
        if (got <= 0)
            return got;
        size_t n = mbrtowc(out, &c, 1, &state);
        if (n == (size_t) -2)
            continue;
        if (n == (size_t) -1) {
            if (!first) /* what breaks off a character is not part of it */
                sh->pushed_back = (unsigned char) c;
            *out = mark_unreadable(sh);
        }
        return 1;
    }
}

static int shell_open(struct shell *sh, struct err *err)
{
    HistEvent event;
    sh->terminal = signals_watch_terminal(err);
    if (sh->terminal < 0)
        return -1;
    sh->editor = el_init("ftpsh", stdin, stdout, stderr);
    sh->history = history_init();
    if (!sh->editor || !sh->history)
        return err_set(err, ERR_LOCAL, "cannot use the terminal");
    history(sh->history, &event, H_SETSIZE, HISTORY_LINES);
    history(sh->history, &event, H_SETUNIQUE, 1);
    el_set(sh->editor, EL_CLIENTDATA, sh);
    el_set(sh->editor, EL_PROMPT, get_prompt);
    el_set(sh->editor, EL_EDITOR, "emacs");
    el_set(sh->editor, EL_HIST, history, sh->history);
    el_set(sh->editor, EL_GETCFN, get_char);
    el_set(sh->editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(sh->editor, NULL);
    return 0;
}

static void shell_close(struct shell *sh)
{
    if (sh->editor)
        el_end(sh->editor);
    if (sh->history)
        history_end(sh->history);
}

/* 1 with a line, 0 when it was dropped by Ctrl-C, -1 at the end. */
static int read_line(struct shell *sh, char line[LINE_BYTES])
{
    HistEvent event;
    int count = 0;
    make_prompt(sh);
    sh->interrupted = sh->unreadable = false;
    sh->pushed_back = EOF;
    signals_terminal_seen(); /* what happened while a command ran */
    el_resize(sh->editor);
    const char *got = el_gets(sh->editor, &count);
    if (sh->interrupted) {
        putchar('\n');
        return signals_ending() ? -1 : 0;
    }
    if (!got || count <= 0) {
        putchar('\n');
        return -1;
    }
    if (sh->unreadable) {
        fprintf(stderr, "ftpsh: the line is not run: it holds bytes that are no characters here\n");
        return 0;
    }
    size_t len = strcspn(got, "\r\n");
    if (len >= LINE_BYTES) {
        fprintf(stderr, "ftpsh: the line is too long\n");
        return 0;
    }
    if (strspn(got, " \t\r\n") < strlen(got))
        history(sh->history, &event, H_ENTER, got);
    memcpy(line, got, len);
    line[len] = '\0';
    return 1;
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

int shell_run(struct app *app, struct err *err)
{
    struct shell sh = {.app = app};
    char line[LINE_BYTES];
    int rc = shell_open(&sh, err), got;
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
    shell_close(&sh);
    background_stop(app);
    return rc;
}
