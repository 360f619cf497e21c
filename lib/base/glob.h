/* File name patterns. Pure; a name is bytes, where valid UTF-8 counts as characters whatever the
 * locale says.
 *
 *   *  any bytes   ?  one character   [a-z] [!a-z] [^a-z]  one of these, none of these
 *
 * A backslash in front of *, ?, [, ], ~ or another backslash quotes it; in front of anything else
 * it stands for itself, and so does a "[" that nothing closes. A pattern is one component of a
 * path:
 * "/" and "**" are the business of xfer/expand.h.
 */
#ifndef FTPSH_BASE_GLOB_H
#define FTPSH_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

enum glob_flag {
    GLOB_FOLD = 1 << 0,  /* ASCII letters match in either case */
    GLOB_HIDDEN = 1 << 1 /* a leading dot need not be written in the pattern */
};

/* `flags`: of enum glob_flag. */
bool glob_match(const char *pattern, const char *name, unsigned flags);

/* A character that the backslash quotes. */
bool glob_is_special(char c);

/* Whether an unquoted *, ? or [ stands in it. */
bool glob_has_magic(const char *pattern);

/* The name that a pattern without magic stands for, in place: its quoting backslashes go. */
void glob_unescape(char *pattern);

/* The pattern that matches nothing but `name`. Returns the bytes written without the NUL, or -1
 * when they do not fit `size`. */
int glob_escape(char *dst, size_t size, const char *name);

#endif
