#include "ftp/session_private.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

/* ---- making and freeing ---- */

static bool copy_string(const char **field)
{
    if (!*field)
        return true;
    *field = strdup(*field);
    return *field != NULL;
}

void session_free_string(const char *s)
{
    if (!s)
        return;
    char *owned = (char *) (uintptr_t) s; /* copy_string() made it */
    wipe(owned, strlen(owned));
    free(owned);
}

struct session *session_new(const struct session_config *config, struct err *err)
{
    struct session *s = calloc(1, sizeof *s);
    if (s) {
        s->config = *config;
        s->reuse.mode = config->tls_reuse;
        struct session_config *c = &s->config;
        if (!c->tls_name || !*c->tls_name)
            c->tls_name = c->host;
        if (!c->port)
            c->port = c->tls == TLS_IMPLICIT ? FTPS_PORT : FTP_PORT;
        bool ok = copy_string(&c->host);
        ok = copy_string(&c->user) && ok;
        ok = copy_string(&c->account) && ok;
        ok = copy_string(&c->password) && ok;
        ok = copy_string(&c->tls_name) && ok;
        ok = copy_string(&c->charset) && ok;
        if (!ok)
            err_set(err, ERR_LOCAL, "out of memory");
        else if (!c->charset || (s->charset = charset_new(c->charset, err)))
            return s;
        session_free(s);
        return NULL;
    }
    err_set(err, ERR_LOCAL, "out of memory");
    return NULL;
}

void session_disconnect(struct session *s)
{
    control_free(s->control);
    tickets_free(s->tickets);
    s->control = NULL;
    s->tickets = NULL;
    session_forget_ahead(s);
    s->logged_in = false;
    s->private_data = false;
    s->cleared = false;
    s->compressed = false;
    s->out_of_step = false;
    s->out_of_turn = false;
}

void session_free(struct session *s)
{
    if (!s)
        return;
    session_disconnect(s);
    session_free_string(s->config.host);
    session_free_string(s->config.user);
    session_free_string(s->config.account);
    session_free_string(s->config.password);
    session_free_string(s->config.tls_name);
    session_free_string(s->config.charset);
    charset_free(s->charset);
    free(s);
}

struct session *session_clone(const struct session *s, const struct session_config *lent,
                              struct err *err)
{
    struct session_config config = s->config;
    config.ask_password = NULL;
    config.attended = false;
    config.reconnects = 0; /* it belongs to a pool, which has a patience of its own */
    config.trust = lent->trust;
    config.proxy = lent->proxy;
    config.wait = lent->wait;
    config.log = lent->log;
    struct session *twin = session_new(&config, err);
    if (!twin)
        return NULL;
    memcpy(twin->cwd, s->cwd, sizeof twin->cwd);
    twin->tls12 = s->tls12;
    twin->one_by_one = s->one_by_one;
    twin->sociable = s->sociable;
    return twin;
}

/* ---- what is known ---- */

const char *session_host(const struct session *s)
{
    return s->config.host;
}

uint16_t session_port(const struct session *s)
{
    return s->config.port;
}

const char *session_user(const struct session *s)
{
    return s->config.user;
}

const char *session_cwd(const struct session *s)
{
    return s->cwd;
}

const char *session_banner(const struct session *s)
{
    return s->banner;
}

enum software session_software(const struct session *s)
{
    return s->software;
}

const struct features *session_features(const struct session *s)
{
    return &s->features;
}

const struct tls_info *session_tls(const struct session *s)
{
    static const struct tls_info none;
    return s->control ? stream_tls(control_stream(s->control)) : &none;
}

const struct addr *session_peer(const struct session *s)
{
    return &s->peer;
}

const struct addr *session_hop(const struct session *s)
{
    return &s->hop;
}

const struct addr *session_local(const struct session *s)
{
    return &s->local;
}

bool session_wants_pret(const struct session *s)
{
    return features_has(&s->features, FEATURE_PRET) && s->software != SOFTWARE_PUREFTPD;
}

bool session_alive(const struct session *s)
{
    return s->control && s->logged_in && !control_dead(s->control) &&
           (s->out_of_turn ||
            control_outstanding(s->control) == (int) (s->ahead.n - s->ahead.answered));
}

bool session_private_data(const struct session *s)
{
    return s->private_data;
}

int64_t session_entry_ms(const struct session *s)
{
    return s->entry_ms;
}

unsigned session_generation(const struct session *s)
{
    return s->generation;
}

struct control *session_control(struct session *s)
{
    return s->control;
}

struct charset *session_charset(struct session *s)
{
    return s->charset;
}

const struct session_config *session_settings(const struct session *s)
{
    return &s->config;
}
