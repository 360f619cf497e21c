#include "xfer/probe.h"

#include "base/fold.h"
#include "base/random.h"
#include "xfer/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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
    snprintf(n->plain, sizeof n->plain, ".probe-%s%s" PART_SUFFIX, e, text);
    snprintf(n->capital, sizeof n->capital, ".PROBE-%s%s" PART_SUFFIX, e, text);
    snprintf(n->decomposed, sizeof n->decomposed, ".probe-%s%s" PART_SUFFIX, apart, text);
    return 0;
}

int probe_folder(int folder, struct probe *out, struct err *err)
{
    struct names n;
    struct stat st;
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
    if (fstat(fd, &st) == 0)
        out->umask = ~st.st_mode & 0777;
    out->slack = time_slack(fd);
    out->modes = keeps_modes(fd);
    close(fd);
    unlinkat(folder, n.plain, 0);
    return 0;
}
