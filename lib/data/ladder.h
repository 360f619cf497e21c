/* The order in which data strategies are tried for one server, and which of them has worked. */
#ifndef FTPSH_DATA_LADDER_H
#define FTPSH_DATA_LADDER_H

#include "data/attempt.h"
#include "net/listen.h"
#include "net/portmap.h"

#define LADDER_DATA_TIMEOUT_MS 4000

struct ladder {
    enum strategy_id rungs[STRATEGY_COUNT];
    size_t n;
    bool chosen;                /* by the user: these and no others */
    int proven;                 /* index into rungs of the one that worked last; -1: none */
    int recalled;               /* that of the one to try first while none is proven; -1: none */
    int64_t timeout_ms;         /* one rung */
    struct addr active_address; /* what EPRT/PORT advertise; AF_UNSPEC: control's local address */
    struct port_range active_ports;
    struct portmap_way port_map; /* how the client's NAT is asked for a port */
};

/* The default ladder: epsv, pasv-use-control-ip, active. */
void ladder_init(struct ladder *l);

/* Adds a strategy that the user chose; the first call empties the default. A second time is no
 * error and changes nothing. */
void ladder_choose(struct ladder *l, enum strategy_id id);

/* Puts a strategy first that worked another day. Which rungs there are does not change: false when
 * it is none of them, or when the user chose their order. */
bool ladder_recall(struct ladder *l, enum strategy_id id);

/* A rung has worked: it goes first from now on. */
void ladder_prove(struct ladder *l, size_t rung);

/* The strategy in use went first because it was recalled. */
bool ladder_remembered(const struct ladder *l);

#endif
