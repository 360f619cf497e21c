#include "xfer/mirror.h"

#include "base/beneath.h"
#include "xfer/get.h"
#include "xfer/mirror_private.h"
#include "xfer/put.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the actions of a wave share. */
struct running {
    const struct mirror *m;
    const struct plan *p;
    pthread_mutex_t lock;
    char lacking[PATH_BYTES]; /* what the source was last found to lack; under the lock */
    bool given_up;            /* nothing will fare better, which was told of once */
};

struct act {
    struct job job;
    struct running *run;
    const struct action *action;
    struct deed deed;
    bool begun; /* an upload has put bytes of ours there */
    bool moved; /* all of it, but the source could not be removed */
};

/* ---- files ---- */

static bool has_part(int folder, const char *name)
{
    char part[NAME_MAX + 1];
    return faccessat(folder, part_name(name, part), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A server that tells no exact times: what its listing said is better than now. So it is before
 * 1970, of which get_file() knows nothing. */
static void keep_listed_time(int folder, const char *name, const struct action *a)
{
    struct stat st;
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t) a->mtime}};
    if (a->mtime != LISTING_UNKNOWN && (a->precision > 1 || a->mtime < 0) &&
        fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        !times_agree(a->mtime, a->precision, st.st_mtim.tv_sec, 1, 0))
        utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW);
}

static bool is_whole(const struct transfer *t)
{
    return !t->skipped && (t->verdict == VERDICT_SIZE_OK || t->verdict == VERDICT_VERIFIED);
}

static int fetch_into(struct act *x, struct mover *v, int folder, const char *name,
                      const char *remote, struct err *err)
{
    const struct mirror *m = x->run->m;
    const struct action *a = x->action;
    struct transfer *t = &x->job.state->transfer;
    struct get_options o = GET_OPTIONS_INIT;
    if (!x->moved)
        local_recheck(m, a, folder, name, &x->deed);
    if (x->deed.outcome != MIRROR_DONE)
        return 0;
    o.dirfd = folder;
    o.confined = o.anew = true;
    o.preserve = !m->no_times;
    o.remove_source = m->remove_source;
    o.segments = m->segments;
    o.resume = has_part(folder, name) || (m->resume && a->reason == REASON_SIZE);
    o.mode = a->mode;
    o.max_size = m->max_size;
    if (!m->stale) {
        o.size = a->size;
        o.mtime = a->precision == 1 ? a->mtime : LISTING_UNKNOWN;
    }
    int rc = get_file(v, remote, name, &o, t, err);
    x->moved = x->moved || (m->remove_source && is_whole(t));
    snprintf(t->local, sizeof t->local, "%s", plan_path(x->run->p, a));
    if (rc == 0 && t->skipped != SKIP_NONE)
        x->deed = (struct deed){MIRROR_SKIPPED, skip_reason(t->skipped)};
    else if (rc == 0 && !m->no_times)
        keep_listed_time(folder, name, a);
    return rc;
}

static int download(struct act *x, struct mover *v, struct err *err)
{
    const char *name, *path = plan_path(x->run->p, x->action);
    char remote[PATH_BYTES];
    if (path_join(x->run->m->remote, path, remote, err) < 0)
        return -1;
    int folder = beneath_parent(x->run->m->local, path, false, &name, err);
    if (folder < 0)
        return -1;
    int rc = fetch_into(x, v, folder, name, remote, err);
    close(folder);
    return rc;
}

/* What is on the server may be the beginning of ours, which put_file() finds out: it was sent by a
 * try before this one, it was written since the local file last changed, or the user says so. */
static bool may_continue(const struct act *x)
{
    const struct action *a = x->action;
    bool shorter = a->reason == REASON_SIZE && a->there_size > 0 && a->there_size < a->size;
    return x->begun || (shorter && (x->run->m->resume || a->there_mtime >= a->mtime));
}

/* Some servers list no hidden files: what is missing in a listing may be there. */
static bool may_be_hidden(const struct act *x, const char *path)
{
    const struct action *a = x->action;
    return a->there == THERE_NOTHING && a->reason == REASON_MISSING && !x->begun &&
           (*path == '.' || strstr(path, "/."));
}

static int find_hidden(struct act *x, struct mover *v, const char *remote, struct err *err)
{
    const struct action *a = x->action;
    int64_t size, mtime;
    struct err why = ERR_INIT;
    if (session_size(v->session, remote, &size, &why) == 0 && size == a->size &&
        session_mdtm(v->session, remote, &mtime, &why) == 0 && mtime >= a->mtime)
        x->deed = (struct deed){MIRROR_ALREADY, "it is there already"};
    bool refused = why.code == ERR_REPLY_PERMANENT || why.code == ERR_REPLY_TRANSIENT ||
                   why.code == ERR_PROTOCOL;
    return err_is_set(&why) && !refused ? err_take(err, &why) : 0;
}

/* A server that takes a file and then has none of that name has put it under another one. */
static int confirm_there(struct mover *v, const char *remote, struct err *err)
{
    int rc = remote_lacks(v, remote, err);
    if (rc != 1)
        return rc;
    return err_set(
        err, ERR_INTEGRITY,
        "the server took it, and has no file of that name: it may bear another one there");
}

static bool is_own(const struct mirror *m, int folder, const char *name)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && own_has(&m->own, &st);
}

/* What is to be known of the server before anything is sent; x->deed says where nothing is. */
static int look_before(struct act *x, struct mover *v, const char *remote, struct err *err)
{
    const struct mirror *m = x->run->m;
    if (x->moved)
        return 0;
    if (m->stale)
        return x->begun ? 0 : remote_recheck(v, x->action, remote, &x->deed, err);
    return may_be_hidden(x, plan_path(x->run->p, x->action)) ? find_hidden(x, v, remote, err) : 0;
}

static struct put_options put_options(const struct act *x, int folder)
{
    const struct mirror *m = x->run->m;
    bool hidden = may_be_hidden(x, plan_path(x->run->p, x->action));
    struct put_options o = PUT_OPTIONS_INIT;
    o.dirfd = folder;
    o.confined = !(m->follow && x->action->follow);
    o.preserve = !m->no_times;
    o.remove_source = m->remove_source;
    o.atomic = m->atomic;
    o.chmod = m->chmod;
    o.no_clobber = m->only_missing && hidden;
    o.newer = m->newer && hidden;
    o.resume = o.anew = !m->atomic && may_continue(x);
    o.max_size = m->max_size;
    return o;
}

static int send_from(struct act *x, struct mover *v, int folder, const char *name,
                     const char *remote, struct err *err)
{
    struct transfer *t = &x->job.state->transfer;
    struct put_options o = put_options(x, folder);
    if (is_own(x->run->m, folder, name)) {
        x->deed = (struct deed){MIRROR_SKIPPED, action_reason_text(REASON_OWN)};
        return 0;
    }
    int rc = put_file(v, name, remote, &o, t, err);
    if (rc == 0 && t->skipped == SKIP_NONE && t->verdict == VERDICT_UNVERIFIED)
        rc = confirm_there(v, remote, err);
    snprintf(t->local, sizeof t->local, "%s", plan_path(x->run->p, x->action));
    x->begun = x->begun || (rc < 0 && t->bytes > 0);
    x->moved = x->moved || (o.remove_source && is_whole(t));
    bool stays = t->skipped == SKIP_EXISTS || t->skipped == SKIP_NOT_NEWER;
    if (rc == 0 && t->skipped != SKIP_NONE)
        x->deed = (struct deed){stays ? MIRROR_ALREADY : MIRROR_SKIPPED, skip_reason(t->skipped)};
    return rc;
}

static int upload(struct act *x, struct mover *v, struct err *err)
{
    const struct mirror *m = x->run->m;
    const char *name, *path = plan_path(x->run->p, x->action);
    char remote[PATH_BYTES];
    if (path_join(m->remote, path, remote, err) < 0 || look_before(x, v, remote, err) < 0)
        return -1;
    if (x->deed.outcome != MIRROR_DONE)
        return 0;
    int folder = beneath_parent(m->local, path, m->follow, &name, err);
    if (folder < 0)
        return -1;
    int rc = send_from(x, v, folder, name, remote, err);
    close(folder);
    return rc;
}

/* ---- deletions ---- */

static bool known_to_lack(struct running *r, const char *top)
{
    pthread_mutex_lock(&r->lock);
    bool known = strcmp(r->lacking, top) == 0;
    pthread_mutex_unlock(&r->lock);
    return known;
}

/* The source is asked for the very name before anything goes: a listing may have been cut where
 * nothing shows it. A folder is asked for once for all that lies in it. */
static int source_lacks(struct act *x, struct mover *v, struct err *err)
{
    const char *path = plan_path(x->run->p, x->action);
    char top[PATH_BYTES], remote[PATH_BYTES];
    snprintf(top, sizeof top, "%.*s", (int) x->action->top, path);
    if (known_to_lack(x->run, top))
        return 1;
    if (x->run->m->upload) {
        if (!local_lacks(x->run->m, top))
            return 0;
    } else {
        if (path_join(x->run->m->remote, top, remote, err) < 0)
            return -1;
        int rc = remote_lacks(v, remote, err);
        if (rc <= 0)
            return rc;
    }
    pthread_mutex_lock(&x->run->lock);
    snprintf(x->run->lacking, sizeof x->run->lacking, "%s", top);
    pthread_mutex_unlock(&x->run->lock);
    return 1;
}

static int confirm_deletion(struct act *x, struct mover *v, struct err *err)
{
    const struct action *a = x->action;
    if (a->top == 0)
        return 0;
    int rc = source_lacks(x, v, err);
    if (rc == 0)
        x->deed =
            (struct deed){MIRROR_SKIPPED, "the source has it, or does not say that it has not"};
    return rc < 0 ? -1 : 0;
}

/* ---- a wave ---- */

static int do_act(struct act *x, struct mover *v, struct err *err)
{
    const struct action *a = x->action;
    x->deed = (struct deed){MIRROR_DONE, ""};
    if (a->kind == ACTION_GET)
        return download(x, v, err);
    if (a->kind == ACTION_PUT)
        return upload(x, v, err);
    if (confirm_deletion(x, v, err) < 0)
        return -1;
    if (x->deed.outcome != MIRROR_DONE)
        return 0;
    return x->run->m->upload ? remote_act(x->run->m, v, x->run->p, a, &x->deed, err)
                             : local_remove(x->run->m, x->run->p, a, &x->deed, err);
}

static bool is_root_gone(const struct mirror *m)
{
    struct stat st;
    return m->local >= 0 && fstat(m->local, &st) == 0 && st.st_nlink == 0;
}

/* What any other action would meet, too. */
static bool is_hopeless(const struct mirror *m, const struct err *why)
{
    return retry_hopeless(why) || (why->code == ERR_LOCAL && is_root_gone(m));
}

/* Nothing more is begun. */
static void stop_where_hopeless(const struct mirror *m, struct err *why)
{
    if (!is_hopeless(m, why))
        return;
    if (is_root_gone(m))
        err_wrap(why, "the local folder was removed");
    pool_stop(m->pool, why);
}

static int act_run(struct mover *v, struct job *job, struct err *err)
{
    struct act *x = (struct act *) job;
    struct err why = ERR_INIT;
    if (do_act(x, v, &why) == 0)
        return 0;
    stop_where_hopeless(x->run->m, &why);
    return err_take(err, &why);
}

static void tell(const struct running *r, const struct action *a, const struct deed *deed,
                 const struct err *err, const struct transfer *t)
{
    bool failed = err_is_set(err);
    struct mirror_result result = {.outcome = failed ? MIRROR_FAILED : deed->outcome,
                                   .why = failed ? "" : deed->why,
                                   .err = failed ? err : NULL,
                                   .transfer = t};
    r->m->done(r->m->ctx, r->p, a, &result);
}

/* NULL where it never came to that: what failed may not have been tried. */
static const struct transfer *transfer_of(const struct act *x)
{
    const struct transfer *t = &x->job.state->transfer;
    bool moves = x->action->kind == ACTION_GET || x->action->kind == ACTION_PUT;
    return moves && x->deed.outcome == MIRROR_DONE && *t->remote ? t : NULL;
}

static void act_done(void *ctx, struct job *job)
{
    struct act *x = (struct act *) job;
    struct running *r = x->run;
    const struct err *why = &job->state->err;
    (void) ctx;
    if (why->code == ERR_CANCELLED || (r->given_up && why->code == ERR_LOCAL))
        return;
    tell(r, x->action, &x->deed, why, transfer_of(x));
    r->given_up |= is_hopeless(r->m, why);
}

static void act_here(struct running *r, const struct action *a)
{
    struct deed deed = {MIRROR_DONE, ""};
    struct err why = ERR_INIT;
    if (a->kind == ACTION_SKIP)
        deed = (struct deed){MIRROR_SKIPPED, action_reason_text((enum action_reason) a->reason)};
    else if (local_act(r->m, r->p, a, &deed, &why) < 0)
        deed.outcome = MIRROR_FAILED;
    stop_where_hopeless(r->m, &why);
    tell(r, a, &deed, &why, NULL);
    r->given_up |= is_hopeless(r->m, &why);
}

static int run_wave(struct running *r, const struct action *from, size_t n, struct err *err)
{
    size_t jobs = 0;
    struct act *acts = calloc(n, sizeof *acts);
    if (!acts)
        return err_set(err, ERR_LOCAL, "out of memory");
    int rc = 0;
    for (size_t i = 0; rc == 0 && !r->given_up && i < n; i++) {
        if (from[i].kind == ACTION_SKIP || action_is_local(r->m, &from[i])) {
            act_here(r, &from[i]);
            continue;
        }
        struct act *x = &acts[jobs++];
        *x = (struct act){.run = r, .action = &from[i]};
        x->job.run = act_run;
        x->job.done = act_done;
        x->job.name = plan_path(r->p, &from[i]);
        rc = pool_add(r->m->pool, &x->job, err);
    }
    if (rc == 0 && (jobs > 0 || r->given_up))
        rc = pool_run(r->m->pool, r->m->tick, r->m->ctx, err);
    free(acts);
    return rc;
}

int mirror_run(const struct mirror *m, const struct plan *p, struct err *err)
{
    struct running r = {.m = m, .p = p};
    int rc = 0;
    if (pthread_mutex_init(&r.lock, NULL) != 0)
        return err_set(err, ERR_LOCAL, "no lock to be had");
    for (size_t i = 0; rc == 0 && i < p->n;) {
        size_t end = i + 1;
        while (end < p->n && p->list[end].wave == p->list[i].wave)
            end++;
        rc = run_wave(&r, p->list + i, end - i, err);
        i = end;
    }
    pthread_mutex_destroy(&r.lock);
    if (rc < 0 && r.given_up && err->code == ERR_LOCAL)
        rc = 0; /* done() has told of it */
    return rc;
}
