/* The hosts that are known here, for completion: those of the memory of strategies, of the places
 * where one has been, and of the configuration. A file that cannot be read holds none: whoever
 * needs it says why. */
#ifndef FTPSH_CMD_HOSTS_H
#define FTPSH_CMD_HOSTS_H

#include "layers.h"

/* Some may be told twice. `layers` may be NULL. Returns what `each` gave when that was not 0. */
int hosts_each(const struct layers *layers,
               int (*each)(void *ctx, const char *host, struct err *err), void *ctx,
               struct err *err);

#endif
