/* Replies on the control connection (RFC 959 section 4.2, RFC 1123 section 4.1.2.10). Pure. */
#ifndef FTPSH_FTP_REPLY_H
#define FTPSH_FTP_REPLY_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define REPLY_MAX (256 * 1024)     /* bytes of one reply, all its lines */
#define REPLY_LINE_MAX (16 * 1024) /* bytes of one line */
#define REPLY_LINES_MAX 8192

/* `text` is the whole reply as received, lines ended by a single LF, the last one not ended; codes
 * are still in front of the first and the last line. NUL-terminated, NUL bytes inside replaced by
 * '?'. Owned; reply_clear() frees it. A zeroed struct is an empty reply. */
struct reply {
    int code;
    char *text;
};

void reply_clear(struct reply *r);

bool reply_is_good(const struct reply *r); /* 2yz */

/* Takes one reply from the front of data[0..len). Returns 1 with *out and *used filled in, 0 when
 * more bytes are needed (*out untouched), or -1 with ERR_PROTOCOL: the line has no code where one
 * must be, or a bound above is exceeded. CRLF and a bare LF end a line.
 *
 * A multi-line reply "DDD-..." ends at the line that starts with the same code and a space, or is
 * the bare code; a line with another code and a space is body (FIELD-NOTES 49).
 *
 * `scanned` keeps how far lines were looked at, so that bytes coming one at a time cost linear
 * time: start with a zeroed struct, hand in the same one until the call returns 1. */
struct reply_scan {
    size_t pos;
    int code, lines;
};
int reply_parse(const char *data, size_t len, struct reply_scan *scan, struct reply *out,
                size_t *used, struct err *err);

/* Whether a reply with this code can answer the command: a refusal or a 1yz always can, of the
 * other codes those that RFC 959 section 5.4 and the RFCs since list, and what servers say in their
 * place. What follows the command's name does not matter. True for commands that are not known. */
bool reply_fits(const char *command, int code);

/* The text of the last line behind its code: "Login incorrect." for "530 Login incorrect.". Never
 * NULL. */
const char *reply_last_line(const struct reply *r);

/* The text in one line for messages and reports: "230-Welcome 230 Logged in" becomes the last line
 * with its code. Escaped, cut to size. Returns dst. */
const char *reply_summary(const struct reply *r, char *dst, size_t size);

#endif
