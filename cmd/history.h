/* Lines typed at the prompt. They are kept from one session to the next in the file "history" of
 * the state folder (ownfile.h), one a line, the oldest first.
 */
#ifndef FTPSH_CMD_HISTORY_H
#define FTPSH_CMD_HISTORY_H

#include "base/buf.h"

#include <stdbool.h>

#define HISTORY_BYTES_MAX (512 * 1024) /* of all lines together */

/* Without duplicates. Starts with all zero but for `max`. */
struct history_list {
    char **lines;
    size_t n, max;  /* `max` 0: nothing is kept */
    size_t unsaved; /* of the last ones: not in the file yet */
    size_t bytes;
};

/* ---- pure ---- */

void history_clear(struct history_list *h);

/* Puts the line at the end; the same one before is gone, and the oldest where there are too many.
 * -1 with ERR_LOCAL: out of memory. */
int history_add(struct history_list *h, const char *line, struct err *err);

/* Adds the lines of a file; what is no text in UTF-8 is passed over. -1 with ERR_LOCAL. */
int history_parse(struct history_list *h, const char *text, size_t len, struct err *err);
int history_format(const struct history_list *h, struct buf *text, struct err *err);

/* Whether a line is to be kept: not one that is blank, begins with a blank, or holds what may be a
 * password. */
bool history_wants(const char *line);

/* ---- the file ---- */

/* Adds what it holds. -1 with ERR_LOCAL: not ours, or not readable. */
int history_load(struct history_list *h, struct err *err);

/* Puts what is not saved yet behind what the file holds by now: another shell's lines stay. -1 with
 * ERR_LOCAL: it cannot be written, or another has it for too long; the lines are saved with the
 * next. */
int history_save(struct history_list *h, struct err *err);

/* Takes all lines out of the list and out of the file. -1 as above. */
int history_forget(struct history_list *h, struct err *err);

#endif
