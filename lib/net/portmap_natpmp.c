/* NAT-PMP through libnatpmp, whose calls never wait. */
#include "net/portmap_private.h"

#ifdef FTPSH_NATPMP

#include <errno.h>
#include <fcntl.h>
#include <natpmp.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { TAKE_BACK_MS = 100 };

struct natpmp {
    natpmp_t lib;
    uint16_t local_port;
};

static int natpmp_failure(int code, struct err *err)
{
    switch (code) {
    case NATPMP_ERR_NOGATEWAYSUPPORT:
        return err_set_sys(err, ERR_CONNECT, ECONNREFUSED, "nobody there");
    case NATPMP_ERR_UNSUPPORTEDVERSION:
    case NATPMP_ERR_UNSUPPORTEDOPCODE:
        return err_set(err, ERR_CONNECT, "not spoken there");
    case NATPMP_ERR_NOTAUTHORIZED:
        return err_set(err, ERR_PROTOCOL, "refused: not authorized");
    case NATPMP_ERR_NETWORKFAILURE:
        return err_set(err, ERR_PROTOCOL, "refused: network failure");
    case NATPMP_ERR_OUTOFRESOURCES:
        return err_set(err, ERR_PROTOCOL, "refused: no resources");
    default:
        return err_set(err, ERR_CONNECT, "libnatpmp gives error %d", code);
    }
}

/* What is asked: the external address, or the mapping for so long (0: to remove it). */
struct question {
    uint16_t type;
    uint32_t lifetime_s;
};

static int natpmp_send(struct natpmp *n, const struct question *q)
{
    if (q->type == NATPMP_RESPTYPE_PUBLICADDRESS)
        return sendpublicaddressrequest(&n->lib);
    return sendnewportmappingrequest(&n->lib, NATPMP_PROTOCOL_TCP, n->local_port,
                                     q->lifetime_s ? n->local_port : 0, q->lifetime_s);
}

static bool is_answer(const struct natpmp *n, const struct question *q, const natpmpresp_t *r)
{
    if (r->type != q->type)
        return false;
    return q->type == NATPMP_RESPTYPE_PUBLICADDRESS ||
           (r->pnu.newportmapping.privateport == n->local_port &&
            !r->pnu.newportmapping.lifetime == !q->lifetime_s);
}

/* Until when libnatpmp waits before it repeats the request. */
static struct deadline natpmp_pause(struct natpmp *n)
{
    struct timeval tv;
    if (getnatpmprequesttimeout(&n->lib, &tv) < 0)
        return deadline_in(0);
    int64_t ms = (int64_t) tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1;
    return deadline_in(ms > 0 ? ms : 0);
}

static int natpmp_ask(struct natpmp *n, const struct question *q, const struct wait *w,
                      struct deadline until, natpmpresp_t *out, struct err *err)
{
    int rc = natpmp_send(n, q);
    while (rc >= 0 || rc == NATPMP_TRYAGAIN) {
        rc = readnatpmpresponseorretry(&n->lib, out);
        if (rc == 0 && is_answer(n, q, out))
            return 0;
        if (rc == 0)
            rc = natpmp_send(n, q); /* it was a late answer, and libnatpmp waits no longer */
        if (deadline_passed(until))
            return err_set(err, ERR_TIMEOUT, "no answer");
        if (rc != NATPMP_TRYAGAIN)
            continue;
        struct wait_fd answer = {.fd = n->lib.s, .want = POLLIN};
        if (wait_fds(w, &answer, 1, deadline_sooner(natpmp_pause(n), until), err) < 0)
            return -1;
    }
    return natpmp_failure(rc, err);
}

static bool natpmp_close(void *state, struct deadline until)
{
    struct natpmp *n = state;
    struct wait alone = {NULL, DEADLINE_NEVER};
    struct question remove = {NATPMP_RESPTYPE_TCPPORTMAPPING, 0};
    natpmpresp_t answer;
    bool gone = natpmp_ask(n, &remove, &alone, until, &answer, NULL) == 0;
    closenatpmp(&n->lib);
    free(n);
    return gone;
}

static struct natpmp *natpmp_new(const struct portmap_request *q, struct err *err)
{
    struct natpmp *n = calloc(1, sizeof *n);
    if (!n) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    n->local_port = addr_port(&q->local);
    int rc = initnatpmp(&n->lib, 1, q->gateway.u.in.sin_addr.s_addr);
    if (rc < 0) {
        natpmp_failure(rc, err);
        free(n);
        return NULL;
    }
    fcntl(n->lib.s, F_SETFD, FD_CLOEXEC);
    if (portmap_check_source(n->lib.s, &q->local, err) == 0)
        return n;
    closenatpmp(&n->lib);
    free(n);
    return NULL;
}

static void *natpmp_open(const struct portmap_request *q, struct deadline until,
                         struct addr *external, uint32_t *lease_s, struct err *err)
{
    struct question address = {NATPMP_RESPTYPE_PUBLICADDRESS, 0},
                    mapping = {NATPMP_RESPTYPE_TCPPORTMAPPING, PORTMAP_LEASE_S};
    natpmpresp_t answer;
    struct natpmp *n = natpmp_new(q, err);
    if (!n)
        return NULL;
    if (natpmp_ask(n, &address, q->wait, until, &answer, err) < 0) {
        closenatpmp(&n->lib);
        free(n);
        return NULL;
    }
    struct in_addr host = answer.pnu.publicaddress.addr;
    if (natpmp_ask(n, &mapping, q->wait, until, &answer, err) < 0) {
        natpmp_close(n, deadline_in(TAKE_BACK_MS));
        return NULL;
    }
    *external =
        addr_from_ipv4((const unsigned char *) &host, answer.pnu.newportmapping.mappedpublicport);
    *lease_s = answer.pnu.newportmapping.lifetime;
    return n;
}

static uint32_t natpmp_renew(void *state)
{
    struct natpmp *n = state;
    struct question mapping = {NATPMP_RESPTYPE_TCPPORTMAPPING, PORTMAP_LEASE_S};
    natpmpresp_t answer;
    int rc = readnatpmpresponseorretry(&n->lib, &answer);
    if (rc == 0 && is_answer(n, &mapping, &answer))
        return answer.pnu.newportmapping.lifetime;
    if (rc != NATPMP_TRYAGAIN)
        natpmp_send(n, &mapping);
    return 0;
}

#else

static void *natpmp_open(const struct portmap_request *q, struct deadline until,
                         struct addr *external, uint32_t *lease_s, struct err *err)
{
    (void) q, (void) until, (void) external, (void) lease_s;
    err_set(err, ERR_CONNECT, "not in this build (libnatpmp)");
    return NULL;
}

static uint32_t natpmp_renew(void *state)
{
    (void) state;
    return 0;
}

static bool natpmp_close(void *state, struct deadline until)
{
    (void) state, (void) until;
    return true;
}

#endif

const struct portmap_protocol portmap_natpmp = {"NAT-PMP", natpmp_open, natpmp_renew, natpmp_close};
