#include "tls/stream_private.h"

#include "net/addr.h"
#include "tls/ktls.h"
#include "tls/trust_private.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The read block starts small, since most connections carry little, and doubles whenever one system
 * call fills it. The write block takes whole records until it is worth a system call. */
enum {
    READ_BLOCK_MIN = 4 * 1024,
    READ_BLOCK_MAX = 256 * 1024,
    READ_ROOM = READ_BLOCK_MAX + 32 * 1024, /* with the beginning of a record in front */
    WRITE_BLOCK = 256 * 1024,
    WRITE_ROOM = WRITE_BLOCK + 64 * 1024,
    IDLE_MESSAGES = 1000, /* of TLS, one after the other, that carry no data */
    TEXT_BYTES = 4 /* that many of them tell plain text from records, which begin with 20-24 */
};

struct stream *stream_new(int fd, struct err *err)
{
    struct stream *s = calloc(1, sizeof *s);
    if (!s) {
        close(fd);
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    s->fd = fd;
    s->read_block = READ_BLOCK_MIN;
    buf_init(&s->in, READ_ROOM);
    buf_init(&s->out, WRITE_ROOM);
    return s;
}

static void tls_end(struct stream *s)
{
    if (s->tls)
        gnutls_deinit(s->tls);
    s->tls = NULL;
    records_clear(&s->opening);
    records_clear(&s->sealing);
    free(s->name);
    s->name = NULL;
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    tls_end(s);
    buf_clear(&s->in);
    buf_clear(&s->out);
    close(s->fd);
    free(s);
}

int stream_fd(const struct stream *s)
{
    return s->fd;
}

const struct tls_info *stream_tls(const struct stream *s)
{
    return &s->info;
}

/* Bytes that have been received and not read yet: they are there although poll() would not say. */
static bool has_pending(const struct stream *s)
{
    return s->has_deferred || stream_has_more(s, SIZE_MAX);
}

short stream_events(enum stream_state state)
{
    return state == STREAM_WANT_READ ? POLLIN : state == STREAM_WANT_WRITE ? POLLOUT : 0;
}

bool stream_would_block(int sys)
{
    return sys == EAGAIN || sys == EWOULDBLOCK;
}

static ssize_t receive(struct stream *s, void *mem, size_t size)
{
    return s->kernel ? ktls_receive(s->fd, mem, size, &s->type) : recv(s->fd, mem, size, 0);
}

/* errno is kept for the message, and for who asks again. */
ssize_t stream_receive(struct stream *s, void *mem, size_t size)
{
    ssize_t n = -1;
    errno = s->lost_errno;
    while (!s->lost_errno && (n = receive(s, mem, size)) < 0 && errno == EINTR)
        continue;
    if (n == 0 && !(s->kernel && s->type))
        s->saw_fin = true;
    if (n < 0)
        s->read_errno = errno;
    if (n < 0 && !stream_would_block(errno))
        s->lost_errno = errno;
    return n;
}

ssize_t stream_fill(struct stream *s, size_t size)
{
    unsigned char *room = buf_reserve(&s->in, size, NULL);
    if (!room) {
        s->read_errno = errno = ENOMEM;
        return -1;
    }
    ssize_t n = stream_receive(s, room, size);
    if (n <= 0)
        return n;
    buf_commit(&s->in, (size_t) n);
    if ((size_t) n == s->read_block && s->read_block < READ_BLOCK_MAX)
        s->read_block *= 2;
    return n;
}

size_t stream_take(struct stream *s, void *mem, size_t size)
{
    size_t n = buf_len(&s->in) < size ? buf_len(&s->in) : size;
    if (n > 0)
        memcpy(mem, buf_data(&s->in), n);
    buf_consume(&s->in, n);
    return n;
}

static int lost(const struct stream *s, struct err *err)
{
    return err_set_sys(err, ERR_CLOSED, s->read_errno, "connection lost");
}

/* ---- what GnuTLS calls ---- */

static ssize_t tls_pull(gnutls_transport_ptr_t ptr, void *mem, size_t size)
{
    struct stream *s = ptr;
    bool bounded = s->opening.cipher && !s->saw_fin && !s->lost_errno;
    if (bounded && s->left == 0) {
        gnutls_transport_set_errno(s->tls, EAGAIN);
        return -1;
    }
    if (buf_len(&s->in) == 0) {
        ssize_t n = stream_fill(s, s->read_block);
        if (n <= 0) {
            gnutls_transport_set_errno(s->tls, n < 0 ? s->read_errno : 0);
            return n;
        }
    }
    size_t n = stream_take(s, mem, bounded && size > s->left ? s->left : size);
    s->left -= bounded ? n : 0;
    for (size_t i = 0; i < n && s->nfirst < FIRST_BYTES; i++)
        s->first[s->nfirst++] = ((unsigned char *) mem)[i];
    return (ssize_t) n;
}

static int tls_pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
    struct stream *s = ptr;
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    (void) ms; /* we never let GnuTLS wait */
    return buf_len(&s->in) > 0 ? 1 : poll(&p, 1, 0);
}

static ssize_t tls_push(gnutls_transport_ptr_t ptr, const void *mem, size_t len)
{
    struct stream *s = ptr;
    if (buf_put(&s->out, mem, len, NULL) < 0) {
        s->read_errno = ENOMEM; /* the block is bounded by who fills it */
        gnutls_transport_set_errno(s->tls, ENOMEM);
        return -1;
    }
    return (ssize_t) len;
}

static void keep_session(struct stream *s, bool single_use, unsigned lifetime_s)
{
    gnutls_datum_t data;
    if (!s->tickets || gnutls_session_get_data2(s->tls, &data) < 0)
        return;
    tickets_add(s->tickets, data.data, data.size, single_use, lifetime_s);
    gnutls_free(data.data);
}

/* NewSessionTicket starts with the lifetime in seconds (RFC 8446 section 4.6.1, RFC 5077
 * section 3.3). */
static unsigned ticket_lifetime(const gnutls_datum_t *msg)
{
    if (!msg || !msg->data || msg->size < 4)
        return 0;
    return (unsigned) msg->data[0] << 24 | (unsigned) msg->data[1] << 16 |
           (unsigned) msg->data[2] << 8 | msg->data[3];
}

/* GnuTLS shows the whole message before it reads it, and has the session afterwards. */
static int on_ticket(gnutls_session_t tls, unsigned htype, unsigned when, unsigned incoming,
                     const gnutls_datum_t *msg)
{
    struct stream *s = gnutls_session_get_ptr(tls);
    (void) htype;
    if (!incoming)
        return 0;
    if (when == GNUTLS_HOOK_PRE) {
        s->has_new_ticket = true;
        s->lifetime_s = ticket_lifetime(msg);
    } else if (gnutls_protocol_get_version(tls) == GNUTLS_TLS1_3 && s->lifetime_s > 0) {
        keep_session(s, true, s->lifetime_s); /* 0: not to be used at all */
    }
    return 0;
}

static int on_certificate(gnutls_session_t tls)
{
    struct stream *s = gnutls_session_get_ptr(tls);
    struct trust_peer peer = {s->name, s->port, s->may_ask};
    trust_fingerprint(tls, s->info.sha256);
    return trust_check(s->trust, tls, &peer, &s->check) < 0 ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

int stream_on_request(gnutls_session_t tls, const gnutls_datum_t *authorities, int nauthorities,
                      const gnutls_pk_algorithm_t *algorithms, int nalgorithms,
                      gnutls_pcert_st **certs, unsigned *ncerts, gnutls_privkey_t *key)
{
    struct stream *s = gnutls_session_get_ptr(tls);
    (void) authorities, (void) nauthorities, (void) algorithms, (void) nalgorithms;
    s->cert_asked = true;
    identity_give(trust_identity(s->trust), certs, ncerts, key);
    return 0;
}

/* ---- starting TLS ---- */

static bool offer_ticket(struct stream *s)
{
    void *data;
    size_t len;
    if (!s->tickets || !tickets_take(s->tickets, &data, &len))
        return false;
    int rc = gnutls_session_set_data(s->tls, data, len);
    wipe(data, len);
    free(data);
    return rc == 0;
}

static int set_priority(struct stream *s, const struct tls_setup *setup, const char *group)
{
    char own[480], all[512];
    trust_priority(setup->trust, group, own, sizeof own);
    snprintf(all, sizeof all, "%s%s", own, setup->no_tls13 ? ":-VERS-TLS1.3" : "");
    return gnutls_priority_set_direct(s->tls, all, NULL);
}

static int tls_configure(struct stream *s, const struct tls_setup *setup)
{
    int rc = gnutls_init(&s->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    if (rc < 0)
        return rc;
    rc = set_priority(s, setup, setup->group);
    if (rc < 0) /* a group that this GnuTLS cannot put first is only a lost round trip */
        rc = set_priority(s, setup, NULL);
    if (rc == 0)
        rc =
            gnutls_credentials_set(s->tls, GNUTLS_CRD_CERTIFICATE, trust_credentials(setup->trust));
    if (rc < 0)
        return rc;
    gnutls_session_set_ptr(s->tls, s);
    gnutls_session_set_verify_function(s->tls, on_certificate);
    gnutls_handshake_set_hook_function(s->tls, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET,
                                       GNUTLS_HOOK_BOTH, on_ticket);
    gnutls_transport_set_ptr(s->tls, s);
    gnutls_transport_set_pull_function(s->tls, tls_pull);
    gnutls_transport_set_pull_timeout_function(s->tls, tls_pull_timeout);
    gnutls_transport_set_push_function(s->tls, tls_push);
    gnutls_handshake_set_timeout(s->tls, 0); /* the clock is the caller's */
    struct addr numeric;
    if (addr_parse(s->name, &numeric, NULL) < 0) /* RFC 6066 section 3: no addresses */
        rc = gnutls_server_name_set(s->tls, GNUTLS_NAME_DNS, s->name, strlen(s->name));
    return rc;
}

int stream_start_tls(struct stream *s, const struct tls_setup *setup, struct err *err)
{
    if (buf_len(&s->in) > 0)
        return err_set(err, ERR_PROTOCOL, "the server sent plain text ahead of TLS: \"%.*s\"",
                       (int) (buf_len(&s->in) > 60 ? 60 : buf_len(&s->in)),
                       (const char *) buf_data(&s->in));
    s->trust = setup->trust;
    s->tickets = setup->tickets;
    s->bulk = setup->bulk;
    s->log = setup->log;
    s->port = setup->port;
    s->may_ask = setup->may_ask;
    s->name = strndup(setup->name, trust_name_length(setup->name));
    int rc = s->name ? tls_configure(s, setup) : GNUTLS_E_MEMORY_ERROR;
    if (rc < 0) {
        tls_end(s);
        return err_set(err, ERR_TLS, "cannot set up TLS: %s", gnutls_strerror(rc));
    }
    s->info = (struct tls_info){.active = true, .offered = setup->resume && offer_ticket(s)};
    s->shaking = true;
    return 0;
}

static void note_session(struct stream *s)
{
    struct tls_info *i = &s->info;
    const char *group = gnutls_group_get_name(gnutls_group_get(s->tls));
    gnutls_protocol_t version = gnutls_protocol_get_version(s->tls);
    snprintf(i->version, sizeof i->version, "%s", gnutls_protocol_get_name(version));
    snprintf(i->cipher, sizeof i->cipher, "%s", gnutls_cipher_get_name(gnutls_cipher_get(s->tls)));
    snprintf(i->group, sizeof i->group, "%s", group ? group : "");
    i->resumed = gnutls_session_is_resumed(s->tls) != 0;
    if (!i->sha256[0])
        trust_fingerprint(s->tls, i->sha256);
    /* A session that was resumed without a new ticket is held already, and no younger for it. */
    if (version != GNUTLS_TLS1_3 && (!i->resumed || s->has_new_ticket))
        keep_session(s, false, s->lifetime_s);
}

static bool looks_like_text(const struct stream *s)
{
    for (size_t i = 0; i < s->nfirst && i < TEXT_BYTES; i++) {
        if (!isprint(s->first[i]) && !isspace(s->first[i]))
            return false;
    }
    return s->nfirst >= TEXT_BYTES;
}

/* GnuTLS stops at the first five bytes of what is no record: the rest is taken from the block.
 * Returns the length of the line. */
static size_t first_line(struct stream *s)
{
    size_t n = 0;
    for (size_t i = 0; i < buf_len(&s->in) && s->nfirst < FIRST_BYTES; i++)
        s->first[s->nfirst++] = buf_data(&s->in)[i];
    while (n < s->nfirst && s->first[n] != '\r' && s->first[n] != '\n')
        n++;
    return n;
}

/* Whether a server that asked for a client certificate says no to it, or to none: that is what all
 * kinds of alerts are used for. */
static bool refuses_identity(const struct stream *s, gnutls_alert_description_t alert)
{
    if (!s->cert_asked || s->served)
        return false;
    if (!trust_identity(s->trust))
        return true;
    switch (alert) {
    case GNUTLS_A_HANDSHAKE_FAILURE:
    case GNUTLS_A_BAD_CERTIFICATE:
    case GNUTLS_A_UNSUPPORTED_CERTIFICATE:
    case GNUTLS_A_CERTIFICATE_REVOKED:
    case GNUTLS_A_CERTIFICATE_EXPIRED:
    case GNUTLS_A_CERTIFICATE_UNKNOWN:
    case GNUTLS_A_UNKNOWN_CA:
    case GNUTLS_A_ACCESS_DENIED:
    case GNUTLS_A_DECRYPT_ERROR:
    case GNUTLS_A_CERTIFICATE_REQUIRED:
        return true;
    default:
        return false;
    }
}

/* Under TLS 1.3 it comes behind our end of the handshake (RFC 8446 section 4.4.2.4). */
static int identity_refused(struct stream *s, const char *how, struct err *err)
{
    char who[600];
    const struct identity *id = trust_identity(s->trust);
    if (!id)
        err_set(&s->refusal, ERR_CERTIFICATE, "the server wants a client certificate: see --cert%s",
                how);
    else
        err_set(&s->refusal, ERR_CERTIFICATE, "the server refused the client certificate %s%s",
                identity_describe(id, who, sizeof who), how);
    return err_take(err, &s->refusal);
}

bool stream_blames_identity(const struct stream *s, const struct err *why)
{
    return s->tls && s->cert_asked && !s->served &&
           (why->code == ERR_CLOSED || why->code == ERR_TRUNCATED);
}

void stream_blame_identity(struct stream *s, struct err *err)
{
    err_clear(err);
    identity_refused(s, " (it closed the connection)", err);
}

/* The alert's meaning and what to do about it (FIELD-NOTES 14, 20). */
static int tls_failed(struct stream *s, int rc, struct err *err)
{
    if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        gnutls_alert_description_t alert = gnutls_alert_get(s->tls);
        const char *name = gnutls_alert_get_name(alert);
        if (refuses_identity(s, alert)) {
            char how[96];
            snprintf(how, sizeof how, " (alert \"%s\")", name ? name : "unknown");
            return identity_refused(s, how, err);
        }
        const char *more = alert == GNUTLS_A_PROTOCOL_VERSION || alert == GNUTLS_A_HANDSHAKE_FAILURE
                               ? " (no version or cipher in common; see --tls-min)"
                               : "";
        return err_set(err, ERR_TLS, "the server ended TLS with the alert \"%s\"%s",
                       name ? name : "unknown", more);
    }
    if (looks_like_text(s)) {
        size_t len = first_line(s);
        return err_set(err, ERR_TLS, "plain text where TLS was expected: \"%.*s\"", (int) len,
                       (const char *) s->first);
    }
    return err_set(err, ERR_TLS, "TLS: %s", gnutls_strerror(rc));
}

/* TCP has ended in order in the middle of a record, or between two; behind plain text that is the
 * lesser wonder. */
static bool was_cut(const struct stream *s, int rc)
{
    return s->saw_fin && !looks_like_text(s) &&
           (rc == GNUTLS_E_PREMATURE_TERMINATION || rc == GNUTLS_E_UNEXPECTED_PACKET_LENGTH);
}

static enum stream_state handshake_failed(struct stream *s, int rc, struct err *err)
{
    if (err_is_set(&s->check)) {
        gnutls_alert_send_appropriate(s->tls, rc);
        stream_flush(s, NULL);
        err_take(err, &s->check);
    } else if (rc == GNUTLS_E_PULL_ERROR || rc == GNUTLS_E_PUSH_ERROR) {
        lost(s, err);
        err_wrap(err, "TLS handshake");
    } else if (s->nfirst == 0 ? s->saw_fin : was_cut(s, rc)) {
        err_set(err, ERR_CLOSED, "the server closed the connection in the TLS handshake");
    } else {
        tls_failed(s, rc, err);
    }
    return STREAM_ERROR;
}

/* Alerts, tickets and the like without end would keep us from clocks and Ctrl-C. */
static bool is_flood(struct stream *s)
{
    return ++s->idle > IDLE_MESSAGES;
}

enum stream_state stream_handshake(struct stream *s, struct err *err)
{
    int rc = 0;
    if (!s->shaking)
        return stream_flush(s, err);
    do {
        rc = gnutls_handshake(s->tls);
        if (rc == GNUTLS_E_WARNING_ALERT_RECEIVED && is_flood(s))
            rc = GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS;
    } while (rc == GNUTLS_E_INTERRUPTED || rc == GNUTLS_E_WARNING_ALERT_RECEIVED ||
             rc == GNUTLS_E_GOT_APPLICATION_DATA);
    if (rc < 0 && rc != GNUTLS_E_AGAIN)
        return handshake_failed(s, rc, err);
    enum stream_state sent = stream_flush(s, err);
    if (rc == 0) {
        s->shaking = false;
        stream_begin_records(s);
        note_session(s);
    }
    return sent != STREAM_OK ? sent : rc == 0 ? STREAM_OK : STREAM_WANT_READ;
}

/* ---- reading ---- */

static enum stream_state read_plain(struct stream *s, void *mem, size_t size, size_t *got,
                                    struct err *err)
{
    ssize_t n;
    *got = stream_take(s, mem, size);
    if (*got > 0)
        return STREAM_OK;
    if (size >= s->read_block) {
        n = stream_receive(s, mem, size);
    } else {
        n = stream_fill(s, s->read_block);
        if (n > 0)
            return read_plain(s, mem, size, got, err);
    }
    if (n < 0 && stream_would_block(s->read_errno))
        return STREAM_WANT_READ;
    if (n < 0) {
        lost(s, err);
        return STREAM_ERROR;
    }
    *got = (size_t) n;
    return n ? STREAM_OK : STREAM_EOF;
}

/* "user_canceled" says that the end is near, not that anything is wrong (RFC 8446 section 6.1).
 * Under TLS 1.3 GnuTLS reads on behind no alert, so that it is the end itself. */
static bool was_cancelled(const struct stream *s, int rc)
{
    return rc == GNUTLS_E_FATAL_ALERT_RECEIVED &&
           gnutls_alert_get(s->tls) == GNUTLS_A_USER_CANCELED &&
           !refuses_identity(s, GNUTLS_A_USER_CANCELED);
}

/* What a return of gnutls_record_recv() that is no data means. */
static enum stream_state read_ended(struct stream *s, int rc, struct err *err)
{
    bool early = was_cut(s, rc) || was_cancelled(s, rc);
    switch (early ? GNUTLS_E_PREMATURE_TERMINATION : rc) {
    case 0:
        return STREAM_EOF;
    case GNUTLS_E_AGAIN:
        return stream_flush(s, err) == STREAM_ERROR ? STREAM_ERROR : STREAM_WANT_READ;
    case GNUTLS_E_PREMATURE_TERMINATION:
        err_set(err, ERR_TRUNCATED, "the connection ended without TLS's close_notify");
        return STREAM_ERROR;
    case GNUTLS_E_PULL_ERROR:
    case GNUTLS_E_PUSH_ERROR:
        lost(s, err);
        return STREAM_ERROR;
    default:
        tls_failed(s, rc, err);
        return STREAM_ERROR;
    }
}

/* Nothing to hand out, nothing wrong: go on. */
static bool passes(struct stream *s, ssize_t rc)
{
    if (rc == GNUTLS_E_REHANDSHAKE && !s->bye_sent) /* declined; RFC 5246 section 7.2.2 */
        gnutls_alert_send(s->tls, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
    return rc == GNUTLS_E_INTERRUPTED || rc == GNUTLS_E_WARNING_ALERT_RECEIVED ||
           rc == GNUTLS_E_REHANDSHAKE;
}

static enum stream_state read_tls(struct stream *s, unsigned char *mem, size_t size, size_t *got,
                                  struct err *err)
{
    *got = 0;
    if (s->has_deferred)
        return read_ended(s, s->deferred, err);
    while (*got < size) {
        ssize_t n = stream_read_record(s, mem + *got, size - *got);
        /* GnuTLS also says AGAIN behind a ticket, with the next record in our block: poll() would
         * not tell of that. */
        if (passes(s, n) || (n == GNUTLS_E_AGAIN && stream_has_more(s, SIZE_MAX))) {
            if (!is_flood(s))
                continue;
            n = GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS;
        }
        if (n <= 0) {
            s->deferred = (int) n;
            s->has_deferred = n != GNUTLS_E_AGAIN; /* the end stays the end */
            return *got > 0 ? STREAM_OK : read_ended(s, (int) n, err);
        }
        s->served = true;
        *got += (size_t) n;
        s->idle = 0;
        if (!stream_has_more(s, size - *got))
            break; /* more would cost a system call, or a copy: the caller's turn */
    }
    return STREAM_OK;
}

enum stream_state stream_read(struct stream *s, void *mem, size_t size, size_t *got,
                              struct err *err)
{
    *got = 0;
    return s->tls ? read_tls(s, mem, size, got, err) : read_plain(s, mem, size, got, err);
}

void stream_gather(struct stream *s, int bytes)
{
    setsockopt(s->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

/* ---- writing ---- */

/* Behind FIN nothing can follow, and what TLS still would answer is dropped: reading goes on. */
enum stream_state stream_flush(struct stream *s, struct err *err)
{
    if (s->fin_sent)
        buf_consume(&s->out, buf_len(&s->out));
    while (buf_len(&s->out) > 0) {
        ssize_t n = send(s->fd, buf_data(&s->out), buf_len(&s->out), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && stream_would_block(errno))
            return STREAM_WANT_WRITE;
        if (n < 0) {
            s->read_errno = errno;
            lost(s, err);
            return STREAM_ERROR;
        }
        buf_consume(&s->out, (size_t) n);
    }
    return STREAM_OK;
}

/* Takes in what fits the write block, records whole. */
static int write_some(struct stream *s, const unsigned char *mem, size_t len, size_t *put,
                      struct err *err)
{
    while (*put < len && buf_len(&s->out) < WRITE_BLOCK) {
        size_t piece = len - *put < STREAM_RECORD_BYTES ? len - *put : STREAM_RECORD_BYTES;
        ssize_t n = s->tls ? stream_write_record(s, mem + *put, piece)
                    : buf_put(&s->out, mem + *put, piece, err) == 0 ? (ssize_t) piece
                                                                    : -1;
        if (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_AGAIN)
            continue;
        if (n < 0)
            return s->tls ? tls_failed(s, (int) n, err) : -1;
        *put += (size_t) n;
    }
    return 0;
}

enum stream_state stream_write(struct stream *s, const void *mem, size_t len, size_t *put,
                               struct err *err)
{
    *put = 0;
    if (buf_len(&s->out) >= WRITE_BLOCK) {
        enum stream_state state = stream_flush(s, err);
        if (state != STREAM_OK)
            return state;
    }
    int rc = stream_renew_key(s);
    if (rc < 0)
        tls_failed(s, rc, err);
    if (rc < 0 || write_some(s, mem, len, put, err) < 0)
        return STREAM_ERROR;
    if (buf_len(&s->out) >= WRITE_BLOCK && stream_flush(s, err) == STREAM_ERROR)
        return STREAM_ERROR;
    return STREAM_OK;
}

enum stream_state stream_finish(struct stream *s, bool half_close, struct err *err)
{
    if (s->tls && !s->shaking && !s->bye_sent) {
        s->bye_sent = true;
        stream_say_bye(s);
    }
    enum stream_state state = stream_flush(s, err);
    if (state == STREAM_OK && half_close && !s->fin_sent) {
        s->fin_sent = true;
        shutdown(s->fd, SHUT_WR);
    }
    return state;
}

int stream_stop_tls(struct stream *s, struct err *err)
{
    if ((has_pending(s) || buf_len(&s->in) > 0) && !(s->has_deferred && s->deferred == 0))
        return err_set(err, ERR_PROTOCOL, "unread data where TLS ends");
    tls_end(s);
    s->info.active = false;
    s->has_deferred = false;
    s->bye_sent = false;
    s->nfirst = 0;
    return 0;
}

/* ---- waiting ---- */

static int wait_state(struct stream *s, enum stream_state state, const struct wait *w,
                      struct deadline until, struct err *err)
{
    struct wait_fd fd = {.fd = s->fd, .want = stream_events(state)};
    int rc = wait_fds(w, &fd, 1, until, err);
    if (rc == 0)
        return err_set(err, ERR_TIMEOUT, "no answer in time");
    return rc < 0 ? -1 : 0;
}

int stream_handshake_wait(struct stream *s, const struct wait *w, struct deadline until,
                          struct err *err)
{
    enum stream_state state;
    while ((state = stream_handshake(s, err)) != STREAM_OK) {
        if (state == STREAM_ERROR)
            return -1;
        if (wait_state(s, state, w, until, err) < 0)
            return err_wrap(err, "TLS handshake");
    }
    return 0;
}

int stream_write_wait(struct stream *s, const void *mem, size_t len, const struct wait *w,
                      struct deadline until, struct err *err)
{
    const unsigned char *p = mem;
    while (len > 0) {
        size_t put;
        enum stream_state state = stream_write(s, p, len, &put, err);
        p += put;
        len -= put;
        if (state == STREAM_ERROR)
            return -1;
        if (state != STREAM_OK && wait_state(s, state, w, until, err) < 0)
            return -1;
    }
    enum stream_state state;
    while ((state = stream_flush(s, err)) != STREAM_OK) {
        if (state == STREAM_ERROR || wait_state(s, state, w, until, err) < 0)
            return -1;
    }
    return 0;
}

bool stream_refuses_identity(struct stream *s, const struct wait *w, struct deadline until,
                             struct err *err)
{
    unsigned char sink[64];
    size_t got;
    bool asked = s->tls && s->cert_asked && !s->shaking;
    while (asked && !s->served && !err_is_set(&s->refusal)) {
        enum stream_state state = stream_read(s, sink, sizeof sink, &got, NULL);
        if (!stream_events(state) || wait_state(s, state, w, until, NULL) < 0)
            break;
    }
    err_take(err, &s->refusal);
    return err_is_set(&s->refusal);
}
