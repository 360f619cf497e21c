#define _DEFAULT_SOURCE /* TCP_ULP, control messages */
#include "tls/ktls.h"

#include <errno.h>
#include <string.h>

#ifdef FTPSH_KTLS

#include "base/buf.h"

#include <fcntl.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum { STAT_BYTES = 4096 };

/* Where the module is there it counts, and one that takes new keys counts those. */
static bool takes_new_keys(void)
{
    char text[STAT_BYTES];
    int fd = open("/proc/net/tls_stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return strstr(text, "TlsRxRekeyOk") != NULL;
}

static int set_key(int fd, const struct records *r)
{
    struct tls12_crypto_info_chacha20_poly1305 info = {
        .info = {TLS_1_3_VERSION, TLS_CIPHER_CHACHA20_POLY1305}};
    memcpy(info.iv, r->iv, sizeof info.iv);
    memcpy(info.key, r->key, sizeof info.key);
    record_number(r, info.rec_seq);
    int rc = setsockopt(fd, SOL_TLS, TLS_RX, &info, sizeof info);
    wipe(&info, sizeof info);
    return rc;
}

enum ktls ktls_begin(int fd, const struct records *r)
{
    static const char name[] = "tls";
    if (r->algorithm != GNUTLS_CIPHER_CHACHA20_POLY1305 || !takes_new_keys())
        return KTLS_NONE;
    /* Without a key it hands everything through as it is. */
    if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, name, sizeof name) < 0 || set_key(fd, r) < 0)
        return KTLS_REFUSED;
    return KTLS_OPENS;
}

bool ktls_renew(int fd, const struct records *r)
{
    return set_key(fd, r) == 0;
}

ssize_t ktls_receive(int fd, void *mem, size_t size, unsigned char *type)
{
    union {
        struct cmsghdr align;
        unsigned char space[CMSG_SPACE(sizeof *type)];
    } control;
    struct iovec part = {mem, size};
    struct msghdr msg = {.msg_iov = &part,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &msg, 0);
    const struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);
    *type = 0;
    if (c && c->cmsg_level == SOL_TLS && c->cmsg_type == TLS_GET_RECORD_TYPE)
        *type = *CMSG_DATA(c);
    return n;
}

#else

enum ktls ktls_begin(int fd, const struct records *r)
{
    (void) fd, (void) r;
    return KTLS_NONE;
}

bool ktls_renew(int fd, const struct records *r)
{
    (void) fd, (void) r;
    errno = ENOSYS;
    return false;
}

ssize_t ktls_receive(int fd, void *mem, size_t size, unsigned char *type)
{
    (void) fd, (void) mem, (void) size, (void) type;
    errno = ENOSYS;
    return -1;
}

#endif
