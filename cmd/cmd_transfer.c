#include "handlers.h"

#include "base/escape.h"
#include "child.h"
#include "xfer/get.h"
#include "xfer/put.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat st;
    size_t len = strlen(path);
    return (len > 0 && path[len - 1] == '/') || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/* Where a download goes to: LOCAL, a file in the folder LOCAL, or the working folder. */
static int local_name(const char *remote, const char *local, char dst[PATH_BYTES], struct err *err)
{
    const char *last = path_last(remote);
    if (local && !is_folder(local)) {
        if (strlen(local) >= PATH_BYTES)
            return err_set(err, ERR_USAGE, "the local name is too long");
        snprintf(dst, PATH_BYTES, "%s", local);
        return 0;
    }
    if (!path_is_single(last))
        return err_set(err, ERR_USAGE, "'%s' can't name a local file; give one", remote);
    return path_join(local ? local : "", last, dst, err);
}

/* In the shell a person wants to know what came of it. */
static void tell(struct app *app, const struct transfer *t)
{
    char amount[AMOUNT_TEXT], rate[AMOUNT_TEXT], name[256];
    if (app->mode != MODE_SHELL)
        return;
    const char *what = t->direction == TRANSFER_GET ? t->remote : t->local;
    escape_text(name, sizeof name, what, strlen(what));
    format_amount((double) t->bytes, amount);
    format_amount(t->ms > 0 ? (double) t->bytes * 1000 / (double) t->ms : 0, rate);
    app_say(app, "%s: %s in %.1f s (%s/s), %s", name, amount, (double) t->ms / 1000, rate,
            verdict_name(t->verdict));
}

static int finish(struct app *app, const struct transfer *t, int rc)
{
    progress_stop(&app->bar);
    report_transfer(&app->report, t);
    if (rc == 0)
        tell(app, t);
    return rc;
}

static int get_one(struct app *app, int argc, char **argv, bool resume, struct err *err)
{
    struct transfer t = {0};
    struct get_options options = GET_OPTIONS_INIT;
    char local[PATH_BYTES];
    options.resume = resume;
    if (local_name(argv[1], argc > 2 ? argv[2] : NULL, local, err) < 0)
        return -1;
    progress_start(&app->bar, argv[1]);
    return finish(app, &t, get_file(&app->mover, argv[1], local, &options, &t, err));
}

int cmd_get(struct app *app, int argc, char **argv, struct err *err)
{
    return get_one(app, argc, argv, false, err);
}

int cmd_reget(struct app *app, int argc, char **argv, struct err *err)
{
    return get_one(app, argc, argv, true, err);
}

static int remote_name(const char *local, const char *remote, char dst[PATH_BYTES], struct err *err)
{
    const char *last = path_last(local);
    if (remote && *remote && remote[strlen(remote) - 1] != '/')
        last = "";
    else if (!path_is_single(last))
        return err_set(err, ERR_USAGE, "'%s' can't name a remote file; give one", local);
    if (snprintf(dst, PATH_BYTES, "%s%s", remote ? remote : "", last) >= PATH_BYTES)
        return err_set(err, ERR_USAGE, "the remote name is too long");
    return 0;
}

static int put_one(struct app *app, int argc, char **argv, bool resume, struct err *err)
{
    struct transfer t = {0};
    struct put_options options = PUT_OPTIONS_INIT;
    char remote[PATH_BYTES];
    options.resume = resume;
    if (remote_name(argv[1], argc > 2 ? argv[2] : NULL, remote, err) < 0)
        return -1;
    progress_start(&app->bar, argv[1]);
    return finish(app, &t, put_file(&app->mover, argv[1], remote, &options, &t, err));
}

int cmd_put(struct app *app, int argc, char **argv, struct err *err)
{
    return put_one(app, argc, argv, false, err);
}

int cmd_reput(struct app *app, int argc, char **argv, struct err *err)
{
    return put_one(app, argc, argv, true, err);
}

static int write_out(void *ctx, const void *data, size_t len, struct err *err)
{
    struct app *app = ctx;
    if (app->piped)
        return child_feed(fileno(app->out), &app->wait, data, len, err);
    errno = 0;
    if (fwrite(data, 1, len, app->out) == len)
        return 0;
    return err_set_sys(err, ERR_LOCAL, errno, "cannot write the result");
}

int cmd_cat(struct app *app, int argc, char **argv, struct err *err)
{
    struct pump_sink sink = {write_out, app};
    /* on one and the same terminal the line would run into the text */
    bool both = isatty(fileno(app->out));
    for (int i = 1; i < argc; i++) {
        struct transfer t = {0};
        if (!both)
            progress_start(&app->bar, argv[i]);
        int rc = get_to_sink(&app->mover, argv[i], &sink, &t, err);
        progress_stop(&app->bar);
        report_transfer(&app->report, &t);
        if (rc < 0)
            return argc > 2 ? err_wrap(err, "%s", argv[i]) : -1;
    }
    return 0;
}
