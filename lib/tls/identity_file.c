#define _GNU_SOURCE /* memmem */
/* Client certificates and keys out of files. */
#include "tls/identity_private.h"

#include <gnutls/pkcs12.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1024 * 1024, CHUNK = 4096 };

/* ---- reading ---- */

static int read_all(int fd, const struct wait *w, struct buf *out, struct err *err)
{
    for (;;) {
        struct wait_fd want = {.fd = fd, .want = POLLIN};
        if (wait_fds(w, &want, 1, DEADLINE_NEVER, err) < 0)
            return -1;
        unsigned char *room = buf_reserve(out, CHUNK, err);
        ssize_t n = room ? read(fd, room, CHUNK) : -1;
        if (!room)
            return -1;
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return err_set_sys(err, ERR_LOCAL, errno, "read");
        if (n == 0)
            return 0;
        buf_commit(out, (size_t) n);
    }
}

/* As ssh has it: what belongs to another, such as root, may be for a group to read. */
static bool is_exposed(int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    return st.st_mode & S_IRWXO || (st.st_uid == geteuid() && st.st_mode & S_IRWXG);
}

/* Not to wait for a pipe's other end in open(), where nothing can interrupt it. */
static int read_file(const struct identity *id, const char *path, struct buf *out, bool *exposed,
                     struct err *err)
{
    buf_init(out, FILE_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    *exposed = is_exposed(fd);
    int rc = read_all(fd, id->wait, out, err);
    close(fd);
    return rc < 0 ? err_wrap(err, "%s", path) : 0;
}

/* ---- PEM ---- */

static const char begin[] = "-----BEGIN ";

static const char *find(const char *text, size_t len, const char *what)
{
    return text && len > 0 ? memmem(text, len, what, strlen(what)) : NULL;
}

static bool is_pem(const struct buf *text)
{
    return find((const char *) buf_data(text), buf_len(text), begin) != NULL;
}

/* From the first block whose label ends so to the end of its line of dashes, or of the text; size
 * 0: there is none. GnuTLS itself looks no further than the first block of a file. */
static gnutls_datum_t find_block(const struct buf *text, const char *label)
{
    const char *at = (const char *) buf_data(text), *end = at + buf_len(text);
    while ((at = find(at, (size_t) (end - at), begin))) {
        const char *name = at + sizeof begin - 1;
        const char *dashes = find(name, (size_t) (end - name), "-----");
        size_t want = strlen(label);
        if (!dashes)
            break;
        if ((size_t) (dashes - name) >= want && memcmp(dashes - want, label, want) == 0) {
            const char *next = find(dashes, (size_t) (end - dashes), begin);
            return (gnutls_datum_t){(unsigned char *) (uintptr_t) at,
                                    (unsigned) ((next ? next : end) - at)};
        }
        at = dashes;
    }
    return (gnutls_datum_t){NULL, 0};
}

static gnutls_datum_t whole(const struct buf *text)
{
    return (gnutls_datum_t){(unsigned char *) (uintptr_t) buf_data(text), (unsigned) buf_len(text)};
}

/* ---- PKCS#12 ---- */

struct opening {
    gnutls_pkcs12_t p12;
    struct identity *id;
};

static int take_key(struct identity *id, gnutls_x509_privkey_t key)
{
    int rc = gnutls_privkey_init(&id->key);
    if (rc == 0)
        rc = gnutls_privkey_import_x509(id->key, key, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE);
    if (rc < 0)
        gnutls_x509_privkey_deinit(key);
    return rc;
}

static int open_bag(void *ctx, const char *secret)
{
    struct opening *o = ctx;
    gnutls_x509_privkey_t key = NULL;
    int rc = gnutls_pkcs12_verify_mac(o->p12, secret);
    if (rc == GNUTLS_E_MAC_VERIFY_FAILED)
        return rc;
    rc = gnutls_pkcs12_simple_parse(o->p12, secret, &key, &o->id->chain, &o->id->n, NULL, NULL,
                                    NULL, GNUTLS_PKCS12_SP_INCLUDE_SELF_SIGNED);
    return rc == 0 && key ? take_key(o->id, key) : rc;
}

/* 1: it is none. Without a secret there is still one, of no characters or none at all. */
static int load_pkcs12(struct identity *id, const char *path, const struct buf *text, bool exposed,
                       struct err *err)
{
    struct opening o = {.id = id};
    gnutls_datum_t bytes = whole(text);
    bool pem = find_block(text, "PKCS12").size > 0;
    if (gnutls_pkcs12_init(&o.p12) < 0)
        return err_set(err, ERR_LOCAL, "out of memory");
    if (gnutls_pkcs12_import(o.p12, &bytes, pem ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER, 0) <
        0) {
        gnutls_pkcs12_deinit(o.p12);
        return pem ? err_set(err, ERR_LOCAL, "%s cannot be read as PKCS#12", path) : 1;
    }
    bool open = open_bag(&o, "") == 0 || open_bag(&o, NULL) == 0;
    int rc = open ? 0 : identity_unlock(id, path, open_bag, &o, err);
    gnutls_pkcs12_deinit(o.p12);
    if (rc == 0 && open && exposed)
        rc = err_set(err, ERR_LOCAL,
                     "%s holds a key without a pass phrase and others can read it (run 'chmod 600' "
                     "on it)",
                     path);
    if (rc == 0 && (!id->key || id->n == 0))
        rc = err_set(err, ERR_LOCAL, "%s holds no key with its certificate", path);
    return rc;
}

/* ---- what is asked for ---- */

int identity_load_certs(struct identity *id, const char *path, struct buf *text, bool *exposed,
                        struct err *err)
{
    if (read_file(id, path, text, exposed, err) < 0)
        return err_wrap(err, "the client certificate");
    bool pem = is_pem(text);
    if (!pem || find_block(text, "PKCS12").size > 0) {
        int rc = load_pkcs12(id, path, text, *exposed, err);
        if (rc <= 0)
            return rc;
    }
    gnutls_datum_t bytes = whole(text);
    int rc = gnutls_x509_crt_list_import2(&id->chain, &id->n, &bytes,
                                          pem ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER, 0);
    if (rc < 0 || id->n == 0)
        return err_set(err, ERR_LOCAL, "%s holds no certificate: it is to be PEM or PKCS#12", path);
    return 0;
}

struct locked {
    struct identity *id;
    gnutls_datum_t bytes;
    gnutls_x509_crt_fmt_t format;
};

static int open_key(void *ctx, const char *secret)
{
    struct locked *l = ctx;
    gnutls_x509_privkey_t key;
    int rc = gnutls_x509_privkey_init(&key);
    if (rc < 0)
        return rc;
    rc = gnutls_x509_privkey_import2(key, &l->bytes, l->format, secret, 0);
    if (rc == 0)
        return take_key(l->id, key);
    gnutls_x509_privkey_deinit(key);
    return rc;
}

int identity_parse_key(struct identity *id, const char *path, const struct buf *text, bool exposed,
                       struct err *err)
{
    struct locked l = {.id = id, .bytes = whole(text), .format = GNUTLS_X509_FMT_DER};
    bool encrypted = false;
    if (is_pem(text)) {
        l.format = GNUTLS_X509_FMT_PEM;
        l.bytes = find_block(text, "PRIVATE KEY");
        encrypted = find((const char *) l.bytes.data, l.bytes.size, "ENCRYPTED") != NULL;
    }
    if (l.bytes.size == 0)
        return err_set(err, ERR_LOCAL, "%s holds no private key", path);
    if (find((const char *) l.bytes.data, l.bytes.size, "BEGIN OPENSSH"))
        return err_set(err, ERR_LOCAL,
                       "%s holds a key in OpenSSH's own format (to make it PEM: ssh-keygen -p -m "
                       "PEM -f on a copy of it)",
                       path);
    int rc = encrypted ? GNUTLS_E_DECRYPTION_FAILED : open_key(&l, NULL);
    if (rc == GNUTLS_E_DECRYPTION_FAILED)
        return identity_unlock(id, path, open_key, &l, err);
    if (rc < 0)
        return err_set(err, ERR_LOCAL, "cannot read the private key in %s: %s", path,
                       gnutls_strerror(rc));
    if (exposed)
        return err_set(err, ERR_LOCAL,
                       "%s holds a key without a pass phrase and others can read it (run 'chmod "
                       "600' on it)",
                       path);
    return 0;
}

int identity_load_key(struct identity *id, const char *path, struct err *err)
{
    struct buf text;
    bool exposed = false;
    int rc = read_file(id, path, &text, &exposed, err);
    rc = rc < 0 ? err_wrap(err, "the client certificate's key")
                : identity_parse_key(id, path, &text, exposed, err);
    buf_clear(&text);
    return rc;
}
