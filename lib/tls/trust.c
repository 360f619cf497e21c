#include "tls/trust_private.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#ifdef __aarch64__
#include <sys/auxv.h>
#endif

/* What the right key makes up for: all that only tells whose certificate it is. */
#define BY_KEY                                                                                     \
    (1u << FAULT_EXPIRED | 1u << FAULT_NOT_YET | 1u << FAULT_SELF_SIGNED | 1u << FAULT_ISSUER |    \
     1u << FAULT_ISSUER_NO_AUTHORITY | 1u << FAULT_NAME)

/* What is believed of a server. */
struct server {
    struct server *next;
    char *name;
    uint16_t port;
    struct trust_key keys[TRUST_KEYS_MAX];
    size_t count;
};

struct trust {
    gnutls_certificate_credentials_t credentials;
    const struct identity *identity;
    enum tls_version min, max;
    char pins[PIN_MAX][SHA256_TEXT];
    size_t npins;
    gnutls_x509_crl_t *crls;
    unsigned ncrls;
    trust_recall_fn recall;
    trust_ask_fn ask;
    void *ctx;
    bool look, system;
    pthread_mutex_t lock; /* guards what follows */
    bool loaded;
    struct server *servers;
    unsigned asked;
};

static int pin_parse(const char *text, char out[SHA256_TEXT], struct err *err)
{
    size_t len = strlen(text);
    if (len != SHA256_TEXT - 1 || strspn(text, "0123456789abcdefABCDEF") != len)
        return err_set(err, ERR_USAGE, "a pin is 64 hexadecimal digits, not \"%s\"", text);
    for (size_t i = 0; i <= len; i++)
        out[i] = (char) (text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
    return 0;
}

static int load_crl(struct trust *t, const char *path, struct err *err)
{
    gnutls_datum_t text;
    int rc = gnutls_load_file(path, &text);
    if (rc == 0 && text.size == 0) {
        gnutls_free(text.data);
        return err_set(err, ERR_LOCAL, "%s is empty: no list of revoked certificates", path);
    }
    if (rc == 0) {
        rc = gnutls_x509_crl_list_import2(&t->crls, &t->ncrls, &text, GNUTLS_X509_FMT_PEM, 0);
        gnutls_free(text.data);
    }
    if (rc < 0)
        return err_set(err, ERR_LOCAL, "cannot read revoked certificates from %s: %s", path,
                       gnutls_strerror(rc));
    return 0;
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
    return c->crl_file ? load_crl(t, c->crl_file, err) : 0;
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
    t->recall = config->recall;
    t->ask = config->ask;
    t->ctx = config->ctx;
    t->look = config->look;
    t->identity = config->identity;
    gnutls_certificate_set_retrieve_function2(t->credentials, stream_on_request);
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

static void drop_server(struct server **at)
{
    struct server *gone = *at;
    *at = gone->next;
    free(gone->name);
    free(gone);
}

void trust_free(struct trust *t)
{
    if (!t)
        return;
    while (t->servers)
        drop_server(&t->servers);
    for (unsigned i = 0; i < t->ncrls; i++)
        gnutls_x509_crl_deinit(t->crls[i]);
    gnutls_free(t->crls);
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

const struct identity *trust_identity(const struct trust *t)
{
    return t->identity;
}

#if defined(__x86_64__) || defined(__i386__)
static bool has_aes(void)
{
    return __builtin_cpu_supports("aes");
}
#elif defined(__aarch64__) && defined(HWCAP_AES)
static bool has_aes(void)
{
    return getauxval(AT_HWCAP) & HWCAP_AES;
}
#else
static bool has_aes(void)
{
    return true; /* nobody tells */
}
#endif

bool trust_allows_tls12(const struct trust *t)
{
    return t && t->min != TLS_1_3;
}

/* AES-128-GCM first where the processor has AES: the fastest then, and enough. */
void trust_priority(const struct trust *t, const char *group, char *dst, size_t size)
{
    const char *versions = t->min == TLS_1_3   ? "+VERS-TLS1.3"
                           : t->max == TLS_1_2 ? "+VERS-TLS1.2"
                                               : "+VERS-TLS1.3:+VERS-TLS1.2";
    const char *ciphers = has_aes() ? "+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"
                                    : "+CHACHA20-POLY1305:+AES-128-GCM:+AES-256-GCM";
    snprintf(dst, size,
             "NORMAL:-VERS-ALL:%s:-CIPHER-ALL:%s:+AES-128-CCM:+AES-256-CCM:+AES-128-CBC:"
             "+AES-256-CBC",
             versions, ciphers);
    size_t used = strlen(dst);
    if (group && *group && used < size)
        snprintf(dst + used, size - used, ":-GROUP-ALL:+GROUP-%s:+GROUP-ALL", group);
}

static int import_peer(const gnutls_datum_t *der, gnutls_x509_crt_t *out)
{
    if (gnutls_x509_crt_init(out) < 0)
        return -1;
    if (gnutls_x509_crt_import(*out, der, GNUTLS_X509_FMT_DER) == 0)
        return 0;
    gnutls_x509_crt_deinit(*out);
    return -1;
}

void trust_fingerprint(gnutls_session_t session, char dst[SHA256_TEXT])
{
    unsigned n = 0;
    gnutls_x509_crt_t crt;
    struct trust_facts facts;
    const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);
    dst[0] = '\0';
    if (!list || n == 0 || import_peer(&list[0], &crt) < 0)
        return;
    facts_hashes(crt, &facts);
    memcpy(dst, facts.sha256, SHA256_TEXT);
    gnutls_x509_crt_deinit(crt);
}

/* ---- what is known of servers ---- */

size_t trust_name_length(const char *name)
{
    size_t len = strlen(name);
    return len > 1 && name[len - 1] == '.' ? len - 1 : len;
}

static struct server **find_server(struct trust *t, const char *name, uint16_t port)
{
    struct server **at = &t->servers;
    while (*at && ((*at)->port != port || strcasecmp((*at)->name, name) != 0))
        at = &(*at)->next;
    return at;
}

/* NULL: out of memory. */
static struct server *add_server(struct trust *t, const struct trust_peer *peer)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s || !(s->name = strdup(peer->name))) {
        free(s);
        return NULL;
    }
    s->port = peer->port;
    s->next = t->servers;
    t->servers = s;
    return s;
}

static size_t recall(struct trust *t, const struct trust_peer *peer,
                     struct trust_key keys[TRUST_KEYS_MAX])
{
    return t->recall && !t->look ? t->recall(t->ctx, peer->name, peer->port, keys) : 0;
}

/* Asks for them where that has not been done; two threads may do so at a time, and find the same.
 */
static int known_keys(struct trust *t, const struct trust_peer *peer,
                      struct trust_key keys[TRUST_KEYS_MAX], size_t *count, struct err *err)
{
    pthread_mutex_lock(&t->lock);
    struct server *s = *find_server(t, peer->name, peer->port);
    pthread_mutex_unlock(&t->lock);
    *count = s ? 0 : recall(t, peer, keys);
    pthread_mutex_lock(&t->lock);
    s = *find_server(t, peer->name, peer->port);
    if (!s && (s = add_server(t, peer))) {
        memcpy(s->keys, keys, *count * sizeof *keys);
        s->count = *count;
    }
    if (s) {
        *count = s->count;
        memcpy(keys, s->keys, s->count * sizeof *keys);
    }
    pthread_mutex_unlock(&t->lock);
    return s ? 0 : err_set(err, ERR_LOCAL, "out of memory");
}

static struct trust_key *match_key(struct trust_key *keys, size_t count,
                                   const struct trust_facts *f)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i].sha256, f->key_sha256) == 0 || strcmp(keys[i].sha256, f->sha256) == 0)
            return &keys[i];
    }
    return NULL;
}

/* It was accepted: with these faults, and no others. */
static int remember(struct trust *t, const struct trust_peer *peer, const struct trust_facts *f,
                    struct err *err)
{
    pthread_mutex_lock(&t->lock);
    t->asked++;
    struct server *s = *find_server(t, peer->name, peer->port);
    if (!s)
        s = add_server(t, peer);
    struct trust_key *key = s ? match_key(s->keys, s->count, f) : NULL;
    if (s && !key && s->count < TRUST_KEYS_MAX) {
        key = &s->keys[s->count++];
        memcpy(key->sha256, f->key_sha256, sizeof key->sha256);
    }
    if (key)
        key->waived |= f->faults;
    pthread_mutex_unlock(&t->lock);
    return key ? 0 : err_set(err, ERR_LOCAL, "out of memory");
}

bool trust_forget(struct trust *t, const char *name)
{
    bool held = false;
    size_t len = trust_name_length(name);
    pthread_mutex_lock(&t->lock);
    for (struct server **at = &t->servers; *at;) {
        if (strncasecmp((*at)->name, name, len) != 0 || (*at)->name[len]) {
            at = &(*at)->next;
            continue;
        }
        held = held || (*at)->count > 0;
        drop_server(at);
    }
    pthread_mutex_unlock(&t->lock);
    return held;
}

unsigned trust_asked(struct trust *t)
{
    if (!t)
        return 0;
    pthread_mutex_lock(&t->lock);
    unsigned asked = t->asked;
    pthread_mutex_unlock(&t->lock);
    return asked;
}

/* ---- what is wrong ---- */

static bool same_name(const gnutls_datum_t *a, const gnutls_datum_t *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* The list is the one of the certificate's issuer, and should have been replaced by now. */
static bool is_old_list_of(gnutls_x509_crl_t crl, gnutls_x509_crt_t crt)
{
    gnutls_datum_t of = {NULL, 0}, issuer = {NULL, 0};
    time_t next = gnutls_x509_crl_get_next_update(crl);
    bool is = gnutls_x509_crl_get_raw_issuer_dn(crl, &of) == 0 &&
              gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer) == 0 && same_name(&of, &issuer);
    gnutls_free(of.data);
    gnutls_free(issuer.data);
    return is && next != (time_t) -1 && next < time(NULL);
}

/* GnuTLS looks for revocation only where nothing else is wrong: that would let a key that is known
 * excuse it. */
static unsigned revocation_faults(const struct trust *t, const gnutls_datum_t *list, unsigned n)
{
    unsigned set = 0;
    for (unsigned i = 0; t->ncrls > 0 && i < n; i++) {
        gnutls_x509_crt_t crt;
        if (import_peer(&list[i], &crt) < 0)
            continue;
        if (gnutls_x509_crt_check_revocation(crt, t->crls, t->ncrls) > 0)
            set |= 1u << FAULT_REVOKED;
        for (unsigned c = 0; c < t->ncrls; c++) {
            if (is_old_list_of(t->crls[c], crt))
                set |= 1u << FAULT_CRL_OLD;
        }
        gnutls_x509_crt_deinit(crt);
    }
    return set;
}

/* GnuTLS stops at some faults: who is asked shall know all of them. */
static unsigned own_faults(gnutls_x509_crt_t crt, const char *name)
{
    unsigned set = 0;
    time_t now = time(NULL);
    if (gnutls_x509_crt_get_expiration_time(crt) < now)
        set |= 1u << FAULT_EXPIRED;
    if (gnutls_x509_crt_get_activation_time(crt) > now)
        set |= 1u << FAULT_NOT_YET;
    if (!gnutls_x509_crt_check_hostname(crt, name))
        set |= 1u << FAULT_NAME;
    if (!gnutls_x509_crt_check_key_purpose(crt, GNUTLS_KP_TLS_WWW_SERVER, 0))
        set |= 1u << FAULT_PURPOSE;
    return set;
}

static int find_faults(struct trust *t, gnutls_session_t session, gnutls_x509_crt_t crt,
                       struct trust_facts *f, struct err *err)
{
    unsigned n = 0, status = 0;
    const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);
    if (trust_load_authorities(t, err) < 0)
        return -1;
    if (gnutls_certificate_verify_peers3(session, f->name, &status) < 0)
        return err_set(err, ERR_CERTIFICATE, "the certificate of %s cannot be verified", f->name);
    f->faults = facts_faults(status, crt) | own_faults(crt, f->name);
    f->faults |= revocation_faults(t, list, n);
    return 0;
}

/* ---- the verdict ---- */

static int refuse(const struct trust_facts *f, struct err *err)
{
    char clauses[512];
    unsigned wrong = f->faults & ~f->waived;
    facts_clauses(wrong, clauses, sizeof clauses);
    if (wrong & 1u << FAULT_REVOKED)
        return err_set(err, ERR_CERTIFICATE, "the certificate of %s is not trusted: %s", f->name,
                       clauses);
    return err_set(err, ERR_CERTIFICATE,
                   "the certificate of %s is not trusted: %s (to accept it: --pin=sha256:%s%s)",
                   f->name, clauses, f->sha256,
                   wrong & 1u << FAULT_NAME ? ", or --tls-name=NAME" : "");
}

static int refuse_changed(const struct trust_facts *f, const struct trust_key *keys, size_t count,
                          struct err *err)
{
    return err_set(err, ERR_CERTIFICATE,
                   "THE KEY OF %s HAS CHANGED, somebody may be in between: it is sha256:%s now, "
                   "and was sha256:%s%s (if the server has a new one for a reason: "
                   "trust --forget %s)",
                   f->name, f->key_sha256, keys[0].sha256, count > 1 ? " or others" : "", f->name);
}

static bool is_pinned(const struct trust *t, const struct trust_facts *f)
{
    for (size_t i = 0; i < t->npins; i++) {
        if (strcmp(t->pins[i], f->sha256) == 0 || strcmp(t->pins[i], f->key_sha256) == 0)
            return true;
    }
    return false;
}

/* A pin makes up for everything but a revocation, as a key that is known does: who took the
 * certificate back knows more than who pinned it. A machine without authorities still has pins. */
static int check_pin(struct trust *t, gnutls_session_t session, gnutls_x509_crt_t crt,
                     struct trust_facts *f, struct err *err)
{
    if (!is_pinned(t, f))
        return err_set(err, ERR_CERTIFICATE, "the certificate of %s is not the pinned one",
                       f->name);
    if (find_faults(t, session, crt, f, NULL) < 0)
        return 0;
    f->waived = f->faults & ~(1u << FAULT_REVOKED);
    return f->faults & 1u << FAULT_REVOKED ? refuse(f, err) : 0;
}

static int ask(struct trust *t, gnutls_x509_crt_t crt, const struct trust_peer *peer,
               struct trust_facts *f, struct err *err)
{
    facts_read(crt, f);
    int rc = t->ask(t->ctx, f, err);
    if (rc != 0)
        return rc < 0 ? -1 : refuse(f, err);
    return t->look ? 0 : remember(t, peer, f, err);
}

static int check(struct trust *t, gnutls_session_t session, gnutls_x509_crt_t crt,
                 const struct trust_peer *peer, struct trust_facts *f, struct err *err)
{
    struct trust_key keys[TRUST_KEYS_MAX];
    size_t count = 0;
    if (find_faults(t, session, crt, f, err) < 0 || known_keys(t, peer, keys, &count, err) < 0)
        return -1;
    const struct trust_key *key = match_key(keys, count, f);
    if (count > 0 && !key)
        return refuse_changed(f, keys, count, err);
    f->known = key != NULL;
    if (key)
        f->waived = f->faults & (key->waived | BY_KEY) & ~(1u << FAULT_REVOKED);
    if (t->look)
        return ask(t, crt, peer, f, err);
    if ((f->faults & ~f->waived) == 0)
        return 0;
    if (!t->ask || !peer->may_ask || f->faults & 1u << FAULT_REVOKED)
        return refuse(f, err);
    return ask(t, crt, peer, f, err);
}

int trust_check(struct trust *t, gnutls_session_t session, const struct trust_peer *peer,
                struct err *err)
{
    unsigned n = 0;
    gnutls_x509_crt_t crt;
    struct trust_facts f = {.name = peer->name, .port = peer->port};
    const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &n);
    if (!list || n == 0 || import_peer(&list[0], &crt) < 0)
        return err_set(err, ERR_CERTIFICATE, "%s sent no certificate", peer->name);
    facts_hashes(crt, &f);
    int rc =
        t->npins > 0 ? check_pin(t, session, crt, &f, err) : check(t, session, crt, peer, &f, err);
    gnutls_x509_crt_deinit(crt);
    return rc;
}
