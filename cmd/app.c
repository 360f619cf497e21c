#include "app.h"

#include "background.h"
#include "base/buf.h"
#include "base/escape.h"
#include "bookmarks.h"
#include "certificate.h"
#include "foldercache.h"
#include "identities.h"
#include "login.h"
#include "lscolors.h"
#include "places.h"
#include "remember.h"
#include "proxyenv.h"
#include "signals.h"
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void write_trace(FILE *out, const char *mark, const char *text)
{
    struct timespec now;
    struct tm tm;
    char when[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
    fprintf(out, "%s.%03ldZ %s %s\n", when, now.tv_nsec / 1000000, mark, text);
    fflush(out);
}

static const char *const log_marks[] = {
    [LOG_SENT] = ">", [LOG_RECEIVED] = "<", [LOG_NOTE] = "*", [LOG_NEWS] = "*"};

/* Comes from all threads: each line is written at once. */
static void on_log_line(void *ctx, enum log_kind kind, const char *text)
{
    struct app *app = ctx;
    if (app->trace)
        write_trace(app->trace, log_marks[kind], text);
    bool news = kind == LOG_NEWS && !app->settings.quiet;
    if (!app->settings.verbose && !news)
        return;
    progress_lock(&app->bar);
    if (app->settings.verbose)
        fprintf(stderr, "%s %s\n", log_marks[kind], text);
    else
        fprintf(stderr, "%s\n", text);
    progress_unlock(&app->bar);
}

static int open_trace(struct app *app, const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    app->trace = fd < 0 ? NULL : fdopen(fd, "w");
    if (app->trace)
        return 0;
    err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    if (fd >= 0)
        close(fd);
    return -1;
}

int app_init(struct app *app, struct layers *layers, const struct settings *settings,
             enum app_mode mode, struct err *err)
{
    *app = (struct app){
        .layers = layers, .settings = *settings, .mode = mode, .out = stdout, .messages = stderr};
    app->log = (struct log){on_log_line, app};
    progress_init(&app->bar);
    app->cancel = cancel_new(err);
    app->rate = rate_new(err);
    app->crew = crew_new(err);
    if (!app->cancel || !app->rate || !app->crew)
        return -1;
    app->mover.crew = app->crew;
    app->wait = (struct wait){app->cancel, deadline_in(settings->timeout_ms)};
    app_settings_changed(app);
    signals_install(app->cancel, mode == MODE_SHELL);
    return settings->trace_file ? open_trace(app, settings->trace_file, err) : 0;
}

static void free_secret(char *secret)
{
    if (secret)
        wipe(secret, strlen(secret));
    free(secret);
}

void app_free(struct app *app)
{
    background_free(app);
    app_close(app);
    for (size_t i = 0; i < app->ntrusts; i++)
        trust_free(app->trusts[i].trust);
    free(app->trusts);
    identities_free(app);
    crew_free(app->crew);
    attempts_clear(&app->attempts);
    report_clear(&app->report);
    dictionary_clear(&app->variables);
    dictionary_clear(&app->aliases);
    target_clear(&app->target);
    target_clear(&app->before);
    proxy_clear(&app->proxy);
    proxy_clear(&app->settings.proxy);
    free_secret(app->fd_password);
    if (app->trace)
        fclose(app->trace);
    signals_forget();
    rate_free(app->rate);
    rate_free(app->own_rate);
    cancel_free(app->cancel);
    progress_clear(&app->bar);
}

static void point_mover(struct app *app)
{
    app->mover.session = app->session;
    app->mover.ladder = &app->ladder;
    app->mover.attempts = &app->attempts;
    app->mover.pump.rate = app->rate;
    app->mover.pump.progress = &app->bar.counters;
    app->mover.pump.tick = progress_tick;
    app->mover.pump.tick_ctx = &app->bar;
}

/* Lines of a twin would disturb the prompt: they are for the trace, and news wait with its other
 * messages. Comes from all its threads. */
static void on_twin_line(void *ctx, enum log_kind kind, const char *text)
{
    struct app *twin = ctx;
    if (twin->trace)
        write_trace(twin->trace, log_marks[kind], text);
    if (kind == LOG_NEWS && !twin->settings.quiet)
        fprintf(twin->messages, "%s\n", text);
}

/* The fields that are its own. */
static int twin_equip(struct app *twin, struct app *app, struct err *err)
{
    progress_init(&twin->bar);
    twin->log = (struct log){on_twin_line, twin};
    twin->cancel = cancel_new(err);
    twin->wait = (struct wait){twin->cancel, DEADLINE_NEVER};
    twin->ladder = app->ladder;
    struct session_config lent = {.trust = session_settings(app->session)->trust,
                                  .proxy =
                                      session_settings(app->session)->proxy ? &twin->proxy : NULL,
                                  .wait = &twin->wait,
                                  .log = &twin->log};
    twin->session = session_clone(app->session, &lent, err);
    twin->mover.hash_selected = 0;
    twin->mover.crew = NULL; /* threads stay in the local folder of the one that made them */
    point_mover(twin);
    twin->out = open_memstream(&twin->kept.out, &twin->kept.out_size);
    twin->messages = open_memstream(&twin->kept.messages, &twin->kept.messages_size);
    if (!twin->cancel || !twin->session)
        return -1;
    return twin->out && twin->messages ? 0 : err_set(err, ERR_LOCAL, "out of memory");
}

struct app *app_twin(struct app *app, struct err *err)
{
    struct app *twin = calloc(1, sizeof *twin);
    if (!twin) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    *twin = (struct app){.settings = app->settings,
                         .mode = MODE_BATCH,
                         .background = true,
                         .trace = app->trace,
                         .password = app->password,
                         .proxy = app->proxy,
                         .rate = app->rate,
                         .mover = app->mover};
    memcpy(twin->home, app->home, sizeof twin->home);
    twin->settings.verbose = false;
    if (twin_equip(twin, app, err) == 0)
        return twin;
    app_twin_free(twin);
    return NULL;
}

static void print_kept(FILE *from, const char *text, size_t size, FILE *to)
{
    fflush(from);
    if (text && size > 0)
        fwrite(text, 1, size, to); /* NOLINT(cert-err33-c): main() asks ferror() */
    fflush(to);
}

void app_twin_take(struct app *app, struct app *twin)
{
    progress_hide(&app->bar);
    fflush(twin->out);
    fflush(twin->messages);
    print_kept(twin->messages, twin->kept.messages, twin->kept.messages_size, app->messages);
    print_kept(twin->out, twin->kept.out, twin->kept.out_size, app->out);
    if (twin->attempts.n > 0) /* else what its ladder proves is the app's finding */
        remember_outcome(twin, 0);
    report_merge(&app->report, &twin->report);
    attempts_merge(&app->attempts, &twin->attempts);
    app->downgrades += twin->downgrades;
    attempts_clear(&twin->attempts);
}

void app_twin_free(struct app *twin)
{
    if (!twin)
        return;
    session_free(twin->session);
    attempts_clear(&twin->attempts);
    report_clear(&twin->report);
    proxy_clear(&twin->proxy);
    rate_free(twin->own_rate);
    cancel_free(twin->cancel);
    progress_clear(&twin->bar);
    if (twin->out)
        fclose(twin->out);
    if (twin->messages)
        fclose(twin->messages);
    free(twin->kept.out);
    free(twin->kept.messages);
    free(twin);
}

static void close_session(struct app *app, void (*goodbye)(struct session *s))
{
    if (!app->session)
        return;
    /* an interrupted session still says goodbye, and a second Ctrl-C ends that too */
    if (!signals_ending())
        cancel_lower(app->cancel);
    goodbye(app->session);
    session_free(app->session);
    foldercache_drop(app->folders);
    app->session = NULL;
    app->mover.session = NULL;
    app->path_line[0] = '\0';
    app->announced = 0;
}

void app_close(struct app *app)
{
    close_session(app, session_quit);
}

void app_leave(struct app *app)
{
    close_session(app, session_part);
}

int app_compose(struct app *app, struct err *err)
{
    struct settings new;
    if (layers_compose(app->layers, &new, err) < 0)
        return -1;
    new.trace_file = app->settings.trace_file; /* it is open */
    if (new.password_fd != app->settings.password_fd) {
        free_secret(app->fd_password);
        app->fd_password = NULL;
    }
    app->settings = new;
    proxy_clear(&new.proxy);
    app_settings_changed(app);
    return 0;
}

/* Strategies that the user changed; what has proven itself stays where they are the same. */
static void use_strategies(struct ladder *l, const struct ladder *wanted)
{
    if (l->chosen == wanted->chosen && l->n == wanted->n &&
        memcmp(l->rungs, wanted->rungs, l->n * sizeof *l->rungs) == 0)
        return;
    memcpy(l->rungs, wanted->rungs, sizeof l->rungs);
    l->n = wanted->n;
    l->chosen = wanted->chosen;
    l->proven = l->recalled = -1;
}

void app_settings_changed(struct app *app)
{
    const struct settings *s = &app->settings;
    use_strategies(&app->ladder, &s->ladder);
    app->ladder.timeout_ms = s->ladder.timeout_ms;
    app->ladder.active_address = s->ladder.active_address;
    app->ladder.active_ports = s->ladder.active_ports;
    app->ladder.port_map.mode = s->ladder.port_map.mode;
    app->mover.pump.idle_timeout_ms = s->idle_timeout_ms;
    app->mover.pump.noop_interval_ms = s->noop_interval_ms;
    app->mover.compress = s->compress;
    app->mover.sync = s->fsync;
    app->mover.verify = s->verify;
    if (app->background) /* it draws nothing, and the rate is everybody's */
        return;
    rate_set(app->rate, s->limit_rate);
    app->bar.enabled = app->mode == MODE_SHELL && !s->quiet && isatty(STDERR_FILENO);
}

int app_pause(struct app *app, int64_t ms, struct err *err)
{
    return wait_fds(&app->wait, NULL, 0, deadline_in(ms), err) < 0 ? -1 : 0;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_trust(const struct trust_config *a, const struct trust_config *b)
{
    bool same = is_same_text(a->ca_file, b->ca_file) && is_same_text(a->crl_file, b->crl_file) &&
                a->identity == b->identity && a->min == b->min && a->max == b->max &&
                a->npins == b->npins;
    for (size_t i = 0; same && i < a->npins; i++)
        same = strcmp(a->pins[i], b->pins[i]) == 0;
    return same;
}

static struct trust *make_trust(struct app *app, const struct trust_config *wanted, struct err *err)
{
    struct made_trust *trusts = realloc(app->trusts, (app->ntrusts + 1) * sizeof *trusts);
    if (!trusts) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    app->trusts = trusts;
    struct trust *made = trust_new(wanted, err);
    if (made)
        trusts[app->ntrusts++] = (struct made_trust){*wanted, made};
    return made;
}

/* The one for that, which is kept to the end: sessions borrow it, and it knows what was believed.
 */
static struct trust *find_trust(struct app *app, const struct settings *s, struct err *err)
{
    struct trust_config wanted = s->trust;
    if (s->tls != TLS_OFF && identities_find(app, &s->identity, &wanted.identity, err) < 0)
        return NULL;
    wanted.recall = certificate_recall;
    wanted.ask = certificate_ask;
    wanted.ctx = app;
    for (size_t i = 0; i < app->ntrusts; i++) {
        if (is_same_trust(&app->trusts[i].of, &wanted))
            return app->trusts[i].trust;
    }
    return make_trust(app, &wanted, err);
}

bool app_forget_trusted(struct app *app, const char *name)
{
    bool held = false;
    for (size_t i = 0; i < app->ntrusts; i++)
        held = trust_forget(app->trusts[i].trust, name) || held;
    return held;
}

int app_settings_for(struct app *app, const struct target *t, struct settings *out, struct err *err)
{
    return layers_compose_for(app->layers, t->host, t->bookmark, out, err);
}

struct session *app_make_session(struct app *app, const struct settings *s, const struct target *t,
                                 const char *user, struct proxy *proxy, struct err *err)
{
    struct session_config c = {
        .host = t->host,
        .port = t->port,
        .family = s->family,
        .ask_password = login_ask,
        .ask_ctx = app,
        .tls_reuse = s->tls_reuse,
        .tls_name = s->tls_name,
        .charset = s->charset,
        .connect_timeout_ms = s->connect_timeout_ms,
        .reply_timeout_ms = s->reply_timeout_ms,
        .final_timeout_ms = s->final_timeout_ms,
        .reconnects = app->mode == MODE_SHELL ? 0 : s->retries,
        .wait = &app->wait,
        .log = &app->log,
    };
    struct login login;
    struct session *session = NULL;
    int proxied = proxy_choose(s, t->host, proxy, err);
    if (proxied < 0)
        return NULL;
    c.proxy = proxied ? proxy : NULL;
    if (target_tls(t, s->tls, s->tls_chosen, &c.tls, err) == 0 &&
        (c.trust = find_trust(app, s, err)) && login_find(app, s, t, user, &login, err) == 0) {
        c.attended = true;
        c.user = login.user;
        c.password = login.has_password ? login.password : NULL;
        c.account = login.has_account ? login.account : NULL;
        session = session_new(&c, err);
    }
    login_clear(&login);
    return session;
}

/* What may be gone in a second; a refusal or a wrong name never is. */
static bool is_passing(const struct app *app, const struct session *s, const struct err *e)
{
    switch (e->code) {
    case ERR_CONNECT: /* a proxy that is missing or refuses is a matter of settings */
        return !session_settings(s)->proxy;
    case ERR_CLOSED:
    case ERR_REPLY_TRANSIENT:
        return true;
    case ERR_TIMEOUT:
        return !deadline_passed(app->wait.limit);
    default:
        return false;
    }
}

int app_connect_patiently(struct app *app, struct session *s, struct err *err)
{
    int left = app->mode == MODE_SHELL ? 0 : app->settings.retries;
    for (int64_t pause_ms = 1000;; pause_ms = pause_ms < 4000 ? 2 * pause_ms : 4000) {
        struct err why = ERR_INIT;
        if (session_connect(s, &why) == 0)
            return 0;
        if (s == app->session)
            report_session(&app->report, s);
        if (left-- <= 0 || !is_passing(app, s, &why)) {
            *err = why;
            return -1;
        }
        app_say(app, "%s; trying again in %d s", why.msg, (int) (pause_ms / 1000));
        /* an interrupted pause is an interruption; a limit that ends it leaves the cause */
        struct err interrupted = ERR_INIT;
        if (app_pause(app, pause_ms, &interrupted) < 0) {
            *err = interrupted;
            return -1;
        }
    }
}

/* The proven strategy and the lessons belong to a server, the rest to the user. */
static void prepare_mover(struct app *app)
{
    app->ladder = app->settings.ladder;
    app->mover.mlsd_broken = false;
    app->mover.lessons = (struct lessons){0};
    app->mover.no_digest = app->mover.no_stamp = app->mover.site_digests = 0;
    app->mover.site_asked = false;
    app->mover.hash_selected = 0;
    point_mover(app);
}

/* What --ccc costs is said before it is paid. */
static void announce_clearing(struct app *app)
{
    const struct ladder *l = &app->ladder;
    for (size_t i = 0; i < l->n; i++) {
        if (l->rungs[i] == STRATEGY_CCC)
            app_warn(app, "with --ccc commands and file names travel in clear after the login, for "
                          "everybody on the way to see; passwords and data stay encrypted");
    }
}

/* A convenience: where it cannot be kept, nothing is lost. */
static void note_place(struct app *app)
{
    struct err why = ERR_INIT;
    bool wanted = app->mode == MODE_SHELL && app->settings.history > 0;
    if (wanted && places_note(&app->target, &why) < 0)
        log_note(&app->log, "the places: %s", why.msg);
}

int app_connect(struct app *app, const char *user, struct err *err)
{
    app_close(app);
    app->session = app_make_session(app, &app->settings, &app->target, user, &app->proxy, err);
    if (!app->session)
        return -1;
    report_target(&app->report, session_host(app->session), session_port(app->session));
    if (app->wants_data)
        remember_expect(app);
    if (app_connect_patiently(app, app->session, err) < 0) {
        session_free(app->session);
        app->session = NULL;
        bookmark_hint(&app->target, err);
        return -1;
    }
    report_session(&app->report, app->session);
    snprintf(app->home, sizeof app->home, "%s", session_cwd(app->session));
    prepare_mover(app);
    announce_clearing(app);
    remember_recall(app);
    note_place(app);
    if (app->target.dir[0] && session_cd(app->session, app->target.dir, err) < 0)
        return -1;
    return 0;
}

int app_use_target(struct app *app, const struct target *t, struct err *err)
{
    app->target = *t;
    layers_choose(app->layers, t->host, t->bookmark);
    return app_compose(app, err);
}

/* What is left stands in app->before, with the folder that one was in. */
static void leave_target(struct app *app)
{
    if (!app->target.host[0])
        return;
    app->before = app->target;
    if (app->session && *session_cwd(app->session))
        snprintf(app->before.dir, sizeof app->before.dir, "%s", session_cwd(app->session));
}

int app_open_target(struct app *app, const struct target *t, struct err *err)
{
    struct target to = *t; /* it may be app->before */
    leave_target(app);
    app_close(app);
    int rc = app_use_target(app, &to, err);
    target_clear(&to);
    return rc < 0 ? -1 : app_connect(app, NULL, err);
}

int app_open(struct app *app, const char *text, struct err *err)
{
    struct target t;
    if (bookmark_target(text, &t, err) < 0)
        return -1;
    int rc = app_open_target(app, &t, err);
    target_clear(&t);
    return rc;
}

size_t app_command_begins(struct app *app)
{
    /* in the shell the limit holds for each command, not for the time that one sits there */
    if (app->mode == MODE_SHELL)
        app->wait.limit = deadline_in(app->settings.timeout_ms);
    /* nor does what the last one's options said */
    app->mover.pump.rate = app->rate;
    app->mover.verify = app->settings.verify;
    return app->attempts.n;
}

static bool begins_alike(const char *a, const char *b)
{
    size_t word = strcspn(a, " ");
    return strncmp(a, b, word) == 0 && b[word] == ' ';
}

/* A session that was rebuilt and goes the same way, the strategy that the line begins with, is no
 * news. */
static void announce(struct app *app, size_t from)
{
    unsigned generation = session_generation(app->session);
    char line[sizeof app->path_line - sizeof " (remembered)"];
    if (generation == app->announced || !*report_path_line(&app->attempts, from, line, sizeof line))
        return;
    bool same_way = begins_alike(line, app->path_line);
    snprintf(app->path_line, sizeof app->path_line, "%s%s", line,
             ladder_remembered(&app->ladder) ? " (remembered)" : "");
    app->announced = generation;
    if ((app->mode == MODE_SHELL && !same_way) || app->settings.verbose)
        app_say(app, "data: %s", app->path_line);
}

/* What stops to be resumed may be the server's restart, or somebody between it and us: each data
 * connection now stands for itself, and has its certificate checked. */
static void tell_downgrade(struct app *app)
{
    if (app->attempts.downgrades == app->downgrades)
        return;
    app->downgrades = app->attempts.downgrades;
    app_warn(app, "%s: data connections do not resume the TLS session any more, as they did before",
             session_host(app->session));
}

/* A command that ran others answers for none of theirs. */
static size_t not_accounted(struct app *app, size_t attempts_before)
{
    size_t from = attempts_before > app->accounted ? attempts_before : app->accounted;
    app->accounted = app->attempts.n;
    return from;
}

void app_command_ends(struct app *app, size_t attempts_before)
{
    attempts_before = not_accounted(app, attempts_before);
    progress_stop(&app->bar);
    attempts_before -= app->untold;
    app->untold = 0;
    if (!app->session)
        return;
    report_session(&app->report, app->session);
    announce(app, attempts_before);
    tell_downgrade(app);
    if (!app->background) /* the file has one writer in each process: see app_twin_take() */
        remember_outcome(app, attempts_before);
    if (app->attempts.n > attempts_before)
        app->report.remembered = ladder_remembered(&app->ladder);
}

void app_report_transfer(struct app *app, const struct transfer *t)
{
    if (app->settings.report != REPORT_NONE)
        report_transfer(&app->report, t);
}

/* The latest walk of the ladder that failed: others may have worked since. */
static size_t latest_failures(const struct attempts *a, size_t from, size_t *end)
{
    from = attempts_from(a, from);
    while (*end > from && attempts_row(a, *end - 1)->result == RESULT_OK)
        --*end;
    size_t at = *end;
    while (at > from && attempts_row(a, at - 1)->result != RESULT_OK) {
        at--;
        if (attempts_row(a, at)->begins)
            break;
    }
    return at;
}

void app_complain(struct app *app, const char *context, const struct err *err, size_t from)
{
    char safe[2048];
    if (status_unread(err)) /* as others are whom SIGPIPE ends */
        return;
    escape_text(safe, sizeof safe, context, strlen(context));
    hide_passwords(safe);
    progress_hide(&app->bar);
    fflush(app->out);
    fprintf(app->messages, "ftpsh: %s%s%s\n", safe, *safe ? ": " : "", err->msg);
    if (err->code != ERR_NO_DATA_PATH)
        return;
    size_t end = app->attempts.n;
    from = latest_failures(&app->attempts, from, &end);
    for (size_t i = from; i < end; i++) {
        const struct attempt *a = attempts_row(&app->attempts, i);
        char reason[512];
        fprintf(app->messages, "  %s: %s\n", strategy_name(a->strategy),
                report_attempt_reason(a, reason, sizeof reason));
    }
}

static void say(struct app *app, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void say(struct app *app, const char *fmt, va_list ap)
{
    char raw[1024], text[2048];
    vsnprintf(raw, sizeof raw, fmt, ap);
    escape_text(text, sizeof text, raw, strlen(raw));
    progress_hide(&app->bar);
    fflush(app->out);
    fprintf(app->messages, "%s\n", text);
}

void app_say(struct app *app, const char *fmt, ...)
{
    if (app->settings.quiet)
        return;
    va_list ap;
    va_start(ap, fmt);
    say(app, fmt, ap);
    va_end(ap);
}

void app_warn(struct app *app, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(app, fmt, ap);
    va_end(ap);
}

int app_flush(struct app *app, struct err *err)
{
    errno = 0;
    bool failed = fflush(app->out) != 0;
    int why = errno;
    if (!failed && !ferror(app->out))
        return 0;
    clearerr(app->out);
    if (cancel_raised(app->cancel)) /* the signal has ended the writing */
        return err_set(err, ERR_CANCELLED, "interrupted");
    return why ? err_set_sys(err, ERR_LOCAL, why, "cannot write the result")
               : err_set(err, ERR_LOCAL, "cannot write the result");
}

int app_own_rate(struct app *app, int64_t bytes_per_s, struct err *err)
{
    if (!app->own_rate)
        app->own_rate = rate_new(err);
    if (!app->own_rate)
        return -1;
    rate_set(app->own_rate, bytes_per_s);
    app->mover.pump.rate = app->own_rate;
    return 0;
}

bool app_colours(const struct app *app, bool at_terminal)
{
    static const char *const names[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    const char *own = app_option(app, "color");
    at_terminal = at_terminal && app->mode == MODE_SHELL;
    return lscolors_wanted(own ? own : names[app->settings.color], at_terminal, getenv("NO_COLOR"),
                           getenv("TERM"));
}

const char *app_option(const struct app *app, const char *name)
{
    return app->call ? call_option(app->call, name) : NULL;
}
