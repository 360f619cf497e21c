#include "net/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int addr_family(const struct addr *a)
{
    return a->u.sa.sa_family;
}

socklen_t addr_size(const struct addr *a)
{
    switch (addr_family(a)) {
    case AF_INET:
        return sizeof a->u.in;
    case AF_INET6:
        return sizeof a->u.in6;
    default:
        return 0;
    }
}

uint16_t addr_port(const struct addr *a)
{
    switch (addr_family(a)) {
    case AF_INET:
        return ntohs(a->u.in.sin_port);
    case AF_INET6:
        return ntohs(a->u.in6.sin6_port);
    default:
        return 0;
    }
}

void addr_set_port(struct addr *a, uint16_t port)
{
    if (addr_family(a) == AF_INET)
        a->u.in.sin_port = htons(port);
    else if (addr_family(a) == AF_INET6)
        a->u.in6.sin6_port = htons(port);
}

struct addr addr_from_ipv4(const unsigned char octets[4], uint16_t port)
{
    struct addr a;
    memset(&a, 0, sizeof a);
    a.u.in.sin_family = AF_INET;
    a.u.in.sin_port = htons(port);
    memcpy(&a.u.in.sin_addr, octets, 4);
    return a;
}

/* sockaddr may be less aligned than the structures it stands for, hence the copies. */
struct addr addr_from_sockaddr(const struct sockaddr *sa)
{
    struct addr a;
    memset(&a, 0, sizeof a);
    if (sa->sa_family == AF_INET) {
        memcpy(&a.u.in, sa, sizeof a.u.in);
    } else if (sa->sa_family == AF_INET6) {
        memcpy(&a.u.in6, sa, sizeof a.u.in6);
        if (IN6_IS_ADDR_V4MAPPED(&a.u.in6.sin6_addr))
            a = addr_from_ipv4(a.u.in6.sin6_addr.s6_addr + 12, ntohs(a.u.in6.sin6_port));
    }
    return a;
}

/* The scope of a link-local address (RFC 4007 section 11): an interface's name or number. */
static int scope_parse(const char *text, uint32_t *scope)
{
    char *end;
    *scope = if_nametoindex(text);
    if (*scope)
        return 0;
    if (*text < '0' || *text > '9')
        return -1;
    unsigned long number = strtoul(text, &end, 10);
    if (*end || number == 0 || number > UINT32_MAX)
        return -1;
    *scope = (uint32_t) number;
    return 0;
}

static int ipv6_parse(char *text, struct addr *out)
{
    struct sockaddr_in6 in6;
    memset(&in6, 0, sizeof in6);
    in6.sin6_family = AF_INET6;
    char *percent = strchr(text, '%');
    if (percent) {
        *percent = '\0';
        if (scope_parse(percent + 1, &in6.sin6_scope_id) < 0)
            return -1;
    }
    if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
        return -1;
    *out = addr_from_sockaddr((const struct sockaddr *) &in6);
    return 0;
}

int addr_parse(const char *text, struct addr *out, struct err *err)
{
    char copy[ADDR_TEXT];
    unsigned char octets[4];
    size_t len = strlen(text);
    bool bracketed = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    if (inet_pton(AF_INET, text, octets) == 1) {
        *out = addr_from_ipv4(octets, 0);
        return 0;
    }
    if (bracketed) {
        text++;
        len -= 2;
    }
    if (len < sizeof copy) {
        memcpy(copy, text, len);
        copy[len] = '\0';
        if (ipv6_parse(copy, out) == 0)
            return 0;
    }
    return err_set(err, ERR_USAGE, "\"%.*s\" is not an IP address", (int) (len < 80 ? len : 80),
                   text);
}

const char *addr_format(const struct addr *a, char *dst, size_t size)
{
    char text[INET6_ADDRSTRLEN] = "none";
    unsigned scope = 0;
    if (addr_family(a) == AF_INET) {
        inet_ntop(AF_INET, &a->u.in.sin_addr, text, sizeof text);
    } else if (addr_family(a) == AF_INET6) {
        inet_ntop(AF_INET6, &a->u.in6.sin6_addr, text, sizeof text);
        scope = a->u.in6.sin6_scope_id;
    }
    if (scope)
        snprintf(dst, size, "%s%%%u", text, scope);
    else
        snprintf(dst, size, "%s", text);
    return dst;
}

const char *addr_format_port(const struct addr *a, char *dst, size_t size)
{
    char host[ADDR_TEXT];
    addr_format(a, host, sizeof host);
    if (addr_family(a) == AF_INET6)
        snprintf(dst, size, "[%s]:%u", host, (unsigned) addr_port(a));
    else if (addr_family(a) == AF_INET)
        snprintf(dst, size, "%s:%u", host, (unsigned) addr_port(a));
    else
        snprintf(dst, size, "%s", host);
    return dst;
}

bool addr_same_host(const struct addr *a, const struct addr *b)
{
    if (addr_family(a) != addr_family(b))
        return false;
    if (addr_family(a) == AF_INET)
        return a->u.in.sin_addr.s_addr == b->u.in.sin_addr.s_addr;
    if (addr_family(a) != AF_INET6)
        return false;
    uint32_t here = a->u.in6.sin6_scope_id, there = b->u.in6.sin6_scope_id;
    return memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr, sizeof a->u.in6.sin6_addr) == 0 &&
           (here == there || here == 0 || there == 0);
}

static bool ipv4_is_private(const struct in_addr *in)
{
    static const struct {
        uint32_t net, mask;
    } nets[] = {
        {0x00000000, 0xff000000}, /* "this network", RFC 1122 section 3.2.1.3 */
        {0x0a000000, 0xff000000}, /* RFC 1918 */
        {0xac100000, 0xfff00000}, {0xc0a80000, 0xffff0000}, {0x64400000, 0xffc00000}, /* RFC 6598 */
        {0x7f000000, 0xff000000},                                                     /* loopback */
        {0xa9fe0000, 0xffff0000}, /* link-local, RFC 3927 */
    };
    uint32_t host = ntohl(in->s_addr);
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        if ((host & nets[i].mask) == nets[i].net)
            return true;
    }
    return false;
}

bool addr_is_private(const struct addr *a)
{
    if (addr_family(a) == AF_INET)
        return ipv4_is_private(&a->u.in.sin_addr);
    if (addr_family(a) != AF_INET6)
        return false;
    const struct in6_addr *in6 = &a->u.in6.sin6_addr;
    return IN6_IS_ADDR_UNSPECIFIED(in6) || IN6_IS_ADDR_LOOPBACK(in6) ||
           IN6_IS_ADDR_LINKLOCAL(in6) || (in6->s6_addr[0] & 0xfe) == 0xfc;
}

bool addr_is_loopback(const struct addr *a)
{
    if (addr_family(a) == AF_INET)
        return ntohl(a->u.in.sin_addr.s_addr) >> 24 == 127;
    return addr_family(a) == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->u.in6.sin6_addr);
}

bool addr_is_unspecified(const struct addr *a)
{
    if (addr_family(a) == AF_INET)
        return a->u.in.sin_addr.s_addr == 0;
    return addr_family(a) == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->u.in6.sin6_addr);
}
