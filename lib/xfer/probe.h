/* What the file system of a folder can do. */
#ifndef FTPSH_XFER_PROBE_H
#define FTPSH_XFER_PROBE_H

#include "base/err.h"

#include <stdint.h>

struct probe {
    unsigned fold;  /* enum fold: names that it does not tell apart */
    int32_t slack;  /* seconds that a time may be off when it is read back */
    bool modes;     /* permissions are kept */
    unsigned umask; /* what new files lack: only seen here, since asking for it changes it */
};

/* Finds out with a file that it makes in `folder` and removes again; should it be left behind, it
 * bears the name of a part file of ours. -1 with ERR_LOCAL: no file can be made there. */
int probe_folder(int folder, struct probe *out, struct err *err);

#endif
