/* Whom we believe: built once, shared by all connections and threads.
 *
 * A certificate is believed for the authority behind it, for a pin, for a key that is known of its
 * server from before, or because a person was asked. Where a key is known no other is believed,
 * whoever vouches for it; pins go before all. What is believed once holds for the life of the
 * struct trust, for every connection with the same name and port. */
#ifndef FTPSH_TLS_TRUST_H
#define FTPSH_TLS_TRUST_H

#include "base/err.h"
#include "tls/identity.h"

#include <stddef.h>
#include <stdint.h>

#define PIN_MAX 8
#define SHA256_TEXT 65 /* lower-case hexadecimal digits and the NUL */

enum tls_version { TLS_ANY, TLS_1_2, TLS_1_3 };

/* What can be wrong with a certificate, the worst first; sets of them have the bit 1u << fault. */
enum trust_fault {
    FAULT_REVOKED,   /* by --crl-file or an OCSP answer: no person and no key known waives it */
    FAULT_SIGNATURE, /* of an authority, and false */
    FAULT_EXPIRED,
    FAULT_NOT_YET,
    FAULT_SELF_SIGNED,
    FAULT_ISSUER, /* not known */
    FAULT_ISSUER_NO_AUTHORITY,
    FAULT_NAME, /* it is for others (RFC 6125) */
    FAULT_PURPOSE,
    FAULT_ALGORITHM,    /* broken ones */
    FAULT_OCSP_MISSING, /* it demands an OCSP answer (RFC 7633), and none came */
    FAULT_OCSP_BAD,     /* an answer that is false or too old */
    FAULT_CRL_OLD,      /* the list of revoked certificates should have been replaced */
    FAULT_OTHER,
    FAULTS /* how many there are */
};

/* A fault's short name ("self-signed"), and a clause for a person ("it is self-signed"). */
const char *trust_fault_name(enum trust_fault f);
const char *trust_fault_text(enum trust_fault f);

/* The names of a set, with commas between; "" for none. Returns dst. */
#define FAULTS_TEXT 256
const char *trust_faults_format(unsigned faults, char dst[FAULTS_TEXT]);
/* And back; names that are none are passed over. */
unsigned trust_faults_parse(const char *text);

#define CERTIFICATE_NAME_BYTES 512
#define CERTIFICATE_NAMES_MAX 16

/* A certificate as it is shown. Text is escaped, and cut where it is too long. */
struct trust_facts {
    const char *name; /* whose it should be: a host name, an address, or --tls-name */
    uint16_t port;
    char subject[CERTIFICATE_NAME_BYTES], issuer[CERTIFICATE_NAME_BYTES]; /* RFC 4514 */
    int64_t from, until;                                                  /* seconds since 1970 */
    char names[CERTIFICATE_NAMES_MAX][CERTIFICATE_NAME_BYTES]; /* host names and addresses */
    size_t names_count, names_more;                            /* those that have no room */
    char sha256[SHA256_TEXT];                                  /* of the certificate (DER) */
    char key_sha256[SHA256_TEXT]; /* of its public key (SubjectPublicKeyInfo) */
    unsigned faults;              /* what is wrong with it */
    unsigned waived;              /* those of them that the known key makes up for */
    bool known;                   /* its key is one that is known */
};

/* A key that is known of a server. It makes up for whatever is wrong with the issuer, the name and
 * the dates of a certificate, since it says itself who the server is, and for the faults in
 * `waived`. */
struct trust_key {
    char sha256[SHA256_TEXT]; /* of the key, or of the certificate */
    unsigned waived;
};
#define TRUST_KEYS_MAX 8

/* The hash of a public key (SubjectPublicKeyInfo) that is there in base64. False where that is
 * none. */
bool trust_hash_key(const char *base64, char dst[SHA256_TEXT]);

/* The keys known of a server from before: how many, 0 where none is. Asked once for each name and
 * port, from any thread. */
typedef size_t (*trust_recall_fn)(void *ctx, const char *name, uint16_t port,
                                  struct trust_key keys[TRUST_KEYS_MAX]);

/* Whether to go on with a certificate that has faults: 0, and it holds for the life of the struct
 * trust; 1 where nobody can be asked, which is a no; or -1 with ERR_CERTIFICATE (no),
 * ERR_CANCELLED, ERR_TIMEOUT. In the thread of the connection, in mid-handshake. */
typedef int (*trust_ask_fn)(void *ctx, const struct trust_facts *facts, struct err *err);

/* Strings are borrowed for the call. Pins are 64 hex digits: SHA-256 of the certificate (DER) or of
 * its public key (SubjectPublicKeyInfo). With a pin, a certificate that matches is accepted
 * whatever its name and issuer unless it was revoked, and one that does not is refused. */
struct trust_config {
    const char *ca_file;             /* instead of the system's authorities; NULL: those */
    const char *crl_file;            /* revoked certificates, PEM; NULL: none */
    const struct identity *identity; /* to show when asked; borrowed for life; NULL: none */
    const char *pins[PIN_MAX];
    size_t npins;
    enum tls_version min, max; /* TLS_ANY: 1.2 and the newest */
    trust_recall_fn recall;    /* NULL: nothing is known */
    trust_ask_fn ask;          /* NULL: nobody is asked */
    void *ctx;                 /* of both */
    bool look; /* `ask` is called for every certificate, and nothing is known or remembered */
};

struct trust;

/* NULL with ERR_LOCAL (a file that cannot be read or parsed) or ERR_USAGE (a malformed pin). The
 * system's authorities are loaded when first needed. */
struct trust *trust_new(const struct trust_config *config, struct err *err);
void trust_free(struct trust *t);

/* TLS 1.2 may be spoken. False for NULL. */
bool trust_allows_tls12(const struct trust *t);

/* Drops what is held of a server, with all its ports: it is recalled anew, and asked for again.
 * Whether a key was. */
bool trust_forget(struct trust *t, const char *name);

/* How many certificates were accepted because somebody was asked. It grows while somebody thinks,
 * and clocks may have run out meanwhile. 0 for NULL. */
unsigned trust_asked(struct trust *t);

#endif
