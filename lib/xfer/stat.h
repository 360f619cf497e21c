/* What the server knows of one path. */
#ifndef FTPSH_XFER_STAT_H
#define FTPSH_XFER_STAT_H

#include "xfer/items.h"
#include "xfer/transfer.h"

/* Adds the file or folder `path` to `out`, under that name: by MLST (RFC 3659 section 7), else by
 * the listing of the folder it lies in, else by SIZE, MDTM and CWD, which see hidden names too.
 * Errors of session_expect(); a path that is not there is ERR_REPLY_PERMANENT with reply 550. */
int stat_remote(struct mover *m, const char *path, struct items *out, struct err *err);

/* The same by MLST alone: 1; 0 where the server has none. Errors of session_expect(), or
 * ERR_PROTOCOL. */
int stat_facts(struct mover *m, const char *path, struct items *out, struct err *err);

/* Whether LIST shows a link there, which may be a file to MLST: 1; 0, also where the server does
 * not tell, as many do not of names that begin with a dot; -1 when the session broke. */
int stat_is_link(struct mover *m, const char *path, struct err *err);

/* Whether `path` is a folder that one can go to: 1, 0, or -1 when the session broke. "" is one. */
int stat_is_folder(struct mover *m, const char *path, struct err *err);

#endif
