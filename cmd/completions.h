/* Completion for the shells that ftpsh is started from, made from the tables of options and
 * commands. */
#ifndef FTPSH_CMD_COMPLETIONS_H
#define FTPSH_CMD_COMPLETIONS_H

#include "layers.h"

#include <stdio.h>

/* "bash", "zsh" or "fish": the file that the shell loads; "hosts": bookmarks and the hosts that are
 * known (hosts.h), one a line, for which these files ask. -1 with ERR_USAGE. */
#define COMPLETIONS "bash|zsh|fish|hosts"
int completions_print(FILE *out, const char *what, const struct layers *layers, struct err *err);

#endif
