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

/* What a session begins with. FEAT comes behind the login, since many servers refuse it before or
 * show less (FIELD-NOTES 45). */
enum { USER, PASS, PBSZ, PROT, FEAT, TYPE, PWD, STEPS };

struct entry {
    struct ask asks[STEPS];
    struct piece piece;
};

/* 0 when the server wants nothing more for the login, its 33z code when it does. */
static int login_step(const struct session *s, const struct reply *r, struct err *err)
{
    return reply_is_good(r)                   ? 0
           : r->code >= 330 && r->code <= 339 ? r->code
                                              : login_verdict(s, r, err);
}

/* The reply to the next command of the login; as login_step(). */
static int login_next(struct session *s, struct piece *p, struct err *err)
{
    const struct reply *r = &p->asks[p->answered].reply;
    return piece_next(s, p, err) < 0 ? -1 : login_step(s, r, err);
}

/* All that is left, and behind it what asks for the port of a data connection. */
static int send_rest(struct session *s, struct piece *p, struct err *err)
{
    if (p->sent == STEPS)
        return 0;
    if (piece_queue(s, p, STEPS, err) < 0)
        return -1;
    if (p->sent == STEPS)
        session_ask_expected(s);
    return control_flush(s->control, session_reply_deadline(s), err);
}

/* What follows goes with PASS, unless an account may be asked for first. A password is sent to
 * nobody who has not asked for it. */
static int log_in_user(struct session *s, struct entry *e, struct err *err)
{
    struct piece *p = &e->piece;
    int next = login_next(s, p, err);
    if (next < 0)
        return -1;
    if (next == 0 || next == 332) {
        e->asks[PASS].verb = NULL;
        return piece_next(s, p, err) < 0 ? -1 : next;
    }
    if (need_password(s, err) < 0)
        return -1;
    e->asks[PASS].value = s->config.password;
    if ((s->config.account ? piece_send(s, p, PBSZ, err) : send_rest(s, p, err)) < 0)
        return -1;
    next = login_next(s, p, err);
    if (next < 0 && err_is_set(err) && err->code == ERR_LOGIN)
        forget_asked_password(s);
    return next;
}

static int give_account(struct session *s, struct err *err)
{
    const struct session_config *c = &s->config;
    struct reply r;
    if (!c->account)
        return err_set(err, ERR_LOGIN, "%s wants an account (ACCT) for %s and none was given",
                       c->host, c->user);
    if (session_exchange(s, &r, session_reply_deadline(s), err, "ACCT %s", c->account) < 0)
        return err && err->code == ERR_USAGE ? err_wrap(err, "the account") : -1;
    int next = login_step(s, &r, err);
    reply_clear(&r);
    return next;
}

static int log_in(struct session *s, struct entry *e, struct err *err)
{
    int next = log_in_user(s, e, err);
    if (next == 332)
        next = give_account(s, err);
    if (next > 0)
        return err_set(err, ERR_LOGIN, "%s: the server asks for more than user, password, account",
                       s->config.host);
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
    struct ask asks[] = {{.verb = "PBSZ 0"}, {.verb = "PROT P"}};
    struct piece p = {.asks = asks};
    int rc = piece_send(s, &p, 2, err);
    if (rc == 0)
        rc = piece_finish(s, &p, 2, err);
    if (rc == 0)
        rc = piece_ask_again(s, asks + 1, 1, err);
    if (rc == 0)
        rc = note_protection(s, &asks[1].reply, err);
    asks_clear(asks, 2);
    return rc;
}

/* OPTS (RFC 2389 section 4); a server that refuses is left as it is. */
static int ask_option(struct session *s, const char *option, const char *value, struct err *err)
{
    struct reply r;
    if (control_dead(s->control))
        return 0; /* it broke behind the login: its next command will find out */
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

/* That there is none, or that the connection breaks here, is no failure of the login. -1 only where
 * nothing is to go on. */
static int collect_port(struct session *s, struct err *err)
{
    struct err why = ERR_INIT;
    session_collect_ahead(s, &why);
    if (why.code == ERR_CANCELLED || deadline_passed(s->config.wait->limit))
        return err_is_set(&why) ? err_take(err, &why) : 0;
    if (err_is_set(&why) && why.code != ERR_TIMEOUT)
        log_news(s->config.log, "%s: %s; connecting again", s->config.host, why.msg);
    return 0;
}

/* pyftpdlib takes its time over a wrong password, and answers what stands behind it meanwhile: what
 * looks like success was meant for another command. */
static bool is_disordered(const struct ask asks[STEPS])
{
    return asks[PASS].verb && asks[TYPE].reply.code == 530;
}

static bool is_disorder(const struct err *why)
{
    return why->code == ERR_PROTOCOL && why->reply == 530;
}

/* PBSZ may be refused (FIELD-NOTES 16); what asks for a port is asked again when one is needed. */
static int set_up(struct session *s, struct entry *e, char now[PATH_BYTES], struct err *err)
{
    struct ask *asks = e->asks;
    int rc = send_rest(s, &e->piece, err);
    if (rc == 0)
        rc = piece_finish(s, &e->piece, STEPS, err);
    if (rc == 0 && !s->one_by_one && is_disordered(asks)) {
        s->together = true;
        rc = session_refused_as(ERR_PROTOCOL, &asks[TYPE].reply, "replies out of order", err);
    }
    if (rc == 0)
        rc = piece_ask_again(s, asks + PBSZ, STEPS - PBSZ, err);
    if (rc == 0 && asks[PROT].verb)
        rc = note_protection(s, &asks[PROT].reply, err);
    if (rc == 0 && !reply_is_good(&asks[TYPE].reply))
        rc = session_refused(&asks[TYPE].reply, "TYPE I", err);
    if (rc == 0)
        rc = collect_port(s, err);
    if (rc == 0)
        rc = note_features(s, &asks[FEAT].reply, err);
    if (session_wants_pret(s)) /* which nobody knew when the port was asked for */
        session_forget_ahead(s);
    session_note_folder(&asks[PWD].reply, now);
    return rc;
}

/* ---- from nothing to a session, and back ---- */

static void entry_make(const struct session *s, struct entry *e)
{
    bool tls = stream_tls(control_stream(s->control))->active;
    *e = (struct entry){
        .asks = {[USER] = {.verb = "USER", .value = s->config.user, .what = "the user name"},
                 [PASS] = {.verb = "PASS", .what = "the password"},
                 [PBSZ] = {.verb = tls ? "PBSZ 0" : NULL},
                 [PROT] = {.verb = tls ? "PROT P" : NULL},
                 [FEAT] = {.verb = "FEAT"},
                 [TYPE] = {.verb = "TYPE I"},
                 [PWD] = {.verb = "PWD"}},
    };
    e->piece.asks = e->asks;
}

/* *e is the caller's to clear, whatever comes of it. */
static int try_enter(struct session *s, struct entry *e, struct err *err)
{
    asks_clear(e->asks, STEPS);
    if (session_open(s, err) < 0)
        return -1;
    entry_make(s, e);
    return log_in(s, e, err);
}

static bool blames_identity(const struct session *s, const struct err *why)
{
    return s->control && stream_blames_identity(control_stream(s->control), why);
}

/* A person who was asked about the certificate may have thought for longer than the clock, or the
 * server, allowed: then once more, with the answer that is known now. Once more as well where the
 * server may have left for want of a client certificate: a connection that is only lost, with many
 * servers that ask for one and need none, is not lost twice at the same place. */
static int enter(struct session *s, struct entry *e, struct err *err)
{
    struct err why = ERR_INIT, again = ERR_INIT;
    unsigned asked = trust_asked(s->config.trust);
    if (try_enter(s, e, &why) == 0)
        return 0;
    bool late = why.code == ERR_CONNECT || why.code == ERR_CLOSED || why.code == ERR_TLS;
    if (!(late && trust_asked(s->config.trust) != asked) && !blames_identity(s, &why))
        return err_take(err, &why);
    log_note(s->config.log, "%s; once more", why.msg);
    session_disconnect(s);
    if (try_enter(s, e, &again) == 0)
        return 0;
    if (blames_identity(s, &again))
        stream_blame_identity(control_stream(s->control), &again);
    return err_take(err, &again);
}

/* Where the folder is gone there is a session all the same. */
static int begin(struct session *s, struct err *err)
{
    char now[PATH_BYTES];
    struct entry e = {0};
    s->together = false;
    int rc = enter(s, &e, err);
    if (rc == 0)
        rc = set_up(s, &e, now, err);
    asks_clear(e.asks, STEPS);
    if (rc == 0)
        return session_settle_from(s, now, err);
    session_disconnect(s);
    return -1;
}

/* A server that hangs up on several commands, or forgets some of them. */
static bool blames_company(const struct session *s, const struct err *why)
{
    return s->together && (why->code == ERR_CLOSED || is_disorder(why) ||
                           (why->code == ERR_TIMEOUT && !deadline_passed(s->config.wait->limit)));
}

int session_connect(struct session *s, struct err *err)
{
    if (s->control && s->logged_in && !control_dead(s->control)) {
        session_collect_ahead(s, NULL);
        /* replies of a cancelled command may still come */
        control_settle(s->control, deadline_in(RESYNC_MS));
    }
    if (session_alive(s))
        return s->astray ? session_settle(s, err) : 0;
    session_disconnect(s);
    if (s->generation > 0)
        log_note(s->config.log, "reconnecting to %s", s->config.host);
    s->generation++;
    struct err why = ERR_INIT;
    int64_t start = clock_now_ms();
    int rc = begin(s, &why);
    if (rc < 0 && blames_company(s, &why)) {
        static const char said[] = "%s: %s; connecting again, with one command at a time";
        if (is_disorder(&why))
            log_note(s->config.log, said, s->config.host, why.msg);
        else
            log_news(s->config.log, said, s->config.host, why.msg);
        s->one_by_one = true;
        session_disconnect(s);
        err_clear(&why);
        rc = begin(s, &why);
    }
    if (rc == 0) {
        s->entry_ms = clock_now_ms() - start;
        session_expect_data(s, NULL, 0);
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
