/* The arguments of a command after its patterns have become names. */
#ifndef FTPSH_CMD_ARGUMENTS_H
#define FTPSH_CMD_ARGUMENTS_H

#include "app.h"
#include "xfer/items.h"

/* argv[0] is the command's name, argv[argc] NULL; all of it belongs to the arguments. */
struct arguments {
    int argc;
    char **argv;
    int *of;            /* the argument, as the words count them from 1, that became argv[i] */
    struct items items; /* what was listed for argv[i] stands at found[i] */
    int64_t *found;     /* -1: argv[i] was not listed */
    char **homes;       /* words with the home folder in front, which the call borrows */
    size_t nhomes;
};

/* Puts the home folder in the place of an unquoted "~" in front of local names: arguments, and
 * values of options and settings, in the call itself. Then expands what the command's kinds call
 * patterns (xfer/expand.h), local ones here and remote ones
 * on the session. One that matches nothing is taken as a name. ERR_USAGE: a pattern stands for
 * several names where one is wanted; else as expand_remote(). To be cleared also after a failure.
 * The words themselves lose the passwords of URLs in them, once they are copied. */
int arguments_make(struct arguments *a, struct app *app, struct call *call, struct err *err);
void arguments_clear(struct arguments *a);

/* For handlers. How many names argument `i` of the words became: at least 1, 0 where it is not
 * given. */
int app_spread(const struct app *app, int i);
/* What the listing that argv[i] comes from said of it; NULL when it was no pattern. */
const struct item *app_item(const struct app *app, int i);

#endif
