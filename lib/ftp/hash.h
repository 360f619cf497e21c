/* The hash of a file in the reply that tells it. Pure. */
#ifndef FTPSH_FTP_HASH_H
#define FTPSH_FTP_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Room for the longest, SHA-512, in hexadecimal digits. */
#define HASH_TEXT 129

/* All write lower case. `text` is the reply's last line without its code, `digits` the length that
 * the hash must have; one of 8 (CRC-32) may come without leading zeros. -1: there is none. */

/* "SHA-256 0-49 HEX name" (draft-bryan-ftpext-hash): by this algorithm, of all `size` bytes. */
int hash_from_213(const char *text, const char *algorithm, size_t digits, int64_t size,
                  char dst[HASH_TEXT]);

/* What the others say of the file `name`: the hash alone, in front of the name, or behind it. -1
 * also where both ends could be it, and the name does not tell which. */
int hash_from_reply(const char *text, const char *name, size_t digits, char dst[HASH_TEXT]);

#endif
