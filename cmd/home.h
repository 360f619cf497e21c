/* "~", the home folder, in front of local names. */
#ifndef FTPSH_CMD_HOME_H
#define FTPSH_CMD_HOME_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Borrowed from the environment; NULL with ERR_USAGE where that tells none. */
const char *home_folder(struct err *err);

/* Whether a word that begins so, unquoted, means something there: "~" and "~/...". */
bool home_is_meant(const char *word);

/* Such a word with the folder in the place of its "~"; `pattern`: as base/glob.h reads it. -1 with
 * ERR_USAGE: there is no home, or the path is too long. */
int home_expand(const char *word, bool pattern, char *dst, size_t size, struct err *err);

#endif
