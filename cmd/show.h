/* Entries of listings, as people and programs read them. */
#ifndef FTPSH_CMD_SHOW_H
#define FTPSH_CMD_SHOW_H

#include "xfer/items.h"

#include <jansson.h>
#include <stdio.h>

/* `text`, escaped for a terminal where `at_terminal`, else as it is, so that a program can use it.
 * NULL: out of memory. The caller frees it. */
char *show_text(const char *text, bool at_terminal);

/* "drwxr-xr-x", with s and t; "?" for bits that are not known. */
#define SHOW_MODE_BYTES 11
void show_mode(const struct item *item, char dst[SHOW_MODE_BYTES]);

/* As ls(1): "Nov 22 21:03", or "Nov 22  2025" for what is older than half a year or lies in the
 * future; in local time. "?" for LISTING_UNKNOWN. */
void show_time(int64_t mtime, int64_t now, char *dst, size_t size);

/* "2026-11-22 21:03:07" in local time, or without the seconds where they are not known; "?" for
 * LISTING_UNKNOWN. */
#define SHOW_MOMENT_BYTES 32
void show_moment(int64_t moment, bool exact, char dst[SHOW_MOMENT_BYTES]);

/* "1234", or "1.3K" where `human`, rounded up in powers of 1024; "?" for LISTING_UNKNOWN. */
void show_size(int64_t size, bool human, char *dst, size_t room);

/* An object with the keys of DESIGN: name, type, size, mtime, mode, owner, group, target; what is
 * not known is left out. `path` is one more key unless NULL. NULL: out of memory. */
json_t *show_json(const struct item *item, const char *path);

#endif
