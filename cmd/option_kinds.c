#include "option_kinds.h"

#include "nearest.h"
#include "quantity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What stands for the address, the ports, the strategies, the proxy where nothing was chosen. */
#define OWN_ADDRESS "own"
#define ANY_PORTS "any"
#define DEFAULT_LADDER "default"
#define ENVIRONMENTS_PROXY "environment"

static void *field_of(struct settings *s, const struct option *o)
{
    return (char *) s + o->offset;
}

static const void *field_in(const struct settings *s, const struct option *o)
{
    return (const char *) s + o->offset;
}

static bool is_never(const struct option *o, const char *value)
{
    return o->never && strcmp(value, o->never) == 0;
}

enum { HOST_NAME_BYTES = 255 };

/* ---- general kinds ---- */

static int read_flag(const char *value, bool *on, struct err *err)
{
    if (value && strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return err_set(err, ERR_USAGE, "'%s' is neither on nor off", value);
    *on = !value || strcmp(value, "on") == 0;
    return 0;
}

OPTION_SETTER(flag)
{
    return read_flag(value, field_of(s, o), err);
}

static void write_flag(bool on, char *dst, size_t size)
{
    snprintf(dst, size, "%s", on ? "on" : "off");
}

OPTION_GETTER(flag)
{
    write_flag(*(const bool *) field_in(s, o), dst, size);
}

OPTION_SETTER(text)
{
    if (!*value)
        return err_set(err, ERR_USAGE, "the value is empty");
    *(const char **) field_of(s, o) = value;
    return 0;
}

OPTION_GETTER(text)
{
    const char *text = *(const char *const *) field_in(s, o);
    snprintf(dst, size, "%s", text ? text : "");
}

OPTION_SETTER(seconds)
{
    char *end;
    size_t digits = strspn(value, "0123456789.");
    double n = strtod(value, &end);
    int64_t *ms = field_of(s, o);
    if (is_never(o, value)) {
        *ms = o->never_is;
        return 0;
    }
    if (!*value || value[digits] || *end || !(n > 0) || n > 1e9)
        return err_set(err, ERR_USAGE, "'%s' is no number of seconds above 0%s%s", value,
                       o->never ? ", nor " : "", o->never ? o->never : "");
    *ms = (int64_t) (n * 1000 + 0.5);
    if (*ms == 0)
        *ms = 1;
    return 0;
}

OPTION_GETTER(seconds)
{
    int64_t ms = *(const int64_t *) field_in(s, o);
    if (o->never && ms == o->never_is)
        snprintf(dst, size, "%s", o->never);
    else
        snprintf(dst, size, "%.10g", (double) ms / 1000);
}

OPTION_SETTER(number)
{
    char *end;
    errno = 0;
    long n = strtol(value, &end, 10);
    if (is_never(o, value))
        n = (long) o->never_is;
    else if (*value < '0' || *value > '9' || *end || errno || n > 100000)
        return err_set(err, ERR_USAGE, "'%s' is no number that fits", value);
    *(int *) field_of(s, o) = (int) n;
    return 0;
}

OPTION_GETTER(number)
{
    int n = *(const int *) field_in(s, o);
    dst[0] = '\0';
    if (o->never && n == o->never_is)
        snprintf(dst, size, "%s", o->never);
    else if (n >= 0)
        snprintf(dst, size, "%d", n);
}

OPTION_SETTER(amount)
{
    int64_t bytes;
    if (is_never(o, value)) {
        *(int64_t *) field_of(s, o) = o->never_is;
        return 0;
    }
    if (quantity_bytes(value, &bytes, err) < 0)
        return -1;
    if (bytes <= 0)
        return err_set(err, ERR_USAGE, "'%s' is not above 0", value);
    *(int64_t *) field_of(s, o) = bytes;
    return 0;
}

OPTION_GETTER(amount)
{
    int64_t bytes = *(const int64_t *) field_in(s, o);
    if (o->never && bytes == o->never_is)
        snprintf(dst, size, "%s", o->never);
    else
        snprintf(dst, size, "%lld", (long long) bytes);
}

int option_choose(const char *values, const char *value, struct err *err)
{
    char names[64], hint[64];
    struct nearest near = {.word = value};
    snprintf(names, sizeof names, "%s", values);
    char *name = names;
    for (int i = 0; name; i++) {
        char *bar = strchr(name, '|');
        if (bar)
            *bar = '\0';
        if (strcmp(name, value) == 0)
            return i;
        nearest_offer(&near, name);
        name = bar ? bar + 1 : NULL;
    }
    return err_set(err, ERR_USAGE, "'%s' is none of %s%s", value, values,
                   nearest_hint(&near, "", hint, sizeof hint));
}

/* Enumerations have the size of an int. */
OPTION_SETTER(choice)
{
    int i = option_choose(o->values, value, err);
    if (i < 0)
        return -1;
    int number = o->numbers ? o->numbers[i] : i;
    memcpy(field_of(s, o), &number, sizeof number);
    return 0;
}

OPTION_GETTER(choice)
{
    const char *name = o->values;
    int number;
    memcpy(&number, field_in(s, o), sizeof number);
    for (int i = 0; name; i++) {
        size_t len = strcspn(name, "|");
        if ((o->numbers ? o->numbers[i] : i) == number) {
            snprintf(dst, size, "%.*s", (int) len, name);
            return;
        }
        name = name[len] ? name + len + 1 : NULL;
    }
    dst[0] = '\0';
}

/* ---- strategies ---- */

OPTION_SETTER(strategies)
{
    enum strategy_id id;
    if (strcmp(value, DEFAULT_LADDER) == 0) {
        struct ladder fresh;
        ladder_init(&fresh);
        memcpy(s->ladder.rungs, fresh.rungs, sizeof fresh.rungs);
        s->ladder.n = fresh.n;
        s->ladder.chosen = false;
        return 0;
    }
    if (option_choose(o->values, value, err) < 0)
        return -1;
    if (!strategy_by_name(value, &id))
        return err_set(err, ERR_USAGE, "there is no such strategy");
    ladder_choose(&s->ladder, id);
    return 0;
}

OPTION_GETTER(strategies)
{
    size_t len = 0;
    (void) o;
    snprintf(dst, size, "%s", s->ladder.chosen ? "" : DEFAULT_LADDER);
    for (size_t i = 0; s->ladder.chosen && i < s->ladder.n && len < size; i++)
        len += (size_t) snprintf(dst + len, size - len, "%s%s", i ? "," : "",
                                 strategy_name(s->ladder.rungs[i]));
}

OPTION_SETTER(strategy)
{
    enum strategy_id id;
    (void) value;
    if (!strategy_by_name(o->name, &id))
        return err_set(err, ERR_USAGE, "there is no such strategy");
    ladder_choose(&s->ladder, id);
    return 0;
}

OPTION_GETTER(strategy)
{
    bool on = false;
    for (size_t i = 0; s->ladder.chosen && i < s->ladder.n; i++)
        on = on || strcmp(strategy_name(s->ladder.rungs[i]), o->name) == 0;
    write_flag(on, dst, size);
}

/* ---- the active mode ---- */

OPTION_SETTER(address)
{
    struct addr a;
    (void) o;
    if (strcmp(value, OWN_ADDRESS) == 0) {
        memset(&s->ladder.active_address, 0, sizeof s->ladder.active_address);
        return 0;
    }
    if (addr_parse(value, &a, err) < 0)
        return -1;
    s->ladder.active_address = a;
    return 0;
}

OPTION_GETTER(address)
{
    (void) o;
    if (addr_family(&s->ladder.active_address) == AF_UNSPEC)
        snprintf(dst, size, OWN_ADDRESS);
    else
        addr_format(&s->ladder.active_address, dst, size);
}

OPTION_SETTER(ports)
{
    unsigned lo, hi;
    char rest;
    (void) o;
    if (strcmp(value, ANY_PORTS) == 0) {
        s->ladder.active_ports = (struct port_range){0, 0, 0};
        return 0;
    }
    if (strspn(value, "0123456789-") != strlen(value) || strlen(value) > 11 ||
        /* NOLINTNEXTLINE(cert-err34-c): the widths hold */
        sscanf(value, "%5u-%5u%c", &lo, &hi, &rest) != 2 || lo == 0 || hi > UINT16_MAX || lo > hi)
        return err_set(err, ERR_USAGE, "'%s' is no range of ports such as 50000-50100", value);
    s->ladder.active_ports = (struct port_range){(uint16_t) lo, (uint16_t) hi, 0};
    return 0;
}

OPTION_GETTER(ports)
{
    const struct port_range *p = &s->ladder.active_ports;
    (void) o;
    if (p->lo == 0)
        snprintf(dst, size, ANY_PORTS);
    else
        snprintf(dst, size, "%u-%u", p->lo, p->hi);
}

/* ---- whom we believe ---- */

static const char pin_prefix[] = "sha256:";

OPTION_SETTER(pin)
{
    size_t skip = sizeof pin_prefix - 1;
    (void) o;
    if (strncmp(value, pin_prefix, skip) != 0 || strlen(value + skip) != 64 ||
        strspn(value + skip, "0123456789abcdefABCDEF") != 64)
        return err_set(err, ERR_USAGE, "'%s' is not sha256: and 64 hexadecimal digits", value);
    if (s->trust.npins == PIN_MAX)
        return err_set(err, ERR_USAGE, "more than %d pins", PIN_MAX);
    s->trust.pins[s->trust.npins++] = value + skip;
    return 0;
}

OPTION_GETTER(pin)
{
    size_t len = 0;
    (void) o;
    dst[0] = '\0';
    for (size_t i = 0; i < s->trust.npins && len < size; i++)
        len += (size_t) snprintf(dst + len, size - len, "%s%s%s", i ? "," : "", pin_prefix,
                                 s->trust.pins[i]);
}

/* TLS has room for no longer one, nor has DNS (RFC 1035 section 2.3.4). */
OPTION_SETTER(host_name)
{
    if (strlen(value) > HOST_NAME_BYTES)
        return err_set(err, ERR_USAGE, "a host name has %d characters at most, and this one %zu",
                       HOST_NAME_BYTES, strlen(value));
    return set_text(s, o, value, err);
}

/* RFC 7512 has a place for the PIN in the URL, where everybody could read it. */
OPTION_SETTER(identity)
{
    if (strncmp(value, "pkcs11:", 7) == 0 && strstr(value, "pin-value="))
        return err_set(err, ERR_USAGE,
                       "no PIN stands in the URL; see key-password-file and key-password-fd");
    return set_text(s, o, value, err);
}

/* ---- the way to the server ---- */

static int family_of(const struct option *o)
{
    return o->letter == '6' ? AF_INET6 : AF_INET;
}

OPTION_SETTER(family)
{
    bool on = false;
    if (read_flag(value, &on, err) < 0)
        return -1;
    if (on)
        s->family = family_of(o);
    else if (s->family == family_of(o))
        s->family = AF_UNSPEC;
    return 0;
}

OPTION_GETTER(family)
{
    write_flag(s->family == family_of(o), dst, size);
}

/* UTF-8 is what is spoken without. */
OPTION_SETTER(charset)
{
    (void) o;
    bool utf8 = strcasecmp(value, "UTF-8") == 0 || strcasecmp(value, "UTF8") == 0;
    struct charset *known = utf8 ? NULL : charset_new(value, err);
    if (!utf8 && !known)
        return -1;
    charset_free(known);
    s->charset = utf8 ? NULL : value;
    return 0;
}

OPTION_GETTER(charset)
{
    (void) o;
    snprintf(dst, size, "%s", s->charset ? s->charset : "UTF-8");
}

/* Empty as in `--proxy=`, or "off": straight, whatever the environment says. */
OPTION_SETTER(proxy)
{
    (void) o;
    bool off = !*value || strcmp(value, "off") == 0;
    if (strcmp(value, ENVIRONMENTS_PROXY) == 0) {
        s->proxy_choice = PROXY_FROM_ENVIRONMENT;
        return 0;
    }
    s->proxy_choice = off ? PROXY_OFF : PROXY_GIVEN;
    return off ? 0 : proxy_parse(value, &s->proxy, err);
}

/* Its login shows masked. */
OPTION_GETTER(proxy)
{
    char where[PROXY_TEXT];
    (void) o;
    if (s->proxy_choice != PROXY_GIVEN) {
        snprintf(dst, size, "%s", s->proxy_choice == PROXY_OFF ? "off" : ENVIRONMENTS_PROXY);
        return;
    }
    proxy_format(&s->proxy, where, sizeof where);
    const char *host = strstr(where, "://") + 3;
    if (s->proxy.has_login)
        snprintf(dst, size, "%.*s%s:***@%s", (int) (host - where), where, s->proxy.user, host);
    else
        snprintf(dst, size, "%s", where);
}
