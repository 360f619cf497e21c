/* Names into addresses, cancellable: the system's resolver runs in a thread of its own, which is
 * left to end by itself when nobody waits for it any more. */
#ifndef FTPSH_NET_RESOLVE_H
#define FTPSH_NET_RESOLVE_H

#include "base/wait.h"
#include "net/addr.h"

#define RESOLVE_MAX 32

/* Up to RESOLVE_MAX addresses of `host` with `port` set, in the system's order (RFC 6724).
 * `family` is AF_UNSPEC, AF_INET or AF_INET6. Returns how many (at least 1), or -1 with
 * ERR_RESOLVE, ERR_TIMEOUT, ERR_CANCELLED or ERR_LOCAL. */
int resolve_host(const char *host, uint16_t port, int family, struct addr out[RESOLVE_MAX],
                 const struct wait *w, struct deadline until, struct err *err);

#endif
