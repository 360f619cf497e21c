#include "xfer/get.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OVERLAP_BYTES = 32 * 1024, COPY_BLOCK = 64 * 1024, LINKS_MAX = 16, FIFO_STEP_MS = 100 };

/* The local end of a download. */
struct target {
    char path[PATH_BYTES]; /* the file, links followed */
    char part[PATH_BYTES]; /* where it is written; the same as path when in place */
    bool in_place;
    bool exists;
    mode_t mode;
    int fd;          /* of `part`; -1 until the first byte */
    int64_t overlap; /* bytes still to compare instead of writing */
    const struct wait *wait;
    int64_t at; /* offset in the file of the next byte */
};

static int local_error(const char *what, const char *path, struct err *err)
{
    return err_set_sys(err, ERR_LOCAL, errno, "cannot %s %s", what, path);
}

/* ---- what is to be written ---- */

/* "name.part"; a name too long for that gives its end away. */
static int part_name(struct target *t, struct err *err)
{
    const char *name = path_last(t->path);
    size_t folder = (size_t) (name - t->path), len = strlen(name);
    size_t room = NAME_MAX - strlen(PART_SUFFIX);
    if (len > room)
        len = room;
    int n = snprintf(t->part, sizeof t->part, "%.*s%.*s%s", (int) folder, t->path, (int) len, name,
                     PART_SUFFIX);
    return n < (int) sizeof t->part ? 0 : err_set(err, ERR_LOCAL, "%s: name too long", t->path);
}

/* A symbolic link is followed to what it names, which need not exist yet. */
static int follow_links(char path[PATH_BYTES], struct err *err)
{
    char to[PATH_BYTES], joined[PATH_BYTES];
    for (int i = 0; i < LINKS_MAX; i++) {
        ssize_t n = readlink(path, to, sizeof to - 1);
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

/* Noticed before anything is asked of the server. */
static int check_folder(const struct target *t, struct err *err)
{
    char folder[PATH_BYTES];
    size_t len = (size_t) (path_last(t->path) - t->path);
    snprintf(folder, sizeof folder, "%.*s", (int) len, t->path);
    return access(len ? folder : ".", W_OK | X_OK) < 0 ? local_error("write", t->path, err) : 0;
}

static int target_find(struct target *t, const char *local, const struct wait *w, struct err *err)
{
    struct stat st;
    *t = (struct target){.fd = -1, .wait = w};
    if (snprintf(t->path, sizeof t->path, "%s", local) >= (int) sizeof t->path)
        return err_set(err, ERR_LOCAL, "%s: name too long", local);
    if (follow_links(t->path, err) < 0)
        return -1;
    t->exists = stat(t->path, &st) == 0;
    if (!t->exists && errno != ENOENT)
        return local_error("write", t->path, err);
    if (t->exists && S_ISDIR(st.st_mode))
        return err_set(err, ERR_LOCAL, "%s is a folder", local);
    if (t->exists && access(t->path, W_OK) < 0)
        return local_error("write", t->path, err);
    t->in_place = t->exists && !S_ISREG(st.st_mode);
    t->mode = t->exists ? st.st_mode & 0777 : 0;
    memcpy(t->part, t->path, sizeof t->part);
    if (t->in_place)
        return 0;
    return part_name(t, err) < 0 ? -1 : check_folder(t, err);
}

static int64_t file_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t) st.st_size : -1;
}

/* Two downloads into one file would mix their bytes. */
static int lock_part(const struct target *t, struct err *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(t->fd, F_SETLK, &lock) == 0 || (errno != EACCES && errno != EAGAIN))
        return 0;
    return err_set(err, ERR_LOCAL, "%s is being written by another transfer", t->part);
}

/* A FIFO without a reader is waited for in small steps: nothing tells when one comes. */
static int open_in_place(const struct target *t, struct err *err)
{
    for (;;) {
        int fd = open(t->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 || errno != ENXIO)
            return fd;
        if (wait_fds(t->wait, NULL, 0, deadline_in(FIFO_STEP_MS), err) < 0)
            return -1;
    }
}

static int target_open(struct target *t, struct err *err)
{
    t->fd = t->in_place ? open_in_place(t, err)
                        : open(t->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (t->fd < 0)
        return local_error("write", t->part, err);
    if (t->in_place)
        return 0;
    if (lock_part(t, err) < 0)
        return -1;
    if (ftruncate(t->fd, (off_t) (t->at + t->overlap)) < 0)
        return local_error("write", t->part, err);
    return 0;
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
        if (n <= 0)
            return -1;
        p += n;
        at += n;
        len -= (size_t) n;
    }
    return 0;
}

/* The server's bytes against those that are there already; *done bytes were taken. */
static int compare_overlap(struct target *t, const unsigned char *p, size_t len, size_t *done,
                           struct err *err)
{
    unsigned char here[4096];
    while (t->overlap > 0 && *done < len) {
        size_t n = len - *done < sizeof here ? len - *done : sizeof here;
        if ((int64_t) n > t->overlap)
            n = (size_t) t->overlap;
        if (pread_all(t->fd, here, n, t->at) < 0)
            return local_error("read", t->part, err);
        if (memcmp(here, p + *done, n) != 0)
            return err_set(
                err, ERR_INTEGRITY,
                "%s is not the beginning of the file on the server; `get` fetches it anew",
                t->part);
        t->overlap -= (int64_t) n;
        t->at += (int64_t) n;
        *done += n;
    }
    return 0;
}

static int target_write(void *ctx, const void *data, size_t len, struct err *err)
{
    struct target *t = ctx;
    size_t done = 0;
    if (t->fd < 0 && target_open(t, err) < 0)
        return -1;
    if (t->overlap > 0) {
        if (compare_overlap(t, data, len, &done, err) < 0)
            return -1;
        if (t->overlap == 0 && lseek(t->fd, (off_t) t->at, SEEK_SET) < 0)
            return local_error("write", t->part, err);
    }
    if (write_all(t->fd, (const unsigned char *) data + done, len - done,
                  t->in_place ? t->wait : NULL, err) < 0)
        return local_error("write", t->part, err);
    t->at += (int64_t) (len - done);
    return 0;
}

static int target_finish(struct target *t, struct err *err)
{
    if (t->fd < 0 && target_open(t, err) < 0) /* an empty file has no first byte */
        return -1;
    int fd = t->fd;
    t->fd = -1;
    /* only now: a part file must stay writable for whoever continues it */
    if (!t->in_place && t->exists && fchmod(fd, t->mode) < 0) {
        local_error("set the mode of", t->part, err);
        close(fd);
        return -1;
    }
    if (close(fd) < 0)
        return local_error("write", t->part, err);
    if (!t->in_place && rename(t->part, t->path) < 0)
        return local_error("rename the part file to", t->path, err);
    return 0;
}

/* ---- resuming ---- */

static int copy_to_part(const struct target *t, struct err *err)
{
    static const char what[] = "copy to the part file";
    unsigned char *block = malloc(COPY_BLOCK);
    int in = open(t->path, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(t->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    ssize_t n = block && out >= 0 ? 1 : -1;
    while (n > 0) {
        n = read(in, block, COPY_BLOCK);
        if (n > 0 && write_all(out, block, (size_t) n, NULL, NULL) < 0)
            n = -1;
    }
    int rc = n < 0 ? local_error(what, t->path, err) : 0;
    free(block);
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) < 0 && rc == 0)
        rc = local_error(what, t->path, err);
    if (rc < 0 && out >= 0)
        unlink(t->part);
    return rc;
}

/* Where to go on. A part file is continued, or else a target that some other client left short. */
static int resume_from(struct target *t, int64_t remote_size, struct err *err)
{
    if (t->in_place)
        return err_set(err, ERR_LOCAL, "%s is no regular file: it cannot be continued", t->path);
    int64_t have = file_size(t->part);
    if (have < 0 && t->exists) {
        have = file_size(t->path);
        if (have > 0 && copy_to_part(t, err) < 0)
            return -1;
    }
    if (have <= 0)
        return 0;
    if (remote_size >= 0 && have > remote_size)
        return err_set(
            err, ERR_INTEGRITY,
            "%s has %lld bytes and the file on the server only %lld; `get` fetches it anew",
            t->part, (long long) have, (long long) remote_size);
    if (remote_size < 0)
        return err_set(
            err, ERR_INTEGRITY,
            "the server tells no size, so %s cannot be continued safely; `get` fetches it "
            "anew",
            t->part);
    t->overlap = have < OVERLAP_BYTES ? have : OVERLAP_BYTES;
    t->at = have - t->overlap;
    return 0;
}

/* ---- the download ---- */

/* SIZE, -1 where the server does not tell. Only what broke the session is an error. */
static int ask_size(struct session *s, const char *remote, int64_t *size, struct err *err)
{
    struct err why = ERR_INIT;
    *size = -1;
    if (session_size(s, remote, size, &why) == 0)
        return 0;
    *size = -1;
    if (why.code == ERR_REPLY_PERMANENT || why.code == ERR_REPLY_TRANSIENT ||
        why.code == ERR_PROTOCOL)
        return 0;
    return err_take(err, &why);
}

static int verify_size(struct mover *m, const char *remote, int64_t have, int64_t expected,
                       bool unclean, struct transfer *out, struct err *err)
{
    /* A file that grew while it was fetched, or one whose SIZE was not asked for yet. */
    if (have != expected && (have > expected || expected < 0) && (unclean || expected >= 0) &&
        ask_size(m->session, remote, &expected, err) < 0)
        return -1;
    if (expected < 0 && unclean)
        return err_set(err, ERR_TRUNCATED,
                       "%s: the data ended without TLS's close and the server tells no size",
                       remote);
    if (expected >= 0 && have != expected)
        return err_set(err, ERR_INTEGRITY, "%s: %lld bytes came and the server says %lld", remote,
                       (long long) have, (long long) expected);
    out->verdict = expected >= 0 ? VERDICT_SIZE_OK : VERDICT_UNVERIFIED;
    return 0;
}

/* All data came, the final reply did not (FIELD-NOTES 38): the size decides, on a new connection.
 */
static int verify_unconfirmed(struct mover *m, const char *remote, int64_t have,
                              struct transfer *out, const struct err *why, struct err *err)
{
    int64_t size;
    if (session_size(m->session, remote, &size, NULL) < 0 || size != have)
        return err_take(err, why);
    log_note(session_settings(m->session)->log, "%s: %s; its size is right", remote, why->msg);
    out->verdict = VERDICT_SIZE_OK;
    return 0;
}

static void set_progress(struct mover *m, int64_t done, int64_t total)
{
    if (!m->pump.progress)
        return;
    atomic_store(&m->pump.progress->done, done);
    atomic_store(&m->pump.progress->total, total);
}

static int fetch(struct mover *m, const char *remote, struct target *t, int64_t size,
                 struct transfer *out, struct err *err)
{
    struct channel_request request = {CHANNEL_DOWN, "RETR", remote, t->at};
    struct pump_sink sink = {target_write, t};
    struct pump_end end = {0};
    struct channel *channel;
    set_progress(m, t->at, size);
    if (transfer_open(m, &request, out, &channel, err) < 0)
        return -1;
    struct err why = ERR_INIT;
    int rc = pump_down(channel, &sink, &m->pump, &end, &why);
    out->bytes = end.bytes;
    if (rc < 0 && !end.unconfirmed) {
        err_wrap(&why, "%s", remote);
        return err_take(err, &why);
    }
    if (rc < 0)
        return verify_unconfirmed(m, remote, t->at, out, &why, err);
    if (t->overlap > 0)
        return err_set(err, ERR_INTEGRITY, "%s: the server sent less than was asked for", remote);
    return verify_size(m, remote, t->at, size, end.unclean, out, err);
}

static void tell_of_part(const struct target *t, struct err *err)
{
    int64_t kept = t->in_place ? -1 : file_size(t->part);
    if (kept > 0)
        err_wrap(err, "%lld bytes are kept in %s", (long long) kept, t->part);
}

static int get_into(struct mover *m, const char *remote, struct target *t, bool resume,
                    struct transfer *out, struct err *err)
{
    int64_t size;
    if (ask_size(m->session, remote, &size, err) < 0)
        return err_wrap(err, "%s", remote);
    if (resume && resume_from(t, size, err) < 0)
        return -1;
    int rc = fetch(m, remote, t, size, out, err);
    if (rc == 0)
        rc = target_finish(t, err);
    if (t->fd >= 0)
        close(t->fd);
    if (rc < 0)
        tell_of_part(t, err);
    return rc;
}

int get_file(struct mover *m, const char *remote, const char *local, bool resume,
             struct transfer *out, struct err *err)
{
    struct target t;
    transfer_begin(out, TRANSFER_GET);
    snprintf(out->remote, sizeof out->remote, "%s", remote);
    snprintf(out->local, sizeof out->local, "%s", local);
    int rc = target_find(&t, local, session_settings(m->session)->wait, err);
    if (rc == 0)
        rc = get_into(m, remote, &t, resume, out, err);
    transfer_end(out, rc < 0 ? err : NULL);
    return rc;
}

int get_to_sink(struct mover *m, const char *remote, const struct pump_sink *sink,
                struct transfer *out, struct err *err)
{
    struct channel_request request = {CHANNEL_DOWN, "RETR", remote, 0};
    struct pump_end end = {0};
    struct channel *channel;
    transfer_begin(out, TRANSFER_GET);
    snprintf(out->remote, sizeof out->remote, "%s", remote);
    snprintf(out->local, sizeof out->local, "-");
    set_progress(m, 0, -1);
    int rc = transfer_open(m, &request, out, &channel, err);
    if (rc == 0) {
        rc = pump_down(channel, sink, &m->pump, &end, err);
        out->bytes = end.bytes;
        if (rc < 0)
            err_wrap(err, "%s", remote);
        else
            rc = verify_size(m, remote, end.bytes, -1, end.unclean, out, err);
    }
    transfer_end(out, rc < 0 ? err : NULL);
    return rc;
}
