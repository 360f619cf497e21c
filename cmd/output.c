#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int output_pipe(struct app *app, const char *command, struct child *reader, struct err *err)
{
    fflush(stdout);
    int fd = child_start_reader(reader, command, err);
    if (fd < 0)
        return -1;
    FILE *f = fdopen(fd, "w");
    if (!f) {
        err_set_sys(err, ERR_LOCAL, errno, "%s", command);
        close(fd);
        return -1;
    }
    app->out = f;
    app->piped = true;
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

int output_pipe_end(struct app *app, const char *who, const struct child *reader, int rc,
                    struct err *err)
{
    int status;
    FILE *f = app->out;
    app->out = stdout;
    app->piped = false;
    /* nothing is left where all went well; else what is left must not keep us */
    if (rc < 0)
        fcntl(fileno(f), F_SETFL, O_NONBLOCK);
    fclose(f);
    if (child_wait(reader, &app->wait, &status, rc < 0 ? NULL : err) < 0)
        return -1;
    return judge_reader(who, rc, status, err);
}
