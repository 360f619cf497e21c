#include "localtree.h"

#include "ftp/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_entries(const struct wait *w, int fd, const char *path, struct err *err);

/* What lies in a folder, and then itself; no link is followed. */
static int remove_tree(const struct wait *w, int at, const char *name, const char *path,
                       struct err *err)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    if (remove_entries(w, fd, path, err) < 0)
        return -1;
    return unlinkat(at, name, AT_REMOVEDIR) < 0 ? err_set_sys(err, ERR_LOCAL, errno, "%s", path)
                                                : 0;
}

static int remove_at(const struct wait *w, int at, const char *name, const char *path, bool trees,
                     struct err *err)
{
    struct stat st;
    if (w && wait_fds(w, NULL, 0, deadline_in(0), err) < 0)
        return -1;
    if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    if (S_ISDIR(st.st_mode) && trees)
        return remove_tree(w, at, name, path, err);
    if (S_ISDIR(st.st_mode))
        return err_set(err, ERR_LOCAL, "%s is a folder: -r removes it with all that is in it",
                       path);
    return unlinkat(at, name, 0) < 0 ? err_set_sys(err, ERR_LOCAL, errno, "%s", path) : 0;
}

/* Uses `fd` up. The first failure ends it: what is left can be seen. */
static int remove_entries(const struct wait *w, int fd, const char *path, struct err *err)
{
    DIR *folder = fdopendir(fd);
    const struct dirent *e;
    int rc = 0;
    if (!folder) {
        err_set_sys(err, ERR_LOCAL, errno, "%s", path);
        close(fd);
        return -1;
    }
    while (rc == 0 && (e = readdir(folder))) {
        char below[PATH_BYTES];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        rc = path_join(path, e->d_name, below, err);
        if (rc == 0)
            rc = remove_at(w, dirfd(folder), e->d_name, below, true, err);
    }
    closedir(folder);
    return rc;
}

int localtree_remove(const char *path, bool trees, const struct wait *w, struct err *err)
{
    return remove_at(w, AT_FDCWD, path, path, trees, err);
}
