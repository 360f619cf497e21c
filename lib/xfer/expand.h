/* Patterns into names, each component as base/glob.h tells; "**" as a component stands for any
 * number of folders, none included, and last for everything below. Each folder is listed once.
 *
 * Hidden names match only where the pattern's component begins with a dot, and "**" enters no
 * hidden folder and follows no link. Names that are no single component never match; those of a
 * server are told of, once for each folder, as news to the session's log.
 */
#ifndef FTPSH_XFER_EXPAND_H
#define FTPSH_XFER_EXPAND_H

#include "xfer/items.h"
#include "xfer/transfer.h"

/* A word with unquoted magic in any component. */
bool expand_wanted(const char *pattern);

/* Adds what the pattern matches, sorted, to `out`: the item's name is the whole path as a command
 * takes it, the rest is what the listing told. Nothing is added when nothing matches; a folder that
 * is not there or is not to be read matches nothing. A pattern that ends in "/" matches folders
 * alone. ERR_USAGE: the pattern is longer than PATH_BYTES, has more than EXPAND_COMPONENTS
 * components, or ".." behind a wildcard; else as list_entries(). */
#define EXPAND_COMPONENTS 64
int expand_remote(struct mover *m, const char *pattern, struct items *out, struct err *err);

/* The same with local names, which come without owner, group and target. ERR_USAGE, ERR_LOCAL. */
int expand_local(const char *pattern, struct items *out, struct err *err);

#endif
