/* What the file system of a folder can do. */
#ifndef FTPSH_XFER_PROBE_H
#define FTPSH_XFER_PROBE_H

#include "xfer/transfer.h"

/* What the names of files and folders made for it begin with; their end is that of part files. No
 * dot in front: some servers list no such names, and what is left behind is to be found. */
#define PROBE_PREFIX "probe-"

struct probe {
    unsigned fold;   /* enum fold: names that it does not tell apart */
    unsigned unsure; /* enum fold: nobody knows whether it does */
    int32_t slack;   /* seconds that a time may be off when it is read back */
    bool modes;      /* permissions are kept */
    unsigned umask;  /* what new files lack: only seen here, since asking for it changes it */
};

/* Finds out with a file that it makes in `folder` and removes again; should it be left behind, it
 * bears the name of a part file of ours. -1 with ERR_LOCAL: no file can be made there. */
int probe_folder(int folder, struct probe *out, struct err *err);

/* Finds out what can be seen without any change there, from the names in `folder` and a file
 * without a name, where there can be one. What cannot be seen is unsure, or not kept. */
int probe_look(int folder, struct probe *out, struct err *err);

/* Finds out `fold` alone for a remote folder, with a folder that it makes there and removes again.
 * Where none can be made nothing is told apart, for caution. -1 when the session broke. */
int probe_remote(struct mover *m, const char *folder, struct probe *out, struct err *err);

#endif
