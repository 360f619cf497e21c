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
};

/* Takes over what the running command's options say; until transfers_clear() they hold for the
 * whole app, and *t stays where it is. -1 with ERR_USAGE. transfers_clear() in either case. */
int transfers_begin(struct transfers *t, struct app *app, enum transfer_direction d,
                    struct err *err);
void transfers_clear(struct transfers *t);

/* One more; `item` is what a listing said of the remote file, or NULL. -1 with ERR_LOCAL. */
int transfers_add(struct transfers *t, const char *from, const char *to, const struct item *item,
                  struct err *err);

/* Transfers them all. Each is told and reported; what fails is told at once, and the others go on.
 * ERR_USAGE, before anything is moved, where two would go to the same name. */
int transfers_run(struct transfers *t, struct err *err);

#endif
