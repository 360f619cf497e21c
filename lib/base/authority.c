#include "base/authority.h"

#include <string.h>

static const char *find_last(struct span s, char c)
{
    while (s.len > 0) {
        if (s.p[--s.len] == c)
            return s.p + s.len;
    }
    return NULL;
}

static void split_login(struct span login, struct authority *out)
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
static int split_host(struct span s, struct authority *out, struct err *err)
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

int authority_split(struct span text, struct authority *out, struct err *err)
{
    *out = (struct authority){0};
    const char *at = find_last(text, '@');
    if (at) {
        size_t n = (size_t) (at - text.p);
        split_login((struct span){text.p, n}, out);
        text = (struct span){at + 1, text.len - n - 1};
    }
    return split_host(text, out, err);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int span_decode(struct span s, char *dst, size_t size, const char *what, struct err *err)
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

int span_port(struct span s, uint16_t *out, struct err *err)
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
