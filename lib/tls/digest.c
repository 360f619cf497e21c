#include "tls/digest.h"

#include <gnutls/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

struct digest {
    enum digest_kind kind;
    gnutls_hash_hd_t hash; /* NULL: CRC-32 */
    uLong crc;
};

enum { CRC32_BYTES = 4 };

static const gnutls_digest_algorithm_t algorithms[] = {
    [DIGEST_SHA256] = GNUTLS_DIG_SHA256, [DIGEST_SHA512] = GNUTLS_DIG_SHA512,
    [DIGEST_SHA1] = GNUTLS_DIG_SHA1,     [DIGEST_MD5] = GNUTLS_DIG_MD5,
    [DIGEST_CRC32] = GNUTLS_DIG_NULL,
};

struct digest *digest_new(enum digest_kind kind, struct err *err)
{
    struct digest *d = calloc(1, sizeof *d);
    if (!d) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    d->kind = kind;
    if (kind == DIGEST_CRC32) {
        d->crc = crc32(0, NULL, 0);
        return d;
    }
    int rc = gnutls_hash_init(&d->hash, algorithms[kind]);
    if (rc == 0)
        return d;
    err_set(err, ERR_LOCAL, "cannot compute a hash: %s", gnutls_strerror(rc));
    free(d);
    return NULL;
}

void digest_free(struct digest *d)
{
    if (d && d->hash)
        gnutls_hash_deinit(d->hash, NULL);
    free(d);
}

void digest_feed(struct digest *d, const void *data, size_t len)
{
    if (d->hash)
        gnutls_hash(d->hash, data, len);
    else
        d->crc = crc32_z(d->crc, data, len);
}

/* The context is copied, so that feeding may go on. */
static int hash_bytes(const struct digest *d, unsigned char *dst, struct err *err)
{
    gnutls_hash_hd_t copy = gnutls_hash_copy(d->hash);
    if (!copy)
        return err_set(err, ERR_LOCAL, "cannot compute a hash: no copy of it can be had");
    gnutls_hash_deinit(copy, dst);
    return 0;
}

int digest_text(const struct digest *d, char dst[DIGEST_TEXT], struct err *err)
{
    unsigned char bytes[DIGEST_TEXT / 2];
    if (d->hash && hash_bytes(d, bytes, err) < 0)
        return -1;
    for (size_t i = 0; !d->hash && i < CRC32_BYTES; i++)
        bytes[i] = (unsigned char) (d->crc >> (8 * (CRC32_BYTES - 1 - i)));
    size_t len = digest_digits(d->kind) / 2;
    for (size_t i = 0; i < len; i++)
        snprintf(dst + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

const char *digest_name(enum digest_kind kind)
{
    static const char *const names[] = {[DIGEST_SHA256] = "sha256",
                                        [DIGEST_SHA512] = "sha512",
                                        [DIGEST_SHA1] = "sha1",
                                        [DIGEST_MD5] = "md5",
                                        [DIGEST_CRC32] = "crc32"};
    return names[kind];
}

size_t digest_digits(enum digest_kind kind)
{
    if (kind == DIGEST_CRC32)
        return 2 * CRC32_BYTES;
    return 2 * (size_t) gnutls_hash_get_len(algorithms[kind]);
}
