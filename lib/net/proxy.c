#include "net/proxy.h"

#include "base/authority.h"
#include "base/buf.h"
#include "net/addr.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum proxy_kind kind;
} schemes[] = {
    {"socks5", PROXY_SOCKS5}, /* the first of a kind is its name */
    {"socks5h", PROXY_SOCKS5},
    {"socks", PROXY_SOCKS5},
    {"http", PROXY_HTTP},
};

enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

static const uint16_t default_ports[] = {[PROXY_SOCKS5] = 1080, [PROXY_HTTP] = 80};

static int scheme_kind(struct span scheme, enum proxy_kind *kind, struct err *err)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        if (strlen(schemes[i].name) == scheme.len &&
            strncasecmp(schemes[i].name, scheme.p, scheme.len) == 0) {
            *kind = schemes[i].kind;
            return 0;
        }
    }
    return err_set(err, ERR_USAGE, "'%.*s' is no kind of proxy known here: socks5, http",
                   (int) scheme.len, scheme.p);
}

static const char *scheme_name(enum proxy_kind kind)
{
    size_t i = 0;
    while (schemes[i].kind != kind)
        i++;
    return schemes[i].name;
}

/* A slash can only be the last character: one before the "@" is a password's. */
static int split(const char *text, enum proxy_kind *kind, struct authority *where, struct err *err)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    int rc = 0;
    *kind = PROXY_HTTP;
    if (strncmp(text + len, "://", 3) == 0) {
        rc = scheme_kind((struct span){text, len}, kind, err);
        text += len + 3;
    }
    size_t end = strlen(text);
    if (end > 0 && text[end - 1] == '/')
        end--;
    if (authority_split((struct span){text, end}, where, err) < 0)
        rc = -1;
    return rc;
}

static int fill(const struct authority *where, struct proxy *out, struct err *err)
{
    out->has_login = where->has_user || where->has_password;
    out->port = default_ports[out->kind];
    if (span_decode(where->user, out->user, sizeof out->user, "user name", err) < 0 ||
        span_decode(where->password, out->password, sizeof out->password, "password", err) < 0 ||
        span_decode(where->host, out->host, sizeof out->host, "host name", err) < 0)
        return -1;
    if (!out->host[0] || strchr(out->host, '/'))
        return err_set(err, ERR_USAGE, "no host name as in socks5://HOST:PORT or http://HOST:PORT");
    /* RFC 7617 section 2: the first colon ends the user */
    if (out->kind == PROXY_HTTP && strchr(out->user, ':'))
        return err_set(err, ERR_USAGE, "a user name for an HTTP proxy can't hold a ':'");
    return where->has_port ? span_port(where->port, &out->port, err) : 0;
}

int proxy_parse(const char *text, struct proxy *out, struct err *err)
{
    struct authority where;
    memset(out, 0, sizeof *out);
    if (split(text, &out->kind, &where, err) < 0 || fill(&where, out, err) < 0) {
        proxy_clear(out);
        return -1;
    }
    return 0;
}

const char *proxy_format(const struct proxy *p, char *dst, size_t size)
{
    bool ipv6 = strchr(p->host, ':') != NULL;
    snprintf(dst, size, "%s://%s%s%s:%u", scheme_name(p->kind), ipv6 ? "[" : "", p->host,
             ipv6 ? "]" : "", (unsigned) p->port);
    return dst;
}

/* One entry of the list. An address is no domain: 0.0.1 says nothing about 127.0.0.1. */
static bool entry_matches(struct span entry, const char *host)
{
    char name[PROXY_HOST_BYTES];
    struct addr there, here;
    size_t len = strlen(host);
    if (entry.len == 1 && entry.p[0] == '*')
        return true;
    size_t skip = entry.len > 1 && entry.p[0] == '*' && entry.p[1] == '.' ? 2
                  : entry.len > 0 && entry.p[0] == '.'                    ? 1
                                                                          : 0;
    entry = (struct span){entry.p + skip, entry.len - skip};
    if (entry.len == 0 || entry.len >= sizeof name)
        return false;
    memcpy(name, entry.p, entry.len);
    name[entry.len] = '\0';
    if (addr_parse(host, &here, NULL) == 0)
        return addr_parse(name, &there, NULL) == 0 && addr_same_host(&here, &there);
    return entry.len <= len && strcasecmp(host + len - entry.len, name) == 0 &&
           (entry.len == len || host[len - entry.len - 1] == '.');
}

bool proxy_excepts(const char *list, const char *host)
{
    static const char between[] = ", \t";
    for (list += strspn(list, between); *list; list += strspn(list, between)) {
        struct span entry = {list, strcspn(list, between)};
        if (entry_matches(entry, host))
            return true;
        list += entry.len;
    }
    return false;
}

void proxy_clear(struct proxy *p)
{
    wipe(p, sizeof *p);
}
