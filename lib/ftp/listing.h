/* Listings into entries: lines of MLSD (RFC 3659 section 7), and of LIST, which no standard
 * describes. Pure. */
#ifndef FTPSH_FTP_LISTING_H
#define FTPSH_FTP_LISTING_H

#include "base/err.h"
#include "ftp/zone.h"

#include <stddef.h>
#include <stdint.h>

#define LISTING_LINE_MAX 8192
#define LISTING_UNKNOWN (-1)

enum entry_type { ENTRY_FILE, ENTRY_DIR, ENTRY_LINK, ENTRY_OTHER };

/* Strings point into `mem`, which the entry holds inside itself; an entry may be copied only with
 * entry_copy(), and who keeps many keeps what it needs of them. Absent strings are "". */
struct entry {
    enum entry_type type;
    int64_t size;      /* bytes; LISTING_UNKNOWN, also where blocks, tracks or records are told */
    int64_t mtime;     /* seconds since 1970 UTC; LISTING_UNKNOWN */
    int mtime_step;    /* seconds that the time is cut down to: 1, 60, 86400; 0: unknown */
    bool mtime_exact;  /* said in UTC (MLSD, EPLF, a zone in the line), not by the server's clock */
    bool year_guessed; /* the line gives none */
    int mode;          /* permission bits, 0-07777; LISTING_UNKNOWN */
    bool here, parent; /* MLSD type=cdir, type=pdir; LIST "." and ".." */
    char *name, *owner, *group, *target;
    char *perm, *unique; /* RFC 3659 sections 7.5.5 and 7.5.2 */
    char mem[LISTING_LINE_MAX];
};

/* 1: an entry; 0: a line that is none (empty); -1 with ERR_PROTOCOL. `line` is without its end. The
 * name may hold anything but NUL and line ends: callers check before they use it. */
int mlsd_parse(const char *line, size_t len, struct entry *out, struct err *err);

/* Reads a LIST, line by line. Its format is found out from the first lines, of which a bounded
 * number is held back: the one that reads most of them. What that format cannot read from then on
 * is no entry, and is told. */
struct list_reader;

struct list_reader_config {
    int64_t now;       /* seconds, UTC: decides the year where a line gives none (FIELD-NOTES 47) */
    struct zone zone;  /* of the server's dates */
    const char *named; /* a format's name: no looking first; NULL: find out */
    /* Each entry, "." and ".." too; -1 with err gives up. */
    int (*entry)(void *ctx, const struct entry *e, struct err *err);
    /* Each line that may be an entry and could not be read; may be NULL. */
    void (*unread)(void *ctx, const char *line, size_t len);
    void *ctx;
};

/* Copies the configuration. NULL with ERR_LOCAL. */
struct list_reader *list_reader_new(const struct list_reader_config *c, struct err *err);
void list_reader_free(struct list_reader *r);

/* A line without its end. list_reader_end() comes after the last one: entries may be held back
 * until then. 0, or -1 with what entry() gave. */
int list_reader_line(struct list_reader *r, const char *line, size_t len, struct err *err);
int list_reader_end(struct list_reader *r, struct err *err);

/* "unix", "dos", "vms", ...; "" while it is not known. */
const char *list_reader_format(const struct list_reader *r);

void entry_copy(struct entry *to, const struct entry *from);

/* "file", "dir", "link", "other". */
const char *entry_type_name(enum entry_type t);

/* YYYYMMDDHHMMSS[.sss] of MDTM and modify= (RFC 3659 section 2.3) into seconds; -1 with
 * ERR_PROTOCOL. */
int ftptime_parse(const char *text, size_t len, int64_t *out, struct err *err);

#endif
