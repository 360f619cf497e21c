#include "xfer/ancestry.h"
#include "xfer/list.h"
#include "xfer/plan.h"
#include "xfer/scan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 86400, SUMMER_TIME = 3600, TRAIL_MAX = 64 * 1024 };

/* Shared by the jobs: the tree under the lock, the rest does not change. */
struct scanning {
    const struct scan_options *o;
    const char *root;
    struct pool *pool;
    struct tree *tree;
    pthread_mutex_t lock;
    atomic_llong entries; /* that have been told so far */
    atomic_bool dubious;  /* unique facts are not what they are to be */
    struct err err;       /* why it cannot go on */
};

/* The listing of one folder. */
struct folder_job {
    struct job job;
    struct scanning *scan;
    uint32_t folder;
    bool beyond; /* it is what made the tree too large */
    struct list_end end;
    char *trail; /* where links are followed: see loops() */
    char path[]; /* below the root */
};

/* What a listing's lines are gathered in. */
struct gathering {
    struct folder_job *job;
    const struct mover *mover;
    struct tree_batch batch;
    long long entries;
    bool uniques;                               /* of folders */
    char file[UNIQUE_BYTES], dir[UNIQUE_BYTES]; /* the last unique facts of either kind */
};

/* ---- one folder ---- */

/* A zone that was not measured may be any; one that was in winter may differ by an hour in summer.
 */
static int32_t precision_of(const struct entry *e, const struct zone *zone)
{
    int32_t step = e->mtime_step > 0 ? e->mtime_step : DAY;
    if (e->mtime_exact || step >= DAY)
        return step;
    if (!zone->january_known && !zone->july_known)
        return DAY;
    return zone->january_known && zone->july_known ? step : step + SUMMER_TIME;
}

/* A temporary file of ours is judged by what it becomes; what a probe left becomes nothing, and is
 * to go. */
static bool wanted(const struct folder_job *j, const char *name, bool folder)
{
    char path[2 * PATH_BYTES], final[PATH_BYTES];
    plan_final_name(name, final);
    snprintf(path, sizeof path, "%s%s%s", j->path, *j->path ? "/" : "", final);
    return plan_is_probe(name) || filter_wants(j->scan->o->filter, path, folder);
}

/* One that a file shares with a folder is that of every entry (a server on a file system without
 * inode numbers), and tells nothing. */
static void note_unique(struct gathering *g, const struct entry *e)
{
    bool dir = e->type == ENTRY_DIR;
    if (!*e->unique || (!dir && e->type != ENTRY_FILE))
        return;
    snprintf(dir ? g->dir : g->file, UNIQUE_BYTES, "%s", e->unique);
    g->uniques = g->uniques || dir;
    if (*g->dir && strcmp(g->dir, g->file) == 0)
        g->job->scan->dubious = true;
}

static int gather(void *ctx, const struct entry *e, struct err *err)
{
    struct gathering *g = ctx;
    struct scanning *x = g->job->scan;
    g->entries++;
    g->job->beyond = atomic_fetch_add(&x->entries, 1) >= x->o->most;
    if (g->job->beyond)
        return err_set(err, ERR_PROTOCOL,
                       "the server's tree has more than %lld entries (--max-entries)",
                       (long long) x->o->most);
    note_unique(g, e);
    if (path_is_single(e->name) && !wanted(g->job, e->name, e->type == ENTRY_DIR)) {
        g->batch.hides = true;
        return 0;
    }
    int32_t precision = precision_of(e, &g->mover->lessons.zone);
    return tree_batch_add(&g->batch, e, precision, err) < 0 ? -1 : 0;
}

/* ---- links ---- */

/* The last line of the trail is where the folder really lies; those before it are the folders that
 * lay at the end of the way when a link was followed. */
static const char *trail_end(const char *trail)
{
    const char *line = strrchr(trail, '\n');
    return line ? line + 1 : trail;
}

/* `name` seen from `folder`, without "." and "..": into dst. -1: too long. */
static int resolve(const char *folder, const char *name, char dst[PATH_BYTES])
{
    char whole[2 * PATH_BYTES];
    size_t len = 0;
    int n = snprintf(whole, sizeof whole, "%s/%s", *name == '/' ? "" : folder, name);
    if (n < 0 || n >= PATH_BYTES)
        return -1;
    for (const char *p = whole; *p;) {
        p += *p == '/';
        size_t part = strcspn(p, "/");
        if (part == 2 && p[0] == '.' && p[1] == '.') {
            while (len > 0 && dst[--len] != '/')
                ;
        } else if (part > 0 && !(part == 1 && *p == '.')) {
            dst[len++] = '/';
            memcpy(dst + len, p, part);
            len += part;
        }
        p += part;
    }
    dst[len] = '\0';
    return 0;
}

/* True when `real` is a folder that the way to here leads through, or lies above one. */
static bool loops(const char *trail, const char *real)
{
    size_t len = strlen(real);
    for (const char *line = trail; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, real, len) == 0 && strchr("/\n", line[len])) /* also the NUL */
            return true;
    }
    return false;
}

static bool refused(const struct err *err)
{
    return err->code == ERR_REPLY_PERMANENT || err->code == ERR_REPLY_TRANSIENT ||
           err->code == ERR_PROTOCOL;
}

/* Asks what the link names: a file has a SIZE, a folder can be gone to. 0, or -1 when the session
 * broke. */
static int follow(struct mover *m, const struct folder_job *j, const char *path, const char *target,
                  struct tree_node *node, struct err *err)
{
    struct err why = ERR_INIT;
    char real[PATH_BYTES];
    int64_t size, mtime;
    if (session_size(m->session, path, &size, &why) == 0) {
        node->type = ENTRY_FILE;
        node->size = size;
        node->mtime = LISTING_UNKNOWN;
        node->followed = true;
        if (session_mdtm(m->session, path, &mtime, NULL) == 0) {
            node->mtime = mtime;
            node->precision = 1;
        }
        return 0;
    }
    if (!refused(&why))
        return err_take(err, &why);
    err_clear(&why);
    node->state = REASON_DANGLING;
    if (session_visit(m->session, path, &why) < 0)
        return refused(&why) ? 0 : err_take(err, &why);
    session_leave(m->session);
    node->state = REASON_LOOP;
    if (!*target || resolve(trail_end(j->trail), target, real) < 0 || loops(j->trail, real))
        return 0;
    node->type = ENTRY_DIR;
    node->state = FOLDER_UNREAD;
    node->followed = true;
    return 0;
}

static int follow_links(struct mover *m, const struct folder_job *j, struct tree_batch *b,
                        const char *remote, struct err *err)
{
    for (size_t i = 0; i < b->n; i++) {
        char path[PATH_BYTES];
        const char *name = b->text + b->nodes[i].name;
        if (b->nodes[i].type != ENTRY_LINK || !path_is_single(name))
            continue;
        if (path_join(remote, name, path, err) < 0 ||
            follow(m, j, path, b->text + b->nodes[i].target, &b->nodes[i], err) < 0)
            return -1;
    }
    return 0;
}

/* The trail of a folder in the folder of `j`. NULL: out of memory. */
static char *trail_of(const struct folder_job *j, const struct tree *t, uint32_t node)
{
    const char *end = trail_end(j->trail);
    char real[PATH_BYTES];
    const char *last = t->nodes[node].followed ? tree_target(t, node) : tree_name(t, node);
    if (resolve(end, last, real) < 0)
        real[0] = '\0';
    size_t kept = t->nodes[node].followed ? strlen(j->trail) : (size_t) (end - j->trail);
    size_t size = kept + strlen(real) + 2;
    char *trail = size < TRAIL_MAX ? malloc(size) : NULL;
    if (trail)
        snprintf(trail, size, "%.*s%s%s", (int) kept, j->trail, t->nodes[node].followed ? "\n" : "",
                 real);
    return trail;
}

/* ---- jobs ---- */

static int run_folder(struct mover *m, struct job *job, struct err *err);
static void folder_done(void *ctx, struct job *job);

static void folder_free(struct folder_job *j)
{
    free(j->trail);
    free(j);
}

static int folder_add(struct scanning *x, uint32_t folder, const char *path, char *trail,
                      struct err *err)
{
    size_t size = strlen(path) + 1;
    struct folder_job *j = calloc(1, sizeof *j + size);
    if (!j || (x->o->follow && !trail)) {
        free(j);
        free(trail);
        return err_set(err, ERR_LOCAL, "out of memory");
    }
    j->job.run = run_folder;
    j->job.done = folder_done;
    j->scan = x;
    j->folder = folder;
    j->trail = trail;
    memcpy(j->path, path, size);
    j->job.name = *j->path ? j->path : ".";
    if (pool_add(x->pool, &j->job, err) == 0)
        return 0;
    folder_free(j); /* the pool was stopped, and nobody else will */
    return -1;
}

/* Under the lock. */
static int add_folders_in(struct folder_job *j, struct err *err)
{
    struct scanning *x = j->scan;
    struct tree *t = x->tree;
    for (uint32_t i = 0; i < t->nodes[j->folder].count; i++) {
        uint32_t node = t->nodes[j->folder].first + i;
        char path[PATH_BYTES];
        if (t->nodes[node].type != ENTRY_DIR)
            continue;
        if (!x->dubious && tree_is_loop(t, node)) {
            t->nodes[node].state = FOLDER_LOOP;
            continue;
        }
        if (tree_path(t, node, path, err) < 0 ||
            folder_add(x, node, path, x->o->follow ? trail_of(j, t, node) : NULL, err) < 0)
            return -1;
    }
    return 0;
}

/* LIST's entries, to know what the links among MLSD's name. */
static int gather_target(void *ctx, const struct entry *e, struct err *err)
{
    struct tree_batch *b = ctx;
    for (size_t i = 0; e->type == ENTRY_LINK && *e->target && i < b->n; i++) {
        struct tree_node *node = &b->nodes[i];
        if (node->type != ENTRY_LINK || *(b->text + node->target) ||
            strcmp(b->text + node->name, e->name) != 0)
            continue;
        return text_keep(&b->text, &b->text_len, &b->text_room, e->target, &node->target, err);
    }
    return 0;
}

static int find_targets(struct mover *m, const char *remote, struct tree_batch *b, struct err *err)
{
    struct list_options by_list = {.no_times = true, .plain = true};
    bool unknown = false;
    for (size_t i = 0; i < b->n; i++)
        unknown = unknown || (b->nodes[i].type == ENTRY_LINK && !*(b->text + b->nodes[i].target));
    if (!unknown || m->mlsd_broken)
        return 0;
    struct err why = ERR_INIT;
    int rc = list_stream(m, remote, &by_list, gather_target, b, NULL, &why);
    return rc < 0 && !refused(&why) ? err_take(err, &why) : 0;
}

static enum folder_state state_of(const struct list_end *end)
{
    if (end->complete)
        return FOLDER_COMPLETE;
    return end->refused && end->entries == 0 ? FOLDER_REFUSED : FOLDER_PARTIAL;
}

static int run_folder(struct mover *m, struct job *job, struct err *err)
{
    struct folder_job *j = (struct folder_job *) job;
    struct scanning *x = j->scan;
    struct gathering g = {.job = j, .mover = m};
    char remote[PATH_BYTES];
    char root[UNIQUE_BYTES] = "";
    if (path_join(x->root, j->path, remote, err) < 0)
        return -1;
    int rc = list_stream(m, remote, NULL, gather, &g, &j->end, err);
    if (rc == 0 && (x->o->targets || x->o->follow))
        rc = find_targets(m, remote, &g.batch, err);
    if (rc == 0 && x->o->follow)
        rc = follow_links(m, j, &g.batch, remote, err);
    if (rc == 0 && j->folder == TREE_ROOT && g.uniques)
        rc = unique_of(m, remote, root, err);
    if (rc == 0) {
        pthread_mutex_lock(&x->lock);
        if (*root)
            rc = tree_set_unique(x->tree, root, err);
        if (rc == 0)
            rc = tree_adopt(x->tree, j->folder, &g.batch, state_of(&j->end), err);
        if (rc == 0)
            rc = add_folders_in(j, err);
        pthread_mutex_unlock(&x->lock);
    }
    tree_batch_clear(&g.batch);
    if (rc < 0 && !j->beyond)
        atomic_fetch_sub(&x->entries, g.entries); /* they come again */
    return rc;
}

/* Why a listing that the server confirmed may not be all. */
static void tell_partial(const struct folder_job *j)
{
    struct err why = ERR_INIT;
    if (j->end.unread > 0)
        err_set(&why, ERR_PROTOCOL, "%lld lines of the listing could not be read",
                (long long) j->end.unread);
    else
        err_set(&why, ERR_TRUNCATED, "the listing may have been cut short");
    if (j->scan->o->failed)
        j->scan->o->failed(j->scan->o->ctx, j->path, &why);
}

static void give_up(struct scanning *x, const struct err *why)
{
    err_take(&x->err, why);
    pool_stop(x->pool, why);
}

static void folder_done(void *ctx, struct job *job)
{
    struct folder_job *j = (struct folder_job *) job;
    struct scanning *x = j->scan;
    const struct err *why = job->state ? &job->state->err : NULL;
    (void) ctx;
    if (err_is_set(why)) {
        pthread_mutex_lock(&x->lock);
        x->tree->nodes[j->folder].state = FOLDER_FAILED;
        pthread_mutex_unlock(&x->lock);
        if (j->folder == TREE_ROOT || j->beyond)
            give_up(x, why);
        else if (x->o->failed && !err_is_set(&x->err))
            x->o->failed(x->o->ctx, j->path, why);
    } else if (job->state && state_of(&j->end) == FOLDER_PARTIAL) {
        tell_partial(j);
    }
    folder_free(j);
}

int scan_remote(struct pool *pool, const char *root, const struct scan_options *o,
                void (*tick)(void *ctx), void *tick_ctx, struct tree *out, struct err *err)
{
    struct scanning x = {.o = o, .root = root, .pool = pool, .tree = out, .err = ERR_INIT};
    char real[PATH_BYTES];
    if (tree_init(out, err) < 0)
        return -1;
    if (pthread_mutex_init(&x.lock, NULL) != 0)
        return err_set(err, ERR_LOCAL, "no lock to be had");
    int rc = 0;
    char *trail = NULL;
    if (o->follow && resolve("", root, real) == 0)
        trail = strdup(real);
    rc = folder_add(&x, TREE_ROOT, "", trail, err);
    if (rc == 0)
        rc = pool_run(pool, tick, tick_ctx, err);
    if (rc == 0 && err_is_set(&x.err))
        rc = err_take(err, &x.err);
    pthread_mutex_destroy(&x.lock);
    return rc;
}
