/* The exit statuses: one table, from which the code, --help and the manual's check are fed. */
#ifndef FTPSH_CMD_STATUS_H
#define FTPSH_CMD_STATUS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct status {
    int number;
    const char *name, *meaning;
};

extern const struct status status_table[];
extern const size_t status_count;

/* The exit status that an error leads to; 0 for ERR_NONE. */
int status_of(enum err_code code);

/* Whether it is that what reads our output has ended: nothing that anybody has to be told. */
bool status_unread(const struct err *err);

#endif
