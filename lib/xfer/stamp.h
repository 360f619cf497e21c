/* Times and modes of remote files, set as far as the server can.
 *
 * A server that refuses a command, unless with 550, is not asked again by the same mover, and that
 * is no failure: 0. -1 only where the session broke: ERR_CLOSED, ERR_TIMEOUT, ERR_CANCELLED and the
 * like. */
#ifndef FTPSH_XFER_STAMP_H
#define FTPSH_XFER_STAMP_H

#include "xfer/transfer.h"

/* The time of last change, in seconds since 1970 UTC: MFMT (draft-somers-ftp-mfxx), else MDTM with
 * a time in front of the name where the server is known to set with it (vsftpd), else SITE UTIME.
 */
int stamp_time(struct mover *m, const char *remote, int64_t mtime, struct err *err);

/* What stamp_time() will send first, ahead of it (session_ask_ahead()); nothing where only a trial
 * will show whether the server knows a way. */
void stamp_ask_ahead(const struct mover *m, const char *remote, int64_t mtime);

/* Permission bits, by SITE CHMOD. */
int stamp_mode(struct mover *m, const char *remote, int mode, struct err *err);

#endif
