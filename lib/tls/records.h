/* The records of a TLS 1.3 session (RFC 8446 section 5.2) without detours: opened straight from
 * where they were received to where their data are wanted, sealed straight to where they are sent
 * from. GnuTLS's own way copies each byte three times in and once out. Keys and numbers are the
 * session's, which it tells for the sake of such offloading.
 *
 * Only what is plain data is dealt with here. All else, tickets, new keys, alerts and what is
 * wrong, is GnuTLS's: records_give() tells it the number before it is called, and records_take()
 * what is true afterwards. So there is one place that understands it. For lib/tls only. */
#ifndef FTPSH_TLS_RECORDS_H
#define FTPSH_TLS_RECORDS_H

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

enum { RECORD_HEADER = 5, RECORD_DATA_MAX = 16 * 1024, RECORD_NONCE = 12, RECORD_KEY_MAX = 32 };
enum { RECORD_NUMBER = 8 };

enum { RECORD_DATA = 23 }; /* the type, RFC 8446 section 5.1 */

/* One direction of a session. All zero at first. */
struct records {
    bool out;                       /* what we send */
    gnutls_aead_cipher_hd_t cipher; /* NULL: all records are GnuTLS's */
    gnutls_cipher_algorithm_t algorithm;
    unsigned char key[RECORD_KEY_MAX], iv[RECORD_NONCE];
    size_t key_len, tag;
    uint64_t number; /* of the next record */
    unsigned keys;   /* how many there were */
};

/* Once the handshake is over. Without TLS 1.3 all is left to GnuTLS. */
void records_begin(struct records *r, gnutls_session_t tls, bool out);

/* Before and after each call by which GnuTLS may read or write. Where records_give() gives one of
 * GnuTLS's errors instead of 0 that call must not be made: no number may be used twice. */
int records_give(const struct records *r, gnutls_session_t tls);
void records_take(struct records *r, gnutls_session_t tls);

/* Wipes the key; what was never begun is legal. */
void records_clear(struct records *r);

/* The length of the record that begins there; 0: it is not all there. What cannot be a record is as
 * long as all that there is. */
size_t record_length(const unsigned char *data, size_t len);

/* How many bytes that record lacks for certain, where it is not all there. */
size_t record_missing(const unsigned char *data, size_t len);

/* Whether the data of a record of that length surely go into so much room. */
bool record_fits(const struct records *r, size_t len, size_t room);

/* Opens one record of that length into `mem`; returns how many bytes of data there are. 0: it is
 * GnuTLS's, as if nothing had been tried; `mem` may be changed. */
size_t record_open(struct records *r, const unsigned char *record, size_t len, void *mem,
                   size_t size);

/* The next record's number as TLS counts: big-endian. */
void record_number(const struct records *r, unsigned char out[RECORD_NUMBER]);

/* Whether the key has served for long enough (section 5.5): gnutls_session_key_update() is due. */
bool records_worn(const struct records *r);

/* How long a record of `len` bytes of data is, at most RECORD_DATA_MAX; 0: GnuTLS is to send it. */
size_t record_sealed(const struct records *r, size_t len);

/* Makes it, of that type, in as much room as that. False: GnuTLS is to send it. */
bool record_seal(struct records *r, unsigned char type, const void *data, size_t len,
                 unsigned char *record);

#endif
