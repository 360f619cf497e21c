#include "base/beneath.h"

#include "base/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* The length of the first component of a valid path, 0 where it has none. */
static size_t component(const char *path)
{
    size_t len = strcspn(path, "/");
    bool dots = (len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.');
    return dots ? 0 : len;
}

bool beneath_valid(const char *path)
{
    for (;;) {
        size_t len = component(path);
        if (len == 0 || has_line_break(path, len))
            return false;
        if (path[len] == '\0')
            return true;
        path += len + 1;
    }
}

static int open_folder(int at, const char *name, bool follow)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
}

/* Opens the folders of path[0..len), from `root` on. */
static int walk_down(int root, const char *path, size_t len, bool follow, struct err *err)
{
    char name[NAME_MAX + 1];
    int fd = open_folder(root, ".", false);
    for (size_t at = 0; fd >= 0 && at < len;) {
        size_t n = component(path + at);
        if (n == 0 || n > NAME_MAX) {
            close(fd);
            return err_set(err, ERR_LOCAL, "%s is no path below a folder", path);
        }
        memcpy(name, path + at, n);
        name[n] = '\0';
        int next = open_folder(fd, name, follow), why = errno;
        close(fd);
        errno = why;
        fd = next;
        at += n + 1;
    }
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot open the folder %.*s",
                           (int) (len ? len : 1), len ? path : ".");
    return fd;
}

int beneath_open(int root, const char *path, bool follow, struct err *err)
{
    return walk_down(root, path, strlen(path), follow, err);
}

int beneath_parent(int root, const char *path, bool follow, const char **name, struct err *err)
{
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    if (component(*name) == 0)
        return err_set(err, ERR_LOCAL, "%s is no path below a folder", path);
    return walk_down(root, path, slash ? (size_t) (slash - path) : 0, follow, err);
}
