/* A TCP connection out through a proxy: net/dial.h to it, then net/proxy_talk.h. */
#ifndef FTPSH_NET_PROXY_DIAL_H
#define FTPSH_NET_PROXY_DIAL_H

#include "base/log.h"
#include "base/wait.h"
#include "net/addr.h"
#include "net/proxy.h"

/* As dial_host(), names being resolved by the proxy. `family` is that of the connection to the
 * proxy, *hop the proxy's address. Errors are those of dial_host() and proxy_talk.h, and name the
 * proxy. */
int proxy_dial(const struct proxy *proxy, const char *host, uint16_t port, int family,
               struct addr *hop, const struct wait *w, struct deadline until, const struct log *log,
               struct err *err);

#endif
