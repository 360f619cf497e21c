#include "net/listen.h"

#include "net/dial.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/* A socket bound to that very port and listening; -1 with errno. */
static int listen_at(const struct addr *local, uint16_t port, int reuse)
{
    struct addr at = *local;
    addr_set_port(&at, port);
    int fd = socket(addr_family(&at), SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    if (reuse)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    if (bind(fd, &at.u.sa, addr_size(&at)) == 0 && listen(fd, 1) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* The first round passes over ports in TIME_WAIT; only when the range is used up they will do. */
static int listen_in_range(const struct addr *local, struct port_range *ports)
{
    unsigned count = ports->hi - ports->lo + 1u;
    if (ports->next < ports->lo || ports->next > ports->hi)
        ports->next = ports->lo;
    for (unsigned i = 0; i < 2 * count; i++) {
        uint16_t port = ports->next;
        ports->next = port == ports->hi ? ports->lo : (uint16_t) (port + 1);
        int fd = listen_at(local, port, i >= count);
        if (fd >= 0 || errno != EADDRINUSE)
            return fd;
    }
    return -1;
}

int listen_open(const struct addr *local, struct port_range *ports, struct addr *bound,
                struct err *err)
{
    char text[ADDR_TEXT];
    int fd = ports->hi ? listen_in_range(local, ports) : listen_at(local, 0, 0);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot listen on %s, port %u-%u",
                           addr_format(local, text, sizeof text), ports->lo, ports->hi);
    if (sock_prepare(fd, err) < 0) {
        close(fd);
        return -1;
    }
    *bound = sock_local(fd);
    return fd;
}

/* Linux hands out errors of the new connection here; the next one may be good (accept(2)). */
static int is_of_the_connection(int sys)
{
    return sys == EINTR || sys == ECONNABORTED || sys == ENETDOWN || sys == EPROTO ||
           sys == ENOPROTOOPT || sys == EHOSTUNREACH || sys == ENETUNREACH || sys == EOPNOTSUPP;
}

int listen_accept(int fd, const struct addr *expected, struct addr *peer, struct err *err)
{
    for (;;) {
        int got = accept(fd, NULL, NULL);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return -2;
        if (got < 0 && is_of_the_connection(errno))
            continue;
        if (got < 0)
            return err_set_sys(err, ERR_LOCAL, errno, "cannot accept a connection");
        *peer = sock_peer(got);
        if (addr_same_host(peer, expected) && sock_prepare(got, err) == 0)
            return got;
        close(got);
        if (err_is_set(err))
            return -1;
    }
}
