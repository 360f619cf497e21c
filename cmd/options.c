#include "options.h"

#include "nearest.h"
#include "quantity.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What stands for the address or the ports where nothing was chosen. */
#define OWN_ADDRESS "own"
#define ANY_PORTS "any"

static bool *flag_of(struct settings *s, const struct option *o)
{
    return (bool *) (void *) ((char *) s + o->offset);
}

static int64_t *ms_of(struct settings *s, const struct option *o)
{
    return (int64_t *) (void *) ((char *) s + o->offset);
}

static int set_flag(struct settings *s, const struct option *o, const char *value, struct err *err)
{
    if (value && strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return err_set(err, ERR_USAGE, "'%s' is neither on nor off", value);
    *flag_of(s, o) = !value || strcmp(value, "on") == 0;
    return 0;
}

static int set_text(struct settings *s, const struct option *o, const char *value, struct err *err)
{
    if (!*value)
        return err_set(err, ERR_USAGE, "the value is empty");
    *(const char **) (void *) ((char *) s + o->offset) = value;
    return 0;
}

static int set_seconds(struct settings *s, const struct option *o, const char *value,
                       struct err *err)
{
    char *end;
    size_t digits = strspn(value, "0123456789.");
    double n = strtod(value, &end);
    if (o->never && strcmp(value, o->never) == 0) {
        *ms_of(s, o) = o->never_ms;
        return 0;
    }
    if (!*value || value[digits] || *end || !(n > 0) || n > 1e9)
        return err_set(err, ERR_USAGE, "'%s' is no number of seconds above 0%s%s", value,
                       o->never ? ", nor " : "", o->never ? o->never : "");
    int64_t ms = (int64_t) (n * 1000 + 0.5);
    *ms_of(s, o) = ms > 0 ? ms : 1;
    return 0;
}

static int set_number(struct settings *s, const struct option *o, const char *value,
                      struct err *err)
{
    char *end;
    errno = 0;
    long n = strtol(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || errno || n > 100000)
        return err_set(err, ERR_USAGE, "'%s' is no number that fits", value);
    *(int *) (void *) ((char *) s + o->offset) = (int) n;
    return 0;
}

static int set_amount(struct settings *s, const struct option *o, const char *value,
                      struct err *err)
{
    int64_t bytes;
    if (o->never && strcmp(value, o->never) == 0) {
        *ms_of(s, o) = o->never_ms;
        return 0;
    }
    if (quantity_bytes(value, &bytes, err) < 0)
        return -1;
    if (bytes <= 0)
        return err_set(err, ERR_USAGE, "'%s' is not above 0", value);
    *ms_of(s, o) = bytes;
    return 0;
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

static int set_tls(struct settings *s, const struct option *o, const char *value, struct err *err)
{
    static const enum tls_mode modes[] = {TLS_REQUIRE, TLS_IMPLICIT, TLS_PREFER, TLS_OFF};
    int i = option_choose(o->values, value, err);
    if (i < 0)
        return -1;
    s->tls = modes[i];
    s->tls_chosen = true;
    return 0;
}

static int set_tls_min(struct settings *s, const struct option *o, const char *value,
                       struct err *err)
{
    static const enum tls_version versions[] = {TLS_1_2, TLS_1_3};
    int i = option_choose(o->values, value, err);
    if (i < 0)
        return -1;
    s->trust.min = versions[i];
    return 0;
}

static int set_report(struct settings *s, const struct option *o, const char *value,
                      struct err *err)
{
    static const enum report_format formats[] = {REPORT_TEXT, REPORT_JSON};
    int i = option_choose(o->values, value, err);
    if (i < 0)
        return -1;
    s->report = formats[i];
    return 0;
}

static const char *const verify_names[] = {
    [VERIFY_AUTO] = "auto", [VERIFY_REQUIRE] = "require", [VERIFY_OFF] = "off"};

static int set_verify(struct settings *s, const struct option *o, const char *value,
                      struct err *err)
{
    static const enum verify_mode modes[] = {VERIFY_AUTO, VERIFY_REQUIRE, VERIFY_OFF};
    int i = option_choose(o->values, value, err);
    if (i < 0)
        return -1;
    s->verify = modes[i];
    return 0;
}

static int set_strategy(struct settings *s, const struct option *o, const char *value,
                        struct err *err)
{
    enum strategy_id id;
    (void) value;
    if (!strategy_by_name(o->name, &id))
        return err_set(err, ERR_USAGE, "there is no such strategy");
    ladder_choose(&s->ladder, id);
    return 0;
}

static int set_address(struct settings *s, const struct option *o, const char *value,
                       struct err *err)
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

static int set_ports(struct settings *s, const struct option *o, const char *value, struct err *err)
{
    unsigned lo, hi;
    char rest;
    (void) o;
    if (strcmp(value, ANY_PORTS) == 0) {
        s->ladder.active_ports = (struct port_range){0, 0, 0};
        return 0;
    }
    if (strspn(value, "0123456789-") != strlen(value) || strlen(value) > 11 ||
        sscanf(value, "%5u-%5u%c", &lo, &hi, &rest) != 2 || lo == 0 || hi > UINT16_MAX || lo > hi)
        return err_set(err, ERR_USAGE, "'%s' is no range of ports such as 50000-50100", value);
    s->ladder.active_ports = (struct port_range){(uint16_t) lo, (uint16_t) hi, 0};
    return 0;
}

static int set_port_map(struct settings *s, const struct option *o, const char *value,
                        struct err *err)
{
    int mode = option_choose(o->values, value, err);
    if (mode < 0)
        return -1;
    s->ladder.port_map.mode = (enum portmap_mode) mode;
    return 0;
}

static int set_pin(struct settings *s, const struct option *o, const char *value, struct err *err)
{
    static const char prefix[] = "sha256:";
    const char *hex = value + sizeof prefix - 1;
    (void) o;
    if (strncmp(value, prefix, sizeof prefix - 1) != 0 || strlen(hex) != 64 ||
        strspn(hex, "0123456789abcdefABCDEF") != 64)
        return err_set(err, ERR_USAGE, "'%s' is not sha256: and 64 hexadecimal digits", value);
    if (s->trust.npins == PIN_MAX)
        return err_set(err, ERR_USAGE, "more than %d pins", PIN_MAX);
    s->trust.pins[s->trust.npins++] = hex;
    return 0;
}

static int set_family(struct settings *s, const struct option *o, const char *value,
                      struct err *err)
{
    (void) value;
    (void) err;
    s->family = o->letter == '6' ? AF_INET6 : AF_INET;
    return 0;
}

/* UTF-8 is what is spoken without. */
static int set_charset(struct settings *s, const struct option *o, const char *value,
                       struct err *err)
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

/* Empty as in `--proxy=`, or "off": straight, whatever the environment says. */
static int set_proxy(struct settings *s, const struct option *o, const char *value, struct err *err)
{
    (void) o;
    bool off = !*value || strcmp(value, "off") == 0;
    s->proxy_choice = off ? PROXY_OFF : PROXY_GIVEN;
    return off ? 0 : proxy_parse(value, &s->proxy, err);
}

#define FIELD(f) .offset = offsetof(struct settings, f)
#define STRATEGY .kind = OPTION_FLAG, .group = GROUP_DATA, .set = set_strategy
#define SECONDS                                                                                    \
    .placeholder = "SECONDS", .kind = OPTION_SECONDS, .group = GROUP_PATIENCE,                     \
    .at_run_time = true, .set = set_seconds

const struct option option_table[] = {
    {.name = "epsv", STRATEGY, .help = "extended passive mode"},
    {.name = "pasv-use-control-ip",
     STRATEGY,
     .help = "passive mode, dialling the control connection's address"},
    {.name = "pasv", STRATEGY, .help = "passive mode, dialling the address that the server says"},
    {.name = "active", STRATEGY, .help = "active mode: the server dials this client"},
    {.name = "ccc",
     STRATEGY,
     .help = "passive mode after clearing the control connection: names travel in clear"},
    {.name = "active-address",
     .placeholder = "ADDR",
     .kind = OPTION_ADDRESS,
     .group = GROUP_DATA,
     .at_run_time = true,
     .set = set_address,
     .help = "address at which the server can dial us"},
    {.name = "active-ports",
     .placeholder = "LO-HI",
     .kind = OPTION_PORTS,
     .group = GROUP_DATA,
     .at_run_time = true,
     .set = set_ports,
     .help = "local ports to listen on in active mode"},
    {.name = "no-memory",
     .kind = OPTION_FLAG,
     .group = GROUP_DATA,
     .at_run_time = true,
     FIELD(no_memory),
     .set = set_flag,
     .help = "neither use nor note which strategy worked for the server"},
    {.name = "port-map",
     .placeholder = "HOW",
     .kind = OPTION_CHOICE,
     .values = "auto|pcp|natpmp|upnp|off",
     .group = GROUP_DATA,
     .at_run_time = true,
     .set = set_port_map,
     .help = "ask this client's NAT for a port in active mode"},

    {.name = "tls",
     .placeholder = "MODE",
     .kind = OPTION_CHOICE,
     .values = "require|implicit|prefer|off",
     .group = GROUP_TLS,
     .set = set_tls,
     .help = "default require"},
    {.name = "ca-file",
     .placeholder = "FILE",
     .kind = OPTION_FILE,
     .group = GROUP_TLS,
     FIELD(trust.ca_file),
     .set = set_text,
     .help = "authorities, instead of the system's"},
    {.name = "cert",
     .placeholder = "FILE",
     .kind = OPTION_FILE,
     .group = GROUP_TLS,
     FIELD(trust.cert_file),
     .set = set_text,
     .help = "client certificate"},
    {.name = "key",
     .placeholder = "FILE",
     .kind = OPTION_FILE,
     .group = GROUP_TLS,
     FIELD(trust.key_file),
     .set = set_text,
     .help = "its key, if not in the same file"},
    {.name = "pin",
     .placeholder = "sha256:HEX",
     .kind = OPTION_PIN,
     .group = GROUP_TLS,
     .set = set_pin,
     .help = "accept this certificate or public key only (several: any of them)"},
    {.name = "tls-name",
     .placeholder = "NAME",
     .kind = OPTION_TEXT,
     .group = GROUP_TLS,
     FIELD(tls_name),
     .set = set_text,
     .help = "the certificate must be for NAME"},
    {.name = "tls-min",
     .placeholder = "VERSION",
     .kind = OPTION_CHOICE,
     .values = "1.2|1.3",
     .group = GROUP_TLS,
     .set = set_tls_min,
     .help = "oldest TLS version, default 1.2"},

    {.name = "user",
     .placeholder = "USER",
     .kind = OPTION_TEXT,
     .group = GROUP_LOGIN,
     FIELD(user),
     .set = set_text,
     .help = "default: the target's, ~/.netrc's, else anonymous"},
    {.name = "password-fd",
     .placeholder = "N",
     .kind = OPTION_NUMBER,
     .group = GROUP_LOGIN,
     FIELD(password_fd),
     .set = set_number,
     .help = "read the password from descriptor N"},
    {.name = "password-file",
     .placeholder = "FILE",
     .kind = OPTION_FILE,
     .group = GROUP_LOGIN,
     FIELD(password_file),
     .set = set_text,
     .help = "read the password from the first line of FILE"},

    {.letter = 'c',
     .placeholder = "LIST",
     .kind = OPTION_TEXT,
     .group = GROUP_RUN,
     FIELD(commands),
     .set = set_text,
     .help = "run these commands, separated by ';'"},
    {.letter = 'b',
     .placeholder = "FILE",
     .kind = OPTION_FILE,
     .group = GROUP_RUN,
     FIELD(batch_file),
     .set = set_text,
     .help = "run the commands in FILE ('-': standard input)"},
    {.letter = '4',
     .kind = OPTION_FLAG,
     .group = GROUP_RUN,
     .set = set_family,
     .help = "connect over IPv4 only"},
    {.letter = '6',
     .kind = OPTION_FLAG,
     .group = GROUP_RUN,
     .set = set_family,
     .help = "connect over IPv6 only"},
    {.name = "charset",
     .placeholder = "NAME",
     .kind = OPTION_TEXT,
     .group = GROUP_RUN,
     .set = set_charset,
     .help = "of file names on a server without UTF-8, as iconv knows it: ISO-8859-1"},
    {.name = "proxy",
     .placeholder = "URL",
     .kind = OPTION_TEXT,
     .group = GROUP_RUN,
     .set = set_proxy,
     .help = "through socks5://[USER:PASSWORD@]HOST[:PORT] or http://...; off: none"},

    {.name = "connect-timeout",
     SECONDS,
     FIELD(connect_timeout_ms),
     .help = "control connection: address, TCP, banner, TLS"},
    {.name = "data-timeout", SECONDS, FIELD(ladder.timeout_ms), .help = "one data strategy"},
    {.name = "reply-timeout", SECONDS, FIELD(reply_timeout_ms), .help = "one reply"},
    {.name = "final-timeout",
     SECONDS,
     FIELD(final_timeout_ms),
     .help = "the reply after a transfer, before it is asked for"},
    {.name = "idle-timeout",
     SECONDS,
     FIELD(idle_timeout_ms),
     .help = "no byte moves in a transfer"},
    {.name = "noop-interval",
     SECONDS,
     FIELD(noop_interval_ms),
     .never = "off",
     .help = "NOOP on the control connection during transfers"},
    {.name = "timeout",
     SECONDS,
     FIELD(timeout_ms),
     .never = "none",
     .never_ms = -1,
     .help = "everything (in the shell: each command)"},
    {.name = "retries",
     .placeholder = "N",
     .kind = OPTION_NUMBER,
     .group = GROUP_PATIENCE,
     FIELD(retries),
     .set = set_number,
     .help = "try again after failures that may pass; `open` not in the shell"},

    {.name = "compress",
     .kind = OPTION_FLAG,
     .group = GROUP_TRANSFER,
     .at_run_time = true,
     FIELD(compress),
     .set = set_flag,
     .help = "files and listings travel compressed where the server offers it (MODE Z)"},
    {.name = "limit-rate",
     .placeholder = "BYTES",
     .kind = OPTION_AMOUNT,
     .group = GROUP_TRANSFER,
     .at_run_time = true,
     FIELD(limit_rate),
     .never = "off",
     .set = set_amount,
     .help = "a second, for all transfers together: 500k, 1.5M, 64Ki"},
    {.name = "verify",
     .placeholder = "WHEN",
     .kind = OPTION_CHOICE,
     .values = "auto|require|off",
     .group = GROUP_TRANSFER,
     .at_run_time = true,
     .set = set_verify,
     .help = "compare contents by a hash that the server tells"},

    {.name = "report",
     .placeholder = "FORMAT",
     .kind = OPTION_CHOICE,
     .values = "text|json",
     .group = GROUP_OUTPUT,
     .set = set_report,
     .help = "what was tried and what worked, at exit"},
    {.name = "report-file",
     .placeholder = "FILE",
     .kind = OPTION_FILE,
     .group = GROUP_OUTPUT,
     FIELD(report_file),
     .set = set_text,
     .help = "where the report goes, default standard error"},
    {.name = "json",
     .kind = OPTION_FLAG,
     .group = GROUP_OUTPUT,
     .at_run_time = true,
     FIELD(json),
     .set = set_flag,
     .help = "results as JSON, one object a line"},
    {.letter = 'q',
     .kind = OPTION_FLAG,
     .group = GROUP_OUTPUT,
     .at_run_time = true,
     FIELD(quiet),
     .set = set_flag,
     .help = "quiet: errors only"},
    {.letter = 'v',
     .kind = OPTION_FLAG,
     .group = GROUP_OUTPUT,
     .at_run_time = true,
     FIELD(verbose),
     .set = set_flag,
     .help = "show the dialogue with the server"},
    {.name = "trace",
     .placeholder = "FILE",
     .kind = OPTION_FILE,
     .group = GROUP_OUTPUT,
     FIELD(trace_file),
     .set = set_text,
     .help = "write it to FILE, with the time"},
    {.name = "help",
     .kind = OPTION_FLAG,
     .group = GROUP_OUTPUT,
     FIELD(help),
     .set = set_flag,
     .help = "this text"},
    {.name = "version",
     .kind = OPTION_FLAG,
     .group = GROUP_OUTPUT,
     FIELD(version),
     .set = set_flag,
     .help = "the version"},
};
const size_t option_count = sizeof option_table / sizeof option_table[0];

static const char *const group_titles[] = {
    [GROUP_DATA] = "Data connections (strategies are tried in the order given, and no others)",
    [GROUP_TLS] = "TLS",
    [GROUP_LOGIN] = "Login",
    [GROUP_RUN] = "What to run",
    [GROUP_PATIENCE] = "Patience",
    [GROUP_TRANSFER] = "Transfers",
    [GROUP_OUTPUT] = "Output",
};

void settings_init(struct settings *s)
{
    *s = (struct settings){
        .tls = TLS_REQUIRE,
        .password_fd = -1,
        .connect_timeout_ms = 15000,
        .reply_timeout_ms = 60000,
        .final_timeout_ms = 10000,
        .idle_timeout_ms = 60000,
        .timeout_ms = -1,
        .retries = 3,
        .family = AF_UNSPEC,
    };
    ladder_init(&s->ladder);
}

static const struct option *find_long(const char *name, size_t len)
{
    for (size_t i = 0; i < option_count; i++) {
        const char *n = option_table[i].name;
        if (n && strlen(n) == len && memcmp(n, name, len) == 0)
            return &option_table[i];
    }
    return NULL;
}

static const struct option *find_letter(char letter)
{
    for (size_t i = 0; i < option_count; i++) {
        if (letter && option_table[i].letter == letter)
            return &option_table[i];
    }
    return NULL;
}

const struct option *option_find(const char *name)
{
    return strlen(name) == 1 ? find_letter(name[0]) : find_long(name, strlen(name));
}

static int set_unknown(const char *prefix, const char *name, size_t len, struct err *err)
{
    char word[64], hint[96];
    snprintf(word, sizeof word, "%.*s", (int) (len < 63 ? len : 63), name);
    struct nearest near = {.word = word};
    for (size_t i = 0; i < option_count; i++) {
        if (option_table[i].name)
            nearest_offer(&near, option_table[i].name);
    }
    return err_set(err, ERR_USAGE, "there is no option '%s%s'%s", prefix, word,
                   nearest_hint(&near, prefix, hint, sizeof hint));
}

/* `value` is what stands behind "=" or the letter, else NULL: then the next word is taken. */
static int apply(struct settings *s, const struct option *o, const char *shown, const char *value,
                 char **next, int *used, struct err *err)
{
    if (!o->placeholder && value)
        return err_set(err, ERR_USAGE, "option '%s' takes no value", shown);
    if (o->placeholder && !value) {
        value = *next;
        *used += 1;
        if (!value)
            return err_set(err, ERR_USAGE, "option '%s' needs a value: %s", shown,
                           o->values ? o->values : o->placeholder);
    }
    if (o->set(s, o, value, err) < 0)
        return err_wrap(err, "option '%s'", shown);
    return 0;
}

/* Both return how many words were used, or -1. */
static int parse_long(struct settings *s, char **argv, struct err *err)
{
    const char *name = argv[0] + 2, *equals = strchr(name, '=');
    size_t len = equals ? (size_t) (equals - name) : strlen(name);
    const struct option *o = find_long(name, len);
    if (!o)
        return set_unknown("--", name, len, err);
    char shown[64];
    int used = 1;
    snprintf(shown, sizeof shown, "--%s", o->name);
    int rc = apply(s, o, shown, equals ? equals + 1 : NULL, argv + 1, &used, err);
    return rc < 0 ? -1 : used;
}

static int parse_letters(struct settings *s, char **argv, struct err *err)
{
    int used = 1;
    for (const char *p = argv[0] + 1; *p; p++) {
        const struct option *o = find_letter(*p);
        char shown[3] = {'-', *p, '\0'};
        if (!o)
            return set_unknown("-", p, 1, err);
        const char *value = o->placeholder && p[1] ? p + 1 : NULL;
        if (apply(s, o, shown, value, argv + 1, &used, err) < 0)
            return -1;
        if (o->placeholder)
            break;
    }
    return used;
}

int options_parse(struct settings *s, int argc, char **argv, int *next, struct err *err)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-' && argv[i][1]) {
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        int used =
            argv[i][1] == '-' ? parse_long(s, argv + i, err) : parse_letters(s, argv + i, err);
        if (used < 0)
            return -1;
        i += used;
    }
    *next = i;
    return 0;
}

void options_scrub(int argc, char **argv)
{
    static const char word[] = "--proxy";
    size_t len = sizeof word - 1;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], word, len) != 0)
            continue;
        if (argv[i][len] == '=')
            proxy_scrub(argv[i] + len + 1);
        else if (!argv[i][len] && i + 1 < argc)
            proxy_scrub(argv[++i]);
    }
}

int option_change(struct settings *s, const char *name, const char *value, struct err *err)
{
    const struct option *o = option_find(name);
    if (!o)
        return set_unknown("", name, strlen(name), err);
    if (!o->at_run_time)
        return err_set(err, ERR_USAGE, "'%s' can't be changed any more", name);
    if (o->set(s, o, value, err) < 0)
        return err_wrap(err, "%s", name);
    return 0;
}

static const char *format_ports(const struct port_range *p, char *dst, size_t size)
{
    if (p->lo == 0)
        snprintf(dst, size, ANY_PORTS);
    else
        snprintf(dst, size, "%u-%u", p->lo, p->hi);
    return dst;
}

const char *option_value(const struct settings *s, const struct option *o, char *dst, size_t size)
{
    const char *field = (const char *) s + o->offset;
    int64_t ms;
    dst[0] = '\0';
    switch (o->kind) {
    case OPTION_FLAG:
        snprintf(dst, size, "%s", *(const bool *) (const void *) field ? "on" : "off");
        break;
    case OPTION_SECONDS:
        ms = *(const int64_t *) (const void *) field;
        if (o->never && ms == o->never_ms)
            snprintf(dst, size, "%s", o->never);
        else
            snprintf(dst, size, "%.10g", (double) ms / 1000);
        break;
    case OPTION_ADDRESS:
        if (addr_family(&s->ladder.active_address) == AF_UNSPEC)
            snprintf(dst, size, OWN_ADDRESS);
        else
            addr_format(&s->ladder.active_address, dst, size);
        break;
    case OPTION_PORTS:
        format_ports(&s->ladder.active_ports, dst, size);
        break;
    case OPTION_CHOICE:
        if (o->set == set_verify)
            snprintf(dst, size, "%s", verify_names[s->verify]);
        else if (o->at_run_time) /* there is no other */
            snprintf(dst, size, "%s", portmap_mode_name(s->ladder.port_map.mode));
        break;
    case OPTION_AMOUNT:
        ms = *(const int64_t *) (const void *) field;
        snprintf(dst, size, "%lld", (long long) ms);
        if (o->never && ms == o->never_ms)
            snprintf(dst, size, "%s", o->never);
        break;
    case OPTION_NUMBER:
        if (*(const int *) (const void *) field >= 0)
            snprintf(dst, size, "%d", *(const int *) (const void *) field);
        break;
    default:
        break;
    }
    return dst;
}

/* "; default 15", from where the program takes it; "" where there is nothing to tell. */
static const char *default_of(const struct option *o, char *dst, size_t size)
{
    struct settings fresh;
    char value[ADDR_TEXT] = "";
    settings_init(&fresh);
    if (o->kind == OPTION_SECONDS || o->kind == OPTION_NUMBER || o->kind == OPTION_AMOUNT ||
        o->kind == OPTION_CHOICE)
        option_value(&fresh, o, value, sizeof value);
    snprintf(dst, size, "%s%s", *value ? "; default " : "", value);
    return dst;
}

static void print_option(FILE *out, const struct option *o)
{
    char left[80], preset[80];
    const char *value = o->values ? o->values : o->placeholder ? o->placeholder : "";
    if (o->name)
        snprintf(left, sizeof left, "--%s%s%s", o->name, *value ? "=" : "", value);
    else
        snprintf(left, sizeof left, "-%c%s%s", o->letter, *value ? " " : "", value);
    if (strlen(left) > 27)
        fprintf(out, "  %s\n%*s", left, 30, "");
    else
        fprintf(out, "  %-28s", left);
    fprintf(out, "%s%s\n", o->help, default_of(o, preset, sizeof preset));
}

void options_print(FILE *out)
{
    for (size_t g = 0; g < sizeof group_titles / sizeof group_titles[0]; g++) {
        fprintf(out, "\n%s\n", group_titles[g]);
        for (size_t i = 0; i < option_count; i++) {
            if (option_table[i].group == g)
                print_option(out, &option_table[i]);
        }
    }
}
