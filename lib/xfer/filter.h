/* Which files of a tree are meant. Pure, apart from the memory that the rules take.
 *
 * Rules stand in the order in which they were given, and the last one that matches decides. What
 * none matches is meant, except files where the first rule is one that includes: whoever says
 * "include *.txt" means nothing else. Folders are gone into unless a rule excludes them; what lies
 * in an excluded folder is never asked about.
 *
 * Patterns are those of base/glob.h, and between slashes "**" stands for any number of folders. One
 * that holds a slash before its end, or begins with one, is compared with the path from the root of
 * the tree, any other with the last component alone. One that ends with a slash matches only
 * folders. "a/" + "**" matches everything in a, but not a.
 */
#ifndef FTPSH_XFER_FILTER_H
#define FTPSH_XFER_FILTER_H

#include "base/err.h"

#include <stddef.h>

struct filter;

enum filter_verb { FILTER_EXCLUDE, FILTER_INCLUDE };

/* NULL with ERR_LOCAL. */
struct filter *filter_new(struct err *err);
void filter_free(struct filter *f);

/* -1 with ERR_USAGE (an empty pattern, a regular expression that is none) or ERR_LOCAL. */
int filter_add_glob(struct filter *f, enum filter_verb verb, const char *pattern, struct err *err);
/* A POSIX extended regular expression, found anywhere in the path from the root. */
int filter_add_regex(struct filter *f, enum filter_verb verb, const char *regex, struct err *err);

/* The lines of a file in the manner of .gitignore: patterns that exclude, "!" in front of those
 * that include again, "#" comments, a backslash in front of either; spaces at the end of a line do
 * not count unless a backslash stands in front. ERR_USAGE names the line. */
int filter_add_lines(struct filter *f, const char *text, size_t len, struct err *err);

/* Whether `path` ("a/b", below the root) is meant. Safe from several threads at once. NULL: all
 * are. */
bool filter_wants(const struct filter *f, const char *path, bool folder);

/* Files are left out that no rule names: a folder in which nothing is meant is of no interest. */
bool filter_selects(const struct filter *f);

#endif
