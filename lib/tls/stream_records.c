#include "tls/stream_private.h"

#include "tls/ktls.h"

#include <errno.h>

enum { KERNEL_RECORDS = 16 }; /* what has fewer is over before the kernel is worth its while */

void stream_begin_records(struct stream *s)
{
    records_begin(&s->opening, s->tls, false);
    records_begin(&s->sealing, s->tls, true);
}

/* Around whatever GnuTLS may read or write by after the handshake. */
static int give_records(const struct stream *s)
{
    int rc = records_give(&s->opening, s->tls);
    return rc < 0 ? rc : records_give(&s->sealing, s->tls);
}

static void take_records(struct stream *s)
{
    if (s->opening.cipher)
        records_take(&s->opening, s->tls);
    if (s->sealing.cipher)
        records_take(&s->sealing, s->tls);
}

/* ---- reading ---- */

bool stream_has_more(const struct stream *s, size_t room)
{
    if (s->tls && gnutls_record_check_pending(s->tls) > 0)
        return true;
    if (!s->opening.cipher || s->kernel)
        return buf_len(&s->in) > 0;
    size_t len = record_length(buf_data(&s->in), buf_len(&s->in));
    return len > 0 && record_fits(&s->opening, len, room);
}

/* The first `len` bytes of the read block, or what GnuTLS makes of the end behind them. */
static ssize_t leave_to_gnutls(struct stream *s, size_t len, unsigned char *mem, size_t size)
{
    s->left = len;
    s->owing = true; /* new keys for new keys: RFC 8446 section 4.6.3 */
    int rc = give_records(s);
    if (rc < 0)
        return rc;
    ssize_t n = gnutls_record_recv(s->tls, mem, size);
    take_records(s);
    return n;
}

static bool is_for_kernel(const struct stream *s)
{
    return s->bulk && s->opening.number >= KERNEL_RECORDS;
}

static void note_refusal(const struct stream *s)
{
    struct err why = ERR_INIT;
    err_set_sys(&why, ERR_LOCAL, errno, "TLS: the kernel will not open what is received");
    log_note(s->log, "%s", why.msg);
}

/* Whether the kernel opens what comes, from here on where a record begins. */
static bool kernel_opens(struct stream *s)
{
    if (!is_for_kernel(s) || buf_len(&s->in) > 0)
        return s->kernel;
    s->bulk = false;
    enum ktls begun = ktls_begin(s->fd, &s->opening);
    s->kernel = begun == KTLS_OPENS;
    if (s->kernel)
        log_note(s->log, "TLS: from here on the kernel opens what is received");
    else if (begun == KTLS_REFUSED)
        note_refusal(s);
    return s->kernel;
}

/* What the kernel has opened and is no data is sealed again, so that GnuTLS takes it as ever: under
 * the number that it expects, which counts nothing else from now on. */
static ssize_t leave_opened(struct stream *s, const unsigned char *plain, size_t len,
                            unsigned char *mem, size_t size)
{
    struct records *r = &s->opening;
    const struct records was = {.number = r->number, .keys = r->keys};
    size_t sealed = record_sealed(r, len);
    unsigned char *record = sealed ? buf_reserve(&s->in, sealed, NULL) : NULL;
    if (!sealed)
        return GNUTLS_E_UNEXPECTED_PACKET; /* an empty one: RFC 8446 section 5.1 */
    if (!record || !record_seal(r, s->type, plain, len, record))
        return GNUTLS_E_MEMORY_ERROR;
    r->number = was.number;
    buf_commit(&s->in, sealed);
    ssize_t n = leave_to_gnutls(s, sealed, mem, size);
    buf_reset(&s->in);
    if (r->keys != was.keys && !ktls_renew(s->fd, r)) {
        s->read_errno = errno;
        return GNUTLS_E_PULL_ERROR;
    }
    return n == GNUTLS_E_AGAIN ? GNUTLS_E_INTERRUPTED : n; /* the kernel may have more */
}

static int opening_failed(int sys)
{
    switch (sys) {
    case EBADMSG:
        return GNUTLS_E_DECRYPTION_FAILED;
    case EMSGSIZE:
        return GNUTLS_E_RECORD_OVERFLOW;
    case EINVAL:
        return GNUTLS_E_UNEXPECTED_PACKET;
    default:
        return stream_would_block(sys) ? GNUTLS_E_AGAIN : GNUTLS_E_PULL_ERROR;
    }
}

/* Where the kernel opens them. A piece of memory that is too small for what is no data is not lent
 * to it. */
static ssize_t read_opened(struct stream *s, unsigned char *mem, size_t size)
{
    unsigned char own[RECORD_DATA_MAX];
    size_t held = stream_take(s, mem, size);
    if (held > 0)
        return (ssize_t) held;
    bool roomy = size >= sizeof own;
    ssize_t n = stream_receive(s, roomy ? mem : own, roomy ? size : sizeof own);
    if (n < 0)
        return opening_failed(s->read_errno);
    if (s->saw_fin)
        return leave_to_gnutls(s, 0, mem, size);
    if (s->type != RECORD_DATA)
        return leave_opened(s, roomy ? mem : own, (size_t) n, mem, size);
    if (n == 0 || roomy)
        return n > 0 ? n : GNUTLS_E_INTERRUPTED; /* 0 would be close_notify */
    if (buf_put(&s->in, own, (size_t) n, NULL) < 0)
        return GNUTLS_E_MEMORY_ERROR;
    return (ssize_t) stream_take(s, mem, size);
}

ssize_t stream_read_record(struct stream *s, unsigned char *mem, size_t size)
{
    size_t len;
    if (!s->opening.cipher || gnutls_record_check_pending(s->tls) > 0)
        return gnutls_record_recv(s->tls, mem, size);
    if (kernel_opens(s))
        return read_opened(s, mem, size);
    while ((len = record_length(buf_data(&s->in), buf_len(&s->in))) == 0) {
        size_t want =
            is_for_kernel(s) ? record_missing(buf_data(&s->in), buf_len(&s->in)) : s->read_block;
        ssize_t n = stream_fill(s, want);
        if (n < 0 && stream_would_block(s->read_errno))
            return GNUTLS_E_AGAIN;
        if (n <= 0)
            return leave_to_gnutls(s, buf_len(&s->in), mem, size);
    }
    size_t n = record_open(&s->opening, buf_data(&s->in), len, mem, size);
    if (n == 0)
        return leave_to_gnutls(s, len, mem, size);
    buf_consume(&s->in, len);
    return (ssize_t) n;
}

/* ---- writing ---- */

ssize_t stream_write_record(struct stream *s, const unsigned char *mem, size_t len)
{
    size_t sealed = s->owing ? 0 : record_sealed(&s->sealing, len);
    unsigned char *room = sealed ? buf_reserve(&s->out, sealed, NULL) : NULL;
    if (room && record_seal(&s->sealing, RECORD_DATA, mem, len, room)) {
        buf_commit(&s->out, sealed);
        return (ssize_t) len;
    }
    int rc = give_records(s);
    if (rc < 0)
        return rc;
    ssize_t n = gnutls_record_send(s->tls, mem, len);
    take_records(s);
    s->owing = s->owing && n < 0;
    return n;
}

int stream_renew_key(struct stream *s)
{
    if (!records_worn(&s->sealing))
        return 0;
    int rc = give_records(s);
    if (rc == 0)
        rc = gnutls_session_key_update(s->tls, 0);
    take_records(s);
    return rc;
}

void stream_say_bye(struct stream *s)
{
    if (give_records(s) == 0)
        gnutls_bye(s->tls, GNUTLS_SHUT_WR); /* cannot wait */
    take_records(s);
}
