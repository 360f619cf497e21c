#include "ftp/session_private.h"

/* ---- another control connection, for its tickets ---- */

/* The old control connection goes when the new one is there: one that cannot be had, for the number
 * of connections or a password that was good once, costs nothing but the trial. */
static bool renew_ahead(struct session *s)
{
    struct err why = ERR_INIT;
    session_forget_ahead(s); /* a port of the old connection */
    struct session old = *s;
    log_note(s->config.log, "the tickets for data connections will expire soon: logging in again");
    s->control = NULL;
    s->tickets = NULL;
    s->asked = false; /* a password that is refused now was good, and is kept */
    session_disconnect(s);
    int rc = session_connect(s, &why);
    s->asked = old.asked;
    if (rc == 0) {
        session_say_goodbye(&old, true);
        control_free(old.control);
        tickets_free(old.tickets);
        return true;
    }
    log_note(s->config.log, "that failed, going on as before: %s", why.msg);
    session_disconnect(s);
    *s = old;
    return false;
}

/* With QUIT first, for the sake of servers that allow no second connection. */
static int renew_now(struct session *s, enum renewal why, struct err *err)
{
    s->tls12 = s->tls12 || why == RENEWAL_TLS12;
    if (why == RENEWAL_TLS12)
        log_news(s->config.log, "%s: it refuses data connections under TLS 1.3; trying TLS 1.2",
                 s->config.host);
    else
        log_note(s->config.log, "TLS has failed on two data connections: logging in again");
    session_quit(s);
    return session_connect(s, err);
}

int session_ready_for_data(struct session *s, struct err *err)
{
    if (session_ready(s, err) < 0)
        return -1;
    if (!s->private_data)
        return 0;
    enum renewal renewal = reuse_renewal(&s->reuse, s->tickets);
    if (renewal == RENEWAL_NONE)
        return 0;
    if (renewal == RENEWAL_AHEAD) {
        reuse_renewed(&s->reuse, renewal, renew_ahead(s));
        return 0;
    }
    int rc = renew_now(s, renewal, err);
    reuse_renewed(&s->reuse, renewal, rc == 0);
    return rc;
}

bool session_renewal_due(const struct session *s)
{
    enum renewal due = s->tickets ? reuse_renewal(&s->reuse, s->tickets) : RENEWAL_NONE;
    return due == RENEWAL_NOW || due == RENEWAL_TLS12;
}

bool session_data_failed(struct session *s, bool refused)
{
    return reuse_failed(&s->reuse, refused);
}

bool session_data_opened(struct session *s, const struct tls_info *tls)
{
    return reuse_opened(&s->reuse, tls->offered, tls->resumed);
}

void session_data_worked(struct session *s)
{
    reuse_worked(&s->reuse);
}

struct tls_setup session_data_tls(struct session *s)
{
    return (struct tls_setup){.trust = s->config.trust,
                              .name = s->config.tls_name,
                              .port = s->config.port,
                              .tickets = s->tickets,
                              .resume = s->config.tls_reuse != TLS_REUSE_OFF,
                              .no_tls13 = s->tls12,
                              .group = session_tls(s)->group,
                              .bulk = true,
                              .log = s->config.log};
}

/* ---- compression ---- */

int session_compress(struct session *s, bool on, struct err *err)
{
    struct reply r;
    if (session_ready(s, err) < 0)
        return -1;
    bool want = on && !s->compress_refused && features_has(&s->features, FEATURE_MODE_Z);
    if (want == s->compressed)
        return 0;
    if (session_exchange(s, &r, session_reply_deadline(s), err, "MODE %s", want ? "Z" : "S") < 0)
        return -1;
    int rc = 0;
    if (reply_is_good(&r))
        s->compressed = want;
    else if (want)
        s->compress_refused = true;
    else
        rc = session_refused(&r, "MODE S", err);
    reply_clear(&r);
    if (rc < 0)
        control_mark_dead(s->control); /* the next one starts with it */
    return rc;
}

bool session_compressed(const struct session *s)
{
    return s->compressed;
}
