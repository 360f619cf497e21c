#include "base/beneath.h"
#include "xfer/mirror_private.h"
#include "xfer/part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char changed[] = "the target has changed since the plan was made";

static enum there kind_of(const struct stat *st)
{
    return S_ISREG(st->st_mode)   ? THERE_FILE
           : S_ISDIR(st->st_mode) ? THERE_DIR
           : S_ISLNK(st->st_mode) ? THERE_LINK
                                  : THERE_OTHER;
}

static bool as_planned(const struct action *a, const struct stat *st)
{
    if (kind_of(st) != a->there)
        return false;
    if (a->there != THERE_FILE)
        return true;
    bool size = a->there_size == LISTING_UNKNOWN || a->there_size == st->st_size;
    return size && (a->there_mtime == LISTING_UNKNOWN || a->there_mtime == st->st_mtim.tv_sec);
}

/* Where contents differ, size and time do not tell. */
static bool fetched_already(const struct action *a, const struct stat *st)
{
    return a->kind == ACTION_GET && a->reason != REASON_CONTENTS && S_ISREG(st->st_mode) &&
           a->size == st->st_size && a->mtime != LISTING_UNKNOWN &&
           times_agree(a->mtime, a->precision, st->st_mtim.tv_sec, 1, 0);
}

static bool is_removal(const struct action *a)
{
    return a->kind == ACTION_CLEAN || a->kind == ACTION_DELETE || a->kind == ACTION_RMDIR;
}

void local_recheck(const struct mirror *m, const struct action *a, int folder, const char *name,
                   struct deed *deed)
{
    struct stat st;
    bool seen = fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    bool gone = !seen && errno == ENOENT;
    *deed = (struct deed){MIRROR_DONE, ""};
    if (seen && own_has(&m->own, &st))
        *deed = (struct deed){MIRROR_SKIPPED, action_reason_text(REASON_OWN)};
    else if (!seen && !gone)
        *deed = (struct deed){MIRROR_SKIPPED, "the target cannot be looked at"};
    else if (gone && is_removal(a))
        *deed = (struct deed){MIRROR_ALREADY, "it is gone already"};
    else if (!gone && fetched_already(a, &st))
        *deed = (struct deed){MIRROR_ALREADY, "it is there already"};
    else if (gone ? a->there != THERE_NOTHING : !as_planned(a, &st))
        *deed = (struct deed){MIRROR_SKIPPED, changed};
}

bool local_lacks(const struct mirror *m, const char *path)
{
    struct stat st;
    const char *name;
    int folder = beneath_parent(m->local, path, m->follow, &name, NULL);
    bool lacks =
        folder >= 0 && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
    if (folder >= 0)
        close(folder);
    return lacks;
}

static int remove_in(const struct mirror *m, int folder, const char *name, const struct action *a,
                     struct deed *deed, struct err *err)
{
    bool dir = a->kind == ACTION_RMDIR;
    local_recheck(m, a, folder, name, deed);
    if (deed->outcome != MIRROR_DONE || unlinkat(folder, name, dir ? AT_REMOVEDIR : 0) == 0)
        return 0;
    if (dir && (errno == ENOTEMPTY || errno == EEXIST)) {
        *deed = (struct deed){MIRROR_SKIPPED, "the folder is not empty"};
        return 0;
    }
    return err_set_sys(err, ERR_LOCAL, errno, "cannot remove it");
}

/* The folder that it lies in, or -1: MIRROR_ALREADY where that is gone and so is what was to go. */
static int open_parent(const struct mirror *m, const struct plan *p, const struct action *a,
                       const char **name, struct deed *deed, struct err *err)
{
    struct err why = ERR_INIT;
    *deed = (struct deed){MIRROR_DONE, ""};
    int folder = beneath_parent(m->local, plan_path(p, a), false, name, &why);
    if (folder < 0 && why.sys == ENOENT && is_removal(a))
        *deed = (struct deed){MIRROR_ALREADY, "it is gone already"};
    else if (folder < 0)
        err_take(err, &why);
    return folder;
}

static int sync_deed(const struct mirror *m, int folder, const struct deed *deed, struct err *err)
{
    if (!m->sync || deed->outcome != MIRROR_DONE || part_sync_names(folder) == 0)
        return 0;
    return err_set_sys(err, ERR_LOCAL, errno, "cannot bring the name to the disk");
}

int local_remove(const struct mirror *m, const struct plan *p, const struct action *a,
                 struct deed *deed, struct err *err)
{
    const char *name;
    int folder = open_parent(m, p, a, &name, deed, err);
    if (folder < 0)
        return deed->outcome == MIRROR_ALREADY ? 0 : -1;
    int rc = remove_in(m, folder, name, a, deed, err);
    if (rc == 0)
        rc = sync_deed(m, folder, deed, err);
    close(folder);
    return rc;
}

static int make_folder(int folder, const char *name, struct deed *deed, struct err *err)
{
    struct stat st;
    if (mkdirat(folder, name, 0777) == 0)
        return 0;
    int why = errno;
    if (why == EEXIST && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(st.st_mode)) {
        *deed = (struct deed){MIRROR_ALREADY, "it is there already"};
        return 0;
    }
    return err_set_sys(err, ERR_LOCAL, why, "cannot make the folder");
}

/* An old link goes first: there is no way to change one. */
static int make_link(const struct mirror *m, int folder, const char *name, const char *target,
                     const struct action *a, struct deed *deed, struct err *err)
{
    char old[PATH_BYTES];
    ssize_t n = readlinkat(folder, name, old, sizeof old);
    if (n > 0 && (size_t) n == strlen(target) && memcmp(old, target, (size_t) n) == 0) {
        *deed = (struct deed){MIRROR_ALREADY, "it is there already"};
        return 0;
    }
    local_recheck(m, a, folder, name, deed);
    if (deed->outcome != MIRROR_DONE)
        return 0;
    if ((a->there == THERE_LINK && unlinkat(folder, name, 0) < 0) ||
        symlinkat(target, folder, name) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot make the link");
    return 0;
}

static int set_time(int folder, const char *name, const struct action *a, struct err *err)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t) a->mtime}};
    if (utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot set the time");
    return 0;
}

static int set_mode(const struct mirror *m, int folder, const char *name, const struct action *a,
                    struct deed *deed, struct err *err)
{
    local_recheck(m, a, folder, name, deed);
    if (deed->outcome == MIRROR_DONE &&
        fchmodat(folder, name, (mode_t) a->mode & 0777, AT_SYMLINK_NOFOLLOW) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot set the permissions");
    return 0;
}

bool action_is_local(const struct mirror *m, const struct action *a)
{
    return !m->upload && a->top == 0 && a->kind != ACTION_GET && a->kind != ACTION_PUT;
}

int local_act(const struct mirror *m, const struct plan *p, const struct action *a,
              struct deed *deed, struct err *err)
{
    const char *name;
    int folder = open_parent(m, p, a, &name, deed, err), rc = 0;
    if (folder < 0)
        return deed->outcome == MIRROR_ALREADY ? 0 : -1;
    switch ((enum action_kind) a->kind) {
    case ACTION_CLEAN:
    case ACTION_DELETE:
    case ACTION_RMDIR:
        rc = remove_in(m, folder, name, a, deed, err);
        break;
    case ACTION_MKDIR:
        rc = make_folder(folder, name, deed, err);
        break;
    case ACTION_LINK:
        rc = make_link(m, folder, name, plan_target(p, a), a, deed, err);
        break;
    case ACTION_CHMOD:
        rc = set_mode(m, folder, name, a, deed, err);
        break;
    case ACTION_UTIME:
        rc = set_time(folder, name, a, err);
        break;
    default:
        rc = err_set(err, ERR_USAGE, "a download does not %s",
                     action_name((enum action_kind) a->kind));
    }
    if (rc == 0)
        rc = sync_deed(m, folder, deed, err);
    close(folder);
    return rc;
}
