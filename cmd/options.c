#include "options.h"

#include "nearest.h"
#include "option_kinds.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define FIELD(f) .offset = offsetof(struct settings, f)
#define FLAG(f) .kind = OPTION_FLAG, FIELD(f), .set = set_flag, .get = get_flag
#define TEXT(f) .kind = OPTION_TEXT, FIELD(f), .set = set_text, .get = get_text
#define PATH(f)                                                                                    \
    .placeholder = "FILE", .kind = OPTION_FILE, FIELD(f), .set = set_text, .get = get_text
#define IDENTITY(f)                                                                                \
    .placeholder = "FILE|URL", .kind = OPTION_FILE, FIELD(f), .set = set_identity, .get = get_text
#define NUMBER(f)                                                                                  \
    .placeholder = "N", .kind = OPTION_NUMBER, FIELD(f), .set = set_number, .get = get_number
#define CHOICE(f, v)                                                                               \
    .kind = OPTION_CHOICE, .values = (v), FIELD(f), .set = set_choice, .get = get_choice
#define SECONDS(f)                                                                                 \
    .placeholder = "SECONDS", .kind = OPTION_SECONDS, .group = GROUP_PATIENCE, FIELD(f),           \
    .set = set_seconds, .get = get_seconds
#define STRATEGY                                                                                   \
    .kind = OPTION_FLAG, .group = GROUP_DATA, .adds_to = "strategies", .set = set_strategy,        \
    .get = get_strategy
#define FAMILY(other)                                                                              \
    .kind = OPTION_FLAG, .group = GROUP_RUN, .rival = (other), .set = set_family, .get = get_family

static const int tls_versions[] = {TLS_1_2, TLS_1_3};
static const int report_formats[] = {REPORT_TEXT, REPORT_JSON, REPORT_NONE};

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
    {.name = "strategies",
     .placeholder = "LIST",
     .kind = OPTION_LIST,
     .values = "default|epsv|pasv-use-control-ip|pasv|active|ccc",
     .alone = "default",
     .group = GROUP_DATA,
     .when = WHEN_SET,
     .set = set_strategies,
     .get = get_strategies,
     .help = "these, separated by commas; default: those that it takes by itself"},
    {.name = "active-address",
     .placeholder = "ADDR",
     .kind = OPTION_ADDRESS,
     .group = GROUP_DATA,
     .when = WHEN_SET,
     .set = set_address,
     .get = get_address,
     .help = "address at which the server can dial us"},
    {.name = "active-ports",
     .placeholder = "LO-HI",
     .kind = OPTION_PORTS,
     .group = GROUP_DATA,
     .when = WHEN_SET,
     .set = set_ports,
     .get = get_ports,
     .help = "local ports to listen on in active mode"},
    {.name = "no-memory",
     FLAG(no_memory),
     .group = GROUP_DATA,
     .when = WHEN_SET,
     .help = "neither use nor note which strategy worked for the server"},
    {.name = "port-map",
     .placeholder = "HOW",
     CHOICE(ladder.port_map.mode, "auto|pcp|natpmp|upnp|off"),
     .group = GROUP_DATA,
     .when = WHEN_SET,
     .help = "ask this client's NAT for a port in active mode"},

    {.name = "tls",
     .placeholder = "MODE",
     CHOICE(tls, "require|implicit|prefer|off"),
     .group = GROUP_TLS,
     .help = "of the connections to the server"},
    {.name = "ca-file",
     PATH(trust.ca_file),
     .group = GROUP_TLS,
     .help = "authorities, instead of the system's"},
    {.name = "crl-file",
     PATH(trust.crl_file),
     .group = GROUP_TLS,
     .help = "certificates that are revoked"},
    {.name = "cert",
     IDENTITY(identity.cert),
     .group = GROUP_TLS,
     .help = "client certificate: PEM, PKCS#12, or a token's pkcs11: URL"},
    {.name = "key",
     IDENTITY(identity.key),
     .group = GROUP_TLS,
     .help = "its key, if not in the same place"},
    {.name = "key-password-fd",
     NUMBER(identity.password_fd),
     .group = GROUP_TLS,
     .help = "read the key's pass phrase, or the token's PIN, from descriptor N"},
    {.name = "key-password-file",
     PATH(identity.password_file),
     .group = GROUP_TLS,
     .help = "read it from the first line of FILE"},
    {.name = "pin",
     .placeholder = "sha256:HEX",
     .kind = OPTION_PIN,
     .group = GROUP_TLS,
     .set = set_pin,
     .get = get_pin,
     .help = "accept this certificate or public key only (several: any of them)"},
    {.name = "tls-name",
     .placeholder = "NAME",
     .kind = OPTION_TEXT,
     FIELD(tls_name),
     .set = set_host_name,
     .get = get_text,
     .group = GROUP_TLS,
     .help = "the certificate must be for NAME"},
    {.name = "tls-min",
     .placeholder = "VERSION",
     CHOICE(trust.min, "1.2|1.3"),
     .numbers = tls_versions,
     .group = GROUP_TLS,
     .help = "oldest TLS version"},
    {.name = "tls-reuse",
     .placeholder = "WHEN",
     CHOICE(tls_reuse, "require|prefer|off"),
     .group = GROUP_TLS,
     .help = "data connections resume the control connection's TLS session"},

    {.name = "user",
     .placeholder = "USER",
     TEXT(user),
     .group = GROUP_LOGIN,
     .help = "default: the target's, ~/.netrc's, else anonymous"},
    {.name = "password-fd",
     NUMBER(password_fd),
     .group = GROUP_LOGIN,
     .help = "read the password from descriptor N"},
    {.name = "password-file",
     PATH(password_file),
     .group = GROUP_LOGIN,
     .help = "read the password from the first line of FILE"},
    {.name = "password-command",
     .placeholder = "COMMAND",
     .kind = OPTION_COMMAND,
     FIELD(password_command),
     .set = set_text,
     .get = get_text,
     .group = GROUP_LOGIN,
     .help = "take it from what COMMAND prints (sh -c), with FTPSH_HOST and FTPSH_USER"},

    {.name = "command",
     .letter = 'c',
     .placeholder = "LIST",
     TEXT(commands),
     .group = GROUP_RUN,
     .once = true,
     .help = "run these commands, separated by ';'"},
    {.name = "batch",
     .letter = 'b',
     PATH(batch_file),
     .group = GROUP_RUN,
     .once = true,
     .help = "run the commands in FILE ('-': standard input)"},
    {.name = "on-error",
     .placeholder = "WHAT",
     CHOICE(on_error, "stop|continue"),
     .group = GROUP_RUN,
     .when = WHEN_SET,
     .help = "when a command of a batch fails"},
    {.name = "ipv4", .letter = '4', FAMILY("ipv6"), .help = "connect over IPv4 only"},
    {.name = "ipv6", .letter = '6', FAMILY("ipv4"), .help = "connect over IPv6 only"},
    {.name = "charset",
     .placeholder = "NAME",
     .kind = OPTION_TEXT,
     .group = GROUP_RUN,
     .set = set_charset,
     .get = get_charset,
     .help = "of file names on a server without UTF-8, as iconv knows it: ISO-8859-1"},
    {.name = "proxy",
     .placeholder = "URL",
     .kind = OPTION_PROXY,
     .group = GROUP_RUN,
     .set = set_proxy,
     .get = get_proxy,
     .help = "through socks5://[USER:PASSWORD@]HOST[:PORT] or http://...; off: none"},

    {.name = "connect-timeout",
     SECONDS(connect_timeout_ms),
     .help = "control connection: address, TCP, banner, TLS"},
    {.name = "data-timeout",
     SECONDS(ladder.timeout_ms),
     .when = WHEN_SET,
     .help = "one data strategy"},
    {.name = "reply-timeout", SECONDS(reply_timeout_ms), .help = "one reply"},
    {.name = "final-timeout",
     SECONDS(final_timeout_ms),
     .help = "the reply after a transfer, before it is asked for"},
    {.name = "idle-timeout",
     SECONDS(idle_timeout_ms),
     .when = WHEN_SET,
     .help = "no byte moves in a transfer"},
    {.name = "noop-interval",
     SECONDS(noop_interval_ms),
     .when = WHEN_SET,
     .never = "off",
     .help = "NOOP on the control connection during transfers"},
    {.name = "keepalive",
     SECONDS(keepalive_ms),
     .when = WHEN_SET,
     .never = "off",
     .help = "NOOP while nothing happens at the prompt"},
    {.name = "timeout",
     SECONDS(timeout_ms),
     .when = WHEN_SET,
     .never = "none",
     .never_is = -1,
     .help = "everything (in the shell: each command)"},
    {.name = "retries",
     NUMBER(retries),
     .group = GROUP_PATIENCE,
     .when = WHEN_SET,
     .help = "try again after failures that may pass; `open` not in the shell"},

    {.name = "compress",
     FLAG(compress),
     .group = GROUP_TRANSFER,
     .when = WHEN_SET,
     .help = "files and listings travel compressed where the server offers it (MODE Z)"},
    {.name = "fsync",
     FLAG(fsync),
     .group = GROUP_TRANSFER,
     .when = WHEN_SET,
     .help = "a file that is fetched is on the disk before it gets its name"},
    {.name = "limit-rate",
     .placeholder = "BYTES",
     .kind = OPTION_AMOUNT,
     FIELD(limit_rate),
     .never = "off",
     .group = GROUP_TRANSFER,
     .when = WHEN_SET,
     .set = set_amount,
     .get = get_amount,
     .help = "a second, for all transfers together: 500k, 1.5M, 64Ki"},
    {.name = "verify",
     .placeholder = "WHEN",
     CHOICE(verify, "auto|require|off"),
     .group = GROUP_TRANSFER,
     .when = WHEN_SET,
     .help = "compare contents by a hash that the server tells"},

    {.name = "report",
     .placeholder = "FORMAT",
     CHOICE(report, "text|json|none"),
     .numbers = report_formats,
     .group = GROUP_OUTPUT,
     .when = WHEN_SET,
     .help = "what was tried and what worked, at exit"},
    {.name = "report-file",
     PATH(report_file),
     .group = GROUP_OUTPUT,
     .when = WHEN_SET,
     .help = "where the report goes, default standard error"},
    {.name = "json",
     FLAG(json),
     .group = GROUP_OUTPUT,
     .when = WHEN_SET,
     .help = "results as JSON, one object a line"},
    {.name = "color",
     .placeholder = "WHEN",
     CHOICE(color, "auto|always|never"),
     .group = GROUP_OUTPUT,
     .when = WHEN_SET,
     .help = "colours in listings and at the prompt"},
    {.name = "history",
     NUMBER(history),
     .never = "off",
     .group = GROUP_OUTPUT,
     .when = WHEN_SET,
     .help = "keep N lines that were typed, or none: off"},
    {.name = "quiet",
     .letter = 'q',
     FLAG(quiet),
     .group = GROUP_OUTPUT,
     .when = WHEN_SET,
     .help = "errors only"},
    {.name = "verbose",
     .letter = 'v',
     FLAG(verbose),
     .group = GROUP_OUTPUT,
     .when = WHEN_SET,
     .help = "show the dialogue with the server"},
    {.name = "trace",
     PATH(trace_file),
     .group = GROUP_OUTPUT,
     .when = WHEN_STARTING,
     .help = "write it to FILE, with the time"},
    {.name = "show-config",
     FLAG(show_config),
     .group = GROUP_OUTPUT,
     .once = true,
     .help = "show all settings for TARGET and where each comes from"},
    {.name = "help", FLAG(help), .group = GROUP_OUTPUT, .once = true, .help = "this text"},
    {.name = "version", FLAG(version), .group = GROUP_OUTPUT, .once = true, .help = "the version"},
    {.name = "print-completion",
     .placeholder = "SHELL",
     TEXT(print_completion),
     .group = GROUP_OUTPUT,
     .once = true},
};
const size_t option_count = sizeof option_table / sizeof option_table[0];

const struct option *option_find(const char *name)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];
        if (strcmp(o->name, name) == 0 || (o->letter && o->letter == name[0] && !name[1]))
            return o;
    }
    return NULL;
}

bool option_is_setting(const struct option *o)
{
    return !o->once && !o->adds_to;
}

bool option_is_list(const struct option *o)
{
    return o->kind == OPTION_LIST || o->kind == OPTION_PIN;
}

const struct option *setting_find(const char *name, struct err *err)
{
    const struct option *o = name[0] && name[1] ? option_find(name) : NULL;
    char hint[96];
    struct nearest near = {.word = name};
    if (o && option_is_setting(o))
        return o;
    if (o && o->adds_to)
        err_set(err, ERR_USAGE, "'%s' is no setting; use '%s = %s'", name, o->adds_to, name);
    else if (o)
        err_set(err, ERR_USAGE, "'%s' can stand on the command line only", name);
    if (o)
        return NULL;
    for (size_t i = 0; i < option_count; i++) {
        if (option_is_setting(&option_table[i]))
            nearest_offer(&near, option_table[i].name);
    }
    err_set(err, ERR_USAGE, "there is no setting '%s'%s", name,
            nearest_hint(&near, "", hint, sizeof hint));
    return NULL;
}

int option_change(struct settings *s, const char *name, const char *value, struct err *err)
{
    const struct option *o = setting_find(name, err);
    if (!o)
        return -1;
    return o->set(s, o, value, err) < 0 ? err_wrap(err, "%s", name) : 0;
}

const char *option_value(const struct settings *s, const struct option *o, char *dst, size_t size)
{
    o->get(s, o, dst, size);
    return dst;
}

const char *option_default(const struct option *o, char *dst, size_t size)
{
    struct settings fresh;
    settings_init(&fresh);
    return option_value(&fresh, o, dst, size);
}
