/* The length of a file that is about to be written. */
#ifndef FTPSH_XFER_TRIM_H
#define FTPSH_XFER_TRIM_H

#include <stdint.h>

/* As ftruncate(), which is left out where the file has that many bytes: ext4 takes even the cutting
 * of an empty file for one that is written anew, and its close() then waits for room on the disk.
 * 0, or -1 with errno. */
int trim_file(int fd, int64_t size);

#endif
