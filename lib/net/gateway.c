#include "net/gateway.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

enum { ROUTE_UP = 1, ROUTE_GATEWAY = 2 };

/* Whether a line is a default route; fills the interface, the gateway and the metric. */
static bool route_parse(const char *line, char name[IF_NAMESIZE], uint32_t *gateway,
                        unsigned *metric)
{
    unsigned destination, via, flags, mask;
    if (sscanf(line, "%15s %8x %8x %4x %*d %*d %9u %8x", name, &destination, &via, &flags, metric,
               &mask) != 6)
        return false;
    *gateway = via;
    return destination == 0 && mask == 0 && (flags & ROUTE_UP) && (flags & ROUTE_GATEWAY);
}

bool gateway_parse(const char *text, const char *name, struct addr *out)
{
    bool found = false;
    unsigned best = 0;
    while (*text) {
        char line[256], interface[IF_NAMESIZE];
        uint32_t gateway;
        unsigned metric;
        size_t len = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int) (len < 255 ? len : 255), text);
        text += len + (text[len] == '\n');
        if (!route_parse(line, interface, &gateway, &metric) ||
            (name && strcmp(name, interface) != 0) || (found && metric >= best))
            continue;
        unsigned char octets[4];
        memcpy(octets, &gateway, sizeof octets); /* printed as the host's number */
        *out = addr_from_ipv4(octets, 0);
        best = metric;
        found = true;
    }
    return found;
}

/* The name of the interface with that address; false when there is none. */
static bool interface_of(const struct addr *local, char name[IF_NAMESIZE])
{
    struct ifaddrs *list;
    bool found = false;
    if (getifaddrs(&list) < 0)
        return false;
    for (const struct ifaddrs *i = list; i && !found; i = i->ifa_next) {
        if (!i->ifa_addr)
            continue;
        struct addr a = addr_from_sockaddr(i->ifa_addr);
        found = addr_same_host(&a, local);
        if (found)
            snprintf(name, IF_NAMESIZE, "%s", i->ifa_name);
    }
    freeifaddrs(list);
    return found;
}

int gateway_find(const struct addr *local, struct addr *out, struct err *err)
{
    char text[64 * 1024], name[IF_NAMESIZE], shown[ADDR_TEXT];
    FILE *f = fopen("/proc/net/route", "r");
    if (!f)
        return err_set(err, ERR_CONNECT, "this system does not tell its default gateway");
    size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    if (gateway_parse(text, interface_of(local, name) ? name : NULL, out))
        return 0;
    return err_set(err, ERR_CONNECT, "there is no default gateway for %s",
                   addr_format(local, shown, sizeof shown));
}
