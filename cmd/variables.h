/* What "$name" stands for: variables that were set, settings, the arguments of `source`, and how
 * the last command went. The environment's are not among them. */
#ifndef FTPSH_CMD_VARIABLES_H
#define FTPSH_CMD_VARIABLES_H

#include "app.h"

/* The file of commands that `source` runs, with its arguments: $1 to $9, and $#. */
struct script {
    const struct script *outer; /* the one that runs it; NULL: none */
    int argc;                   /* argv[0] is $1 */
    char **argv;
};
#define SCRIPTS_MAX 16 /* within each other */

/* The value, borrowed until the next call: of a variable, of a setting ("_" in the name standing
 * for "-", too), or of "1" to "9", "#", "?". NULL with ERR_USAGE and the nearest name. `app` as
 * void, for words_next(). */
const char *variables_find(void *app, const char *name, struct err *err);

/* ERR_USAGE: no name for a variable, or too many; ERR_LOCAL. Settings have the names that they
 * have: it is for the caller to look there first. */
int variables_set(struct app *app, const char *name, const char *value, struct err *err);

/* ERR_USAGE, with the nearest name: there is none. */
int variables_unset(struct app *app, const char *name, struct err *err);

#endif
