/* The names of servers that know no UTF-8 (RFC 2640 came late), through the C library's iconv.
 *
 * Inside the program text is UTF-8. A byte from the server that its charset does not know, or would
 * not give back, becomes the lone surrogate U+DC80 to U+DCFF written as UTF-8 writes others (three
 * bytes, ED B2 80 to ED B3 BF): that is no valid UTF-8, so it shows escaped, and goes back as the
 * byte it was. Without a charset bytes pass untouched both ways. A handle serves one thread. */
#ifndef FTPSH_FTP_CHARSET_H
#define FTPSH_FTP_CHARSET_H

#include "base/err.h"

#include <stddef.h>

struct charset;

/* `name` as iconv knows it: "ISO-8859-1", "CP932". NULL with ERR_USAGE: it is not known, or does
 * not leave ASCII as it is, in which FTP's own words are written; or with ERR_LOCAL. */
struct charset *charset_new(const char *name, struct err *err);
void charset_free(struct charset *c);

/* What the server sent, into UTF-8. Returns the length without the NUL, at most three times `len`;
 * -1 when it does not fit into size. */
int charset_decode(struct charset *c, const char *bytes, size_t len, char *dst, size_t size);

/* UTF-8 into what the server reads. The same, or -1 with ERR_USAGE naming the character that the
 * charset does not have, or saying that the text is not UTF-8 or too long. */
int charset_encode(struct charset *c, const char *text, size_t len, char *dst, size_t size,
                   struct err *err);

#endif
