#include "tls/stream_private.h"

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
    if (!s->opening.cipher)
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

ssize_t stream_read_record(struct stream *s, unsigned char *mem, size_t size)
{
    size_t len;
    if (!s->opening.cipher || gnutls_record_check_pending(s->tls) > 0)
        return gnutls_record_recv(s->tls, mem, size);
    while ((len = record_length(buf_data(&s->in), buf_len(&s->in))) == 0) {
        ssize_t n = stream_fill(s);
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
    if (room && record_seal(&s->sealing, mem, len, room)) {
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
