#include "net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Shared by the caller and the resolving thread; whoever leaves last frees it. */
struct job {
    _Atomic int owners;
    int rd, wr;
    char *host;
    int family;
    int result, sys; /* of getaddrinfo() */
    struct addrinfo *list;
};

static void job_release(struct job *j)
{
    if (atomic_fetch_sub(&j->owners, 1) != 1)
        return;
    if (j->list)
        freeaddrinfo(j->list);
    close(j->rd);
    close(j->wr);
    free(j->host);
    free(j);
}

static struct job *job_new(const char *host, int family, struct err *err)
{
    int fds[2];
    struct job *j = calloc(1, sizeof *j);
    if (j)
        j->host = strdup(host);
    if (!j || !j->host || pipe(fds) < 0) {
        err_set_sys(err, ERR_LOCAL, errno, "cannot start a name look-up");
        if (j)
            free(j->host);
        free(j);
        return NULL;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    atomic_init(&j->owners, 2);
    j->rd = fds[0];
    j->wr = fds[1];
    j->family = family;
    return j;
}

static void *job_run(void *arg)
{
    struct job *j = arg;
    struct addrinfo hints = {.ai_family = j->family, .ai_socktype = SOCK_STREAM};
    j->result = getaddrinfo(j->host, NULL, &hints, &j->list);
    j->sys = errno;
    ssize_t ignored = write(j->wr, "", 1);
    (void) ignored;
    job_release(j);
    return NULL;
}

static int job_start(struct job *j, struct err *err)
{
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int rc = pthread_create(&thread, &attr, job_run, j);
    pthread_attr_destroy(&attr);
    if (rc == 0)
        return 0;
    atomic_fetch_sub(&j->owners, 1);
    return err_set_sys(err, ERR_LOCAL, rc, "cannot start a name look-up");
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
    int n = -1;
    if (job_start(j, err) == 0) {
        struct wait_fd done = {.fd = j->rd, .want = POLLIN};
        int ready = wait_fds(w, &done, 1, until, err);
        if (ready > 0)
            n = job_addresses(j, port, out, err);
        else if (ready == 0)
            err_set(err, ERR_RESOLVE, "cannot resolve %s: no answer in time", host);
    }
    job_release(j);
    return n;
}
