#include "ftp/session_private.h"

#include "base/buf.h"
#include "ftp/listing.h"

#include <stdio.h>
#include <string.h>

enum { PAUSE_MS = 1000, PAUSE_MAX_MS = 4000 }; /* between tries to rebuild */

/* ---- a session that is ready ---- */

/* A person is told once: a server that does so may do it all the time. */
static void note_strays(struct session *s)
{
    s->astray = true;
    if (s->out_of_step)
        log_note(s->config.log, "more replies than commands, again");
    else
        log_news(s->config.log, "%s: more replies than commands; bringing both sides in step again",
                 s->config.host);
    s->out_of_step = true;
}

/* What stands in the buffer before a command is sent answers no command: a 421, or the last words
 * of a server that has closed since. Noticed here, the session is rebuilt instead of failing. Where
 * it lives on, what the commands before were told may have been meant for others: PWD, which only
 * one code answers, brings both sides in step, and shows where the server stands. */
static void drain_strays(struct session *s, struct err *err)
{
    struct reply r = {0};
    unsigned strays = 0;
    while (session_alive(s) && control_try(s->control, &r, err) > 0) {
        if (r.code == 421)
            session_refused(&r, "the server ends the session", err);
        else
            strays++;
        reply_clear(&r);
    }
    if (s->control)
        strays += control_strays(s->control);
    if (strays > 0 && session_alive(s))
        note_strays(s);
}

/* What was asked ahead got no answer: that is borne as it is of a command alone. A port has other
 * ways. */
static bool is_mute(const struct session *s, const struct err *why)
{
    return why->code == ERR_TIMEOUT && !*s->unanswered;
}

int session_ready(struct session *s, struct err *err)
{
    struct err why = ERR_INIT;
    if (s->control && !control_dead(s->control))
        session_collect_ahead(s, &why);
    if (why.code == ERR_CANCELLED)
        return err_take(err, &why);
    if (is_mute(s, &why))
        return session_silent(s, &why) ? session_recover_again(s, &why, err) : err_take(err, &why);
    drain_strays(s, &why);
    return session_broke(s, &why) ? session_recover(s, &why, err) : session_connect(s, err);
}

/* ---- one that broke ---- */

bool session_broke(const struct session *s, const struct err *why)
{
    bool lost = why->code == ERR_CLOSED || why->code == ERR_TRUNCATED || why->reply == 421;
    return lost && s->control && control_dead(s->control);
}

bool session_silent(const struct session *s, const struct err *why)
{
    return why->code == ERR_TIMEOUT && !s->mute && s->config.reconnects > 0 &&
           !deadline_passed(s->config.wait->limit) && s->control &&
           (control_dead(s->control) || control_outstanding(s->control) > 0);
}

static bool may_pass(const struct session *s, const struct err *why)
{
    return why->code == ERR_CONNECT || why->code == ERR_CLOSED ||
           why->code == ERR_REPLY_TRANSIENT ||
           (why->code == ERR_TIMEOUT && !deadline_passed(s->config.wait->limit));
}

int session_recover(struct session *s, const struct err *why, struct err *err)
{
    int64_t ms = PAUSE_MS;
    log_news(s->config.log, "%s: %s; connecting again", s->config.host, why->msg);
    for (int left = s->config.reconnects;; left--) {
        struct err now = ERR_INIT;
        if (session_connect(s, &now) == 0)
            return 0;
        if (left <= 0 || !may_pass(s, &now))
            return err_take(err, &now);
        log_news(s->config.log, "%s; trying again in %d s", now.msg, (int) (ms / 1000));
        if (wait_fds(s->config.wait, NULL, 0, deadline_in(ms), err) < 0)
            return -1;
        ms = ms < PAUSE_MAX_MS ? 2 * ms : PAUSE_MAX_MS;
    }
}

static enum repeat repeat_of_format(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

static enum repeat repeat_of_format(const char *fmt, va_list ap)
{
    char head[32]; /* verb and subcommand */
    vsnprintf(head, sizeof head, fmt, ap);
    enum repeat repeat = repeat_of(head);
    wipe(head, sizeof head);
    return repeat;
}

bool session_may_repeat(const struct session *s, enum repeat repeat, const struct err *why)
{
    if (session_broke(s, why))
        return repeat == REPEAT_SAFE || repeat == REPEAT_SLOW;
    return session_silent(s, why) && repeat == REPEAT_SAFE;
}

int session_recover_again(struct session *s, const struct err *why, struct err *err)
{
    bool mute = why->code == ERR_TIMEOUT;
    int rc = session_recover(s, why, err);
    s->mute |= mute;
    return rc;
}

/* ---- commands ---- */

static bool was_asked_ahead(struct session *s, struct reply *out, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

static bool was_asked_ahead(struct session *s, struct reply *out, const char *fmt, va_list ap)
{
    char line[PATH_BYTES + 64];
    va_list copy;
    if (s->ahead.n == 0)
        return false;
    va_copy(copy, ap);
    int len = vsnprintf(line, sizeof line, fmt, copy);
    va_end(copy);
    return len > 0 && (size_t) len < sizeof line && session_take_ahead(s, line, out);
}

/* What was asked ahead, or session_vexchange(), with 421 as the error that it is. */
static int try_command(struct session *s, struct reply *out, struct err *err, const char *fmt,
                       va_list ap) __attribute__((format(printf, 4, 0)));

static int try_command(struct session *s, struct reply *out, struct err *err, const char *fmt,
                       va_list ap)
{
    if (was_asked_ahead(s, out, fmt, ap))
        return 0;
    int rc = session_vexchange(s, out, session_reply_deadline(s), err, fmt, ap);
    if (rc < 0 || out->code != 421)
        return rc;
    session_refused(out, "the server ends the session", err);
    reply_clear(out);
    return -1;
}

static int vcommand(struct session *s, struct reply *out, struct err *err, const char *fmt,
                    va_list ap) __attribute__((format(printf, 4, 0)));

static int vcommand(struct session *s, struct reply *out, struct err *err, const char *fmt,
                    va_list ap)
{
    struct err why = ERR_INIT;
    va_list head, again;
    bool mute = s->mute;
    *out = (struct reply){0};
    if (session_ready(s, err) < 0)
        return -1;
    va_copy(head, ap);
    va_copy(again, ap);
    int rc = try_command(s, out, &why, fmt, ap);
    s->mute &= mute || rc < 0;
    if (rc < 0 && !session_may_repeat(s, repeat_of_format(fmt, head), &why)) {
        err_take(err, &why);
    } else if (rc < 0 && (rc = session_recover_again(s, &why, err)) == 0) {
        rc = try_command(s, out, err, fmt, again);
        s->mute &= rc < 0;
    }
    va_end(head);
    va_end(again);
    return rc;
}

int session_command(struct session *s, struct reply *out, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = vcommand(s, out, err, fmt, ap);
    va_end(ap);
    return rc;
}

int session_expect(struct session *s, struct reply *out, const char *what, struct err *err,
                   const char *fmt, ...)
{
    struct reply own = {0};
    struct reply *r = out ? out : &own;
    va_list ap;
    va_start(ap, fmt);
    int rc = vcommand(s, r, err, fmt, ap);
    va_end(ap);
    if (rc < 0)
        err_wrap(err, "%s", what);
    else if (!reply_is_good(r))
        rc = session_refused(r, what, err);
    if (!out || rc < 0)
        reply_clear(r);
    return rc;
}

/* Digits alone; -1 when they are none or too many for a file. */
static int64_t decimal(const char *text)
{
    int64_t n = 0;
    while (*text == ' ')
        text++;
    if (*text < '0' || *text > '9')
        return -1;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (n > (INT64_MAX - 9) / 10)
            return -1;
        n = n * 10 + (*text - '0');
    }
    return n;
}

int session_size(struct session *s, const char *path, int64_t *size, struct err *err)
{
    struct reply r;
    int rc = session_expect(s, &r, path, err, "SIZE %s", path);
    if (rc == 0) {
        *size = decimal(reply_last_line(&r));
        if (*size < 0)
            rc = err_set(err, ERR_PROTOCOL, "%s: SIZE was answered with no size: %s", path,
                         reply_last_line(&r));
    }
    reply_clear(&r);
    return rc;
}

int session_mdtm(struct session *s, const char *path, int64_t *mtime, struct err *err)
{
    struct reply r;
    int rc = session_expect(s, &r, path, err, "MDTM %s", path);
    if (rc == 0)
        rc = ftptime_parse(reply_last_line(&r), strlen(reply_last_line(&r)), mtime, err);
    reply_clear(&r);
    return rc;
}
