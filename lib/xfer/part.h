/* The local end of a download: where its bytes are written, and how they become the file.
 *
 * Regular files are written to a part file beside the target and renamed when they are whole; a
 * symbolic link is followed to the file it names; anything else (a FIFO, /dev/null) is written in
 * place (FIELD-NOTES 74). Nothing is created or cut before the first byte, or the end, has come.
 *
 * A part file that is there is written to only where nobody else has a hand in it (its owner is we,
 * or the folder's; it has one name): a new one takes its place, and it is not continued.
 *
 * A confined target is one name in one folder, whose names come from a server (FIELD-NOTES 62):
 * links are neither followed nor replaced, and only regular files are made or replaced.
 *
 * What the remote file was like is kept in the part file's own times, where it survives everything
 * and is no second file: both hold the remote's time, and in the fraction of the second a mark and
 * a trace of the remote's size. They are set again after each write, which changes one of them, as
 * does whoever reads the file with the other: one of the two is always there. */
#ifndef FTPSH_XFER_PART_H
#define FTPSH_XFER_PART_H

#include "base/wait.h"
#include "ftp/path.h"

#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

/* The suffix of the temporary name beside the target; a continued download looks for such a file.
 * It bears our name, since a plain ".part" may be somebody's own file. */
#define PART_SUFFIX ".ftpsh.part"

/* The bytes at the end of a part file that are compared with the server's. */
#define PART_OVERLAP (32 * 1024)

struct part {
    int dirfd;             /* borrowed; AT_FDCWD */
    char path[PATH_BYTES]; /* the file, links followed; relative to dirfd */
    char temp[PATH_BYTES]; /* where it is written; the same as path when in place */
    bool confined;
    bool in_place;
    bool exists;
    struct stat there;             /* `path` as it was, where it exists */
    int64_t from_size, from_mtime; /* of the remote file; negative: unknown */
    int fd;                        /* of `part`; -1 until the first byte */
    int64_t at;                    /* offset in the file of the next byte */
    int64_t overlap;               /* bytes still to compare instead of writing */
    ino_t begun;                   /* the part file that part_resume() has looked at */
    bool sync;                     /* part_finish() waits for the disk; the caller's to set */
    const struct wait *wait;
};

/* The name of the part file of a file of that name, a single component: "name.ftpsh.part"; a name
 * too long for that gives its end away for a hash of it all. Returns dst. */
const char *part_name(const char *name, char dst[NAME_MAX + 1]);

/* Looks at the local name; creates nothing. 0, or -1 with ERR_LOCAL (a folder, not writable, a name
 * that cannot be, no regular file where it is confined). part_clear() in either case. */
int part_find(struct part *t, int dirfd, const char *local, bool confined, const struct wait *w,
              struct err *err);

/* Closes it. What has come stays in the part file, with what is known of the remote file. */
void part_clear(struct part *t);

/* Tells what the remote file is like; negative: unknown. */
void part_expect(struct part *t, int64_t size, int64_t mtime);

/* Where to go on: sets `at` and `overlap`. A part file is continued or, where there is none, a
 * shorter file of the final name, which is copied. What is continued must have come from the very
 * file that part_expect() told of: the size and time that were kept must be these, or, where
 * nothing was kept (another program's file), it was written after the remote file last changed.
 * 0, or -1 with ERR_INTEGRITY (changed, longer than the remote file, its size unknown; a part file
 * in pieces), ERR_LOCAL. */
int part_resume(struct part *t, struct err *err);

/* Forgets about continuing: the next download starts at 0. */
void part_restart(struct part *t);

/* A pump_sink's write; `ctx` is the target. Compares while `overlap` is left. -1 with ERR_LOCAL,
 * ERR_INTEGRITY (the overlap differs; the part file is not the one that part_resume() has seen, or
 * not ours alone), ERR_CANCELLED, ERR_TIMEOUT. */
int part_write(void *ctx, const void *data, size_t len, struct err *err);

/* For segments.c, which writes where it likes: opens, or makes, the part file as it is. -1 with
 * ERR_LOCAL. */
int part_open_pieces(struct part *t, struct err *err);
/* Keeps what part_expect() told of in the file's times; or closes it and leaves them as they are.
 */
void part_note_origin(const struct part *t);
void part_leave(struct part *t);

/* The file is whole: gives it its mode and time, its final name, and closes it. `mtime` negative:
 * the time is now. `mode` negative: as the file had that was there, or a new one's; else its rwx
 * bits, as far as a new file may have them, and always rw for the owner. With `sync` its bytes are
 * on the disk before it gets its name, and the name before this returns; a part file that the disk
 * does not take is removed, since nobody knows what is in it. -1 with ERR_LOCAL; ERR_INTEGRITY: the
 * part file is no longer what was written, or no longer there but another. */
int part_finish(struct part *t, int mode, int64_t mtime, struct err *err);

/* Waits until the names in the folder are on the disk: fsync(), where the file system has that for
 * folders. -1 with errno. */
int part_sync_names(int folder);

/* Removes the part file; once it is open, not what somebody else has put in its place. */
void part_discard(struct part *t);

/* The bytes in the part file; -1 where there is none. */
int64_t part_kept(const struct part *t);

/* Hands the part file's first `len` bytes to `each`. -1 with ERR_LOCAL, ERR_CANCELLED. */
int part_read_back(struct part *t, int64_t len, void (*each)(void *ctx, const void *data, size_t n),
                   void *ctx, struct err *err);

#endif
