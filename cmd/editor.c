#include "editor.h"

#include "base/buf.h"
#include "signals.h"
#include "term.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

struct editor {
    struct cancel *cancel;
    EditLine *libedit;
    FILE *screen;
    struct editor_watch watch;
    const struct history_list *past;
    size_t past_at; /* where libedit is in it: 1 is the newest, 0: nowhere */
    editor_key_fn on_tab;
    void *tab_ctx;
    struct prompt prompt;
    bool interrupted; /* Ctrl-C, or a signal */
    bool unreadable;  /* the line holds bytes that are no characters */
    int pushed_back;  /* a byte to be read again; EOF: none */
    int terminal;     /* see signals_watch_terminal() */
};

static struct editor *editor_of(EditLine *libedit)
{
    struct editor *e = NULL;
    el_get(libedit, EL_CLIENTDATA, &e);
    return e;
}

static char *get_prompt(EditLine *libedit)
{
    return editor_of(libedit)->prompt.text;
}

/* ---- drawing ---- */

FILE *editor_screen(const struct editor *e)
{
    return e->screen;
}

int editor_columns(const struct editor *e)
{
    return term_width(fileno(e->screen));
}

/* The row, counted from that of the prompt, in which the line has its `at` once the terminal has
 * wrapped it anew for its width. */
static int row_of(const struct editor *e, const LineInfo *line, const char *at)
{
    char *before = strndup(line->buffer, (size_t) (at - line->buffer));
    int columns = text_width(e->prompt.plain) + (before ? text_width(before) : 0);
    free(before);
    return columns / editor_columns(e);
}

/* Row by row: to clear the screen from its first row on would push it into the scrollback of some
 * terminals. */
static void erase_line(const struct editor *e)
{
    const LineInfo *line = el_line(e->libedit);
    int above = row_of(e, line, line->cursor), rows = row_of(e, line, line->lastchar);
    fprintf(e->screen, "\r");
    if (above > 0)
        fprintf(e->screen, "\033[%dA", above);
    for (int i = 0; i < rows; i++)
        fprintf(e->screen, "\033[K\033[B");
    fprintf(e->screen, "\033[K");
    if (rows > 0)
        fprintf(e->screen, "\033[%dA", rows);
}

void editor_hide(struct editor *e)
{
    if (term_is_dumb())
        fputc('\n', e->screen);
    else
        erase_line(e);
    fflush(e->screen);
}

void editor_show(struct editor *e)
{
    el_resize(e->libedit);
    el_set(e->libedit, EL_REFRESH);
}

/* The terminal has another size, or is ours again after a stop. */
static void redraw(struct editor *e)
{
    if (signals_terminal_seen()) {
        el_set(e->libedit, EL_PREP_TERM, 0);
        el_set(e->libedit, EL_PREP_TERM, 1);
    } else if (!term_is_dumb()) {
        erase_line(e);
    }
    editor_show(e);
}

/* ---- reading ---- */

/* Waits for a key, the terminal and what is watched. -1 when Ctrl-C or a signal ends it. */
static int wait_for_key(struct editor *e, bool *key)
{
    struct wait w = {e->cancel, DEADLINE_NEVER};
    struct wait_fd want[] = {
        {.fd = STDIN_FILENO, .want = POLLIN}, {.fd = e->terminal, .want = POLLIN}, {.fd = -1}};
    struct deadline until = DEADLINE_NEVER;
    if (e->watch.ask)
        e->watch.ask(e->watch.ctx, &want[2], &until);
    if (wait_fds(&w, want, 3, until, NULL) < 0)
        return -1;
    if (want[1].got)
        redraw(e);
    if (e->watch.turn)
        e->watch.turn(e->watch.ctx, want[2].got);
    *key = want[0].got != 0;
    return 0;
}

/* Where characters take two columns libedit loses count of them: the line is drawn anew. While one
 * searches, it has more rows than it tells. */
static void mend_wide_line(const struct editor *e)
{
    const LineInfo *line = el_line(e->libedit);
    char *text = strndup(line->buffer, (size_t) (line->lastchar - line->buffer));
    size_t characters = text ? mbstowcs(NULL, text, 0) : 0;
    if (text && (size_t) text_width(text) > characters && !strchr(text, '\n') && !term_is_dumb()) {
        erase_line(e);
        el_set(e->libedit, EL_REFRESH);
    }
    free(text);
}

/* 1 with a byte, 0 at the end of input, -1 when Ctrl-C or a signal ended the waiting. */
static int read_byte(struct editor *e, char *c)
{
    for (;;) {
        bool key;
        if (wait_for_key(e, &key) < 0) {
            e->interrupted = true;
            return -1;
        }
        if (!key)
            continue;
        ssize_t n = read(STDIN_FILENO, c, 1);
        if (n >= 0 || (errno != EINTR && errno != EAGAIN))
            return n > 0 ? 1 : 0;
    }
}

/* 1 with the next byte; see read_byte(). */
static int next_byte(struct editor *e, char *c)
{
    if (e->pushed_back == EOF)
        return read_byte(e, c);
    *c = (char) e->pushed_back;
    e->pushed_back = EOF;
    return 1;
}

/* What stands in the line for a byte that is no character: dropping it would leave another name
 * than was typed. */
static wchar_t mark_unreadable(struct editor *e)
{
    e->unreadable = true;
    el_beep(e->libedit);
    return MB_CUR_MAX > 1 ? 0xfffd : L'?';
}

/* For libedit, which would sit in read() where Ctrl-C could not end the line. */
static int get_char(EditLine *libedit, wchar_t *out)
{
    struct editor *e = editor_of(libedit);
    mbstate_t state;
    memset(&state, 0, sizeof state);
    mend_wide_line(e);
    for (bool first = true;; first = false) {
        char c;
        int got = next_byte(e, &c);
        if (got <= 0)
            return got;
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): with a state of its own it is safe */
        size_t n = mbrtowc(out, &c, 1, &state);
        if (n == (size_t) -2)
            continue;
        if (n == (size_t) -1) {
            if (!first) /* what breaks off a character is not part of it */
                e->pushed_back = (unsigned char) c;
            *out = mark_unreadable(e);
        }
        return 1;
    }
}

/* ---- lines of before ---- */

/* libedit's way through them: 1 is the newest. */
static int show_past(struct editor *e, size_t at, HistEvent *event)
{
    size_t n = e->past ? e->past->n : 0;
    if (at < 1 || at > n)
        return -1;
    e->past_at = at;
    *event = (HistEvent){.num = (int) (n - at) + 1, .str = e->past->lines[n - at]};
    return 0;
}

/* What history(3) would be to libedit. */
static int on_past(void *editor, HistEvent *event, int what, ...)
{
    struct editor *e = editor;
    switch (what) {
    case H_FIRST:
        return show_past(e, 1, event);
    case H_LAST:
        return show_past(e, e->past ? e->past->n : 0, event);
    case H_NEXT:
        return show_past(e, e->past_at + 1, event);
    case H_PREV:
        return show_past(e, e->past_at - 1, event);
    case H_CURR:
        return show_past(e, e->past_at, event);
    default:
        return -1;
    }
}

/* ---- making it ---- */

static unsigned char on_tab(EditLine *libedit, int key)
{
    struct editor *e = editor_of(libedit);
    (void) key;
    if (!e->on_tab)
        return CC_ERROR;
    return e->on_tab(e, e->tab_ctx) == KEY_DONE ? CC_REFRESH : CC_ERROR;
}

/* Whether a key does what it does in libedit without ~/.editrc. It is asked as a person would ask
 * it: there is no other way. */
static bool is_unbound(struct editor *e, const char *key)
{
    static const char *const usual[] = {"ed-insert", "ed-unassigned", "ed-redisplay"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return false;
    el_set(e->libedit, EL_SETFP, 1, out);
    el_set(e->libedit, EL_BIND, key, NULL);
    el_set(e->libedit, EL_SETFP, 1, e->screen);
    bool found = false;
    if (fclose(out) == 0) {
        for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
            found = found || strstr(text, usual[i]);
    }
    free(text);
    return found;
}

static void bind_key(struct editor *e, const char *key, const char *name)
{
    if (is_unbound(e, key))
        el_set(e->libedit, EL_BIND, key, name, NULL);
}

static void set_up(struct editor *e)
{
    EditLine *l = e->libedit;
    el_set(l, EL_CLIENTDATA, e);
    el_set(l, EL_PROMPT_ESC, get_prompt, PROMPT_MARK);
    el_set(l, EL_EDITOR, "emacs");
    el_set(l, EL_HIST, on_past, e);
    el_set(l, EL_GETCFN, get_char);
    el_wset(l, EL_ADDFN, L"ftpsh-complete", L"Complete the word", on_tab); /* el_set() leaks */
    el_source(l, NULL);
    bind_key(e, "^R", "em-inc-search-prev"); /* after it: "bind -v" takes away what was bound */
    bind_key(e, "^I", "ftpsh-complete");
}

struct editor *editor_new(struct cancel *cancel, const struct history_list *past, struct err *err)
{
    struct editor *e = calloc(1, sizeof *e);
    if (!e) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    *e = (struct editor){.cancel = cancel, .past = past, .pushed_back = EOF};
    e->screen = isatty(STDOUT_FILENO) ? stdout : stderr;
    e->terminal = signals_watch_terminal(err);
    e->libedit = e->terminal < 0 ? NULL : el_init("ftpsh", stdin, e->screen, stderr);
    if (e->libedit) {
        set_up(e);
        return e;
    }
    err_set(err, ERR_LOCAL, "cannot use the terminal");
    free(e);
    return NULL;
}

void editor_free(struct editor *e)
{
    if (e)
        el_end(e->libedit);
    free(e);
}

void editor_watch(struct editor *e, const struct editor_watch *watch)
{
    e->watch = *watch;
}

void editor_on_tab(struct editor *e, editor_key_fn fn, void *ctx)
{
    e->on_tab = fn;
    e->tab_ctx = ctx;
}

/* ---- the line ---- */

const char *editor_line(struct editor *e, size_t *len, size_t *cursor)
{
    const LineInfo *line = el_line(e->libedit);
    *len = (size_t) (line->lastchar - line->buffer);
    *cursor = (size_t) (line->cursor - line->buffer);
    return line->buffer;
}

int editor_insert(struct editor *e, const char *text)
{
    return el_insertstr(e->libedit, text);
}

/* libedit keeps the line until another takes its place, as it was typed and as it was given. */
static void forget_line(struct editor *e, const char *got)
{
    const LineInfoW *typed = el_wline(e->libedit);
    wchar_t *from = (wchar_t *) (uintptr_t) typed->buffer;
    wipe((char *) (uintptr_t) got, strlen(got));
    wipe(from, (size_t) (typed->lastchar - typed->buffer) * sizeof *from);
}

int editor_read(struct editor *e, const struct prompt *p, char line[LINE_BYTES])
{
    int count = 0;
    e->prompt = *p;
    e->interrupted = e->unreadable = false;
    e->pushed_back = EOF;
    signals_terminal_seen(); /* what happened while a command ran */
    el_resize(e->libedit);
    const char *got = el_gets(e->libedit, &count);
    if (e->interrupted || !got || count <= 0)
        fputc('\n', e->screen);
    fflush(e->screen);
    if (e->interrupted)
        return signals_ending() ? -1 : 0;
    if (!got || count <= 0)
        return -1;
    if (e->unreadable) {
        fprintf(stderr, "ftpsh: the line is not run: it holds bytes that are no characters here\n");
        return 0;
    }
    size_t len = strcspn(got, "\r\n");
    if (len >= LINE_BYTES) {
        fprintf(stderr, "ftpsh: the line is too long\n");
        return 0;
    }
    memcpy(line, got, len);
    line[len] = '\0';
    forget_line(e, got);
    return 1;
}
