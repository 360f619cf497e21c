/* What stream.c needs of trust.c: the GnuTLS side of it. For lib/tls only. */
#ifndef FTPSH_TLS_TRUST_PRIVATE_H
#define FTPSH_TLS_TRUST_PRIVATE_H

#include "tls/trust.h"

#include <gnutls/gnutls.h>

/* Loads the authorities where that has not been done. Thread-safe. -1 with ERR_LOCAL. */
int trust_load_authorities(struct trust *t, struct err *err);

gnutls_certificate_credentials_t trust_credentials(const struct trust *t);

/* The priority string, with `group` (may be NULL or "") as the first key exchange group. */
void trust_priority(const struct trust *t, const char *group, char *dst, size_t size);

/* Whether the peer's certificate is acceptable for `name`: 0, or -1 with ERR_CERTIFICATE. */
int trust_check(struct trust *t, gnutls_session_t session, const char *name, struct err *err);

/* SHA-256 of the peer's certificate as lower-case hex; "" without one. */
void trust_fingerprint(gnutls_session_t session, char dst[65]);

#endif
