/* What a port mapping protocol offers to portmap.c; nobody else includes this. */
#ifndef FTPSH_NET_PORTMAP_PRIVATE_H
#define FTPSH_NET_PORTMAP_PRIVATE_H

#include "net/portmap.h"

#define PORTMAP_LEASE_S 600

struct portmap_request {
    struct addr local, gateway;
    struct portmap_way *way;
    const struct wait *wait;
    const struct log *log;
};

struct portmap_protocol {
    const char *name;

    /* State of its own with *external and *lease_s, or NULL with err as portmap_open(). */
    void *(*open)(const struct portmap_request *q, struct deadline until, struct addr *external,
                  uint32_t *lease_s, struct err *err);

    /* Asks again, or looks for the answer, without waiting. The lease granted in seconds, 0 while
     * there is no answer. */
    uint32_t (*renew)(void *state);

    /* Removes the mapping by `until` and frees the state. False when nobody confirmed it. */
    bool (*close)(void *state, struct deadline until);
};

extern const struct portmap_protocol portmap_pcp, portmap_natpmp, portmap_upnp;

/* The gateway must see our packets come from the address that is to be mapped: -1 with ERR_CONNECT
 * where `fd` sends from another one. */
int portmap_check_source(int fd, const struct addr *local, struct err *err);

#endif
