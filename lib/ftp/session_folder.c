#include "ftp/session_private.h"

#include <string.h>

void session_note_folder(const struct reply *r, char dst[PATH_BYTES])
{
    if (r->code != 257 || path_from_257(reply_last_line(r), dst, NULL) < 0)
        dst[0] = '\0';
}

static int ask_folder(struct session *s, char dst[PATH_BYTES], struct err *err)
{
    struct reply r;
    if (session_exchange(s, &r, session_reply_deadline(s), err, "PWD") < 0)
        return -1;
    session_note_folder(&r, dst);
    reply_clear(&r);
    return 0;
}

/* CWD or CDUP. Until its outcome is known the server may stand anywhere. */
static int change_folder(struct session *s, const char *path, struct err *err)
{
    struct reply r;
    s->astray = true;
    int rc = strcmp(path, "..") == 0
                 ? session_exchange(s, &r, session_reply_deadline(s), err, "CDUP")
                 : session_exchange(s, &r, session_reply_deadline(s), err, "CWD %s", path);
    if (rc < 0)
        return err_wrap(err, "%s", path);
    s->astray = false;
    if (!reply_is_good(&r))
        rc = session_refused(&r, path, err);
    reply_clear(&r);
    return rc;
}

int session_settle_from(struct session *s, const char now[PATH_BYTES], struct err *err)
{
    struct err why = ERR_INIT;
    s->astray = true;
    bool elsewhere = s->cwd[0] && strcmp(s->cwd, now) != 0;
    if (elsewhere || s->visit[0])
        session_collect_ahead(s, NULL);
    if (elsewhere && change_folder(s, s->cwd, &why) < 0) {
        if (s->astray)
            return err_take(err, &why);
        memcpy(s->cwd, now, sizeof s->cwd);
        s->visit[0] = '\0';
        err_wrap(&why, "the folder is gone, now in %s", now);
        return err_take(err, &why);
    }
    if (!s->cwd[0])
        memcpy(s->cwd, now, sizeof s->cwd);
    s->astray = false;
    return s->visit[0] ? change_folder(s, s->visit, err) : 0;
}

int session_settle(struct session *s, struct err *err)
{
    char now[PATH_BYTES];
    s->astray = true;
    return ask_folder(s, now, err) < 0 ? -1 : session_settle_from(s, now, err);
}

/* CWD or CDUP with PWD behind it. */
static int ask_change(struct session *s, const char *path, struct ask asks[2], struct err *err)
{
    bool up = strcmp(path, "..") == 0;
    struct piece p = {.asks = asks};
    asks[0] = (struct ask){.verb = up ? "CDUP" : "CWD", .value = up ? NULL : path};
    asks[1] = (struct ask){.verb = "PWD"};
    s->astray = true; /* until PWD has told where this is */
    /* with a server that has sent replies too many, each is looked at by itself */
    if (piece_send(s, &p, s->out_of_step ? 1 : 2, err) < 0 || piece_finish(s, &p, 2, err) < 0)
        return err_wrap(err, "%s", path);
    s->astray = false;
    return reply_is_good(&asks[0].reply) ? 0 : session_refused(&asks[0].reply, path, err);
}

static int cd_once(struct session *s, const char *path, struct err *err)
{
    char before[PATH_BYTES], now[PATH_BYTES];
    struct ask asks[2] = {0};
    int rc = ask_change(s, path, asks, err);
    if (rc == 0) {
        memcpy(before, s->cwd, sizeof before);
        session_note_folder(&asks[1].reply, now);
        if (now[0])
            memcpy(s->cwd, now, sizeof s->cwd);
        else if (path_join(before, path, s->cwd, NULL) < 0)
            s->cwd[0] = '\0';
    }
    asks_clear(asks, 2);
    return rc;
}

/* A session that is rebuilt is back where it was: the change is safe to repeat. */
static int change_twice(struct session *s, const char *path,
                        int (*change)(struct session *s, const char *path, struct err *err),
                        struct err *err)
{
    struct err why = ERR_INIT;
    if (session_ready(s, err) < 0)
        return -1;
    if (change(s, path, &why) == 0)
        return 0;
    if (!session_may_repeat(s, REPEAT_SAFE, &why))
        return err_take(err, &why);
    if (session_recover_again(s, &why, err) < 0)
        return -1;
    int rc = change(s, path, err);
    s->mute &= rc < 0;
    return rc;
}

int session_cd(struct session *s, const char *path, struct err *err)
{
    return change_twice(s, path, cd_once, err);
}

int session_visit(struct session *s, const char *path, struct err *err)
{
    if (strlen(path) >= sizeof s->visit)
        return err_set(err, ERR_USAGE, "the path is too long");
    if (change_twice(s, path, change_folder, err) < 0)
        return -1;
    memcpy(s->visit, path, strlen(path) + 1);
    return 0;
}

void session_leave(struct session *s)
{
    s->visit[0] = '\0';
    s->astray = true;
}
