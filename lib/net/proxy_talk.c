#include "net/proxy_talk.h"

#include "base/buf.h"
#include "net/addr.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    SOCKS_VERSION = 5,
    LOGIN_VERSION = 1,
    METHOD_NONE = 0,
    METHOD_LOGIN = 2,
    METHOD_REFUSED = 0xff,
    HEAD_MAX = 16 * 1024,
    CHUNK = 512
};

/* The address types of RFC 1928 section 5. */
enum { TYPE_IPV4 = 1, TYPE_NAME = 3, TYPE_IPV6 = 4 };

static int fail(const struct proxy_talk *t, int sys, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int fail(const struct proxy_talk *t, int sys, struct err *err, const char *fmt, ...)
{
    char why[320], name[PROXY_TEXT];
    if (!err || err_is_set(err))
        return -1;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    err_set(err, ERR_CONNECT, "proxy %s: %s", proxy_format(t->proxy, name, sizeof name), why);
    err->sys = sys;
    return -1;
}

/* ---- what is sent ---- */

static void put(struct proxy_talk *t, const void *data, size_t n)
{
    if (n > sizeof t->out - t->out_len)
        n = sizeof t->out - t->out_len; /* never: everything in it is bounded */
    memcpy(t->out + t->out_len, data, n);
    t->out_len += n;
}

static void put_byte(struct proxy_talk *t, size_t value)
{
    unsigned char byte = (unsigned char) value;
    put(t, &byte, 1);
}

static void put_text(struct proxy_talk *t, const char *text)
{
    put(t, text, strlen(text));
}

static void socks_greet(struct proxy_talk *t)
{
    put_byte(t, SOCKS_VERSION);
    put_byte(t, t->proxy->has_login ? 2 : 1);
    put_byte(t, METHOD_NONE);
    if (t->proxy->has_login)
        put_byte(t, METHOD_LOGIN);
    t->stage = PROXY_METHOD;
}

static void socks_log_in(struct proxy_talk *t)
{
    put_byte(t, LOGIN_VERSION);
    put_byte(t, strlen(t->proxy->user));
    put_text(t, t->proxy->user);
    put_byte(t, strlen(t->proxy->password));
    put_text(t, t->proxy->password);
    t->stage = PROXY_LOGIN;
}

static void socks_request(struct proxy_talk *t)
{
    static const unsigned char connect[] = {SOCKS_VERSION, 1, 0};
    struct addr a;
    put(t, connect, sizeof connect);
    if (addr_parse(t->host, &a, NULL) < 0) {
        put_byte(t, TYPE_NAME);
        put_byte(t, strlen(t->host));
        put_text(t, t->host);
    } else if (addr_family(&a) == AF_INET) {
        put_byte(t, TYPE_IPV4);
        put(t, &a.u.in.sin_addr, 4);
    } else {
        put_byte(t, TYPE_IPV6);
        put(t, &a.u.in6.sin6_addr, 16);
    }
    put_byte(t, t->port >> 8);
    put_byte(t, t->port & 0xff);
    t->stage = PROXY_REQUEST;
}

/* RFC 4648 section 4. */
static void put_base64(struct proxy_talk *t, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = 0;
        for (size_t k = i; k < i + 3; k++)
            bits = bits << 8 | (k < len ? (unsigned char) text[k] : 0);
        for (size_t k = 0; k < 4; k++) {
            bool padding = k > len - i;
            put_byte(t, padding ? '=' : (unsigned char) digits[bits >> (18 - 6 * k) & 0x3f]);
        }
    }
}

static void put_host_port(struct proxy_talk *t)
{
    char text[PROXY_HOST_BYTES + 8];
    struct addr a;
    if (addr_parse(t->host, &a, NULL) == 0) {
        addr_set_port(&a, t->port);
        if (addr_family(&a) == AF_INET6)
            a.u.in6.sin6_scope_id = 0; /* an interface of this machine */
        addr_format_port(&a, text, sizeof text);
    } else {
        snprintf(text, sizeof text, "%s:%u", t->host, (unsigned) t->port);
    }
    put_text(t, text);
}

static void http_request(struct proxy_talk *t)
{
    put_text(t, "CONNECT ");
    put_host_port(t);
    put_text(t, " HTTP/1.1\r\nHost: ");
    put_host_port(t);
    if (t->proxy->has_login) {
        char login[2 * PROXY_LOGIN_BYTES];
        snprintf(login, sizeof login, "%s:%s", t->proxy->user, t->proxy->password);
        put_text(t, "\r\nProxy-Authorization: Basic ");
        put_base64(t, login);
        wipe(login, sizeof login);
    }
    put_text(t, "\r\n\r\n");
    t->stage = PROXY_STATUS;
}

int proxy_talk_start(struct proxy_talk *t, const struct proxy *proxy, const char *host,
                     uint16_t port, struct err *err)
{
    *t = (struct proxy_talk){.proxy = proxy, .port = port, .events = POLLOUT};
    size_t len = strlen(host);
    bool bad = len == 0;
    for (size_t i = 0; i < len; i++)
        bad = bad || (unsigned char) host[i] <= ' ' || host[i] == 0x7f;
    if (bad || len >= sizeof t->host)
        return err_set(err, ERR_USAGE, "'%.64s' is no host to ask a proxy for", host);
    memcpy(t->host, host, len + 1);
    if (proxy->kind == PROXY_HTTP)
        http_request(t);
    else
        socks_greet(t);
    return 0;
}

/* ---- what comes: SOCKS5 ---- */

static int socks_garbage(const struct proxy_talk *t, struct err *err)
{
    return fail(t, EPROTO, err, "what it answers is not SOCKS5");
}

static int socks_method(struct proxy_talk *t, struct err *err)
{
    if (t->in[0] != SOCKS_VERSION)
        return socks_garbage(t, err);
    if (t->in[1] == METHOD_NONE)
        socks_request(t);
    else if (t->in[1] == METHOD_LOGIN && t->proxy->has_login)
        socks_log_in(t);
    else if (t->in[1] == METHOD_REFUSED)
        return fail(t, EACCES, err, "%s",
                    t->proxy->has_login ? "it takes no user name and password"
                                        : "it wants a user name and a password");
    else
        return socks_garbage(t, err);
    t->in_len = 0;
    return 0;
}

/* Some answer with the version of SOCKS instead of that of the login. */
static int socks_login_answer(struct proxy_talk *t, struct err *err)
{
    if (t->in[0] != LOGIN_VERSION && t->in[0] != SOCKS_VERSION)
        return socks_garbage(t, err);
    if (t->in[1] != 0)
        return fail(t, EACCES, err, "it refuses the user name or the password");
    socks_request(t);
    t->in_len = 0;
    return 0;
}

/* RFC 1928 section 6. */
static int socks_refusal(const struct proxy_talk *t, struct err *err)
{
    static const struct {
        const char *text;
        int sys;
    } replies[] = {
        [1] = {"general failure", 0},
        [2] = {"not allowed by its rules", EACCES},
        [3] = {"network unreachable", ENETUNREACH},
        [4] = {"host unreachable", EHOSTUNREACH},
        [5] = {"connection refused", ECONNREFUSED},
        [6] = {"TTL expired", ETIMEDOUT},
        [7] = {"it cannot connect", EACCES},
        [8] = {"it does not know this kind of address", EACCES},
    };
    unsigned code = t->in[1];
    if (code >= sizeof replies / sizeof replies[0])
        return fail(t, 0, err, "cannot reach %s:%u: error %u", t->host, (unsigned) t->port, code);
    return fail(t, replies[code].sys, err, "cannot reach %s:%u: %s", t->host, (unsigned) t->port,
                replies[code].text);
}

/* A reply grows as it is understood: version and code; the address's type and length; the rest. */
static size_t socks_want(const struct proxy_talk *t)
{
    if (t->stage != PROXY_REQUEST || t->in_len < 2)
        return 2;
    if (t->in_len < 5)
        return 5;
    size_t address = t->in[3] == TYPE_IPV4 ? 4 : t->in[3] == TYPE_IPV6 ? 16 : 1u + t->in[4];
    return 4 + address + 2;
}

static int socks_reply(struct proxy_talk *t, struct err *err)
{
    if (t->in_len == 2) {
        if (t->in[0] != SOCKS_VERSION)
            return socks_garbage(t, err);
        return t->in[1] == 0 ? 0 : socks_refusal(t, err);
    }
    if (t->in_len == 5)
        return t->in[3] == TYPE_IPV4 || t->in[3] == TYPE_NAME || t->in[3] == TYPE_IPV6
                   ? 0
                   : socks_garbage(t, err);
    t->stage = PROXY_OPEN;
    return 0;
}

static int socks_answer(struct proxy_talk *t, struct err *err)
{
    switch (t->stage) {
    case PROXY_METHOD:
        return socks_method(t, err);
    case PROXY_LOGIN:
        return socks_login_answer(t, err);
    default:
        return socks_reply(t, err);
    }
}

static int socks_feed(struct proxy_talk *t, const unsigned char *data, size_t len, struct err *err)
{
    size_t used = 0;
    while (t->stage != PROXY_OPEN) {
        size_t want = socks_want(t), take = want - t->in_len;
        if (take > len - used)
            take = len - used;
        memcpy(t->in + t->in_len, data + used, take);
        t->in_len += take;
        used += take;
        if (t->in_len < want)
            break;
        if (socks_answer(t, err) < 0)
            return -1;
    }
    return (int) used;
}

/* ---- what comes: HTTP ---- */

static const char http_start[] = "HTTP/1.";

/* "HTTP/1.1 200 OK" (RFC 9112 section 4): the code, or -1. */
static int status_code(const char *line)
{
    int code = 0;
    if (strncmp(line, http_start, strlen(http_start)) != 0 || line[7] < '0' || line[7] > '9' ||
        line[8] != ' ')
        return -1;
    for (int i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9')
            return -1;
        code = code * 10 + (line[i] - '0');
    }
    return line[12] == ' ' || line[12] == '\0' ? code : -1;
}

static int http_garbage(const struct proxy_talk *t, struct err *err)
{
    return fail(t, EPROTO, err, "what it answers is not HTTP");
}

static int http_refusal(const struct proxy_talk *t, int code, const char *line, struct err *err)
{
    int sys = code == 504 ? ETIMEDOUT : code / 100 == 4 || code == 501 ? EACCES : 0;
    bool about_login = code == 407 || code == 401; /* tinyproxy refuses a login by 401 */
    if (about_login && !t->proxy->has_login)
        return fail(t, sys, err, "%s: it wants a user name and a password", line + 9);
    if (about_login)
        return fail(t, sys, err, "%s: it refuses the user name or the password", line + 9);
    return fail(t, sys, err, "cannot reach %s:%u: %s", t->host, (unsigned) t->port, line + 9);
}

/* An interim answer is passed over with its head (RFC 9110 section 15.2). */
static int http_status(struct proxy_talk *t, struct err *err)
{
    char line[sizeof t->in + 1];
    size_t len = t->in_len;
    while (len > 0 && (t->in[len - 1] == '\r' || t->in[len - 1] == ' '))
        len--;
    memcpy(line, t->in, len);
    line[len] = '\0';
    int code = strlen(line) == len ? status_code(line) : -1;
    if (code < 0)
        return http_garbage(t, err);
    if (code / 100 != 1 && code / 100 != 2)
        return http_refusal(t, code, line, err);
    t->interim = code / 100 == 1;
    t->stage = PROXY_HEAD;
    return 0;
}

/* The end of a line; an empty one ends the head. */
static int http_line_end(struct proxy_talk *t, struct err *err)
{
    int rc = 0;
    if (t->stage == PROXY_STATUS)
        rc = http_status(t, err);
    else if (t->in_len == 0 || (t->in_len == 1 && t->in[0] == '\r'))
        t->stage = t->interim ? PROXY_STATUS : PROXY_OPEN;
    t->in_len = 0;
    return rc;
}

/* Garbage is noticed with its first byte: its end might never come. */
static int http_byte(struct proxy_talk *t, unsigned char byte, struct err *err)
{
    if (++t->head_len > HEAD_MAX)
        return fail(t, EPROTO, err, "its answer has no end");
    if (byte == '\n')
        return http_line_end(t, err);
    if (t->stage == PROXY_STATUS && t->in_len < strlen(http_start) &&
        byte != (unsigned char) http_start[t->in_len])
        return http_garbage(t, err);
    if (t->in_len < sizeof t->in)
        t->in[t->in_len++] = byte; /* a longer line is cut: nothing in it matters */
    return 0;
}

static int http_feed(struct proxy_talk *t, const unsigned char *data, size_t len, struct err *err)
{
    size_t used = 0;
    while (used < len && t->stage != PROXY_OPEN) {
        if (http_byte(t, data[used++], err) < 0)
            return -1;
    }
    return (int) used;
}

int proxy_talk_feed(struct proxy_talk *t, const unsigned char *data, size_t len, struct err *err)
{
    return t->proxy->kind == PROXY_HTTP ? http_feed(t, data, len, err)
                                        : socks_feed(t, data, len, err);
}

/* ---- over a socket ---- */

static int lost(const struct proxy_talk *t, struct err *err)
{
    int sys = errno;
    char why[128];
    if (strerror_r(sys, why, sizeof why) != 0)
        snprintf(why, sizeof why, "error %d", sys);
    return fail(t, sys, err, "connection lost: %s", why);
}

/* 0 when something was done, 1 when it would block. */
static int send_some(struct proxy_talk *t, int fd, struct err *err)
{
    ssize_t n = send(fd, t->out + t->sent, t->out_len - t->sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
        return 0;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        t->events = POLLOUT;
        return 1;
    }
    if (n < 0)
        return lost(t, err);
    t->sent += (size_t) n;
    if (t->sent == t->out_len) {
        wipe(t->out, t->out_len);
        t->sent = t->out_len = 0;
    }
    return 0;
}

/* Looks first and takes what belongs to the answer, no more. */
static int receive_some(struct proxy_talk *t, int fd, struct err *err)
{
    unsigned char chunk[CHUNK];
    ssize_t n = recv(fd, chunk, sizeof chunk, MSG_PEEK);
    if (n < 0 && errno == EINTR)
        return 0;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        t->events = POLLIN;
        return 1;
    }
    if (n < 0)
        return lost(t, err);
    if (n == 0)
        return fail(t, 0, err, "it closed the connection without an answer");
    int used = proxy_talk_feed(t, chunk, (size_t) n, err);
    if (used > 0 && recv(fd, chunk, (size_t) used, 0) != used)
        return lost(t, err);
    return used < 0 ? -1 : 0;
}

int proxy_talk_step(struct proxy_talk *t, int fd, struct err *err)
{
    for (;;) {
        bool sending = t->sent < t->out_len;
        if (!sending && t->stage == PROXY_OPEN)
            return 0;
        int rc = sending ? send_some(t, fd, err) : receive_some(t, fd, err);
        if (rc != 0)
            return rc;
    }
}

void proxy_talk_clear(struct proxy_talk *t)
{
    wipe(t, sizeof *t);
}
