#include "unit.h"

#include "base/buf.h"
#include "tls/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Two sessions of GnuTLS in one process, joined by two buffers. */
enum { LINE_MAX_BYTES = 1 << 20, RECORD_MAX = RECORD_HEADER + RECORD_DATA_MAX + 256 };

struct end {
    gnutls_session_t tls;
    struct buf in, *out;
    size_t left; /* that may be read */
};

struct pair {
    struct end client, server;
    gnutls_psk_client_credentials_t client_key;
    gnutls_psk_server_credentials_t server_key;
};

static ssize_t pull(gnutls_transport_ptr_t ptr, void *mem, size_t size)
{
    struct end *e = ptr;
    size_t n = buf_len(&e->in) < e->left ? buf_len(&e->in) : e->left;
    if (n == 0) {
        gnutls_transport_set_errno(e->tls, EAGAIN);
        return -1;
    }
    n = n < size ? n : size;
    memcpy(mem, buf_data(&e->in), n);
    buf_consume(&e->in, n);
    e->left -= n;
    return (ssize_t) n;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *mem, size_t len)
{
    struct end *e = ptr;
    assert_int_equal(buf_put(e->out, mem, len, NULL), 0);
    return (ssize_t) len;
}

static int give_key(gnutls_session_t tls, const char *name, gnutls_datum_t *key)
{
    (void) tls;
    (void) name;
    key->data = gnutls_calloc(1, 16);
    key->size = 16;
    return key->data ? 0 : -1;
}

static void end_init(struct end *e, struct end *other, unsigned flags, const char *version)
{
    char priority[128];
    snprintf(priority, sizeof priority, "NORMAL:-VERS-ALL:+VERS-%s:-KX-ALL:+ECDHE-PSK", version);
    assert_int_equal(gnutls_init(&e->tls, flags | GNUTLS_NONBLOCK), 0);
    assert_int_equal(gnutls_priority_set_direct(e->tls, priority, NULL), 0);
    buf_init(&e->in, LINE_MAX_BYTES);
    e->out = &other->in;
    e->left = SIZE_MAX;
    gnutls_transport_set_ptr(e->tls, e);
    gnutls_transport_set_pull_function(e->tls, pull);
    gnutls_transport_set_push_function(e->tls, push);
}

static void pair_open(struct pair *p, const char *version)
{
    unsigned char zeros[16] = {0};
    gnutls_datum_t key = {zeros, sizeof zeros};
    int client = GNUTLS_E_AGAIN, server = GNUTLS_E_AGAIN;
    memset(p, 0, sizeof *p);
    end_init(&p->client, &p->server, GNUTLS_CLIENT, version);
    end_init(&p->server, &p->client, GNUTLS_SERVER, version);
    gnutls_psk_allocate_client_credentials(&p->client_key);
    gnutls_psk_set_client_credentials(p->client_key, "we", &key, GNUTLS_PSK_KEY_RAW);
    gnutls_psk_allocate_server_credentials(&p->server_key);
    gnutls_psk_set_server_credentials_function(p->server_key, give_key);
    gnutls_credentials_set(p->client.tls, GNUTLS_CRD_PSK, p->client_key);
    gnutls_credentials_set(p->server.tls, GNUTLS_CRD_PSK, p->server_key);
    while (client < 0 || server < 0) {
        client = client < 0 ? gnutls_handshake(p->client.tls) : 0;
        server = server < 0 ? gnutls_handshake(p->server.tls) : 0;
        assert_true(client == 0 || client == GNUTLS_E_AGAIN);
        assert_true(server == 0 || server == GNUTLS_E_AGAIN);
    }
}

static void end_clear(struct end *e)
{
    gnutls_deinit(e->tls);
    buf_clear(&e->in);
}

static void pair_close(struct pair *p)
{
    end_clear(&p->client);
    end_clear(&p->server);
    gnutls_psk_free_client_credentials(p->client_key);
    gnutls_psk_free_server_credentials(p->server_key);
}

/* The length of the next record that has come, which there is. */
static size_t next(const struct end *e)
{
    size_t len = record_length(buf_data(&e->in), buf_len(&e->in));
    assert_true(len > 0);
    return len;
}

static size_t open_next(struct records *r, struct end *e, unsigned char *mem, size_t size)
{
    size_t len = next(e), n = record_open(r, buf_data(&e->in), len, mem, size);
    if (n > 0)
        buf_consume(&e->in, len);
    return n;
}

static ssize_t leave_next(struct records *r, struct end *e, unsigned char *mem, size_t size)
{
    e->left = next(e);
    records_give(r, e->tls);
    ssize_t n = gnutls_record_recv(e->tls, mem, size);
    records_take(r, e->tls);
    e->left = SIZE_MAX;
    return n;
}

static void send_text(struct end *e, const char *text)
{
    assert_int_equal(gnutls_record_send(e->tls, text, strlen(text)), strlen(text));
}

static void expect_text(struct records *r, struct end *e, const char *text)
{
    unsigned char mem[RECORD_MAX];
    assert_int_equal(open_next(r, e, mem, sizeof mem), strlen(text));
    assert_memory_equal(mem, text, strlen(text));
}

/* The tickets that GnuTLS's server sends behind its handshake are no data. */
static void take_tickets(struct records *r, struct end *e)
{
    unsigned char mem[RECORD_MAX];
    while (buf_len(&e->in) > 0) {
        assert_int_equal(open_next(r, e, mem, sizeof mem), 0);
        assert_int_equal(leave_next(r, e, mem, sizeof mem), GNUTLS_E_AGAIN);
    }
}

/* A client that reads by our own hands, behind the handshake's tickets. */
static void reader_open(struct pair *p, struct records *r)
{
    pair_open(p, "TLS1.3");
    records_begin(r, p->client.tls, false);
    take_tickets(r, &p->client);
}

static void reader_close(struct pair *p, struct records *r)
{
    records_clear(r);
    pair_close(p);
}

static void opens_data_and_leaves_the_rest(void **state)
{
    struct pair p;
    struct records r = {0};
    unsigned char mem[RECORD_MAX];
    (void) state;
    pair_open(&p, "TLS1.3");
    records_begin(&r, p.client.tls, false);
    assert_non_null(r.cipher);
    take_tickets(&r, &p.client);
    send_text(&p.server, "one");
    send_text(&p.server, "two");
    expect_text(&r, &p.client, "one");
    assert_int_equal(leave_next(&r, &p.client, mem, sizeof mem), 3);
    send_text(&p.server, "three");
    expect_text(&r, &p.client, "three");
    gnutls_bye(p.server.tls, GNUTLS_SHUT_WR);
    assert_int_equal(open_next(&r, &p.client, mem, sizeof mem), 0);
    assert_int_equal(leave_next(&r, &p.client, mem, sizeof mem), 0);
    reader_close(&p, &r);
}

/* RFC 8446 section 5.4: zeros behind the type. */
static void drops_padding(void **state)
{
    struct pair p;
    struct records r = {0};
    unsigned char mem[RECORD_MAX];
    (void) state;
    reader_open(&p, &r);
    assert_int_equal(gnutls_record_send2(p.server.tls, "padded", 6, 100, 0), 6);
    assert_int_equal(next(&p.client), RECORD_HEADER + 6 + 1 + 100 + r.tag);
    expect_text(&r, &p.client, "padded");
    assert_int_equal(gnutls_record_send2(p.server.tls, "", 0, 100, 0), 0);
    assert_int_equal(open_next(&r, &p.client, mem, sizeof mem), 0);
    reader_close(&p, &r);
}

static void follows_new_keys(void **state)
{
    struct pair p;
    struct records r = {0};
    unsigned char mem[RECORD_MAX];
    (void) state;
    reader_open(&p, &r);
    send_text(&p.server, "old");
    assert_int_equal(gnutls_session_key_update(p.server.tls, 0), 0);
    send_text(&p.server, "new");
    expect_text(&r, &p.client, "old");
    assert_int_equal(open_next(&r, &p.client, mem, sizeof mem), 0);
    assert_int_equal(leave_next(&r, &p.client, mem, sizeof mem), GNUTLS_E_AGAIN);
    assert_int_equal(r.number, 0);
    expect_text(&r, &p.client, "new");
    reader_close(&p, &r);
}

/* What was changed on its way, or has no room, is not taken for data; GnuTLS says why. */
static void leaves_what_is_wrong(void **state)
{
    struct pair p;
    struct records r = {0};
    unsigned char mem[RECORD_MAX];
    (void) state;
    reader_open(&p, &r);
    send_text(&p.server, "narrow");
    assert_int_equal(open_next(&r, &p.client, mem, 6), 0);
    assert_int_equal(open_next(&r, &p.client, mem, 7), 6);
    send_text(&p.server, "spoilt");
    p.client.in.mem[p.client.in.off + RECORD_HEADER] ^= 1;
    assert_int_equal(open_next(&r, &p.client, mem, sizeof mem), 0);
    assert_int_equal(leave_next(&r, &p.client, mem, sizeof mem), GNUTLS_E_DECRYPTION_FAILED);
    reader_close(&p, &r);
}

static void tls12_is_left_alone(void **state)
{
    struct pair p;
    struct records in = {0}, out = {0};
    (void) state;
    pair_open(&p, "TLS1.2");
    records_begin(&in, p.client.tls, false);
    records_begin(&out, p.client.tls, true);
    assert_null(in.cipher);
    assert_int_equal(record_sealed(&out, 100), 0);
    records_clear(&in);
    records_clear(&out);
    pair_close(&p);
}

static void lengths(void **state)
{
    const unsigned char whole[] = {23, 3, 3, 0, 2, 'a', 'b', 23}, long_one[] = {23, 3, 3, 0x50, 0};
    (void) state;
    assert_int_equal(record_length(NULL, 0), 0);
    assert_int_equal(record_length(whole, 4), 0);
    assert_int_equal(record_length(whole, 6), 0);
    assert_int_equal(record_length(whole, 7), 7);
    assert_int_equal(record_length(whole, 8), 7);
    assert_int_equal(record_length(long_one, sizeof long_one), sizeof long_one);
    assert_int_equal(record_length((const unsigned char *) "421 busy", 8), 8);
    assert_int_equal(record_missing(NULL, 0), 5);
    assert_int_equal(record_missing(whole, 4), 1);
    assert_int_equal(record_missing(whole, 5), 2);
    assert_int_equal(record_missing(whole, 6), 1);
}

static void seal(struct records *r, struct end *e, const char *text)
{
    unsigned char record[RECORD_MAX];
    size_t len = record_sealed(r, strlen(text));
    assert_true(len > 0 && len <= sizeof record);
    assert_true(record_seal(r, RECORD_DATA, text, strlen(text), record));
    assert_int_equal(buf_put(e->out, record, len, NULL), 0);
}

/* What is no data: here close_notify. */
static void seals_other_types(void **state)
{
    const unsigned char alert[] = {1, 0};
    unsigned char record[RECORD_MAX], mem[RECORD_MAX];
    struct pair p;
    struct records r = {0};
    (void) state;
    pair_open(&p, "TLS1.3");
    records_begin(&r, p.client.tls, true);
    assert_true(record_seal(&r, 21, alert, sizeof alert, record));
    assert_int_equal(buf_put(p.client.out, record, record_sealed(&r, sizeof alert), NULL), 0);
    assert_int_equal(gnutls_record_recv(p.server.tls, mem, sizeof mem), 0);
    reader_close(&p, &r);
}

static void assert_reads(struct end *e, const char *text)
{
    char mem[RECORD_MAX];
    ssize_t n;
    do {
        n = gnutls_record_recv(e->tls, mem, sizeof mem);
    } while (n == GNUTLS_E_AGAIN && buf_len(&e->in) > 0);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(mem, text, strlen(text));
}

static void seals_between_what_gnutls_sends(void **state)
{
    struct pair p;
    struct records r = {0};
    (void) state;
    pair_open(&p, "TLS1.3");
    records_begin(&r, p.client.tls, true);
    seal(&r, &p.client, "ours");
    seal(&r, &p.client, "ours, too");
    records_give(&r, p.client.tls);
    send_text(&p.client, "GnuTLS's");
    assert_int_equal(gnutls_session_key_update(p.client.tls, 0), 0);
    records_take(&r, p.client.tls);
    seal(&r, &p.client, "with another key");
    assert_reads(&p.server, "ours");
    assert_reads(&p.server, "ours, too");
    assert_reads(&p.server, "GnuTLS's");
    assert_reads(&p.server, "with another key");
    reader_close(&p, &r);
}

/* RFC 8446 section 5.5. */
static void keys_do_not_serve_for_ever(void **state)
{
    const unsigned char near[8] = {0, 0, 0, 0, 0, 0xff, 0xff, 0xff};
    struct pair p;
    struct records r = {0};
    (void) state;
    pair_open(&p, "TLS1.3");
    gnutls_record_set_state(p.client.tls, 0, near);
    gnutls_record_set_state(p.server.tls, 1, near);
    records_begin(&r, p.client.tls, true);
    assert_false(records_worn(&r));
    seal(&r, &p.client, "last");
    assert_true(records_worn(&r));
    records_give(&r, p.client.tls);
    assert_int_equal(gnutls_session_key_update(p.client.tls, 0), 0);
    records_take(&r, p.client.tls);
    assert_false(records_worn(&r));
    seal(&r, &p.client, "first");
    assert_reads(&p.server, "last");
    assert_reads(&p.server, "first");
    reader_close(&p, &r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_data_and_leaves_the_rest),
        cmocka_unit_test(drops_padding),
        cmocka_unit_test(follows_new_keys),
        cmocka_unit_test(leaves_what_is_wrong),
        cmocka_unit_test(tls12_is_left_alone),
        cmocka_unit_test(lengths),
        cmocka_unit_test(seals_between_what_gnutls_sends),
        cmocka_unit_test(seals_other_types),
        cmocka_unit_test(keys_do_not_serve_for_ever),
    };
    return run_unit(tests);
}
