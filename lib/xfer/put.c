#include "xfer/put.h"

#include "xfer/change.h"
#include "xfer/get.h"
#include "xfer/stamp.h"
#include "xfer/verify.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the old file while the new one takes its place, where it cannot be renamed over. */
#define ASIDE_SUFFIX ".ftpsh.old"
_Static_assert(sizeof ASIDE_SUFFIX == sizeof TEMP_SUFFIX, "a name has room for either");

enum { REMOTE_NAME_MAX = 255, READ_BLOCK = 64 * 1024, DAY_S = 24 * 60 * 60 };

/* An upload in progress. */
struct put {
    struct mover *mover;
    const struct put_options *options;
    const char *local;
    const char *remote;    /* the final name */
    const char *to;        /* what is written: it, or `temp` */
    char temp[PATH_BYTES]; /* with `atomic` */
    bool stamped_early;    /* its time was to be set behind the transfer, which may have failed */
    int fd;                /* of the local file */
    struct stat st;        /* as it was when opened */
    const struct wait *wait;
    int64_t offset; /* where the upload starts in the local file */
    int64_t base;   /* with `append`: what was there; LISTING_UNKNOWN */
    int64_t sent;
    struct verifier verifier;
    struct transfer *out;
};

static int local_error(const char *what, const char *path, struct err *err)
{
    return err_set_sys(err, ERR_LOCAL, errno, "cannot %s %s", what, path);
}

static bool is_refusal(const struct err *why)
{
    return why->code == ERR_REPLY_PERMANENT || why->code == ERR_REPLY_TRANSIENT ||
           why->code == ERR_PROTOCOL;
}

/* A descriptor may stand anywhere in its file: what comes is what is sent. */
static bool is_regular(const struct put *p)
{
    return S_ISREG(p->st.st_mode) && p->options->fd < 0;
}

/* ---- the local end ---- */

/* Never blocks: a FIFO opens at once and is waited for when it is read. */
static int source_open(struct put *p, struct err *err)
{
    const struct put_options *o = p->options;
    int links = o->confined ? O_NOFOLLOW : 0;
    if (o->confined && !path_is_single(p->local))
        return err_set(err, ERR_LOCAL, "'%s' can't be the name of a file in a folder", p->local);
    p->fd = o->fd >= 0
                ? fcntl(o->fd, F_DUPFD_CLOEXEC, 3)
                : openat(o->dirfd, p->local, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | links);
    if (p->fd < 0 || fstat(p->fd, &p->st) < 0)
        return local_error("read", p->local, err);
    if (S_ISDIR(p->st.st_mode))
        return err_set(err, ERR_LOCAL, "%s is a folder", p->local);
    if (o->confined && !is_regular(p))
        return err_set(err, ERR_LOCAL, "%s is no regular file", p->local);
    return 0;
}

static bool is_same_state(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int source_changed(const struct put *p, struct err *err)
{
    return err_set(err, ERR_LOCAL, "%s changed while it was sent", p->local);
}

static int check_room(const struct put *p, size_t len, struct err *err)
{
    int64_t max = p->options->max_size;
    if (max < 0 || p->offset + p->sent + (int64_t) len <= max)
        return 0;
    return err_set(err, ERR_LOCAL, "%s is larger than %lld bytes", p->local, (long long) max);
}

static ssize_t source_read(void *ctx, void *mem, size_t size, struct err *err)
{
    struct put *p = ctx;
    for (;;) {
        struct wait_fd data = {.fd = p->fd, .want = POLLIN};
        if (!is_regular(p) && wait_fds(p->wait, &data, 1, DEADLINE_NEVER, err) < 0)
            return -1;
        ssize_t n = read(p->fd, mem, size);
        if (n < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
            return local_error("read", p->local, err);
        if (n < 0)
            continue;
        if (check_room(p, (size_t) n, err) < 0)
            return -1;
        if (is_regular(p) && p->offset + p->sent + n > p->st.st_size)
            return source_changed(p, err); /* it may grow for as long as it is sent */
        verifier_feed(&p->verifier, mem, (size_t) n);
        p->sent += n;
        return n;
    }
}

/* What was sent must be what the file is: one that was written to meanwhile is a mixture. */
static int source_unchanged(const struct put *p, struct err *err)
{
    struct stat now;
    if (!is_regular(p))
        return 0;
    if (fstat(p->fd, &now) == 0 && is_same_state(&now, &p->st) &&
        now.st_size == p->offset + p->sent)
        return 0;
    return source_changed(p, err);
}

/* ---- passing over ---- */

/* Whether there is such a file: 1, 0, or -1 where the server does not tell. */
static int remote_exists(struct put *p, struct err *err)
{
    struct err why = ERR_INIT;
    int64_t ignored;
    if (p->options->there_size >= 0 || p->options->there_mtime >= 0)
        return 1;
    if (session_size(p->mover->session, p->remote, &ignored, &why) == 0)
        return 1;
    if (is_refusal(&why) && why.reply != 550) {
        err_clear(&why);
        if (session_mdtm(p->mover->session, p->remote, &ignored, &why) == 0)
            return 1;
    }
    if (why.reply == 550)
        return 0;
    err_wrap(&why, "whether it is there can't be found out");
    return err_take(err, &why);
}

/* 1: what is there is not older, 0: it is, or is not there, or the server does not tell; -1. */
static int remote_is_current(struct put *p, struct err *err)
{
    struct err why = ERR_INIT;
    int64_t there = p->options->there_mtime;
    if (!is_regular(p))
        return 0;
    if (there < 0 && session_mdtm(p->mover->session, p->remote, &there, &why) < 0)
        return is_refusal(&why) ? 0 : err_take(err, &why);
    return there >= (int64_t) p->st.st_mtim.tv_sec;
}

static int choose_skip(struct put *p, struct err *err)
{
    const struct put_options *o = p->options;
    int rc = 0;
    if (o->max_size >= 0 && is_regular(p) && p->st.st_size > o->max_size)
        p->out->skipped = SKIP_TOO_LARGE;
    else if (o->no_clobber && (rc = remote_exists(p, err)) > 0)
        p->out->skipped = SKIP_EXISTS;
    else if (rc == 0 && o->newer && (rc = remote_is_current(p, err)) > 0)
        p->out->skipped = SKIP_NOT_NEWER;
    return rc < 0 ? -1 : 0;
}

/* ---- continuing ---- */

/* The end of what the server has, against the local file. */
struct overlap {
    struct put *put;
    int64_t at;
};

static int overlap_write(void *ctx, const void *data, size_t len, struct err *err)
{
    struct overlap *o = ctx;
    const unsigned char *there = data;
    unsigned char here[4096];
    while (len > 0) {
        size_t n = len < sizeof here ? len : sizeof here;
        ssize_t got = pread(o->put->fd, here, n, (off_t) o->at);
        if (got < 0)
            return local_error("read", o->put->local, err);
        if (got == 0 || memcmp(here, there, (size_t) got) != 0)
            return err_set(err, ERR_INTEGRITY,
                           "what is on the server is not the beginning of %s; `put` sends it anew",
                           o->put->local);
        o->at += got;
        there += got;
        len -= (size_t) got;
    }
    return 0;
}

/* A folder for uploads alone lets nothing be read: then the size has to do. */
static int check_overlap(struct put *p, struct err *err)
{
    int64_t len = p->offset < PART_OVERLAP ? p->offset : PART_OVERLAP;
    struct overlap o = {p, p->offset - len};
    struct pump_sink sink = {overlap_write, &o};
    struct err why = ERR_INIT;
    struct get_slice slice = {.offset = o.at, .sink = &sink};
    if (get_slice(p->mover, p->to, &slice, &why) < 0) {
        if (!is_refusal(&why))
            return err_take(err, &why);
        log_note(session_settings(p->mover->session)->log, "%s: cannot be compared: %s", p->to,
                 why.msg);
        return 0;
    }
    if (o.at == p->offset)
        return 0;
    return err_set(err, ERR_INTEGRITY, "%s: the server sent less than was asked for", p->to);
}

static int refuse_or_restart(struct put *p, struct err *why, struct err *err)
{
    if (why->code != ERR_INTEGRITY || !p->options->anew)
        return err_take(err, why);
    p->offset = 0;
    return 0;
}

/* A beginning that is older than the local file is that of an earlier one. */
static int check_age(struct put *p, struct err *err)
{
    struct err why = ERR_INIT;
    int64_t there = p->options->atomic ? LISTING_UNKNOWN : p->options->there_mtime;
    if (there < 0 && session_mdtm(p->mover->session, p->to, &there, &why) < 0)
        return is_refusal(&why) ? 0 : err_take(err, &why);
    if (there >= (int64_t) p->st.st_mtim.tv_sec)
        return 0;
    return err_set(err, ERR_INTEGRITY,
                   "%s has changed since a part of it was sent, by the server's clock; `put` sends "
                   "it anew",
                   p->local);
}

/* An absent file and a server that knows no SIZE both mean: from the start. */
static int find_offset(struct put *p, struct err *err)
{
    struct err why = ERR_INIT;
    int64_t there = p->options->atomic ? LISTING_UNKNOWN : p->options->there_size;
    if (!is_regular(p))
        return err_set(err, ERR_LOCAL, "%s is no regular file: it cannot be continued", p->local);
    if (there < 0 && session_size(p->mover->session, p->to, &there, &why) < 0)
        return why.code == ERR_REPLY_PERMANENT ? 0 : err_take(err, &why);
    p->offset = there;
    if (there > 0 && check_age(p, &why) < 0)
        return refuse_or_restart(p, &why, err);
    if (there > p->st.st_size)
        err_set(&why, ERR_INTEGRITY, "%s has %lld bytes on the server and %s only %lld", p->to,
                (long long) there, p->local, (long long) p->st.st_size);
    else if (there > 0)
        check_overlap(p, &why);
    return err_is_set(&why) ? refuse_or_restart(p, &why, err) : 0;
}

/* The hash is of the whole file: what the server has is read here once. */
static int feed_beginning(struct put *p, struct err *err)
{
    unsigned char block[READ_BLOCK];
    for (int64_t at = 0; p->verifier.way && at < p->offset;) {
        size_t n = p->offset - at < READ_BLOCK ? (size_t) (p->offset - at) : READ_BLOCK;
        ssize_t got = pread(p->fd, block, n, (off_t) at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? local_error("read", p->local, err) : source_unchanged(p, err);
        verifier_feed(&p->verifier, block, (size_t) got);
        at += got;
        if (wait_fds(p->wait, NULL, 0, deadline_in(0), err) < 0)
            return -1;
    }
    if (is_regular(p) && lseek(p->fd, (off_t) p->offset, SEEK_SET) < 0)
        return local_error("read", p->local, err);
    return 0;
}

/* ---- the upload ---- */

/* The file is there whole as far as we know: its size and its time are what comes next. */
static void ask_behind(void *ctx, struct session *s)
{
    struct put *p = ctx;
    const struct put_options *o = p->options;
    session_ask_ahead(s, "SIZE %s", p->to);
    p->stamped_early = is_regular(p) && o->preserve && !o->append && !o->chmod && !p->verifier.way;
    if (p->stamped_early)
        stamp_ask_ahead(p->mover, p->to, (int64_t) p->st.st_mtim.tv_sec);
}

/* REST and STOR, or APPE where the server does not take REST. */
static int open_upload(struct put *p, struct channel **channel, struct err *err)
{
    struct mover *m = p->mover;
    const char *command = p->options->append ? "APPE" : "STOR";
    struct channel_request request = {.direction = CHANNEL_UP,
                                      .command = command,
                                      .argument = p->to,
                                      .offset = p->offset,
                                      .brief = is_regular(p) &&
                                               p->st.st_size - p->offset <= CHANNEL_BRIEF,
                                      .ahead = ask_behind,
                                      .ahead_ctx = p};
    struct err why = ERR_INIT;
    bool append = p->offset > 0 && !features_has(session_features(m->session), FEATURE_REST);
    int rc = append ? -1 : transfer_open(m, &request, p->out, channel, &why);
    if (rc < 0 && p->offset > 0 && (append || (why.reply >= 500 && why.reply <= 504))) {
        request.command = "APPE";
        request.offset = 0;
        return transfer_open(m, &request, p->out, channel, err);
    }
    return rc < 0 ? err_take(err, &why) : 0;
}

/* What the file's size has to be now; LISTING_UNKNOWN. */
static int64_t expected_size(const struct put *p)
{
    if (p->options->append)
        return p->base < 0 ? LISTING_UNKNOWN : p->base + p->sent;
    return p->offset + p->sent;
}

/* SIZE after the upload: some servers confirm what they have cut short (FIELD-NOTES 70). */
static int verify_size(struct put *p, bool unclean, struct err *err)
{
    int64_t there, expected = expected_size(p);
    struct err why = ERR_INIT;
    p->out->verdict = VERDICT_UNVERIFIED;
    if (expected < 0)
        return 0;
    if (session_size(p->mover->session, p->to, &there, &why) < 0)
        return is_refusal(&why) && why.code != ERR_PROTOCOL ? 0 : err_take(err, &why);
    if (there < expected && unclean)
        return err_set(err, ERR_TRUNCATED,
                       "the data connection broke off: %lld of %lld bytes have arrived",
                       (long long) there, (long long) expected);
    if (there != expected)
        return err_set(err, ERR_INTEGRITY, "%s has %lld bytes on the server, %lld were sent", p->to,
                       (long long) there, (long long) expected);
    p->out->verdict = VERDICT_SIZE_OK;
    return 0;
}

/* All data went, the final reply did not come (FIELD-NOTES 38): only the right size makes up for
 * it. -1 leaves `why` as it is. */
static int verify_unconfirmed(struct put *p, const struct err *why)
{
    int64_t there;
    struct session *s = p->mover->session;
    if (session_broke(s, why) && session_recover(s, why, NULL) < 0)
        return -1;
    if (session_size(s, p->to, &there, NULL) < 0 || there != expected_size(p))
        return -1;
    log_note(session_settings(s)->log, "%s: %s; its size is right", p->to, why->msg);
    return 0;
}

static int verify(struct put *p, bool unclean, struct err *err)
{
    if (source_unchanged(p, err) < 0 || verify_size(p, unclean, err) < 0)
        return -1;
    return verifier_check(&p->verifier, p->mover, p->to, p->offset + p->sent, &p->out->verdict,
                          err);
}

/* A server that keeps the old file until the new one is whole (ProFTPD's HiddenStores) has given it
 * the new one's time. Where it has the size, too, it would pass for the new one when trees are
 * compared: it gets an older time. */
static void disown(struct put *p)
{
    if (p->stamped_early)
        (void) stamp_time(p->mover, p->to, (int64_t) p->st.st_mtim.tv_sec - DAY_S, NULL);
}

/* A failed STOR leaves what came, or an emptied file (FIELD-NOTES 75). Only a session that is alive
 * is asked, unless no data connection came about at all. */
static void tell_of_remains(struct put *p, struct err *err)
{
    int64_t there;
    bool unopened = err->code == ERR_NO_DATA_PATH;
    bool ask = unopened || (err->code != ERR_CANCELLED && session_alive(p->mover->session));
    if (err->code == ERR_INTEGRITY)
        return;
    bool known = ask && session_size(p->mover->session, p->to, &there, NULL) == 0;
    if (known && there == expected_size(p))
        disown(p);
    if (known)
        err_wrap(err, "%s has %lld bytes on the server now", p->to, (long long) there);
    else if (!unopened)
        err_wrap(err, "a part of %s may be on the server now", p->to);
}

static int send_source(struct put *p, struct err *err)
{
    struct channel *channel;
    struct pump_end end = {0};
    struct pump_source from = {source_read, p};
    struct err why = ERR_INIT;
    if (open_upload(p, &channel, &why) < 0) {
        /* some server may have emptied it for its STOR */
        if (why.code == ERR_NO_DATA_PATH && !p->options->atomic)
            tell_of_remains(p, &why);
        return err_take(err, &why);
    }
    int rc = pump_up(channel, &from, &p->mover->pump, &end, &why);
    p->out->bytes = end.bytes;
    p->out->reached = p->offset; /* what more was sent need not have arrived */
    if (rc < 0 && end.unconfirmed)
        rc = verify_unconfirmed(p, &why);
    if (rc == 0) {
        err_clear(&why);
        rc = verify(p, end.unclean, &why);
    }
    if (rc < 0 && !p->options->atomic)
        tell_of_remains(p, &why);
    return rc < 0 ? err_take(err, &why) : 0;
}

/* ---- the temporary name ---- */

/* ".name.ftpsh.tmp" beside the target; a name too long for that gives its end away. */
static int make_temp(struct put *p, struct err *err)
{
    const char *name = path_last(p->remote);
    size_t folder = (size_t) (name - p->remote), len = strlen(name);
    size_t room = REMOTE_NAME_MAX - strlen(TEMP_PREFIX TEMP_SUFFIX);
    int n = snprintf(p->temp, sizeof p->temp, "%.*s" TEMP_PREFIX "%.*s" TEMP_SUFFIX, (int) folder,
                     p->remote, (int) (len < room ? len : room), name);
    if (n >= (int) sizeof p->temp)
        return err_set(err, ERR_USAGE, "%s: the remote name is too long", p->remote);
    p->to = p->temp;
    return 0;
}

/* ".name.ftpsh.old" for ".name.ftpsh.tmp". What an earlier run has left there goes: the file that
 * is put aside is younger. */
static int put_aside(struct put *p, char aside[PATH_BYTES])
{
    size_t len = strlen(p->temp) - strlen(TEMP_SUFFIX);
    snprintf(aside, PATH_BYTES, "%.*s" ASIDE_SUFFIX, (int) len, p->temp);
    if (change_rename(p->mover, p->remote, aside, NULL) == 0)
        return 0;
    if (change_delete(p->mover, aside, NULL) < 0)
        return -1;
    return change_rename(p->mover, p->remote, aside, NULL);
}

/* Some servers rename to no name that is taken. The old file is put aside there and not deleted:
 * the server may be one that renames nothing at all. */
static int rename_past(struct put *p, const struct err *why, struct err *err)
{
    char aside[PATH_BYTES];
    const struct log *log = session_settings(p->mover->session)->log;
    if (put_aside(p, aside) < 0)
        return err_take(err, why);
    log_note(log, "%s was put aside to make room for the new one: %s", p->remote, why->msg);
    if (change_rename(p->mover, p->temp, p->remote, err) < 0) {
        if (change_rename(p->mover, aside, p->remote, NULL) < 0)
            err_wrap(err, "the old file is on the server as %s now", aside);
        return -1;
    }
    if (change_delete(p->mover, aside, NULL) < 0)
        log_note(log, "the old file stays on the server as %s", aside);
    return 0;
}

static int rename_temp(struct put *p, struct err *err)
{
    struct err why = ERR_INIT;
    struct session *s = p->mover->session;
    if (change_rename(p->mover, p->temp, p->remote, &why) == 0)
        return 0;
    if (why.code != ERR_REPLY_PERMANENT || session_size(s, p->remote, &(int64_t){0}, NULL) < 0)
        return err_take(err, &why);
    return rename_past(p, &why, err);
}

/* With `resume` the part is kept for the next time; and for the next try. */
static void clear_temp(struct put *p, struct err *err)
{
    const struct put_options *o = p->options;
    struct retry_count tries = o->tries ? *o->tries : (struct retry_count){0};
    retry_failed(&tries, p->out);
    bool again = o->tries && retry_follows(&tries, o->retries, p->mover, p->out, err);
    bool wanted = again || (o->resume && !o->anew);
    if (wanted && err->code != ERR_INTEGRITY)
        err_wrap(err, "a part is kept on the server as %s", p->temp);
    else if (err->code == ERR_CANCELLED || change_delete(p->mover, p->temp, NULL) < 0)
        err_wrap(err, "a part may be left on the server as %s", p->temp);
}

/* ---- the whole ---- */

static int stamp(struct put *p, struct err *err)
{
    const struct put_options *o = p->options;
    if (!is_regular(p) || o->append)
        return 0;
    if (o->chmod && stamp_mode(p->mover, p->to, (int) (p->st.st_mode & 0777), err) < 0)
        return -1;
    return o->preserve ? stamp_time(p->mover, p->to, (int64_t) p->st.st_mtim.tv_sec, err) : 0;
}

static int begin_appending(struct put *p, struct err *err)
{
    struct err why = ERR_INIT;
    if (p->mover->verify == VERIFY_REQUIRE)
        return err_set(err, ERR_INTEGRITY,
                       "what is appended cannot be verified by itself, and "
                       "--verify=require demands it");
    if (session_size(p->mover->session, p->remote, &p->base, &why) == 0)
        return 0;
    p->base = why.reply == 550 ? 0 : LISTING_UNKNOWN;
    return is_refusal(&why) ? 0 : err_take(err, &why);
}

static int prepare(struct put *p, struct err *err)
{
    const struct put_options *o = p->options;
    if (o->append)
        return begin_appending(p, err);
    if (o->atomic && make_temp(p, err) < 0)
        return -1;
    if (o->resume && find_offset(p, err) < 0)
        return -1;
    return verifier_begin(&p->verifier, p->mover, err) < 0 ? -1 : feed_beginning(p, err);
}

static int move(struct put *p, struct err *err)
{
    if (p->mover->pump.progress) {
        atomic_store(&p->mover->pump.progress->done, p->offset);
        atomic_store(&p->mover->pump.progress->total, is_regular(p) ? p->st.st_size : -1);
    }
    bool complete = p->offset > 0 && p->offset == p->st.st_size;
    return complete ? verify(p, false, err) : send_source(p, err);
}

static int put_source(struct put *p, struct err *err)
{
    const struct put_options *o = p->options;
    struct err why = ERR_INIT;
    if (choose_skip(p, err) < 0)
        return -1;
    if (p->out->skipped)
        return 0;
    if (prepare(p, err) < 0)
        return -1;
    int rc = move(p, &why);
    if (rc == 0)
        rc = stamp(p, &why);
    if (rc == 0 && o->atomic && o->confirm)
        rc = o->confirm(o->confirm_ctx, &why);
    if (rc == 0 && o->atomic)
        rc = rename_temp(p, &why);
    if (rc < 0 && o->atomic)
        clear_temp(p, &why);
    return rc < 0 ? err_take(err, &why) : 0;
}

/* What is there must be the file: a size that agrees, or a comparison of contents, says so. */
static int remove_source(const struct put *p, struct err *err)
{
    struct stat now;
    if (!is_regular(p) || p->options->fd >= 0)
        return 0;
    if (p->out->verdict != VERDICT_SIZE_OK && p->out->verdict != VERDICT_VERIFIED)
        return err_set(err, ERR_INTEGRITY,
                       "%s is not deleted: nothing tells whether all of it has arrived", p->local);
    if (fstatat(p->options->dirfd, p->local, &now, 0) < 0 || now.st_ino != p->st.st_ino ||
        now.st_dev != p->st.st_dev || !is_same_state(&now, &p->st))
        return err_set(err, ERR_LOCAL, "%s has changed since it was sent: it is not deleted",
                       p->local);
    if (unlinkat(p->options->dirfd, p->local, 0) < 0)
        return local_error("delete", p->local, err);
    return 0;
}

int put_file(struct mover *m, const char *local, const char *remote, const struct put_options *o,
             struct transfer *out, struct err *err)
{
    struct put p = {.mover = m,
                    .options = o,
                    .local = local,
                    .remote = remote,
                    .to = remote,
                    .fd = -1,
                    .wait = session_settings(m->session)->wait,
                    .out = out};
    transfer_begin(out, TRANSFER_PUT);
    snprintf(out->remote, sizeof out->remote, "%s", remote);
    snprintf(out->local, sizeof out->local, "%s", local);
    int rc = source_open(&p, err);
    out->final = o->append || !is_regular(&p);
    if (rc == 0)
        rc = put_source(&p, err);
    transfer_end(out, rc < 0 ? err : NULL);
    if (rc == 0 && o->remove_source && !out->skipped)
        rc = remove_source(&p, err);
    if (p.fd >= 0)
        close(p.fd);
    verifier_clear(&p.verifier);
    return rc;
}
