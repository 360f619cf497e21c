/* A file from one server to another, over a data connection between the two (RFC 959 section 5.2):
 * one names a port (PASV, EPSV), the other is told to dial it (PORT, EPRT).
 *
 * Under TLS both servers would wait for the other's ClientHello. Where one of them lists it, SSCN
 * ON makes it the client of TLS on its data connections, and CPSV in the place of PASV does so for
 * one. No RFC has them; glftpd, DrFTPD and ProFTPD's mod_tls (SSCN) do. The servers see each
 * other's certificates, we do not: whether they check them is up to them.
 *
 * A server is only ever told to dial the other one's control connection, at the port that it named:
 * never an address out of a reply, nor a port below 1024. */
#ifndef FTPSH_XFER_FXP_H
#define FTPSH_XFER_FXP_H

#include "xfer/transfer.h"

enum fxp_passive { FXP_EITHER, FXP_SOURCE, FXP_TARGET };

struct fxp_side {
    struct mover *mover; /* its session, what was learnt of its hashes, and (the source's) verify */
    const char *path;
};

struct fxp_options {
    enum fxp_passive passive; /* who names the port; FXP_EITHER: one, then the other */
    bool resume;              /* go on behind what the target has (SIZE, REST) */
    bool clear_data;          /* PROT C at both, for this file */
    int64_t open_ms;          /* how long both may stay silent after the transfer commands */
    /* Borrowed: idle_timeout_ms, progress and the tick, as far as the target lets its file be seen
     * (growth.h); the rate is none of ours. */
    const struct pump_settings *pump;
};

/* Moves one file; waits for both final replies, then compares SIZE, and the contents where both
 * servers tell the same hash (verify.h). The other way round is tried where the first is refused
 * and nothing has flowed.
 *
 * 0, or -1 with ERR_NO_DATA_PATH (neither way; the message says who refused what), ERR_TLS (neither
 * server takes the client's part), ERR_REPLY_* (about the file), ERR_INTEGRITY (sizes or contents
 * differ; they cannot be compared, and verify demands it; cannot be continued), ERR_TIMEOUT,
 * ERR_CANCELLED, ERR_CLOSED, ERR_USAGE, or as session_connect(). The names in *out are the
 * caller's to fill in. */
int fxp_file(const struct fxp_side *from, const struct fxp_side *to, const struct fxp_options *o,
             struct transfer *out, struct err *err);

/* Where the other server is told to connect: the host of `peer`, the control connection of the one
 * that named the port of `advertised` (AF_UNSPEC host: it named the port alone). `dialler` is the
 * other's control connection. 0, or -1 with ERR_CONNECT: a third host, or one that the other cannot
 * reach. Pure. */
int fxp_address(const struct addr *peer, const struct addr *advertised, const struct addr *dialler,
                struct addr *out, struct err *err);

#endif
