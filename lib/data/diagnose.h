/* Tries every strategy on its own against a server and gathers what can be learnt of the way there.
 * Nothing is printed: the outcome is data (cause.h), of which advice.h knows what to do. The
 * transfer is a listing of the current folder, read to its end or to 1 MiB and thrown away; it is
 * drained here, since lib/xfer lies above. Nothing is written on the server unless `upload` says
 * so: then an empty file of a random name, removed at once.
 */
#ifndef FTPSH_DATA_DIAGNOSE_H
#define FTPSH_DATA_DIAGNOSE_H

#include "data/cause.h"
#include "data/ladder.h"
#include "ftp/session.h"

struct diagnose_settings {
    const struct ladder *ladder; /* its timeout and its address and ports for active mode */
    bool upload;                 /* also send an empty file over the first strategy that works */
    bool ccc;        /* also clear the control connection, which is then rebuilt afterwards */
    int64_t idle_ms; /* leave the control connection idle so long and see; 0: no */
};

/* The strategies take at most as long together as each has alone by the ladder's timeout, the
 * upload and the removal of its file as long as one more each; what is asked besides is bounded by
 * seconds and left out where that time is used up. Idle time comes on top. The session is as it was
 * before, or will be rebuilt with its next command.
 *
 * 0 with *out filled in, whatever it says; -1 with what session_connect() gives, ERR_CANCELLED or
 * ERR_TIMEOUT (the limit for everything); the message names a file that may be left. A session that
 * is lost in the middle and cannot be rebuilt ends the trials: what was not tried by then is left
 * out, and *out says why; where nothing was learnt before, the reason is the error. */
int diagnose_run(struct session *s, const struct diagnose_settings *settings, struct evidence *out,
                 struct err *err);

#endif
