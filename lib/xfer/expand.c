#include "xfer/expand.h"

#include "base/glob.h"
#include "xfer/list.h"
#include "xfer/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = WALK_DEPTH_MAX };

struct expansion;
typedef int (*read_folder_fn)(struct expansion *x, struct items *out, struct err *err);

/* A place in the pattern is the number of a component; a set of places is a word of bits: a folder
 * can stand at several, since "**" matches any number of folders. */
struct expansion {
    read_folder_fn read;
    struct mover *mover; /* of a remote one */
    struct items *out;
    bool folders_only;
    int n;
    const char *components[EXPAND_COMPONENTS];
    struct ancestry ancestry;
    char text[PATH_BYTES]; /* the components */
    char path[PATH_BYTES]; /* of the folder that one is in; "" for the current one */
};

bool expand_wanted(const char *pattern)
{
    return glob_has_magic(pattern);
}

static bool is_deep(const char *component)
{
    return strcmp(component, "**") == 0;
}

/* ---- the pattern taken apart ---- */

static int add_component(struct expansion *x, const char *component, struct err *err)
{
    if (x->n == EXPAND_COMPONENTS)
        return err_set(err, ERR_USAGE, "the pattern has more than %d components",
                       EXPAND_COMPONENTS);
    if (strcmp(component, "..") == 0)
        return err_set(err, ERR_USAGE, "'..' can't stand behind a wildcard");
    bool repeated = x->n > 0 && is_deep(component) && is_deep(x->components[x->n - 1]);
    if (!repeated && strcmp(component, ".") != 0)
        x->components[x->n++] = component;
    return 0;
}

/* Plain components in front become the folder that all starts from. */
static int add_plain(struct expansion *x, char *component, struct err *err)
{
    char joined[PATH_BYTES];
    glob_unescape(component);
    if (path_join(x->path, component, joined, err) < 0)
        return -1;
    memcpy(x->path, joined, strlen(joined) + 1);
    return 0;
}

static int take_apart(struct expansion *x, const char *pattern, struct err *err)
{
    size_t len = strlen(pattern);
    if (len >= sizeof x->text)
        return err_set(err, ERR_USAGE, "the pattern is longer than %d bytes", PATH_BYTES - 1);
    memcpy(x->text, pattern, len + 1);
    x->folders_only = len > 0 && pattern[len - 1] == '/';
    if (*pattern == '/')
        memcpy(x->path, "/", 2);
    for (char *p = x->text; *p;) {
        size_t n = strcspn(p, "/");
        char *next = p + n + (p[n] == '/');
        p[n] = '\0';
        bool plain = x->n == 0 && !glob_has_magic(p);
        if (n > 0 && (plain ? add_plain(x, p, err) : add_component(x, p, err)) < 0)
            return -1;
        p = next;
    }
    return 0;
}

/* ---- matching ---- */

static bool may_be_folder(const struct item *item)
{
    return item->type == ENTRY_DIR || item->type == ENTRY_LINK;
}

/* "**" stands for no folder, too. */
static uint64_t with_none(const struct expansion *x, uint64_t places)
{
    for (int i = 0; i + 1 < x->n; i++) {
        if ((places >> i & 1) && is_deep(x->components[i]))
            places |= (uint64_t) 1 << (i + 1);
    }
    return places;
}

/* Where the contents of this entry stand in the pattern; *found: the entry itself is a result. */
static uint64_t places_below(const struct expansion *x, uint64_t places, const struct item *item,
                             bool *found)
{
    uint64_t below = 0;
    bool hidden = item->name[0] == '.';
    *found = false;
    for (int i = 0; i < x->n; i++) {
        if (!(places >> i & 1))
            continue;
        bool deep = is_deep(x->components[i]), last = i + 1 == x->n;
        if (deep ? hidden : !glob_match(x->components[i], item->name, 0))
            continue;
        *found = *found || last;
        if (deep && item->type == ENTRY_DIR)
            below |= (uint64_t) 1 << i;
        else if (!deep && !last && may_be_folder(item))
            below |= (uint64_t) 1 << (i + 1);
    }
    *found = *found && (!x->folders_only || may_be_folder(item));
    return below;
}

static int add_result(struct expansion *x, const struct item *item, struct err *err)
{
    char path[PATH_BYTES];
    struct item result = *item;
    if (path_join(x->path, item->name, path, err) < 0)
        return -1;
    result.name = path;
    return items_add(x->out, &result, err);
}

static int visit(struct expansion *x, uint64_t places, int depth, struct err *err);

static int visit_below(struct expansion *x, const struct item *item, uint64_t places, int depth,
                       struct err *err)
{
    size_t len = strlen(x->path);
    char path[PATH_BYTES];
    if (depth == DEPTH_MAX)
        return 0;
    int enters = ancestry_enter(&x->ancestry, x->mover, x->path, item, depth, err);
    if (enters <= 0)
        return enters;
    if (path_join(x->path, item->name, path, err) < 0)
        return -1;
    memcpy(x->path, path, strlen(path) + 1);
    int rc = visit(x, places, depth + 1, err);
    x->path[len] = '\0';
    return rc;
}

/* Names of the server's that lead elsewhere: said once for each folder (FIELD-NOTES 62). */
static void tell_odd(const struct expansion *x, const struct items *items)
{
    const char *first = NULL;
    int n = 0;
    for (size_t i = 0; i < items->n; i++) {
        if (path_is_single(items->list[i].name))
            continue;
        first = first ? first : items->list[i].name;
        n++;
    }
    if (n > 0 && x->mover)
        log_news(session_settings(x->mover->session)->log,
                 "'%s'%s in %s is no name of a single file and is passed over", first,
                 n > 1 ? ", as others," : "", *x->path ? x->path : "the current folder");
}

static int visit(struct expansion *x, uint64_t places, int depth, struct err *err)
{
    struct items items = {0};
    int rc = x->read(x, &items, err);
    tell_odd(x, &items);
    places = with_none(x, places);
    for (size_t i = 0; rc == 0 && i < items.n; i++) {
        const struct item *item = &items.list[i];
        bool found;
        if (!path_is_single(item->name))
            continue;
        uint64_t below = places_below(x, places, item, &found);
        if (found)
            rc = add_result(x, item, err);
        if (rc == 0 && below)
            rc = visit_below(x, item, below, depth, err);
    }
    items_clear(&items);
    return rc;
}

static int expand(struct mover *m, read_folder_fn read, const char *pattern, struct items *out,
                  struct err *err)
{
    struct expansion *x = calloc(1, sizeof *x);
    if (!x)
        return err_set(err, ERR_LOCAL, "out of memory");
    struct items found = {0};
    *x = (struct expansion){.read = read, .mover = m, .out = &found};
    int rc = take_apart(x, pattern, err);
    if (rc == 0 && x->n > 0)
        rc = visit(x, 1, 1, err);
    items_sort(&found);
    for (size_t i = 0; rc == 0 && i < found.n; i++)
        rc = items_add(out, &found.list[i], err);
    items_clear(&found);
    free(x);
    return rc;
}

/* ---- folders there ---- */

static void forget_items(void *ctx)
{
    items_clear(ctx);
}

/* What can't be listed matches nothing, as in a shell; what is listed in part might match more. */
static int read_remote(struct expansion *x, struct items *out, struct err *err)
{
    struct err why = ERR_INIT;
    struct list_end end;
    struct list_options options = {.anew = forget_items};
    if (list_stream(x->mover, x->path, &options, items_collect, out, &end, &why) == 0)
        return list_end_check(&end, x->path, err);
    if (!walk_may_go_on(&why))
        return err_take(err, &why);
    log_note(session_settings(x->mover->session)->log, "the pattern matches nothing here: %s",
             why.msg);
    items_clear(out);
    return 0;
}

int expand_remote(struct mover *m, const char *pattern, struct items *out, struct err *err)
{
    return expand(m, read_remote, pattern, out, err);
}

/* ---- and here ---- */

static enum entry_type type_of(mode_t mode)
{
    return S_ISREG(mode)   ? ENTRY_FILE
           : S_ISDIR(mode) ? ENTRY_DIR
           : S_ISLNK(mode) ? ENTRY_LINK
                           : ENTRY_OTHER;
}

static int add_local(int dir, const char *name, struct items *out, struct err *err)
{
    struct stat st;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    struct item item = {.name = name,
                        .owner = "",
                        .group = "",
                        .target = "",
                        .unique = "",
                        .size = st.st_size,
                        .mtime = st.st_mtime,
                        .mode = st.st_mode & 07777,
                        .type = type_of(st.st_mode),
                        .mtime_exact = true};
    return items_add(out, &item, err);
}

static int read_local(struct expansion *x, struct items *out, struct err *err)
{
    DIR *dir = opendir(*x->path ? x->path : ".");
    int rc = 0;
    if (!dir)
        return 0;
    for (struct dirent *e; rc == 0 && (e = readdir(dir));)
        rc = add_local(dirfd(dir), e->d_name, out, err);
    closedir(dir);
    return rc;
}

int expand_local(const char *pattern, struct items *out, struct err *err)
{
    return expand(NULL, read_local, pattern, out, err);
}
