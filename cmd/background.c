#ifdef __linux__
#define _GNU_SOURCE /* unshare */
#include <sched.h>
enum { OWN_FOLDERS = 1 };
#else
enum { OWN_FOLDERS = 0 };
#endif
#include "background.h"

#include "base/escape.h"
#include "commands.h"
#include "foldercache.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct task {
    struct task *next;
    struct jobs *jobs;
    int number;
    bool queued;
    int argc;
    char **argv, **patterns; /* ours */
    char *text;
    char folder[PATH_BYTES]; /* the local one */
    struct app *twin;
    struct err err; /* how it ended; its thread's until then */
    pthread_t thread;
    bool joinable;
    /* Under the lock. */
    enum task_state state;
    bool killed, own_folder;
};

struct jobs {
    pthread_mutex_t lock; /* for the list and what tasks have under it */
    struct task *list;    /* those that wait stand in the order of the queue */
    int last;             /* number */
    bool held;
    bool ending; /* the shell is left: what is stopped now has failed */
    int wake[2]; /* a byte: something has ended */
};

/* ---- the list ---- */

static struct jobs *jobs_of(struct app *app, struct err *err)
{
    struct jobs *b = app->jobs;
    if (b)
        return b;
    b = calloc(1, sizeof *b);
    if (!b || pipe(b->wake) < 0) {
        err_set_sys(err, ERR_LOCAL, errno, "no command can run in the background");
        free(b);
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(b->wake[i], F_SETFL, O_NONBLOCK);
        fcntl(b->wake[i], F_SETFD, FD_CLOEXEC);
    }
    pthread_mutex_init(&b->lock, NULL);
    app->jobs = b;
    return b;
}

static bool is_over(const struct task *t)
{
    return t->state == TASK_DONE || t->state == TASK_FAILED;
}

/* It waits in a queue that is stopped. */
static bool is_asleep(const struct task *t)
{
    return t->jobs->held && t->state == TASK_WAITING;
}

static void free_words(char **words, int n)
{
    for (int i = 0; words && i < n; i++)
        free(words[i]);
    free(words);
}

static void task_free(struct task *t)
{
    if (!t)
        return;
    if (t->joinable)
        pthread_join(t->thread, NULL);
    app_twin_free(t->twin);
    free_words(t->argv, t->argc);
    free_words(t->patterns, t->argc);
    free(t->text);
    free(t);
}

static struct task *task_find(struct jobs *b, int number)
{
    struct task *t = b ? b->list : NULL;
    while (t && t->number != number)
        t = t->next;
    return t;
}

static int no_task(int number, struct err *err)
{
    return err_set(err, ERR_USAGE, "there is no command %d in the background; 'jobs' lists them",
                   number);
}

/* ---- a thread ---- */

/* The folder of the thread alone, where the system knows such a thing. */
static int enter_folder(struct task *t, struct err *err)
{
    char now[PATH_BYTES];
#ifdef __linux__
    if (unshare(CLONE_FS) == 0)
        return chdir(t->folder) < 0 ? err_set_sys(err, ERR_LOCAL, errno, "%s", t->folder) : 0;
#endif
    pthread_mutex_lock(&t->jobs->lock);
    t->own_folder = false;
    pthread_mutex_unlock(&t->jobs->lock);
    if (getcwd(now, sizeof now) && strcmp(now, t->folder) == 0)
        return 0;
    return err_set(err, ERR_LOCAL, "the local folder is no longer %s, where it was given",
                   t->folder);
}

static int task_run(struct task *t, struct err *err)
{
    struct app *twin = t->twin;
    twin->wait.limit = deadline_in(twin->settings.timeout_ms);
    if (enter_folder(t, err) < 0 || app_connect_patiently(twin, twin->session, err) < 0)
        return -1;
    int rc = command_run(twin, t->argc, t->argv, t->patterns, err);
    session_quit(twin->session); /* it is freed with the twin: app_twin_take() asks where it led */
    return rc;
}

static int task_start(struct task *t, struct err *err);

/* The first that waits in the queue; NULL when there is none, or one of it runs. */
static struct task *next_of(const struct jobs *b)
{
    struct task *next = NULL;
    for (struct task *t = b->list; t; t = t->next) {
        if (t->queued && t->state == TASK_RUNNING)
            return NULL;
        if (!next && t->state == TASK_WAITING)
            next = t;
    }
    return next;
}

/* The lock is held. */
static void start_next(struct jobs *b)
{
    struct task *next;
    while (!b->held && (next = next_of(b))) {
        next->state = TASK_RUNNING;
        if (task_start(next, &next->err) < 0)
            next->state = TASK_FAILED;
    }
}

static void *task_main(void *arg)
{
    struct task *t = arg;
    struct jobs *b = t->jobs;
    struct err err = ERR_INIT;
    int rc = task_run(t, &err);
    pthread_mutex_lock(&b->lock);
    t->err = err;
    t->state = rc < 0 ? TASK_FAILED : TASK_DONE;
    start_next(b);
    ssize_t ignored = write(b->wake[1], "", 1); /* a full pipe can be read already */
    (void) ignored;
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

/* Signals are for the thread of the app. */
static int task_start(struct task *t, struct err *err)
{
    sigset_t all, usual;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &usual);
    int rc = pthread_create(&t->thread, NULL, task_main, t);
    pthread_sigmask(SIG_SETMASK, &usual, NULL);
    t->joinable = rc == 0;
    return rc == 0 ? 0 : err_set_sys(err, ERR_LOCAL, rc, "cannot start a thread");
}

/* ---- a new one ---- */

static char **copy_words(char *const *words, int n)
{
    char **copy = calloc((size_t) n + 1, sizeof *copy);
    for (int i = 0; copy && i < n; i++) {
        copy[i] = words[i] ? strdup(words[i]) : NULL;
        if (words[i] && !copy[i]) {
            free_words(copy, n);
            return NULL;
        }
    }
    return copy;
}

static size_t append_quoted(char *dst, size_t at, const char *word)
{
    bool plain = *word && *word != '~' && !strpbrk(word, " \t\"'\\;|>&#*?[$");
    if (at > 0)
        dst[at++] = ' ';
    if (!plain)
        dst[at++] = '"';
    for (const char *p = word; *p; p++) {
        if (!plain && strchr("\"\\$", *p))
            dst[at++] = '\\';
        dst[at++] = *p;
    }
    if (!plain)
        dst[at++] = '"';
    dst[at] = '\0';
    return at;
}

/* The words as they may be typed, but for passwords; a pattern bare. */
static char *join_words(const struct task *t)
{
    size_t room = 1, at = 0;
    for (int i = 0; i < t->argc; i++)
        room += 2 * strlen(t->argv[i]) + 4;
    char *text = calloc(1, room);
    for (int i = 0; text && i < t->argc; i++) {
        if (t->patterns && t->patterns[i])
            at += (size_t) snprintf(text + at, room - at, "%s%s", at ? " " : "", t->argv[i]);
        else
            at = append_quoted(text, at, t->argv[i]);
    }
    if (text)
        hide_passwords(text);
    return text;
}

static struct task *task_new(struct app *app, int argc, char **argv, char *const *patterns,
                             struct err *err)
{
    struct task *t = calloc(1, sizeof *t);
    if (t) {
        t->argc = argc;
        t->jobs = app->jobs;
        t->argv = copy_words(argv, argc);
        t->patterns = patterns ? copy_words(patterns, argc) : NULL;
        t->text = t->argv ? join_words(t) : NULL;
        if (t->text && (!patterns || t->patterns)) {
            if (!getcwd(t->folder, sizeof t->folder))
                err_set_sys(err, ERR_LOCAL, errno, "getcwd");
            else
                t->twin = app_twin(app, err);
        }
    }
    if (t && t->twin)
        return t;
    task_free(t);
    err_set(err, ERR_LOCAL, "out of memory");
    return NULL;
}

static int check_command(struct app *app, int argc, char **argv, struct err *err)
{
    const struct command *c = command_find(argv[0]);
    if (command_check(argc, argv, &app->aliases, err) < 0)
        return -1;
    if (!c->background)
        return err_set(err, ERR_USAGE, "%s does not run in the background; get, put and mirror do",
                       c->name);
    if (!app->session)
        return err_set(err, ERR_USAGE, "not connected; use 'open HOST'");
    if (background_count(app) >= TASKS_MAX)
        return err_set(err, ERR_USAGE, "%d commands are in the background: wait for some",
                       TASKS_MAX);
    return 0;
}

/* Those that have ended keep descriptors, too, until they are told of: in a batch at the next
 * `wait`, or here, when there are many. */
static void make_place(struct app *app)
{
    int n = 0;
    pthread_mutex_lock(&app->jobs->lock);
    for (const struct task *t = app->jobs->list; t; t = t->next)
        n++;
    pthread_mutex_unlock(&app->jobs->lock);
    if (n >= TASKS_MAX)
        background_reap(app, NULL);
}

int background_add(struct app *app, bool queued, int argc, char **argv, char *const *patterns,
                   struct err *err)
{
    struct jobs *b = jobs_of(app, err);
    if (b)
        make_place(app);
    struct task *t = NULL;
    if (!b || check_command(app, argc, argv, err) < 0 ||
        !(t = task_new(app, argc, argv, patterns, err)))
        return -1;
    t->queued = queued;
    t->own_folder = OWN_FOLDERS;
    int rc = 0;
    pthread_mutex_lock(&b->lock);
    struct task **end = &b->list;
    while (*end)
        end = &(*end)->next;
    t->number = ++b->last;
    t->state = queued ? TASK_WAITING : TASK_RUNNING;
    rc = queued ? 0 : task_start(t, err);
    if (rc == 0)
        *end = t;
    if (queued)
        start_next(b);
    pthread_mutex_unlock(&b->lock);
    foldercache_drop(app->folders);
    if (rc < 0)
        task_free(t);
    else if (app->mode == MODE_SHELL)
        app_say(app, "[%d] %s", t->number, t->text);
    return rc;
}

/* ---- looking and steering ---- */

int background_each(struct app *app,
                    int (*each)(void *ctx, const struct task_view *v, struct err *err), void *ctx,
                    struct err *err)
{
    struct jobs *b = app->jobs;
    int rc = 0;
    if (!b)
        return 0;
    pthread_mutex_lock(&b->lock);
    for (struct task *t = b->list; t && rc == 0; t = t->next) {
        struct progress *counters = &t->twin->bar.counters;
        struct task_view v = {.number = t->number,
                              .queued = t->queued,
                              .state = t->state,
                              .text = t->text,
                              .done = atomic_load(&counters->done),
                              .total = atomic_load(&counters->total)};
        rc = each(ctx, &v, err);
    }
    pthread_mutex_unlock(&b->lock);
    return rc;
}

int background_count(struct app *app)
{
    int n = 0;
    if (!app->jobs)
        return 0;
    pthread_mutex_lock(&app->jobs->lock);
    for (struct task *t = app->jobs->list; t; t = t->next)
        n += !is_over(t);
    pthread_mutex_unlock(&app->jobs->lock);
    return n;
}

bool background_needs_folder(struct app *app)
{
    bool needs = false;
    if (!app->jobs)
        return false;
    pthread_mutex_lock(&app->jobs->lock);
    for (struct task *t = app->jobs->list; t; t = t->next)
        needs = needs || (t->state == TASK_RUNNING && !t->own_folder);
    pthread_mutex_unlock(&app->jobs->lock);
    return needs;
}

/* One that has ended stays as it ended. The lock is held. */
static void kill_task(struct task *t)
{
    if (is_over(t))
        return;
    t->killed = true;
    if (t->state == TASK_RUNNING)
        cancel_raise(t->twin->cancel);
    if (t->state == TASK_WAITING) {
        t->state = TASK_FAILED;
        err_set(&t->err, ERR_CANCELLED, "stopped before it began");
    }
}

int background_kill(struct app *app, int n, struct err *err)
{
    struct task *t = task_find(app->jobs, n);
    if (!t)
        return no_task(n, err);
    pthread_mutex_lock(&app->jobs->lock);
    kill_task(t);
    pthread_mutex_unlock(&app->jobs->lock);
    return 0;
}

/* Only the app's thread changes the list, but others walk along it. */
int background_move(struct app *app, int n, int place, struct err *err)
{
    struct jobs *b = app->jobs;
    struct task *t = task_find(b, n), **at;
    int rc = 0;
    if (!t)
        return no_task(n, err);
    pthread_mutex_lock(&b->lock);
    if (t->state == TASK_WAITING) {
        for (at = &b->list; *at != t; at = &(*at)->next)
            ;
        *at = t->next;
        for (at = &b->list; *at; at = &(*at)->next) {
            if ((*at)->state == TASK_WAITING && --place <= 0)
                break;
        }
        t->next = *at;
        *at = t;
    } else {
        rc = err_set(err, ERR_USAGE, "command %d does not wait in the queue", n);
    }
    pthread_mutex_unlock(&b->lock);
    return rc;
}

int background_hold(struct app *app, bool held, struct err *err)
{
    struct jobs *b = jobs_of(app, err);
    if (!b)
        return -1;
    pthread_mutex_lock(&b->lock);
    b->held = held;
    start_next(b);
    pthread_mutex_unlock(&b->lock);
    return 0;
}

bool background_held(struct app *app)
{
    return app->jobs && app->jobs->held; /* only the app's thread changes it */
}

/* ---- the end ---- */

/* Takes out one that has ended: number `n`, 0: any. NULL: there is none. */
static struct task *take_over(struct jobs *b, int n)
{
    pthread_mutex_lock(&b->lock);
    struct task **at = &b->list;
    while (*at && !(is_over(*at) && (n == 0 || (*at)->number == n)))
        at = &(*at)->next;
    struct task *t = *at;
    if (t)
        *at = t->next;
    pthread_mutex_unlock(&b->lock);
    return t;
}

/* What it kept comes first, then how it ended. */
static void tell_end(struct app *app, struct task *t)
{
    char context[512];
    size_t from = app->attempts.n;
    app_twin_take(app, t->twin);
    snprintf(context, sizeof context, "[%d] %s", t->number, t->text);
    if (t->killed && t->state == TASK_FAILED)
        app_say(app, "%s: stopped", context);
    else if (t->state == TASK_FAILED && !t->twin->told)
        app_complain(app, context, &t->err, from);
    else if (app->mode == MODE_SHELL || t->state == TASK_FAILED)
        app_say(app, "%s: %s", context, t->state == TASK_FAILED ? "failed" : "done");
}

static void reap(struct app *app, int n, struct err *err)
{
    struct task *t;
    while (app->jobs && (t = take_over(app->jobs, n))) {
        if (t->joinable)
            pthread_join(t->thread, NULL);
        t->joinable = false;
        tell_end(app, t);
        if (t->state == TASK_FAILED && (!t->killed || app->jobs->ending)) {
            report_failure(&app->report, &t->err);
            err_take(err, &t->err);
        }
        task_free(t);
    }
}

void background_reap(struct app *app, struct err *err)
{
    reap(app, 0, err);
}

static bool all_over(struct app *app, int n)
{
    bool over = true;
    pthread_mutex_lock(&app->jobs->lock);
    for (struct task *t = app->jobs->list; t; t = t->next) {
        if (!is_over(t) && (t->number == n || (n == 0 && !is_asleep(t))))
            over = false;
    }
    pthread_mutex_unlock(&app->jobs->lock);
    return over;
}

static int wait_until_over(struct app *app, int n, struct err *err)
{
    char sink[64];
    while (!all_over(app, n)) {
        struct wait_fd fd = {.fd = app->jobs->wake[0], .want = POLLIN};
        if (wait_fds(&app->wait, &fd, 1, DEADLINE_NEVER, err) < 0)
            return -1;
        while (read(app->jobs->wake[0], sink, sizeof sink) > 0)
            ;
    }
    return 0;
}

static bool never_ends(struct app *app, int n)
{
    pthread_mutex_lock(&app->jobs->lock);
    const struct task *t = task_find(app->jobs, n);
    bool asleep = t && is_asleep(t);
    pthread_mutex_unlock(&app->jobs->lock);
    return asleep;
}

int background_wait(struct app *app, int n, struct err *err)
{
    struct err first = ERR_INIT;
    if (n > 0 && !task_find(app->jobs, n))
        return no_task(n, err);
    if (!app->jobs)
        return 0;
    if (n > 0 && never_ends(app, n))
        return err_set(err, ERR_USAGE,
                       "command %d waits in the queue, which is stopped; 'queue start' goes on "
                       "with it",
                       n);
    if (wait_until_over(app, n, err) < 0)
        return -1;
    reap(app, n, &first);
    if (!err_is_set(&first))
        return 0;
    app->told = true;
    return err_take(err, &first);
}

/* Returns when all have ended. The list stays as it is, since they still walk along it. */
static void kill_all(struct app *app)
{
    pthread_mutex_lock(&app->jobs->lock);
    for (struct task *t = app->jobs->list; t; t = t->next)
        kill_task(t);
    pthread_mutex_unlock(&app->jobs->lock);
    for (struct task *t = app->jobs->list; t; t = t->next) {
        if (t->joinable)
            pthread_join(t->thread, NULL);
        t->joinable = false;
    }
}

void background_finish(struct app *app)
{
    struct err why = ERR_INIT;
    if (!app->jobs)
        return;
    background_hold(app, false, NULL);
    if (wait_until_over(app, 0, &why) < 0) {
        app_complain(app, "", &why, app->attempts.n);
        report_failure(&app->report, &why);
        kill_all(app);
    }
    background_reap(app, NULL);
}

void background_stop(struct app *app)
{
    if (!app->jobs)
        return;
    app->jobs->ending = true;
    kill_all(app);
    background_reap(app, NULL);
}

void background_free(struct app *app)
{
    struct jobs *b = app->jobs;
    if (!b)
        return;
    kill_all(app);
    while (b->list) {
        struct task *t = b->list;
        b->list = t->next;
        task_free(t);
    }
    pthread_mutex_destroy(&b->lock);
    close(b->wake[0]);
    close(b->wake[1]);
    free(b);
    app->jobs = NULL;
}
