#include "child.h"

#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEP_MAX_MS = 50, GRACE_MS = 1000 };

static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void move_descriptor(int from, int to)
{
    if (from != to && dup2(from, to) < 0)
        _exit(127);
}

int child_start(struct child *c, const char *const argv[], int in, int out, struct err *err)
{
    c->grouped = !has_terminal();
    c->pid = fork();
    if (c->pid < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "fork");
    if (c->pid == 0) {
        if (c->grouped)
            setpgid(0, 0);
        move_descriptor(in, STDIN_FILENO);
        move_descriptor(out, STDOUT_FILENO);
        execvp(argv[0], (char *const *) (void *) argv);
        _exit(127);
    }
    if (c->grouped)
        setpgid(c->pid, c->pid); /* whoever of us comes first */
    return 0;
}

int child_start_reader(struct child *c, const char *command, int out, struct err *err)
{
    const char *argv[] = {"sh", "-c", command, NULL};
    int fds[2];
    if (pipe(fds) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot make a pipe");
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    int rc = child_start(c, argv, fds[0], out, err);
    close(fds[0]);
    if (rc == 0)
        return fds[1];
    close(fds[1]);
    return -1;
}

/* Our end of the pipe is ours alone: the flag is seen by nobody else. */
static int write_some(int fd, const void *data, size_t len, ssize_t *n)
{
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    *n = write(fd, data, len);
    int why = errno;
    fcntl(fd, F_SETFL, flags);
    return *n < 0 ? why : 0;
}

int child_feed(int fd, const struct wait *w, const void *data, size_t len, struct err *err)
{
    const char *from = data;
    while (len > 0) {
        ssize_t n;
        int why = write_some(fd, from, len, &n);
        if (why == EAGAIN || why == EINTR) {
            struct wait_fd want = {.fd = fd, .want = POLLOUT};
            if (wait_fds(w, &want, 1, DEADLINE_NEVER, err) < 0)
                return -1;
        } else if (why) {
            return err_set_sys(err, ERR_LOCAL, why, "cannot write the result");
        } else {
            from += n;
            len -= (size_t) n;
        }
    }
    return 0;
}

static bool has_ended(const struct child *c, int *status)
{
    return waitpid(c->pid, status, WNOHANG) != 0;
}

/* Whether it ended in time, which `w` may cut short: then with the reason in err. */
static bool ends_in(const struct child *c, const struct wait *w, struct deadline until, int *status,
                    struct err *err)
{
    int64_t step = 1;
    while (!has_ended(c, status)) {
        if (deadline_passed(until) || wait_fds(w, NULL, 0, deadline_in(step), err) < 0)
            return false;
        step = 2 * step < STEP_MAX_MS ? 2 * step : STEP_MAX_MS;
    }
    return true;
}

static void end(const struct child *c)
{
    struct wait undisturbed = {NULL, DEADLINE_NEVER};
    pid_t whom = c->grouped ? -c->pid : c->pid;
    int status;
    kill(whom, SIGTERM);
    kill(whom, SIGCONT);
    if (ends_in(c, &undisturbed, deadline_in(GRACE_MS), &status, NULL))
        return;
    kill(whom, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
}

int child_wait(const struct child *c, const struct wait *w, int *status, struct err *err)
{
    bool interrupted = false;
    *status = 0;
    for (;;) {
        struct err why = ERR_INIT;
        if (ends_in(c, w, DEADLINE_NEVER, status, &why))
            break;
        if (c->grouped || why.code != ERR_CANCELLED || signals_ending()) {
            end(c);
            return err_take(err, &why);
        }
        /* the terminal has told it too; what goes on all the same, as a pager, is waited for */
        cancel_lower(w->cancel);
        interrupted = true;
    }
    return interrupted && *status ? err_set(err, ERR_CANCELLED, "interrupted") : 0;
}

int child_check(const char *name, int status, struct err *err)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
        return err_set(err, ERR_CANCELLED, "interrupted");
    if (WIFSIGNALED(status))
        return err_set(err, ERR_LOCAL, "%s was ended by signal %d", name, WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return err_set(err, ERR_LOCAL, "%s ended with status %d", name, WEXITSTATUS(status));
    return 0;
}
