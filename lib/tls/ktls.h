/* TLS 1.3 by the kernel (Linux: Documentation/networking/tls.rst) for what is received: it opens
 * the records on their way to us. What it cannot do, or does worse, is left to records.h; a build
 * without it has the same functions, which find that there is none. For lib/tls only.
 *
 * ChaCha20-Poly1305 alone, for which Linux 6.18 needs a third fewer instructions than GnuTLS. For
 * AES-GCM it needs a third more, since it opens a record aside and copies it. It would open it in
 * place if told that none is padded (TLS_RX_EXPECT_NO_PAD); what follows one that is, all the same,
 * it then puts in the wrong place.
 *
 * Receiving alone. Of what the kernel seals a part may wait behind a full socket after send() has
 * taken it over, and shutdown() overtakes it: uploads, which end by half-closing, would lose their
 * end now and then.
 *
 * Only a kernel that takes new keys (Linux 6.14) is asked: with another one a KeyUpdate (RFC 8446
 * section 4.6.3) would be the end of the connection. Nor is one made to load its module. There is
 * no way back: a connection that is to leave TLS before it ends must not be handed over. */
#ifndef FTPSH_TLS_KTLS_H
#define FTPSH_TLS_KTLS_H

#include "tls/records.h"

#include <sys/types.h>

enum ktls { KTLS_OPENS, KTLS_NONE, KTLS_REFUSED /* errno says why */ };

/* From the next record on, which has `r`'s number and of which no byte has been read. Unless it is
 * KTLS_OPENS the connection is as it was. */
enum ktls ktls_begin(int fd, const struct records *r);

/* Behind a KeyUpdate that was received. False, with errno, where the kernel will not have it. */
bool ktls_renew(int fd, const struct records *r);

/* As recv(): what records of one type carry, which *type tells; with 0 in it the connection has
 * ended. What is no data comes from one record at a time, and whole where there is room for
 * RECORD_DATA_MAX; empty records of data are passed over. EBADMSG, EMSGSIZE and EINVAL tell of
 * records that are wrong. */
ssize_t ktls_receive(int fd, void *mem, size_t size, unsigned char *type);

#endif
