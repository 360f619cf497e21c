#include "cat.h"

#include "child.h"
#include "gunzip.h"
#include "xfer/get.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* A reader that takes nothing for the moment must not keep Ctrl-C from us. */
static bool may_block(const struct app *app)
{
    struct stat st;
    return app->piped ||
           (fstat(fileno(app->out), &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)));
}

int cat_write(void *ctx, const void *data, size_t len, struct err *err)
{
    struct app *app = ctx;
    errno = 0;
    if (may_block(app) && fflush(app->out) == 0)
        return child_feed(fileno(app->out), &app->wait, data, len, err);
    if (fwrite(data, 1, len, app->out) == len)
        return 0;
    return err_set_sys(err, ERR_LOCAL, errno, "cannot write the result");
}

static int fetch(struct app *app, const char *name, enum cat_kind kind, struct transfer *t,
                 struct err *err)
{
    struct pump_sink out = {cat_write, app};
    if (kind == CAT_PLAIN)
        return get_to_sink(&app->mover, name, &out, t, err);
    struct gunzip *g = gunzip_new(&out, err);
    struct pump_sink packed = {gunzip_write, g};
    int rc = g ? get_to_sink(&app->mover, name, &packed, t, err) : -1;
    if (rc == 0 && gunzip_end(g, err) < 0)
        rc = err_wrap(err, "%s", name);
    gunzip_free(g);
    return rc;
}

int cat_files(struct app *app, int n, char **names, enum cat_kind kind, struct err *err)
{
    /* on one and the same terminal the line would run into the text */
    bool both = app->piped || isatty(fileno(app->out));
    for (int i = 0; i < n; i++) {
        struct transfer t = {0};
        if (!both)
            progress_start(&app->bar, names[i]);
        int rc = fetch(app, names[i], kind, &t, err);
        progress_stop(&app->bar);
        app_report_transfer(app, &t);
        if (rc < 0)
            return n > 1 ? err_wrap(err, "%s", names[i]) : -1;
    }
    return 0;
}
