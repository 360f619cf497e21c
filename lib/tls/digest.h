/* Hashes of contents, fed a piece at a time: SHA-2, SHA-1 and MD5 by GnuTLS, CRC-32 by zlib. They
 * tell files apart by chance and accident; the last three are no protection against malice. */
#ifndef FTPSH_TLS_DIGEST_H
#define FTPSH_TLS_DIGEST_H

#include "base/err.h"

#include <stddef.h>

enum digest_kind { DIGEST_SHA256, DIGEST_SHA512, DIGEST_SHA1, DIGEST_MD5, DIGEST_CRC32 };

/* The longest in hexadecimal digits, with the NUL. */
#define DIGEST_TEXT 129

struct digest;

/* NULL with ERR_LOCAL: no memory, or the system's policy forbids this one. */
struct digest *digest_new(enum digest_kind kind, struct err *err);
void digest_free(struct digest *d); /* NULL is legal */

void digest_feed(struct digest *d, const void *data, size_t len);

/* What has been fed so far, in lower-case hexadecimal digits; feeding may go on. -1 with ERR_LOCAL.
 */
int digest_text(const struct digest *d, char dst[DIGEST_TEXT], struct err *err);

/* "sha256", "sha512", "sha1", "md5", "crc32": DIGEST_NAMES in this order. */
#define DIGEST_NAMES "sha256|sha512|sha1|md5|crc32"
const char *digest_name(enum digest_kind kind);

/* Its length in hexadecimal digits. */
size_t digest_digits(enum digest_kind kind);

#endif
