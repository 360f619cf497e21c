/* A command over several things: a part that fails is told of at once, the others go on, and the
 * first failure is the command's. */
#ifndef FTPSH_CMD_PARTS_H
#define FTPSH_CMD_PARTS_H

#include "app.h"

struct parts {
    struct app *app;
    size_t from;      /* the attempts made for the command stand there and behind */
    struct err first; /* ERR_NONE: all went well so far */
};

struct parts parts_begin(struct app *app);

/* A part has failed, or could not be asked for (a name that cannot be sent). 0: the others go on;
 * -1 with err: nothing can (the connection, an interrupt, a full disk). */
int parts_failed(struct parts *p, const struct err *why, struct err *err);

/* The same where the others can go on whatever it was. */
void parts_note(struct parts *p, const struct err *why);

/* The same for a folder that could not be listed, which the message is to name. */
int parts_refused(struct parts *p, const char *folder, const struct err *why, struct err *err);

/* A name from the server that is no single component was passed over: said, and no failure. */
void parts_odd(struct parts *p, const char *folder, const char *name);

/* Runs `one` on argv[1] and all that follow. */
typedef int (*parts_one_fn)(struct app *app, const char *path, struct err *err);
int parts_each(struct app *app, parts_one_fn one, int argc, char **argv, struct err *err);

/* The same with something else than parts_failed() to say whether the others go on. */
typedef int (*parts_failed_fn)(struct parts *p, const struct err *why, struct err *err);
int parts_each_or(struct app *app, parts_one_fn one, parts_failed_fn failed, int argc, char **argv,
                  struct err *err);

/* What the command returns: `rc`, or the first failure, which is not told of again. */
int parts_end(struct parts *p, int rc, struct err *err);

#endif
