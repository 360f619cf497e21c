/* What the prompt says. Pure but for the locale. */
#ifndef FTPSH_CMD_PROMPT_H
#define FTPSH_CMD_PROMPT_H

#include <stdbool.h>

#define PROMPT_BYTES 4096

/* Stands on either side of what moves no cursor, as EL_PROMPT_ESC of libedit wants it. */
#define PROMPT_MARK '\1'

/* Where one is. NULL for `host`: nowhere. */
struct place {
    const char *user, *host, *folder;
};

struct prompt {
    char text[PROMPT_BYTES];  /* as libedit takes it */
    char plain[PROMPT_BYTES]; /* without colours and marks: what is seen */
};

/* "ftpsh> ", or "user@host:/folder> " with what comes from elsewhere escaped. Where a long folder
 * would leave less than half of `columns` to the line, its front gives way to "...". */
void prompt_make(struct prompt *p, const struct place *where, int columns, bool colours);

#endif
