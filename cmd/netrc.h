/* ~/.netrc: who logs in where. */
#ifndef FTPSH_CMD_NETRC_H
#define FTPSH_CMD_NETRC_H

#include "base/err.h"

#include <stddef.h>

#define NETRC_VALUE_BYTES 512

struct netrc_entry {
    bool has_login, has_password, has_account;
    char login[NETRC_VALUE_BYTES], password[NETRC_VALUE_BYTES], account[NETRC_VALUE_BYTES];
};

/* The first entry for `host` (or "default"), and for `user` when it is not NULL. Pure. Returns 1
 * with *out, 0 when there is none, or -1 with ERR_LOCAL and the line: an open quote, a value that
 * is too long. macdef is passed over. */
int netrc_find(const char *text, size_t len, const char *host, const char *user,
               struct netrc_entry *out, struct err *err);

/* The same from `path`, or from ~/.netrc when it is NULL; a file that does not exist holds nothing.
 * -1 with ERR_LOCAL also when it holds a password for the host and group or others can read it. */
int netrc_load(const char *path, const char *host, const char *user, struct netrc_entry *out,
               struct err *err);

/* Wipes it. */
void netrc_clear(struct netrc_entry *e);

#endif
