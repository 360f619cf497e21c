#include "net/dial.h"

#include "net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
    RACE_STEP_MS = 250,
    WINDOW_LEAST = 256 * 1024, /* the room that a peer is left in any case */
    KEEPALIVE_IDLE_S = 45,
    KEEPALIVE_STEP_S = 15,
    KEEPALIVE_PROBES = 4,
    UNACKNOWLEDGED_MS = 30000
};

int sock_prepare(int fd, struct err *err)
{
    int on = 1;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot set up a socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return 0;
}

void sock_acknowledge(int fd)
{
#ifdef TCP_QUICKACK
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
#else
    (void) fd;
#endif
}

void sock_want(int fd, int64_t bytes)
{
#ifdef TCP_WINDOW_CLAMP
    int now = 0, window = INT_MAX;
    socklen_t size = sizeof now;
    /* What is offered is rounded up with each acknowledgment, which adds up to a sixth. */
    int64_t room = bytes / 4 * 3 + WINDOW_LEAST;
    if (room < INT_MAX)
        window = (int) room;
    if (getsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &now, &size) == 0 && window < now)
        setsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &window, sizeof window);
#else
    (void) fd, (void) bytes;
#endif
}

void sock_keepalive(int fd)
{
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
#ifdef TCP_KEEPIDLE
    int idle = KEEPALIVE_IDLE_S, step = KEEPALIVE_STEP_S, probes = KEEPALIVE_PROBES;
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &step, sizeof step);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
#endif
#ifdef TCP_USER_TIMEOUT
    unsigned unacknowledged = UNACKNOWLEDGED_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof unacknowledged);
#endif
}

struct addr sock_local(int fd)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;
    getsockname(fd, (struct sockaddr *) &ss, &len);
    return addr_from_sockaddr((struct sockaddr *) &ss);
}

struct addr sock_peer(int fd)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;
    getpeername(fd, (struct sockaddr *) &ss, &len);
    return addr_from_sockaddr((struct sockaddr *) &ss);
}

static int connect_error(const struct addr *to, int sys, struct err *err)
{
    char text[ADDR_TEXT];
    return err_set_sys(err, ERR_CONNECT, sys, "cannot connect to %s",
                       addr_format_port(to, text, sizeof text));
}

int dial_start(const struct addr *to, const struct addr *from, struct err *err)
{
    int fd = socket(addr_family(to), SOCK_STREAM, 0);
    if (fd < 0)
        return connect_error(to, errno, err);
    if (sock_prepare(fd, err) < 0) {
        close(fd);
        return -1;
    }
    if (from && addr_family(from) == addr_family(to)) {
        struct addr here = *from;
        addr_set_port(&here, 0);
        /* Refused where the address has gone meanwhile: then the system chooses. */
        (void) bind(fd, &here.u.sa, addr_size(&here));
    }
    if (connect(fd, &to->u.sa, addr_size(to)) < 0 && errno != EINPROGRESS && errno != EINTR) {
        connect_error(to, errno, err);
        close(fd);
        return -1;
    }
    return fd;
}

int dial_result(int fd, const struct addr *to, struct err *err)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (poll(&p, 1, 0) <= 0)
        return 1;
    int sys = 0;
    socklen_t len = sizeof sys;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &sys, &len) < 0)
        sys = errno;
    return sys ? connect_error(to, sys, err) : 0;
}

/* The race of RFC 8305 section 5: connects under way, oldest first. */
struct race {
    struct addr list[RESOLVE_MAX];
    int fds[RESOLVE_MAX];
    size_t n, started;
    struct err first; /* the first failure explains best */
};

/* RFC 8305 section 4: keep the system's order within a family, alternate between families. */
static void interleave(struct addr *list, size_t n)
{
    struct addr sorted[RESOLVE_MAX];
    bool used[RESOLVE_MAX] = {false};
    int family = addr_family(&list[0]);
    for (size_t out = 0; out < n; out++) {
        size_t pick = n;
        for (size_t i = 0; i < n; i++) {
            if (used[i])
                continue;
            if (pick == n)
                pick = i;
            if (addr_family(&list[i]) == family) {
                pick = i;
                break;
            }
        }
        used[pick] = true;
        sorted[out] = list[pick];
        family = addr_family(&list[pick]) == AF_INET6 ? AF_INET : AF_INET6;
    }
    memcpy(list, sorted, n * sizeof *list);
}

static void race_start_next(struct race *r, const struct log *log)
{
    char text[ADDR_TEXT];
    struct err err = ERR_INIT;
    size_t i = r->started++;
    log_note(log, "connecting to %s", addr_format_port(&r->list[i], text, sizeof text));
    r->fds[i] = dial_start(&r->list[i], NULL, &err);
    if (r->fds[i] < 0 && !err_is_set(&r->first))
        r->first = err;
}

static size_t race_running(const struct race *r)
{
    size_t running = 0;
    for (size_t i = 0; i < r->started; i++)
        running += r->fds[i] >= 0;
    return running;
}

/* Looks at every connect under way; returns the index of a connected one or -1. */
static int race_look(struct race *r)
{
    for (size_t i = 0; i < r->started; i++) {
        struct err err = ERR_INIT;
        if (r->fds[i] < 0)
            continue;
        int rc = dial_result(r->fds[i], &r->list[i], &err);
        if (rc == 0)
            return (int) i;
        if (rc < 0) {
            close(r->fds[i]);
            r->fds[i] = -1;
            if (!err_is_set(&r->first))
                r->first = err;
        }
    }
    return -1;
}

static int race_wait(struct race *r, const struct wait *w, struct deadline until, struct err *err)
{
    struct wait_fd fds[WAIT_MAX];
    size_t n = 0;
    for (size_t i = r->started; i-- > 0 && n < WAIT_MAX;) {
        if (r->fds[i] >= 0)
            fds[n++] = (struct wait_fd){.fd = r->fds[i], .want = POLLOUT};
    }
    return wait_fds(w, fds, n, until, err);
}

static int race_run(struct race *r, const char *host, const struct wait *w, struct deadline until,
                    const struct log *log, struct err *err)
{
    for (;;) {
        if (r->started < r->n && race_running(r) < WAIT_MAX)
            race_start_next(r, log);
        struct deadline step = r->started < r->n ? deadline_in(RACE_STEP_MS) : DEADLINE_NEVER;
        if (race_running(r) == 0) {
            if (r->started < r->n)
                continue;
            if (err)
                *err = r->first;
            return err_wrap(err, "%s", host);
        }
        if (race_wait(r, w, deadline_sooner(step, until), err) < 0)
            return -1;
        int winner = race_look(r);
        if (winner >= 0)
            return winner;
        if (deadline_passed(until)) {
            char text[ADDR_TEXT];
            if (err && err_is_set(&r->first))
                *err = r->first;
            return err_set(err, ERR_CONNECT, "%s: no answer from %s in time", host,
                           addr_format_port(&r->list[0], text, sizeof text));
        }
    }
}

int dial_host(const char *host, uint16_t port, int family, struct addr *peer, const struct wait *w,
              struct deadline until, const struct log *log, struct err *err)
{
    struct race r = {.started = 0};
    int n = resolve_host(host, port, family, r.list, w, until, err);
    if (n < 0)
        return -1;
    r.n = (size_t) n;
    interleave(r.list, r.n);
    int winner = race_run(&r, host, w, until, log, err);
    for (size_t i = 0; i < r.started; i++) {
        if (r.fds[i] >= 0 && (int) i != winner)
            close(r.fds[i]);
    }
    if (winner < 0)
        return -1;
    sock_keepalive(r.fds[winner]);
    *peer = r.list[winner];
    return r.fds[winner];
}
