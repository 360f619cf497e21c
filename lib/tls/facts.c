/* What a certificate tells, and what is wrong with it. */
#include "tls/trust_private.h"

#include "base/escape.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { SAN_SEEN_MAX = 4096 };

static const struct {
    const char *name, *text;
} faults[FAULTS] = {
    [FAULT_REVOKED] = {"revoked", "it has been revoked"},
    [FAULT_SIGNATURE] = {"signature", "its signature is wrong"},
    [FAULT_EXPIRED] = {"expired", "it has expired"},
    [FAULT_NOT_YET] = {"not-yet-valid", "it is not valid yet"},
    [FAULT_SELF_SIGNED] = {"self-signed", "it is self-signed"},
    [FAULT_ISSUER] = {"unknown-issuer", "its issuer is not known"},
    [FAULT_ISSUER_NO_AUTHORITY] = {"issuer-no-authority", "its issuer is no authority"},
    [FAULT_NAME] = {"name", "it is for another name"},
    [FAULT_PURPOSE] = {"purpose", "it is not meant for servers"},
    [FAULT_ALGORITHM] = {"algorithm", "it uses an insecure algorithm"},
    [FAULT_OCSP_MISSING] = {"ocsp-missing", "it demands an OCSP answer and none came"},
    [FAULT_OCSP_BAD] = {"ocsp-bad", "the OCSP answer with it is false or too old"},
    [FAULT_CRL_OLD] = {"crl-old", "the list of revoked certificates is out of date"},
    [FAULT_OTHER] = {"other", "it cannot be verified"},
};

const char *trust_fault_name(enum trust_fault f)
{
    return faults[f].name;
}

const char *trust_fault_text(enum trust_fault f)
{
    return faults[f].text;
}

static const char *join(unsigned set, bool names, const char *between, char *dst, size_t size)
{
    size_t len = 0;
    dst[0] = '\0';
    for (size_t f = 0; f < FAULTS && len < size; f++) {
        if (set & 1u << f)
            len += (size_t) snprintf(dst + len, size - len, "%s%s", len ? between : "",
                                     names ? faults[f].name : faults[f].text);
    }
    return dst;
}

const char *trust_faults_format(unsigned set, char dst[FAULTS_TEXT])
{
    return join(set, true, ",", dst, FAULTS_TEXT);
}

const char *facts_clauses(unsigned set, char *dst, size_t size)
{
    return join(set, false, "; ", dst, size);
}

unsigned trust_faults_parse(const char *text)
{
    unsigned set = 0;
    while (*text) {
        size_t len = strcspn(text, ",");
        for (size_t f = 0; f < FAULTS; f++) {
            if (strlen(faults[f].name) == len && memcmp(faults[f].name, text, len) == 0)
                set |= 1u << f;
        }
        text += len + (text[len] == ',');
    }
    return set;
}

unsigned facts_faults(unsigned status, gnutls_x509_crt_t crt)
{
    static const struct {
        unsigned bits;
        enum trust_fault fault;
    } of[] = {
        {GNUTLS_CERT_REVOKED, FAULT_REVOKED},
        {GNUTLS_CERT_SIGNATURE_FAILURE, FAULT_SIGNATURE},
        {GNUTLS_CERT_EXPIRED, FAULT_EXPIRED},
        {GNUTLS_CERT_NOT_ACTIVATED, FAULT_NOT_YET},
        {GNUTLS_CERT_SIGNER_NOT_FOUND, FAULT_ISSUER},
        {GNUTLS_CERT_SIGNER_NOT_CA, FAULT_ISSUER_NO_AUTHORITY},
        {GNUTLS_CERT_UNEXPECTED_OWNER, FAULT_NAME},
        {GNUTLS_CERT_PURPOSE_MISMATCH, FAULT_PURPOSE},
        {GNUTLS_CERT_INSECURE_ALGORITHM, FAULT_ALGORITHM},
        {GNUTLS_CERT_MISSING_OCSP_STATUS, FAULT_OCSP_MISSING},
        {GNUTLS_CERT_INVALID_OCSP_STATUS | GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED |
             GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE,
         FAULT_OCSP_BAD},
    };
    unsigned set = 0, read = GNUTLS_CERT_INVALID;
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        read |= of[i].bits;
        if (status & of[i].bits)
            set |= 1u << of[i].fault;
    }
    if ((status & ~read) || (status && !set))
        set |= 1u << FAULT_OTHER;
    if ((set & 1u << FAULT_ISSUER) && gnutls_x509_crt_check_issuer(crt, crt))
        set ^= 1u << FAULT_ISSUER | 1u << FAULT_SELF_SIGNED;
    return set;
}

/* ---- what it tells ---- */

/* Escaped, with a mark where it had to be cut. */
static void put_text(char dst[CERTIFICATE_NAME_BYTES], const char *prefix, const void *text,
                     size_t len)
{
    static const char cut[] = "...";
    char all[CERTIFICATE_NAME_BYTES + 8];
    size_t used = (size_t) snprintf(dst, CERTIFICATE_NAME_BYTES, "%s", prefix);
    size_t room = CERTIFICATE_NAME_BYTES - used - (sizeof cut - 1);
    size_t whole = escape_text(all, sizeof all, text, len);
    size_t put = escape_text(dst + used, room, text, len);
    if (put < whole)
        snprintf(dst + used + put, sizeof cut, "%s", cut);
}

static void put_dn(char dst[CERTIFICATE_NAME_BYTES], gnutls_x509_crt_t crt,
                   int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned))
{
    gnutls_datum_t text = {NULL, 0};
    dst[0] = '\0';
    if (get(crt, &text, 0) < 0)
        return;
    put_text(dst, "", text.data, text.size);
    gnutls_free(text.data);
}

static void put_address(char dst[CERTIFICATE_NAME_BYTES], const void *bytes, size_t len)
{
    int family = len == 4 ? AF_INET : AF_INET6;
    char text[INET6_ADDRSTRLEN] = "?";
    if (len == 4 || len == 16)
        inet_ntop(family, bytes, text, sizeof text);
    put_text(dst, "", text, strlen(text));
}

/* False for a kind that names no server. */
static bool put_name(char dst[CERTIFICATE_NAME_BYTES], int type, const char *text, size_t len)
{
    switch (type) {
    case GNUTLS_SAN_DNSNAME:
        put_text(dst, "", text, len);
        return true;
    case GNUTLS_SAN_IPADDRESS:
        put_address(dst, text, len);
        return true;
    case GNUTLS_SAN_URI:
        put_text(dst, "URI:", text, len);
        return true;
    case GNUTLS_SAN_RFC822NAME:
        put_text(dst, "email:", text, len);
        return true;
    default:
        return false;
    }
}

static void read_names(gnutls_x509_crt_t crt, struct trust_facts *out)
{
    for (unsigned i = 0; i < SAN_SEEN_MAX; i++) {
        char text[CERTIFICATE_NAME_BYTES];
        size_t len = sizeof text;
        int type = gnutls_x509_crt_get_subject_alt_name(crt, i, text, &len, NULL);
        if (type == GNUTLS_E_SHORT_MEMORY_BUFFER ||
            (type >= 0 && out->names_count == CERTIFICATE_NAMES_MAX))
            out->names_more++;
        else if (type < 0)
            return;
        else if (put_name(out->names[out->names_count], type, text, len))
            out->names_count++;
    }
}

static void put_hex(char dst[SHA256_TEXT], const unsigned char *bytes, size_t len)
{
    dst[0] = '\0';
    for (size_t i = 0; i < len && 2 * i + 2 < SHA256_TEXT; i++)
        snprintf(dst + 2 * i, 3, "%02x", bytes[i]);
}

void facts_hashes(gnutls_x509_crt_t crt, struct trust_facts *out)
{
    unsigned char hash[SHA256_TEXT / 2];
    size_t len = sizeof hash;
    int rc = gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, hash, &len);
    put_hex(out->sha256, hash, rc == 0 ? len : 0);
    len = sizeof hash;
    rc = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, hash, &len);
    put_hex(out->key_sha256, hash, rc == 0 ? len : 0);
}

bool trust_hash_key(const char *base64, char dst[SHA256_TEXT])
{
    unsigned char hash[SHA256_TEXT / 2];
    gnutls_datum_t text = {(unsigned char *) (uintptr_t) base64, (unsigned) strlen(base64)};
    gnutls_datum_t key = {NULL, 0};
    gnutls_pubkey_t pub = NULL;
    bool ok = text.size > 0 && gnutls_base64_decode2(&text, &key) == 0 &&
              gnutls_pubkey_init(&pub) == 0 &&
              gnutls_pubkey_import(pub, &key, GNUTLS_X509_FMT_DER) == 0 &&
              gnutls_hash_fast(GNUTLS_DIG_SHA256, key.data, key.size, hash) == 0;
    if (pub)
        gnutls_pubkey_deinit(pub);
    gnutls_free(key.data);
    put_hex(dst, hash, ok ? sizeof hash : 0);
    return ok;
}

void facts_read(gnutls_x509_crt_t crt, struct trust_facts *out)
{
    put_dn(out->subject, crt, gnutls_x509_crt_get_dn3);
    put_dn(out->issuer, crt, gnutls_x509_crt_get_issuer_dn3);
    out->from = gnutls_x509_crt_get_activation_time(crt);
    out->until = gnutls_x509_crt_get_expiration_time(crt);
    read_names(crt, out);
}
