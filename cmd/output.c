#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void redirect(struct app *app, FILE *to, bool piped, struct outlet *o)
{
    o->outer = app->out;
    o->outer_piped = app->piped;
    app->out = to;
    app->piped = piped;
}

static void redirect_back(struct app *app, const struct outlet *o)
{
    app->out = o->outer;
    app->piped = o->outer_piped;
}

int output_pipe(struct app *app, const char *command, struct outlet *o, struct err *err)
{
    fflush(app->out);
    int fd = child_start_reader(&o->reader, command, fileno(app->out), err);
    if (fd < 0)
        return -1;
    FILE *f = fdopen(fd, "w");
    if (!f) {
        err_set_sys(err, ERR_LOCAL, errno, "%s", command);
        close(fd);
        return -1;
    }
    redirect(app, f, true, o);
    return 0;
}

static int judge_reader(const char *who, int rc, int status, struct err *err)
{
    bool unread = rc < 0 && err->sys == EPIPE;
    if (rc < 0 && !unread)
        return rc;
    err_clear(err);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)
        return 0;
    return child_check(who, status, err);
}

int output_pipe_end(struct app *app, const char *who, const struct outlet *o, int rc,
                    struct err *err)
{
    int status;
    FILE *f = app->out;
    redirect_back(app, o);
    /* nothing is left where all went well; else what is left must not keep us */
    if (rc < 0)
        fcntl(fileno(f), F_SETFL, O_NONBLOCK);
    fclose(f);
    if (child_wait(&o->reader, &app->wait, &status, rc < 0 ? NULL : err) < 0)
        return -1;
    return judge_reader(who, rc, status, err);
}

int output_file(struct app *app, const char *path, bool append, struct outlet *o, struct err *err)
{
    FILE *f = fopen(path, append ? "a" : "w");
    if (!f)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    redirect(app, f, false, o);
    return 0;
}

int output_file_end(struct app *app, const char *path, const struct outlet *o, int rc,
                    struct err *err)
{
    FILE *f = app->out;
    redirect_back(app, o);
    if (fclose(f) != 0 && rc == 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    return rc;
}
