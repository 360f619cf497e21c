/* A TCP connection with or without TLS: what is above never knows which.
 *
 * Operations come in two forms. The stepping ones never wait and say what they want
 * (STREAM_WANT_READ, STREAM_WANT_WRITE), so that a caller can watch other descriptors meanwhile;
 * the waiting ones are built on them. Reads and writes go through large blocks: one system call
 * serves many TLS records, and under TLS 1.3 records of data go between block and caller without
 * another copy (records.h), or are opened by the kernel (ktls.h).
 */
#ifndef FTPSH_TLS_STREAM_H
#define FTPSH_TLS_STREAM_H

#include "base/log.h"
#include "base/wait.h"
#include "tls/tickets.h"
#include "tls/trust.h"

#include <stdint.h>
#include <sys/types.h>

struct stream;

/* Data in a full record, and the room behind them that spares a copy: the record's type and some
 * padding are opened with them (RFC 8446 section 5.2). */
enum { STREAM_RECORD_BYTES = 16 * 1024, STREAM_RECORD_REST = 64 };

enum stream_state {
    STREAM_OK,
    STREAM_WANT_READ,
    STREAM_WANT_WRITE,
    STREAM_EOF,  /* the orderly end: close_notify under TLS, FIN without */
    STREAM_ERROR /* err is set */
};

/* How the TLS session came to be, for reports. */
struct tls_info {
    bool active;
    char version[16]; /* "TLS1.3" */
    char cipher[32];  /* "AES-256-GCM", as GnuTLS names it */
    char group[32];   /* key exchange group; empty when a session was resumed without one */
    bool offered;     /* to resume one */
    bool resumed;
    char sha256[SHA256_TEXT]; /* of the peer's certificate, lower-case hex; empty if it sent none */
};

/* Borrowed for as long as the stream lives, except `name`, which is copied. */
struct tls_setup {
    struct trust *trust;
    const char *name;        /* the certificate must be for this host name or address */
    uint16_t port;           /* of the control connection: keys are known by name and port */
    bool may_ask;            /* a person, if the certificate is not trusted */
    struct tickets *tickets; /* where tickets go to; may be NULL */
    bool resume;             /* take one from there and offer it */
    bool no_tls13;           /* TLS 1.2 is all that is offered */
    const char *group; /* key exchange group to offer first, from tls_info; NULL or "": default */
    bool bulk;         /* TLS ends with the connection: the kernel may open what is received */
    const struct log *log; /* where that is noted; may be NULL */
};

/* Takes over the descriptor. NULL (descriptor closed) with ERR_LOCAL. */
struct stream *stream_new(int fd, struct err *err);
void stream_free(struct stream *s); /* closes; says nothing to the peer */

int stream_fd(const struct stream *s);
const struct tls_info *stream_tls(const struct stream *s);

/* Begins TLS as a client; nothing is sent before stream_handshake(). Bytes that were received and
 * not read are an injection (CVE-2021-22947): ERR_PROTOCOL. Else 0, or -1 with ERR_TLS. */
int stream_start_tls(struct stream *s, const struct tls_setup *setup, struct err *err);

/* One step of the handshake, certificate check included. STREAM_OK when done; STREAM_ERROR with
 * ERR_TLS, ERR_CERTIFICATE, ERR_CLOSED or ERR_CONNECT (reset), or what the question gave (trust.h).
 */
enum stream_state stream_handshake(struct stream *s, struct err *err);

/* Whether the server asked for a client certificate and the connection was then lost (ERR_CLOSED,
 * ERR_TRUNCATED) before a byte came. Some refuse one by a reset, which leaves nothing of their
 * alert; but many ask for one that they can do without, and connections get lost. */
bool stream_blames_identity(const struct stream *s, const struct err *why);
/* Then `err` tells of the certificate instead: ERR_CERTIFICATE. */
void stream_blame_identity(struct stream *s, struct err *err);

/* Up to `size` bytes into `mem`: STREAM_OK with *got > 0, or STREAM_EOF, or what it wants, or
 * STREAM_ERROR with ERR_TRUNCATED (ended without close_notify), ERR_CLOSED (reset), ERR_TLS,
 * ERR_CERTIFICATE (ours is refused, which TLS 1.3 says behind the handshake). STREAM_WANT_READ also
 * after a ticket was harvested. */
enum stream_state stream_read(struct stream *s, void *mem, size_t size, size_t *got,
                              struct err *err);

/* From now on poll() is to tell of so many bytes received, or of the end, and of nothing less:
 * being woken for each record costs more than opening it. They may never come, so that who waits
 * needs a clock; 1 is what a stream begins with. Only a hint. */
void stream_gather(struct stream *s, int bytes);

/* Accepts up to `len` bytes: STREAM_OK with *put > 0; they may still be in the write block until
 * stream_flush(). STREAM_ERROR with ERR_CLOSED or ERR_TLS. */
enum stream_state stream_write(struct stream *s, const void *mem, size_t len, size_t *put,
                               struct err *err);

/* Sends what is in the write block. STREAM_OK when all is gone. */
enum stream_state stream_flush(struct stream *s, struct err *err);

/* Says that no more will be written: close_notify and, with `half_close`, FIN after it. STREAM_OK
 * when that has been sent. Reading goes on. Errors as stream_flush(). */
enum stream_state stream_finish(struct stream *s, bool half_close, struct err *err);

/* Back to plain text after TLS was ended in both directions (CCC). Pending bytes: ERR_PROTOCOL. */
int stream_stop_tls(struct stream *s, struct err *err);

/* The waiting forms: 0, or -1 with the errors above, ERR_TIMEOUT ("no answer in ..."),
 * ERR_CANCELLED. */
int stream_handshake_wait(struct stream *s, const struct wait *w, struct deadline until,
                          struct err *err);
int stream_write_wait(struct stream *s, const void *mem, size_t len, const struct wait *w,
                      struct deadline until, struct err *err);

/* Whether the server has refused our certificate, or that there is none: `err` tells, with
 * ERR_CERTIFICATE. Where it asked for one and has sent nothing since, its alert is waited for, and
 * what comes instead is lost. */
bool stream_refuses_identity(struct stream *s, const struct wait *w, struct deadline until,
                             struct err *err);

/* The poll events that a state asks for; 0 for the others. */
short stream_events(enum stream_state state);

#endif
