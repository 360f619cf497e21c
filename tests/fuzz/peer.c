#include "peer.h"

#include "net/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { STEP_END = 0x1e, CONNECTIONS_MAX = 64, TICK_NS = 20000, FIRST_SECOND = 1000 };

/* Our end of a connection. */
struct end {
    int fd;
    bool control;
    bool behind_cr; /* the client's latest byte was CR */
};

static struct {
    const uint8_t *at, *end;
    bool playing, over, refuse;
    struct end ends[CONNECTIONS_MAX];
    size_t n;
    int64_t now_ns;
} peer;

int __real_poll(struct pollfd *fds, nfds_t n, int ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int ms);
int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_dial_host(const char *host, uint16_t port, int family, struct addr *to,
                     const struct wait *w, struct deadline until, const struct log *log,
                     struct err *err);
int __wrap_dial_start(const struct addr *to, const struct addr *from, struct err *err);
struct addr __wrap_sock_local(int fd);

/* ---- connections ---- */

static const unsigned char server_octets[4] = {192, 0, 2, 1}, client_octets[4] = {192, 0, 2, 2};

static int connect_to_peer(bool control, struct err *err)
{
    int fds[2];
    if (peer.over || peer.refuse || peer.n == CONNECTIONS_MAX) {
        peer.refuse = false;
        return err_set_sys(err, ERR_CONNECT, ECONNREFUSED, "cannot connect");
    }
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    peer.ends[peer.n++] = (struct end){.fd = fds[1], .control = control};
    return fds[0];
}

int __wrap_dial_host(const char *host, uint16_t port, int family, struct addr *to,
                     const struct wait *w, struct deadline until, const struct log *log,
                     struct err *err)
{
    (void) host, (void) family, (void) w, (void) until, (void) log;
    *to = addr_from_ipv4(server_octets, port);
    return connect_to_peer(true, err);
}

int __wrap_dial_start(const struct addr *to, const struct addr *from, struct err *err)
{
    (void) to, (void) from;
    return connect_to_peer(false, err);
}

struct addr __wrap_sock_local(int fd)
{
    (void) fd;
    return addr_from_ipv4(client_octets, 40000);
}

/* ---- what the client says ---- */

static void check_command_byte(struct end *e, uint8_t c)
{
    CHECK(c != '\0');
    CHECK((c == '\n') == e->behind_cr);
    e->behind_cr = c == '\r';
}

static void hear(struct end *e)
{
    uint8_t mem[4096];
    ssize_t n;
    while ((n = recv(e->fd, mem, sizeof mem, MSG_DONTWAIT)) > 0) {
        for (ssize_t i = 0; e->control && i < n; i++)
            check_command_byte(e, mem[i]);
    }
}

static void hear_all(void)
{
    for (size_t i = 0; i < peer.n; i++) {
        if (peer.ends[i].fd >= 0)
            hear(&peer.ends[i]);
    }
}

/* ---- steps ---- */

static struct end *latest(bool control)
{
    for (size_t i = peer.n; i > 0; i--) {
        if (peer.ends[i - 1].control == control)
            return &peer.ends[i - 1];
    }
    return NULL;
}

static void say(struct end *e, const uint8_t *data, size_t size)
{
    if (e && e->fd >= 0 && size > 0)
        (void) send(e->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void hang_up(struct end *e)
{
    if (!e || e->fd < 0)
        return;
    hear(e);
    close(e->fd);
    e->fd = -1;
}

static void hang_up_all(void)
{
    for (size_t i = 0; i < peer.n; i++)
        hang_up(&peer.ends[i]);
}

/* False: nothing comes, let the clock run out. */
static bool do_step(const uint8_t *step, size_t len)
{
    switch (len > 0 ? step[0] : 'W') {
    case 'D':
        say(latest(false), step + 1, len - 1);
        return true;
    case 'E':
        hang_up(latest(false));
        return true;
    case 'X':
        hang_up(latest(true));
        return true;
    case 'N':
        peer.refuse = true;
        return true;
    case 'W':
        return false;
    default:
        say(latest(true), step, len);
        return true;
    }
}

/* Does the next step, or ends. False as do_step(), or where all has ended already. */
static bool step(void)
{
    if (peer.over)
        return false;
    if (peer.at == peer.end) {
        hang_up_all();
        peer.over = true;
        return true;
    }
    size_t left = (size_t) (peer.end - peer.at);
    const uint8_t *stop = memchr(peer.at, STEP_END, left);
    size_t len = stop ? (size_t) (stop - peer.at) : left;
    const uint8_t *from = peer.at;
    peer.at += stop ? len + 1 : len;
    return do_step(from, len);
}

/* ---- waiting ---- */

int __wrap_poll(struct pollfd *fds, nfds_t n, int ms)
{
    if (!peer.playing)
        return __real_poll(fds, n, ms);
    int ready;
    hear_all();
    while ((ready = __real_poll(fds, n, 0)) == 0 && ms != 0 && step())
        hear_all();
    CHECK(ready != 0 || ms >= 0); /* it would hang for ever */
    if (ready == 0)
        peer.now_ns += (int64_t) ms * 1000000;
    return ready;
}

/* Time goes on a little whenever somebody looks, so that no loop is without end. */
int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
    if (!peer.playing)
        return __real_clock_gettime(id, t);
    peer.now_ns += TICK_NS;
    t->tv_sec = (time_t) (FIRST_SECOND + peer.now_ns / 1000000000);
    t->tv_nsec = (long) (peer.now_ns % 1000000000);
    return 0;
}

void peer_begin(const uint8_t *steps, size_t size)
{
    peer.at = steps;
    peer.end = steps + size;
    peer.over = peer.refuse = false;
    peer.n = 0;
    peer.now_ns = 0;
    peer.playing = true;
}

void peer_end(void)
{
    hang_up_all();
    for (size_t i = 0; i < peer.n; i++)
        CHECK(!peer.ends[i].behind_cr);
    peer.playing = false;
}
