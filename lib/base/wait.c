#include "base/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct cancel {
    int rd, wr;
};

static void set_flags(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

struct cancel *cancel_new(struct err *err)
{
    int fds[2];
    struct cancel *c = malloc(sizeof *c);
    if (!c || pipe(fds) < 0) {
        err_set_sys(err, ERR_LOCAL, errno, "cannot make a pipe");
        free(c);
        return NULL;
    }
    set_flags(fds[0]);
    set_flags(fds[1]);
    c->rd = fds[0];
    c->wr = fds[1];
    return c;
}

void cancel_free(struct cancel *c)
{
    if (!c)
        return;
    close(c->rd);
    close(c->wr);
    free(c);
}

void cancel_raise(struct cancel *c)
{
    int saved = errno;
    ssize_t ignored = write(c->wr, "", 1); /* a full pipe is raised already */
    (void) ignored;
    errno = saved;
}

void cancel_lower(struct cancel *c)
{
    char sink[64];
    while (read(c->rd, sink, sizeof sink) > 0)
        ;
}

bool cancel_raised(const struct cancel *c)
{
    if (!c)
        return false;
    struct pollfd p = {.fd = c->rd, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

static int poll_ms(struct deadline until)
{
    int64_t left = deadline_left_ms(until);
    if (left == INT64_MAX)
        return -1;
    return left > INT_MAX ? INT_MAX : (int) left;
}

int wait_fds(const struct wait *w, struct wait_fd *fds, size_t n, struct deadline until,
             struct err *err)
{
    struct pollfd p[WAIT_MAX + 1];
    if (n > WAIT_MAX)
        return err_set(err, ERR_LOCAL, "too many descriptors to wait for");
    for (size_t i = 0; i < n; i++) {
        p[i] = (struct pollfd){.fd = fds[i].fd, .events = fds[i].want};
        fds[i].got = 0;
    }
    p[n] = (struct pollfd){.fd = w->cancel ? w->cancel->rd : -1, .events = POLLIN};
    struct deadline end = deadline_sooner(until, w->limit);
    for (;;) {
        int ready = poll(p, (nfds_t) n + 1, poll_ms(end));
        if (ready < 0 && errno != EINTR)
            return err_set_sys(err, ERR_LOCAL, errno, "poll");
        if (ready > 0 && p[n].revents)
            return err_set(err, ERR_CANCELLED, "interrupted");
        if (deadline_passed(w->limit))
            return err_set(err, ERR_TIMEOUT, "the time limit for everything is over");
        if (ready > 0)
            break;
        if (deadline_passed(until))
            return 0;
    }
    int count = 0;
    for (size_t i = 0; i < n; i++) {
        fds[i].got = p[i].revents;
        count += p[i].revents != 0;
    }
    return count;
}
