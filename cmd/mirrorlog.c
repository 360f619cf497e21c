#include "mirrorlog.h"

#include "base/escape.h"
#include "jsonout.h"
#include "planfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int mirror_log_open(struct mirror_log *l, struct app *app, const char *path, struct err *err)
{
    *l = (struct mirror_log){.app = app, .from = app->attempts.n};
    if (!path)
        return 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    l->file = fd >= 0 ? fdopen(fd, "a") : NULL;
    if (l->file)
        return 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return err_set_sys(err, ERR_LOCAL, why, "--log: cannot write %s", path);
}

/* ---- the worst ---- */

/* From what a repetition may mend to what loses data. */
static int gravity(enum err_code code)
{
    static const enum err_code order[] = {
        ERR_REPLY_TRANSIENT, ERR_TIMEOUT,      ERR_CLOSED,    ERR_CONNECT,
        ERR_RESOLVE,         ERR_NO_DATA_PATH, ERR_LOGIN,     ERR_REPLY_PERMANENT,
        ERR_PROTOCOL,        ERR_USAGE,        ERR_LOCAL,     ERR_TLS,
        ERR_CERTIFICATE,     ERR_TRUNCATED,    ERR_INTEGRITY, ERR_CANCELLED};
    for (int i = 0; i < (int) (sizeof order / sizeof order[0]); i++) {
        if (order[i] == code)
            return i + 1;
    }
    return 0;
}

static void note_failure(struct mirror_log *l, const char *path, const struct err *why)
{
    l->failed++;
    if (gravity(why->code) <= gravity(l->worst.code))
        return;
    l->worst = *why;
    err_wrap(&l->worst, "%s", *path ? path : ".");
}

/* ---- lines ---- */

static void stamp(char dst[32])
{
    struct tm tm;
    time_t now = time(NULL);
    if (!gmtime_r(&now, &tm) || strftime(dst, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        dst[0] = '\0';
}

static void log_line(struct mirror_log *l, const char *outcome, const char *action,
                     const char *path, int64_t bytes, const char *why)
{
    char when[32], safe[4 * PATH_BYTES + 8];
    if (!l->file)
        return;
    stamp(when);
    escape_text(safe, sizeof safe, *path ? path : ".", *path ? strlen(path) : 1);
    errno = 0;
    fprintf(l->file, "%s %s %s %s", when, outcome, action, safe);
    if (bytes >= 0)
        fprintf(l->file, " (%lld bytes)", (long long) bytes);
    fprintf(l->file, "%s%s\n", *why ? ": " : "", why);
    if (fflush(l->file) == 0 || l->cannot_write)
        return;
    struct err err = ERR_INIT;
    err_set_sys(&err, ERR_LOCAL, errno, "cannot write it");
    l->cannot_write = true;
    app_complain(l->app, "--log", &err, l->app->attempts.n);
    note_failure(l, "--log", &err);
}

static const char *outcome_name(enum mirror_outcome o)
{
    static const char *const names[] = {
        [MIRROR_DONE] = "done",
        [MIRROR_ALREADY] = "already",
        [MIRROR_SKIPPED] = "skipped",
        [MIRROR_FAILED] = "failed",
    };
    return names[o];
}

static void json_action(struct mirror_log *l, const struct plan *p, const struct action *a,
                        const struct mirror_result *r)
{
    json_t *o = plan_action_json(p, a);
    struct err err = ERR_INIT;
    if (o) {
        json_object_set_new(o, "result", json_string(outcome_name(r->outcome)));
        if (*r->why)
            json_object_set_new(o, "why", json_string(r->why));
        if (r->err)
            json_object_set_new(o, "error", json_text(r->err->msg));
        if (r->transfer) {
            json_object_set_new(o, "bytes", json_integer(r->transfer->bytes));
            json_object_set_new(o, "ms", json_integer(r->transfer->ms));
            json_object_set_new(o, "verdict", json_string(verdict_name(r->transfer->verdict)));
        }
    }
    if (json_line(l->app->out, o, &err) < 0)
        note_failure(l, "standard output", &err);
}

void mirror_log_failure(struct mirror_log *l, const char *path, const struct err *why)
{
    note_failure(l, path, why);
    log_line(l, "failed", "list", path, -1, why->msg);
    app_complain(l->app, *path ? path : ".", why, l->app->attempts.n);
    if (!l->app->json)
        return;
    struct err err = ERR_INIT;
    json_t *o = json_pack("{s:s, s:o, s:s, s:o}", "failed", "list", "path", json_text(path),
                          "result", "failed", "error", json_text(why->msg));
    if (json_line(l->app->out, o, &err) < 0)
        note_failure(l, "standard output", &err);
}

/* What was passed over though the target was to become like the source is a failure; what nobody
 * can do, or nobody wanted, is none. */
static enum err_code skip_code(const struct action *a)
{
    if (a->kind == ACTION_CLEAN)
        return ERR_NONE; /* it is no part of the tree */
    if (a->kind != ACTION_SKIP)
        return ERR_LOCAL; /* something changed while the mirror ran */
    switch ((enum action_reason) a->reason) {
    case REASON_NAME:
        return ERR_PROTOCOL;
    case REASON_COLLISION:
    case REASON_OTHER_KIND:
    case REASON_EMPTIED:
    case REASON_TOO_MANY:
        return ERR_LOCAL;
    default:
        return ERR_NONE;
    }
}

static void count(struct mirror_log *l, const struct action *a, const struct mirror_result *r)
{
    int64_t *counters[ACTION_KINDS] = {
        [ACTION_CLEAN] = &l->cleaned, [ACTION_DELETE] = &l->deleted, [ACTION_RMDIR] = &l->deleted,
        [ACTION_MKDIR] = &l->folders, [ACTION_GET] = &l->files,      [ACTION_PUT] = &l->files,
        [ACTION_LINK] = &l->links,    [ACTION_CHMOD] = &l->touched,  [ACTION_UTIME] = &l->touched,
        [ACTION_SKIP] = &l->skipped,
    };
    if (r->transfer)
        l->bytes += r->transfer->bytes;
    if (r->outcome == MIRROR_DONE)
        ++*counters[a->kind];
    else if (r->outcome == MIRROR_ALREADY)
        l->already++;
    else if (r->outcome == MIRROR_SKIPPED)
        l->skipped++;
}

void mirror_log_action(struct mirror_log *l, const struct plan *p, const struct action *a,
                       const struct mirror_result *r)
{
    const char *path = plan_path(p, a), *name = action_name((enum action_kind) a->kind);
    const char *why = r->err ? r->err->msg : r->why;
    int64_t bytes = r->transfer && r->outcome == MIRROR_DONE ? r->transfer->bytes : -1;
    bool odd = r->outcome == MIRROR_SKIPPED || r->outcome == MIRROR_FAILED;
    enum err_code code = r->outcome == MIRROR_SKIPPED ? skip_code(a) : ERR_NONE;
    l->told++;
    count(l, a, r);
    log_line(l, outcome_name(r->outcome), name, path, bytes, why);
    if (l->app->json)
        json_action(l, p, a, r);
    if (r->outcome == MIRROR_FAILED) {
        note_failure(l, path, r->err);
        app_complain(l->app, *path ? path : ".", r->err, l->app->attempts.n);
    } else if (code != ERR_NONE) {
        struct err err = ERR_INIT;
        err_set(&err, code, "%s", why);
        note_failure(l, path, &err);
        app_complain(l->app, *path ? path : ".", &err, l->app->attempts.n);
    } else if (odd) {
        app_say(l->app, "%s: %s", *path ? path : ".", why);
    } else if (l->app->settings.verbose) {
        app_say(l->app, "%s %s", name, path);
    }
}

/* ---- the end ---- */

/* Actions that nobody came to, since the run was given up. */
static int64_t not_reached(const struct mirror_log *l, const struct plan_counts *c)
{
    int64_t all = 0;
    for (int i = 0; i < ACTION_KINDS; i++)
        all += c->actions[i];
    return all - l->told;
}

static void json_summary(struct mirror_log *l, const struct plan_counts *c, struct err *err)
{
    json_t *o = json_pack("{s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s?}}",
                          "summary", "files", (json_int_t) l->files, "bytes", (json_int_t) l->bytes,
                          "folders", (json_int_t) l->folders, "links", (json_int_t) l->links,
                          "touched", (json_int_t) l->touched, "deleted", (json_int_t) l->deleted,
                          "cleaned", (json_int_t) l->cleaned, "skipped", (json_int_t) l->skipped,
                          "failed", (json_int_t) l->failed, "unchanged",
                          (json_int_t) c->same + c->present + l->already, "not_reached",
                          (json_int_t) not_reached(l, c), "error", l->failed ? l->worst.msg : NULL);
    json_line(l->app->out, o, err);
}

/* "3 files (1.2 MB) moved, 1 folder made, ...": what is nothing is not told. */
static void say_summary(struct mirror_log *l, const struct plan_counts *c)
{
    char text[512], amount[AMOUNT_TEXT];
    size_t len =
        (size_t) snprintf(text, sizeof text, "%lld file%s (%s) moved", (long long) l->files,
                          l->files == 1 ? "" : "s", format_amount((double) l->bytes, amount));
    const struct {
        int64_t n;
        const char *what;
    } parts[] = {
        {c->same + c->present + l->already, "as they should be"},
        {l->folders, "folders made"},
        {l->links, "links made"},
        {l->deleted, "deleted"},
        {l->cleaned, "part files removed"},
        {c->too_old + c->too_large, "left out by age or size"},
        {l->skipped, "skipped"},
        {l->failed, "failed"},
        {not_reached(l, c), "not reached"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && len < sizeof text; i++) {
        if (parts[i].n > 0)
            len += (size_t) snprintf(text + len, sizeof text - len, ", %lld %s",
                                     (long long) parts[i].n, parts[i].what);
    }
    app_say(l->app, "%s", text);
}

int mirror_log_end(struct mirror_log *l, const struct plan_counts *counts, int rc, struct err *err)
{
    if (!l->app)
        return rc;
    if (counts) {
        struct err unwritten = ERR_INIT;
        if (l->app->json)
            json_summary(l, counts, &unwritten);
        if (err_is_set(&unwritten))
            note_failure(l, "standard output", &unwritten);
        say_summary(l, counts);
    }
    if (l->file)
        fclose(l->file);
    if (rc < 0 || !err_is_set(&l->worst))
        return rc;
    *err = l->worst;
    if (err->code == ERR_NO_DATA_PATH) /* once more, with why each strategy failed */
        app_complain(l->app, "mirror", err, l->from);
    l->app->told = true;
    return -1;
}
