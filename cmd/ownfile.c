#include "ownfile.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BYTES = 16 * 1024,
    FOLDER_BYTES = OWN_PATH_BYTES - 72,
    NAME_BYTES = 72,
    LOCK_MS = 500, /* nobody waits for what is a convenience */
    LOCK_PAUSE_MS = 10
};

/* ---- where it is ---- */

static const struct {
    const char *variable, *usual; /* `usual` is below the home */
} folders[] = {
    [OWN_STATE] = {"XDG_STATE_HOME", ".local/state"},
    [OWN_CONFIG] = {"XDG_CONFIG_HOME", ".config"},
};

/* The folder; "" when the environment tells no home. Returns how much of it is the home, which is
 * not ours to make. The XDG rules pass over what is not absolute. */
static size_t folder_path(enum own_folder which, char *dst, size_t size)
{
    const char *set = getenv(folders[which].variable), *home = getenv("HOME");
    bool given = set && set[0] == '/';
    dst[0] = '\0';
    if (!given && !(home && home[0] == '/'))
        return 0;
    int n = given ? snprintf(dst, size, "%s/ftpsh", set)
                  : snprintf(dst, size, "%s/%s/ftpsh", home, folders[which].usual);
    if (n < 0 || (size_t) n >= size)
        dst[0] = '\0';
    return given ? 0 : strlen(home);
}

const char *own_path(const struct own_file *f, char *dst, size_t size)
{
    char folder[FOLDER_BYTES];
    folder_path(f->folder, folder, sizeof folder);
    dst[0] = '\0';
    if (folder[0] && (size_t) snprintf(dst, size, "%s/%s", folder, f->name) >= size)
        dst[0] = '\0';
    return dst;
}

/* 0, or why the first could not be made that was not there: what follows from that is no reason. */
static int make_folders(char *path, size_t from)
{
    int why = 0;
    for (char *slash = strchr(path + from + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST && !why)
            why = errno;
        *slash = '/';
    }
    if (mkdir(path, 0700) < 0 && errno != EEXIST && !why)
        why = errno;
    return why;
}

static int no_home(struct err *err)
{
    err_set(err, ERR_LOCAL, "HOME names no folder");
    if (err)
        err->sys = ENOENT;
    return -1;
}

/* HOME may be a file: /dev/null, for those who are to have none. */
static bool is_absent(int why)
{
    return why == ENOENT || why == ENOTDIR;
}

/* `fd`, which is to be a folder or a file of ours, or of the system's where that is let through;
 * -1, and it is closed, with what it is instead. */
static int check_ours(int fd, mode_t type, bool systems, const char *what, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        err_set_sys(err, ERR_LOCAL, errno, "%s", what);
    else if ((st.st_mode & S_IFMT) != type)
        err_set(err, ERR_LOCAL, "%s: is %s, where a file of ftpsh's belongs; take it away", what,
                S_ISDIR(st.st_mode) ? "a folder" : "no file");
    else if (st.st_uid != geteuid() && !(systems && st.st_uid == 0))
        err_set(err, ERR_LOCAL, "%s: belongs to somebody else and is not used", what);
    else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        err_set(err, ERR_LOCAL, "%s: can be changed by others (run 'chmod go-w' on it)", what);
    else
        return fd;
    close(fd);
    return -1;
}

/* The folder's descriptor; -1 with err, whose `sys` says when there is none. */
static int open_folder(const struct own_file *f, bool make, struct err *err)
{
    char path[FOLDER_BYTES];
    size_t from = folder_path(f->folder, path, sizeof path);
    if (!path[0])
        return no_home(err);
    int unmade = make ? make_folders(path, from) : 0;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? err_set_sys(err, ERR_LOCAL, unmade ? unmade : errno, "%s", path)
                  : check_ours(fd, S_IFDIR, false, path, err);
}

/* ---- reading ---- */

int own_open(const struct own_file *f, struct err *err)
{
    char path[OWN_PATH_BYTES];
    if (!*own_path(f, path, sizeof path))
        return no_home(err);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, is_absent(errno) ? ENOENT : errno, "%s", path);
    return check_ours(fd, S_IFREG, true, path, err);
}

int own_read(int fd, const char *path, struct buf *text, struct err *err)
{
    while (buf_len(text) < OWN_BYTES_MAX) {
        unsigned char *room = buf_reserve(text, READ_BYTES, err);
        if (!room)
            return -1;
        ssize_t n = read(fd, room, READ_BYTES);
        if (n < 0)
            return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
        if (n == 0)
            break;
        buf_commit(text, (size_t) n);
    }
    return 0;
}

static int read_file(const struct own_file *f, int folder, struct buf *text, struct err *err)
{
    char path[OWN_PATH_BYTES];
    int fd = openat(folder, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    int why = errno;
    own_path(f, path, sizeof path);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, why, "%s", path);
    if (check_ours(fd, S_IFREG, false, path, err) < 0)
        return -1;
    int rc = own_read(fd, path, text, err);
    close(fd);
    return rc;
}

int own_load(const struct own_file *f, struct buf *text, struct err *err)
{
    struct err why = ERR_INIT;
    buf_init(text, OWN_BYTES_MAX + READ_BYTES);
    int folder = open_folder(f, false, &why);
    if (folder < 0)
        return is_absent(why.sys) ? 0 : err_take(err, &why);
    int rc = read_file(f, folder, text, err);
    close(folder);
    return rc;
}

/* ---- writing ---- */

static int write_all(int fd, const struct buf *text)
{
    const unsigned char *from = buf_data(text);
    for (size_t left = buf_len(text); left > 0;) {
        ssize_t n = write(fd, from, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        from += n;
        left -= (size_t) n;
    }
    return 0;
}

/* The temporary file is ours alone while we hold the lock. */
static int write_file(const struct own_file *f, int folder, const struct buf *text, struct err *err)
{
    char temporary[NAME_BYTES], path[OWN_PATH_BYTES];
    snprintf(temporary, sizeof temporary, "%s.new", f->name);
    own_path(f, path, sizeof path);
    unlinkat(folder, temporary, 0);
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    int rc = write_all(fd, text), why = errno;
    if (close(fd) < 0 && rc == 0) {
        rc = -1;
        why = errno;
    }
    if (rc == 0 && renameat(folder, temporary, folder, f->name) == 0)
        return 0;
    err_set_sys(err, ERR_LOCAL, rc < 0 ? why : errno, "%s", path);
    unlinkat(folder, temporary, 0);
    return -1;
}

static int cannot_lock(const struct own_file *f, bool held, struct err *err)
{
    char path[OWN_PATH_BYTES];
    int why = errno;
    own_path(f, path, sizeof path);
    return held ? err_set(err, ERR_LOCAL, "%s: another ftpsh is changing it", path)
                : err_set_sys(err, ERR_LOCAL, why, "%s.lock", path);
}

/* The lock's descriptor: closing it unlocks. */
static int lock_file(const struct own_file *f, int folder, struct err *err)
{
    char name[NAME_BYTES];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const struct timespec pause = {0, LOCK_PAUSE_MS * 1000000L};
    struct deadline until = deadline_in(LOCK_MS);
    snprintf(name, sizeof name, "%s.lock", f->name);
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot_lock(f, false, err);
    while (fcntl(fd, F_SETLK, &whole) < 0) {
        bool held = errno == EACCES || errno == EAGAIN;
        if ((!held && errno != EINTR) || deadline_passed(until)) {
            cannot_lock(f, held, err);
            close(fd);
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    return fd;
}

static int change_locked(const struct own_file *f, int folder, own_change_fn change, void *ctx,
                         struct err *err)
{
    struct buf before, after;
    buf_init(&before, OWN_BYTES_MAX + READ_BYTES);
    buf_init(&after, OWN_BYTES_MAX);
    int rc = read_file(f, folder, &before, err);
    if (rc == 0)
        rc = change(ctx, &before, &after, err);
    if (rc > 0)
        rc = write_file(f, folder, &after, err);
    buf_clear(&before);
    buf_clear(&after);
    return rc;
}

int own_change(const struct own_file *f, own_change_fn change, void *ctx, struct err *err)
{
    int folder = open_folder(f, true, err);
    if (folder < 0)
        return -1;
    int lock = lock_file(f, folder, err);
    int rc = lock < 0 ? -1 : change_locked(f, folder, change, ctx, err);
    if (lock >= 0)
        close(lock);
    close(folder);
    return rc;
}
