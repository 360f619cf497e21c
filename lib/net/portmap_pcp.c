#include "base/random.h"
#include "net/dial.h"
#include "net/pcp.h"
#include "net/portmap_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* RFC 6887 section 8.1.1 starts with 3 s; the gateway is near and a rung lasts 4. */
enum { FIRST_PAUSE_MS = 250, TAKE_BACK_MS = 100 };

struct pcp {
    int fd;
    struct pcp_map map;
    uint32_t epoch_s; /* of the last answer */
    int64_t epoch_at_ms;
    const struct log *log;
};

static int network_failure(struct err *err)
{
    if (errno == ECONNREFUSED)
        return err_set_sys(err, ERR_CONNECT, errno, "nobody there");
    return err_set_sys(err, ERR_CONNECT, errno, "cannot ask");
}

static int pcp_connect(const struct portmap_request *q, struct err *err)
{
    struct addr from = q->local, to = q->gateway;
    addr_set_port(&from, 0);
    addr_set_port(&to, PCP_PORT);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        return network_failure(err);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (bind(fd, &from.u.sa, addr_size(&from)) == 0 && connect(fd, &to.u.sa, addr_size(&to)) == 0)
        return fd;
    network_failure(err);
    close(fd);
    return -1;
}

static int pcp_send(struct pcp *p, struct err *err)
{
    unsigned char request[PCP_MAP_BYTES];
    pcp_map_request(&p->map, request);
    if (send(p->fd, request, sizeof request, 0) >= 0 || errno == EAGAIN || errno == EWOULDBLOCK ||
        errno == EINTR || errno == ENOBUFS)
        return 0;
    return network_failure(err);
}

static void note_epoch(struct pcp *p, const struct pcp_answer *a)
{
    int64_t now = clock_now_ms();
    if (p->epoch_at_ms && pcp_state_lost(p->epoch_s, p->epoch_at_ms, a->epoch_s, now))
        log_note(p->log, "port mapping: the gateway had lost its mappings");
    p->epoch_s = a->epoch_s;
    p->epoch_at_ms = now;
}

/* 1 with the answer, 0 when none is there, -1. */
static int pcp_receive(struct pcp *p, struct pcp_answer *out, struct err *err)
{
    unsigned char data[PCP_MAX_BYTES + 4];
    for (;;) {
        ssize_t got = recv(p->fd, data, sizeof data, 0);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return network_failure(err);
        if (!pcp_map_answer(data, (size_t) got, &p->map, out))
            continue;
        if (out->result == PCP_SUCCESS)
            note_epoch(p, out);
        return 1;
    }
}

/* Asks until an answer comes. */
static int pcp_ask(struct pcp *p, const struct wait *w, struct deadline until,
                   struct pcp_answer *out, struct err *err)
{
    int64_t pause_ms = FIRST_PAUSE_MS;
    struct deadline again = deadline_in(0);
    for (;;) {
        int got = pcp_receive(p, out, err);
        if (got != 0)
            return got < 0 ? -1 : 0;
        if (deadline_passed(until))
            return err_set(err, ERR_TIMEOUT, "no answer");
        if (deadline_passed(again)) {
            if (pcp_send(p, err) < 0)
                return -1;
            again = deadline_in(pause_ms);
            pause_ms *= 2;
        }
        struct wait_fd answer = {.fd = p->fd, .want = POLLIN};
        if (wait_fds(w, &answer, 1, deadline_sooner(again, until), err) < 0)
            return -1;
    }
}

static bool pcp_close(void *state, struct deadline until)
{
    struct pcp *p = state;
    struct wait alone = {NULL, DEADLINE_NEVER};
    struct pcp_answer answer;
    p->map.lifetime_s = 0;
    bool gone = pcp_ask(p, &alone, until, &answer, NULL) == 0 && answer.result == PCP_SUCCESS;
    close(p->fd);
    free(p);
    return gone;
}

static int judge(const struct pcp_answer *a, struct err *err)
{
    if (a->result == PCP_UNSUPPORTED_VERSION)
        return err_set(err, ERR_CONNECT, "not spoken there");
    if (a->result != PCP_SUCCESS)
        return err_set(err, ERR_PROTOCOL, "refused: %s", pcp_result_text(a->result));
    if (addr_family(&a->external) != AF_INET || addr_port(&a->external) == 0)
        return err_set(err, ERR_PROTOCOL, "the answer makes no sense");
    return 0;
}

static struct pcp *pcp_new(const struct portmap_request *q, struct err *err)
{
    struct pcp *p = calloc(1, sizeof *p);
    if (!p) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    p->map.local = q->local;
    p->map.lifetime_s = PORTMAP_LEASE_S;
    p->log = q->log;
    /* who guesses the nonce can change the mapping (section 18.1) */
    p->fd = random_bytes(p->map.nonce, sizeof p->map.nonce, err) == 0 ? pcp_connect(q, err) : -1;
    if (p->fd >= 0)
        return p;
    free(p);
    return NULL;
}

static void *pcp_open(const struct portmap_request *q, struct deadline until, struct addr *external,
                      uint32_t *lease_s, struct err *err)
{
    struct pcp_answer answer = {0};
    struct pcp *p = pcp_new(q, err);
    if (!p)
        return NULL;
    if (pcp_ask(p, q->wait, until, &answer, err) == 0 && judge(&answer, err) == 0) {
        *external = p->map.external = answer.external;
        *lease_s = answer.lifetime_s;
        return p;
    }
    /* what was asked for may have been granted without our hearing of it */
    bool heard = answer.result != PCP_SUCCESS || err->code == ERR_CONNECT;
    pcp_close(p, heard ? deadline_in(0) : deadline_in(TAKE_BACK_MS));
    return NULL;
}

static uint32_t pcp_renew(void *state)
{
    struct pcp *p = state;
    struct pcp_answer answer;
    if (pcp_receive(p, &answer, NULL) > 0 && answer.result == PCP_SUCCESS && answer.lifetime_s)
        return answer.lifetime_s;
    (void) pcp_send(p, NULL);
    return 0;
}

const struct portmap_protocol portmap_pcp = {"PCP", pcp_open, pcp_renew, pcp_close};
