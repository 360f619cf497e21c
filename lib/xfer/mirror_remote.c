#include "xfer/change.h"
#include "xfer/list.h"
#include "xfer/mirror_private.h"

static bool refused(const struct err *err)
{
    return err->code == ERR_REPLY_PERMANENT || err->code == ERR_REPLY_TRANSIENT;
}

/* A 550 says that nothing is there; others may have any reason. */
static bool says_absent(const struct err *err)
{
    return err->reply == 550;
}

/* 500, 502, 504: the server does not know the command. */
static bool unknown_command(const struct err *err)
{
    return err->reply == 500 || err->reply == 502 || err->reply == 504;
}

/* 1: nothing is there, 0: there may be; -1; 2: the command is not known. */
static int judge(const struct err *why, struct err *err)
{
    if (!err_is_set(why))
        return 0;
    if (!refused(why))
        return err_take(err, why);
    return says_absent(why) ? 1 : unknown_command(why) ? 2 : 0;
}

static int ignore_entry(void *ctx, const struct entry *e, struct err *err)
{
    (void) ctx;
    (void) e;
    (void) err;
    return 0;
}

/* One that knows neither MLST nor SIZE. */
static int lacks_by_listing(struct mover *v, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    list_entries(v, path, ignore_entry, NULL, &why);
    int rc = judge(&why, err);
    return rc == 2 ? 0 : rc;
}

/* SIZE is for files; whether it is a folder, CWD tells. */
static int lacks_by_size(struct mover *v, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    int64_t size;
    session_size(v->session, path, &size, &why);
    int rc = judge(&why, err);
    if (rc == 2)
        return lacks_by_listing(v, path, err);
    if (rc != 1)
        return rc;
    err_clear(&why);
    if (session_visit(v->session, path, &why) == 0)
        session_leave(v->session);
    rc = judge(&why, err);
    return rc == 2 ? 0 : rc;
}

int remote_lacks(struct mover *v, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    if (session_ready(v->session, err) < 0)
        return -1;
    if (!features_has(session_features(v->session), FEATURE_MLST) || v->mlsd_broken)
        return lacks_by_size(v, path, err);
    session_expect(v->session, NULL, path, &why, "MLST %s", path);
    int rc = judge(&why, err);
    return rc == 2 ? lacks_by_size(v, path, err) : rc;
}

int remote_recheck(struct mover *v, const struct action *a, const char *path, struct deed *deed,
                   struct err *err)
{
    struct err why = ERR_INIT;
    int64_t size;
    bool removal = a->kind == ACTION_DELETE || a->kind == ACTION_CLEAN;
    *deed = (struct deed){MIRROR_DONE, ""};
    bool there = session_size(v->session, path, &size, &why) == 0;
    if (!there && !refused(&why))
        return err_take(err, &why);
    if (!there && unknown_command(&why))
        return 0;
    if (!there && removal)
        *deed = (struct deed){MIRROR_ALREADY, "it is gone already"};
    else if (there && a->kind == ACTION_PUT && size == a->size && size != a->there_size)
        *deed = (struct deed){MIRROR_ALREADY, "it is there already"};
    else if (there ? a->there == THERE_NOTHING || a->there_size != size : a->there == THERE_FILE)
        *deed = (struct deed){MIRROR_SKIPPED, "the target has changed since the plan was made"};
    return 0;
}

static int make_folder(struct mover *v, const char *path, struct deed *deed, struct err *err)
{
    struct err why = ERR_INIT;
    if (change_make_folder(v, path, &why) == 0)
        return 0;
    if (refused(&why) && session_visit(v->session, path, NULL) == 0) {
        session_leave(v->session);
        *deed = (struct deed){MIRROR_ALREADY, "it is there already"};
        return 0;
    }
    return err_take(err, &why);
}

static int remove_file(const struct mirror *m, struct mover *v, const struct action *a,
                       const char *path, struct deed *deed, struct err *err)
{
    if (m->stale && a->there == THERE_FILE && remote_recheck(v, a, path, deed, err) < 0)
        return -1;
    if (deed->outcome != MIRROR_DONE)
        return 0;
    return change_delete(v, path, err);
}

/* Only an empty one can go, and another run may be using it. */
static int remove_probe(struct mover *v, const char *path, struct deed *deed, struct err *err)
{
    struct err why = ERR_INIT;
    if (change_remove_folder(v, path, &why) == 0)
        return 0;
    if (!refused(&why))
        return err_take(err, &why);
    *deed = (struct deed){MIRROR_SKIPPED, "the server does not remove the folder"};
    return 0;
}

int remote_act(const struct mirror *m, struct mover *v, const struct plan *p,
               const struct action *a, struct deed *deed, struct err *err)
{
    char path[PATH_BYTES];
    *deed = (struct deed){MIRROR_DONE, ""};
    if (path_join(m->remote, plan_path(p, a), path, err) < 0)
        return -1;
    if (a->kind == ACTION_MKDIR)
        return make_folder(v, path, deed, err);
    if (a->kind == ACTION_CLEAN && a->there == THERE_DIR)
        return remove_probe(v, path, deed, err);
    if (a->kind == ACTION_DELETE || a->kind == ACTION_CLEAN)
        return remove_file(m, v, a, path, deed, err);
    if (a->kind == ACTION_RMDIR)
        return change_remove_folder(v, path, err);
    if (a->kind == ACTION_CHMOD)
        return session_expect(v->session, NULL, path, err, "SITE CHMOD %03o %s",
                              (unsigned) a->mode & 0777, path);
    return err_set(err, ERR_USAGE, "an upload does not %s",
                   action_name((enum action_kind) a->kind));
}
