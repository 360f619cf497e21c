/* "[user[:password]@]host[:port]", as it stands in targets and URLs (RFC 3986 section 3.2): taken
 * apart and percent-decoded. Pure. No message ever holds what stands before the "@". */
#ifndef FTPSH_BASE_AUTHORITY_H
#define FTPSH_BASE_AUTHORITY_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct span {
    const char *p;
    size_t len;
};

/* The parts point into the text, still encoded; `host` is without the brackets of an IPv6 address.
 */
struct authority {
    bool has_user, has_password, has_port;
    struct span user, password, host, port;
};

/* 0, or -1 with ERR_USAGE; what was found before the fault is filled in then too. */
int authority_split(struct span text, struct authority *out, struct err *err);

/* Decodes a part into dst, NUL-terminated. `what` names it in messages. ERR_USAGE when it holds a
 * control byte or a '%' that escapes nothing, or does not fit. */
int span_decode(struct span s, char *dst, size_t size, const char *what, struct err *err);

/* 1 to 65535, or -1 with ERR_USAGE. */
int span_port(struct span s, uint16_t *out, struct err *err);

#endif
