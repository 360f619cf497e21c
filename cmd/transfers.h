/* What one command transfers: pairs of names, and how. */
#ifndef FTPSH_CMD_TRANSFERS_H
#define FTPSH_CMD_TRANSFERS_H

#include "app.h"
#include "commands.h"
#include "xfer/get.h"
#include "xfer/items.h"
#include "xfer/put.h"

/* The options that transfers share, for the command table. */
extern const struct command_option transfer_options[], transfer_get_options[],
    transfer_put_options[], transfer_append_options[];

struct transfer_pair {
    char *from, *to;
    int64_t size, mtime; /* of the remote file, as a listing told exactly; LISTING_UNKNOWN */
    int mode;
};

struct transfers {
    struct app *app;
    enum transfer_direction direction;
    struct get_options get;
    struct segments_options segments; /* get.segments, where they are wanted */
    struct put_options put;
    struct transfer_pair *list;
    size_t n, room;
    struct {
        struct transfer_pair *list;
        size_t n;
    } trees; /* folders, with all that is in them */
};

/* What the running command's --segments says: 1, or 0 where it was not given; -1 with ERR_USAGE. */
int transfer_segments(struct app *app, struct segments_options *out, struct err *err);

/* Takes over what the running command's options say; until transfers_clear() they hold for the
 * whole app, and *t stays where it is. -1 with ERR_USAGE. transfers_clear() in either case. */
int transfers_begin(struct transfers *t, struct app *app, enum transfer_direction d,
                    struct err *err);
void transfers_clear(struct transfers *t);

/* One more; `item` is what a listing said of the remote file, or NULL. -1 with ERR_LOCAL. */
int transfers_add(struct transfers *t, const char *from, const char *to, const struct item *item,
                  struct err *err);

/* A folder, with all that is in it, to become `to`. -1 with ERR_LOCAL. */
int transfers_add_tree(struct transfers *t, const char *from, const char *to, struct err *err);

/* Transfers them all, --parallel at a time; what fails in passing is tried again and continued, up
 * to --retries times. Each is told and reported; what fails is told at once, and the others go on.
 * ERR_USAGE, before anything is moved, where two would go to the same name. */
int transfers_run(struct transfers *t, struct err *err);

/* What the tries of one transfer have done so far. Zero is none. */
struct transfer_course {
    struct retry_count tries;
    int64_t bytes, ms; /* moved, which the next try goes on behind; and the time it took */
};

/* For transfers_run(): the next try of one of them with any mover, in any thread; what came of it,
 * to be told and reported in the app's; and all of them with so many at a time. */
int transfers_try(const struct transfers *t, struct mover *m, const struct transfer_pair *pair,
                  struct transfer_course *c, struct transfer *out, struct err *err);
void transfers_tell(struct transfers *t, const struct transfer *out, bool well);
int transfers_run_pooled(struct transfers *t, int workers, struct err *err);
int transfers_run_trees(struct transfers *t, int workers, struct err *err); /* files first */

#endif
