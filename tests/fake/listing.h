/* Listings in the three styles of the protocol. */
#ifndef FAKE_LISTING_H
#define FAKE_LISTING_H

#include "quirk.h"

#include <stdint.h>
#include <sys/stat.h>

enum listing_style { STYLE_LIST, STYLE_NLST, STYLE_MLSD };

/* The lines for a folder or, but for MLSD, a file, CRLF after each. *text is the caller's to free;
 * *empty tells that a folder holds nothing. 0, or -1 with errno. */
int listing_make(int root, const char *path, enum listing_style style, const struct quirks *q,
                 char **text, size_t *len, bool *empty);

/* Line `number` of a made-up listing, its end too: its length. */
size_t listing_numbered(char *dst, size_t size, enum listing_style style, int64_t number);

/* One line without its end; `dir` and `name` tell where a link is read. */
void listing_line(FILE *f, enum listing_style style, int dir, const char *name,
                  const struct stat *st);

/* The unique fact of an entry, where the quirk loop is on. */
void listing_unique(FILE *f, const struct quirks *q, const struct stat *st);

/* So many folders, whatever there is. -1: out of memory. */
int listing_endless(int64_t folders, enum listing_style style, char **text, size_t *len);

#endif
