#include "ftp/session_private.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PASSWORD_MAX = 1024, RESYNC_MS = 1000, QUIT_MS = 1000 };

/* ---- logging in (RFC 959 section 5.4: USER, PASS, ACCT) ---- */

static int need_password(struct session *s, struct err *err)
{
    struct session_config *c = &s->config;
    if (c->password)
        return 0;
    char typed[PASSWORD_MAX] = "";
    if (!c->ask_password)
        return err_set(err, ERR_LOGIN, "%s wants a password for %s and none was given", c->host,
                       c->user);
    int rc = c->ask_password(c->ask_ctx, c->user, c->host, typed, sizeof typed, err);
    if (rc == 0 && !(c->password = strdup(typed)))
        rc = err_set(err, ERR_LOCAL, "out of memory");
    wipe(typed, sizeof typed);
    s->asked = rc == 0;
    return rc;
}

/* A mistyped password is asked for again next time. */
static void forget_asked_password(struct session *s)
{
    if (!s->asked)
        return;
    session_free_string(s->config.password);
    s->config.password = NULL;
    s->asked = false;
}

static int login_verdict(const struct session *s, const struct reply *r, struct err *err)
{
    char what[200];
    snprintf(what, sizeof what, "login of %s at %s", s->config.user, s->config.host);
    if (r->code / 100 == 4)
        return session_refused(r, what, err);
    return session_refused_as(ERR_LOGIN, r, what, err);
}

/* One of the three steps; 0 when the server wants nothing more, its 33z code when it does. */
static int login_step(struct session *s, const char *verb, const char *what, const char *value,
                      struct err *err)
{
    struct reply r;
    if (session_exchange(s, &r, session_reply_deadline(s), err, "%s %s", verb, value) < 0)
        return err && err->code == ERR_USAGE ? err_wrap(err, "%s", what) : -1;
    int rc = reply_is_good(&r)                ? 0
             : r.code >= 330 && r.code <= 339 ? r.code
                                              : login_verdict(s, &r, err);
    reply_clear(&r);
    return rc;
}

static int login(struct session *s, struct err *err)
{
    struct session_config *c = &s->config;
    int next = login_step(s, "USER", "the user name", c->user, err);
    if (next > 0 && next != 332) {
        if (need_password(s, err) < 0)
            return -1;
        next = login_step(s, "PASS", "the password", c->password, err);
        if (next < 0 && err_is_set(err) && err->code == ERR_LOGIN)
            forget_asked_password(s);
    }
    if (next == 332) {
        if (!c->account)
            return err_set(err, ERR_LOGIN, "%s wants an account (ACCT) for %s and none was given",
                           c->host, c->user);
        next = login_step(s, "ACCT", "the account", c->account, err);
    }
    if (next > 0)
        return err_set(err, ERR_LOGIN, "%s: the server asks for more than user, password, account",
                       c->host);
    s->logged_in = next == 0;
    return next;
}

/* ---- what follows the login ---- */

/* RFC 4217 section 9: a refused PBSZ is a quirk (FIELD-NOTES 16), a refused PROT P is the end. */
static int note_protection(struct session *s, const struct reply *r, struct err *err)
{
    s->private_data = reply_is_good(r);
    if (s->private_data || s->config.tls == TLS_PREFER)
        return 0;
    return session_refused_as(ERR_TLS, r, "the server refuses to protect data connections", err);
}

int session_protect(struct session *s, struct err *err)
{
    struct ask asks[] = {{.line = "PBSZ 0"}, {.line = "PROT P"}};
    int rc = session_ask_all(s, asks, 2, err);
    if (rc == 0)
        rc = note_protection(s, &asks[1].reply, err);
    asks_clear(asks, 2);
    return rc;
}

/* OPTS (RFC 2389 section 4); a server that refuses is left as it is. */
static int ask_option(struct session *s, const char *option, const char *value, struct err *err)
{
    struct reply r;
    if (!s->one_by_one)
        return control_post(s->control, err, "OPTS %s %s", option, value);
    int rc = session_exchange(s, &r, session_reply_deadline(s), err, "OPTS %s %s", option, value);
    reply_clear(&r);
    return rc;
}

static int note_features(struct session *s, const struct reply *r, struct err *err)
{
    char facts[FACTS_MAX];
    int rc = 0;
    s->features = (struct features){0};
    if (reply_is_good(r))
        features_parse(r->text, &s->features);
    if (features_has(&s->features, FEATURE_UTF8) && !s->charset)
        rc = ask_option(s, "UTF8", "ON", err);
    if (rc == 0 && features_missing_facts(&s->features, facts))
        rc = ask_option(s, "MLST", facts, err);
    return rc;
}

/* What follows the login, for which no reply is needed before the next command. PBSZ may be refused
 * (FIELD-NOTES 16). FEAT comes here and not sooner, since many servers refuse it before the login
 * or show less (FIELD-NOTES 45). */
static int set_up(struct session *s, char now[PATH_BYTES], struct err *err)
{
    enum { PBSZ, PROT, FEAT, TYPE, PWD, COUNT };
    struct ask asks[COUNT] = {[PBSZ] = {.line = "PBSZ 0"},
                              [PROT] = {.line = "PROT P"},
                              [FEAT] = {.line = "FEAT"},
                              [TYPE] = {.line = "TYPE I"},
                              [PWD] = {.line = "PWD"}};
    bool tls = stream_tls(control_stream(s->control))->active;
    size_t from = tls ? 0 : FEAT;
    int rc = session_ask_all(s, asks + from, COUNT - from, err);
    if (rc == 0 && tls)
        rc = note_protection(s, &asks[PROT].reply, err);
    if (rc == 0 && !reply_is_good(&asks[TYPE].reply))
        rc = session_refused(&asks[TYPE].reply, "TYPE I", err);
    if (rc == 0)
        rc = note_features(s, &asks[FEAT].reply, err);
    session_note_folder(&asks[PWD].reply, now);
    asks_clear(asks, COUNT);
    return rc;
}

/* ---- from nothing to a session, and back ---- */

/* Replies of a cancelled command may still come; a server that sends them soon keeps its session.
 */
static void resync(struct session *s)
{
    struct wait alone = {NULL, DEADLINE_NEVER};
    const struct wait *usual = control_use_wait(s->control, &alone);
    struct deadline until = deadline_in(RESYNC_MS);
    while (control_outstanding(s->control) > 0 && !control_dead(s->control)) {
        struct reply r = {0};
        if (control_read(s->control, &r, until, NULL) < 0)
            control_mark_dead(s->control);
        reply_clear(&r);
    }
    control_use_wait(s->control, usual);
}

static int try_enter(struct session *s, struct err *err)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): not the login() of utmp.h */
    return session_open(s, err) == 0 && login(s, err) == 0 ? 0 : -1;
}

static bool blames_identity(const struct session *s, const struct err *why)
{
    return s->control && stream_blames_identity(control_stream(s->control), why);
}

/* A person who was asked about the certificate may have thought for longer than the clock, or the
 * server, allowed: then once more, with the answer that is known now. Once more as well where the
 * server may have left for want of a client certificate: a connection that is only lost, with many
 * servers that ask for one and need none, is not lost twice at the same place. */
static int enter(struct session *s, struct err *err)
{
    struct err why = ERR_INIT, again = ERR_INIT;
    unsigned asked = trust_asked(s->config.trust);
    if (try_enter(s, &why) == 0)
        return 0;
    bool late = why.code == ERR_CONNECT || why.code == ERR_CLOSED || why.code == ERR_TLS;
    if (!(late && trust_asked(s->config.trust) != asked) && !blames_identity(s, &why))
        return err_take(err, &why);
    log_note(s->config.log, "%s; once more", why.msg);
    session_disconnect(s);
    if (try_enter(s, &again) == 0)
        return 0;
    if (blames_identity(s, &again))
        stream_blame_identity(control_stream(s->control), &again);
    return err_take(err, &again);
}

/* Where the folder is gone there is a session all the same. */
static int begin(struct session *s, struct err *err)
{
    char now[PATH_BYTES];
    s->together = false;
    if (enter(s, err) == 0 && set_up(s, now, err) == 0)
        return session_settle_from(s, now, err);
    session_disconnect(s);
    return -1;
}

int session_connect(struct session *s, struct err *err)
{
    if (s->control && s->logged_in && !control_dead(s->control)) {
        session_collect_ahead(s);
        resync(s);
    }
    if (session_alive(s))
        return s->astray ? session_settle(s, err) : 0;
    session_disconnect(s);
    if (s->generation > 0)
        log_note(s->config.log, "reconnecting to %s", s->config.host);
    s->generation++;
    struct err why = ERR_INIT;
    int rc = begin(s, &why);
    if (rc < 0 && s->together && why.code == ERR_CLOSED) {
        log_news(s->config.log, "%s: %s; connecting again, with one command at a time",
                 s->config.host, why.msg);
        s->one_by_one = true;
        session_disconnect(s);
        err_clear(&why);
        rc = begin(s, &why);
    }
    return rc < 0 ? err_take(err, &why) : 0;
}

void session_say_goodbye(struct session *s, bool wait_for_reply)
{
    if (session_alive(s)) {
        struct reply r = {0};
        struct wait alone = {NULL, DEADLINE_NEVER};
        const struct wait *usual = control_use_wait(s->control, &alone);
        struct deadline until = deadline_in(QUIT_MS);
        if (control_send(s->control, until, NULL, "QUIT") == 0 && wait_for_reply)
            control_read_final(s->control, &r, until, NULL);
        reply_clear(&r);
        stream_finish(control_stream(s->control), true, NULL);
        control_use_wait(s->control, usual);
    }
}

void session_quit(struct session *s)
{
    session_say_goodbye(s, true);
    session_disconnect(s);
}

void session_part(struct session *s)
{
    session_say_goodbye(s, false);
    session_disconnect(s);
}
