/* Proxies by name: which one, and which hosts are reached without it. Pure; the conversation with
 * one is in net/proxy_talk.h. */
#ifndef FTPSH_NET_PROXY_H
#define FTPSH_NET_PROXY_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define PROXY_HOST_BYTES 256
#define PROXY_LOGIN_BYTES 256 /* RFC 1929 section 2: at most 255 bytes */
#define PROXY_TEXT 288        /* room for "socks5://[host]:port" with its NUL */

enum proxy_kind {
    PROXY_SOCKS5, /* RFC 1928; the proxy resolves names */
    PROXY_HTTP    /* CONNECT, RFC 9110 section 9.3.6 */
};

struct proxy {
    enum proxy_kind kind;
    char host[PROXY_HOST_BYTES];
    uint16_t port;
    bool has_login; /* what follows is offered: RFC 1929, or Basic (RFC 7617) */
    char user[PROXY_LOGIN_BYTES];
    char password[PROXY_LOGIN_BYTES];
};

/* "[scheme://][user[:password]@]host[:port][/]", percent-decoded. Schemes are socks5 (also written
 * socks5h or socks; port 1080) and http (port 80), which is meant where none is given. 0, or -1
 * with ERR_USAGE; messages never hold the login. */
int proxy_parse(const char *text, struct proxy *out, struct err *err);

/* "socks5://gateway:1080", without the login; returns dst. */
const char *proxy_format(const struct proxy *p, char *dst, size_t size);

/* Whether `host` is on a list as in NO_PROXY: hosts, domains (for what lies in them, too; a leading
 * dot or "*." means the same) and "*" for all, separated by commas or blanks. */
bool proxy_excepts(const char *list, const char *host);

/* Wipes it. */
void proxy_clear(struct proxy *p);

#endif
