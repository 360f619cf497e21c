#include "ftp/pasv.h"

#include "base/escape.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* A decimal number; beyond `max` it stays at max + 1. Returns what follows it. */
static const char *read_number(const char *p, unsigned max, unsigned *out)
{
    *out = 0;
    for (; is_digit(*p); p++) {
        if (*out <= max)
            *out = *out * 10 + (unsigned) (*p - '0');
        if (*out > max)
            *out = max + 1;
    }
    return p;
}

static int unreadable(const char *text, const char *what, struct err *err)
{
    char shown[128];
    escape_text(shown, sizeof shown, text, strlen(text));
    return err_set(err, ERR_PROTOCOL, "%s in \"%s\"", what, shown);
}

/* A row of numbers with commas between them. Stores the first six, returns how many there are;
 * *end is what follows the row. */
static size_t read_row(const char *p, unsigned numbers[6], const char **end)
{
    for (size_t n = 0;; n++) {
        unsigned value;
        p = read_number(p, 255, &value);
        if (n < 6)
            numbers[n] = value;
        *end = p;
        p = skip_blanks(p);
        if (*p != ',')
            return n + 1;
        p = skip_blanks(p + 1);
        if (!is_digit(*p))
            return n + 1;
    }
}

int pasv_parse(const char *text, struct addr *out, struct err *err)
{
    unsigned numbers[6];
    const char *p = text, *end;
    size_t count = 0;
    for (; *p; p = end) {
        end = p + 1;
        if (!is_digit(*p))
            continue;
        count = read_row(p, numbers, &end);
        if (count == 6)
            break;
    }
    if (count != 6)
        return unreadable(text, "no address", err);
    unsigned char octets[6];
    for (size_t i = 0; i < 6; i++) {
        if (numbers[i] > 255)
            return unreadable(text, "a number over 255", err);
        octets[i] = (unsigned char) numbers[i];
    }
    uint16_t port = (uint16_t) (octets[4] << 8 | octets[5]);
    if (port == 0)
        return unreadable(text, "port 0", err);
    *out = addr_from_ipv4(octets, port);
    return 0;
}

/* The protocol field, where a server fills it in. */
static bool is_protocol(const char *p, const char *end)
{
    p = skip_blanks(p);
    if (p < end && (*p == '1' || *p == '2'))
        p = skip_blanks(p + 1);
    return p >= end;
}

/* The address field: empty, or something with a dot or a colon, which numbers between commas (a 227
 * in the clothes of a 229) have not. */
static bool is_address(const char *p, const char *end)
{
    bool separated = false;
    p = skip_blanks(p);
    if (p >= end)
        return true;
    for (; p < end && *p != ' '; p++) {
        if (*p == '.' || *p == ':')
            separated = true;
        else if (!is_digit(*p) && !strchr("abcdefABCDEF%[]", *p))
            return false;
    }
    return separated && skip_blanks(p) >= end;
}

/* Digits, perhaps with blanks around them, up to the delimiter. */
static bool read_port(const char *p, char delimiter, unsigned *port)
{
    p = skip_blanks(p);
    if (!is_digit(*p))
        return false;
    p = skip_blanks(read_number(p, 65535, port));
    return *p == delimiter;
}

/* "|||p|", "|1|192.0.2.1|p|" or "||p|" at p. */
static bool read_epsv(const char *p, unsigned *port)
{
    char d = *p;
    if (d < 33 || d > 126 || is_digit(d))
        return false;
    const char *first = p + 1, *second = strchr(first, d);
    if (!second || !is_protocol(first, second))
        return false;
    if (read_port(second + 1, d, port))
        return skip_blanks(first) >= second;
    const char *third = strchr(second + 1, d);
    return third && is_address(second + 1, third) && read_port(third + 1, d, port);
}

/* In parentheses any delimiter will do; outside of them letters would be taken for one. */
static bool find_epsv(const char *text, unsigned *port)
{
    for (const char *p = strchr(text, '('); p; p = strchr(p + 1, '(')) {
        if (read_epsv(skip_blanks(p + 1), port))
            return true;
    }
    for (const char *p = text; (p = strpbrk(p, "|!#$%&/:;,~^*+=@")); p++) {
        if (read_epsv(p, port))
            return true;
    }
    return false;
}

int epsv_parse(const char *text, uint16_t *port, struct err *err)
{
    unsigned value;
    if (!find_epsv(text, &value))
        return unreadable(text, "no port", err);
    if (value == 0 || value > 65535)
        return unreadable(text, "an impossible port", err);
    *port = (uint16_t) value;
    return 0;
}

/* A scope means nothing on the other host, so it is not sent. */
const char *eprt_argument(const struct addr *a, char dst[PORT_ARG_MAX])
{
    char host[ADDR_TEXT];
    struct addr plain = *a;
    bool v6 = addr_family(a) == AF_INET6;
    if (v6)
        plain.u.in6.sin6_scope_id = 0;
    snprintf(dst, PORT_ARG_MAX, "|%d|%s|%u|", v6 ? 2 : 1, addr_format(&plain, host, sizeof host),
             (unsigned) addr_port(a));
    return dst;
}

const char *port_argument(const struct addr *a, char dst[PORT_ARG_MAX])
{
    unsigned host = ntohl(a->u.in.sin_addr.s_addr), port = addr_port(a);
    snprintf(dst, PORT_ARG_MAX, "%u,%u,%u,%u,%u,%u", host >> 24, host >> 16 & 255, host >> 8 & 255,
             host & 255, port >> 8, port & 255);
    return dst;
}
