/* What stream.c needs of trust.c, and that of facts.c: the GnuTLS side. For lib/tls only. */
#ifndef FTPSH_TLS_TRUST_PRIVATE_H
#define FTPSH_TLS_TRUST_PRIVATE_H

#include "tls/identity_private.h"
#include "tls/trust.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

/* ---- trust.c ---- */

/* Whose certificate a connection wants to see. */
struct trust_peer {
    const char *name;
    uint16_t port; /* of the control connection */
    bool may_ask;
};

/* The length of a host's name in certificates and SNI: without the dot of DNS's root at its end
 * (RFC 6066 section 3). */
size_t trust_name_length(const char *name);

/* Loads the authorities where that has not been done. Thread-safe. -1 with ERR_LOCAL. */
int trust_load_authorities(struct trust *t, struct err *err);

gnutls_certificate_credentials_t trust_credentials(const struct trust *t);

/* The priority string, with `group` (may be NULL or "") as the first key exchange group. */
void trust_priority(const struct trust *t, const char *group, char *dst, size_t size);

/* Whether the certificate is acceptable: 0, or -1 with ERR_CERTIFICATE, or what the question gave.
 */
int trust_check(struct trust *t, gnutls_session_t session, const struct trust_peer *peer,
                struct err *err);

/* SHA-256 of the peer's certificate as lower-case hex; "" without one. */
void trust_fingerprint(gnutls_session_t session, char dst[SHA256_TEXT]);

/* Who we are; NULL: nobody in particular. */
const struct identity *trust_identity(const struct trust *t);

/* ---- stream.c ---- */

/* Called by GnuTLS where a server asks for a client certificate. */
int stream_on_request(gnutls_session_t tls, const gnutls_datum_t *authorities, int nauthorities,
                      const gnutls_pk_algorithm_t *algorithms, int nalgorithms,
                      gnutls_pcert_st **certs, unsigned *ncerts, gnutls_privkey_t *key);

/* ---- facts.c ---- */

/* What GnuTLS's verification found, as faults of ours. */
unsigned facts_faults(unsigned status, gnutls_x509_crt_t crt);

/* Fills in both hashes. */
void facts_hashes(gnutls_x509_crt_t crt, struct trust_facts *out);

/* Fills in what else the certificate itself tells. */
void facts_read(gnutls_x509_crt_t crt, struct trust_facts *out);

/* The clauses of a set: "it has expired; it is for another name". Returns dst. */
const char *facts_clauses(unsigned faults, char *dst, size_t size);

#endif
