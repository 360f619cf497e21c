#include "handlers.h"

#include "xfer/fxp.h"

#include <stdlib.h>
#include <string.h>

/* One end of a transfer between servers. */
struct end {
    struct session *session;
    bool own;         /* the session was made for it; else it is the one there is */
    struct mover new; /* for a session of its own */
    struct target target;
    struct proxy proxy;
    char path[PATH_BYTES];
};

/* A session of its own, with the settings for its host. */
static int end_make(struct app *app, struct end *e, struct err *err)
{
    struct settings s;
    if (app_settings_for(app, &e->target, &s, err) < 0)
        return -1;
    e->session = app_make_session(app, &s, &e->target, NULL, &e->proxy, err);
    e->own = e->session != NULL;
    e->new = (struct mover){.session = e->session, .verify = s.verify};
    proxy_clear(&s.proxy);
    return e->own ? 0 : -1;
}

static int end_find(struct app *app, struct end *e, const char *word, struct err *err)
{
    if (!strstr(word, "://")) {
        if (!app->session)
            return err_set(err, ERR_USAGE,
                           "'%.*s' is no URL, and there is no connection that it could be on",
                           (int) strcspn(word, ":"), word); /* a password may follow */
        e->session = app->session;
        snprintf(e->path, sizeof e->path, "%s", word);
        return strlen(word) < sizeof e->path ? 0 : err_set(err, ERR_USAGE, "the path is too long");
    }
    if (target_parse(word, &e->target, err) < 0)
        return -1;
    snprintf(e->path, sizeof e->path, "%s", e->target.dir);
    return end_make(app, e, err);
}

static struct mover *mover_of(struct app *app, struct end *e)
{
    return e->own ? &e->new : &app->mover;
}

static void end_clear(struct end *e)
{
    if (e->own) {
        session_quit(e->session);
        session_free(e->session);
    }
    target_clear(&e->target);
    proxy_clear(&e->proxy);
}

static bool names_folder(const char *path)
{
    return !*path || path[strlen(path) - 1] == '/';
}

/* A target that is a folder takes the file under its own name. */
static int complete_paths(const struct end *from, struct end *to, struct err *err)
{
    size_t len = strlen(to->path);
    if (names_folder(from->path))
        return err_set(err, ERR_USAGE, "the source names no file");
    if (!names_folder(to->path))
        return 0;
    const char *last = path_last(from->path);
    if (strlen(last) >= sizeof to->path - len)
        return err_set(err, ERR_USAGE, "the path is too long");
    memcpy(to->path + len, last, strlen(last) + 1);
    return 0;
}

static int connect_end(struct app *app, const struct end *e, const char *which, struct err *err)
{
    return app_connect_patiently(app, e->session, err) < 0 ? err_wrap(err, "%s", which) : 0;
}

/* Who is told what, where neither way was let through. */
static const char *advice_for(enum software s)
{
    switch (s) {
    case SOFTWARE_VSFTPD:
        return "vsftpd allows it with pasv_promiscuous=YES and port_promiscuous=YES";
    case SOFTWARE_PROFTPD:
        return "ProFTPD allows it with AllowForeignAddress on, and TLSOptions "
               "NoSessionReuseRequired";
    case SOFTWARE_PUREFTPD:
        return "Pure-FTPd allows it with -w (AllowUserFXP)";
    case SOFTWARE_PYFTPDLIB:
        return "pyftpdlib allows it with permit_foreign_addresses = True";
    default:
        return NULL;
    }
}

static void advise(struct app *app, const struct end *from, const struct end *to)
{
    const char *one = advice_for(session_software(from->session));
    const char *two = advice_for(session_software(to->session));
    if (one)
        app_say(app, "%s", one);
    if (two && two != one)
        app_say(app, "%s", two);
}

static void label(const struct end *e, char dst[PATH_BYTES])
{
    const char *host = session_host(e->session);
    bool bare = strchr(host, ':') != NULL;
    int n = snprintf(dst, PATH_BYTES, "ftp://%s%s%s:%u/", bare ? "[" : "", host, bare ? "]" : "",
                     (unsigned) session_port(e->session));
    size_t used = n > 0 && n < PATH_BYTES ? (size_t) n : 0, len = strlen(e->path);
    if (len > PATH_BYTES - 1 - used)
        len = PATH_BYTES - 1 - used;
    memcpy(dst + used, e->path, len);
    dst[used + len] = '\0';
}

static void tell(struct app *app, const struct transfer *t)
{
    char amount[AMOUNT_TEXT];
    if (app->mode != MODE_SHELL)
        return;
    format_amount((double) t->bytes, amount);
    app_say(app, "%s: %s in %.1f s, %s", path_last(t->remote), amount, (double) t->ms / 1000,
            verdict_name(t->verdict));
}

static struct fxp_options read_options(const struct app *app)
{
    const char *passive = app_option(app, "passive");
    struct fxp_options o = {
        .resume = app_option(app, "continue") != NULL,
        .clear_data = app_option(app, "clear-data") != NULL,
        .open_ms = app->settings.ladder.timeout_ms,
        .pump = &app->mover.pump,
    };
    if (passive)
        o.passive = strcmp(passive, "source") == 0 ? FXP_SOURCE : FXP_TARGET;
    return o;
}

static int move(struct app *app, struct end *from, struct end *to, struct err *err)
{
    struct fxp_options options = read_options(app);
    struct fxp_side source = {mover_of(app, from), from->path};
    struct fxp_side target = {mover_of(app, to), to->path};
    struct transfer *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(err, ERR_LOCAL, "out of memory");
    if (options.clear_data)
        app_say(app, "with --clear-data the file travels in clear between the servers, for "
                     "everybody on the way to see and to change");
    progress_start(&app->bar, from->path);
    int rc = fxp_file(&source, &target, &options, t, err);
    progress_stop(&app->bar);
    label(from, t->remote);
    label(to, t->local);
    app_report_transfer(app, t);
    if (rc == 0)
        tell(app, t);
    else if (err->code == ERR_NO_DATA_PATH)
        advise(app, from, to);
    free(t);
    return rc;
}

static int between(struct app *app, char **argv, struct end *from, struct end *to, struct err *err)
{
    if (end_find(app, from, argv[1], err) < 0 || end_find(app, to, argv[2], err) < 0 ||
        complete_paths(from, to, err) < 0)
        return -1;
    if (from->session == to->session)
        return err_set(err, ERR_USAGE, "source or target must be the URL of a file");
    if (connect_end(app, from, "source", err) < 0 || connect_end(app, to, "target", err) < 0)
        return -1;
    return move(app, from, to, err);
}

int cmd_fxp(struct app *app, int argc, char **argv, struct err *err)
{
    struct end *ends = calloc(2, sizeof *ends);
    (void) argc;
    if (!ends)
        return err_set(err, ERR_LOCAL, "out of memory");
    int rc = between(app, argv, &ends[0], &ends[1], err);
    end_clear(&ends[0]);
    end_clear(&ends[1]);
    free(ends);
    return rc;
}
