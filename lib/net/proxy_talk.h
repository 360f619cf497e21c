/* The conversation with a proxy before a connection through it can be used: SOCKS5 (RFC 1928, with
 * user name and password after RFC 1929) and HTTP CONNECT (RFC 9110 section 9.3.6, with Basic
 * authentication).
 *
 * It never waits, is bounded, and takes no byte beyond the proxy's answer from the socket: what
 * follows belongs to FTP or TLS. Every failure is ERR_CONNECT and names the proxy; `sys` is EACCES
 * where the proxy refuses for good, EPROTO where it talks something else, and what best describes
 * the failure where it tries in vain (ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT), else 0. */
#ifndef FTPSH_NET_PROXY_TALK_H
#define FTPSH_NET_PROXY_TALK_H

#include "net/proxy.h"

enum proxy_stage { PROXY_METHOD, PROXY_LOGIN, PROXY_REQUEST, PROXY_STATUS, PROXY_HEAD, PROXY_OPEN };

/* For the caller, `events` alone. It may hold the login: proxy_talk_clear() wipes it. */
struct proxy_talk {
    short events; /* what to poll for while it is under way */
    const struct proxy *proxy;
    enum proxy_stage stage;
    char host[PROXY_HOST_BYTES]; /* where to */
    uint16_t port;
    unsigned char out[1536];
    size_t out_len, sent;
    unsigned char in[272];
    size_t in_len;   /* of one answer of SOCKS, or of the line in a head */
    size_t head_len; /* of all lines of an HTTP head */
    bool interim;    /* the head is a 1xx: another follows */
};

/* The proxy (borrowed) is to connect to port `port` of `host`, a name or an address. -1 with
 * ERR_USAGE when such a host cannot be asked for. */
int proxy_talk_start(struct proxy_talk *t, const struct proxy *proxy, const char *host,
                     uint16_t port, struct err *err);

/* Goes on over the connected socket `fd`: 1 under way (poll for t->events), 0 when the connection
 * through the proxy stands, -1 with err. */
int proxy_talk_step(struct proxy_talk *t, int fd, struct err *err);

/* What step() does with bytes that came; pure. Returns how many of them belong to the proxy's
 * answers, or -1 with err. There may be something to send afterwards. */
int proxy_talk_feed(struct proxy_talk *t, const unsigned char *data, size_t len, struct err *err);

/* Wipes it. */
void proxy_talk_clear(struct proxy_talk *t);

#endif
