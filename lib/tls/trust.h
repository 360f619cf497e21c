/* Whom we believe and who we are: built once, immutable, shared by all connections and threads. */
#ifndef FTPSH_TLS_TRUST_H
#define FTPSH_TLS_TRUST_H

#include "base/err.h"

#include <stddef.h>

#define PIN_MAX 8

enum tls_version { TLS_ANY, TLS_1_2, TLS_1_3 };

/* Strings are borrowed for the call. Pins are 64 hex digits: SHA-256 of the certificate (DER) or of
 * its public key (SubjectPublicKeyInfo). With a pin, a certificate that matches is accepted
 * whatever its name and issuer, and one that does not is refused. */
struct trust_config {
    const char *ca_file;   /* instead of the system's authorities; NULL: those */
    const char *cert_file; /* client certificate, PEM; NULL: none */
    const char *key_file;  /* its key; NULL: in cert_file */
    const char *pins[PIN_MAX];
    size_t npins;
    enum tls_version min, max; /* TLS_ANY: 1.2 and the newest */
};

struct trust;

/* NULL with ERR_LOCAL (a file that cannot be read or parsed) or ERR_USAGE (a malformed pin). The
 * system's authorities are loaded when first needed. */
struct trust *trust_new(const struct trust_config *config, struct err *err);
void trust_free(struct trust *t);

#endif
