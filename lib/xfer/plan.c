#include "xfer/plan.h"

#include <stdlib.h>
#include <string.h>

static const char *const action_names[ACTION_KINDS] = {
    [ACTION_CLEAN] = "clean", [ACTION_DELETE] = "delete", [ACTION_RMDIR] = "rmdir",
    [ACTION_MKDIR] = "mkdir", [ACTION_GET] = "get",       [ACTION_PUT] = "put",
    [ACTION_LINK] = "link",   [ACTION_CHMOD] = "chmod",   [ACTION_UTIME] = "utime",
    [ACTION_SKIP] = "skip",
};

static const char *const there_names[] = {
    [THERE_NOTHING] = "nothing", [THERE_FILE] = "file",   [THERE_DIR] = "dir",
    [THERE_LINK] = "link",       [THERE_OTHER] = "other",
};

static const struct {
    const char *name, *text;
} reasons[ACTION_REASONS] = {
    [REASON_NONE] = {"none", ""},
    [REASON_MISSING] = {"missing", "it is missing"},
    [REASON_SIZE] = {"size-differs", "sizes differ"},
    [REASON_TIME] = {"time-differs", "times differ"},
    [REASON_CONTENTS] = {"contents-differ", "contents differ"},
    [REASON_MODE] = {"mode-differs", "permissions differ"},
    [REASON_TARGET] = {"target-differs", "the link names something else"},
    [REASON_EXTRA] = {"not-in-source", "the source has none"},
    [REASON_CONFLICT] = {"in-the-way", "something of another kind is to be there"},
    [REASON_STALE] = {"stale-part", "a part file that nothing continues"},
    [REASON_LINK] = {"link", "links are not wanted"},
    [REASON_NO_LINKS] = {"no-links",
                         "links cannot be made on a server; --links=follow sends what they name"},
    [REASON_OUTSIDE] = {"link-outside", "the link leads out of the tree"},
    [REASON_LOOP] = {"link-loop",
                     "it is a link that leads to a folder that it lies in, or to an unknown one"},
    [REASON_DANGLING] = {"link-dangling", "what the link names is not there, or not known"},
    [REASON_SPECIAL] = {"special", "it is neither file, folder nor link"},
    [REASON_NAME] = {"bad-name", "the name cannot be used"},
    [REASON_COLLISION] = {"collision", "the target cannot tell the name from another one"},
    [REASON_PART_NAME] = {"part-name", "it bears the name of our part files"},
    [REASON_OTHER_KIND] = {"other-kind",
                           "something of another kind is in the way; --delete replaces it"},
    [REASON_REFUSED] = {"refused",
                        "the server does not list the folder: it is empty, or not to be read"},
    [REASON_UNREAD] = {"unread", "the folder could not be listed"},
    [REASON_PARTIAL] = {"partial",
                        "nothing is deleted there: the source's listing is not complete"},
    [REASON_EMPTIED] = {"emptied", "nothing is deleted there: the source's folder is empty now; "
                                   "--delete-emptied does"},
    [REASON_HIDES] = {"hides", "the folder is kept for what the filters leave out"},
    [REASON_OWN] = {"own", "it is left alone: the mirror itself writes or reads it"},
    [REASON_TOO_MANY] = {"too-many", "nothing is deleted: it would be more than --max-delete"},
};

void plan_clear(struct plan *p)
{
    free(p->list);
    free(p->text);
    *p = (struct plan){0};
}

/* ---- waves ---- */

enum { LEVELS = PATH_BYTES / 2 };
enum {
    WAVE_CLEAN = 0,
    WAVE_CONFLICT_RMDIR = WAVE_CLEAN + 1,
    WAVE_MKDIR = WAVE_CONFLICT_RMDIR + LEVELS,
    WAVE_MOVE = WAVE_MKDIR + LEVELS,
    WAVE_DELETE = WAVE_MOVE + 1,
    WAVE_RMDIR = WAVE_DELETE + 1,
    WAVE_FOLDERS = WAVE_RMDIR + LEVELS,
    WAVE_SKIP = WAVE_FOLDERS + 1
};

static int depth_of(const char *path)
{
    int depth = 0;
    for (; *path && depth < LEVELS - 1; path++)
        depth += *path == '/';
    return depth;
}

/* Folders are made from the root on and removed from the leaves on; deletions come last, but for
 * what is in the way. */
static int wave_of(const struct action *a, const char *path)
{
    bool conflict = a->reason == REASON_CONFLICT;
    int depth = depth_of(path);
    switch ((enum action_kind) a->kind) {
    case ACTION_CLEAN:
        return WAVE_CLEAN;
    case ACTION_DELETE:
        return conflict ? WAVE_CLEAN : WAVE_DELETE;
    case ACTION_RMDIR:
        return (conflict ? WAVE_CONFLICT_RMDIR : WAVE_RMDIR) + LEVELS - 1 - depth;
    case ACTION_MKDIR:
        return WAVE_MKDIR + depth;
    case ACTION_UTIME:
        return a->there == THERE_DIR ? WAVE_FOLDERS : WAVE_MOVE;
    case ACTION_SKIP:
        return WAVE_SKIP;
    default:
        return WAVE_MOVE;
    }
}

static int action_room(struct plan *p, struct err *err)
{
    if (p->n < p->room)
        return 0;
    size_t room = p->room + p->room / 2 + 64;
    struct action *list = realloc(p->list, room * sizeof *list);
    if (!list)
        return err_set(err, ERR_LOCAL, "out of memory");
    p->list = list;
    p->room = room;
    return 0;
}

static int keep(struct plan *p, const char *text, uint32_t *at, struct err *err)
{
    *at = 0;
    if (p->text_len == 0 && text_keep(&p->text, &p->text_len, &p->text_room, "", at, err) < 0)
        return -1;
    return *text ? text_keep(&p->text, &p->text_len, &p->text_room, text, at, err) : 0;
}

int plan_add(struct plan *p, const struct action *a, const char *path, const char *target,
             struct err *err)
{
    struct action mine = *a;
    if (action_room(p, err) < 0 || keep(p, path, &mine.path, err) < 0 ||
        keep(p, target, &mine.target, err) < 0)
        return -1;
    mine.wave = (uint16_t) wave_of(a, path);
    p->list[p->n++] = mine;
    p->counts.actions[a->kind]++;
    if ((a->kind == ACTION_GET || a->kind == ACTION_PUT) && a->size > 0)
        p->counts.bytes += a->size;
    return 0;
}

/* Paths were put down one behind the other: their places tell which came first. */
static int by_wave(const void *a, const void *b)
{
    const struct action *x = a, *y = b;
    if (x->wave != y->wave)
        return x->wave < y->wave ? -1 : 1;
    return x->path < y->path ? -1 : x->path > y->path;
}

void plan_sort(struct plan *p)
{
    if (p->n > 1)
        qsort(p->list, p->n, sizeof *p->list, by_wave);
}

/* ---- words ---- */

const char *plan_path(const struct plan *p, const struct action *a)
{
    return p->text + a->path;
}

const char *plan_target(const struct plan *p, const struct action *a)
{
    return p->text + a->target;
}

const char *action_name(enum action_kind k)
{
    return action_names[k];
}

const char *there_name(enum there t)
{
    return there_names[t];
}

const char *action_reason_name(enum action_reason r)
{
    return reasons[r].name;
}

const char *action_reason_text(enum action_reason r)
{
    return reasons[r].text;
}

int action_find(const char *name)
{
    for (int i = 0; i < ACTION_KINDS; i++) {
        if (strcmp(action_names[i], name) == 0)
            return i;
    }
    return -1;
}

int action_reason_find(const char *name)
{
    for (int i = 0; i < ACTION_REASONS; i++) {
        if (strcmp(reasons[i].name, name) == 0)
            return i;
    }
    return -1;
}

int there_find(const char *name)
{
    for (int i = THERE_NOTHING; i <= THERE_OTHER; i++) {
        if (strcmp(there_names[i], name) == 0)
            return i;
    }
    return -1;
}
