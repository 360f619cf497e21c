/* Commands that move data, and what can go wrong while it moves. */
#include "behaviour.h"
#include "commands.h"
#include "data.h"
#include "listing.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BLOCK 65536

/* How a transfer came out. */
enum end {
    END_NONE,
    END_OK,
    END_ABORTED,
    END_CLOSED,
    END_RESET,
    END_FULL,
    END_DEAD,
    END_GONE,
    END_MUTE
};

struct transfer {
    struct session *s;
    struct conn data;
    bool up;
    int fd;           /* the file, or -1: */
    const char *text; /* a listing */
    size_t text_left;
    enum listing_style style;
    int64_t line, lines; /* made-up ones: sent, in all */
    int64_t done;
    int64_t cut;         /* where a listing ends too early; -1: nowhere */
    bool control_closed; /* by us, as a quirk */
    bool mode_z;
    z_stream z;
    char block[BLOCK], packed[BLOCK], made[BLOCK];
};

static struct behaviour_data view(struct transfer *t)
{
    return (struct behaviour_data){&t->data, t->up, t->fd < 0, t->done};
}

/* Goes on waiting for nothing but time when fd is -1. END_NONE when the wait is over. */
static enum end wait_data(struct transfer *t, int fd, short events, int timeout_ms)
{
    struct session *s = t->s;
    enum wake w =
        wait_ready(s->srv->stop_fd, fd, events, t->control_closed ? -1 : s->ctl.fd, timeout_ms);
    if (w == WAKE_STOP)
        return END_GONE;
    if (w != WAKE_CONTROL)
        return END_NONE;
    enum watch seen = session_watch(s);
    return seen == WATCH_ABOR ? END_ABORTED : seen == WATCH_GONE ? END_GONE : END_NONE;
}

static enum end stall(struct transfer *t)
{
    enum end e;
    do
        e = wait_data(t, t->data.fd, 0, 1000);
    while (e == END_NONE && wait_ready(t->data.stop_fd, t->data.fd, 0, -1, 0) != WAKE_READY);
    return e == END_NONE ? END_CLOSED : e;
}

static enum end end_cut(struct transfer *t)
{
    (void) t;
    return END_OK;
}

static enum end end_close(struct transfer *t)
{
    (void) t;
    return END_CLOSED;
}

static enum end end_reset(struct transfer *t)
{
    (void) t;
    return END_RESET;
}

static enum end end_full(struct transfer *t)
{
    (void) t;
    return END_FULL;
}

static enum end end_dead(struct transfer *t)
{
    (void) t;
    return END_DEAD;
}

static enum end close_control(struct transfer *t)
{
    conn_close(&t->s->ctl);
    t->control_closed = t->s->gone = true;
    return END_NONE;
}

/* Accidents that come after so many bytes. */
static const struct {
    enum quirk_id quirk;
    bool down, up;
    enum end (*happen)(struct transfer *t);
} accidents[] = {
    {QUIRK_CUT_AFTER, true, false, end_cut},          {QUIRK_CLOSE_AFTER, true, true, end_close},
    {QUIRK_RESET_AFTER, true, true, end_reset},       {QUIRK_STALL_AFTER, true, true, stall},
    {QUIRK_CONTROL_AFTER, true, true, close_control}, {QUIRK_DIE_AFTER, true, true, end_dead},
    {QUIRK_FULL_AFTER, false, true, end_full},
};

/* Lets happen what is due; *room is how many bytes may move before the next accident. */
static enum end meet_accidents(struct transfer *t, size_t *room)
{
    *room = BLOCK;
    if (session_quirk(t->s, QUIRK_SLOW)) {
        int64_t step = session_quirk_number(t->s, QUIRK_SLOW) / 10;
        *room = step < 1 ? 1 : step > BLOCK ? BLOCK : (size_t) step;
    }
    for (size_t i = 0; i < sizeof accidents / sizeof accidents[0]; i++) {
        int64_t left = session_quirk_number(t->s, accidents[i].quirk) - t->done;
        if (!session_quirk(t->s, accidents[i].quirk) ||
            !(t->up ? accidents[i].up : accidents[i].down))
            continue;
        if (left > 0 && (int64_t) *room > left)
            *room = (size_t) left;
        if (left > 0 || (t->control_closed && accidents[i].quirk == QUIRK_CONTROL_AFTER))
            continue;
        if (session_quirk(t->s, QUIRK_ACCIDENTS) &&
            ++t->s->srv->accidents > session_quirk_number(t->s, QUIRK_ACCIDENTS))
            continue;
        enum end e = accidents[i].happen(t);
        if (e != END_NONE)
            return e;
    }
    return END_NONE;
}

/* Rests for as long as `moved` bytes take. */
static enum end keep_pace(struct transfer *t, size_t moved)
{
    int64_t rate = session_quirk_number(t->s, QUIRK_SLOW);
    return rate > 0 ? wait_data(t, -1, 0, (int) ((int64_t) moved * 1000 / rate)) : END_NONE;
}

/* Makes up some more lines. */
static void make_lines(struct transfer *t)
{
    size_t n = 0;
    while (t->line < t->lines && n < sizeof t->made - 128)
        n += listing_numbered(t->made + n, sizeof t->made - n, t->style, t->line++);
    t->text = t->made;
    t->text_left = n;
}

static ssize_t read_source(struct transfer *t, size_t size)
{
    if (t->fd >= 0)
        return read(t->fd, t->block, size);
    if (t->text_left == 0)
        make_lines(t);
    size_t n = size < t->text_left ? size : t->text_left;
    memcpy(t->block, t->text, n);
    t->text += n;
    t->text_left -= n;
    return (ssize_t) n;
}

static enum end push_bytes(struct transfer *t, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = conn_try_write(&t->data, p, len);
        if (n == CONN_BROKEN)
            return END_CLOSED;
        if (n > 0) {
            p += n;
            len -= (size_t) n;
            continue;
        }
        enum end e = wait_data(t, t->data.fd, conn_events(&t->data, POLLOUT), -1);
        if (e != END_NONE)
            return e;
    }
    return END_NONE;
}

/* The listings of each session end a byte later than those of the one before. */
static int64_t list_cut(const struct session *s)
{
    return session_quirk(s, QUIRK_LIST_CUT) ? s->id - 1 : -1;
}

static enum end meet_cut(const struct transfer *t, size_t *room)
{
    const char *how = t->s->srv->options.quirks.value[QUIRK_LIST_CUT].text;
    if (t->cut < 0)
        return END_NONE;
    if (t->done >= t->cut)
        return strcmp(how, "close") == 0   ? END_CLOSED
               : strcmp(how, "reset") == 0 ? END_RESET
                                           : END_OK;
    if ((int64_t) *room > t->cut - t->done)
        *room = (size_t) (t->cut - t->done);
    return END_NONE;
}

static enum end push_packed(struct transfer *t, size_t len, int flush)
{
    t->z.next_in = (Bytef *) t->block;
    t->z.avail_in = (uInt) len;
    do {
        t->z.next_out = (Bytef *) t->packed;
        t->z.avail_out = sizeof t->packed;
        deflate(&t->z, flush);
        enum end e = push_bytes(t, t->packed, sizeof t->packed - t->z.avail_out);
        if (e != END_NONE)
            return e;
    } while (t->z.avail_out == 0);
    return END_NONE;
}

static enum end push_block(struct transfer *t, size_t len)
{
    struct behaviour_data d = view(t);
    if (!behaviour_data_block(t->s, &d, t->block, len))
        return END_MUTE;
    enum end e = t->mode_z ? push_packed(t, len, Z_SYNC_FLUSH) : push_bytes(t, t->block, len);
    t->done += (int64_t) len;
    return e;
}

static enum end send_data(struct transfer *t)
{
    if (t->fd < 0 && t->style == STYLE_MLSD && session_quirk(t->s, QUIRK_MLSD_STALLS))
        return stall(t);
    for (;;) {
        size_t room;
        enum end e = meet_accidents(t, &room);
        if (e == END_NONE)
            e = meet_cut(t, &room);
        if (e != END_NONE)
            return e;
        ssize_t n = read_source(t, room);
        if (n == 0 && t->mode_z && (e = push_packed(t, 0, Z_FINISH)) != END_NONE)
            return e;
        if (n <= 0)
            return n == 0 ? END_OK : END_CLOSED;
        if ((e = push_block(t, (size_t) n)) != END_NONE ||
            (e = keep_pace(t, (size_t) n)) != END_NONE)
            return e;
    }
}

static bool write_plain(struct transfer *t, const char *p, size_t len)
{
    t->done += (int64_t) len;
    return write(t->fd, p, len) == (ssize_t) len;
}

/* What came, decoded where it has to be. */
static bool keep_block(struct transfer *t, size_t len)
{
    if (!t->mode_z)
        return write_plain(t, t->block, len);
    t->z.next_in = (Bytef *) t->block;
    t->z.avail_in = (uInt) len;
    do {
        t->z.next_out = (Bytef *) t->packed;
        t->z.avail_out = sizeof t->packed;
        int rc = inflate(&t->z, Z_NO_FLUSH);
        if ((rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) ||
            !write_plain(t, t->packed, sizeof t->packed - t->z.avail_out))
            return false;
    } while (t->z.avail_out == 0);
    return true;
}

static enum end receive_data(struct transfer *t)
{
    for (;;) {
        size_t room;
        enum end e = meet_accidents(t, &room);
        if (e != END_NONE)
            return e;
        ssize_t n = conn_try_read(&t->data, t->block, room);
        if (n == CONN_EOF || n == CONN_BROKEN)
            return n == CONN_EOF ? END_OK : END_CLOSED;
        if (n == CONN_AGAIN) {
            e = wait_data(t, t->data.fd, conn_events(&t->data, POLLIN), -1);
        } else {
            struct behaviour_data d = view(t);
            if (!behaviour_data_block(t->s, &d, t->block, (size_t) n))
                return END_MUTE;
            if (!keep_block(t, (size_t) n))
                return END_FULL;
            e = keep_pace(t, (size_t) n);
        }
        if (e != END_NONE)
            return e;
    }
}

static bool replies_early(const struct transfer *t)
{
    return session_quirk(t->s, QUIRK_EARLY_226) && !t->up;
}

static void reply_150(const struct transfer *t)
{
    int64_t n = session_quirk(t->s, QUIRK_NO_150) ? 0 : 1;
    if (session_quirk(t->s, QUIRK_MANY_150))
        n = session_quirk_number(t->s, QUIRK_MANY_150);
    while (n-- > 0)
        session_reply(t->s, "150 Here it comes");
    if (replies_early(t))
        session_reply(t->s, "226 Done");
}

static int protect_data(struct transfer *t)
{
    struct session *s = t->s;
    if (!s->private_data || session_quirk(s, QUIRK_DATA_PLAIN))
        return 0;
    bool as_client = s->sscn || s->cpsv;
    s->cpsv = false;
    gnutls_session_t tls =
        as_client ? tls_client_new(s->srv) : tls_session_new(s->srv, &s->tls, true);
    if (tls)
        behaviour_tls_begins(s, tls, true);
    if (!tls || conn_handshake(&t->data, tls, HANDSHAKE_MS) < 0) {
        session_reply(s, "425 No TLS on the data connection");
        return -1;
    }
    bool resumed = gnutls_session_is_resumed(t->data.tls);
    s->tls.n_resumed += resumed;
    if (s->srv->options.require_reuse && !resumed) {
        session_reply(s, "522 Data must resume the TLS session of control");
        return -1;
    }
    if (session_quirk(s, QUIRK_DIVERGES) && ++s->n_data > session_quirk_number(s, QUIRK_DIVERGES)) {
        session_reply(s, "425 Unable to build data connection: Operation not permitted");
        return -1;
    }
    if (session_quirk(s, QUIRK_TICKET_ONCE) && s->tls.offered_twice) {
        session_reply(s, "522 That ticket was used before");
        return -1;
    }
    return 0;
}

/* What is refused before a data connection is even looked at. */
static int check_transfer(struct session *s)
{
    int n = ++s->srv->transfers;
    if (s->srv->options.tls == OFFER_REQUIRED && !s->private_data) {
        session_reply(s, "521 PROT P is required");
    } else if (!data_prepared(s)) {
        session_reply(s, "425 Where to? PASV, EPSV, PORT or EPRT first");
    } else if (session_quirk(s, QUIRK_FIRST_425) && n <= session_quirk_number(s, QUIRK_FIRST_425)) {
        data_forget(s);
        session_reply(s, "425 Not this time");
    } else if (session_quirk(s, QUIRK_ALL_522)) {
        data_forget(s);
        session_reply(s, "522 Not with this TLS session");
    } else {
        return 0;
    }
    return -1;
}

static void reply_abor(struct session *s)
{
    if (!session_quirk(s, QUIRK_ABOR_ONE))
        session_reply(s, "426 Aborted");
    session_reply(s, "226 ABOR is done");
}

static int open_transfer(struct transfer *t)
{
    struct session *s = t->s;
    if (session_quirk(s, QUIRK_TLS_LATE)) {
        reply_150(t);
        wait_ready(s->srv->stop_fd, -1, 0, -1, 200);
    }
    enum data_result r = data_open(s, &t->data);
    if (r == DATA_FAILED)
        session_reply(s, "425 The data connection could not be opened");
    if (r == DATA_ABORTED)
        reply_abor(s);
    if (r != DATA_OK)
        return -1;
    int on = 1;
    setsockopt(t->data.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct behaviour_data d = view(t);
    if (!behaviour_data_open(s, &d)) {
        conn_close(&t->data);
        return -1;
    }
    if (session_quirk(s, QUIRK_TLS_EARLY)) {
        if (protect_data(t) == 0) {
            reply_150(t);
            return 0;
        }
    } else {
        if (!session_quirk(s, QUIRK_TLS_LATE))
            reply_150(t);
        if (protect_data(t) == 0)
            return 0;
    }
    conn_close(&t->data);
    return -1;
}

static void wait_before_final(const struct session *s)
{
    if (session_quirk(s, QUIRK_LATE_226))
        wait_ready(s->srv->stop_fd, -1, 0, -1, (int) session_quirk_number(s, QUIRK_LATE_226));
}

static void reply_226(const struct transfer *t)
{
    struct session *s = t->s;
    wait_before_final(s);
    if (!session_quirk(s, QUIRK_NO_226) && !replies_early(t))
        session_reply(s, "226 Done");
}

/* Reads what the client still sends, so that closing does not reset what it has not yet read. */
static void drain(struct transfer *t)
{
    while (!t->s->gone &&
           wait_ready(t->data.stop_fd, t->data.fd, POLLIN, t->s->ctl.fd, 1000) == WAKE_READY)
        if (recv(t->data.fd, t->block, sizeof t->block, 0) <= 0)
            return;
}

static void end_orderly(struct transfer *t)
{
    struct session *s = t->s;
    if (session_quirk(s, QUIRK_NO_NOTIFY) && t->data.tls) {
        gnutls_deinit(t->data.tls);
        t->data.tls = NULL;
    }
    conn_end_tls(&t->data, session_quirk(s, QUIRK_AWAIT_NOTIFY) && !t->up, 30000);
    shutdown(t->data.fd, SHUT_WR);
    if (t->up)
        conn_close(&t->data);
    reply_226(t);
    if (!t->up)
        drain(t);
    conn_close(&t->data);
}

static void end_transfer(struct transfer *t, enum end e)
{
    struct behaviour_data d = view(t);
    if (e == END_OK && !behaviour_data_end(t->s, &d))
        e = END_MUTE;
    if (e == END_OK) {
        end_orderly(t);
        return;
    }
    if (e == END_RESET || e == END_DEAD)
        conn_reset(&t->data);
    conn_close(&t->data);
    if (e == END_CLOSED || e == END_RESET)
        wait_before_final(t->s);
    if (e == END_CLOSED || e == END_RESET)
        session_reply(t->s, "426 The data connection was closed: transfer aborted");
    else if (e == END_FULL)
        session_reply(t->s, "452 The disk is full");
    else if (e == END_ABORTED)
        reply_abor(t->s);
    else if (e == END_DEAD)
        conn_reset(&t->s->ctl);
    t->s->gone = t->s->gone || e == END_DEAD || e == END_GONE;
}

static void shorten_upload(struct transfer *t)
{
    struct stat st;
    int64_t less = session_quirk_number(t->s, QUIRK_SHORT_UPLOAD);
    if (less > 0 && fstat(t->fd, &st) == 0 &&
        ftruncate(t->fd, st.st_size > less ? st.st_size - less : 0) < 0)
        t->s->gone = true;
}

/* What a download sends, when it is no file. */
struct payload {
    const char *text;
    size_t len;
    enum listing_style style;
};

static void run_transfer(struct session *s, bool up, int fd, const struct payload *p)
{
    struct transfer *t = calloc(1, sizeof *t);
    if (!t) {
        session_reply(s, "451 Out of memory");
        return;
    }
    t->s = s;
    t->up = up;
    t->fd = fd;
    t->mode_z = s->mode_z;
    if (t->mode_z && (up ? inflateInit(&t->z) : deflateInit(&t->z, 6)) != Z_OK)
        t->mode_z = false;
    t->cut = p ? list_cut(s) : -1;
    if (p) {
        t->text = p->text;
        t->text_left = p->len;
        t->style = p->style;
        t->lines = session_quirk_number(s, QUIRK_LIST_LINES);
    }
    if (open_transfer(t) == 0) {
        struct behaviour_data d = view(t);
        enum end e = !behaviour_data_ready(s, &d) ? END_MUTE : up ? receive_data(t) : send_data(t);
        if (up && e == END_OK)
            shorten_upload(t);
        end_transfer(t, e);
    }
    if (t->mode_z)
        (void) (up ? inflateEnd(&t->z) : deflateEnd(&t->z));
    free(t);
}

void cmd_rest(struct session *s, const char *arg)
{
    char *end;
    long long n = strtoll(arg, &end, 10);
    if (end == arg || *end || n < 0) {
        session_reply(s, "501 REST wants a number");
        return;
    }
    s->rest = session_quirk(s, QUIRK_IGNORE_REST) ? 0 : n;
    session_reply(s, "350 From %lld then", n);
}

/* Opens the file and runs the transfer from or to the offset of REST. */
static void move_file(struct session *s, const char *arg, int flags)
{
    char path[FILE_PATH];
    struct stat st;
    int64_t rest = s->rest;
    bool up = (flags & O_ACCMODE) == O_WRONLY;
    s->rest = 0;
    if (session_path(s, arg, path) < 0 || check_transfer(s) < 0)
        return;
    if (rest > 0)
        flags &= ~O_TRUNC;
    int fd = file_open(s->srv->root_fd, path, flags, 0644);
    if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
        close(fd);
        fd = -1;
        errno = EISDIR;
    }
    if (fd < 0) {
        data_forget(s);
        session_reply(s, "%d %s", up ? 553 : 550, strerror(errno));
        return;
    }
    bool placed =
        rest == 0 || (lseek(fd, rest, SEEK_SET) == rest && (!up || ftruncate(fd, rest) == 0));
    if (placed)
        run_transfer(s, up, fd, NULL);
    else
        session_reply(s, "551 %s", strerror(errno));
    close(fd);
}

void cmd_retr(struct session *s, const char *arg)
{
    move_file(s, arg, O_RDONLY);
}

void cmd_stor(struct session *s, const char *arg)
{
    move_file(s, arg, O_WRONLY | O_CREAT | O_TRUNC);
}

void cmd_appe(struct session *s, const char *arg)
{
    s->rest = 0;
    move_file(s, arg, O_WRONLY | O_CREAT | O_APPEND);
}

static int read_file(const char *path, char **text, size_t *len)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    int rc = fd >= 0 ? fstat(fd, &st) : -1;
    *text = rc == 0 ? malloc((size_t) st.st_size + 1) : NULL;
    ssize_t n = *text ? read(fd, *text, (size_t) st.st_size) : -1;
    if (fd >= 0)
        close(fd);
    if (n < 0)
        free(*text);
    *len = n < 0 ? 0 : (size_t) n;
    return n < 0 ? -1 : 0;
}

/* The listing of a folder, or of the file that stands for every folder. */
static int make_listing(struct session *s, const char *path, struct payload *p, char **text,
                        bool *empty)
{
    const struct quirks *q = &s->srv->options.quirks;
    enum listing_style style = p->style;
    *empty = false;
    if (style == STYLE_LIST && quirk_on(q, QUIRK_LIST_FILE))
        return read_file(q->value[QUIRK_LIST_FILE].text, text, &p->len);
    if (quirk_on(q, QUIRK_ENDLESS_TREE))
        return listing_endless(q->value[QUIRK_ENDLESS_TREE].number, style, text, &p->len);
    if (style == STYLE_MLSD && quirk_on(q, QUIRK_MLSD_GARBAGE))
        style = STYLE_LIST;
    if (listing_make(s->srv->root_fd, path, style, q, text, &p->len, empty) < 0)
        return -1;
    if (style == STYLE_MLSD && quirk_on(q, QUIRK_MLSD_EMPTY))
        p->len = 0;
    return 0;
}

static void send_listing(struct session *s, const char *arg, enum listing_style style)
{
    char path[FILE_PATH], *text;
    struct payload p = {.style = style};
    bool empty;
    if (session_path(s, arg, path) < 0 || check_transfer(s) < 0)
        return;
    if (make_listing(s, path, &p, &text, &empty) < 0) {
        data_forget(s);
        session_reply(s, "%d %s", errno == ENOTDIR ? 501 : 550, strerror(errno));
        return;
    }
    p.text = text;
    if (empty && p.len == 0 && session_quirk(s, QUIRK_EMPTY_450)) {
        data_forget(s);
        session_reply(s, "450 No files found");
    } else {
        run_transfer(s, false, -1, &p);
    }
    free(text);
}

/* Options of ls in front of the path, which many clients send, are passed over. */
static const char *skip_options(const char *arg)
{
    while (arg[0] == '-') {
        arg += strcspn(arg, " ");
        arg += strspn(arg, " ");
    }
    return arg;
}

void cmd_list(struct session *s, const char *arg)
{
    send_listing(s, skip_options(arg), STYLE_LIST);
}

void cmd_nlst(struct session *s, const char *arg)
{
    send_listing(s, skip_options(arg), STYLE_NLST);
}

void cmd_mlsd(struct session *s, const char *arg)
{
    if (!session_quirk(s, QUIRK_MLSD_MUTE))
        send_listing(s, arg, STYLE_MLSD);
}

void cmd_abor(struct session *s, const char *arg)
{
    (void) arg;
    session_reply(s, "226 Nothing to abort");
}
