/* The exit statuses: one table, from which the code, --help and the manual's check are fed. */
#ifndef FTPSH_CMD_STATUS_H
#define FTPSH_CMD_STATUS_H

#include "base/err.h"

#include <stddef.h>

struct status {
    int number;
    const char *name, *meaning;
};

extern const struct status status_table[];
extern const size_t status_count;

/* The exit status that an error leads to; 0 for ERR_NONE. */
int status_of(enum err_code code);

#endif
