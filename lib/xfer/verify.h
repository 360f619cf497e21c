/* Contents compared by a hash: ours, computed while the bytes flow, and the server's.
 *
 * The server is asked with a command that it lists in FEAT: HASH (draft-bryan-ftpext-hash),
 * XSHA256, XSHA512, XSHA1, XSHA, XMD5, MD5 (draft-twine-ftpmd5), XCRC, or one of these behind SITE,
 * or wu-ftpd's SITE CHECKSUM. A server whose FEAT is silent lists the latter in SITE HELP, which is
 * asked once; where --verify=require finds nothing else, any server is asked.
 * Of a file that is continued, what was there before is read once. One that lists a command and
 * refuses it, or answers what cannot be read, is not asked that way again by the same mover; one
 * that answers too late, not at all. */
#ifndef FTPSH_XFER_VERIFY_H
#define FTPSH_XFER_VERIFY_H

#include "tls/digest.h"
#include "xfer/transfer.h"

struct verify_way;

/* Of one transfer. Zero is one that compares nothing. */
struct verifier {
    const struct verify_way *way; /* NULL: nothing to compare with */
    struct digest *digest;
    bool differs; /* verifier_check() has found it so: what is here is not what is there */
};

/* Before the transfer: chooses the way. 0, also where there is none; -1 with ERR_INTEGRITY where
 * m->verify demands one, ERR_LOCAL, and as session_ready(). */
int verifier_begin(struct verifier *v, struct mover *m, struct err *err);

/* All bytes of the file, from its first on; `ctx` is the verifier. */
void verifier_feed(void *ctx, const void *data, size_t len);

/* After it: asks the server for the hash of `remote`, `size` bytes long, and sets *verdict to
 * VERDICT_VERIFIED where it is the same; where the server does not tell, the verdict stays. -1 with
 * ERR_INTEGRITY: it differs, or none can be had where m->verify demands one; or with what broke the
 * session. */
int verifier_check(struct verifier *v, struct mover *m, const char *remote, int64_t size,
                   enum transfer_verdict *verdict, struct err *err);

void verifier_clear(struct verifier *v);

/* What verify_file() has found. */
struct verification {
    enum transfer_verdict verdict; /* VERDICT_VERIFIED, VERDICT_SIZE_OK, VERDICT_UNVERIFIED or, with
                                    * ERR_INTEGRITY, VERDICT_FAILED */
    char method[32];               /* "HASH SHA-256"; "": sizes were compared */
    char here[DIGEST_TEXT], there[DIGEST_TEXT]; /* "": not computed, not told */
    int64_t size_here, size_there;              /* LISTING_UNKNOWN */
};

/* Compares a local file, which is read once, with a remote one. 0, or -1 with ERR_INTEGRITY (they
 * differ, or none can be had where m->verify demands a hash), ERR_LOCAL, ERR_REPLY_* (no such
 * file), or what broke the session; *out is filled in either way. */
int verify_file(struct mover *m, const char *local, const char *remote, struct verification *out,
                struct err *err);

/* What the server tells of one file. */
struct remote_hash {
    enum digest_kind kind;
    char method[32]; /* "HASH SHA-256" */
    char text[DIGEST_TEXT];
};

/* Asks for the hash of `remote`: of this kind, or (NULL) the best that it tells. 0, or -1 with
 * ERR_REPLY_PERMANENT (it offers no command for it), ERR_REPLY_* and ERR_PROTOCOL (what it said
 * instead), or what broke the session. m->verify does not matter. */
int verify_ask(struct mover *m, const char *remote, const enum digest_kind *kind,
               struct remote_hash *out, struct err *err);

/* A file on each of two servers. */
struct verify_side {
    struct mover *mover; /* that of `from` says whether contents are compared */
    const char *path;
    const char *name; /* in messages: "source" */
};

/* Both offer a command for the same hash, or nobody demands one. -1 with ERR_INTEGRITY where
 * from->mover->verify does, and as session_ready(). */
int verify_sides_begin(const struct verify_side *from, const struct verify_side *to,
                       struct err *err);

/* Asks both for a hash of their file, `size` bytes long, and compares the two: as
 * verifier_check(), but goes on to other hashes where one of them does not tell. */
int verify_sides(const struct verify_side *from, const struct verify_side *to, int64_t size,
                 enum transfer_verdict *verdict, struct err *err);

#endif
