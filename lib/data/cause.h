/* What stands between a client and its data connections: evidence in, causes out. Pure.
 *
 * Each cause is told apart from its look-alikes by what was seen, and a cause that explains another
 * one hides it: where a gateway rewrites addresses, the private one is no cause of its own.
 */
#ifndef FTPSH_DATA_CAUSE_H
#define FTPSH_DATA_CAUSE_H

#include "data/attempt.h"
#include "ftp/features.h"

/* In the order in which they are shown. */
enum cause {
    CAUSE_PROXY_REFUSES,
    CAUSE_GATEWAY_REWRITES,
    CAUSE_RANGE_SILENT,
    CAUSE_RANGE_RESET,
    CAUSE_PRIVATE_ADDRESS,
    CAUSE_WRONG_ADDRESS,
    CAUSE_DATA_ELSEWHERE,
    CAUSE_EPSV_BLOCKED,
    CAUSE_EPSV_REFUSED,
    CAUSE_PASSIVE_REFUSED,
    CAUSE_GATEWAY_DISTURBS,
    CAUSE_POOL_EXHAUSTED,
    CAUSE_MUST_ENCRYPT,
    CAUSE_REUSE_REQUIRED,
    CAUSE_REUSE_IMPOSSIBLE,
    CAUSE_PEER_REJECTED,
    CAUSE_DATA_TLS,
    CAUSE_CLIENT_NAT,
    CAUSE_CONTROL_FORGOTTEN,
    CAUSE_IDLE_TIMEOUT,
    CAUSE_NO_FINAL_REPLY,
    CAUSE_NO_CLOSE_NOTIFY,
    CAUSE_UNKNOWN, /* something that was tried failed and nothing above explains it, or nothing was
                      tried */
    CAUSE_HEALTHY,
    CAUSE_ACTIVE_REFUSED, /* notes where passive mode works: few clients need active mode */
    CAUSE_ACTIVE_BLOCKED,
    CAUSE_COUNT
};

/* One strategy on its own, with a listing as its transfer. */
struct trial {
    bool tried;
    struct attempt row; /* of its last attempt, as the ladder fills it in */
    bool full_only;     /* resuming the TLS session failed where a full handshake then worked */
    bool unclean;       /* the data ended without close_notify */
    bool whole;         /* the data were read to their end, and the final reply waited for */
    bool unconfirmed;   /* the data came and the final reply never did */
    struct err
        refusal; /* of the listing itself: the connection alone was judged, up to row.stage */
};

/* An empty file that was sent to try the other direction, and removed again. Where the server
 * refuses the file itself, trial.refusal says it and nothing is said of the way. */
struct upload {
    struct trial trial; /* over the first strategy that worked */
    char name[32];
    struct err left; /* why it may still be on the server; ERR_NONE: it is not */
};

/* A passive port that was asked for and dialled, without a transfer. */
struct probe {
    bool epsv; /* else PASV */
    uint16_t port;
    enum attempt_result result;
    bool by_proxy; /* as in an attempt */
};

#define PROBES_MAX 10

struct evidence {
    enum software software;
    struct addr local, peer; /* the control connection's ends */
    struct addr seen_as;     /* this client, as the server sees it (AF_UNSPEC: it does not say) */
    struct addr masked_as;   /* the address that the server's NAT puts there instead */
    struct addr plain;       /* the 227 of a control connection in clear (AF_UNSPEC: none seen) */
    struct trial trials[STRATEGY_COUNT];
    struct upload upload;
    struct probe probes[PROBES_MAX];
    size_t nprobes;
    bool held_out;       /* while ports were held, another was not to be had */
    int64_t idle_ms;     /* how long the control connection was left idle; 0: not tried */
    struct err idle_end; /* why it did not survive that: 421, closed by the server, reset, silence;
                            ERR_NONE: it did */
    struct err ended;    /* why the session could not be rebuilt, and nothing more be tried */
};

/* What holds, in order; never empty: CAUSE_HEALTHY or CAUSE_UNKNOWN when nothing else does. Notes
 * are no trouble: CAUSE_HEALTHY stands beside them. */
#define UNEXPLAINED_UPLOAD (1u << STRATEGY_COUNT)
struct causes {
    enum cause list[CAUSE_COUNT];
    size_t n;
    unsigned notes;       /* a bit for each enum cause that is one */
    unsigned unexplained; /* what failed for no cause above: a bit for each strategy, and for the
                             upload; where there are any, CAUSE_UNKNOWN holds too */
};
struct causes causes_find(const struct evidence *e);

const char *cause_name(enum cause c);    /* "passive-range-silent": stable */
const char *cause_meaning(enum cause c); /* one sentence */

bool evidence_works(const struct evidence *e, enum strategy_id id);
/* The address in the server's 227 under TLS; AF_UNSPEC when there was none. */
struct addr evidence_advertised(const struct evidence *e);
/* It is another host's than the control connection's. */
bool evidence_disagrees(const struct evidence *e);
/* That, and this client cannot use it. */
bool evidence_misleads(const struct evidence *e);
/* The server refuses CCC itself, which is no failure of data. */
bool evidence_refuses_ccc(const struct evidence *e);
/* This client has a private address and the server does not. */
bool evidence_client_nat(const struct evidence *e);
/* The lowest and the highest passive port seen; false when none was. */
bool evidence_ports(const struct evidence *e, uint16_t *lo, uint16_t *hi);
/* Every probe and strategy has named one and the same port. */
bool evidence_one_port(const struct evidence *e);

#endif
