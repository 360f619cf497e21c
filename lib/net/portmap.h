/* A port of the client's NAT, mapped to one of ours for as long as a data connection needs it: by
 * PCP (RFC 6887), NAT-PMP (RFC 6886) or UPnP IGD. IPv4 and TCP only.
 *
 * The lease is short, so that a mapping which could not be removed goes by itself; where a UPnP
 * device knows no leases, the removal is tried several times.
 */
#ifndef FTPSH_NET_PORTMAP_H
#define FTPSH_NET_PORTMAP_H

#include "base/log.h"
#include "base/wait.h"
#include "net/addr.h"

enum portmap_mode {
    PORTMAP_AUTO, /* each of the next three in turn */
    PORTMAP_PCP,
    PORTMAP_NATPMP,
    PORTMAP_UPNP,
    PORTMAP_OFF,
    PORTMAP_MODES
};

#define PORTMAP_URL 256

/* How mappings are asked for, and what is known about who grants them. Zeroed: PORTMAP_AUTO, and
 * nothing known. Kept by the caller from one mapping to the next, since finding out takes time. */
struct portmap_way {
    enum portmap_mode mode;
    enum portmap_mode proven; /* granted the last one; PORTMAP_AUTO: none yet */
    char igd[PORTMAP_URL];    /* where the UPnP device describes itself; "": not known */
};

struct portmap;

/* Asks the gateway on the way to `peer` for a mapping to `local` (IPv4 address and port). The map
 * with *external, or NULL with ERR_CONNECT (no gateway, nobody there, this build can't),
 * ERR_TIMEOUT (no answer), ERR_PROTOCOL (the NAT refuses, or its own address is private),
 * ERR_CANCELLED or ERR_LOCAL; the message says it for each way that was tried. One that was asked
 * for when waiting ended is taken back. `log` is borrowed until portmap_close(). */
struct portmap *portmap_open(struct portmap_way *way, const struct addr *local,
                             const struct addr *peer, const struct wait *w, struct deadline until,
                             struct addr *external, const struct log *log, struct err *err);

/* Renews the lease when half of it is over; never waits. To be called now and then. */
void portmap_keep(struct portmap *m);

/* Removes the mapping: takes a moment at most (some seconds for one without a lease, where nobody
 * answers), is not interrupted and never fails. NULL is legal. */
void portmap_close(struct portmap *m);

const char *portmap_mode_name(enum portmap_mode mode); /* "natpmp" */

#endif
