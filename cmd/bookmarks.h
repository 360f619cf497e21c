/* Names that a person gives to servers and folders: the file "bookmarks" in the folder of the
 * configuration (ownfile.h).
 *
 * One line each: a name, blanks, and a target as target.h has it, without a password. Empty lines
 * and those that begin with # are kept and passed over. What else cannot be read is an error that
 * names the line, so that nothing gets lost by a change:
 *
 *     work  ftpes://me@ftp.example.com/projects
 */
#ifndef FTPSH_CMD_BOOKMARKS_H
#define FTPSH_CMD_BOOKMARKS_H

#include "base/buf.h"
#include "target.h"

struct bookmark {
    char name[BOOKMARK_BYTES];
    char *target;
};

/* In the order of the file. Begins as zeros. */
struct bookmarks {
    struct bookmark *list;
    size_t n, room;
};

void bookmarks_clear(struct bookmarks *b);

/* ---- texts: pure ---- */

/* Whether a word can be the name of a bookmark, and hence is asked for among them before it is
 * taken for a host's: letters, digits, '-', '_' and what is beyond ASCII; not '-' in front. */
bool bookmark_is_name(const char *word);

/* Adds what a file holds. -1 with ERR_USAGE ("line 3: ..."; a target with a password is one), or
 * ERR_LOCAL: out of memory. */
int bookmarks_parse(struct bookmarks *b, const char *text, size_t len, struct err *err);

/* The target; NULL: there is no such bookmark. */
const char *bookmarks_find(const struct bookmarks *b, const char *name);

/* Copies a file's text with the lines of `name` replaced by one for `target`, or added at the end;
 * NULL: taken out. 1 where something changed, 0, or -1 with ERR_LOCAL. */
int bookmarks_rewrite(const struct buf *before, const char *name, const char *target,
                      struct buf *after, struct err *err);

/* ---- the file ---- */

/* Where it is; "" when the environment tells no home. Returns dst. */
const char *bookmarks_path(char *dst, size_t size);

/* All of them; *out is made here and the caller's to clear, whatever happens. -1 as own_load() and
 * bookmarks_parse(), with the path. */
int bookmarks_load(struct bookmarks *out, struct err *err);

/* The text as it stands there, for an editor; made here and the caller's to clear, whatever
 * happens. -1 as own_load(). */
int bookmarks_text(struct buf *text, struct err *err);

/* Adds one, in the place of what had the name, or removes it (`target` is NULL): 1, or 0 where
 * nothing had to change; -1 as own_change() and bookmarks_parse(). */
int bookmarks_change(const char *name, const char *target, struct err *err);

/* Puts `after` in the place of the whole text, which must still be `before`: 0, or -1 with
 * ERR_USAGE
 * ("line 3: ..."), ERR_LOCAL. */
int bookmarks_replace(const struct buf *before, const struct buf *after, struct err *err);

/* A host that cannot be resolved may be a bookmark that was mistyped: adds the nearest to the
 * message of ERR_RESOLVE. */
void bookmark_hint(const struct target *t, struct err *err);

/* target_parse() for what a person writes: the name of a bookmark stands for its target, and is
 * noted in it. `text` keeps its password. -1 with ERR_USAGE, or as bookmarks_load(). */
int bookmark_target(const char *text, struct target *out, struct err *err);

#endif
