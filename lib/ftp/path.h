/* Remote path names. Pure. */
#ifndef FTPSH_FTP_PATH_H
#define FTPSH_FTP_PATH_H

#include "base/err.h"

#include <stddef.h>

#define PATH_BYTES 4096

/* The directory in a 257 reply: quoted, "" for a quote inside (RFC 959 appendix II). A reply
 * without quotes yields its first word. `text` is the reply's last line without its code. 0, or -1
 * with ERR_PROTOCOL: nothing there, too long, or control bytes in it (FIELD-NOTES 63). */
int path_from_257(const char *text, char dst[PATH_BYTES], struct err *err);

/* base/name, or name alone when it is absolute or base is empty; no double slash. -1 with ERR_USAGE
 * when it does not fit. */
int path_join(const char *base, const char *name, char dst[PATH_BYTES], struct err *err);

/* What stands behind the last slash; the whole when there is none. Points into `path`. */
const char *path_last(const char *path);

/* True for a name that may become a local file name: not empty, not "." or "..", no slash, no NUL
 * (FIELD-NOTES 62). */
bool path_is_single(const char *name);

#endif
