#include "xfer/put.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The local end of an upload. */
struct source {
    int fd;
    const char *path;
    const struct wait *wait;
    struct stat st; /* as it was when opened */
};

static int local_error(const char *what, const char *path, struct err *err)
{
    return err_set_sys(err, ERR_LOCAL, errno, "cannot %s %s", what, path);
}

/* Never blocks: a FIFO opens at once and is waited for when it is read. */
static int source_open(struct source *src, const char *path, const struct put_options *o,
                       struct err *err)
{
    int links = o->confined ? O_NOFOLLOW : 0;
    if (o->confined && !path_is_single(path))
        return err_set(err, ERR_LOCAL, "'%s' can't be the name of a file in a folder", path);
    src->path = path;
    src->fd = openat(o->dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | links);
    if (src->fd < 0 || fstat(src->fd, &src->st) < 0)
        return local_error("read", path, err);
    if (S_ISDIR(src->st.st_mode))
        return err_set(err, ERR_LOCAL, "%s is a folder", path);
    if (o->confined && !S_ISREG(src->st.st_mode))
        return err_set(err, ERR_LOCAL, "%s is no regular file", path);
    return 0;
}

static ssize_t source_read(void *ctx, void *mem, size_t size, struct err *err)
{
    struct source *src = ctx;
    for (;;) {
        struct wait_fd data = {.fd = src->fd, .want = POLLIN};
        if (!S_ISREG(src->st.st_mode) && wait_fds(src->wait, &data, 1, DEADLINE_NEVER, err) < 0)
            return -1;
        ssize_t n = read(src->fd, mem, size);
        if (n >= 0)
            return n;
        if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
            return local_error("read", src->path, err);
    }
}

/* What was sent must be what the file is: one that was written to meanwhile is a mixture. */
static int source_unchanged(const struct source *src, int64_t sent, struct err *err)
{
    struct stat now;
    if (!S_ISREG(src->st.st_mode))
        return 0;
    if (fstat(src->fd, &now) == 0 && now.st_size == src->st.st_size && now.st_size == sent &&
        now.st_mtim.tv_sec == src->st.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == src->st.st_mtim.tv_nsec)
        return 0;
    return err_set(err, ERR_LOCAL, "%s changed while it was sent", src->path);
}

/* An absent file and a server that knows no SIZE both mean: from the start. */
static int resume_offset(struct mover *m, const struct source *src, const char *remote,
                         int64_t *offset, struct err *err)
{
    struct err why = ERR_INIT;
    *offset = 0;
    if (!S_ISREG(src->st.st_mode))
        return err_set(err, ERR_LOCAL, "%s is no regular file: it cannot be continued", src->path);
    if (session_size(m->session, remote, offset, &why) < 0) {
        *offset = 0;
        if (why.code == ERR_REPLY_PERMANENT)
            return 0;
        return err_take(err, &why);
    }
    if (*offset > src->st.st_size)
        return err_set(err, ERR_INTEGRITY, "%s has %lld bytes on the server and %s only %lld",
                       remote, (long long) *offset, src->path, (long long) src->st.st_size);
    if (lseek(src->fd, (off_t) *offset, SEEK_SET) < 0)
        return local_error("read", src->path, err);
    return 0;
}

/* REST and STOR, or APPE where the server does not take REST. */
static int open_upload(struct mover *m, const char *remote, int64_t offset, struct transfer *out,
                       struct channel **channel, struct err *err)
{
    struct channel_request request = {CHANNEL_UP, "STOR", remote, offset};
    struct err why = ERR_INIT;
    bool append = offset > 0 && !features_has(session_features(m->session), FEATURE_REST);
    int rc = append ? -1 : transfer_open(m, &request, out, channel, &why);
    if (rc < 0 && offset > 0 && (append || (why.reply >= 500 && why.reply <= 504))) {
        request = (struct channel_request){CHANNEL_UP, "APPE", remote, 0};
        return transfer_open(m, &request, out, channel, err);
    }
    if (rc < 0 && err && !err_is_set(err))
        *err = why;
    return rc;
}

/* SIZE after the upload: some servers confirm what they have cut short (FIELD-NOTES 70). */
static int verify_upload(struct mover *m, const char *remote, int64_t sent, struct transfer *out,
                         struct err *err)
{
    int64_t there;
    struct err why = ERR_INIT;
    out->verdict = VERDICT_UNVERIFIED;
    if (session_size(m->session, remote, &there, &why) < 0) {
        if (why.code == ERR_REPLY_PERMANENT || why.code == ERR_REPLY_TRANSIENT)
            return 0;
        return err_take(err, &why);
    }
    if (there != sent)
        return err_set(err, ERR_INTEGRITY, "%s has %lld bytes on the server, %lld were sent",
                       remote, (long long) there, (long long) sent);
    out->verdict = VERDICT_SIZE_OK;
    return 0;
}

/* All data went, the final reply did not come (FIELD-NOTES 38): only the right size makes up for
 * it. -1 leaves `why` as it is. */
static int verify_unconfirmed(struct mover *m, const char *remote, int64_t sent,
                              const struct err *why)
{
    int64_t there;
    if (session_size(m->session, remote, &there, NULL) < 0 || there != sent)
        return -1;
    log_note(session_settings(m->session)->log, "%s: %s; its size is right", remote, why->msg);
    return 0;
}

/* A failed STOR leaves what came, or an emptied file (FIELD-NOTES 75). Only a session that is alive
 * is asked, unless no data connection came about at all. */
static void tell_of_remains(struct mover *m, const char *remote, struct err *err)
{
    int64_t there;
    bool unopened = err->code == ERR_NO_DATA_PATH;
    bool ask = unopened || (err->code != ERR_CANCELLED && session_alive(m->session));
    if (err->code == ERR_INTEGRITY)
        return;
    if (ask && session_size(m->session, remote, &there, NULL) == 0)
        err_wrap(err, "%s has %lld bytes on the server now", remote, (long long) there);
    else if (!unopened)
        err_wrap(err, "a part of %s may be on the server now", remote);
}

static int send_source(struct mover *m, struct source *src, const char *remote, int64_t offset,
                       struct transfer *out, struct err *err)
{
    struct channel *channel;
    struct pump_end end = {0};
    struct pump_source from = {source_read, src};
    struct err why = ERR_INIT;
    if (open_upload(m, remote, offset, out, &channel, &why) < 0) {
        if (why.code == ERR_NO_DATA_PATH) /* some server may have emptied it for its STOR */
            tell_of_remains(m, remote, &why);
        return err_take(err, &why);
    }
    int rc = pump_up(channel, &from, &m->pump, &end, &why);
    out->bytes = end.bytes;
    if (rc < 0 && end.unconfirmed)
        rc = verify_unconfirmed(m, remote, offset + end.bytes, &why);
    if (rc < 0)
        err_take(err, &why);
    if (rc == 0)
        rc = source_unchanged(src, offset + end.bytes, err);
    if (rc == 0)
        rc = verify_upload(m, remote, offset + end.bytes, out, err);
    if (rc < 0 && err)
        tell_of_remains(m, remote, err);
    return rc;
}

static int put_source(struct mover *m, struct source *src, const char *remote, bool resume,
                      struct transfer *out, struct err *err)
{
    int64_t offset = 0;
    if (resume && resume_offset(m, src, remote, &offset, err) < 0)
        return -1;
    if (m->pump.progress) {
        atomic_store(&m->pump.progress->done, offset);
        atomic_store(&m->pump.progress->total, S_ISREG(src->st.st_mode) ? src->st.st_size : -1);
    }
    if (resume && offset > 0 && offset == src->st.st_size) {
        out->verdict = VERDICT_SIZE_OK;
        return 0;
    }
    return send_source(m, src, remote, offset, out, err);
}

int put_file(struct mover *m, const char *local, const char *remote, const struct put_options *o,
             struct transfer *out, struct err *err)
{
    struct source src = {.fd = -1, .wait = session_settings(m->session)->wait};
    transfer_begin(out, TRANSFER_PUT);
    snprintf(out->remote, sizeof out->remote, "%s", remote);
    snprintf(out->local, sizeof out->local, "%s", local);
    int rc = source_open(&src, local, o, err);
    if (rc == 0)
        rc = put_source(m, &src, remote, o->resume, out, err);
    if (src.fd >= 0)
        close(src.fd);
    transfer_end(out, rc < 0 ? err : NULL);
    return rc;
}
