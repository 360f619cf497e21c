/* TCP connections out: racing of addresses for the control connection (RFC 8305), and a single
 * non-blocking connect for data connections. Every socket is non-blocking, close-on-exec, with
 * TCP_NODELAY. */
#ifndef FTPSH_NET_DIAL_H
#define FTPSH_NET_DIAL_H

#include "base/log.h"
#include "base/wait.h"
#include "net/addr.h"

/* Resolves `host`, interleaves families, starts a connect every 250 ms until one succeeds, and
 * closes the others. TCP keepalive is on at 45 s, and bytes that nobody acknowledges for 30 s end
 * the connection (FIELD-NOTES 38). Returns the descriptor and fills *peer, or -1 with ERR_RESOLVE,
 * ERR_CONNECT (a clock that ran out included), ERR_TIMEOUT (the limit for everything),
 * ERR_CANCELLED or ERR_LOCAL. */
int dial_host(const char *host, uint16_t port, int family, struct addr *peer, const struct wait *w,
              struct deadline until, const struct log *log, struct err *err);

/* Starts a connect to `to` from the address (not the port) of `from`, which may be NULL. Returns a
 * descriptor on which POLLOUT says that dial_result() can be asked; -1 with ERR_CONNECT. */
int dial_start(const struct addr *to, const struct addr *from, struct err *err);

/* What became of it: 0 connected, 1 still under way, -1 with ERR_CONNECT and `sys`. */
int dial_result(int fd, const struct addr *to, struct err *err);

/* The local and the remote address of a connected or listening socket. */
struct addr sock_local(int fd);
struct addr sock_peer(int fd);

/* Non-blocking and close-on-exec, and the options above; -1 with ERR_LOCAL. */
int sock_prepare(int fd, struct err *err);
void sock_keepalive(int fd);

/* For a socket that will only read from now on: what comes is acknowledged at once, where the
 * system can, and not 40 ms later in the hope of bytes to go with that. A peer that minds Nagle's
 * algorithm sends its last words only then. */
void sock_acknowledge(int fd);

/* Only so many more bytes are wanted: where the system can, the peer is told of little more room
 * than for these, since what it sends beyond them takes its share of the line. To be said again as
 * they come, and from afar: room that was promised cannot be taken back. */
void sock_want(int fd, int64_t bytes);

#endif
