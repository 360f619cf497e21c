#include "net/proxy_dial.h"

#include "net/dial.h"
#include "net/proxy_talk.h"

#include <unistd.h>

static int talk_to_the_end(struct proxy_talk *t, int fd, const struct wait *w,
                           struct deadline until, struct err *err)
{
    int rc;
    while ((rc = proxy_talk_step(t, fd, err)) > 0) {
        char name[PROXY_TEXT];
        struct wait_fd ready = {.fd = fd, .want = t->events};
        int n = wait_fds(w, &ready, 1, until, err);
        if (n < 0)
            return -1;
        if (n == 0)
            return err_set(err, ERR_CONNECT, "proxy %s: no answer in time",
                           proxy_format(t->proxy, name, sizeof name));
    }
    return rc;
}

int proxy_dial(const struct proxy *proxy, const char *host, uint16_t port, int family,
               struct addr *hop, const struct wait *w, struct deadline until, const struct log *log,
               struct err *err)
{
    struct proxy_talk talk;
    char name[PROXY_TEXT];
    proxy_format(proxy, name, sizeof name);
    if (proxy_talk_start(&talk, proxy, host, port, err) < 0)
        return -1;
    int fd = dial_host(proxy->host, proxy->port, family, hop, w, until, log, err);
    if (fd < 0 && err && (err->code == ERR_CONNECT || err->code == ERR_RESOLVE))
        err_wrap(err, "proxy %s", name);
    if (fd >= 0) {
        log_note(log, "asking proxy %s for port %u of %s", name, (unsigned) port, host);
        if (talk_to_the_end(&talk, fd, w, until, err) < 0) {
            close(fd);
            fd = -1;
        }
    }
    proxy_talk_clear(&talk);
    return fd;
}
