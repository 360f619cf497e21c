/* For LD_PRELOAD: file operations that fail on request, or are noted.
 *
 * TROUBLE="CALL:ERRNO:NAME[:N]": CALL (write, read, fsync, close, rename, open, mkdir) fails with
 * the number ERRNO for files whose path ends in NAME; for write and read once N bytes went through.
 * TROUBLE_LOG=FILE gets a line for each fsync and rename. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static _Atomic long long moved;

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static void note(const char *what, const char *path)
{
    const char *log = getenv("TROUBLE_LOG");
    char line[8192];
    int (*real_open)(const char *, int, ...) = (int (*)(const char *, int, ...)) next("open");
    ssize_t (*real_write)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t)) next("write");
    int fd = log ? real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    int len = snprintf(line, sizeof line, "%s %s\n", what, path);
    if (real_write(fd, line, (size_t) len) < 0)
        abort();
    close(fd);
}

/* The path of a descriptor; "" where it is none of a file or folder. */
static const char *path_of(int fd, char *dst, size_t size)
{
    char link[64];
    struct stat st;
    dst[0] = '\0';
    if (fstat(fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return dst;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, dst, size - 1);
    dst[n < 0 ? 0 : n] = '\0';
    return dst;
}

/* Whether this call is to fail, with errno set. `bytes` are about to move. */
static bool fails(const char *call, const char *path, size_t bytes)
{
    const char *spec = getenv("TROUBLE");
    char name[256];
    int error, n = 0;
    long long after = 0;
    size_t len = strlen(call);
    if (!*path || !spec || strncmp(spec, call, len) != 0 || spec[len] != ':' ||
        sscanf(spec + len, ":%d:%255[^:]%n:%lld", &error, name, &n, &after) < 2 ||
        strlen(name) > strlen(path) || strcmp(path + strlen(path) - strlen(name), name) != 0)
        return false;
    moved += (long long) bytes;
    if (after > 0 && moved <= after)
        return false;
    errno = error;
    return true;
}

ssize_t write(int fd, const void *mem, size_t n)
{
    char path[4096];
    ssize_t (*real)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t)) next("write");
    return fails("write", path_of(fd, path, sizeof path), n) ? -1 : real(fd, mem, n);
}

ssize_t read(int fd, void *mem, size_t n)
{
    char path[4096];
    ssize_t (*real)(int, void *, size_t) = (ssize_t(*)(int, void *, size_t)) next("read");
    return fails("read", path_of(fd, path, sizeof path), n) ? -1 : real(fd, mem, n);
}

int fsync(int fd)
{
    char path[4096];
    int (*real)(int) = (int (*)(int)) next("fsync");
    note("fsync", path_of(fd, path, sizeof path));
    return fails("fsync", path, 0) ? -1 : real(fd);
}

/* It is closed all the same, as close(2) has it. */
int close(int fd)
{
    char path[4096];
    int (*real)(int) = (int (*)(int)) next("close");
    bool failed = fails("close", path_of(fd, path, sizeof path), 0);
    int error = errno, rc = real(fd);
    if (failed)
        errno = error;
    return failed ? -1 : rc;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    int (*real)(int, const char *, int, const char *) =
        (int (*)(int, const char *, int, const char *)) next("renameat");
    note("rename", to);
    return fails("rename", to, 0) ? -1 : real(from_fd, from, to_fd, to);
}

int mkdirat(int fd, const char *path, mode_t mode)
{
    int (*real)(int, const char *, mode_t) = (int (*)(int, const char *, mode_t)) next("mkdirat");
    return fails("mkdir", path, 0) ? -1 : real(fd, path, mode);
}

int openat(int fd, const char *path, int flags, ...)
{
    int (*real)(int, const char *, int, ...) =
        (int (*)(int, const char *, int, ...)) next("openat");
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails("open", path, 0) ? -1 : real(fd, path, flags, mode);
}
