/* For LD_PRELOAD: a kernel that opens TLS 1.3 (Linux: Documentation/networking/tls.rst), as far as
 * ftpsh asks one: ChaCha20-Poly1305, for what is received.
 *
 * KERNEL_TLS="no-ulp", "no-keys" or "no-new-keys": it refuses that. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum { HEADER = 5, TAG = 16, NONCE = 12, NUMBER = 8, DATA_MAX = 16 * 1024, TYPE_DATA = 23 };
enum { RECORD_MAX = HEADER + DATA_MAX + 1 + TAG, FDS = 1024 };

static struct opener {
    bool ulp;
    gnutls_aead_cipher_hd_t cipher; /* NULL: no key yet */
    unsigned char iv[NONCE], number[NUMBER], record[RECORD_MAX];
    size_t have; /* of the record */
} openers[FDS];

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static bool refuses(const char *what)
{
    const char *spec = getenv("KERNEL_TLS");
    return spec && strcmp(spec, what) == 0;
}

static struct opener *opener_of(int fd)
{
    return fd >= 0 && fd < FDS ? &openers[fd] : NULL;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

static void forget(struct opener *o)
{
    if (o->cipher)
        gnutls_aead_cipher_deinit(o->cipher);
    *o = (struct opener){0};
}

int close(int fd)
{
    int (*real)(int) = (int (*)(int)) next("close");
    if (opener_of(fd))
        forget(opener_of(fd));
    return real(fd);
}

/* What tells of the module. */
int open(const char *path, int flags, ...)
{
    static const char text[] = "TlsRxRekeyOk                    \t0\n";
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...)) next("open");
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    if (strcmp(path, "/proc/net/tls_stat") != 0)
        return real(path, flags, mode);
    int fd = memfd_create("tls_stat", MFD_CLOEXEC);
    if (fd >= 0 && (write(fd, text, sizeof text - 1) < 0 || lseek(fd, 0, SEEK_SET) < 0))
        abort();
    return fd;
}

static int set_key(struct opener *o, const void *value, socklen_t size)
{
    struct tls12_crypto_info_chacha20_poly1305 info;
    if (!o->ulp || size != sizeof info)
        return fail(EINVAL);
    memcpy(&info, value, sizeof info);
    if (info.info.version != TLS_1_3_VERSION ||
        info.info.cipher_type != TLS_CIPHER_CHACHA20_POLY1305 || refuses("no-keys"))
        return fail(EINVAL);
    if (o->cipher && refuses("no-new-keys"))
        return fail(EBUSY);
    gnutls_datum_t key = {info.key, sizeof info.key};
    forget(o);
    o->ulp = true;
    memcpy(o->iv, info.iv, sizeof o->iv);
    memcpy(o->number, info.rec_seq, sizeof o->number);
    return gnutls_aead_cipher_init(&o->cipher, GNUTLS_CIPHER_CHACHA20_POLY1305, &key) < 0
               ? fail(EINVAL)
               : 0;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    int (*real)(int, int, int, const void *, socklen_t) =
        (int (*)(int, int, int, const void *, socklen_t)) next("setsockopt");
    struct opener *o = opener_of(fd);
    if (o && level == IPPROTO_TCP && name == TCP_ULP) {
        o->ulp = !refuses("no-ulp");
        return o->ulp ? 0 : fail(ENOENT);
    }
    return o && level == SOL_TLS && name == TLS_RX ? set_key(o, value, size)
                                                   : real(fd, level, name, value, size);
}

/* Takes in the record that comes next, and no more: 1 when it is all there, 0 at the end of the
 * connection, -1 with errno. */
static ssize_t take_record(struct opener *o, int fd)
{
    for (;;) {
        const unsigned char *r = o->record;
        size_t len = o->have < HEADER ? HEADER : HEADER + ((size_t) r[3] << 8 | r[4]);
        if (o->have >= HEADER && (r[1] != 3 || r[2] != 3))
            return fail(EINVAL);
        if (o->have >= HEADER && (len > RECORD_MAX || len < HEADER + TAG))
            return fail(len > RECORD_MAX ? EMSGSIZE : EBADMSG);
        if (o->have >= HEADER && o->have == len)
            return 1;
        ssize_t n = recv(fd, o->record + o->have, len - o->have, 0);
        if (n <= 0)
            return n;
        o->have += (size_t) n;
    }
}

/* How many bytes of which type it carries; -1 with errno. */
static ssize_t open_record(struct opener *o, unsigned char *mem, size_t size, unsigned char *type)
{
    unsigned char nonce[NONCE], plain[RECORD_MAX];
    size_t n = sizeof plain;
    memcpy(nonce, o->iv, sizeof nonce);
    for (size_t i = 0; i < NUMBER; i++)
        nonce[NONCE - NUMBER + i] ^= o->number[i];
    if (gnutls_aead_cipher_decrypt(o->cipher, nonce, sizeof nonce, o->record, HEADER, TAG,
                                   o->record + HEADER, o->have - HEADER, plain, &n) < 0)
        return fail(EBADMSG);
    while (n > 0 && plain[n - 1] == 0)
        n--;
    if (n == 0)
        return fail(EBADMSG);
    for (size_t i = NUMBER; i-- > 0 && ++o->number[i] == 0;)
        continue;
    o->have = 0;
    *type = plain[--n];
    if (n > size)
        abort(); /* of which a part would have to be kept */
    memcpy(mem, plain, n);
    return (ssize_t) n;
}

/* One record; empty ones of data are passed over. */
static ssize_t receive(struct opener *o, int fd, unsigned char *mem, size_t size,
                       unsigned char *type)
{
    ssize_t n;
    do {
        *type = 0;
        n = take_record(o, fd);
        if (n > 0)
            n = open_record(o, mem, size, type);
    } while (n == 0 && *type == TYPE_DATA);
    return n;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
    ssize_t (*real)(int, struct msghdr *, int) =
        (ssize_t(*)(int, struct msghdr *, int)) next("recvmsg");
    struct opener *o = opener_of(fd);
    unsigned char type;
    if (!o || !o->cipher)
        return real(fd, msg, flags);
    ssize_t n = receive(o, fd, msg->msg_iov[0].iov_base, msg->msg_iov[0].iov_len, &type);
    struct cmsghdr *c = CMSG_FIRSTHDR(msg);
    if (n < 0 || type == 0 || msg->msg_controllen < CMSG_SPACE(sizeof type)) {
        msg->msg_controllen = 0;
        return n;
    }
    *c = (struct cmsghdr){
        .cmsg_level = SOL_TLS, .cmsg_type = TLS_GET_RECORD_TYPE, .cmsg_len = CMSG_LEN(sizeof type)};
    *CMSG_DATA(c) = type;
    return n;
}
