/* Changes to names on the server that survive the control connection: where a reply is lost with
 * it, what came of the command is looked up on a session rebuilt.
 *
 * All of them: 0, or -1 with errors of session_expect(); one whose outcome stays unknown says so.
 */
#ifndef FTPSH_XFER_CHANGE_H
#define FTPSH_XFER_CHANGE_H

#include "xfer/transfer.h"

/* MKD, DELE, RMD: sent again, and a refusal is none where things are as they should be. Behind
 * silence (session_silent()) DELE and RMD are looked up alone: ERR_TIMEOUT where they did nothing.
 */
int change_make_folder(struct mover *m, const char *path, struct err *err);
int change_delete(struct mover *m, const char *path, struct err *err);
int change_remove_folder(struct mover *m, const char *path, struct err *err);

/* RNFR and RNTO, in one session. A renaming whose reply is lost is done again only where the old
 * name is still there, and not behind silence, when the server may be at it: never twice.
 * ERR_CLOSED where neither name is. */
int change_rename(struct mover *m, const char *from, const char *to, struct err *err);

#endif
