/* Whether data connections resume the TLS session of the control connection, and what is to be done
 * where they do not (FIELD-NOTES 1-6). Counts and decides; touches no connection.
 *
 * A data connection that TLS failed on may be cured by another ticket, and two in a row by another
 * control connection: the server's idea of the session has gone. That is done once until one works
 * again, and once more with TLS 1.2 where the server refuses them, since it may resume sessions of
 * TLS 1.2 and none of TLS 1.3: so it always comes to an end. */
#ifndef FTPSH_TLS_REUSE_H
#define FTPSH_TLS_REUSE_H

#include "base/clock.h"
#include "tls/tickets.h"

/* What is wanted: nothing but resumed data connections, them where it can be, none at all. */
enum tls_reuse { TLS_REUSE_REQUIRE, TLS_REUSE_PREFER, TLS_REUSE_OFF };

/* Of one session with a server, whose control connection may be another by and by. */
struct reuse {
    enum tls_reuse mode;
    bool tls13;            /* what the control connection speaks */
    bool tls12_ok;         /* TLS 1.2 may be spoken instead */
    int failures;          /* data connections in a row */
    bool refused;          /* one of them by the server's word, or for not being resumed */
    int renewals;          /* of the control connection, since a data connection worked */
    bool ahead;            /* one of them was ahead of the tickets' end */
    struct deadline pause; /* before another one ahead: the latest failed */
    bool resumed;          /* a data connection was, once */
    bool declined;         /* the latest one that offered a ticket was not */
    bool lost;             /* those that came later were not, and that has been said */
};

enum renewal {
    RENEWAL_NONE,
    RENEWAL_AHEAD, /* the tickets will not be good for long */
    RENEWAL_NOW,   /* two data connections have failed */
    RENEWAL_TLS12  /* the same, and TLS 1.3 has not helped */
};

/* Whether the control connection, whose tickets these are, is to be another before the next data
 * connection. */
enum renewal reuse_renewal(const struct reuse *r, const struct tickets *tickets);

/* A new control connection was tried for; `ok`: with success. One that was tried for ahead and is
 * not to be had, for the number of connections or logins, is not tried for ahead for a minute. */
void reuse_renewed(struct reuse *r, enum renewal why, bool ok);

/* TLS failed on a data connection; `refused`: not in the handshake. True: for the first time in a
 * row; another ticket may do. */
bool reuse_failed(struct reuse *r, bool refused);

/* A data connection is under TLS. True when those before it were resumed and this is the first that
 * is not: the server does no more what it did. */
bool reuse_opened(struct reuse *r, bool offered, bool resumed);

/* Data have come or arrived over one. */
void reuse_worked(struct reuse *r);

#endif
