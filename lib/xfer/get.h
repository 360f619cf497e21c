/* Downloads. */
#ifndef FTPSH_XFER_GET_H
#define FTPSH_XFER_GET_H

#include "xfer/transfer.h"

/* The suffix of the temporary name beside the target; `reget` continues such a file. It bears our
 * name, since a plain ".part" may be somebody's own file. */
#define PART_SUFFIX ".ftpsh.part"

/* Fetches `remote` into the file `local`. Regular files are written to local + PART_SUFFIX,
 * compared with SIZE, and renamed; a symbolic link is followed to the file it names; anything else
 * (a FIFO, /dev/null) is written in place (FIELD-NOTES 74). Nothing local is created or cut before
 * the first byte, or the end, has come.
 *
 * With `resume` a part file (or, where there is none, a shorter `local`) is continued with REST
 * after its last bytes have been compared with the server's (FIELD-NOTES 52). A server that tells
 * no SIZE cannot be trusted with that: ERR_INTEGRITY.
 *
 * 0, or -1 with the errors of channel_open() and pump_down(), ERR_LOCAL, ERR_INTEGRITY. What came
 * of a failed download stays in the part file. */
int get_file(struct mover *m, const char *remote, const char *local, bool resume,
             struct transfer *out, struct err *err);

/* Fetches `remote` into a sink (cat). */
int get_to_sink(struct mover *m, const char *remote, const struct pump_sink *sink,
                struct transfer *out, struct err *err);

#endif
