/* Completion: what may stand where a line is being written, and what is typed for it. It knows the
 * tables of commands and options; what only the program or a server can tell comes from a `world`.
 * Pure.
 *
 * Names that hold control bytes, or bytes that are no characters, are not offered; hidden ones
 * where a dot was typed. What is put in is quoted as the line is: with backslashes, or as the
 * quote that is open wants it. */
#ifndef FTPSH_CMD_COMPLETE_H
#define FTPSH_CMD_COMPLETE_H

#include "base/err.h"
#include "ftp/listing.h"
#include "words.h"

/* What else than names of files can be asked for. */
enum names_of {
    NAMES_HOSTS,
    NAMES_BOOKMARKS,
    NAMES_VARIABLES, /* without settings */
    NAMES_ALIASES,
    NAMES_JOBS /* numbers of commands in the background */
};

struct candidate {
    char *text;
    char mark; /* shown behind it in a list: '/' a folder, '@' a link; '\0': none */
    bool open; /* more follows without a blank */
};

/* Those that begin with `base`, which is borrowed. */
struct candidates {
    const char *base;
    bool folders; /* and what may be one, alone */
    struct candidate *list;
    size_t n, room;
};

/* Offers a name, or the entry of a folder. 0, or -1 with ERR_LOCAL: out of memory. */
int candidates_name(struct candidates *c, const char *name, struct err *err);
int candidates_entry(struct candidates *c, const char *name, enum entry_type type, struct err *err);

struct complete_world {
    void *ctx;
    /* Offers what is in a folder, "" for the current one. 0; -1 when it cannot be told. */
    int (*folder)(void *ctx, bool remote, const char *path, struct candidates *to, struct err *err);
    int (*names)(void *ctx, enum names_of what, struct candidates *to, struct err *err);
    /* The command that an alias stands for, into `dst`; false where there is no such alias. */
    bool (*alias)(void *ctx, const char *name, char *dst, size_t size);
    const struct words_values *values; /* of variables; NULL: they stay as they are written */
};

struct completion {
    char insert[LINE_BYTES];
    bool unique; /* there is one candidate, and nothing is left to choose */
    struct candidates all;
};

/* `line` ends at the cursor; `behind` is the character there, '\0' at the end of the line. An empty
 * `all` means that nothing fits. -1 with what the world gave, or ERR_LOCAL; a line that cannot be
 * read is no error. *out is to be cleared, whatever happens. */
int complete(const char *line, char behind, const struct complete_world *world,
             struct completion *out, struct err *err);
void completion_clear(struct completion *c);

#endif
