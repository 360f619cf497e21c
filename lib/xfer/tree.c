#include "xfer/tree.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

static int out_of_memory(struct err *err)
{
    return err_set(err, ERR_LOCAL, "out of memory");
}

int text_keep(char **text, size_t *len, size_t *room, const char *add, uint32_t *at,
              struct err *err)
{
    size_t n = strlen(add) + 1;
    if (*len + n >= UINT32_MAX)
        return err_set(err, ERR_LOCAL, "there are too many names");
    if (*len + n > *room) {
        size_t more = *room + *room / 2 + n + 1024;
        char *moved = realloc(*text, more);
        if (!moved)
            return out_of_memory(err);
        *text = moved;
        *room = more;
    }
    memcpy(*text + *len, add, n);
    *at = (uint32_t) *len;
    *len += n;
    return 0;
}

static int nodes_room(struct tree_node **nodes, size_t *room, size_t need, struct err *err)
{
    if (need >= TREE_NONE)
        return err_set(err, ERR_LOCAL, "there are too many files");
    if (need <= *room)
        return 0;
    size_t more = *room + *room / 2 + 16;
    more = more < need ? need : more;
    struct tree_node *moved = realloc(*nodes, more * sizeof *moved);
    if (!moved)
        return out_of_memory(err);
    *nodes = moved;
    *room = more;
    return 0;
}

int tree_init(struct tree *t, struct err *err)
{
    uint32_t empty;
    *t = (struct tree){0};
    if (text_keep(&t->text, &t->text_len, &t->text_room, "", &empty, err) < 0 ||
        nodes_room(&t->nodes, &t->room, 1, err) < 0) {
        tree_clear(t);
        return -1;
    }
    t->nodes[TREE_ROOT] = (struct tree_node){.size = LISTING_UNKNOWN,
                                             .mtime = LISTING_UNKNOWN,
                                             .mode = LISTING_UNKNOWN,
                                             .parent = TREE_NONE,
                                             .precision = 1,
                                             .type = ENTRY_DIR};
    t->n = 1;
    return 0;
}

void tree_clear(struct tree *t)
{
    free(t->nodes);
    free(t->refused);
    free(t->text);
    *t = (struct tree){0};
}

int64_t tree_batch_add(struct tree_batch *b, const struct entry *e, int32_t precision,
                       struct err *err)
{
    struct tree_node node = {.size = e->size,
                             .mtime = e->mtime,
                             .mode = (int16_t) e->mode,
                             .precision = precision,
                             .type = (uint8_t) e->type};
    const char *target = e->type == ENTRY_DIR && e->unique ? e->unique : e->target;
    if (nodes_room(&b->nodes, &b->room, b->n + 1, err) < 0 ||
        text_keep(&b->text, &b->text_len, &b->text_room, e->name, &node.name, err) < 0 ||
        text_keep(&b->text, &b->text_len, &b->text_room, target, &node.target, err) < 0)
        return -1;
    b->nodes[b->n] = node;
    return (int64_t) b->n++;
}

void tree_batch_clear(struct tree_batch *b)
{
    free(b->nodes);
    free(b->text);
    *b = (struct tree_batch){0};
}

/* ---- from a batch into the tree ---- */

/* qsort() hands no context on, so that the order of names is found with an array of pointers. */
struct named {
    const char *name;
    uint32_t at; /* in the batch: of two with one name the first is kept */
};

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : x->at < y->at ? -1 : 1;
}

static int refuse(struct tree *t, uint32_t folder, const char *name, enum refusal why,
                  struct err *err)
{
    struct tree_refusal r = {.folder = folder, .why = why};
    if (t->n_refused == t->refused_room) {
        size_t more = 2 * t->refused_room + 8;
        struct tree_refusal *moved = realloc(t->refused, more * sizeof *moved);
        if (!moved)
            return out_of_memory(err);
        t->refused = moved;
        t->refused_room = more;
    }
    if (text_keep(&t->text, &t->text_len, &t->text_room, name, &r.name, err) < 0)
        return -1;
    t->refused[t->n_refused++] = r;
    return 0;
}

/* The length of the folder's path with a slash behind it. */
static size_t path_length(const struct tree *t, uint32_t node)
{
    size_t len = 0;
    for (; t->nodes[node].parent != TREE_NONE; node = t->nodes[node].parent)
        len += strlen(tree_name(t, node)) + 1;
    return len;
}

static int adopt_one(struct tree *t, uint32_t folder, const struct tree_batch *b, uint32_t at,
                     struct err *err)
{
    struct tree_node node = b->nodes[at];
    const char *name = b->text + node.name, *target = b->text + node.target;
    node.parent = folder;
    node.target = 0;
    if (text_keep(&t->text, &t->text_len, &t->text_room, name, &node.name, err) < 0)
        return -1;
    if (*target && text_keep(&t->text, &t->text_len, &t->text_room, target, &node.target, err) < 0)
        return -1;
    t->nodes[t->n++] = node;
    return 0;
}

static int adopt_sorted(struct tree *t, uint32_t folder, const struct tree_batch *b,
                        const struct named *sorted, struct err *err)
{
    size_t left = PATH_BYTES / 2, used = path_length(t, folder);
    size_t depth = tree_depth(t, folder);
    for (size_t i = 0; i < b->n; i++) {
        const char *name = sorted[i].name;
        const struct tree_node *node = &b->nodes[sorted[i].at];
        int rc;
        if (!path_is_single(name) || has_line_break(name, strlen(name)))
            rc = refuse(t, folder, name, REFUSED_NAME, err);
        else if (i > 0 && strcmp(name, sorted[i - 1].name) == 0)
            rc = refuse(t, folder, name, REFUSED_TWICE, err);
        else if (used + strlen(name) >= left)
            rc = refuse(t, folder, name, REFUSED_LONG, err);
        else if (node->type == ENTRY_DIR && depth >= TREE_DEPTH_MAX)
            rc = refuse(t, folder, name, REFUSED_DEEP, err);
        else
            rc = adopt_one(t, folder, b, sorted[i].at, err);
        if (rc < 0)
            return -1;
    }
    return 0;
}

int tree_adopt(struct tree *t, uint32_t folder, struct tree_batch *b, enum folder_state state,
               struct err *err)
{
    struct named *sorted = calloc(b->n + 1, sizeof *sorted);
    uint32_t first = (uint32_t) t->n;
    int rc = sorted ? nodes_room(&t->nodes, &t->room, t->n + b->n, err) : out_of_memory(err);
    if (rc == 0) {
        for (size_t i = 0; i < b->n; i++)
            sorted[i] = (struct named){b->text + b->nodes[i].name, (uint32_t) i};
        if (b->n > 1)
            qsort(sorted, b->n, sizeof *sorted, by_name);
        rc = adopt_sorted(t, folder, b, sorted, err);
    }
    if (rc == 0) {
        t->nodes[folder].first = first;
        t->nodes[folder].count = (uint32_t) t->n - first;
        t->nodes[folder].state = (uint8_t) state;
        t->nodes[folder].hides = b->hides;
    }
    free(sorted);
    tree_batch_clear(b);
    return rc;
}

/* ---- looking at it ---- */

const char *tree_name(const struct tree *t, uint32_t node)
{
    return t->text + t->nodes[node].name;
}

const char *tree_target(const struct tree *t, uint32_t node)
{
    return t->text + t->nodes[node].target;
}

const char *tree_unique(const struct tree *t, uint32_t node)
{
    const struct tree_node *n = &t->nodes[node];
    return n->type == ENTRY_DIR && !n->followed ? t->text + n->target : "";
}

bool tree_is_loop(const struct tree *t, uint32_t node)
{
    const char *unique = tree_unique(t, node);
    for (uint32_t at = t->nodes[node].parent; *unique && at != TREE_NONE;
         at = t->nodes[at].parent) {
        if (strcmp(tree_unique(t, at), unique) == 0)
            return true;
    }
    return false;
}

int tree_set_unique(struct tree *t, const char *unique, struct err *err)
{
    return text_keep(&t->text, &t->text_len, &t->text_room, unique, &t->nodes[TREE_ROOT].target,
                     err);
}

size_t tree_depth(const struct tree *t, uint32_t node)
{
    size_t depth = 0;
    for (; t->nodes[node].parent != TREE_NONE; node = t->nodes[node].parent)
        depth++;
    return depth;
}

uint32_t tree_find(const struct tree *t, uint32_t folder, const char *name)
{
    uint32_t low = t->nodes[folder].first, high = low + t->nodes[folder].count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(tree_name(t, middle), name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return TREE_NONE;
}

int tree_path(const struct tree *t, uint32_t node, char dst[PATH_BYTES], struct err *err)
{
    size_t len = path_length(t, node);
    if (len >= PATH_BYTES)
        return err_set(err, ERR_LOCAL, "a path is longer than %d bytes", PATH_BYTES - 1);
    dst[len > 0 ? len - 1 : 0] = '\0';
    for (; t->nodes[node].parent != TREE_NONE; node = t->nodes[node].parent) {
        const char *name = tree_name(t, node);
        size_t n = strlen(name);
        len -= n + 1;
        memcpy(dst + len, name, n);
        if (len > 0)
            dst[len - 1] = '/';
    }
    return 0;
}
