/* A folder for the targets that need files: below $TMPDIR, empty at first, gone at the end. */
#ifndef FTPSH_TESTS_FUZZ_SCRATCH_H
#define FTPSH_TESTS_FUZZ_SCRATCH_H

#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char scratch_name[256];

static void scratch_end(void)
{
    (void) rmdir(scratch_name);
}

/* Its descriptor. */
static inline int scratch_folder(void)
{
    static int fd = -1;
    if (fd >= 0)
        return fd;
    const char *where = getenv("TMPDIR");
    snprintf(scratch_name, sizeof scratch_name, "%s/ftpsh-fuzz-XXXXXX", where ? where : "/tmp");
    CHECK(mkdtemp(scratch_name));
    fd = open(scratch_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(fd >= 0 && atexit(scratch_end) == 0);
    return fd;
}

/* Makes the file hold these bytes; the descriptor is the caller's. */
static inline int scratch_file(const char *name, const uint8_t *data, size_t size)
{
    int fd = openat(scratch_folder(), name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, data, size) == (ssize_t) size);
    return fd;
}

/* The file's bytes, one more than there are to be at most; -1 where there is no such file. */
static inline ssize_t scratch_read(const char *name, void *mem, size_t size)
{
    int fd = openat(scratch_folder(), name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, mem, size);
    close(fd);
    return n;
}

#endif
