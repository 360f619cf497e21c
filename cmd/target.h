/* Where to connect to: "[user[:password]@]host[:port][/dir]" or an ftp://, ftpes:// or ftps:// URL.
 * Pure.
 *
 * Parts are percent-decoded; control bytes are refused. As in RFC 1738 section 3.2.2 `dir` is
 * relative to the folder that one is in after login: host//etc names /etc. */
#ifndef FTPSH_CMD_TARGET_H
#define FTPSH_CMD_TARGET_H

#include "ftp/session.h"

#define TARGET_USER_BYTES 256
#define TARGET_PASSWORD_BYTES 512
#define TARGET_HOST_BYTES 256
#define BOOKMARK_BYTES 65

enum target_scheme { SCHEME_NONE, SCHEME_FTP, SCHEME_FTPES, SCHEME_FTPS };

struct target {
    enum target_scheme scheme;
    bool has_user, has_password;
    char user[TARGET_USER_BYTES];
    char password[TARGET_PASSWORD_BYTES];
    char host[TARGET_HOST_BYTES];  /* without the brackets of an IPv6 address */
    uint16_t port;                 /* 0: the scheme's */
    char dir[PATH_BYTES];          /* "": none */
    char bookmark[BOOKMARK_BYTES]; /* that it stands in (bookmarks.h); "": none */
};

/* 0, or -1 with ERR_USAGE; messages never hold the password. */
int target_parse(const char *text, struct target *out, struct err *err);

#define TARGET_TEXT_BYTES (3 * (TARGET_USER_BYTES + TARGET_HOST_BYTES + PATH_BYTES) + 32)

/* As text that target_parse() takes, without the password. Returns dst. */
const char *target_format(const struct target *t, char dst[TARGET_TEXT_BYTES]);

/* What TLS the target asks for, `given` being what the option says (`chosen`: it was used).
 * 0 with *out, or -1 with ERR_USAGE when they contradict each other. */
int target_tls(const struct target *t, enum tls_mode given, bool chosen, enum tls_mode *out,
               struct err *err);

/* Wipes it. */
void target_clear(struct target *t);

#endif
