#include "identities.h"

#include "ask.h"
#include "base/buf.h"
#include "base/escape.h"
#include "password_command.h"

#include <stdlib.h>
#include <string.h>

enum { QUESTIONS_MAX = 3 };

/* It stays where it is: a token may ask for its PIN as long as the identity lives. */
struct made_identity {
    struct made_identity *next;
    struct app *app;
    struct identity_choice of;
    struct identity *identity;
};

/* ---- secrets ---- */

static const char *kind_of(const struct identity_lock *lock)
{
    return lock->pin ? "PIN" : "pass phrase";
}

/* An empty one is as good as none: the descriptor was read before, or the file is empty. */
static int check_given(int rc, const struct identity_lock *lock, const char *dst, struct err *err)
{
    const char *kind = kind_of(lock);
    if (rc > 0)
        return err_set(err, ERR_LOCAL, "the %s is too long", kind);
    if (rc == 0 && !*dst)
        return err_set(err, ERR_LOCAL, "there is no %s for %s", kind, lock->what);
    return rc;
}

static int give_from_fd(struct made_identity *m, const struct identity_lock *lock, char *dst,
                        size_t size, struct err *err)
{
    int rc = password_read(m->of.password_fd, &m->app->wait, dst, size, err);
    if (check_given(rc, lock, dst, err) == 0)
        return 0;
    return err_wrap(err, "option '--key-password-fd'");
}

static int give_from_file(struct made_identity *m, const struct identity_lock *lock, char *dst,
                          size_t size, struct err *err)
{
    int rc = password_read_file(m->of.password_file, &m->app->wait, dst, size, err);
    if (rc < 0)
        return -1;
    return check_given(rc, lock, dst, err) == 0 ? 0 : err_wrap(err, "%s", m->of.password_file);
}

static int ask(struct app *app, const struct identity_lock *lock, char *dst, size_t size,
               struct err *err)
{
    char question[512], what[400];
    if (lock->tries == QUESTIONS_MAX)
        return 1;
    escape_text(what, sizeof what, lock->what, strlen(lock->what));
    snprintf(question, sizeof question, "%s%s%s for %s%s%s: ", lock->tries ? "That is wrong. " : "",
             lock->pin ? "PIN" : "Pass phrase",
             lock->last ? " (another wrong one locks the token)" : "",
             lock->pin ? "the token \"" : "", what, lock->pin ? "\"" : "");
    progress_hide(&app->bar);
    fflush(app->out);
    return ask_secret(question, &app->wait, dst, size, err);
}

/* What does not come from a person is tried once: a token locks itself after some wrong ones. */
static int give_secret(void *ctx, const struct identity_lock *lock, char *dst, size_t size,
                       struct err *err)
{
    struct made_identity *m = ctx;
    bool fd = m->of.password_fd >= 0 && (m->of.from_fd || !m->of.password_file);
    if (fd || m->of.password_file) {
        if (lock->tries > 0)
            return 1;
        return fd ? give_from_fd(m, lock, dst, size, err) : give_from_file(m, lock, dst, size, err);
    }
    struct err why = ERR_INIT;
    int rc = m->app->mode == MODE_SHELL ? ask(m->app, lock, dst, size, &why) : -1;
    if (rc >= 0 || why.code == ERR_CANCELLED || why.code == ERR_TIMEOUT)
        return rc >= 0 ? rc : err_take(err, &why);
    return err_set(err, ERR_LOCAL,
                   lock->pin ? "the token \"%s\" wants a PIN: use --key-password-file or "
                               "--key-password-fd"
                             : "%s has a pass phrase: use --key-password-file or --key-password-fd",
                   lock->what);
}

/* ---- what is loaded ---- */

static bool is_same(const struct identity_choice *a, const struct identity_choice *b)
{
    return strcmp(a->cert, b->cert) == 0 && !a->key == !b->key &&
           (!a->key || strcmp(a->key, b->key) == 0);
}

static int load(struct app *app, const struct identity_choice *wanted, const struct identity **out,
                struct err *err)
{
    struct made_identity *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(err, ERR_LOCAL, "out of memory");
    *m = (struct made_identity){.app = app, .of = *wanted};
    struct identity_config c = {.cert = wanted->cert,
                                .key = wanted->key,
                                .secret = give_secret,
                                .ctx = m,
                                .wait = &app->wait};
    m->identity = identity_new(&c, err);
    if (!m->identity) {
        free(m);
        return -1;
    }
    m->next = app->identities;
    app->identities = m;
    *out = m->identity;
    return 0;
}

int identities_find(struct app *app, const struct identity_choice *wanted,
                    const struct identity **out, struct err *err)
{
    *out = NULL;
    if (!wanted->cert)
        return wanted->key
                   ? err_set(err, ERR_USAGE, "the key %s needs a certificate: --cert", wanted->key)
                   : 0;
    for (struct made_identity *m = app->identities; m && !*out; m = m->next) {
        if (is_same(&m->of, wanted))
            *out = m->identity;
    }
    return *out ? 0 : load(app, wanted, out, err);
}

void identities_free(struct app *app)
{
    while (app->identities) {
        struct made_identity *gone = app->identities;
        app->identities = gone->next;
        identity_free(gone->identity);
        free(gone);
    }
}
