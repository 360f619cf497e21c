/* The client certificates that were loaded, and the questions for what opens them. */
#ifndef FTPSH_CMD_IDENTITIES_H
#define FTPSH_CMD_IDENTITIES_H

#include "app.h"

/* What the settings name, loaded where that has not been done: it is kept to the end, since trusts
 * borrow it. *out is NULL where they name none. -1 with ERR_USAGE: a key without a certificate; or
 * as identity_new(). A pass phrase comes from --key-password-fd or --key-password-file, else a
 * person at the shell is asked, a few times; ERR_LOCAL says that there is none. */
int identities_find(struct app *app, const struct identity_choice *wanted,
                    const struct identity **out, struct err *err);
void identities_free(struct app *app);

#endif
