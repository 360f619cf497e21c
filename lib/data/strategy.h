/* The data strategies, a row each. For lib/data: others go through channel.h and ladder.h.
 *
 * A rung is one try of one strategy. prepare() comes before the transfer command: it asks the
 * server for a port and starts to connect, or listens and tells the server where. step() comes
 * after it, never waits, and ends with a connected descriptor.
 */
#ifndef FTPSH_DATA_STRATEGY_H
#define FTPSH_DATA_STRATEGY_H

#include "data/ladder.h"
#include "ftp/session.h"
#include "net/proxy_talk.h"

#include <poll.h>

struct rung {
    struct session *session;
    struct ladder *ladder;
    const char *transfer;  /* the command that will follow, for PRET: "RETR name" */
    struct attempt *row;   /* filled in as far as the rung gets */
    struct deadline until; /* when the rung gives up */
    int fd;                /* connecting, or listening; -1: neither */
    short events;          /* what to poll it for */
    bool listening;
    struct portmap *map; /* leads to the port that we listen on; NULL: none is needed */
    bool connecting;     /* to the proxy: the talk comes after */
    struct proxy_talk talk;
};

struct strategy {
    bool by_default;     /* a rung of the default ladder */
    const char *command; /* asks for the port; NULL: nothing that could be asked ahead does */

    /* 0 when it can work here; -1 with the reason in err. */
    int (*applies)(const struct rung *r, struct err *err);

    /* 0, or -1 with row->stage and row->result set and the cause in err (which is
     * never NULL here). A negative or unreadable
     * reply is RESULT_REJECTED; a reply that did not come in time leaves the control connection out
     * of step. */
    int (*prepare)(struct rung *r, struct err *err);

    /* 1: still under way (poll r->fd for r->events); 0: *fd is connected and the caller's; -1 as
     * prepare(). */
    int (*step)(struct rung *r, int *fd, struct err *err);
};

const struct strategy *strategy_row(enum strategy_id id);

/* Names the proxy in an error while the connection through it does not stand yet. */
void rung_name_proxy(const struct rung *r, struct err *err);

/* Closes what the rung still holds. */
void rung_clear(struct rung *r);

/* What an error on the way to a data connection means in the report. */
enum attempt_result result_of_err(const struct err *err);

#endif
