#include "xfer/part.h"

#include "xfer/pieces.h"
#include "xfer/trim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { COPY_BLOCK = 64 * 1024, LINKS_MAX = 16, FIFO_STEP_MS = 100, OPEN_TRIES = 8 };

static int local_error(const char *what, const char *path, struct err *err)
{
    return err_set_sys(err, ERR_LOCAL, errno, "cannot %s %s", what, path);
}

/* ---- what is to be written ---- */

/* FNV-1a, 32 bits: names that are cut alike get part files of their own. */
static unsigned name_hash(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char) *name) * 16777619u;
    return hash;
}

const char *part_name(const char *name, char dst[NAME_MAX + 1])
{
    char hash[16] = "";
    size_t len = strlen(name), room = NAME_MAX - strlen(PART_SUFFIX);
    if (len > room) {
        snprintf(hash, sizeof hash, "~%08x", name_hash(name));
        len = room - strlen(hash);
    }
    snprintf(dst, NAME_MAX + 1, "%.*s%s" PART_SUFFIX, (int) len, name, hash);
    return dst;
}

static int temp_name(struct part *t, struct err *err)
{
    char part[NAME_MAX + 1];
    const char *name = path_last(t->path);
    int folder = (int) (name - t->path);
    int n = snprintf(t->temp, sizeof t->temp, "%.*s%s", folder, t->path, part_name(name, part));
    return n < (int) sizeof t->temp ? 0 : err_set(err, ERR_LOCAL, "%s: name too long", t->path);
}

/* A symbolic link is followed to what it names, which need not exist yet. What is no file is left
 * to the system: the links of /proc name nothing that could be opened. */
static int follow_links(int dirfd, char path[PATH_BYTES], struct err *err)
{
    char to[PATH_BYTES], joined[PATH_BYTES];
    struct stat st;
    if (fstatat(dirfd, path, &st, 0) == 0 && !S_ISREG(st.st_mode))
        return 0;
    for (int i = 0; i < LINKS_MAX; i++) {
        ssize_t n = readlinkat(dirfd, path, to, sizeof to - 1);
        if (n < 0)
            return 0; /* no link */
        to[n] = '\0';
        const char *last = path_last(path);
        int len = to[0] == '/'
                      ? snprintf(joined, sizeof joined, "%s", to)
                      : snprintf(joined, sizeof joined, "%.*s%s", (int) (last - path), path, to);
        if (len >= (int) sizeof joined)
            break;
        memcpy(path, joined, (size_t) len + 1);
    }
    errno = ELOOP;
    return local_error("follow the link", path, err);
}

static void folder_of(const struct part *t, char dst[PATH_BYTES])
{
    size_t len = (size_t) (path_last(t->path) - t->path);
    snprintf(dst, PATH_BYTES, "%.*s", len ? (int) len : 1, len ? t->path : ".");
}

/* Noticed before anything is asked of the server. */
static int check_folder(const struct part *t, struct err *err)
{
    char folder[PATH_BYTES];
    folder_of(t, folder);
    if (faccessat(t->dirfd, folder, W_OK | X_OK, 0) < 0)
        return local_error("write", t->path, err);
    return 0;
}

static int check_there(struct part *t, struct err *err)
{
    int links = t->confined ? AT_SYMLINK_NOFOLLOW : 0;
    t->exists = fstatat(t->dirfd, t->path, &t->there, links) == 0;
    if (!t->exists && errno != ENOENT)
        return local_error("write", t->path, err);
    if (!t->exists)
        return 0;
    if (S_ISDIR(t->there.st_mode))
        return err_set(err, ERR_LOCAL, "%s is a folder", t->path);
    t->in_place = !S_ISREG(t->there.st_mode);
    if (t->in_place && t->confined)
        return err_set(err, ERR_LOCAL, "%s is there and is no regular file: it is left alone",
                       t->path);
    if (faccessat(t->dirfd, t->path, W_OK, 0) < 0)
        return local_error("write", t->path, err);
    return 0;
}

int part_find(struct part *t, int dirfd, const char *local, bool confined, const struct wait *w,
              struct err *err)
{
    *t = (struct part){.dirfd = dirfd,
                       .confined = confined,
                       .fd = -1,
                       .from_size = -1,
                       .from_mtime = -1,
                       .wait = w};
    if (snprintf(t->path, sizeof t->path, "%s", local) >= (int) sizeof t->path)
        return err_set(err, ERR_LOCAL, "%s: name too long", local);
    if (confined && !path_is_single(local))
        return err_set(err, ERR_LOCAL, "'%s' can't be the name of a file in a folder", local);
    if (!confined && follow_links(dirfd, t->path, err) < 0)
        return -1;
    if (check_there(t, err) < 0)
        return -1;
    memcpy(t->temp, t->path, sizeof t->temp);
    if (t->in_place)
        return 0;
    return temp_name(t, err) < 0 ? -1 : check_folder(t, err);
}

/* ---- what is known of the remote file, kept in the part file's times ---- */

/* Milliseconds that no clock gives together with the zeros behind the trace; the unit is 100 ns,
 * which is as fine as some file systems are. */
enum { RECORD_MARK = 417, RECORD_UNITS = 10000, RECORD_SIZES = 9973 };

static struct timespec record_of(int64_t size, int64_t mtime)
{
    long units = (long) RECORD_MARK * RECORD_UNITS + (long) (size < 0 ? 0 : size % RECORD_SIZES);
    return (struct timespec){.tv_sec = (time_t) (mtime < 0 ? 0 : mtime), .tv_nsec = units * 100};
}

static bool is_record(struct timespec t)
{
    return t.tv_nsec % 100 == 0 && t.tv_nsec / 100 / RECORD_UNITS == RECORD_MARK;
}

static void keep_record(const struct part *t)
{
    struct timespec record = record_of(t->from_size, t->from_mtime);
    struct timespec times[2] = {record, record};
    futimens(t->fd, times); /* where it fails, there is none */
}

/* Whether what is there came from the remote file as it is now. */
static bool is_same_origin(const struct part *t, const struct stat *part)
{
    struct timespec now = record_of(t->from_size, t->from_mtime);
    struct timespec kept = is_record(part->st_atim) ? part->st_atim : part->st_mtim;
    if (is_record(kept))
        return kept.tv_sec == now.tv_sec && kept.tv_nsec == now.tv_nsec;
    return t->from_mtime < 0 || part->st_mtim.tv_sec >= (time_t) t->from_mtime;
}

/* ---- opening ---- */

/* Two downloads into one file would mix their bytes. flock() tells threads apart too. */
static int lock_part(const struct part *t, int fd, struct err *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return 0;
    return err_set(err, ERR_LOCAL, "%s is being written by another transfer", t->temp);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* 1: `fd` is the part file; 0: it was renamed before it was ours; -1. */
static int is_still_part(const struct part *t, int fd, struct err *err)
{
    struct stat open, named;
    if (fstat(fd, &open) < 0)
        return local_error("write", t->temp, err);
    if (!S_ISREG(open.st_mode))
        return err_set(err, ERR_LOCAL, "%s is no regular file", t->temp);
    return fstatat(t->dirfd, t->temp, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           is_same_file(&named, &open);
}

/* A part file under a second name is a backup's as well, and one that belongs to neither us nor the
 * folder's owner may have been laid there for us. */
static bool is_our_own(const struct part *t, const struct stat *st)
{
    char path[PATH_BYTES];
    struct stat folder;
    if (st->st_nlink > 1 || st->st_uid == geteuid())
        return st->st_nlink <= 1;
    folder_of(t, path);
    return fstatat(t->dirfd, path, &folder, 0) == 0 && folder.st_uid == st->st_uid;
}

static bool is_continued(const struct part *t)
{
    return t->at + t->overlap > 0;
}

static int changed_meanwhile(const struct part *t, struct err *err)
{
    return err_set(err, ERR_INTEGRITY, "%s was changed by somebody else meanwhile", t->temp);
}

/* What part_resume() has looked at must be what was opened: another transfer may have ended
 * meanwhile, and put a file of its own in its place. */
static int check_begun(const struct part *t, const struct stat *st, struct err *err)
{
    if (!is_continued(t))
        return 0;
    if (st->st_ino != t->begun || st->st_size != t->at + t->overlap)
        return changed_meanwhile(t, err);
    if (!is_our_own(t, st))
        return err_set(err, ERR_INTEGRITY,
                       "%s is not ours alone (owner, or a second name) and is not continued; `get` "
                       "makes another",
                       t->temp);
    return 0;
}

/* 1: `fd` is ours to write to, 0: there was one that is not, and it is gone; -1. */
static int take_part(const struct part *t, int fd, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return local_error("write", t->temp, err);
    if (check_begun(t, &st, err) < 0)
        return -1;
    if (is_our_own(t, &st))
        return 1;
    return unlinkat(t->dirfd, t->temp, 0) < 0 ? local_error("replace", t->temp, err) : 0;
}

static int open_part(const struct part *t, struct err *err)
{
    int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    flags |= is_continued(t) ? 0 : O_CREAT;
    for (int i = 0; i < OPEN_TRIES; i++) {
        int fd = openat(t->dirfd, t->temp, flags, 0666);
        if (fd < 0 && errno == ENOENT && is_continued(t))
            return changed_meanwhile(t, err);
        if (fd < 0)
            return local_error("write", t->temp, err);
        int rc = lock_part(t, fd, err);
        if (rc == 0)
            rc = is_still_part(t, fd, err);
        if (rc > 0)
            rc = take_part(t, fd, err);
        if (rc > 0)
            return fd;
        close(fd);
        if (rc < 0)
            return -1;
    }
    return err_set(err, ERR_LOCAL, "%s is being written by another transfer", t->temp);
}

/* A FIFO without a reader is waited for in small steps: nothing tells when one comes. */
static int open_in_place(const struct part *t, struct err *err)
{
    for (;;) {
        int fd = openat(t->dirfd, t->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0)
            return fd;
        if (errno != ENXIO)
            return local_error("write", t->path, err);
        if (wait_fds(t->wait, NULL, 0, deadline_in(FIFO_STEP_MS), err) < 0)
            return -1;
    }
}

static int part_open(struct part *t, struct err *err)
{
    t->fd = t->in_place ? open_in_place(t, err) : open_part(t, err);
    if (t->fd < 0)
        return -1;
    if (t->in_place)
        return 0;
    if (trim_file(t->fd, t->at + t->overlap) < 0)
        return local_error("write", t->temp, err);
    keep_record(t);
    return 0;
}

int part_open_pieces(struct part *t, struct err *err)
{
    t->fd = open_part(t, err);
    return t->fd < 0 ? -1 : 0;
}

void part_note_origin(const struct part *t)
{
    keep_record(t);
}

void part_leave(struct part *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

void part_clear(struct part *t)
{
    if (t->fd < 0)
        return;
    if (!t->in_place)
        keep_record(t);
    close(t->fd);
    t->fd = -1;
}

/* ---- writing ---- */

/* Regular files never block; a FIFO or terminal is waited for, so that Ctrl-C and the limit for
 * everything hold. `w` NULL: a regular file. -1 with errno, or with err set. */
static int write_all(int fd, const unsigned char *p, size_t len, const struct wait *w,
                     struct err *err)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && w && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct wait_fd room = {.fd = fd, .want = POLLOUT};
            if (wait_fds(w, &room, 1, DEADLINE_NEVER, err) < 0)
                return -1;
            continue;
        }
        if (n < 0)
            return -1;
        p += n;
        len -= (size_t) n;
    }
    return 0;
}

static int pread_all(int fd, unsigned char *p, size_t len, int64_t at)
{
    while (len > 0) {
        ssize_t n = pread(fd, p, len, (off_t) at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* cut by somebody else meanwhile */
        if (n <= 0)
            return -1;
        p += n;
        at += n;
        len -= (size_t) n;
    }
    return 0;
}

/* The server's bytes against those that are there already; *done bytes were taken. */
static int compare_overlap(struct part *t, const unsigned char *p, size_t len, size_t *done,
                           struct err *err)
{
    unsigned char here[4096];
    while (t->overlap > 0 && *done < len) {
        size_t n = len - *done < sizeof here ? len - *done : sizeof here;
        if ((int64_t) n > t->overlap)
            n = (size_t) t->overlap;
        if (pread_all(t->fd, here, n, t->at) < 0)
            return local_error("read", t->temp, err);
        if (memcmp(here, p + *done, n) != 0)
            return err_set(
                err, ERR_INTEGRITY,
                "%s is not the beginning of the file on the server; `get` fetches it anew",
                t->temp);
        t->overlap -= (int64_t) n;
        t->at += (int64_t) n;
        *done += n;
    }
    if (t->overlap > 0)
        return 0;
    keep_record(t); /* reading has changed the access time */
    return lseek(t->fd, (off_t) t->at, SEEK_SET) < 0 ? local_error("write", t->temp, err) : 0;
}

int part_write(void *ctx, const void *data, size_t len, struct err *err)
{
    struct part *t = ctx;
    size_t done = 0;
    if (t->fd < 0 && part_open(t, err) < 0)
        return -1;
    if (t->overlap > 0 && compare_overlap(t, data, len, &done, err) < 0)
        return -1;
    if (write_all(t->fd, (const unsigned char *) data + done, len - done,
                  t->in_place ? t->wait : NULL, err) < 0)
        return local_error("write", t->temp, err);
    t->at += (int64_t) (len - done);
    if (!t->in_place && len > done)
        keep_record(t); /* writing has changed the other */
    return 0;
}

/* ---- the end ---- */

/* What a new file may be is seen from what the part file became: the umask belongs to the whole
 * process. The owner may always read and write, or the next download could not replace it. */
static int final_mode(const struct part *t, int mode, mode_t *out)
{
    struct stat st;
    if (mode < 0 && !t->exists)
        return 0;
    if (mode < 0) {
        *out = t->there.st_mode & 0777;
        return 1;
    }
    if (fstat(t->fd, &st) < 0)
        return -1;
    mode_t allowed = st.st_mode & 0666;
    allowed |= (allowed & 0444) >> 2;
    *out = ((mode_t) mode & allowed) | 0600;
    return 1;
}

static int dress(const struct part *t, int mode, int64_t mtime, struct err *err)
{
    mode_t become;
    int changes = final_mode(t, mode, &become);
    if (changes < 0 || (changes > 0 && fchmod(t->fd, become) < 0))
        return local_error("set the mode of", t->temp, err);
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    if (mtime >= 0)
        times[1] = (struct timespec){.tv_sec = (time_t) mtime};
    if (futimens(t->fd, times) < 0 && errno != EPERM && errno != ENOSYS)
        return local_error("set the time of", t->temp, err);
    return 0;
}

int part_sync_names(int folder)
{
    return fsync(folder) < 0 && errno != EINVAL && errno != ENOTSUP ? -1 : 0;
}

/* Somebody may have cut or removed the part file, and another transfer begun one of its own. */
static int check_written(const struct part *t, struct err *err)
{
    struct stat open, named;
    if (fstat(t->fd, &open) < 0 || fstatat(t->dirfd, t->temp, &named, AT_SYMLINK_NOFOLLOW) < 0)
        return local_error("rename the part file to", t->path, err);
    bool ours = is_same_file(&named, &open) && (int64_t) open.st_size == t->at;
    return ours ? 0 : changed_meanwhile(t, err);
}

/* Some network file systems tell of a quota at close() and not before: a twin is closed, since the
 * file is to stay locked until it has its name. */
static int flush_contents(int fd)
{
    int twin = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return twin < 0 ? -1 : close(twin);
}

static int settle_contents(struct part *t, struct err *err)
{
    if (t->sync && fsync(t->fd) < 0)
        err_set_sys(err, ERR_LOCAL, errno, "cannot bring %s to the disk", t->path);
    else if (flush_contents(t->fd) < 0)
        local_error("write", t->path, err);
    else
        return 0;
    part_discard(t);
    return -1;
}

static int give_name(struct part *t, int mode, int64_t mtime, struct err *err)
{
    /* only now: a part file must stay writable for whoever continues it */
    if (check_written(t, err) < 0 || dress(t, mode, mtime, err) < 0 || settle_contents(t, err) < 0)
        return -1;
    if (renameat(t->dirfd, t->temp, t->dirfd, t->path) < 0)
        return local_error("rename the part file to", t->path, err);
    return 0;
}

static int sync_name(const struct part *t, struct err *err)
{
    char path[PATH_BYTES];
    folder_of(t, path);
    int folder = openat(t->dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = folder < 0 ? -1 : part_sync_names(folder);
    if (rc < 0)
        err_set_sys(err, ERR_LOCAL, errno, "cannot bring the name %s to the disk", t->path);
    if (folder >= 0)
        close(folder);
    return rc;
}

int part_finish(struct part *t, int mode, int64_t mtime, struct err *err)
{
    if (t->fd < 0 && part_open(t, err) < 0) /* an empty file has no first byte */
        return -1;
    if (!t->in_place && give_name(t, mode, mtime, err) < 0)
        return -1;
    int fd = t->fd;
    t->fd = -1;
    if (close(fd) < 0)
        return local_error("write", t->path, err);
    return t->sync && !t->in_place ? sync_name(t, err) : 0;
}

int64_t part_kept(const struct part *t)
{
    struct stat st;
    if (t->in_place || fstatat(t->dirfd, t->temp, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    return S_ISREG(st.st_mode) ? (int64_t) st.st_size : -1;
}

void part_discard(struct part *t)
{
    bool ours = t->fd < 0 || is_still_part(t, t->fd, NULL) > 0;
    if (!t->in_place && ours)
        unlinkat(t->dirfd, t->temp, 0);
    part_leave(t);
}

/* ---- continuing ---- */

void part_expect(struct part *t, int64_t size, int64_t mtime)
{
    t->from_size = size;
    t->from_mtime = mtime;
}

static int copy_to_part(const struct part *t, struct err *err)
{
    static const char what[] = "copy to the part file";
    unsigned char *block = malloc(COPY_BLOCK);
    int in = openat(t->dirfd, t->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int out =
        in < 0 ? -1 : openat(t->dirfd, t->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    ssize_t n = block && out >= 0 ? 1 : -1;
    bool ended = false;
    while (n > 0) {
        n = read(in, block, COPY_BLOCK);
        if (n > 0 && write_all(out, block, (size_t) n, NULL, NULL) < 0)
            n = -1;
        if (n > 0 && (ended = wait_fds(t->wait, NULL, 0, deadline_in(0), err) < 0))
            break;
    }
    int rc = ended ? -1 : n < 0 ? local_error(what, t->path, err) : 0;
    free(block);
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) < 0 && rc == 0)
        rc = local_error(what, t->path, err);
    if (rc < 0 && out >= 0)
        unlinkat(t->dirfd, t->temp, 0);
    return rc;
}

/* What can be continued: the part file, or a file of the final name. False: nothing. */
static bool find_beginning(const struct part *t, bool *is_part, struct stat *out)
{
    *is_part = fstatat(t->dirfd, t->temp, out, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(out->st_mode);
    if (!*is_part && t->exists)
        *out = t->there;
    return (*is_part || t->exists) && out->st_size > 0;
}

static int check_beginning(const struct part *t, const char *name, const struct stat *have,
                           struct err *err)
{
    if (t->from_size < 0)
        return err_set(err, ERR_INTEGRITY,
                       "the server tells no size, so %s cannot be continued safely; `get` fetches "
                       "it anew",
                       name);
    if (have->st_size > t->from_size)
        return err_set(
            err, ERR_INTEGRITY,
            "%s has %lld bytes and the file on the server only %lld; `get` fetches it anew", name,
            (long long) have->st_size, (long long) t->from_size);
    if (!is_same_origin(t, have))
        return err_set(err, ERR_INTEGRITY,
                       "the file on the server has changed since %s was fetched; `get` fetches it "
                       "anew",
                       name);
    return 0;
}

/* The size of a part file in pieces (pieces.h) tells nothing of what is there: behind the file's
 * end stands a record, before it may be holes. Looking leaves the access time as it is, which may
 * hold what is known of the remote file. */
static int refuse_pieces(const struct part *t, const struct stat *have, struct err *err)
{
    struct timespec times[2] = {have->st_atim, {.tv_nsec = UTIME_OMIT}};
    int fd = openat(t->dirfd, t->temp, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return local_error("read", t->temp, err);
    bool found = pieces_found(fd);
    futimens(fd, times);
    close(fd);
    if (!found)
        return 0;
    return err_set(err, ERR_INTEGRITY,
                   "%s was begun over several connections: `--segments` goes on with it, `get` "
                   "fetches it anew",
                   t->temp);
}

int part_resume(struct part *t, struct err *err)
{
    bool is_part;
    struct stat have;
    if (t->in_place)
        return err_set(err, ERR_LOCAL, "%s is no regular file: it cannot be continued", t->path);
    if (!find_beginning(t, &is_part, &have))
        return 0;
    if (is_part && refuse_pieces(t, &have, err) < 0)
        return -1;
    if (check_beginning(t, is_part ? t->temp : t->path, &have, err) < 0)
        return -1;
    if (!is_part && copy_to_part(t, err) < 0)
        return -1;
    if (!is_part && fstatat(t->dirfd, t->temp, &have, AT_SYMLINK_NOFOLLOW) < 0)
        return local_error("read", t->temp, err);
    t->begun = have.st_ino;
    t->overlap = have.st_size < PART_OVERLAP ? have.st_size : PART_OVERLAP;
    t->at = have.st_size - t->overlap;
    return 0;
}

void part_restart(struct part *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    t->at = 0;
    t->overlap = 0;
}

int part_read_back(struct part *t, int64_t len, void (*each)(void *ctx, const void *data, size_t n),
                   void *ctx, struct err *err)
{
    unsigned char block[16 * 1024];
    int fd = openat(t->dirfd, t->temp, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return local_error("read", t->temp, err);
    int rc = 0;
    for (int64_t at = 0; rc == 0 && at < len;) {
        size_t n = len - at < (int64_t) sizeof block ? (size_t) (len - at) : sizeof block;
        if (pread_all(fd, block, n, at) < 0)
            rc = local_error("read", t->temp, err);
        else
            each(ctx, block, n);
        at += (int64_t) n;
        if (rc == 0 && wait_fds(t->wait, NULL, 0, deadline_in(0), err) < 0)
            rc = -1;
    }
    close(fd);
    return rc;
}
