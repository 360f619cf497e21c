#include "net/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { ROUTES_BYTES = 64 * 1024, ROUTE_UP = 1, ROUTE_GATEWAY = 2, ROUTE_REJECT = 0x200 };

struct route {
    unsigned char to[16], via[16]; /* in network byte order */
    unsigned prefix, metric, flags;
};

/* Columns: interface, destination, gateway, flags, references, uses, metric, mask. Addresses are
 * printed as this machine's numbers. */
static bool parse_ipv4(const char *line, struct route *r)
{
    unsigned to, via, mask;
    /* NOLINTNEXTLINE(cert-err34-c): the kernel's own table, and its widths hold */
    if (sscanf(line, "%*31s %8x %8x %4x %*d %*d %9u %8x", &to, &via, &r->flags, &r->metric,
               &mask) != 5)
        return false;
    memcpy(r->to, &to, 4);
    memcpy(r->via, &via, 4);
    for (mask = ntohl(mask), r->prefix = 0; mask & 0x80000000U; mask <<= 1)
        r->prefix++;
    return true;
}

static bool parse_octets(const char *hex, unsigned char octets[16])
{
    for (size_t i = 0; i < 16; i++) {
        unsigned octet;
        /* NOLINTNEXTLINE(cert-err34-c): two digits */
        if (sscanf(hex + 2 * i, "%2x", &octet) != 1)
            return false;
        octets[i] = (unsigned char) octet;
    }
    return true;
}

/* Columns: destination, its prefix, source, its prefix, next hop, metric, references, uses, flags,
 * interface. */
static bool parse_ipv6(const char *line, struct route *r)
{
    char to[33], via[33];
    /* NOLINTNEXTLINE(cert-err34-c): as above */
    return sscanf(line, "%32[0-9a-fA-F] %2x %*32s %*2x %32[0-9a-fA-F] %8x %*8x %*8x %8x", to,
                  &r->prefix, via, &r->metric, &r->flags) == 5 &&
           strlen(to) == 32 && strlen(via) == 32 && r->prefix <= 128 && parse_octets(to, r->to) &&
           parse_octets(via, r->via);
}

static const unsigned char *octets_of(const struct addr *a)
{
    return addr_family(a) == AF_INET ? (const unsigned char *) &a->u.in.sin_addr
                                     : a->u.in6.sin6_addr.s6_addr;
}

static bool leads_to(const struct route *r, const unsigned char *octets)
{
    size_t whole = r->prefix / 8;
    unsigned rest = r->prefix % 8;
    return memcmp(r->to, octets, whole) == 0 &&
           (rest == 0 || (r->to[whole] ^ octets[whole]) >> (8 - rest) == 0);
}

static struct addr addr_of(int family, const unsigned char *octets)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (family == AF_INET)
        return addr_from_ipv4(octets, 0);
    memcpy(&in6.sin6_addr, octets, 16);
    return addr_from_sockaddr((const struct sockaddr *) &in6);
}

bool network_gateway(const char *text, const struct addr *peer, struct addr *out)
{
    int family = addr_family(peer);
    struct route best = {.flags = 0};
    bool found = false;
    while (*text) {
        struct route r = {.flags = 0};
        char line[256];
        size_t len = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int) (len < 255 ? len : 255), text);
        text += len + (text[len] == '\n');
        if (!(family == AF_INET ? parse_ipv4(line, &r) : parse_ipv6(line, &r)) ||
            (r.flags & (ROUTE_UP | ROUTE_REJECT)) != ROUTE_UP || !leads_to(&r, octets_of(peer)))
            continue;
        if (found &&
            (r.prefix < best.prefix || (r.prefix == best.prefix && r.metric >= best.metric)))
            continue;
        best = r;
        found = true;
    }
    if (!found || !(best.flags & ROUTE_GATEWAY))
        return false;
    *out = addr_of(family, best.via);
    return true;
}

bool network_gateway_to(const struct addr *peer, struct addr *out)
{
    char text[ROUTES_BYTES];
    FILE *f = fopen(addr_family(peer) == AF_INET ? "/proc/net/route" : "/proc/net/ipv6_route", "r");
    if (!f)
        return false;
    size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    return network_gateway(text, peer, out);
}

/* The /24 or /64 of an address. */
static const char *prefix_name(const struct addr *a, char *dst, size_t size)
{
    unsigned char octets[16] = {0};
    char text[ADDR_TEXT];
    int family = addr_family(a);
    memcpy(octets, octets_of(a), family == AF_INET ? 3 : 8);
    struct addr network = addr_of(family, octets);
    snprintf(dst, size, "%s/%d", addr_format(&network, text, sizeof text),
             family == AF_INET ? 24 : 64);
    return dst;
}

const char *network_name(const struct addr *local, const struct addr *peer, char *dst, size_t size)
{
    struct addr gateway;
    int family = addr_family(local);
    dst[0] = '\0';
    if (family != AF_INET && family != AF_INET6)
        return dst;
    if (addr_family(peer) == family && !addr_is_loopback(peer) &&
        network_gateway_to(peer, &gateway))
        return addr_format(&gateway, dst, size);
    return prefix_name(local, dst, size);
}
