#include "net/resolve.h"

#include "base/offload.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

struct job {
    char *host;
    int family;
    int result, sys; /* of getaddrinfo() */
    struct addrinfo *list;
};

static void job_free(void *work)
{
    struct job *j = work;
    if (j->list)
        freeaddrinfo(j->list);
    free(j->host);
    free(j);
}

static struct job *job_new(const char *host, int family, struct err *err)
{
    struct job *j = calloc(1, sizeof *j);
    if (j)
        j->host = strdup(host);
    if (!j || !j->host) {
        err_set(err, ERR_LOCAL, "out of memory");
        free(j);
        return NULL;
    }
    j->family = family;
    return j;
}

static void job_run(void *work)
{
    struct job *j = work;
    struct addrinfo hints = {.ai_family = j->family, .ai_socktype = SOCK_STREAM};
    j->result = getaddrinfo(j->host, NULL, &hints, &j->list);
    j->sys = errno;
}

static int job_addresses(const struct job *j, uint16_t port, struct addr out[RESOLVE_MAX],
                         struct err *err)
{
    if (j->result == EAI_SYSTEM)
        return err_set_sys(err, ERR_RESOLVE, j->sys, "cannot resolve %s", j->host);
    if (j->result != 0)
        return err_set(err, ERR_RESOLVE, "cannot resolve %s: %s", j->host, gai_strerror(j->result));
    int n = 0;
    for (const struct addrinfo *ai = j->list; ai && n < RESOLVE_MAX; ai = ai->ai_next) {
        struct addr a = addr_from_sockaddr(ai->ai_addr);
        if (addr_family(&a) == AF_UNSPEC)
            continue;
        addr_set_port(&a, port);
        out[n++] = a;
    }
    return n ? n : err_set(err, ERR_RESOLVE, "cannot resolve %s: no address", j->host);
}

int resolve_host(const char *host, uint16_t port, int family, struct addr out[RESOLVE_MAX],
                 const struct wait *w, struct deadline until, struct err *err)
{
    if (addr_parse(host, &out[0], NULL) == 0) {
        if (family != AF_UNSPEC && addr_family(&out[0]) != family)
            return err_set(err, ERR_RESOLVE, "%s is not an IPv%d address", host,
                           family == AF_INET ? 4 : 6);
        addr_set_port(&out[0], port);
        return 1;
    }
    struct job *j = job_new(host, family, err);
    if (!j)
        return -1;
    struct offload *o = offload_start(job_run, job_free, j, err);
    if (!o)
        return err_wrap(err, "cannot resolve %s", host);
    int n = -1, ready = offload_wait(o, w, until, err);
    if (ready > 0)
        n = job_addresses(j, port, out, err);
    else if (ready == 0)
        err_set(err, ERR_RESOLVE, "cannot resolve %s: no answer in time", host);
    offload_leave(o);
    return n;
}
