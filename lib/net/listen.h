/* One listening socket for one data connection in active mode. */
#ifndef FTPSH_NET_LISTEN_H
#define FTPSH_NET_LISTEN_H

#include "net/addr.h"

/* The ports that may be used, inclusive; 0-0: any. `next` makes successive listens rotate through
 * the range, so that a port in TIME_WAIT is not asked for again at once (FIELD-NOTES 36). */
struct port_range {
    uint16_t lo, hi, next;
};

/* Listens on the address of `local` (its port is ignored) with a backlog of 1. Returns the
 * descriptor and fills *bound; -1 with ERR_LOCAL when no port of the range is free. */
int listen_open(const struct addr *local, struct port_range *ports, struct addr *bound,
                struct err *err);

/* Takes one connection without waiting: its descriptor (prepared as dial.h tells), -1 with
 * ERR_LOCAL, or -2 when none is there yet. A connection from another host than `expected` is closed
 * and passed over: nobody else may hand us data. */
int listen_accept(int fd, const struct addr *expected, struct addr *peer, struct err *err);

#endif
