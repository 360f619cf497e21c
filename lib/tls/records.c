#include "tls/records.h"

#include "base/buf.h"

#include <string.h>

enum {
    EXPANSION_MAX = 256,  /* of what is sealed: section 5.2 */
    KEY_RECORDS = 1 << 24 /* that one key seals: section 5.5 */
};

static void forget_key(struct records *r)
{
    if (r->cipher)
        gnutls_aead_cipher_deinit(r->cipher);
    r->cipher = NULL;
    wipe(r->key, sizeof r->key);
    wipe(r->iv, sizeof r->iv);
}

void records_clear(struct records *r)
{
    forget_key(r);
    *r = (struct records){0};
}

static void set_key(struct records *r, gnutls_session_t tls, const gnutls_datum_t *key,
                    const gnutls_datum_t *iv)
{
    gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(tls);
    forget_key(r);
    if (key->size > sizeof r->key || iv->size != sizeof r->iv ||
        gnutls_aead_cipher_init(&r->cipher, cipher, key) < 0) {
        r->cipher = NULL;
        return;
    }
    memcpy(r->key, key->data, key->size);
    r->key_len = key->size;
    r->algorithm = cipher;
    r->keys++;
    memcpy(r->iv, iv->data, sizeof r->iv);
    r->tag = gnutls_cipher_get_tag_size(cipher);
}

void records_begin(struct records *r, gnutls_session_t tls, bool out)
{
    records_clear(r);
    r->out = out;
    records_take(r, tls);
}

void records_take(struct records *r, gnutls_session_t tls)
{
    gnutls_datum_t mac, iv, key;
    unsigned char number[RECORD_NUMBER];
    if (gnutls_protocol_get_version(tls) != GNUTLS_TLS1_3 ||
        gnutls_record_get_state(tls, !r->out, &mac, &iv, &key, number) < 0) {
        forget_key(r);
        return;
    }
    if (!r->cipher || key.size != r->key_len || memcmp(key.data, r->key, key.size) != 0)
        set_key(r, tls, &key, &iv);
    r->number = 0;
    for (size_t i = 0; i < RECORD_NUMBER; i++)
        r->number = r->number << 8 | number[i];
}

void record_number(const struct records *r, unsigned char out[RECORD_NUMBER])
{
    uint64_t number = r->number;
    for (size_t i = RECORD_NUMBER; i-- > 0; number >>= 8)
        out[i] = (unsigned char) number;
}

int records_give(const struct records *r, gnutls_session_t tls)
{
    unsigned char number[RECORD_NUMBER];
    record_number(r, number);
    return r->cipher ? gnutls_record_set_state(tls, !r->out, number) : 0;
}

static size_t length_behind_header(const unsigned char *data)
{
    return (size_t) data[3] << 8 | data[4];
}

size_t record_length(const unsigned char *data, size_t len)
{
    if (len < RECORD_HEADER)
        return 0;
    size_t rest = length_behind_header(data);
    if (data[0] < 20 || data[0] > 23 || rest > RECORD_DATA_MAX + EXPANSION_MAX)
        return len;
    return len - RECORD_HEADER < rest ? 0 : RECORD_HEADER + rest;
}

size_t record_missing(const unsigned char *data, size_t len)
{
    size_t whole = RECORD_HEADER + (len < RECORD_HEADER ? 0 : length_behind_header(data));
    return whole - len;
}

bool record_fits(const struct records *r, size_t len, size_t room)
{
    return len <= RECORD_HEADER + r->tag || len - RECORD_HEADER - r->tag <= room;
}

/* Section 5.3: the number, at the end of as many bytes as the IV has, and the IV. */
static void make_nonce(const struct records *r, unsigned char nonce[RECORD_NONCE])
{
    unsigned char number[RECORD_NUMBER];
    record_number(r, number);
    memcpy(nonce, r->iv, RECORD_NONCE);
    for (size_t i = 0; i < RECORD_NUMBER; i++)
        nonce[RECORD_NONCE - RECORD_NUMBER + i] ^= number[i];
}

size_t record_open(struct records *r, const unsigned char *record, size_t len, void *mem,
                   size_t size)
{
    unsigned char nonce[RECORD_NONCE];
    unsigned char *plain = mem;
    size_t n = size;
    if (len <= RECORD_HEADER + r->tag || record[0] != RECORD_DATA || !record_fits(r, len, size))
        return 0;
    make_nonce(r, nonce);
    if (gnutls_aead_cipher_decrypt(r->cipher, nonce, sizeof nonce, record, RECORD_HEADER, r->tag,
                                   record + RECORD_HEADER, len - RECORD_HEADER, plain, &n) < 0)
        return 0;
    while (n > 0 && plain[n - 1] == 0) /* padding, section 5.4 */
        n--;
    if (n < 2 || n - 1 > RECORD_DATA_MAX || plain[n - 1] != RECORD_DATA)
        return 0;
    r->number++;
    return n - 1;
}

bool records_worn(const struct records *r)
{
    return r->cipher && r->number >= KEY_RECORDS;
}

size_t record_sealed(const struct records *r, size_t len)
{
    return r->cipher && len > 0 ? RECORD_HEADER + len + 1 + r->tag : 0;
}

bool record_seal(struct records *r, unsigned char type, const void *data, size_t len,
                 unsigned char *record)
{
    unsigned char nonce[RECORD_NONCE];
    size_t n = len + 1 + r->tag;
    const unsigned char header[RECORD_HEADER] = {RECORD_DATA, 3, 3, (unsigned char) (n >> 8),
                                                 (unsigned char) n};
    memcpy(record, header, sizeof header);
    giovec_t more = {record, sizeof header};
    giovec_t plain[] = {{(void *) data, len}, {&type, 1}};
    make_nonce(r, nonce);
    if (gnutls_aead_cipher_encryptv(r->cipher, nonce, sizeof nonce, &more, 1, r->tag, plain, 2,
                                    record + RECORD_HEADER, &n) < 0)
        return false;
    r->number++;
    return true;
}
