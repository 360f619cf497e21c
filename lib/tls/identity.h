/* Who we are: a client certificate with its chain, and its key, from files or from a token.
 *
 * Files are PEM (certificates in any order, the key with them or in a file of its own; PKCS#8 and
 * traditional keys), PKCS#12, or DER. A token is named by a "pkcs11:" URL (RFC 7512), for either or
 * both: its key never leaves it. Built once, shared by all connections and threads. It is shown to
 * every server that asks, whatever authorities that names. */
#ifndef FTPSH_TLS_IDENTITY_H
#define FTPSH_TLS_IDENTITY_H

#include "base/wait.h"

struct identity;

/* What a secret is wanted for. */
struct identity_lock {
    const char *what; /* the file, as it was named, or the token's label */
    bool pin;         /* a token's PIN, which too many wrong ones lock; else a pass phrase */
    unsigned tries;   /* how many were wrong */
    bool last;        /* by what the token says, the next wrong one locks it */
};
#define IDENTITY_SECRET_BYTES 256

/* Asked when something is locked, and again while what it gave was wrong: 0 with the secret in dst,
 * NUL-terminated; 1 when there is no other to try; -1 with err. Also asked later, in the thread of
 * a connection, by tokens that were taken out or want their PIN each time. */
typedef int (*identity_secret_fn)(void *ctx, const struct identity_lock *lock, char *dst,
                                  size_t size, struct err *err);

/* Strings and `wait` are borrowed for the call, `ctx` for the identity's life. */
struct identity_config {
    const char *cert;
    const char *key; /* NULL: in the same file, or behind the same URL */
    identity_secret_fn secret;
    void *ctx;
    const struct wait *wait; /* a file may be a pipe that nobody writes to yet */
};

/* NULL with ERR_LOCAL: what cannot be read, parsed or found; a wrong secret, a token that is
 * missing or locked; a key that does not belong to the certificate; a key without a pass phrase
 * that others can read. ERR_USAGE: a key beside a PKCS#12 file, which holds its own. ERR_CANCELLED,
 * ERR_TIMEOUT, or what `secret` gave. */
struct identity *identity_new(const struct identity_config *config, struct err *err);
void identity_free(struct identity *id); /* NULL is legal */

/* The certificate's subject as a person reads it, escaped, and what its dates have against it:
 * "CN=me", "CN=me, which has expired". Returns dst. */
const char *identity_describe(const struct identity *id, char *dst, size_t size);

#endif
