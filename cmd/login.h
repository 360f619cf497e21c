/* Who logs in, and with which password: the target, options, the environment, ~/.netrc, a question.
 */
#ifndef FTPSH_CMD_LOGIN_H
#define FTPSH_CMD_LOGIN_H

#include "app.h"
#include "netrc.h"

struct login {
    char user[TARGET_USER_BYTES > NETRC_VALUE_BYTES ? TARGET_USER_BYTES : NETRC_VALUE_BYTES];
    bool has_password, has_account;
    char password[PASSWORD_BYTES];
    char account[NETRC_VALUE_BYTES];
};

/* Looks everywhere but asks nobody, for the login at `t`, whose settings `s` are. `user` overrides
 * all other sources when it is not NULL. Without a user from anywhere it is anonymous. -1 with
 * ERR_USAGE: the user's name is too long; ERR_LOCAL: a file or descriptor that cannot be read; or
 * as password_command(). */
int login_find(struct app *app, const struct settings *s, const struct target *t, const char *user,
               struct login *out, struct err *err);

/* For struct session_config, with the app as context: asks the person where there is one. */
int login_ask(void *ctx, const char *user, const char *host, char *dst, size_t size,
              struct err *err);

/* Wipes it. */
void login_clear(struct login *l);

#endif
