#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DRAIN_MS = 1000 };

enum wake wait_ready(int stop_fd, int fd, short events, int control_fd, int timeout_ms)
{
    struct pollfd p[] = {{.fd = stop_fd, .events = POLLIN},
                         {.fd = control_fd, .events = POLLIN},
                         {.fd = fd, .events = events}};
    int n;
    do
        n = poll(p, 3, timeout_ms);
    while (n < 0 && errno == EINTR);
    if (n < 0 || p[0].revents)
        return WAKE_STOP;
    if (p[1].revents)
        return WAKE_CONTROL;
    return p[2].revents ? WAKE_READY : WAKE_TIMEOUT;
}

void conn_init(struct conn *c, int fd, int stop_fd)
{
    *c = (struct conn){.fd = fd, .stop_fd = stop_fd};
    if (fd >= 0)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static ssize_t tls_result(ssize_t n)
{
    if (n >= 0)
        return n;
    /* a client that declines to renegotiate says so by a warning */
    return n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_WARNING_ALERT_RECEIVED
               ? CONN_AGAIN
               : CONN_BROKEN;
}

static ssize_t socket_result(ssize_t n)
{
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? CONN_AGAIN : CONN_BROKEN;
}

ssize_t conn_try_read(struct conn *c, void *mem, size_t size)
{
    ssize_t n = GNUTLS_E_WARNING_ALERT_RECEIVED; /* no_renegotiation, say */
    while (c->tls && n == GNUTLS_E_WARNING_ALERT_RECEIVED)
        n = gnutls_record_recv(c->tls, mem, size);
    if (c->tls)
        return tls_result(n);
    return socket_result(recv(c->fd, mem, size, 0));
}

ssize_t conn_try_write(struct conn *c, const void *mem, size_t len)
{
    if (c->tls)
        return tls_result(gnutls_record_send(c->tls, mem, len));
    return socket_result(send(c->fd, mem, len, MSG_NOSIGNAL));
}

short conn_events(const struct conn *c, short events)
{
    if (!c->tls)
        return events;
    return gnutls_record_get_direction(c->tls) ? POLLOUT : POLLIN;
}

ssize_t conn_read(struct conn *c, void *mem, size_t size, int timeout_ms)
{
    for (;;) {
        ssize_t n = conn_try_read(c, mem, size);
        if (n != CONN_AGAIN)
            return n;
        if (wait_ready(c->stop_fd, c->fd, conn_events(c, POLLIN), -1, timeout_ms) != WAKE_READY)
            return CONN_BROKEN;
    }
}

int conn_write(struct conn *c, const void *mem, size_t len)
{
    const char *p = mem;
    while (len > 0) {
        ssize_t n = conn_try_write(c, p, len);
        if (n > 0) {
            p += n;
            len -= (size_t) n;
            continue;
        }
        if (n != CONN_AGAIN ||
            wait_ready(c->stop_fd, c->fd, conn_events(c, POLLOUT), -1, 30000) != WAKE_READY)
            return CONN_BROKEN;
    }
    return 0;
}

/* An alert, which a reset must not overtake: that is what a close with bytes unread would send. */
static void refuse_handshake(struct conn *c, int error)
{
    char mem[1024];
    gnutls_alert_send_appropriate(c->tls, error);
    shutdown(c->fd, SHUT_WR);
    while (wait_ready(c->stop_fd, c->fd, POLLIN, -1, DRAIN_MS) == WAKE_READY)
        if (read(c->fd, mem, sizeof mem) <= 0)
            break;
}

int conn_handshake(struct conn *c, gnutls_session_t tls, int timeout_ms)
{
    c->tls = tls;
    gnutls_transport_set_int(tls, c->fd);
    int rc;
    while ((rc = gnutls_handshake(tls)) < 0 && !gnutls_error_is_fatal(rc))
        if (wait_ready(c->stop_fd, c->fd, conn_events(c, POLLIN), -1, timeout_ms) != WAKE_READY)
            break;
    if (rc == GNUTLS_E_SUCCESS)
        return 0;
    if (gnutls_error_is_fatal(rc))
        refuse_handshake(c, rc);
    gnutls_deinit(tls);
    c->tls = NULL;
    return -1;
}

void conn_end_tls(struct conn *c, bool both, int timeout_ms)
{
    if (!c->tls)
        return;
    gnutls_close_request_t how = both ? GNUTLS_SHUT_RDWR : GNUTLS_SHUT_WR;
    int rc;
    while ((rc = gnutls_bye(c->tls, how)) == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED)
        if (wait_ready(c->stop_fd, c->fd, conn_events(c, POLLOUT), -1, timeout_ms) != WAKE_READY)
            break;
    gnutls_deinit(c->tls);
    c->tls = NULL;
}

void conn_close(struct conn *c)
{
    if (c->tls)
        gnutls_deinit(c->tls);
    if (c->fd >= 0)
        close(c->fd);
    c->tls = NULL;
    c->fd = -1;
}

void conn_reset(struct conn *c)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (c->fd >= 0)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    conn_close(c);
}
