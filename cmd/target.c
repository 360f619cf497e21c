#include "target.h"

#include "base/buf.h"

#include <string.h>
#include <strings.h>

struct span {
    const char *p;
    size_t len;
};

struct parts {
    enum target_scheme scheme;
    bool has_user, has_password, has_port;
    struct span user, password, host, port, dir;
};

static const struct {
    const char *prefix;
    enum target_scheme scheme;
} schemes[] = {
    {"ftp://", SCHEME_FTP},
    {"ftpes://", SCHEME_FTPES},
    {"ftps://", SCHEME_FTPS},
};

static const char *skip_scheme(const char *text, enum target_scheme *scheme)
{
    *scheme = SCHEME_NONE;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t n = strlen(schemes[i].prefix);
        if (strncasecmp(text, schemes[i].prefix, n) == 0) {
            *scheme = schemes[i].scheme;
            return text + n;
        }
    }
    return text;
}

static const char *find_last(const char *p, size_t len, char c)
{
    while (len > 0) {
        if (p[--len] == c)
            return p + len;
    }
    return NULL;
}

static void split_login(struct span login, struct parts *out)
{
    const char *colon = memchr(login.p, ':', login.len);
    size_t n = colon ? (size_t) (colon - login.p) : login.len;
    out->has_user = n > 0;
    out->user = (struct span){login.p, n};
    out->has_password = colon != NULL;
    if (colon)
        out->password = (struct span){colon + 1, login.len - n - 1};
}

/* "host", "host:port", "[host]", "[host]:port" */
static int split_host(struct span s, struct parts *out, struct err *err)
{
    const char *end = s.p + s.len, *rest;
    if (s.len && s.p[0] == '[') {
        const char *close = memchr(s.p, ']', s.len);
        if (!close)
            return err_set(err, ERR_USAGE, "the bracket in '%.*s' is not closed", (int) s.len, s.p);
        out->host = (struct span){s.p + 1, (size_t) (close - s.p - 1)};
        rest = close + 1;
    } else {
        const char *colon = memchr(s.p, ':', s.len);
        rest = colon ? colon : end;
        out->host = (struct span){s.p, (size_t) (rest - s.p)};
    }
    if (rest == end)
        return 0;
    if (*rest != ':')
        return err_set(err, ERR_USAGE, "'%.*s' is no port", (int) (end - rest), rest);
    if (memchr(rest + 1, ':', (size_t) (end - rest - 1)))
        return err_set(err, ERR_USAGE, "an IPv6 address needs brackets: [%.*s]", (int) s.len, s.p);
    out->has_port = true;
    out->port = (struct span){rest + 1, (size_t) (end - rest - 1)};
    return 0;
}

static int split(const char *text, struct parts *out, struct err *err)
{
    *out = (struct parts){0};
    const char *p = skip_scheme(text, &out->scheme);
    if (out->scheme == SCHEME_NONE && strstr(p, "://"))
        return err_set(err, ERR_USAGE, "'%.*s' is no scheme of ours: ftp, ftpes, ftps",
                       (int) (strstr(p, "://") - p), p);
    size_t len = strcspn(p, "/");
    if (p[len] == '/')
        out->dir = (struct span){p + len + 1, strlen(p + len + 1)};
    const char *at = find_last(p, len, '@');
    struct span host = {p, len};
    if (at) {
        split_login((struct span){p, (size_t) (at - p)}, out);
        host = (struct span){at + 1, len - (size_t) (at + 1 - p)};
    }
    return split_host(host, out, err);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* `what` names the part in messages: its text may be a password. */
static int decode(struct span s, char *dst, size_t size, const char *what, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char) s.p[i];
        if (c == '%') {
            int hi = i + 1 < s.len ? hex_value(s.p[i + 1]) : -1;
            int lo = i + 2 < s.len ? hex_value(s.p[i + 2]) : -1;
            if (hi < 0 || lo < 0)
                return err_set(err, ERR_USAGE,
                               "the %s holds a '%%' that is not followed by two "
                               "hexadecimal digits ('%%25' is a plain one)",
                               what);
            c = (unsigned char) (hi * 16 + lo);
            i += 2;
        }
        if (c < 0x20 || c == 0x7f)
            return err_set(err, ERR_USAGE, "the %s holds a control character", what);
        if (n + 1 >= size)
            return err_set(err, ERR_USAGE, "the %s is too long", what);
        dst[n++] = (char) c;
    }
    dst[n] = '\0';
    return 0;
}

static int parse_port(struct span s, uint16_t *out, struct err *err)
{
    unsigned long n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || n > UINT16_MAX)
            return err_set(err, ERR_USAGE, "'%.*s' is no port", (int) s.len, s.p);
        n = n * 10 + (unsigned long) (s.p[i] - '0');
    }
    if (n == 0 || n > UINT16_MAX)
        return err_set(err, ERR_USAGE, "'%.*s' is no port", (int) s.len, s.p);
    *out = (uint16_t) n;
    return 0;
}

static int fill(const struct parts *p, struct target *out, struct err *err)
{
    out->scheme = p->scheme;
    out->has_user = p->has_user;
    out->has_password = p->has_password;
    if (decode(p->user, out->user, sizeof out->user, "user name", err) < 0 ||
        decode(p->password, out->password, sizeof out->password, "password", err) < 0 ||
        decode(p->host, out->host, sizeof out->host, "host name", err) < 0 ||
        decode(p->dir, out->dir, sizeof out->dir, "folder", err) < 0)
        return -1;
    if (!out->host[0])
        return err_set(err, ERR_USAGE, "no host name given");
    return p->has_port ? parse_port(p->port, &out->port, err) : 0;
}

int target_parse(const char *text, struct target *out, struct err *err)
{
    struct parts p;
    memset(out, 0, sizeof *out);
    if (split(text, &p, err) < 0 || fill(&p, out, err) < 0) {
        target_clear(out);
        return -1;
    }
    return 0;
}

void target_scrub(char *text)
{
    struct parts p;
    split(text, &p, NULL);
    if (!p.has_password)
        return;
    size_t from = (size_t) (p.password.p - text) - 1, len = strlen(text);
    size_t rest = from + 1 + p.password.len;
    memmove(text + from, text + rest, len - rest);
    wipe(text + from + (len - rest), rest - from);
}

int target_tls(const struct target *t, enum tls_mode given, bool chosen, enum tls_mode *out,
               struct err *err)
{
    *out = given;
    if (t->scheme == SCHEME_FTPS) {
        if (chosen && (given == TLS_OFF || given == TLS_PREFER))
            return err_set(err, ERR_USAGE, "ftps:// means implicit TLS, --tls says otherwise");
        *out = TLS_IMPLICIT;
    } else if (t->scheme == SCHEME_FTPES && chosen && given != TLS_REQUIRE) {
        return err_set(err, ERR_USAGE, "ftpes:// means explicit TLS, --tls says otherwise");
    }
    return 0;
}

void target_clear(struct target *t)
{
    wipe(t, sizeof *t);
}
