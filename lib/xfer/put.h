/* Uploads. */
#ifndef FTPSH_XFER_PUT_H
#define FTPSH_XFER_PUT_H

#include "ftp/listing.h"
#include "xfer/retry.h"

#include <fcntl.h>

/* What stands before and behind the temporary name of an `atomic` upload. */
#define TEMP_PREFIX "."
#define TEMP_SUFFIX ".ftpsh.tmp"

/* Begin with PUT_OPTIONS_INIT: zeros mean something else. */
struct put_options {
    int dirfd;     /* `local` is relative to it; borrowed */
    bool confined; /* `local` is one name in dirfd: no link is followed, only a regular file is
                    * sent */
    int fd;        /* >= 0: sent in place of the file `local`, which is its name for people;
                    * borrowed, and never closed */
    bool resume;   /* go on behind what the server has */
    bool anew;     /* with resume: where that is not the beginning of the file, from the start */
    const struct retry_count *tries; /* before this one; NULL: it is the only one */
    int retries;                     /* where retry_follows() what `atomic` has sent is kept */
    bool append;                     /* add to what the server has (APPE) */
    bool atomic;                     /* under a temporary name beside the target, then renamed */
    bool no_clobber;                 /* a remote file that is there stays as it is */
    bool newer;                      /* so does one that is not older than the local file */
    bool preserve;      /* the remote file gets the local file's time, where the server can */
    bool chmod;         /* and its mode (SITE CHMOD) */
    bool remove_source; /* delete the local file when all of it is known to be there */
    /* With `atomic`: asked when all has been sent, right before it takes the final name; -1 with
     * err keeps it from doing so. NULL: nobody is asked. */
    int (*confirm)(void *ctx, struct err *err);
    void *confirm_ctx;
    int64_t max_size;                /* larger files are passed over; -1: none is too large */
    int64_t there_size, there_mtime; /* of the remote file, as a listing told them exactly;
                                      * LISTING_UNKNOWN: asked for where they matter */
};

#define PUT_OPTIONS_INIT                                                                           \
    {                                                                                              \
        .dirfd = AT_FDCWD, .fd = -1, .max_size = -1, .there_size = LISTING_UNKNOWN,                \
        .there_mtime = LISTING_UNKNOWN                                                             \
    }

/* Sends the file `local` to `remote` with STOR, then compares SIZE (FIELD-NOTES 70) and, as
 * m->verify says, a hash.
 *
 * With `resume` it asks SIZE and MDTM first, compares the end of what the server has, which must
 * not be older, with the file, and goes on behind it (REST and STOR; APPE where REST is refused).
 * With `atomic` nothing stands under the final name before all of that has gone well; where it has
 * not, the temporary file is deleted, unless `resume` may want it. A server that renames over
 * nothing has the old file put aside for that moment, as .name.ftpsh.old. What is appended has a
 * size to agree with, never a hash.
 *
 * 0, also when it was passed over (out->skipped says why, and no data connection was opened). -1
 * with the errors of channel_open() and pump_up(), ERR_LOCAL (cannot be read, changed while it was
 * sent, larger than max_size where that shows only then), ERR_INTEGRITY. After a failure that left
 * a short file on the server, the message says so, with its size there (FIELD-NOTES 75). */
int put_file(struct mover *m, const char *local, const char *remote, const struct put_options *o,
             struct transfer *out, struct err *err);

#endif
