#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_ROOT = 256,
    OPT_LISTEN,
    OPT_PORT,
    OPT_CERT,
    OPT_KEY,
    OPT_CLIENT_CA,
    OPT_OCSP,
    OPT_TLS,
    OPT_TLS_MAX,
    OPT_CIPHER,
    OPT_REUSE,
    OPT_USER,
    OPT_PASSWORD,
    OPT_PASSIVE,
    OPT_ADVERTISE,
    OPT_ACCEPT,
    OPT_LOG,
    OPT_QUIRK,
    OPT_BEHAVIOUR,
    OPT_HELP
};

static const struct {
    const char *name, *arg;
    int id;
    const char *help;
} table[] = {
    {"root", "DIR", OPT_ROOT, "the folder to serve (.)"},
    {"listen", "ADDR", OPT_LISTEN, "address (127.0.0.1)"},
    {"port", "N", OPT_PORT, "port; 0, the default, takes a free one, printed as \"port N\""},
    {"cert", "F", OPT_CERT, "certificate chain (PEM)"},
    {"key", "F", OPT_KEY, "private key (PEM)"},
    {"client-ca", "F", OPT_CLIENT_CA,
     "control and data need a client certificate that this authority signed (PEM)"},
    {"ocsp", "F", OPT_OCSP, "an answer about the certificate to staple to it (DER)"},
    {"tls", "MODE", OPT_TLS, "explicit, implicit, off, required (explicit)"},
    {"tls-max", "V", OPT_TLS_MAX, "1.2 or 1.3 (1.3)"},
    {"cipher", "NAME", OPT_CIPHER, "the only one, as GnuTLS names it"},
    {"require-reuse", NULL, OPT_REUSE, "522 unless data resumes control's TLS session"},
    {"user", "U", OPT_USER, "the one user (anonymous)"},
    {"password", "P", OPT_PASSWORD, "its password (any)"},
    {"passive-ports", "LO-HI", OPT_PASSIVE, "where data connections are awaited (any)"},
    {"advertise", "ADDR", OPT_ADVERTISE, "the address in 227"},
    {"accept-timeout", "S", OPT_ACCEPT, "how long a data connection is awaited (60)"},
    {"log", "F", OPT_LOG, "what was said, \"-\" for standard error"},
    {"quirk", "NAME[=ARG]", OPT_QUIRK, "misbehave; may be repeated:"},
    {"behaviour", "NAME[=ARG]", OPT_BEHAVIOUR, "be hostile, in one way:"},
    {"help", NULL, OPT_HELP, "this"},
};
#define OPTIONS (sizeof table / sizeof table[0])

static void print_help(void)
{
    puts("usage: ftpfake [OPTION]...\nAn FTPS server that can misbehave.\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        char left[48];
        snprintf(left, sizeof left, "--%s%s%s", table[i].name, table[i].arg ? "=" : "",
                 table[i].arg ? table[i].arg : "");
        printf("  %-24s %s\n", left, table[i].help);
    }
    puts("\nquirks:");
    quirk_help(stdout);
    puts("\nbehaviours:");
    behaviour_help(stdout);
}

static int parse_port(const char *text, int *out)
{
    char *end;
    long n = strtol(text, &end, 10);
    *out = (int) n;
    return end != text && *end == '\0' && n >= 0 && n <= 65535 ? 0 : -1;
}

static int parse_range(const char *text, int *lo, int *hi)
{
    char first[8];
    size_t len = strcspn(text, "-");
    if (len >= sizeof first || text[len] != '-')
        return -1;
    memcpy(first, text, len);
    first[len] = '\0';
    if (parse_port(first, lo) < 0 || parse_port(text + len + 1, hi) < 0)
        return -1;
    return *lo > 0 && *lo <= *hi ? 0 : -1;
}

static int parse_word(const char *text, const char *const *words, int *out)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return 0;
        }
    return -1;
}

static int set_seconds(const char *text, int *ms)
{
    char *end;
    double s = strtod(text, &end);
    *ms = (int) (s * 1000);
    return end != text && *end == '\0' && s > 0 && s < 1e6 ? 0 : -1;
}

static int set_tls(struct options *o, int id, const char *arg)
{
    static const char *const modes[] = {"explicit", "implicit", "off", "required", NULL};
    static const char *const versions[] = {"1.3", "1.2", NULL};
    int n = 0;
    if (parse_word(arg, id == OPT_TLS ? modes : versions, &n) < 0)
        return -1;
    if (id == OPT_TLS)
        o->tls = (enum tls_offer) n;
    else
        o->tls12_only = n == 1;
    return 0;
}

static const char **string_option(struct options *o, int id)
{
    switch (id) {
    case OPT_ROOT:
        return &o->root;
    case OPT_LISTEN:
        return &o->listen;
    case OPT_CERT:
        return &o->cert;
    case OPT_KEY:
        return &o->key;
    case OPT_CLIENT_CA:
        return &o->client_ca;
    case OPT_OCSP:
        return &o->ocsp;
    case OPT_CIPHER:
        return &o->cipher;
    case OPT_USER:
        return &o->user;
    case OPT_PASSWORD:
        return &o->password;
    case OPT_ADVERTISE:
        return &o->advertise;
    case OPT_LOG:
        return &o->log;
    default:
        return NULL;
    }
}

static int set_option(struct options *o, int id, const char *arg)
{
    const char **string = string_option(o, id);
    if (string) {
        *string = arg;
        return 0;
    }
    switch (id) {
    case OPT_PORT:
        return parse_port(arg, &o->port);
    case OPT_TLS:
    case OPT_TLS_MAX:
        return set_tls(o, id, arg);
    case OPT_REUSE:
        o->require_reuse = true;
        return 0;
    case OPT_PASSIVE:
        return parse_range(arg, &o->passive_lo, &o->passive_hi);
    case OPT_ACCEPT:
        return set_seconds(arg, &o->accept_timeout_ms);
    case OPT_QUIRK:
        return quirk_add(&o->quirks, arg);
    case OPT_BEHAVIOUR:
        o->behaviour = behaviour_find(arg, &o->behaviour_arg);
        return o->behaviour ? 0 : -1;
    default:
        return -1;
    }
}

int options_parse(int argc, char **argv, struct options *o)
{
    struct option longs[OPTIONS + 1] = {0};
    for (size_t i = 0; i < OPTIONS; i++)
        longs[i] = (struct option){table[i].name, table[i].arg ? required_argument : no_argument,
                                   NULL, table[i].id};
    *o = (struct options){.root = ".",
                          .listen = "127.0.0.1",
                          .user = "anonymous",
                          .behaviour_arg = "",
                          .accept_timeout_ms = 60000};
    int id;
    while ((id = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (id == OPT_HELP) {
            print_help();
            return 1;
        }
        if (id == '?')
            return -1;
        if (set_option(o, id, optarg) < 0) {
            fprintf(stderr, "ftpfake: bad value for an option: %s\n", optarg);
            return -1;
        }
    }
    if (optind < argc || (o->tls != OFFER_OFF && (!o->cert || !o->key))) {
        fputs(optind < argc ? "ftpfake: no arguments are taken\n"
                            : "ftpfake: TLS needs --cert and --key\n",
              stderr);
        return -1;
    }
    return 0;
}
