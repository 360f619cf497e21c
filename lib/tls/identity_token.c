/* Client certificates and keys on tokens (PKCS#11). */
#include "tls/identity_private.h"

#include <stdio.h>
#include <string.h>

/* Enough for a URL with all its attributes. */
enum { URL_BYTES = 2048 };

bool identity_is_url(const char *text)
{
    return gnutls_url_is_supported(text) != 0;
}

/* For GnuTLS, which counts in `tries` what was wrong before. */
static int give_pin(void *ctx, int tries, const char *url, const char *label, unsigned flags,
                    char *pin, size_t size)
{
    struct identity *id = ctx;
    struct err dropped = ERR_INIT;
    struct identity_lock lock = {.what = label,
                                 .pin = true,
                                 .tries = tries > 0                  ? (unsigned) tries
                                          : flags & GNUTLS_PIN_WRONG ? 1
                                                                     : 0,
                                 .last = flags & GNUTLS_PIN_FINAL_TRY};
    (void) url;
    int rc = id->secret(id->ctx, &lock, pin, size, id->loading ? id->loading : &dropped);
    if (rc > 0 && id->loading)
        err_set(id->loading, ERR_LOCAL, "the PIN for the token \"%s\" is wrong%s", label,
                lock.last ? ", and the next wrong one locks it" : "");
    return rc == 0 ? 0 : GNUTLS_E_PKCS11_PIN_ERROR;
}

/* What is to be told where no question told of it. */
static int failed(const char *what, const char *url, int rc, struct err *err)
{
    switch (rc) {
    case GNUTLS_E_PKCS11_PIN_LOCKED:
        return err_set(err, ERR_LOCAL, "%s %s: the token's PIN is locked", what, url);
    case GNUTLS_E_PKCS11_PIN_EXPIRED:
        return err_set(err, ERR_LOCAL, "%s %s: the token's PIN has expired", what, url);
    case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
    case GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE:
    case GNUTLS_E_PKCS11_SLOT_ERROR:
    case GNUTLS_E_PKCS11_TOKEN_ERROR:
        return err_set(err, ERR_LOCAL, "%s %s: no token that is there holds it", what, url);
    default:
        return err_set(err, ERR_LOCAL, "%s %s: %s", what, url, gnutls_strerror(rc));
    }
}

/* The URL of a certificate names its key, too, but for the type. */
static void to_private(const char *url, char dst[URL_BYTES])
{
    static const char cert[] = "type=cert";
    const char *at = strstr(url, cert);
    if (at)
        snprintf(dst, URL_BYTES, "%.*stype=private%s", (int) (at - url), url, at + sizeof cert - 1);
    else
        snprintf(dst, URL_BYTES, "%s", url);
}

int identity_token_key(struct identity *id, const char *url, struct err *err)
{
    char private[URL_BYTES];
    to_private(url, private);
    int rc = gnutls_privkey_init(&id->key);
    if (rc == 0) {
        gnutls_privkey_set_pin_function(id->key, give_pin, id);
        rc = gnutls_privkey_import_url(id->key, private, 0);
    }
    return rc < 0 ? failed("the private key", url, rc, err) : 0;
}

/* Some tokens show certificates only to who has logged in. */
int identity_token_certs(struct identity *id, const char *url, struct err *err)
{
    int rc = gnutls_x509_crt_list_import_url(&id->chain, &id->n, url, give_pin, id, 0);
    if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        rc = gnutls_x509_crt_list_import_url(&id->chain, &id->n, url, give_pin, id,
                                             GNUTLS_PKCS11_OBJ_FLAG_LOGIN);
    if (rc == 0 && id->n > 0)
        return 0;
    return failed("the client certificate", url,
                  rc < 0 ? rc : GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE, err);
}
