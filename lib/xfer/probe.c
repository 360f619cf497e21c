#define _GNU_SOURCE /* O_TMPFILE */

#include "xfer/probe.h"

#include "base/fold.h"
#include "base/random.h"
#include "xfer/change.h"
#include "xfer/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ODD_TIME = 1000000001, SLACK_MAX = 2 };

/* Inode numbers say nothing: FUSE gives one file a number for each name. */
static bool is_there(int folder, const char *name)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* FAT keeps even seconds only. */
static int32_t time_slack(int fd)
{
    struct stat st;
    const struct timespec times[2] = {{.tv_sec = ODD_TIME}, {.tv_sec = ODD_TIME}};
    if (futimens(fd, times) < 0 || fstat(fd, &st) < 0)
        return 0;
    int64_t off =
        st.st_mtim.tv_sec > ODD_TIME ? st.st_mtim.tv_sec - ODD_TIME : ODD_TIME - st.st_mtim.tv_sec;
    return off <= SLACK_MAX ? (int32_t) off : 0;
}

static bool keeps_modes(int fd)
{
    struct stat a, b;
    return fchmod(fd, 0640) == 0 && fstat(fd, &a) == 0 && fchmod(fd, 0600) == 0 &&
           fstat(fd, &b) == 0 && (a.st_mode & 0777) == 0640 && (b.st_mode & 0777) == 0600;
}

/* What a new file tells; `fd` was made with the mode 0777. */
static void ask_file(int fd, struct probe *out)
{
    struct stat st;
    if (fstat(fd, &st) == 0)
        out->umask = ~st.st_mode & 0777;
    out->slack = time_slack(fd);
    out->modes = keeps_modes(fd);
}

/* A name of which nothing else is there: in small letters with a composed character, in capitals,
 * and with the character decomposed. */
struct names {
    char plain[64], capital[64], decomposed[64];
    bool accents;
};

static int names_make(struct names *n, bool accents, struct err *err)
{
    unsigned char key[8];
    char text[2 * sizeof key + 1];
    if (random_bytes(key, sizeof key, err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof key; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned) key[i]);
    n->accents = accents;
    const char *e = accents ? "\xc3\xa9" : "", *apart = accents ? "e\xcc\x81" : "";
    snprintf(n->plain, sizeof n->plain, PROBE_PREFIX "%s%s" PART_SUFFIX, e, text);
    snprintf(n->capital, sizeof n->capital, "PROBE-%s%s" PART_SUFFIX, e, text);
    snprintf(n->decomposed, sizeof n->decomposed, PROBE_PREFIX "%s%s" PART_SUFFIX, apart, text);
    return 0;
}

int probe_folder(int folder, struct probe *out, struct err *err)
{
    struct names n = {0};
    int fd = -1, flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    *out = (struct probe){0};
    for (int accents = 1; fd < 0 && accents >= 0; accents--) {
        if (names_make(&n, accents, err) < 0)
            return -1;
        fd = openat(folder, n.plain, flags, 0777);
    }
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot make a file in the folder");
    out->fold |= is_there(folder, n.capital) ? FOLD_CASE : 0U;
    out->fold |= n.accents && is_there(folder, n.decomposed) ? FOLD_FORM : 0U;
    ask_file(fd, out);
    close(fd);
    unlinkat(folder, n.plain, 0);
    return 0;
}

/* ---- only looking ---- */

/* The name in the other case, or NULL where it has none. The caller frees it. */
static char *swap_case(const char *name)
{
    char *other = strdup(name);
    for (char *p = other; p && *p; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        *p = letter ? (char) (*p ^ 0x20) : *p;
    }
    if (other && strcmp(other, name) != 0)
        return other;
    free(other);
    return NULL;
}

static bool is_listed(DIR *dir, const char *name)
{
    const struct dirent *d;
    long here = telldir(dir);
    bool found = false;
    rewinddir(dir);
    while (!found && (d = readdir(dir)))
        found = strcmp(d->d_name, name) == 0;
    seekdir(dir, here);
    return found;
}

/* `other` is a name in the folder, but for what `fold` makes the same. */
static void compare_names(DIR *dir, char *other, const char *name, unsigned fold, struct probe *out)
{
    if (other && strcmp(other, name) != 0 && out->unsure & fold) {
        out->unsure &= ~fold;
        if (is_there(dirfd(dir), other) && !is_listed(dir, other))
            out->fold |= fold;
    }
    free(other);
}

static int look_at_names(DIR *dir, struct probe *out, struct err *err)
{
    struct dirent *d;
    while (out->unsure && (d = readdir(dir))) {
        char name[sizeof d->d_name];
        snprintf(name, sizeof name, "%s", d->d_name);
        char *decomposed = fold_name(name, FOLD_FORM, err);
        if (!decomposed)
            return -1;
        compare_names(dir, swap_case(name), name, FOLD_CASE, out);
        compare_names(dir, decomposed, name, FOLD_FORM, out);
    }
    return 0;
}

int probe_look(int folder, struct probe *out, struct err *err)
{
    *out = (struct probe){.unsure = FOLD_CASE | FOLD_FORM};
#ifdef O_TMPFILE
    int file = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0777);
    if (file >= 0) {
        ask_file(file, out);
        close(file);
    }
#endif
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        err_set_sys(err, ERR_LOCAL, errno, "cannot read the folder");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    int rc = look_at_names(dir, out, err);
    closedir(dir);
    return rc;
}

/* ---- on a server ---- */

/* 1: it is there, 0: it is not; -1. */
static int is_remote(struct mover *m, const char *folder, const char *name, struct err *err)
{
    char path[PATH_BYTES];
    struct err why = ERR_INIT;
    if (path_join(folder, name, path, err) < 0)
        return -1;
    if (session_visit(m->session, path, &why) == 0) {
        session_leave(m->session);
        return 1;
    }
    return why.code == ERR_REPLY_PERMANENT || why.code == ERR_REPLY_TRANSIENT ? 0
                                                                              : err_take(err, &why);
}

/* 1: it is made; 0: the server refuses; -1. */
static int change_remote(struct mover *m,
                         int (*change)(struct mover *m, const char *path, struct err *err),
                         const char *folder, const char *name, struct err *err)
{
    char path[PATH_BYTES];
    struct err why = ERR_INIT;
    if (path_join(folder, name, path, err) < 0)
        return -1;
    if (change(m, path, &why) == 0)
        return 1;
    return why.code == ERR_REPLY_PERMANENT || why.code == ERR_REPLY_TRANSIENT ? 0
                                                                              : err_take(err, &why);
}

int probe_remote(struct mover *m, const char *folder, struct probe *out, struct err *err)
{
    struct names n;
    int made = 0;
    *out = (struct probe){.fold = FOLD_CASE | FOLD_FORM};
    for (int accents = 1; made == 0 && accents >= 0; accents--) {
        if (names_make(&n, accents, err) < 0)
            return -1;
        made = change_remote(m, change_make_folder, folder, n.plain, err);
    }
    if (made <= 0)
        return made;
    int capital = is_remote(m, folder, n.capital, err);
    int decomposed = capital >= 0 && n.accents ? is_remote(m, folder, n.decomposed, err) : 1;
    if (capital < 0 || decomposed < 0 ||
        change_remote(m, change_remove_folder, folder, n.plain, err) < 0)
        return -1;
    out->fold = (capital ? FOLD_CASE : 0U) | (decomposed ? FOLD_FORM : 0U);
    return 0;
}
