#include "known.h"

#include "ownfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct own_file file = {OWN_STATE, "known_hosts"};

/* ---- lines ---- */

/* A bar ends a field, and GnuTLS takes a star for every host. */
static bool is_plain(const char *host)
{
    for (const char *p = host; *p; p++) {
        unsigned char c = (unsigned char) *p;
        if (c <= ' ' || c == 0x7f || c == '|' || c == '*')
            return false;
    }
    return *host != '\0';
}

bool known_server(struct known_key *k, const char *host, uint16_t port)
{
    int len = snprintf(k->host, sizeof k->host, "%s", host);
    if (len < 0 || (size_t) len >= sizeof k->host)
        return false;
    if (len > 1 && k->host[len - 1] == '.')
        k->host[len - 1] = '\0';
    for (char *p = k->host; *p; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char) (*p - 'A' + 'a');
    }
    k->port = port;
    return is_plain(k->host);
}

static bool parse_port(const char *text, uint16_t *port)
{
    size_t digits = strspn(text, "0123456789");
    long n = digits < 6 ? strtol(text, NULL, 10) : 0;
    *port = (uint16_t) n;
    return !text[digits] && n >= 1 && n <= UINT16_MAX;
}

static bool is_hash(const char *text)
{
    return strlen(text) == SHA256_TEXT - 1 && strspn(text, "0123456789abcdef") == SHA256_TEXT - 1;
}

enum { BEFORE, MARK, HOST, PORT, EXPIRY, KEY, HASH = 6, FAULTS_SEEN, FIELDS };

/* Cuts the text at its bars. Those that are not there are empty. */
static void split(char *text, char *field[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        size_t len = strcspn(text, "|");
        field[i] = text;
        text += len;
        if (*text)
            *text++ = '\0';
    }
}

/* A hash of the key, or the key itself. */
static bool parse_key(char *const field[FIELDS], struct trust_key *out)
{
    if (strcmp(field[MARK], "g0") == 0)
        return trust_hash_key(field[KEY], out->sha256);
    if (strcmp(field[MARK], "c0") != 0 || strcmp(field[KEY], "6") != 0 || !is_hash(field[HASH]))
        return false;
    memcpy(out->sha256, field[HASH], SHA256_TEXT);
    out->waived = trust_faults_parse(field[FAULTS_SEEN]);
    return true;
}

bool known_parse_line(const char *line, size_t len, struct known_key *out)
{
    char text[KNOWN_LINE_BYTES];
    char *field[FIELDS];
    uint16_t port;
    if (len >= sizeof text || memchr(line, '\0', len))
        return false;
    memcpy(text, line, len);
    text[len] = '\0';
    split(text, field);
    out->key.waived = 0;
    return !*field[BEFORE] && strcmp(field[EXPIRY], "0") == 0 && parse_port(field[PORT], &port) &&
           known_server(out, field[HOST], port) && parse_key(field, &out->key);
}

size_t known_format_line(const struct known_key *k, char dst[KNOWN_LINE_BYTES])
{
    char faults[FAULTS_TEXT];
    trust_faults_format(k->key.waived, faults);
    int n = snprintf(dst, KNOWN_LINE_BYTES, "|c0|%s|%u|0|6|%s|%s\n", k->host, (unsigned) k->port,
                     k->key.sha256, *faults ? faults : "-");
    return n > 0 ? (size_t) n : 0;
}

/* The next line of the text, without its end, and whether it is a key. NULL at the end. */
static const char *next_line(const struct buf *text, size_t *at, size_t *len, struct known_key *key,
                             bool *is_key)
{
    size_t size = buf_len(text);
    if (*at >= size)
        return NULL;
    const char *line = (const char *) buf_data(text) + *at;
    const char *newline = memchr(line, '\n', size - *at);
    *len = newline ? (size_t) (newline - line) : size - *at;
    *at += *len + 1;
    *is_key = known_parse_line(line, *len, key);
    return line;
}

static bool is_of(const struct known_key *k, const struct known_key *server)
{
    return (server->port == 0 || k->port == server->port) && strcmp(k->host, server->host) == 0;
}

static int keep_line(struct buf *after, const char *line, size_t len, struct err *err)
{
    return buf_put(after, line, len, err) < 0 ? -1 : buf_put(after, "\n", 1, err);
}

int known_put(const struct buf *before, const struct known_key *k, struct buf *after,
              struct err *err)
{
    size_t at = 0, len, others = 0;
    const char *line;
    struct known_key old;
    bool is_key;
    while ((line = next_line(before, &at, &len, &old, &is_key))) {
        bool same = is_key && is_of(&old, k);
        if (same && strcmp(old.key.sha256, k->key.sha256) == 0)
            continue;
        others += same;
        if (keep_line(after, line, len, err) < 0)
            return -1;
    }
    if (others >= TRUST_KEYS_MAX)
        return err_set(err, ERR_USAGE, "%zu keys are stored for %s already", others, k->host);
    char text[KNOWN_LINE_BYTES];
    return buf_put(after, text, known_format_line(k, text), err) < 0 ? -1 : 1;
}

int known_drop(const struct buf *before, const char *host, uint16_t port, struct buf *after,
               struct err *err)
{
    size_t at = 0, len;
    int dropped = 0;
    const char *line;
    struct known_key old, server = {0};
    bool is_key;
    known_server(&server, host, port);
    while ((line = next_line(before, &at, &len, &old, &is_key))) {
        if (is_key && is_of(&old, &server))
            dropped++;
        else if (keep_line(after, line, len, err) < 0)
            return -1;
    }
    return dropped;
}

/* ---- the file ---- */

const char *known_path(char *dst, size_t size)
{
    return own_path(&file, dst, size);
}

int known_each(known_fn fn, void *ctx, struct err *err)
{
    struct buf text;
    struct known_key k;
    size_t at = 0, len;
    bool is_key;
    int rc = own_load(&file, &text, err);
    while (rc == 0 && next_line(&text, &at, &len, &k, &is_key)) {
        if (is_key)
            rc = fn(ctx, &k, err);
    }
    buf_clear(&text);
    return rc;
}

struct finding {
    struct known_key server;
    struct trust_key *keys;
    int count;
};

static int note_key(void *ctx, const struct known_key *k, struct err *err)
{
    struct finding *f = ctx;
    (void) err;
    if (is_of(k, &f->server) && f->count < TRUST_KEYS_MAX)
        f->keys[f->count++] = k->key;
    return 0;
}

int known_find(const char *host, uint16_t port, struct trust_key keys[TRUST_KEYS_MAX],
               struct err *err)
{
    struct finding f = {.keys = keys};
    if (!known_server(&f.server, host, port))
        return 0;
    return known_each(note_key, &f, err) < 0 ? -1 : f.count;
}

static int put_key(void *ctx, const struct buf *before, struct buf *after, struct err *err)
{
    return known_put(before, ctx, after, err);
}

int known_add(const struct known_key *k, struct err *err)
{
    return own_change(&file, put_key, (void *) (uintptr_t) k, err) < 0 ? -1 : 0;
}

struct dropping {
    const char *host;
    uint16_t port;
    int count;
};

static int drop_keys(void *ctx, const struct buf *before, struct buf *after, struct err *err)
{
    struct dropping *d = ctx;
    d->count = known_drop(before, d->host, d->port, after, err);
    return d->count < 0 ? -1 : d->count > 0;
}

/* A first look without the lock, so that nothing is made where nothing is stored. */
int known_forget(const char *host, uint16_t port, struct err *err)
{
    struct dropping d = {host, port, 0};
    struct buf before, after;
    buf_init(&after, OWN_BYTES_MAX);
    int rc = own_load(&file, &before, err);
    if (rc == 0)
        rc = drop_keys(&d, &before, &after, err);
    if (rc > 0)
        rc = own_change(&file, drop_keys, &d, err);
    buf_clear(&before);
    buf_clear(&after);
    return rc < 0 ? -1 : d.count;
}
