/* The router that this machine's traffic leaves by. */
#ifndef FTPSH_NET_GATEWAY_H
#define FTPSH_NET_GATEWAY_H

#include "net/addr.h"

/* The default IPv4 gateway of the interface that has the address of `local`. 0, or -1 with
 * ERR_CONNECT when there is none, or when this system does not say (it is read from Linux's
 * /proc/net/route). */
int gateway_find(const struct addr *local, struct addr *out, struct err *err);

/* The same from the text of /proc/net/route: the route with the lowest metric on the interface
 * `name` (NULL: on any). Pure. False when there is none. */
bool gateway_parse(const char *text, const char *name, struct addr *out);

#endif
