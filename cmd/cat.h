/* Remote files as results of a command. */
#ifndef FTPSH_CMD_CAT_H
#define FTPSH_CMD_CAT_H

#include "app.h"

enum cat_kind {
    CAT_PLAIN,
    CAT_UNZIPPED /* what gzip(1) has packed; ERR_INTEGRITY: it has not, or the end is missing */
};

/* For a struct pump_sink: bytes to app->out, where a reader that takes nothing keeps nobody from
 * Ctrl-C. `ctx` is the app. */
int cat_write(void *ctx, const void *data, size_t len, struct err *err);

/* Writes `n` files to app->out, one behind the other. 0, or -1 with the first failure. */
int cat_files(struct app *app, int n, char **names, enum cat_kind kind, struct err *err);

#endif
