#include "base/beneath.h"
#include "xfer/plan.h"
#include "xfer/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder that is being read, and those that it lies in. */
struct level {
    const struct level *above;
    dev_t dev;
    ino_t ino;
};

struct scanning {
    const struct scan_options *o;
    struct tree *tree;
    struct entry entry; /* too large for each level of a recursion */
    int64_t entries;    /* that have been looked at so far */
    bool partial;       /* not all of the folder that is being read could be looked at */
};

static const char unreadable[] = "cannot read the folder";

static enum entry_type type_of(const struct stat *st)
{
    return S_ISREG(st->st_mode)   ? ENTRY_FILE
           : S_ISDIR(st->st_mode) ? ENTRY_DIR
           : S_ISLNK(st->st_mode) ? ENTRY_LINK
                                  : ENTRY_OTHER;
}

/* A temporary file of ours is judged by what it becomes; what a probe left becomes nothing, and is
 * to go. */
static bool wanted(const struct scan_options *o, const char *folder, const char *name, bool is_dir)
{
    char path[2 * PATH_BYTES], final[PATH_BYTES];
    plan_final_name(name, final);
    snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", final);
    return plan_is_probe(name) || filter_wants(o->filter, path, is_dir);
}

static bool is_above(const struct level *level, const struct stat *st)
{
    for (; level; level = level->above) {
        if (level->dev == st->st_dev && level->ino == st->st_ino)
            return true;
    }
    return false;
}

/* What the link names, where that is wanted and can be. Returns why it stays a link. */
static enum action_reason follow(int dir, const char *name, const struct level *level,
                                 struct stat *st)
{
    struct stat there;
    if (fstatat(dir, name, &there, 0) < 0)
        return REASON_DANGLING;
    if (S_ISDIR(there.st_mode) && is_above(level, &there))
        return REASON_LOOP;
    *st = there;
    return REASON_NONE;
}

/* What cannot be read in a folder, or the folder itself. */
static void tell(const struct scanning *x, const char *folder, const char *name, int errnum,
                 const char *what)
{
    char path[2 * PATH_BYTES];
    struct err why = ERR_INIT;
    if (!x->o->failed)
        return;
    snprintf(path, sizeof path, "%s%s%s", folder, *folder && *name ? "/" : "", name);
    err_set_sys(&why, ERR_LOCAL, errnum, "%s", what);
    x->o->failed(x->o->ctx, path, &why);
}

static int note(struct scanning *x, int dir, const char *folder, const char *name,
                const struct level *level, struct tree_batch *b, struct err *err)
{
    struct entry *e = &x->entry;
    struct stat st;
    enum action_reason stays = REASON_NONE;
    if (x->entries++ >= x->o->most)
        return err_set(err, ERR_LOCAL, "there are more than %lld entries (--max-entries)",
                       (long long) x->o->most);
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT)
            return 0; /* gone since */
        x->partial = true;
        tell(x, folder, name, errno, "cannot look at it");
        return 0;
    }
    bool link = S_ISLNK(st.st_mode);
    if (link && x->o->follow)
        stays = follow(dir, name, level, &st);
    if (!wanted(x->o, folder, name, S_ISDIR(st.st_mode))) {
        b->hides = true;
        return 0;
    }
    *e = (struct entry){.type = type_of(&st),
                        .size = S_ISREG(st.st_mode) ? st.st_size : LISTING_UNKNOWN,
                        .mtime = st.st_mtim.tv_sec,
                        .mode = (int) (st.st_mode & 07777)};
    ssize_t n = link ? readlinkat(dir, name, e->mem, sizeof e->mem - 1) : 0;
    e->mem[n > 0 ? n : 0] = '\0';
    e->target = e->mem;
    e->name = (char *) name; /* only read */
    int64_t at = tree_batch_add(b, e, 1, err);
    if (at < 0)
        return -1;
    b->nodes[at].own = own_has(&x->o->own, &st);
    b->nodes[at].followed = link && e->type != ENTRY_LINK;
    if (e->type == ENTRY_LINK)
        b->nodes[at].state = (uint8_t) stays;
    return 0;
}

static int read_folder(struct scanning *x, DIR *dir, uint32_t folder, const char *path,
                       const struct level *level, struct err *err)
{
    struct tree_batch b = {0};
    struct dirent *d;
    int rc = 0;
    x->partial = false;
    errno = 0;
    while (rc == 0 && (d = readdir(dir))) {
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            rc = note(x, dirfd(dir), path, d->d_name, level, &b, err);
        errno = 0;
    }
    if (rc == 0 && errno != 0) {
        x->partial = true;
        tell(x, path, "", errno, unreadable);
    }
    if (rc == 0)
        return tree_adopt(x->tree, folder, &b, x->partial ? FOLDER_PARTIAL : FOLDER_COMPLETE, err);
    tree_batch_clear(&b);
    return -1;
}

static int scan_folder(struct scanning *x, int fd, uint32_t folder, const struct level *above,
                       struct err *err);

static int scan_inside(struct scanning *x, int dir, uint32_t folder, const struct level *level,
                       struct err *err)
{
    for (uint32_t i = 0; i < x->tree->nodes[folder].count; i++) {
        uint32_t at = x->tree->nodes[folder].first + i;
        const struct tree_node *node = &x->tree->nodes[at];
        char path[PATH_BYTES];
        if (node->type != ENTRY_DIR)
            continue;
        int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (node->followed ? 0 : O_NOFOLLOW);
        int fd = openat(dir, tree_name(x->tree, at), flags);
        if (fd >= 0) {
            if (scan_folder(x, fd, at, level, err) < 0)
                return -1;
            continue;
        }
        int why = errno;
        x->tree->nodes[at].state = FOLDER_FAILED;
        if (tree_path(x->tree, at, path, NULL) == 0)
            tell(x, path, "", why, unreadable);
    }
    return 0;
}

/* Takes the descriptor. */
static int scan_folder(struct scanning *x, int fd, uint32_t folder, const struct level *above,
                       struct err *err)
{
    char path[PATH_BYTES];
    struct stat st;
    struct level level = {.above = above};
    DIR *dir = fdopendir(fd);
    if (!dir || fstat(fd, &st) < 0) {
        err_set_sys(err, ERR_LOCAL, errno, "%s", unreadable);
        if (dir)
            closedir(dir);
        else
            close(fd);
        return -1;
    }
    level.dev = st.st_dev;
    level.ino = st.st_ino;
    int rc = tree_path(x->tree, folder, path, err);
    if (rc == 0)
        rc = read_folder(x, dir, folder, path, &level, err);
    if (rc == 0)
        rc = scan_inside(x, dirfd(dir), folder, &level, err);
    closedir(dir);
    return rc;
}

int scan_local(int root, const struct scan_options *o, struct tree *out, struct err *err)
{
    struct scanning *x = malloc(sizeof *x);
    int rc = -1;
    if (tree_init(out, err) < 0) {
        free(x);
        return -1;
    }
    if (!x) {
        err_set(err, ERR_LOCAL, "out of memory");
    } else {
        x->o = o;
        x->tree = out;
        x->entries = 0;
        int fd = beneath_open(root, "", false, err);
        rc = fd < 0 ? -1 : scan_folder(x, fd, TREE_ROOT, NULL, err);
    }
    free(x);
    return rc;
}
