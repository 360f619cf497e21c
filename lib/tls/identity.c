#include "tls/identity_private.h"

#include "tls/trust_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- secrets ---- */

/* A wrong secret decrypts to noise, which now and then looks like padding. */
static bool is_wrong_secret(int rc)
{
    switch (rc) {
    case GNUTLS_E_DECRYPTION_FAILED:
    case GNUTLS_E_MAC_VERIFY_FAILED:
    case GNUTLS_E_ASN1_DER_ERROR:
    case GNUTLS_E_ASN1_TAG_ERROR:
    case GNUTLS_E_ASN1_ELEMENT_NOT_FOUND:
    case GNUTLS_E_PARSING_ERROR:
        return true;
    default:
        return false;
    }
}

int identity_unlock(struct identity *id, const char *what, identity_try_fn try, void *ctx,
                    struct err *err)
{
    struct identity_lock lock = {.what = what};
    char secret[IDENTITY_SECRET_BYTES] = "";
    int rc = GNUTLS_E_DECRYPTION_FAILED, asked = 0;
    for (; is_wrong_secret(rc); lock.tries++) {
        asked = id->secret(id->ctx, &lock, secret, sizeof secret, err);
        if (asked != 0)
            break;
        rc = try(ctx, secret);
        wipe(secret, sizeof secret);
    }
    wipe(secret, sizeof secret);
    if (asked > 0)
        return err_set(err, ERR_LOCAL, "the pass phrase for %s is wrong", what);
    if (asked == 0 && rc < 0)
        return err_set(err, ERR_LOCAL, "cannot use %s: %s", what, gnutls_strerror(rc));
    return asked;
}

/* ---- putting it together ---- */

static bool key_id_of(gnutls_privkey_t key, unsigned char *dst, size_t *size)
{
    gnutls_pubkey_t pub;
    if (gnutls_pubkey_init(&pub) < 0)
        return false;
    bool ok = gnutls_pubkey_import_privkey(pub, key, 0, 0) == 0 &&
              gnutls_pubkey_get_key_id(pub, GNUTLS_KEYID_USE_SHA256, dst, size) == 0;
    gnutls_pubkey_deinit(pub);
    return ok;
}

static bool is_of_key(gnutls_x509_crt_t crt, const unsigned char *key_id, size_t len)
{
    unsigned char id[SHA256_TEXT];
    size_t size = sizeof id;
    return gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, id, &size) == 0 &&
           size == len && memcmp(id, key_id, len) == 0;
}

static void swap(struct identity *id, unsigned a, unsigned b)
{
    gnutls_x509_crt_t held = id->chain[a];
    id->chain[a] = id->chain[b];
    id->chain[b] = held;
}

/* The key's certificate comes first. A token that does not show the public half of its key is
 * believed. */
static int put_own_first(struct identity *id, const struct identity_config *c, struct err *err)
{
    unsigned char key_id[SHA256_TEXT];
    size_t len = sizeof key_id;
    if (!key_id_of(id->key, key_id, &len))
        return 0;
    for (unsigned i = 0; i < id->n; i++) {
        if (is_of_key(id->chain[i], key_id, len)) {
            swap(id, 0, i);
            return 0;
        }
    }
    return err_set(err, ERR_LOCAL, "the key %s does not belong to the client certificate %s",
                   c->key ? c->key : "with it", c->cert);
}

/* Each certificate is followed by its issuer's; what is no part of the chain is left out. */
static void sort_chain(struct identity *id)
{
    unsigned used = 1;
    for (unsigned i = used; i < id->n; i++) {
        gnutls_x509_crt_t last = id->chain[used - 1];
        if (!gnutls_x509_crt_check_issuer(last, id->chain[i]))
            continue;
        swap(id, used++, i);
        i = used - 1;
    }
    while (id->n > used)
        gnutls_x509_crt_deinit(id->chain[--id->n]);
}

static int make_certs(struct identity *id, struct err *err)
{
    int rc = 0;
    id->certs = calloc(id->n, sizeof *id->certs);
    while (id->certs && rc == 0 && id->ncerts < id->n) {
        rc = gnutls_pcert_import_x509(&id->certs[id->ncerts], id->chain[id->ncerts], 0);
        id->ncerts += rc == 0;
    }
    if (id->certs && rc == 0)
        return 0;
    return err_set(err, ERR_LOCAL, "cannot use the client certificate: %s",
                   rc ? gnutls_strerror(rc) : "out of memory");
}

static int note_facts(struct identity *id, struct err *err)
{
    struct trust_facts f = {.port = 0};
    facts_read(id->chain[0], &f);
    id->subject = strdup(f.subject);
    id->from = f.from;
    id->until = f.until;
    return id->subject ? 0 : err_set(err, ERR_LOCAL, "out of memory");
}

/* The token's key first: then it is open, should the certificate be locked in as well. */
static int load(struct identity *id, const struct identity_config *c, struct err *err)
{
    struct buf text;
    bool exposed = false, on_token = identity_is_url(c->cert);
    const char *key = c->key ? c->key : on_token ? c->cert : NULL;
    bool token_key = key && identity_is_url(key);
    int rc = token_key ? identity_token_key(id, key, err) : 0;
    if (rc < 0)
        return -1;
    if (on_token) {
        rc = identity_token_certs(id, c->cert, err);
    } else {
        rc = identity_load_certs(id, c->cert, &text, &exposed, err);
        if (rc == 0 && !id->key && !key)
            rc = identity_parse_key(id, c->cert, &text, exposed, err);
        buf_clear(&text);
    }
    if (rc == 0 && key && !token_key)
        rc = id->key ? err_set(err, ERR_USAGE, "%s holds its key: no other goes with it", c->cert)
                     : identity_load_key(id, key, err);
    return rc;
}

struct identity *identity_new(const struct identity_config *config, struct err *err)
{
    struct identity *id = calloc(1, sizeof *id);
    if (!id) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    id->secret = config->secret;
    id->ctx = config->ctx;
    id->wait = config->wait;
    id->loading = err;
    int rc = load(id, config, err);
    if (rc == 0)
        rc = put_own_first(id, config, err);
    if (rc == 0) {
        sort_chain(id);
        rc = note_facts(id, err) < 0 || make_certs(id, err) < 0 ? -1 : 0;
    }
    id->loading = NULL;
    id->wait = NULL;
    if (rc == 0)
        return id;
    identity_free(id);
    return NULL;
}

void identity_free(struct identity *id)
{
    if (!id)
        return;
    for (unsigned i = 0; i < id->ncerts; i++)
        gnutls_pcert_deinit(&id->certs[i]);
    for (unsigned i = 0; i < id->n; i++)
        gnutls_x509_crt_deinit(id->chain[i]);
    if (id->key)
        gnutls_privkey_deinit(id->key);
    gnutls_free(id->chain);
    free(id->certs);
    free(id->subject);
    free(id);
}

const char *identity_describe(const struct identity *id, char *dst, size_t size)
{
    int64_t now = time(NULL);
    const char *flaw = id->until < now  ? ", which has expired"
                       : id->from > now ? ", which is not valid yet"
                                        : "";
    snprintf(dst, size, "%s%s", id->subject, flaw);
    return dst;
}

void identity_give(const struct identity *id, gnutls_pcert_st **certs, unsigned *ncerts,
                   gnutls_privkey_t *key)
{
    *certs = id ? id->certs : NULL;
    *ncerts = id ? id->ncerts : 0;
    *key = id ? id->key : NULL;
}
