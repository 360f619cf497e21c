/* A non-blocking socket with or without TLS, and the one function that waits. */
#ifndef FAKE_CONN_H
#define FAKE_CONN_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct conn {
    int fd;               /* -1: none */
    gnutls_session_t tls; /* NULL: plaintext */
    int stop_fd;
};

/* What the try functions return where it is not a number of bytes. */
enum { CONN_EOF = 0, CONN_AGAIN = -1, CONN_BROKEN = -2 };

/* Takes the descriptor over and makes it non-blocking. */
void conn_init(struct conn *c, int fd, int stop_fd);

ssize_t conn_try_read(struct conn *c, void *mem, size_t size);
/* After CONN_AGAIN the same bytes must be offered again. */
ssize_t conn_try_write(struct conn *c, const void *mem, size_t len);
/* What to wait for after CONN_AGAIN, when `events` is what the caller had in mind. */
short conn_events(const struct conn *c, short events);

/* Wait as long as it takes, up to timeout_ms: read gives at least a byte or an error, write writes
 * everything (0) or gives CONN_BROKEN. */
ssize_t conn_read(struct conn *c, void *mem, size_t size, int timeout_ms);
int conn_write(struct conn *c, const void *mem, size_t len);

/* Runs the server's side of the handshake on a session that is set up; 0, or -1 (the session is
 * freed). */
int conn_handshake(struct conn *c, gnutls_session_t tls, int timeout_ms);

/* close_notify, and with `both` a bounded wait for the other side's; TLS is over afterwards. */
void conn_end_tls(struct conn *c, bool both, int timeout_ms);

void conn_close(struct conn *c); /* without close_notify */
void conn_reset(struct conn *c); /* RST instead of FIN */

enum wake { WAKE_READY, WAKE_CONTROL, WAKE_TIMEOUT, WAKE_STOP };

/* Waits for `events` on fd or for something to read on control_fd; either may be -1. Events 0 waits
 * for the connection's end only. timeout_ms -1: for ever. */
enum wake wait_ready(int stop_fd, int fd, short events, int control_fd, int timeout_ms);

#endif
