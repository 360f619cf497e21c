#include "prompt.h"

#include "base/escape.h"
#include "ftp/path.h"
#include "term.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 512, FOLDER_BYTES = 2048, FOLDER_COLUMNS_MIN = 12, FOLDER_COLUMNS_MAX = 400 };

static const char server_colour[] = "1;32", folder_colour[] = "1;34", cut[] = "...";

static bool begins_character(const char *at)
{
    return ((unsigned char) *at & 0xc0) != 0x80;
}

/* The end of `text` that takes no more than `columns`, from the front of a name where one begins in
 * it. */
static const char *end_that_fits(const char *text, int columns)
{
    const char *fits = text + strlen(text);
    for (const char *p = fits; p > text && text_width(p) <= columns; p--) {
        if (begins_character(p))
            fits = p;
    }
    const char *slash = strchr(fits, '/');
    return slash ? slash : fits;
}

/* The folder as it is shown where there is room for so many columns. */
static void show_folder(char dst[FOLDER_BYTES], const char *folder, int room)
{
    char safe[4 * PATH_BYTES + 1];
    escape_text(safe, sizeof safe, folder, strlen(folder));
    if (room < FOLDER_COLUMNS_MIN)
        room = FOLDER_COLUMNS_MIN;
    if (room > FOLDER_COLUMNS_MAX)
        room = FOLDER_COLUMNS_MAX;
    if (text_width(safe) <= room)
        snprintf(dst, FOLDER_BYTES, "%s", safe);
    else
        snprintf(dst, FOLDER_BYTES, "%s%s", cut, end_that_fits(safe, room - (int) strlen(cut)));
}

void prompt_make(struct prompt *p, const struct place *where, int columns, bool colours)
{
    char user[NAME_BYTES], host[NAME_BYTES], server[2 * NAME_BYTES], folder[FOLDER_BYTES];
    const char m = PROMPT_MARK;
    if (!where->host) {
        snprintf(p->plain, sizeof p->plain, "ftpsh> ");
        snprintf(p->text, sizeof p->text, "ftpsh> ");
        return;
    }
    escape_text(user, sizeof user, where->user, strlen(where->user));
    escape_text(host, sizeof host, where->host, strlen(where->host));
    snprintf(server, sizeof server, "%s@%s", user, host);
    show_folder(folder, where->folder, columns / 2 - text_width(server) - (int) strlen(":> "));
    snprintf(p->plain, sizeof p->plain, "%s:%s> ", server, folder);
    if (!colours)
        snprintf(p->text, sizeof p->text, "%s", p->plain);
    else /* libedit loses what stands behind the last character: the blank has to be that */
        snprintf(p->text, sizeof p->text, "%c\033[%sm%c%s%c\033[0m%c:%c\033[%sm%c%s%c\033[0m%c> ",
                 m, server_colour, m, server, m, m, m, folder_colour, m, folder, m, m);
}
