/* A command over several things: a part that fails is told of at once, the others go on, and the
 * first failure is the command's. */
#ifndef FTPSH_CMD_PARTS_H
#define FTPSH_CMD_PARTS_H

#include "app.h"

struct parts {
    struct app *app;
    struct err first; /* ERR_NONE: all went well so far */
};

/* Zero but for the app. */
struct parts parts_begin(struct app *app);

/* A part has failed. 0: the others go on; -1 with err: nothing can (the connection, an interrupt, a
 * full disk). */
int parts_failed(struct parts *p, const struct err *why, struct err *err);

/* What the command returns: `rc`, or the first failure, which is not told of again. */
int parts_end(struct parts *p, int rc, struct err *err);

#endif
