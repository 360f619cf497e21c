/* A numeric socket address, IPv4 or IPv6, and what can be told from it. Pure: no name lookup. */
#ifndef FTPSH_NET_ADDR_H
#define FTPSH_NET_ADDR_H

#include "base/err.h"

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } u;
};

/* Room for "[IPv6%scope]:port" with its NUL. */
#define ADDR_TEXT 96

/* AF_INET, AF_INET6, or AF_UNSPEC for a zeroed address ("none"). */
int addr_family(const struct addr *a);
socklen_t addr_size(const struct addr *a);
uint16_t addr_port(const struct addr *a); /* host byte order */
void addr_set_port(struct addr *a, uint16_t port);

/* From a sockaddr; an IPv4-mapped IPv6 address becomes the IPv4 one. Other families: AF_UNSPEC. */
struct addr addr_from_sockaddr(const struct sockaddr *sa);
struct addr addr_from_ipv4(const unsigned char octets[4], uint16_t port);

/* Numeric text without a port, brackets allowed around IPv6. ERR_USAGE when it is neither. */
int addr_parse(const char *text, struct addr *out, struct err *err);

/* "192.0.2.1" or "2001:db8::1"; returns dst. */
const char *addr_format(const struct addr *a, char *dst, size_t size);
/* "192.0.2.1:21" or "[2001:db8::1]:21"; returns dst. */
const char *addr_format_port(const struct addr *a, char *dst, size_t size);

bool addr_same_host(const struct addr *a, const struct addr *b); /* ports are ignored */

/* Private: RFC 1918, RFC 6598 (100.64/10), link-local, loopback, unspecified, and IPv6 unique-local
 * (RFC 4193). Documentation ranges count as public, so that tests can use them as such. */
bool addr_is_private(const struct addr *a);
bool addr_is_loopback(const struct addr *a);
bool addr_is_unspecified(const struct addr *a);

#endif
