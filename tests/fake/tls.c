#include "tls.h"

#include <stdint.h>
#include <string.h>

static int load_pair(gnutls_certificate_credentials_t *out, const char *cert, const char *key,
                     const char *ca)
{
    gnutls_certificate_allocate_credentials(out);
    int rc = gnutls_certificate_set_x509_key_file(*out, cert, key, GNUTLS_X509_FMT_PEM);
    if (rc < 0)
        fprintf(stderr, "ftpfake: %s, %s: %s\n", cert, key, gnutls_strerror(rc));
    if (rc < 0 || !ca)
        return rc < 0 ? -1 : 0;
    rc = gnutls_certificate_set_x509_trust_file(*out, ca, GNUTLS_X509_FMT_PEM);
    if (rc <= 0)
        fprintf(stderr, "ftpfake: %s holds no certificate\n", ca);
    return rc <= 0 ? -1 : 0;
}

/* Who must have signed the client certificates of control, or of data; NULL: none is asked for. */
static const char *client_ca(const struct server *srv, bool data)
{
    const char *of_data = srv->options.quirks.value[QUIRK_DATA_CA].text;
    return data && of_data ? of_data : srv->options.client_ca;
}

static int load_data_pair(struct server *srv)
{
    const struct options *o = &srv->options;
    const char *both = o->quirks.value[QUIRK_OTHER_CERT].text, *ca = client_ca(srv, true);
    char cert[1024];
    size_t len = both ? strcspn(both, ":") : 0;
    if (!both && ca == o->client_ca) {
        srv->data_cert = srv->cert;
        return 0;
    }
    if (!both)
        return load_pair(&srv->data_cert, o->cert, o->key, ca);
    if (!both[len] || len >= sizeof cert) {
        fputs("ftpfake: other-data-cert wants CERT:KEY\n", stderr);
        return -1;
    }
    memcpy(cert, both, len);
    cert[len] = '\0';
    return load_pair(&srv->data_cert, cert, both + len + 1, ca);
}

/* As a function, since GnuTLS takes no file that tells of a revoked or another certificate. */
static int staple(gnutls_session_t tls, void *path, gnutls_datum_t *answer)
{
    (void) tls;
    return gnutls_load_file(path, answer) < 0 ? GNUTLS_E_NO_CERTIFICATE_STATUS : 0;
}

int tls_load(struct server *srv)
{
    const struct options *o = &srv->options;
    if (o->tls == OFFER_OFF)
        return 0;
    if (load_pair(&srv->cert, o->cert, o->key, o->client_ca) < 0 || load_data_pair(srv) < 0)
        return -1;
    if (o->ocsp)
        gnutls_certificate_set_ocsp_status_request_function(srv->cert, staple,
                                                            (void *) (uintptr_t) o->ocsp);
    const char *versions = o->tls12_only ? "NORMAL:-VERS-ALL:+VERS-TLS1.2"
                                         : "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    char text[256];
    snprintf(text, sizeof text, "%s%s%s", versions, o->cipher ? ":-CIPHER-ALL:+" : "",
             o->cipher ? o->cipher : "");
    return gnutls_priority_init(&srv->priority, text, NULL) < 0 ? -1 : 0;
}

void tls_unload(struct server *srv)
{
    if (srv->data_cert && srv->data_cert != srv->cert)
        gnutls_certificate_free_credentials(srv->data_cert);
    if (srv->cert)
        gnutls_certificate_free_credentials(srv->cert);
    if (srv->priority)
        gnutls_priority_deinit(srv->priority);
}

int tls_state_init(struct tls_state *t)
{
    *t = (struct tls_state){0};
    return gnutls_session_ticket_key_generate(&t->ticket_key) < 0 ? -1 : 0;
}

static void forget_kept(struct tls_kept *k)
{
    gnutls_free(k->id.data);
    gnutls_free(k->session.data);
    *k = (struct tls_kept){{NULL, 0}, {NULL, 0}};
}

void tls_state_clear(struct tls_state *t)
{
    for (size_t i = 0; i < TLS_KEPT_MAX; i++)
        forget_kept(&t->kept[i]);
    gnutls_free(t->ticket_key.data);
    t->ticket_key.data = NULL;
}

/* The first identity of pre_shared_key (RFC 8446 section 4.2.11) is the ticket. */
static int note_ticket(void *ctx, unsigned id, const unsigned char *data, unsigned size)
{
    struct tls_state *t = ctx;
    if (id != 41 || size < 4 + TLS_TICKET_HEAD)
        return 0;
    size_t known = t->n_seen < TLS_SEEN_MAX ? t->n_seen : TLS_SEEN_MAX;
    for (size_t i = 0; i < known; i++)
        if (memcmp(t->seen[i], data + 4, TLS_TICKET_HEAD) == 0)
            t->offered_twice = true;
    memcpy(t->seen[t->n_seen++ % TLS_SEEN_MAX], data + 4, TLS_TICKET_HEAD);
    return 0;
}

static int see_client_hello(gnutls_session_t tls, unsigned type, unsigned when, unsigned incoming,
                            const gnutls_datum_t *msg)
{
    (void) type, (void) when;
    struct tls_state *t = gnutls_session_get_ptr(tls);
    if (incoming)
        gnutls_ext_raw_parse(t, note_ticket, msg, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
    return 0;
}

static gnutls_datum_t copy_datum(gnutls_datum_t from)
{
    gnutls_datum_t to = {gnutls_malloc(from.size), from.size};
    if (to.data)
        memcpy(to.data, from.data, from.size);
    else
        to.size = 0;
    return to;
}

static int keep_session(void *ctx, gnutls_datum_t id, gnutls_datum_t session)
{
    struct tls_state *t = ctx;
    struct tls_kept *k = &t->kept[t->n_kept++ % TLS_KEPT_MAX];
    forget_kept(k);
    k->id = copy_datum(id);
    k->session = copy_datum(session);
    return 0;
}

static gnutls_datum_t find_session(void *ctx, gnutls_datum_t id)
{
    struct tls_state *t = ctx;
    for (size_t i = 0; i < TLS_KEPT_MAX; i++) {
        struct tls_kept *k = &t->kept[i];
        if (k->id.size == id.size && id.size > 0 && memcmp(k->id.data, id.data, id.size) == 0)
            return copy_datum(k->session);
    }
    return (gnutls_datum_t){NULL, 0};
}

/* What quirks leave of it. */
static void enable_resumption(gnutls_session_t tls, struct tls_state *t, const struct quirks *q)
{
    if (quirk_on(q, QUIRK_NO_RESUME) ||
        (quirk_on(q, QUIRK_RESUME_TIMES) && t->n_resumed >= q->value[QUIRK_RESUME_TIMES].number))
        return;
    if (quirk_on(q, QUIRK_TICKET_LIFE))
        gnutls_db_set_cache_expiration(tls, (int) q->value[QUIRK_TICKET_LIFE].number);
    if (!quirk_on(q, QUIRK_SESSION_IDS))
        gnutls_session_ticket_enable_server(tls, &t->ticket_key);
    gnutls_db_set_ptr(tls, t);
    gnutls_db_set_store_function(tls, keep_session);
    gnutls_db_set_retrieve_function(tls, find_session);
}

gnutls_session_t tls_session_new(const struct server *srv, struct tls_state *t, bool data)
{
    const struct quirks *q = &srv->options.quirks;
    unsigned flags = GNUTLS_SERVER | GNUTLS_NONBLOCK;
    if (quirk_on(q, QUIRK_LATE_TICKET))
        flags |= GNUTLS_NO_AUTO_SEND_TICKET;
    gnutls_session_t tls;
    if (gnutls_init(&tls, flags) < 0)
        return NULL;
    gnutls_priority_set(tls, srv->priority);
    gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, data ? srv->data_cert : srv->cert);
    gnutls_session_set_ptr(tls, t);
    t->offered_twice = false;
    if (client_ca(srv, data)) {
        gnutls_certificate_server_set_request(tls, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_cert(tls, NULL, 0);
    }
    enable_resumption(tls, t, q);
    if (quirk_on(q, QUIRK_TICKET_ONCE))
        gnutls_handshake_set_hook_function(tls, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
                                           see_client_hello);
    return tls;
}

gnutls_session_t tls_client_new(const struct server *srv)
{
    gnutls_session_t tls;
    if (gnutls_init(&tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK) < 0)
        return NULL;
    gnutls_priority_set(tls, srv->priority);
    gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, srv->data_cert);
    return tls;
}
