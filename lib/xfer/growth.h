/* Sees a file on a server grow, over a session of its own: for a transfer between two others, of
 * which nothing else is seen here. SIZE is asked every few seconds, and not before some have
 * passed. Where the server wants no further session, or does not tell, there is nothing to see, and
 * nothing fails for that. */
#ifndef FTPSH_XFER_GROWTH_H
#define FTPSH_XFER_GROWTH_H

#include "ftp/session.h"

struct growth {
    int64_t size;         /* bytes that are there; -1: not seen */
    bool stalled;         /* growth_look() has said so */
    struct deadline next; /* when to look; DEADLINE_NEVER: there is nothing to see */

    /* its own */
    const struct session *model;
    const char *path;
    int64_t before, from, idle_ms;
    struct deadline idle;
    struct session *session;
    struct wait wait;
};

/* Zero but for `next` is one that sees nothing. */
#define GROWTH_INIT                                                                                \
    {                                                                                              \
        .size = -1, .next = DEADLINE_NEVER                                                         \
    }

/* A file begins to grow at `from`: `path` (borrowed) on the server and in the folder of `model`
 * (borrowed). It had `before` bytes, -1: none. A server that goes on telling these keeps what comes
 * under another name (HiddenStores): that is nothing to see. */
void growth_begin(struct growth *g, const struct session *model, const char *path, int64_t before,
                  int64_t from, int64_t idle_ms);

/* Looks where it is time to, for a few seconds at most. 0, or -1 with ERR_TIMEOUT: it has not grown
 * for idle_ms. */
int growth_look(struct growth *g, struct err *err);

/* Ends the session. */
void growth_end(struct growth *g);

#endif
