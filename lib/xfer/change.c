#include "xfer/change.h"

#include "xfer/stat.h"

static bool refused(const struct err *err)
{
    return err->code == ERR_REPLY_PERMANENT || err->code == ERR_REPLY_TRANSIENT;
}

static bool broke(const struct mover *m, const struct err *why)
{
    return session_broke(m->session, why);
}

static void say_lost(const struct mover *m, const char *path, const char *state)
{
    log_news(session_settings(m->session)->log, "%s: it is %s: only the reply was lost", path,
             state);
}

/* Whether there is such a file or folder: 1, 0, -1. */
static int is_there(struct mover *m, const char *path, struct err *err)
{
    struct items one = {0};
    struct err why = ERR_INIT;
    int rc = stat_remote(m, path, &one, &why);
    items_clear(&one);
    if (rc == 0)
        return 1;
    return why.reply == 550 ? 0 : err_take(err, &why);
}

/* One of three commands that take a path and make it be, or be no more. */
struct change {
    const char *verb;
    const char *state; /* what it brings about */
    bool there;
};

static int is_done(struct mover *m, const struct change *c, const char *path, struct err *err)
{
    if (c->there)
        return stat_is_folder(m, path, err);
    int there = is_there(m, path, err);
    return there < 0 ? -1 : !there;
}

/* Behind silence: what ends something is not sent again, since the server may do so yet. */
static int look_up(struct mover *m, const struct change *c, const char *path, const struct err *why,
                   struct err *err)
{
    int done = is_done(m, c, path, err);
    if (done > 0)
        say_lost(m, path, c->state);
    return done == 0 ? err_take(err, why) : done < 0 ? -1 : 0;
}

static int send_again(struct mover *m, const struct change *c, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    if (session_expect(m->session, NULL, path, &why, "%s %s", c->verb, path) == 0)
        return 0;
    int done = refused(&why) ? is_done(m, c, path, err) : 0;
    if (done > 0)
        say_lost(m, path, c->state);
    return done > 0 ? 0 : err_take(err, &why);
}

static int change(struct mover *m, const struct change *c, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    if (session_expect(m->session, NULL, path, &why, "%s %s", c->verb, path) == 0)
        return 0;
    bool silent = session_silent(m->session, &why);
    if (!silent && !broke(m, &why))
        return err_take(err, &why);
    if (session_recover(m->session, &why, err) < 0)
        return err_wrap(err, "whether %s is %s is not known", path, c->state);
    return silent && !c->there ? look_up(m, c, path, &why, err) : send_again(m, c, path, err);
}

int change_make_folder(struct mover *m, const char *path, struct err *err)
{
    return change(m, &(struct change){"MKD", "there", true}, path, err);
}

int change_delete(struct mover *m, const char *path, struct err *err)
{
    return change(m, &(struct change){"DELE", "gone", false}, path, err);
}

int change_remove_folder(struct mover *m, const char *path, struct err *err)
{
    return change(m, &(struct change){"RMD", "gone", false}, path, err);
}

/* 1: the session was rebuilt in between, and the server has forgotten RNFR; 0; -1. */
static int try_rename(struct session *s, const char *from, const char *to, struct err *err)
{
    struct reply r;
    struct err why = ERR_INIT;
    if (session_command(s, &r, err, "RNFR %s", from) < 0)
        return err_wrap(err, "%s", from);
    int rc = r.code / 100 == 3 ? 0 : session_refused(&r, from, err);
    reply_clear(&r);
    if (rc < 0)
        return -1;
    unsigned generation = session_generation(s);
    if (session_expect(s, NULL, to, &why, "RNTO %s", to) == 0)
        return 0;
    if (refused(&why) && !session_broke(s, &why) && session_generation(s) != generation)
        return 1;
    return err_take(err, &why);
}

static int rename_once(struct session *s, const char *from, const char *to, struct err *err)
{
    int rc = try_rename(s, from, to, err);
    if (rc > 0)
        rc = try_rename(s, from, to, err);
    return rc > 0 ? err_set(err, ERR_CLOSED, "%s: the connection does not hold", from) : rc;
}

int change_rename(struct mover *m, const char *from, const char *to, struct err *err)
{
    struct err why = ERR_INIT;
    if (rename_once(m->session, from, to, &why) == 0)
        return 0;
    bool silent = session_silent(m->session, &why);
    if (!silent && !broke(m, &why))
        return err_take(err, &why);
    if (session_recover(m->session, &why, err) < 0)
        return err_wrap(err, "whether %s is %s now is not known", from, to);
    int old = is_there(m, from, err);
    if (old > 0 && silent)
        return err_take(err, &why);
    if (old != 0)
        return old < 0 ? -1 : rename_once(m->session, from, to, err);
    int new = is_there(m, to, err);
    if (new > 0)
        say_lost(m, to, "there");
    else if (new == 0)
        err_set(err, ERR_CLOSED,
                "the reply to renaming %s was lost, and neither it nor %s is there now", from, to);
    return new > 0 ? 0 : -1;
}
