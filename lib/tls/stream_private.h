/* Between the files of tls/stream: nobody else includes this. What a stream is, and its records,
 * which are opened and sealed by our own hands (records.h) or by GnuTLS, or opened by the kernel
 * (ktls.h). */
#ifndef FTPSH_TLS_STREAM_PRIVATE_H
#define FTPSH_TLS_STREAM_PRIVATE_H

#include "base/buf.h"
#include "tls/records.h"
#include "tls/stream.h"

enum { FIRST_BYTES = 48 };

struct stream {
    int fd;
    struct buf in, out;
    size_t read_block;
    bool saw_fin;   /* recv() said 0 */
    int lost_errno; /* of a recv() that failed for good; 0: none has */
    int read_errno; /* of the last failed recv() or send() */

    gnutls_session_t tls;            /* NULL: plain */
    struct records opening, sealing; /* from the end of the handshake on */
    size_t left;                     /* bytes of the read block that GnuTLS may have, since then */
    bool bulk;          /* the kernel may open what is received, and was not asked yet */
    bool kernel;        /* it does: the read block has data, not records */
    unsigned char type; /* of what it gave last */
    bool owing;         /* GnuTLS may have an answer for the peer, to go out ahead of more data */
    struct tls_info info;
    struct trust *trust;
    struct tickets *tickets;
    const struct log *log;
    char *name;
    uint16_t port;
    bool may_ask;
    struct err check; /* why the certificate was refused */
    bool shaking, bye_sent, fin_sent;
    bool cert_asked;    /* the server wants to see a client certificate */
    bool served;        /* and went on to talk: it is content */
    struct err refusal; /* or it does not like ours, or that there is none */
    bool has_new_ticket;
    unsigned lifetime_s; /* what the latest one says of itself */
    int deferred;        /* what gnutls_record_recv() said after bytes that were handed out first */
    bool has_deferred;
    int idle;                         /* messages since the last data */
    unsigned char first[FIRST_BYTES]; /* received under TLS, to name plain text by */
    size_t nfirst;
};

/* ---- stream.c ---- */

/* Whether that errno only says that nothing can be had yet. */
bool stream_would_block(int sys);

/* recv() that is not disturbed by signals, with errno kept in read_errno. */
ssize_t stream_receive(struct stream *s, void *mem, size_t size);

/* The same for so many bytes of the read block. */
ssize_t stream_fill(struct stream *s, size_t size);

/* What is at the front of the read block, as much as there is room for. */
size_t stream_take(struct stream *s, void *mem, size_t size);

/* ---- stream_records.c ---- */

/* The handshake is over. */
void stream_begin_records(struct stream *s);

/* Whether `room` bytes of memory would get something without a system call. */
bool stream_has_more(const struct stream *s, size_t room);

/* As gnutls_record_recv(), which gets no records but whole ones, and only those that are not mere
 * data, so that it never holds the beginning of one. */
ssize_t stream_read_record(struct stream *s, unsigned char *mem, size_t size);

/* As gnutls_record_send(), into the write block. What GnuTLS owes the peer goes ahead of it. */
ssize_t stream_write_record(struct stream *s, const unsigned char *mem, size_t len);

/* Takes another key for what we send where the last one has served for long enough. 0 or one of
 * GnuTLS's errors. */
int stream_renew_key(struct stream *s);

/* close_notify, into the write block. */
void stream_say_bye(struct stream *s);

#endif
