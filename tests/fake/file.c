#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Adds one component to an absolute path without a trailing slash ("" is the root). */
static int add_component(char out[FILE_PATH], const char *name, size_t len)
{
    size_t have = strlen(out);
    if (len == 0 || (len == 1 && name[0] == '.'))
        return 0;
    if (len == 2 && name[0] == '.' && name[1] == '.') {
        char *slash = strrchr(out, '/');
        if (slash)
            *slash = '\0';
        return 0;
    }
    if (have + len + 2 > FILE_PATH)
        return -1;
    out[have] = '/';
    memcpy(out + have + 1, name, len);
    out[have + 1 + len] = '\0';
    return 0;
}

static int add_path(char out[FILE_PATH], const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        if (add_component(out, path, len) < 0)
            return -1;
        path += len + (path[len] == '/');
    }
    return 0;
}

int file_path(const char *cwd, const char *arg, char out[FILE_PATH])
{
    out[0] = '\0';
    if (arg[0] != '/' && add_path(out, cwd) < 0)
        return -1;
    if (add_path(out, arg) < 0)
        return -1;
    if (!out[0])
        memcpy(out, "/", 2);
    return 0;
}

int file_parent(int root, const char *path, const char **name)
{
    int fd = dup(root);
    const char *at = path + 1, *slash;
    while (fd >= 0 && (slash = strchr(at, '/'))) {
        char part[FILE_PATH];
        memcpy(part, at, (size_t) (slash - at));
        part[slash - at] = '\0';
        int next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int saved = errno;
        close(fd);
        errno = saved;
        fd = next;
        at = slash + 1;
    }
    *name = *at ? at : ".";
    return fd;
}

int file_open(int root, const char *path, int flags, mode_t mode)
{
    const char *name;
    int dir = file_parent(root, path, &name);
    if (dir < 0)
        return -1;
    int fd = openat(dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode);
    int saved = errno;
    close(dir);
    errno = saved;
    return fd;
}

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static int64_t count_days(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t months = month > 2 ? month - 3 : month + 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * months + 2) / 5 + day - 719469;
}

int file_time_parse(const char *text, int64_t *out)
{
    int year, month, day, hour, minute, second, used = 0;
    if (sscanf(text, "%4d%2d%2d%2d%2d%2d%n", &year, &month, &day, &hour, &minute, &second, &used) !=
        6)
        return -1;
    if (used != 14 || month < 1 || month > 12 || day < 1 || day > 31)
        return -1;
    *out = count_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return 0;
}

void file_time_format(int64_t t, char out[16])
{
    time_t when = (time_t) t;
    struct tm tm;
    gmtime_r(&when, &tm);
    strftime(out, 16, "%Y%m%d%H%M%S", &tm);
}
