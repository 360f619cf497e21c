#include "handlers.h"

#include "jsonout.h"
#include "mirrorlog.h"
#include "planfile.h"
#include "quantity.h"
#include "transfers.h"
#include "base/fold.h"
#include "xfer/change.h"
#include "xfer/compare.h"
#include "xfer/mirror.h"
#include "xfer/mix.h"
#include "xfer/probe.h"
#include "xfer/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PARALLEL = 4, MAX_ENTRIES = 10000000, FILTER_FILE_MAX = 1024 * 1024 };

/* How mirror was called, and what it works with. */
struct mirroring {
    struct app *app;
    struct plan_roots roots;
    struct plan_options options;
    struct filter *filter;
    struct pool *pool;
    struct tree source, target;
    struct plan plan;
    struct mirror_log log;
    uint8_t *compared;
    long long max_entries;
    struct own_files own;
    int local; /* the local root; -1: not there */
    struct segments_options segments;
    bool dry, remote_missing, segmented;
};

/* ---- options ---- */

static bool flag(const struct app *app, const char *name)
{
    return app_option(app, name) != NULL;
}

static int read_all(FILE *f, char **text, size_t *len, struct err *err)
{
    *text = malloc(FILTER_FILE_MAX + 1);
    if (!*text)
        return err_set(err, ERR_LOCAL, "out of memory");
    errno = 0;
    *len = fread(*text, 1, FILTER_FILE_MAX + 1, f);
    if (ferror(f))
        return err_set_sys(err, ERR_LOCAL, errno, "cannot read it");
    if (*len > FILTER_FILE_MAX)
        return err_set(err, ERR_USAGE, "it is larger than %d bytes", FILTER_FILE_MAX);
    return 0;
}

static int filter_from(struct filter *filter, const char *path, struct err *err)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = fopen(path, "re");
    if (!f)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot read %s", path);
    int rc = read_all(f, &text, &len, err);
    if (rc == 0)
        rc = filter_add_lines(filter, text, len, err);
    free(text);
    fclose(f);
    return rc < 0 ? err_wrap(err, "%s", path) : 0;
}

/* The rules in the order of the words. */
static int make_filter(struct mirroring *x, struct err *err)
{
    const struct call *call = x->app->call;
    x->filter = filter_new(err);
    if (!x->filter)
        return -1;
    for (size_t i = 0; i < call->given_count; i++) {
        const char *name = call->given[i].option->name, *value = call->given[i].value;
        int rc = 0;
        if (!name)
            continue;
        if (strcmp(name, "include") == 0)
            rc = filter_add_glob(x->filter, FILTER_INCLUDE, value, err);
        else if (strcmp(name, "exclude") == 0)
            rc = filter_add_glob(x->filter, FILTER_EXCLUDE, value, err);
        else if (strcmp(name, "include-regex") == 0)
            rc = filter_add_regex(x->filter, FILTER_INCLUDE, value, err);
        else if (strcmp(name, "exclude-regex") == 0)
            rc = filter_add_regex(x->filter, FILTER_EXCLUDE, value, err);
        else if (strcmp(name, "exclude-from") == 0)
            rc = filter_from(x->filter, value, err);
        if (rc < 0)
            return err_wrap(err, "--%s", name);
    }
    x->options.selective = filter_selects(x->filter);
    return 0;
}

static int read_number(const struct app *app, const char *name, long long none, long long max,
                       long long *out, struct err *err)
{
    const char *text = app_option(app, name);
    *out = none;
    if (!text)
        return 0;
    errno = 0;
    *out = strtoll(text, NULL, 10);
    if (errno || *out < 0 || *out > max)
        return err_set(err, ERR_USAGE, "--%s: the number goes from 0 to %lld", name, max);
    return 0;
}

/* What does not go together. */
static int check_pairs(struct mirroring *x, struct err *err)
{
    const struct app *app = x->app;
    if (flag(app, "chmod") && !x->roots.upload)
        return err_set(err, ERR_USAGE, "--chmod goes with -R; downloads keep permissions anyway");
    if (flag(app, "delete-source") && (flag(app, "delete") || flag(app, "delete-emptied")))
        return err_set(err, ERR_USAGE,
                       "--delete-source does not go with --delete: the next run would delete what "
                       "this one has moved");
    int segmented = transfer_segments(x->app, &x->segments, err);
    if (segmented > 0 && x->roots.upload)
        return err_set(err, ERR_USAGE, "--segments is for downloads, and goes without -R");
    x->segmented = segmented > 0;
    return segmented < 0 ? -1 : 0;
}

static int read_options(struct mirroring *x, struct err *err)
{
    const struct app *app = x->app;
    struct plan_options *o = &x->options;
    const char *newer = app_option(app, "newer-than"), *largest = app_option(app, "max-size");
    const char *links = app_option(app, "links");
    long long max_delete;
    if (check_pairs(x, err) < 0)
        return -1;
    *o = (struct plan_options){.upload = x->roots.upload,
                               .remove = flag(app, "delete") || flag(app, "delete-emptied"),
                               .delete_emptied = flag(app, "delete-emptied"),
                               .only_missing = flag(app, "only-missing"),
                               .newer = flag(app, "newer"),
                               .no_times = flag(app, "no-times"),
                               .ignore_size = flag(app, "ignore-size"),
                               .ignore_time = flag(app, "ignore-time"),
                               .newer_than = LISTING_UNKNOWN,
                               .max_size = -1};
    if (read_number(app, "max-delete", -1, INT32_MAX, &max_delete, err) < 0)
        return -1;
    o->max_delete = max_delete;
    if (read_number(app, "max-entries", MAX_ENTRIES, UINT32_MAX / 2, &x->max_entries, err) < 0)
        return -1;
    if (newer && quantity_moment(newer, (int64_t) time(NULL), &o->newer_than, err) < 0)
        return err_wrap(err, "--newer-than");
    if (largest && quantity_bytes(largest, &o->max_size, err) < 0)
        return err_wrap(err, "--max-size");
    int choice = links ? option_choose("copy|follow|skip", links, err) : 0;
    if (choice < 0)
        return err_wrap(err, "--links");
    o->links = (enum links) choice;
    if (!flag(app, "plan"))
        x->roots.follow = o->links == LINKS_FOLLOW;
    return make_filter(x, err);
}

/* What makes a plan is too late for one that is there. */
static int check_planned(const struct mirroring *x, int argc, struct err *err)
{
    static const char *const how[] = {"dry-run",  "plan",     "max-delete",    "max-size",
                                      "parallel", "continue", "atomic",        "log",
                                      "chmod",    "no-times", "delete-source", "segments"};
    const struct call *call = x->app->call;
    if (argc > 1)
        return err_set(err, ERR_USAGE, "--plan says source and target already");
    for (size_t i = 0; i < call->given_count; i++) {
        const char *name = call->given[i].option->name;
        bool fits = false;
        for (size_t k = 0; k < sizeof how / sizeof how[0]; k++)
            fits = fits || !name || strcmp(how[k], name) == 0;
        if (!fits)
            return err_set(err, ERR_USAGE, "--%s is for making a plan, and --plan has one", name);
    }
    return 0;
}

/* ---- the two roots ---- */

static int make_absolute(const char *base, const char *path, char dst[PATH_BYTES], struct err *err)
{
    if (path_join(base, path, dst, err) < 0)
        return -1;
    for (size_t len = strlen(dst); len > 1 && dst[len - 1] == '/'; len--)
        dst[len - 1] = '\0';
    return 0;
}

static int find_roots(struct mirroring *x, int argc, char **argv, struct err *err)
{
    char here[PATH_BYTES];
    if (argc != 3)
        return err_set(err, ERR_USAGE, "mirror wants a source and a target");
    if (!*argv[1] || !*argv[2])
        return err_set(err, ERR_USAGE, "an empty name is no folder; \".\" is the current one");
    const char *remote = argv[x->roots.upload ? 2 : 1], *local = argv[x->roots.upload ? 1 : 2];
    if (!getcwd(here, sizeof here))
        return err_set_sys(err, ERR_LOCAL, errno, "cannot tell the current folder");
    remote += strcmp(remote, ".") == 0;
    return make_absolute(here, local, x->roots.local, err) < 0 ||
                   make_absolute(session_cwd(x->app->session), remote, x->roots.remote, err) < 0
               ? -1
               : 0;
}

/* With --fsync its name is on the disk before those of all that comes to lie in it. */
static int make_local(const struct mirroring *x, struct err *err)
{
    const char *path = x->roots.local;
    char above[PATH_BYTES];
    if (mkdir(path, 0777) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot make the folder %s", path);
    if (!x->app->settings.fsync)
        return 0;
    snprintf(above, sizeof above, "%.*s", (int) (path_last(path) - path), path);
    int folder = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = folder < 0 ? -1 : part_sync_names(folder);
    if (rc < 0)
        err_set_sys(err, ERR_LOCAL, errno, "cannot bring the name %s to the disk", path);
    if (folder >= 0)
        close(folder);
    return rc;
}

/* The local target is made, but for a dry run. */
static int open_local(struct mirroring *x, struct err *err)
{
    const char *path = x->roots.local;
    x->local = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (x->local < 0 && errno == ENOENT && !x->roots.upload) {
        if (x->dry)
            return 0;
        if (make_local(x, err) < 0)
            return -1;
        x->local = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (x->local < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot open the folder %s", path);
    return 0;
}

static int open_remote(struct mirroring *x, struct err *err)
{
    struct session *s = x->app->session;
    struct err why = ERR_INIT;
    const char *path = x->roots.remote;
    if (session_visit(s, *path ? path : ".", &why) == 0) {
        session_leave(s);
        return 0;
    }
    if (why.code != ERR_REPLY_PERMANENT || !x->roots.upload)
        return err_take(err, &why);
    x->remote_missing = x->dry;
    return x->dry ? 0 : change_make_folder(&x->app->mover, path, err);
}

/* The source first: where there is none, no target is made. */
static int open_roots(struct mirroring *x, struct err *err)
{
    if (x->roots.upload)
        return open_local(x, err) < 0 ? -1 : open_remote(x, err);
    return open_remote(x, err) < 0 ? -1 : open_local(x, err);
}

/* ---- trees and plan ---- */

static void folder_failed(void *ctx, const char *path, const struct err *why)
{
    struct mirroring *x = ctx;
    mirror_log_failure(&x->log, path, why);
}

/* Only what moves is drawn: while trees are listed there is nothing to tell yet. */
static void tick(void *ctx)
{
    struct mirroring *x = ctx;
    const struct plan_counts *c = &x->plan.counts;
    struct progress_sum sum = {.files = x->log.files,
                               .files_total = c->actions[ACTION_GET] + c->actions[ACTION_PUT],
                               .bytes = x->log.bytes,
                               .bytes_total = c->bytes};
    if (sum.files_total > 0)
        progress_show_pool(&x->app->bar, x->pool, &sum);
}

static void say(void *ctx, const char *line)
{
    app_say(ctx, "%s", line);
}

static int scan_both(struct mirroring *x, struct err *err)
{
    bool upload = x->roots.upload;
    struct tree *here = upload ? &x->source : &x->target;
    struct tree *there = upload ? &x->target : &x->source;
    struct scan_options o = {.filter = x->filter,
                             .own = x->own,
                             .most = x->max_entries,
                             .failed = folder_failed,
                             .ctx = x};
    bool follow = x->options.links == LINKS_FOLLOW;
    int rc = 0;
    o.follow = follow && upload;
    if (x->local >= 0)
        rc = scan_local(x->local, &o, here, err);
    else if ((rc = tree_init(here, err)) == 0)
        here->nodes[TREE_ROOT].state = FOLDER_COMPLETE;
    if (rc < 0)
        return err_wrap(err, "%s", x->roots.local);
    o.follow = follow && !upload;
    o.targets = !upload && x->options.links == LINKS_COPY;
    if (!x->remote_missing)
        rc = scan_remote(x->pool, x->roots.remote, &o, tick, x, there, err);
    else if ((rc = tree_init(there, err)) == 0)
        there->nodes[TREE_ROOT].state = FOLDER_COMPLETE;
    return rc;
}

static int compare_contents(struct mirroring *x, struct err *err)
{
    struct compare c = {.source = &x->source,
                        .target = &x->target,
                        .local = x->roots.local,
                        .remote = x->roots.remote,
                        .failed = folder_failed,
                        .tick = tick,
                        .ctx = x};
    x->compared = calloc(x->source.n, 1);
    if (!x->compared)
        return err_set(err, ERR_LOCAL, "out of memory");
    x->options.compared = x->compared;
    return compare_trees(x->pool, &c, x->compared, err);
}

/* Before the scan: what is left behind by a probe that was killed is to be found. */
static int probe_local(struct mirroring *x, struct probe *out, struct err *err)
{
    *out = (struct probe){.unsure = FOLD_CASE | FOLD_FORM};
    if (x->roots.upload || x->local < 0)
        return 0;
    int rc = x->dry ? probe_look(x->local, out, err) : probe_folder(x->local, out, err);
    return rc < 0 ? err_wrap(err, "%s", x->roots.local) : 0;
}

/* A server is only asked where names make it matter; a dry run changes nothing to find out. */
static int probe_names(struct mirroring *x, struct probe *p, struct err *err)
{
    unsigned mixed;
    if (p->unsure == 0)
        return 0;
    if (trees_mix(&x->source, &x->target, &mixed, err) < 0)
        return -1;
    if (mixed && x->roots.upload && !x->dry)
        return probe_remote(&x->app->mover, x->roots.remote, p, err);
    if (mixed & p->unsure)
        app_warn(x->app, "some names differ by case or accents alone: only without --dry-run is "
                         "found out whether the target tells them apart");
    return 0;
}

static int make_plan(struct mirroring *x, struct err *err)
{
    struct probe probe;
    if (probe_local(x, &probe, err) < 0 || scan_both(x, err) < 0 || probe_names(x, &probe, err) < 0)
        return -1;
    if (flag(x->app, "checksum") && compare_contents(x, err) < 0)
        return -1;
    x->options.fold = probe.fold;
    x->options.slack = probe.slack;
    x->options.keep_modes = x->roots.upload ? flag(x->app, "chmod") : probe.modes;
    x->options.umask = probe.umask;
    int rc = plan_make(&x->source, &x->target, &x->options, &x->plan, err);
    tree_clear(&x->source);
    tree_clear(&x->target);
    return rc;
}

/* A plan on standard output. */
static int show_plan(struct mirroring *x, struct err *err)
{
    FILE *out = x->app->out;
    if (!x->app->json) {
        plan_print(out, &x->plan, isatty(fileno(out)));
        return 0;
    }
    int rc = json_line(out, plan_header_json(&x->roots), err);
    for (size_t i = 0; rc == 0 && i < x->plan.n; i++)
        rc = json_line(out, plan_action_json(&x->plan, &x->plan.list[i]), err);
    return rc;
}

static int load_plan(struct mirroring *x, const char *path, struct err *err)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot read %s", path);
    own_add(&x->own, fileno(f));
    int rc = plan_read(f, &x->roots, &x->plan, err);
    fclose(f);
    if (rc == 0 && x->roots.local[0] != '/')
        rc = err_set(err, ERR_USAGE, "the local folder is no absolute path");
    return rc < 0 ? err_wrap(err, "%s", path) : 0;
}

/* Nothing is done of a plan that deletes too much, or what it should not: who made it wanted all of
 * it or none. */
static int check_deletions(const struct mirroring *x, struct err *err)
{
    const int64_t *n = x->plan.counts.actions, most = x->options.max_delete;
    int64_t all = n[ACTION_DELETE] + n[ACTION_RMDIR];
    if (all > 0 && flag(x->app, "delete-source"))
        return err_set(
            err, ERR_USAGE,
            "--delete-source does not go with a plan that deletes: the next would delete "
            "what this one has moved");
    return most < 0 || all <= most
               ? 0
               : err_set(err, ERR_LOCAL, "the plan deletes %lld, which is more than --max-delete",
                         (long long) all);
}

/* ---- running ---- */

static void action_done(void *ctx, const struct plan *p, const struct action *a,
                        const struct mirror_result *r)
{
    struct mirroring *x = ctx;
    if (r->transfer)
        app_report_transfer(x->app, r->transfer);
    mirror_log_action(&x->log, p, a, r);
}

static int run_plan(struct mirroring *x, bool saved, struct err *err)
{
    const struct app *app = x->app;
    struct mirror m = {.pool = x->pool,
                       .upload = x->roots.upload,
                       .local = x->local,
                       .remote = x->roots.remote,
                       .follow = x->roots.follow,
                       .resume = flag(app, "continue"),
                       /* an unfinished upload would be taken for one that is there */
                       .atomic = flag(app, "atomic") || x->options.only_missing,
                       .only_missing = x->options.only_missing,
                       .newer = x->options.newer,
                       .chmod = flag(app, "chmod"),
                       .no_times = x->options.no_times,
                       .remove_source = flag(app, "delete-source"),
                       .segments = x->segmented ? &x->segments : NULL,
                       .sync = app->settings.fsync,
                       .stale = saved,
                       .max_size = x->options.max_size,
                       .own = x->own,
                       .done = action_done,
                       .tick = tick,
                       .ctx = x};
    return mirror_run(&m, &x->plan, err);
}

static int make_pool(struct mirroring *x, struct err *err)
{
    long long parallel;
    if (read_number(x->app, "parallel", PARALLEL, POOL_WORKERS_MAX, &parallel, err) < 0)
        return -1;
    if (parallel == 0)
        return err_set(err, ERR_USAGE, "--parallel: at least one is needed");
    struct pool_config c = {.model = &x->app->mover,
                            .workers = (int) parallel,
                            .retries = x->app->settings.retries,
                            .say = say,
                            .ctx = x->app};
    x->pool = pool_new(&c, err);
    return x->pool ? 0 : -1;
}

/* The log, the trace, and files that standard output and error go to. */
static void find_own(struct mirroring *x)
{
    if (x->log.file)
        own_add(&x->own, fileno(x->log.file));
    if (x->app->trace)
        own_add(&x->own, fileno(x->app->trace));
    own_add(&x->own, fileno(x->app->out));
    own_add(&x->own, fileno(x->app->messages));
}

static int prepare(struct mirroring *x, int argc, char **argv, struct err *err)
{
    const char *saved = app_option(x->app, "plan");
    if (saved && check_planned(x, argc, err) < 0)
        return -1;
    if (saved ? load_plan(x, saved, err) < 0 : find_roots(x, argc, argv, err) < 0)
        return -1;
    if (saved && x->dry)
        return 0;
    if (read_options(x, err) < 0 || (saved && check_deletions(x, err) < 0) ||
        make_pool(x, err) < 0 ||
        mirror_log_open(&x->log, x->app, app_option(x->app, "log"), err) < 0 ||
        open_roots(x, err) < 0)
        return -1;
    find_own(x);
    return saved ? 0 : make_plan(x, err);
}

static void clear(struct mirroring *x)
{
    pool_free(x->pool);
    filter_free(x->filter);
    tree_clear(&x->source);
    tree_clear(&x->target);
    plan_clear(&x->plan);
    free(x->compared);
    if (x->local >= 0)
        close(x->local);
}

int cmd_mirror(struct app *app, int argc, char **argv, struct err *err)
{
    struct mirroring x = {.app = app, .local = -1};
    bool saved = flag(app, "plan");
    x.roots.upload = flag(app, "reverse");
    x.dry = flag(app, "dry-run");
    int rc = prepare(&x, argc, argv, err);
    bool runs = rc == 0 && !x.dry;
    if (rc == 0)
        rc = runs ? run_plan(&x, saved, err) : show_plan(&x, err);
    rc = mirror_log_end(&x.log, runs ? &x.plan.counts : NULL, rc, err);
    clear(&x);
    return rc;
}
