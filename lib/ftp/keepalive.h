/* A control connection on which no command is under way, while one waits for something else: what
 * comes on it is noticed at once, and NOOP keeps it alive.
 */
#ifndef FTPSH_FTP_KEEPALIVE_H
#define FTPSH_FTP_KEEPALIVE_H

#include "ftp/control.h"

struct keepalive {
    int64_t interval_ms;    /* of silence before a NOOP; 0: none is sent */
    int64_t reply_ms;       /* how long its reply may take */
    struct deadline answer; /* to the one under way; starts as all zero: none is */
};

/* What to poll for reading, and when keepalive_tend() is to be called at the latest; -1 and never
 * where the connection is of no use. */
int keepalive_fd(const struct keepalive *k, struct control *c, struct deadline *until);

/* Takes what has come, and sends what is due; never waits. 0, or -1 when the connection has come to
 * its end, which is told once: ERR_CLOSED, ERR_REPLY_TRANSIENT (421), ERR_TIMEOUT (no answer to
 * NOOP), ERR_PROTOCOL, ERR_TLS. */
int keepalive_tend(struct keepalive *k, struct control *c, struct err *err);

#endif
