/* The line editor of the shell: libedit, with keys and `bind` of ~/.editrc, made to wait as all of
 * ftpsh waits. There is one, at the terminal of standard input.
 */
#ifndef FTPSH_CMD_EDITOR_H
#define FTPSH_CMD_EDITOR_H

#include "base/wait.h"
#include "history.h"
#include "prompt.h"
#include "words.h"

#include <stdio.h>

struct editor;

/* What else is waited for while a line is typed. */
struct editor_watch {
    /* Before each wait: fills in a descriptor (`fd` is -1) and a time (DEADLINE_NEVER) of its own.
     */
    void (*ask)(void *ctx, struct wait_fd *fd, struct deadline *until);
    /* After each, with what is `got` of the descriptor. What prints brackets that in editor_hide()
     * and editor_show(). */
    void (*turn)(void *ctx, short got);
    void *ctx;
};

enum editor_key {
    KEY_DONE,   /* the line may have changed */
    KEY_REFUSED /* beeps */
};
typedef enum editor_key (*editor_key_fn)(struct editor *e, void *ctx);

/* `cancel` and `past`, the lines of before, are borrowed: what raises `cancel` drops the line, and
 * `past` may change between two lines. NULL with ERR_LOCAL when the terminal cannot be had. */
struct editor *editor_new(struct cancel *cancel, const struct history_list *past, struct err *err);
void editor_free(struct editor *e);

/* `watch` is copied. */
void editor_watch(struct editor *e, const struct editor_watch *watch);

/* What Tab does, unless ~/.editrc says otherwise. */
void editor_on_tab(struct editor *e, editor_key_fn fn, void *ctx);

/* Reads a line behind the prompt: 1 with it, without its end; 0 when it was dropped (Ctrl-C, bytes
 * that are no characters, too long: what was wrong has been told); -1 at the end of input or when a
 * signal ends the program. */
int editor_read(struct editor *e, const struct prompt *p, char line[LINE_BYTES]);

/* ---- while a line is typed ---- */

/* The line so far, with the bytes before the cursor; valid until it changes. */
const char *editor_line(struct editor *e, size_t *len, size_t *cursor);

/* At the cursor. -1 where there is no room. */
int editor_insert(struct editor *e, const char *text);

/* Takes prompt and line off the screen, and draws them again: what is printed between the two, in
 * whole lines, stands above them. */
void editor_hide(struct editor *e);
void editor_show(struct editor *e);

/* Where the editor draws: standard output where that is a terminal, else standard error. */
FILE *editor_screen(const struct editor *e);
/* Its columns. */
int editor_columns(const struct editor *e);

#endif
