#include "login.h"

#include "ask.h"
#include "base/buf.h"
#include "base/escape.h"
#include "password_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first line of a descriptor, which may be a pipe that nobody writes to yet. */
static int read_secret(struct app *app, int fd, char *dst, size_t size, struct err *err)
{
    int rc = password_read(fd, &app->wait, dst, size, err);
    return rc > 0 ? err_set(err, ERR_LOCAL, "the password is too long") : rc;
}

/* A descriptor can be read once only: what came from it serves later logins too. */
static int read_password_fd(struct app *app, int fd, struct login *out, struct err *err)
{
    if (app->fd_password && app->fd_read != fd)
        return err_set(err, ERR_USAGE,
                       "password-fd: the password was read from descriptor %d, not %d",
                       app->fd_read, fd);
    if (!app->fd_password) {
        char *secret = calloc(1, PASSWORD_BYTES);
        if (!secret)
            return err_set(err, ERR_LOCAL, "out of memory");
        if (fd > STDERR_FILENO) /* programs that are started could read the file again */
            fcntl(fd, F_SETFD, FD_CLOEXEC);
        if (read_secret(app, fd, secret, PASSWORD_BYTES, err) < 0) {
            free(secret);
            return err_wrap(err, "option '--password-fd'");
        }
        app->fd_password = secret;
        app->fd_read = fd;
    }
    snprintf(out->password, sizeof out->password, "%s", app->fd_password);
    return 0;
}

static int read_password_file(struct app *app, const char *path, struct login *out, struct err *err)
{
    int rc = password_read_file(path, &app->wait, out->password, sizeof out->password, err);
    return rc > 0 ? err_set(err, ERR_LOCAL, "%s: the password is too long", path) : rc;
}

static int read_password_variable(const char *value, struct login *out, struct err *err)
{
    out->has_password = value != NULL;
    if (value && strlen(value) >= sizeof out->password)
        return err_set(err, ERR_LOCAL, "FTPSH_PASSWORD is too long");
    snprintf(out->password, sizeof out->password, "%s", value ? value : "");
    return 0;
}

/* All sources but a command and ~/.netrc, which have to know the user. */
static int find_password(struct app *app, const struct settings *s, const struct target *t,
                         struct login *out, struct err *err)
{
    out->has_password = true;
    if (t->has_password) {
        snprintf(out->password, sizeof out->password, "%s", t->password);
        return 0;
    }
    switch (s->password_source) {
    case PASSWORD_FROM_FD:
        return read_password_fd(app, s->password_fd, out, err);
    case PASSWORD_FROM_FILE:
        return read_password_file(app, s->password_file, out, err);
    case PASSWORD_FROM_COMMAND:
        out->has_password = false;
        return 0;
    case PASSWORD_FROM_ENVIRONMENT:
        break;
    }
    return read_password_variable(app->password, out, err);
}

static int run_password_command(struct app *app, const char *command, const struct target *t,
                                struct login *out, struct err *err)
{
    progress_hide(&app->bar);
    if (password_command(command, t->host, out->user, &app->wait, out->password,
                         sizeof out->password, err) < 0)
        return -1;
    out->has_password = true;
    return 0;
}

static int find_in_netrc(const struct target *t, const char *user, struct login *out,
                         struct err *err)
{
    struct netrc_entry e;
    int rc = netrc_load(NULL, t->host, user, &e, err);
    if (rc > 0) {
        if (!user && e.has_login)
            snprintf(out->user, sizeof out->user, "%s", e.login);
        if (!out->has_password && e.has_password && (user || e.has_login)) {
            snprintf(out->password, sizeof out->password, "%s", e.password);
            out->has_password = true;
        }
        snprintf(out->account, sizeof out->account, "%s", e.account);
        out->has_account = e.has_account;
    }
    netrc_clear(&e);
    return rc < 0 ? -1 : 0;
}

int login_find(struct app *app, const struct settings *s, const struct target *t, const char *user,
               struct login *out, struct err *err)
{
    memset(out, 0, sizeof *out);
    /* the password that was handed over is not that of whom `user` names in the shell: ask */
    bool another = user && app->mode == MODE_SHELL;
    if (!user)
        user = t->has_user ? t->user : s->user;
    if (user && strlen(user) >= sizeof out->user)
        return err_set(err, ERR_USAGE, "the user's name is longer than %zu bytes",
                       sizeof out->user - 1);
    snprintf(out->user, sizeof out->user, "%s", user ? user : "");
    if (!another && find_password(app, s, t, out, err) < 0)
        return -1;
    bool command = !out->has_password && s->password_source == PASSWORD_FROM_COMMAND;
    if (!((out->has_password || command) && user) && find_in_netrc(t, user, out, err) < 0)
        return -1;
    if (!out->user[0])
        snprintf(out->user, sizeof out->user, "anonymous");
    else if (command && run_password_command(app, s->password_command, t, out, err) < 0)
        return -1;
    if (!out->has_password && strcmp(out->user, "anonymous") == 0) {
        snprintf(out->password, sizeof out->password, "ftpsh@");
        out->has_password = true;
    }
    return 0;
}

int login_ask(void *ctx, const char *user, const char *host, char *dst, size_t size,
              struct err *err)
{
    struct app *app = ctx;
    char question[512], who[128], where[256];
    escape_text(who, sizeof who, user, strlen(user));
    escape_text(where, sizeof where, host, strlen(host));
    snprintf(question, sizeof question, "Password for %s@%s: ", who, where);
    progress_hide(&app->bar);
    struct err why = ERR_INIT;
    if (app->mode == MODE_SHELL && ask_secret(question, &app->wait, dst, size, &why) == 0)
        return 0;
    if (why.code == ERR_CANCELLED || why.code == ERR_TIMEOUT) {
        *err = why;
        return -1;
    }
    return err_set(err, ERR_LOGIN,
                   "no password for %s@%s: use --password-command, --password-file, --password-fd, "
                   "FTPSH_PASSWORD or ~/.netrc",
                   who, where);
}

void login_clear(struct login *l)
{
    wipe(l, sizeof *l);
}
