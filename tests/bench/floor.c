/* What a download costs at least: receiving so many bytes over loopback, and opening as many of
 * AES-256-GCM in records of 16 KiB with GnuTLS.
 *
 *     floor MEBIBYTES
 *
 * Prints the processor time of each, in seconds, as JSON. The bytes are sent by a child, which does
 * not count. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RECORD = 16384, TAG = 16, BLOCK = 512 * 1024 };

static double used(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double) (r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double) (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void die(const char *what)
{
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static double receive(size_t total)
{
    static unsigned char block[BLOCK];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *) &at, size) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *) &at, &size) < 0 ||
        connect(fd, (struct sockaddr *) &at, size) < 0)
        die("loopback");
    pid_t child = fork();
    if (child == 0) {
        int out = accept(listener, NULL, NULL);
        for (size_t sent = 0; sent < total;) {
            ssize_t n = write(out, block, total - sent < BLOCK ? total - sent : BLOCK);
            if (n <= 0)
                _exit(1);
            sent += (size_t) n;
        }
        _exit(0);
    }
    double start = used();
    for (size_t got = 0; got < total;) {
        ssize_t n = read(fd, block, BLOCK);
        if (n <= 0)
            die("receiving");
        got += (size_t) n;
    }
    double took = used() - start;
    waitpid(child, NULL, 0);
    close(fd);
    close(listener);
    return took;
}

static double open_records(size_t total)
{
    static unsigned char key[32], nonce[12], plain[RECORD], sealed[RECORD + TAG];
    gnutls_datum_t k = {key, sizeof key};
    gnutls_aead_cipher_hd_t cipher;
    size_t len = sizeof sealed;
    if (gnutls_aead_cipher_init(&cipher, GNUTLS_CIPHER_AES_256_GCM, &k) < 0 ||
        gnutls_aead_cipher_encrypt(cipher, nonce, sizeof nonce, NULL, 0, TAG, plain, RECORD, sealed,
                                   &len) < 0)
        die("sealing");
    double start = used();
    for (size_t done = 0; done < total; done += RECORD) {
        size_t room = RECORD;
        if (gnutls_aead_cipher_decrypt(cipher, nonce, sizeof nonce, NULL, 0, TAG, sealed, len,
                                       plain, &room) < 0)
            die("opening");
    }
    double took = used() - start;
    gnutls_aead_cipher_deinit(cipher);
    return took;
}

int main(int argc, char **argv)
{
    size_t total = (argc > 1 ? strtoul(argv[1], NULL, 10) : 1024) * 1024 * 1024;
    printf("{\"receive\": %.4f, \"open\": %.4f}\n", receive(total), open_records(total));
    return 0;
}
