/* Uploads. */
#ifndef FTPSH_XFER_PUT_H
#define FTPSH_XFER_PUT_H

#include "xfer/transfer.h"

/* Sends the file `local` to `remote` with STOR, in place, then compares SIZE (FIELD-NOTES 70).
 *
 * With `resume` it asks SIZE first and goes on behind what the server has (REST and STOR; APPE
 * where REST is refused).
 *
 * 0, or -1 with the errors of channel_open() and pump_up(), ERR_LOCAL (cannot be read, changed
 * while it was sent), ERR_INTEGRITY. After a failure that left a short file on the server, the
 * message says so, with its size there (FIELD-NOTES 75). */
int put_file(struct mover *m, const char *local, const char *remote, bool resume,
             struct transfer *out, struct err *err);

#endif
