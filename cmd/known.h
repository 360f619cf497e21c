/* The keys of servers that were accepted for good: the file "known_hosts" in the state folder
 * (ownfile.h).
 *
 * One line a key, as gnutls_store_commitment() writes them and gnutls_verify_stored_pubkey() reads
 * them, with a field of our own behind: the faults of the certificate that were accepted with it
 * (tls/trust.h), or "-".
 *
 *     |c0|ftp.example.com|21|0|6|SHA-256 of the key|self-signed,name
 *
 * What gnutls_store_pubkey() wrote, and gnutls-cli --tofu, is read as well:
 *
 *     |g0|ftp.example.com|21|0|the key (SubjectPublicKeyInfo) in base64
 *
 * The server is named as it was, or by --tls-name, in small letters. Lines that cannot be read are
 * passed over and kept.
 */
#ifndef FTPSH_CMD_KNOWN_H
#define FTPSH_CMD_KNOWN_H

#include "base/buf.h"
#include "tls/trust.h"

#define KNOWN_HOST_BYTES 256
#define KNOWN_LINE_BYTES 4096

struct known_key {
    char host[KNOWN_HOST_BYTES];
    uint16_t port;
    struct trust_key key;
};

/* ---- lines: pure ---- */

/* Sets host (in small letters, without the dot at the end) and port. False when the host cannot
 * stand in the file. */
bool known_server(struct known_key *k, const char *host, uint16_t port);

/* One line without its end. False when it is none of ours. */
bool known_parse_line(const char *line, size_t len, struct known_key *out);

/* The line with its end. Returns its length. */
size_t known_format_line(const struct known_key *k, char dst[KNOWN_LINE_BYTES]);

/* What is to stand in the file: `before` with the key, in the place of the same one where it is
 * there. 1; -1 with ERR_LOCAL (memory) or ERR_USAGE (too many keys for the server). */
int known_put(const struct buf *before, const struct known_key *k, struct buf *after,
              struct err *err);

/* `before` without those of a server; port 0: of all ports. How many they were, or -1 with
 * ERR_LOCAL. */
int known_drop(const struct buf *before, const char *host, uint16_t port, struct buf *after,
               struct err *err);

/* ---- the file ---- */

/* Where it is; "" when the environment tells no home. Returns dst. */
const char *known_path(char *dst, size_t size);

/* Shows every key to `fn`, until that returns -1. -1 with what it gave, or ERR_LOCAL: the file is
 * not ours, or not readable. */
typedef int (*known_fn)(void *ctx, const struct known_key *k, struct err *err);
int known_each(known_fn fn, void *ctx, struct err *err);

/* The keys of a server: how many, 0 for none; -1 with ERR_LOCAL. */
int known_find(const char *host, uint16_t port, struct trust_key keys[TRUST_KEYS_MAX],
               struct err *err);

/* As known_put() and known_drop(), under the file's lock; -1 also as own_change(). */
int known_add(const struct known_key *k, struct err *err);
int known_forget(const char *host, uint16_t port, struct err *err);

#endif
