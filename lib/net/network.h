/* A name for the network that this machine is in, by which another day's can be told from it. */
#ifndef FTPSH_NET_NETWORK_H
#define FTPSH_NET_NETWORK_H

#include "net/addr.h"

/* Of a connection between `local` and `peer`: the address of the gateway on the way
 * ("192.0.2.1"); where there is none, or the system does not tell (it is read from Linux's
 * /proc/net/route and /proc/net/ipv6_route), the network of `local` ("192.0.2.0/24",
 * "2001:db8:1::/64"). "" for an address of no family. Returns dst (size ADDR_TEXT suffices). */
const char *network_name(const struct addr *local, const struct addr *peer, char *dst, size_t size);

/* The gateway to `peer` from the text of /proc/net/route, or of /proc/net/ipv6_route where `peer`
 * is an IPv6 address: the longest prefix decides, then the lowest metric. Pure. False when there
 * is none: no route, or one that needs no gateway. */
bool network_gateway(const char *text, const struct addr *peer, struct addr *out);

/* The same by this system's own routes; false also where it does not tell them. */
bool network_gateway_to(const struct addr *peer, struct addr *out);

#endif
