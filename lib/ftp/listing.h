/* Lines of MLSD (RFC 3659 section 7) and LIST into entries. Pure: a line in, an entry out. */
#ifndef FTPSH_FTP_LISTING_H
#define FTPSH_FTP_LISTING_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define LISTING_LINE_MAX 8192
#define LISTING_UNKNOWN (-1)

enum entry_type { ENTRY_FILE, ENTRY_DIR, ENTRY_LINK, ENTRY_OTHER };

/* Strings point into `mem`, which the entry holds inside itself; an entry may be copied only with
 * entry_copy(). Absent strings are "". */
struct entry {
    enum entry_type type;
    int64_t size;      /* bytes; LISTING_UNKNOWN */
    int64_t mtime;     /* seconds since 1970 UTC; LISTING_UNKNOWN */
    bool mtime_exact;  /* to the second, in UTC (MLSD), not guessed from a LIST date */
    int mode;          /* permission bits, 0-07777; LISTING_UNKNOWN */
    bool here, parent; /* MLSD type=cdir, type=pdir; LIST "." and ".." */
    char *name, *owner, *group, *target, *perm;
    char mem[LISTING_LINE_MAX];
};

/* 1: an entry; 0: a line that is none ("total 12", empty); -1 with ERR_PROTOCOL. `line` is without
 * its end. The name may hold anything but NUL and line ends: callers check before they use it. */
int mlsd_parse(const char *line, size_t len, struct entry *out, struct err *err);

/* `now` (seconds, UTC) decides the year where the line gives none (FIELD-NOTES 47). */
int list_parse(const char *line, size_t len, int64_t now, struct entry *out, struct err *err);

void entry_copy(struct entry *to, const struct entry *from);

/* "file", "dir", "link", "other". */
const char *entry_type_name(enum entry_type t);

/* "20260110T..." forms: YYYYMMDDHHMMSS[.sss] of MDTM and modify= (RFC 3659 section 2.3) into
 * seconds; -1 with ERR_PROTOCOL. */
int ftptime_parse(const char *text, size_t len, int64_t *out, struct err *err);

#endif
