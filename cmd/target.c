#include "target.h"

#include "base/authority.h"
#include "base/buf.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct parts {
    enum target_scheme scheme;
    struct authority where;
    struct span dir;
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

/* How long the name in front of "://" is (RFC 3986 section 3.1); 0: there is none. What may be a
 * login is never one, since messages show it. */
static size_t scheme_length(const char *text)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    size_t len = strspn(text, letters);
    return strncmp(text + len, "://", 3) == 0 ? len : 0;
}

static int split(const char *text, struct parts *out, struct err *err)
{
    *out = (struct parts){0};
    const char *p = skip_scheme(text, &out->scheme);
    size_t len = out->scheme == SCHEME_NONE ? scheme_length(p) : 0;
    if (len > 0)
        return err_set(err, ERR_USAGE, "'%.*s' is no scheme of ours: ftp, ftpes, ftps", (int) len,
                       p);
    len = strcspn(p, "/");
    if (p[len] == '/')
        out->dir = (struct span){p + len + 1, strlen(p + len + 1)};
    return authority_split((struct span){p, len}, &out->where, err);
}

/* What looks like a port may be a password that a '/' ends too early: no message shows it. */
static bool is_cut_login(const struct parts *p)
{
    const struct span *port = &p->where.port;
    size_t digits = 0;
    while (digits < port->len && port->p[digits] >= '0' && port->p[digits] <= '9')
        digits++;
    return p->where.has_port && digits < port->len && p->dir.len &&
           memchr(p->dir.p, '@', p->dir.len);
}

static int fill(const struct parts *p, struct target *out, struct err *err)
{
    const struct authority *where = &p->where;
    if (is_cut_login(p))
        return err_set(err, ERR_USAGE, "in a user name or password '/' is written %%2F");
    out->scheme = p->scheme;
    out->has_user = where->has_user;
    out->has_password = where->has_password;
    if (span_decode(where->user, out->user, sizeof out->user, "user name", err) < 0 ||
        span_decode(where->password, out->password, sizeof out->password, "password", err) < 0 ||
        span_decode(where->host, out->host, sizeof out->host, "host name", err) < 0 ||
        span_decode(p->dir, out->dir, sizeof out->dir, "folder", err) < 0)
        return -1;
    if (!out->host[0])
        return err_set(err, ERR_USAGE, "no host name given");
    return where->has_port ? span_port(where->port, &out->port, err) : 0;
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

static bool is_plain(unsigned char c, const char *reserved)
{
    return c > ' ' && c != 0x7f && c != '%' && !strchr(reserved, c);
}

/* Percent-encodes what would be read as something else; returns the end. */
static char *put_part(char *dst, const char *part, const char *reserved)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *part; part++) {
        unsigned char c = (unsigned char) *part;
        if (is_plain(c, reserved)) {
            *dst++ = *part;
            continue;
        }
        *dst++ = '%';
        *dst++ = digits[c >> 4];
        *dst++ = digits[c & 15];
    }
    *dst = '\0';
    return dst;
}

static const char *prefix_of(enum target_scheme scheme)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (schemes[i].scheme == scheme)
            return schemes[i].prefix;
    }
    return "";
}

const char *target_format(const struct target *t, char dst[TARGET_TEXT_BYTES])
{
    bool bracketed = strchr(t->host, ':') != NULL;
    char *p = dst;
    p = put_part(p, prefix_of(t->scheme), "");
    if (t->has_user) {
        p = put_part(p, t->user, ":@/");
        *p++ = '@';
    }
    if (bracketed)
        *p++ = '[';
    p = put_part(p, t->host, bracketed ? "@/[]" : "@:/[]");
    if (bracketed)
        *p++ = ']';
    if (t->port)
        p += snprintf(p, 8, ":%u", (unsigned) t->port);
    if (t->dir[0]) {
        *p++ = '/';
        p = put_part(p, t->dir, "");
    }
    *p = '\0';
    return dst;
}

int target_tls(const struct target *t, enum tls_mode given, bool chosen, enum tls_mode *out,
               struct err *err)
{
    *out = given;
    if (t->scheme == SCHEME_FTPS) {
        if (chosen && (given == TLS_OFF || given == TLS_PREFER))
            return err_set(err, ERR_USAGE, "ftps:// means implicit TLS, --tls says otherwise");
        *out = TLS_IMPLICIT;
    } else if (t->scheme == SCHEME_FTPES) {
        if (chosen && given != TLS_REQUIRE)
            return err_set(err, ERR_USAGE, "ftpes:// means explicit TLS, --tls says otherwise");
        *out = TLS_REQUIRE;
    }
    return 0;
}

void target_clear(struct target *t)
{
    wipe(t, sizeof *t);
}
