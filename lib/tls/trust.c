#include "tls/trust_private.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_BYTES = 32 };

struct trust {
    gnutls_certificate_credentials_t credentials;
    enum tls_version min, max;
    unsigned char pins[PIN_MAX][HASH_BYTES];
    size_t npins;
    pthread_mutex_t lock; /* guards `loaded` */
    bool loaded, system;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int pin_parse(const char *text, unsigned char out[HASH_BYTES], struct err *err)
{
    size_t n = 0;
    for (const char *p = text; *p && n < HASH_BYTES; p += 2, n++) {
        int hi = hex_digit(p[0]), lo = hi < 0 ? -1 : hex_digit(p[1]);
        if (lo < 0)
            break;
        out[n] = (unsigned char) (hi << 4 | lo);
    }
    if (n != HASH_BYTES || strlen(text) != 2 * HASH_BYTES)
        return err_set(err, ERR_USAGE, "a pin is 64 hexadecimal digits, not \"%s\"", text);
    return 0;
}

static void hex_format(const unsigned char *bytes, char dst[2 * HASH_BYTES + 1])
{
    for (size_t i = 0; i < HASH_BYTES; i++)
        snprintf(dst + 2 * i, 3, "%02x", bytes[i]);
}

static int load_files(struct trust *t, const struct trust_config *c, struct err *err)
{
    if (c->ca_file) {
        int n =
            gnutls_certificate_set_x509_trust_file(t->credentials, c->ca_file, GNUTLS_X509_FMT_PEM);
        if (n < 0)
            return err_set(err, ERR_LOCAL, "cannot read authorities from %s: %s", c->ca_file,
                           gnutls_strerror(n));
        if (n == 0)
            return err_set(err, ERR_LOCAL, "%s holds no certificate", c->ca_file);
    }
    if (c->cert_file) {
        const char *key = c->key_file ? c->key_file : c->cert_file;
        int rc = gnutls_certificate_set_x509_key_file(t->credentials, c->cert_file, key,
                                                      GNUTLS_X509_FMT_PEM);
        if (rc < 0)
            return err_set(err, ERR_LOCAL, "cannot use certificate %s with key %s: %s",
                           c->cert_file, key, gnutls_strerror(rc));
    }
    return 0;
}

struct trust *trust_new(const struct trust_config *config, struct err *err)
{
    struct trust *t = calloc(1, sizeof *t);
    if (!t || gnutls_certificate_allocate_credentials(&t->credentials) < 0) {
        err_set(err, ERR_LOCAL, "out of memory");
        free(t);
        return NULL;
    }
    pthread_mutex_init(&t->lock, NULL);
    t->min = config->min;
    t->max = config->max;
    t->system = !config->ca_file;
    t->loaded = !t->system;
    bool ok = load_files(t, config, err) == 0;
    for (size_t i = 0; ok && i < config->npins && i < PIN_MAX; i++)
        ok = pin_parse(config->pins[i], t->pins[t->npins++], err) == 0;
    if (!ok) {
        trust_free(t);
        return NULL;
    }
    return t;
}

void trust_free(struct trust *t)
{
    if (!t)
        return;
    gnutls_certificate_free_credentials(t->credentials);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

int trust_load_authorities(struct trust *t, struct err *err)
{
    pthread_mutex_lock(&t->lock);
    int n = 0;
    if (!t->loaded) {
        n = gnutls_certificate_set_x509_system_trust(t->credentials);
        t->loaded = n >= 0;
    }
    pthread_mutex_unlock(&t->lock);
    if (n < 0)
        return err_set(err, ERR_LOCAL, "cannot load the system's certificate authorities: %s",
                       gnutls_strerror(n));
    return 0;
}

gnutls_certificate_credentials_t trust_credentials(const struct trust *t)
{
    return t->credentials;
}

/* AES-128-GCM first: the fastest on processors that have AES, and enough. */
void trust_priority(const struct trust *t, const char *group, char *dst, size_t size)
{
    const char *versions = t->min == TLS_1_3   ? "+VERS-TLS1.3"
                           : t->max == TLS_1_2 ? "+VERS-TLS1.2"
                                               : "+VERS-TLS1.3:+VERS-TLS1.2";
    snprintf(dst, size,
             "NORMAL:-VERS-ALL:%s:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"
             "+AES-128-CCM:+AES-256-CCM:+AES-128-CBC:+AES-256-CBC",
             versions);
    size_t used = strlen(dst);
    if (group && *group && used < size)
        snprintf(dst + used, size - used, ":-GROUP-ALL:+GROUP-%s:+GROUP-ALL", group);
}

static int import_peer(gnutls_session_t session, gnutls_x509_crt_t *out)
{
    unsigned n = 0;
    const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);
    if (!list || n == 0 || gnutls_x509_crt_init(out) < 0)
        return -1;
    if (gnutls_x509_crt_import(*out, &list[0], GNUTLS_X509_FMT_DER) < 0) {
        gnutls_x509_crt_deinit(*out);
        return -1;
    }
    return 0;
}

void trust_fingerprint(gnutls_session_t session, char dst[65])
{
    unsigned n = 0;
    unsigned char hash[HASH_BYTES];
    size_t len = sizeof hash;
    const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);
    dst[0] = '\0';
    if (list && n > 0 && gnutls_fingerprint(GNUTLS_DIG_SHA256, &list[0], hash, &len) == 0)
        hex_format(hash, dst);
}

static bool pin_known(const struct trust *t, const unsigned char hash[HASH_BYTES])
{
    for (size_t i = 0; i < t->npins; i++) {
        if (memcmp(t->pins[i], hash, HASH_BYTES) == 0)
            return true;
    }
    return false;
}

/* A pin names the certificate or its key. */
static bool pin_matches(const struct trust *t, gnutls_x509_crt_t crt)
{
    unsigned char hash[HASH_BYTES];
    size_t len = sizeof hash;
    if (gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, hash, &len) == 0 &&
        pin_known(t, hash))
        return true;
    len = sizeof hash;
    return gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, hash, &len) == 0 &&
           pin_known(t, hash);
}

/* The worst thing first: one line names one cause. */
static const char *status_text(unsigned status, bool self_signed)
{
    static const struct {
        unsigned bit;
        const char *text;
    } causes[] = {
        {GNUTLS_CERT_REVOKED, "it has been revoked"},
        {GNUTLS_CERT_EXPIRED, "it has expired"},
        {GNUTLS_CERT_NOT_ACTIVATED, "it is not valid yet"},
        {GNUTLS_CERT_INSECURE_ALGORITHM, "it uses an insecure algorithm"},
        {GNUTLS_CERT_PURPOSE_MISMATCH, "it is not meant for servers"},
        {GNUTLS_CERT_SIGNATURE_FAILURE, "its signature is wrong"},
        {GNUTLS_CERT_MISSING_OCSP_STATUS, "it demands an OCSP answer and none came"},
        {GNUTLS_CERT_SIGNER_NOT_FOUND, "its issuer is not known"},
        {GNUTLS_CERT_SIGNER_NOT_CA, "its issuer is no authority"},
    };
    if (self_signed && !(status & (GNUTLS_CERT_REVOKED | GNUTLS_CERT_EXPIRED)))
        return "it is self-signed";
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        if (status & causes[i].bit)
            return causes[i].text;
    }
    return "it cannot be verified";
}

static int refuse(gnutls_x509_crt_t crt, unsigned status, const char *name, struct err *err)
{
    unsigned char hash[HASH_BYTES] = {0};
    char hex[2 * HASH_BYTES + 1];
    size_t len = sizeof hash;
    gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, hash, &len);
    hex_format(hash, hex);
    if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
        return err_set(err, ERR_CERTIFICATE,
                       "the certificate is not for %s (--tls-name=NAME, or --pin=sha256:%s)", name,
                       hex);
    bool self = (status & GNUTLS_CERT_SIGNER_NOT_FOUND) && gnutls_x509_crt_check_issuer(crt, crt);
    return err_set(err, ERR_CERTIFICATE,
                   "the certificate of %s is not trusted: %s (to accept it: --pin=sha256:%s)", name,
                   status_text(status, self), hex);
}

int trust_check(struct trust *t, gnutls_session_t session, const char *name, struct err *err)
{
    gnutls_x509_crt_t crt;
    if (import_peer(session, &crt) < 0)
        return err_set(err, ERR_CERTIFICATE, "%s sent no certificate", name);
    int rc = 0;
    unsigned status = 0;
    if (t->npins > 0) {
        if (!pin_matches(t, crt))
            rc = err_set(err, ERR_CERTIFICATE, "the certificate of %s is not the pinned one", name);
    } else if (trust_load_authorities(t, err) < 0) {
        rc = -1;
    } else if (gnutls_certificate_verify_peers3(session, name, &status) < 0) {
        rc = err_set(err, ERR_CERTIFICATE, "the certificate of %s cannot be verified", name);
    } else if (status != 0) {
        rc = refuse(crt, status, name, err);
    }
    gnutls_x509_crt_deinit(crt);
    return rc;
}
