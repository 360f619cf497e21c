/* The person's own editor: $VISUAL, $EDITOR, or vi on a terminal. */
#ifndef FTPSH_CMD_TEXTEDITOR_H
#define FTPSH_CMD_TEXTEDITOR_H

#include "app.h"

/* A folder of our own for what is edited: mode 0700, below $TMPDIR or /tmp. */
#define SCRATCH_BYTES 1024

/* Makes it. 0 with its path, or -1 with ERR_LOCAL. */
int scratch_make(char path[SCRATCH_BYTES], struct err *err);

/* Removes it with all that is in it (editors leave copies there). Never fails. */
void scratch_remove(const char *path);

/* Lets a person edit the file. -1 with ERR_USAGE (no editor is named, and there is no terminal for
 * vi), ERR_LOCAL (it failed), and as child_wait(). */
int text_edit(struct app *app, const char *path, struct err *err);

#endif
