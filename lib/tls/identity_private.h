/* What the parts of identity and stream.c share: the GnuTLS side. For lib/tls only. */
#ifndef FTPSH_TLS_IDENTITY_PRIVATE_H
#define FTPSH_TLS_IDENTITY_PRIVATE_H

#include "base/buf.h"
#include "tls/identity.h"

#include <gnutls/abstract.h>
#include <gnutls/pkcs11.h>
#include <gnutls/x509.h>

struct identity {
    identity_secret_fn secret;
    void *ctx;
    const struct wait *wait; /* while it is loaded */
    struct err *loading;     /* where the token's questions leave their errors; NULL: nowhere */
    gnutls_x509_crt_t *chain;
    unsigned n;
    gnutls_privkey_t key;
    gnutls_pcert_st *certs; /* the chain again, as it is sent */
    unsigned ncerts;
    char *subject;
    int64_t from, until; /* seconds since 1970 */
};

/* ---- identity.c ---- */

/* Asks for secrets until `try` takes one; it returns GnuTLS's codes. 0, or -1 with ERR_LOCAL, or
 * what the question gave. */
typedef int (*identity_try_fn)(void *ctx, const char *secret);
int identity_unlock(struct identity *id, const char *what, identity_try_fn try, void *ctx,
                    struct err *err);

/* ---- identity_file.c ---- */

/* Certificates from a file, whose contents are left in `text`, which is made here and the caller's
 * to clear; PKCS#12 gives the key as well. */
int identity_load_certs(struct identity *id, const char *path, struct buf *text, bool *exposed,
                        struct err *err);

/* The key out of what a file holds; `exposed`: others can read it. */
int identity_parse_key(struct identity *id, const char *path, const struct buf *text, bool exposed,
                       struct err *err);
int identity_load_key(struct identity *id, const char *path, struct err *err);

/* ---- identity_token.c ---- */

bool identity_is_url(const char *text);
int identity_token_key(struct identity *id, const char *url, struct err *err);
int identity_token_certs(struct identity *id, const char *url, struct err *err);

/* ---- for stream.c ---- */

/* What is sent; NULL gives nothing, which is sent as an empty list. */
void identity_give(const struct identity *id, gnutls_pcert_st **certs, unsigned *ncerts,
                   gnutls_privkey_t *key);

#endif
