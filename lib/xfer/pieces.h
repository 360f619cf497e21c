/* A part file that is fetched in pieces: the file in its full size, and behind it what of it is
 * there. The record is written after the bytes that it tells of, so that whatever instant ends the
 * program, it tells of none that are not there. For segments.c. */
#ifndef FTPSH_XFER_PIECES_H
#define FTPSH_XFER_PIECES_H

#include "base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIECES_MAX 16

/* The bytes in front of a piece that are fetched with it and compared in the end with those that
 * the piece before brought. */
#define PIECE_HEAD (16 * 1024)

struct piece {
    int64_t start, end;
    _Atomic int64_t done; /* bytes from `start` on that are there */
};

struct pieces {
    int fd;              /* borrowed */
    int64_t size, mtime; /* of the remote file */
    int n;
    struct piece list[PIECES_MAX];
};

/* Whether there is such a record, whatever file it is of. False also where it cannot be read. */
bool pieces_found(int fd);

/* Reads the record. 1 when there is one of exactly this file; 0 when there is none at all; -1 with
 * ERR_INTEGRITY: one of another file, or one that cannot be. */
int pieces_load(struct pieces *p, int fd, int64_t size, int64_t mtime, struct err *err);

/* Begins anew, with `n` pieces of about the same size. -1 with ERR_LOCAL. */
int pieces_make(struct pieces *p, int fd, int64_t size, int64_t mtime, int n, struct err *err);

/* Bytes of piece i, behind those that are there; different pieces may be written by different
 * threads. -1 with ERR_LOCAL. */
int pieces_write(struct pieces *p, int i, const void *data, size_t len, struct err *err);

/* Bytes of the head of piece i, `at` is where in it. -1 with ERR_LOCAL. */
int pieces_write_head(struct pieces *p, int i, size_t at, const void *data, size_t len,
                      struct err *err);

/* Whether these bytes are what the file has at `at`: 1, 0, or -1 with ERR_LOCAL. */
int pieces_same(const struct pieces *p, int64_t at, const void *data, size_t len, struct err *err);

int64_t pieces_done(const struct pieces *p); /* bytes, of all */

/* All are there: compares the heads, then cuts the record off, and the file is the file. -1 with
 * ERR_INTEGRITY (a head differs), ERR_LOCAL. */
int pieces_join(struct pieces *p, struct err *err);

#endif
