/* Colours of names: LS_COLORS as dircolors(1) writes it. Pure. */
#ifndef FTPSH_CMD_LSCOLORS_H
#define FTPSH_CMD_LSCOLORS_H

#include "xfer/items.h"

struct lscolors;

/* `text` is the variable's value; NULL or "": the colours that ls(1) is built with. What it says in
 * other than digits and semicolons is passed over. NULL: out of memory. */
struct lscolors *lscolors_new(const char *text);
void lscolors_free(struct lscolors *c);

/* The digits between "\033[" and "m" for this entry; NULL: no colour. Valid as long as `c`. */
const char *lscolors_of(const struct lscolors *c, const struct item *item);

/* Whether to use colours: `choice` is "always", "never", or "auto" (NULL): on a terminal, unless
 * NO_COLOR is set or TERM is "dumb". The last two are the variables' values, or NULL. */
bool lscolors_wanted(const char *choice, bool at_terminal, const char *no_color, const char *term);

#endif
