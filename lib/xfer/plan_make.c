#include "base/fold.h"
#include "xfer/part.h"
#include "xfer/plan.h"
#include "xfer/probe.h"
#include "xfer/put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A date without a time of day is that of the server's zone, which may be 14 hours ahead. */
enum { DAY = 86400, ZONE_MAX = 14 * 3600 };

struct making {
    const struct tree *source, *target;
    const struct plan_options *o;
    struct plan *plan;
    size_t top; /* > 0: the source lacks this much of the path, and all below it */
};

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), n = strlen(suffix);
    return len > n && strcmp(name + len - n, suffix) == 0;
}

bool plan_is_part(const char *name)
{
    return ends_with(name, PART_SUFFIX);
}

bool plan_is_temp(const char *name)
{
    return strncmp(name, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0 && ends_with(name, TEMP_SUFFIX);
}

bool plan_is_probe(const char *name)
{
    return strncmp(name, PROBE_PREFIX, strlen(PROBE_PREFIX)) == 0 && plan_is_part(name);
}

const char *plan_final_name(const char *name, char dst[PATH_BYTES])
{
    size_t len = strlen(name);
    if (plan_is_part(name)) {
        len -= strlen(PART_SUFFIX);
    } else if (plan_is_temp(name)) {
        name += strlen(TEMP_PREFIX);
        len -= strlen(TEMP_PREFIX TEMP_SUFFIX);
    }
    snprintf(dst, PATH_BYTES, "%.*s", (int) (len < PATH_BYTES ? len : PATH_BYTES - 1), name);
    return dst;
}

/* ---- one action ---- */

static enum there there_of(const struct tree_node *node)
{
    static const enum there kinds[] = {
        [ENTRY_FILE] = THERE_FILE,
        [ENTRY_DIR] = THERE_DIR,
        [ENTRY_LINK] = THERE_LINK,
        [ENTRY_OTHER] = THERE_OTHER,
    };
    return node ? kinds[node->type] : THERE_NOTHING;
}

static const struct tree_node *node_of(const struct tree *t, uint32_t node)
{
    return node == TREE_NONE ? NULL : &t->nodes[node];
}

/* `s` or `t` may be TREE_NONE, not both. The source's name counts where both have one: where they
 * differ in case, the target takes them for the same. */
static int add(struct making *x, enum action_kind kind, enum action_reason reason, uint32_t s,
               uint32_t t, struct err *err)
{
    char path[PATH_BYTES];
    const struct tree_node *from = node_of(x->source, s), *there = node_of(x->target, t);
    struct action a = {.kind = (uint8_t) kind,
                       .reason = (uint8_t) reason,
                       .size = from ? from->size : LISTING_UNKNOWN,
                       .mtime = from ? from->mtime : LISTING_UNKNOWN,
                       .precision = from ? from->precision : 1,
                       .mode = from ? from->mode : LISTING_UNKNOWN,
                       .follow = from && from->followed,
                       .there = (uint8_t) there_of(there),
                       .there_size = there ? there->size : LISTING_UNKNOWN,
                       .there_mtime = there ? there->mtime : LISTING_UNKNOWN,
                       .top = (uint32_t) x->top};
    const char *target = from && kind == ACTION_LINK ? tree_target(x->source, s) : "";
    if (from ? tree_path(x->source, s, path, err) < 0 : tree_path(x->target, t, path, err) < 0)
        return -1;
    return plan_add(x->plan, &a, path, target, err);
}

static int skip(struct making *x, enum action_reason reason, uint32_t s, uint32_t t,
                struct err *err)
{
    return add(x, ACTION_SKIP, reason, s, t, err);
}

/* ---- deletions ---- */

/* Whether all of it may go. */
static bool removable(const struct tree *t, uint32_t node)
{
    const struct tree_node *n = &t->nodes[node];
    if (n->type == ENTRY_OTHER || n->own)
        return false;
    if (n->type != ENTRY_DIR)
        return true;
    if (n->state != FOLDER_COMPLETE || n->hides)
        return false;
    for (uint32_t i = 0; i < n->count; i++) {
        if (!removable(t, n->first + i))
            return false;
    }
    return true;
}

/* As much as may go; a folder stays when something in it does. */
static int remove_node(struct making *x, uint32_t t, enum action_reason reason, struct err *err)
{
    const struct tree_node *n = &x->target->nodes[t];
    if (n->type == ENTRY_OTHER || n->own)
        return skip(x, n->own ? REASON_OWN : REASON_SPECIAL, TREE_NONE, t, err);
    if (n->type != ENTRY_DIR)
        return add(x, ACTION_DELETE, reason, TREE_NONE, t, err);
    if (n->state != FOLDER_COMPLETE)
        return skip(x, n->state == FOLDER_LOOP ? REASON_LOOP : REASON_UNREAD, TREE_NONE, t, err);
    for (uint32_t i = 0; i < n->count; i++) {
        if (remove_node(x, n->first + i, reason, err) < 0)
            return -1;
    }
    if (n->hides)
        return skip(x, REASON_HIDES, TREE_NONE, t, err);
    return removable(x->target, t) ? add(x, ACTION_RMDIR, reason, TREE_NONE, t, err) : 0;
}

/* What the source has none of. */
static int remove_extra(struct making *x, uint32_t t, struct err *err)
{
    char path[PATH_BYTES];
    if (tree_path(x->target, t, path, err) < 0)
        return -1;
    x->top = strlen(path);
    int rc = remove_node(x, t, REASON_EXTRA, err);
    x->top = 0;
    return rc;
}

/* Something of another kind than the source's is there. 1: it will be gone; 0: it stays, and why is
 * in the plan. */
static int make_way(struct making *x, uint32_t s, uint32_t t, struct err *err)
{
    if (!x->o->remove || !removable(x->target, t))
        return skip(x, REASON_OTHER_KIND, s, t, err) < 0 ? -1 : 0;
    return remove_node(x, t, REASON_CONFLICT, err) < 0 ? -1 : 1;
}

/* ---- comparing ---- */

static int64_t tolerance(int32_t precision)
{
    if (precision <= 1)
        return 0;
    return precision < DAY ? precision - 1 : precision - 1 + ZONE_MAX;
}

bool times_agree(int64_t a, int32_t precision_a, int64_t b, int32_t precision_b, int32_t slack)
{
    int64_t allowed = tolerance(precision_a) + tolerance(precision_b) + slack;
    return (a > b ? a - b : b - a) <= allowed;
}

bool plan_comparable(const struct tree *source, uint32_t s, const struct tree *target, uint32_t t)
{
    const struct tree_node *a = &source->nodes[s], *b = &target->nodes[t];
    return a->type == ENTRY_FILE && b->type == ENTRY_FILE && a->size == b->size;
}

/* Why a file has to be moved over the one that is there; REASON_NONE: it has not. */
static enum action_reason difference(const struct making *x, uint32_t s, uint32_t t)
{
    const struct tree_node *a = &x->source->nodes[s], *b = &x->target->nodes[t];
    bool sizes_known = a->size != LISTING_UNKNOWN && b->size != LISTING_UNKNOWN;
    if (sizes_known && !x->o->ignore_size && a->size != b->size)
        return REASON_SIZE;
    enum pair_result found = x->o->compared ? x->o->compared[s] : PAIR_UNKNOWN;
    if (found != PAIR_UNKNOWN)
        return found == PAIR_DIFFERS ? REASON_CONTENTS : REASON_NONE;
    if (x->o->ignore_time)
        return REASON_NONE;
    if (a->mtime == LISTING_UNKNOWN || b->mtime == LISTING_UNKNOWN)
        return sizes_known && !x->o->ignore_size ? REASON_NONE : REASON_TIME;
    if (times_agree(a->mtime, a->precision, b->mtime, b->precision, x->o->slack))
        return REASON_NONE;
    /* a server may not take over times: what was sent is then newer than what it was sent from */
    bool later = x->o->upload || x->o->no_times;
    return later && a->mtime < b->mtime ? REASON_NONE : REASON_TIME;
}

/* It is there, and that is all that matters. Where times are not known, nothing says so. */
static bool is_present(const struct making *x, uint32_t s, uint32_t t)
{
    const struct tree_node *a = &x->source->nodes[s], *b = &x->target->nodes[t];
    if (x->o->only_missing || !x->o->newer)
        return x->o->only_missing;
    return a->mtime != LISTING_UNKNOWN && b->mtime != LISTING_UNKNOWN &&
           (a->mtime <= b->mtime ||
            times_agree(a->mtime, a->precision, b->mtime, b->precision, x->o->slack));
}

/* Left out by age or size: counted, and not worth a line. */
static bool unwanted(struct making *x, uint32_t s)
{
    const struct tree_node *n = &x->source->nodes[s];
    int64_t limit = x->o->newer_than;
    if (limit != LISTING_UNKNOWN && n->mtime != LISTING_UNKNOWN &&
        n->mtime + tolerance(n->precision) <= limit) {
        x->plan->counts.too_old++;
        return true;
    }
    if (x->o->max_size >= 0 && n->size > x->o->max_size) {
        x->plan->counts.too_large++;
        return true;
    }
    return false;
}

/* The contents are right: what about the rest? */
static int keep_file(struct making *x, uint32_t s, uint32_t t, struct err *err)
{
    const struct tree_node *a = &x->source->nodes[s], *b = &x->target->nodes[t];
    int wanted = x->o->upload ? a->mode & 0777 : (a->mode & 0777 & ~(int) x->o->umask) | 0600;
    x->plan->counts.same++;
    if (x->o->keep_modes && a->mode != LISTING_UNKNOWN && b->mode != LISTING_UNKNOWN &&
        wanted != (b->mode & 0777)) {
        if (add(x, ACTION_CHMOD, REASON_MODE, s, t, err) < 0)
            return -1;
        x->plan->list[x->plan->n - 1].mode = (int16_t) wanted;
    }
    bool times = !x->o->upload && !x->o->no_times && x->o->compared &&
                 x->o->compared[s] == PAIR_SAME && a->mtime != LISTING_UNKNOWN &&
                 b->mtime != LISTING_UNKNOWN;
    if (times && !times_agree(a->mtime, a->precision, b->mtime, b->precision, x->o->slack))
        return add(x, ACTION_UTIME, REASON_TIME, s, t, err);
    return 0;
}

static int plan_file(struct making *x, uint32_t s, uint32_t t, struct err *err)
{
    enum action_kind kind = x->o->upload ? ACTION_PUT : ACTION_GET;
    if (unwanted(x, s))
        return 0;
    if (t == TREE_NONE)
        return add(x, kind, REASON_MISSING, s, t, err);
    if (x->target->nodes[t].type != ENTRY_FILE) {
        int rc = make_way(x, s, t, err);
        return rc <= 0 ? rc : add(x, kind, REASON_CONFLICT, s, TREE_NONE, err);
    }
    if (is_present(x, s, t)) {
        x->plan->counts.present++;
        return 0;
    }
    enum action_reason why = difference(x, s, t);
    return why == REASON_NONE ? keep_file(x, s, t, err) : add(x, kind, why, s, t, err);
}

/* ---- links ---- */

/* Only up, as far as the root, and then only down: ".." behind a name could be that of a folder
 * elsewhere, where the name is a link itself. */
bool link_stays_inside(const char *target, size_t depth)
{
    bool down = false;
    if (*target == '/' || *target == '\0')
        return false;
    while (*target) {
        size_t len = strcspn(target, "/");
        bool up = len == 2 && target[0] == '.' && target[1] == '.';
        if (up && (down || depth == 0))
            return false;
        depth -= up;
        down = down || (!up && len > 0 && !(len == 1 && *target == '.'));
        target += len + (target[len] == '/');
    }
    return true;
}

static int plan_link(struct making *x, uint32_t s, uint32_t t, struct err *err)
{
    const char *target = tree_target(x->source, s);
    if (x->o->links == LINKS_SKIP) {
        x->plan->counts.links++;
        return 0;
    }
    if (x->o->links == LINKS_FOLLOW)
        return skip(x, (enum action_reason) x->source->nodes[s].state, s, t, err);
    if (x->o->upload)
        return skip(x, REASON_NO_LINKS, s, t, err);
    if (!*target)
        return skip(x, REASON_DANGLING, s, t, err);
    if (!link_stays_inside(target, tree_depth(x->source, s) - 1))
        return skip(x, REASON_OUTSIDE, s, t, err);
    if (t == TREE_NONE)
        return add(x, ACTION_LINK, REASON_MISSING, s, t, err);
    if (x->target->nodes[t].type != ENTRY_LINK) {
        int rc = make_way(x, s, t, err);
        return rc <= 0 ? rc : add(x, ACTION_LINK, REASON_CONFLICT, s, TREE_NONE, err);
    }
    if (strcmp(target, tree_target(x->target, t)) == 0) {
        x->plan->counts.same++;
        return 0;
    }
    return add(x, ACTION_LINK, REASON_TARGET, s, t, err);
}

/* ---- folders ---- */

static int plan_contents(struct making *x, uint32_t s, uint32_t t, struct err *err);

/* The time of a folder comes last: what happens in it changes it. */
static int plan_folder_time(struct making *x, uint32_t s, uint32_t t, bool touched, struct err *err)
{
    const struct tree_node *a = &x->source->nodes[s], *b = node_of(x->target, t);
    if (x->o->upload || x->o->no_times || a->mtime == LISTING_UNKNOWN)
        return 0;
    if (!touched && b && b->mtime != LISTING_UNKNOWN &&
        times_agree(a->mtime, a->precision, b->mtime, b->precision, x->o->slack))
        return 0;
    char path[PATH_BYTES];
    struct action mine = {.kind = ACTION_UTIME,
                          .reason = REASON_TIME,
                          .there = THERE_DIR,
                          .size = LISTING_UNKNOWN,
                          .mtime = a->mtime,
                          .precision = a->precision,
                          .mode = LISTING_UNKNOWN,
                          .there_size = LISTING_UNKNOWN,
                          .there_mtime = LISTING_UNKNOWN};
    if (tree_path(x->source, s, path, err) < 0)
        return -1;
    return plan_add(x->plan, &mine, path, "", err);
}

static bool only_skips(const struct plan *p, size_t from)
{
    for (size_t i = from; i < p->n; i++) {
        if (p->list[i].kind != ACTION_SKIP)
            return false;
    }
    return true;
}

static int plan_folder(struct making *x, uint32_t s, uint32_t t, struct err *err)
{
    struct plan *p = x->plan;
    enum action_reason why = REASON_MISSING;
    if (t != TREE_NONE && x->target->nodes[t].type != ENTRY_DIR) {
        int rc = make_way(x, s, t, err);
        if (rc <= 0)
            return rc;
        t = TREE_NONE;
        why = REASON_CONFLICT;
    }
    size_t from = p->n;
    if (t == TREE_NONE && add(x, ACTION_MKDIR, why, s, t, err) < 0)
        return -1;
    if (plan_contents(x, s, t, err) < 0)
        return -1;
    if (t == TREE_NONE && x->o->selective && why == REASON_MISSING && p->n == from + 1) {
        p->n = from;
        p->counts.actions[ACTION_MKDIR]--;
        return 0;
    }
    return plan_folder_time(x, s, t, !only_skips(p, from), err);
}

static int plan_node(struct making *x, uint32_t s, uint32_t t, struct err *err)
{
    const char *name = tree_name(x->source, s);
    const struct tree_node *there = node_of(x->target, t);
    if (x->source->nodes[s].own || (there && there->own))
        return skip(x, REASON_OWN, s, t, err);
    if (plan_is_part(name) || (x->o->upload && plan_is_temp(name)))
        return skip(x, REASON_PART_NAME, s, t, err);
    switch ((enum entry_type) x->source->nodes[s].type) {
    case ENTRY_FILE:
        return plan_file(x, s, t, err);
    case ENTRY_DIR:
        return x->source->nodes[s].state == FOLDER_LOOP ? skip(x, REASON_LOOP, s, t, err)
                                                        : plan_folder(x, s, t, err);
    case ENTRY_LINK:
        return plan_link(x, s, t, err);
    default:
        return skip(x, REASON_SPECIAL, s, t, err);
    }
}

/* ---- entries side by side ---- */

/* The entries of a folder under the names that the target tells apart. */
struct keyed {
    const char *key;
    uint32_t node;
};

struct side {
    struct keyed *list;
    size_t n;
    bool owned; /* the keys are ours */
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : x->node < y->node ? -1 : 1;
}

static void side_clear(struct side *side)
{
    for (size_t i = 0; side->owned && i < side->n; i++)
        free((char *) side->list[i].key);
    free(side->list);
}

static int side_make(struct side *side, const struct tree *t, uint32_t folder, unsigned fold,
                     struct err *err)
{
    *side = (struct side){.owned = fold != 0};
    if (folder == TREE_NONE || t->nodes[folder].count == 0)
        return 0;
    size_t count = t->nodes[folder].count;
    side->list = calloc(count, sizeof *side->list);
    if (!side->list)
        return err_set(err, ERR_LOCAL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        uint32_t node = t->nodes[folder].first + (uint32_t) i;
        const char *key = fold ? fold_name(tree_name(t, node), fold, err) : tree_name(t, node);
        if (!key)
            return -1;
        side->list[side->n++] = (struct keyed){key, node};
    }
    if (fold)
        qsort(side->list, side->n, sizeof *side->list, by_key);
    return 0;
}

/* Nothing will continue it. What it is the beginning of may be there all the same, in a listing
 * that was cut: then the source is asked for it, unless it is known. */
static int clean_part(struct making *x, uint32_t t, bool known, struct err *err)
{
    char path[PATH_BYTES];
    bool asks = !known && !plan_is_probe(tree_name(x->target, t));
    if (tree_path(x->target, t, path, err) < 0)
        return -1;
    x->top = asks ? strlen(path) - strlen(PART_SUFFIX) : 0;
    int rc = add(x, ACTION_CLEAN, REASON_STALE, TREE_NONE, t, err);
    x->top = 0;
    return rc;
}

/* A part file stays when the download that will continue it is planned. */
static int plan_part(struct making *x, const struct side *from, const struct side *to, uint32_t t,
                     struct err *err)
{
    char part[NAME_MAX + 1];
    bool known = false;
    if (x->o->upload)
        return add(x, ACTION_CLEAN, REASON_STALE, TREE_NONE, t, err);
    for (size_t i = 0; i < from->n; i++) {
        uint32_t s = from->list[i].node, there = TREE_NONE;
        if (strcmp(part_name(tree_name(x->source, s), part), tree_name(x->target, t)) != 0)
            continue;
        for (size_t k = 0; k < to->n; k++) {
            if (strcmp(to->list[k].key, from->list[i].key) == 0)
                there = to->list[k].node;
        }
        bool file = x->source->nodes[s].type == ENTRY_FILE;
        bool wanted = there == TREE_NONE || x->target->nodes[there].type != ENTRY_FILE ||
                      (!is_present(x, s, there) && difference(x, s, there) != REASON_NONE);
        if (file && wanted)
            return 0;
        known = true;
    }
    return clean_part(x, t, known, err);
}

static bool is_part(const struct making *x, uint32_t t)
{
    const char *name = tree_name(x->target, t);
    return x->target->nodes[t].type == ENTRY_FILE &&
           (x->o->upload ? plan_is_temp(name) : plan_is_part(name));
}

/* Why nothing of the target's folder may be deleted; REASON_NONE: it may. */
static enum action_reason deletion_bar(const struct making *x, uint32_t s, uint32_t t)
{
    const struct tree_node *a = &x->source->nodes[s];
    if (a->state != FOLDER_COMPLETE)
        return REASON_PARTIAL;
    bool empty = a->count == 0 && !a->hides;
    return empty && x->target->nodes[t].count > 0 && !x->o->delete_emptied ? REASON_EMPTIED
                                                                           : REASON_NONE;
}

static int plan_extra(struct making *x, const struct side *from, const struct side *to, uint32_t t,
                      bool may_delete, struct err *err)
{
    const struct tree_node *n = &x->target->nodes[t];
    if (is_part(x, t) && !n->own)
        return plan_part(x, from, to, t, err);
    if (x->o->upload && n->type == ENTRY_DIR && n->state == FOLDER_COMPLETE && n->count == 0 &&
        !n->hides && plan_is_probe(tree_name(x->target, t)))
        return add(x, ACTION_CLEAN, REASON_STALE, TREE_NONE, t, err);
    return may_delete ? remove_extra(x, t, err) : 0;
}

static int plan_sides(struct making *x, const struct side *from, const struct side *to,
                      bool may_delete, struct err *err)
{
    size_t i = 0, k = 0;
    while (i < from->n || k < to->n) {
        int order = i == from->n ? 1 : k == to->n ? -1 : strcmp(from->list[i].key, to->list[k].key);
        if (order > 0) {
            if (plan_extra(x, from, to, to->list[k++].node, may_delete, err) < 0)
                return -1;
            continue;
        }
        size_t same = i + 1; /* names of the source that the target takes for one */
        while (same < from->n && strcmp(from->list[same].key, from->list[i].key) == 0)
            same++;
        uint32_t t = order == 0 ? to->list[k].node : TREE_NONE;
        bool collides = same > i + 1;
        for (; i < same; i++) {
            int rc = collides ? skip(x, REASON_COLLISION, from->list[i].node, t, err)
                              : plan_node(x, from->list[i].node, t, err);
            if (rc < 0)
                return -1;
        }
        k += order == 0;
    }
    return 0;
}

static int plan_contents(struct making *x, uint32_t s, uint32_t t, struct err *err)
{
    struct side from = {0}, to = {0};
    const struct tree_node *a = &x->source->nodes[s], *b = node_of(x->target, t);
    if (a->state == FOLDER_FAILED || a->state == FOLDER_UNREAD)
        return skip(x, REASON_UNREAD, s, t, err);
    if (b && (b->state == FOLDER_FAILED || b->state == FOLDER_UNREAD))
        return skip(x, REASON_UNREAD, TREE_NONE, t, err);
    if (b && b->state == FOLDER_LOOP)
        return skip(x, REASON_LOOP, TREE_NONE, t, err);
    if (a->state == FOLDER_REFUSED)
        return skip(x, REASON_REFUSED, s, t, err);
    bool may_delete = false;
    if (x->o->remove && b) {
        enum action_reason bar = deletion_bar(x, s, t);
        may_delete = bar == REASON_NONE;
        if (!may_delete && skip(x, bar, s, t, err) < 0)
            return -1;
    }
    int rc = side_make(&from, x->source, s, x->o->fold, err);
    if (rc == 0)
        rc = side_make(&to, x->target, t, x->o->fold, err);
    if (rc == 0)
        rc = plan_sides(x, &from, &to, may_delete, err);
    side_clear(&from);
    side_clear(&to);
    return rc;
}

/* ---- the whole ---- */

static int plan_refused(struct making *x, const struct tree *t, struct err *err)
{
    for (size_t i = 0; i < t->n_refused; i++) {
        char folder[PATH_BYTES], path[2 * PATH_BYTES];
        struct action a = {.kind = ACTION_SKIP,
                           .reason = REASON_NAME,
                           .size = LISTING_UNKNOWN,
                           .mtime = LISTING_UNKNOWN,
                           .mode = LISTING_UNKNOWN};
        if (tree_path(t, t->refused[i].folder, folder, err) < 0)
            return -1;
        snprintf(path, sizeof path, "%s%s%.*s", folder, *folder ? "/" : "", PATH_BYTES - 1,
                 t->text + t->refused[i].name);
        if (plan_add(x->plan, &a, path, "", err) < 0)
            return -1;
    }
    return 0;
}

static int make(struct making *x, struct err *err)
{
    if (plan_contents(x, TREE_ROOT, TREE_ROOT, err) < 0)
        return -1;
    return plan_refused(x, x->source, err);
}

static int64_t deletions(const struct plan *p)
{
    return p->counts.actions[ACTION_DELETE] + p->counts.actions[ACTION_RMDIR];
}

int plan_make(const struct tree *source, const struct tree *target, const struct plan_options *o,
              struct plan *out, struct err *err)
{
    struct making x = {.source = source, .target = target, .o = o, .plan = out};
    *out = (struct plan){0};
    if (make(&x, err) < 0)
        return -1;
    int64_t too_many = deletions(out);
    if (o->max_delete >= 0 && too_many > o->max_delete) {
        struct plan_options careful = *o;
        careful.remove = false;
        x.o = &careful;
        plan_clear(out);
        struct action a = {.kind = ACTION_SKIP,
                           .reason = REASON_TOO_MANY,
                           .size = too_many,
                           .mtime = LISTING_UNKNOWN,
                           .mode = LISTING_UNKNOWN};
        if (make(&x, err) < 0 || plan_add(out, &a, "", "", err) < 0)
            return -1;
        out->counts.refused = too_many;
    }
    plan_sort(out);
    return 0;
}
