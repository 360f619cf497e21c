/* Downloads. */
#ifndef FTPSH_XFER_GET_H
#define FTPSH_XFER_GET_H

#include "ftp/listing.h"
#include "xfer/segments.h"
#include "xfer/transfer.h"

#include <fcntl.h>

/* Begin with GET_OPTIONS_INIT: zeros mean something else. */
struct get_options {
    int dirfd;           /* `local` is relative to it; borrowed */
    bool confined;       /* `local` is one name in dirfd and comes from a server: see part.h */
    bool resume;         /* continue what is there (see part_resume()) */
    bool anew;           /* with resume: what cannot be continued is fetched from the start, where
                          * ERR_INTEGRITY would say so otherwise */
    bool no_clobber;     /* a file that is there stays as it is */
    bool newer;          /* so does one that is not older than the remote file */
    bool preserve;       /* the file gets the remote file's time */
    bool remove_source;  /* delete the remote file when all of it is known to be here */
    int64_t size, mtime; /* as a listing told them, exactly; LISTING_UNKNOWN: asked for (SIZE, MDTM)
                          * where they matter */
    int mode;            /* the file gets it; LISTING_UNKNOWN: not known */
    bool scratch;        /* a failure leaves nothing that were worth a word: the folder goes */
    int64_t max_size;    /* larger files are passed over; -1: none is too large */
    const struct segments_options *segments; /* over several connections; NULL: one */
};

#define GET_OPTIONS_INIT                                                                           \
    {                                                                                              \
        .dirfd = AT_FDCWD, .size = LISTING_UNKNOWN, .mtime = LISTING_UNKNOWN,                      \
        .mode = LISTING_UNKNOWN, .max_size = -1                                                    \
    }

/* Fetches `remote` into the file `local` as part.h tells. A resumed download asks for the bytes
 * behind what is there with REST, and compares an overlap (FIELD-NOTES 52).
 *
 * 0, also when it was passed over (out->skipped says why; no data connection was opened, unless the
 * server tells no size and the file turned out too large). -1 with the errors of channel_open() and
 * pump_down(), ERR_LOCAL, ERR_INTEGRITY. What came of a failed download stays in the part
 * file, unless the hash of all of it has shown that it is wrong. */
int get_file(struct mover *m, const char *remote, const char *local, const struct get_options *o,
             struct transfer *out, struct err *err);

/* A part of a file. */
struct get_slice {
    int64_t offset;               /* bytes of the file in front of it */
    bool skip;                    /* a server without REST sends these too, and they are dropped */
    const struct pump_sink *sink; /* for what stands behind `offset` */
    bool enough;                  /* set by the sink: no more is wanted */
    int64_t came;                 /* bytes that have gone into the sink */
    bool unclean;                 /* TLS ended without close_notify: only the size tells */
};

/* Fetches it to the end of the file, or until there is enough; then a little more is taken, since a
 * transfer that ends by itself leaves the session in better order than ABOR does. Nothing is told
 * of it and nothing verified. Errors as get_to_sink(). */
int get_slice(struct mover *m, const char *remote, struct get_slice *s, struct err *err);

/* Fetches `remote` into a sink (cat). */
int get_to_sink(struct mover *m, const char *remote, const struct pump_sink *sink,
                struct transfer *out, struct err *err);

#endif
