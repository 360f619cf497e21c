#include "base/offload.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* Shared by the caller and the thread; whoever leaves last frees it. */
struct offload {
    _Atomic int owners;
    int rd, wr; /* a byte comes when the work is done */
    void (*run)(void *work);
    void (*free_work)(void *work);
    void *work;
};

void offload_leave(struct offload *o)
{
    if (!o || atomic_fetch_sub(&o->owners, 1) != 1)
        return;
    o->free_work(o->work);
    close(o->rd);
    close(o->wr);
    free(o);
}

static void *thread_main(void *arg)
{
    struct offload *o = arg;
    o->run(o->work);
    ssize_t ignored = write(o->wr, "", 1);
    (void) ignored;
    offload_leave(o);
    return NULL;
}

static struct offload *offload_new(struct err *err)
{
    int fds[2];
    struct offload *o = calloc(1, sizeof *o);
    if (!o || pipe(fds) < 0) {
        err_set_sys(err, ERR_LOCAL, errno, "cannot make a pipe");
        free(o);
        return NULL;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    atomic_init(&o->owners, 2);
    o->rd = fds[0];
    o->wr = fds[1];
    return o;
}

struct offload *offload_start(void (*run)(void *work), void (*free_work)(void *work), void *work,
                              struct err *err)
{
    pthread_t thread;
    pthread_attr_t attr;
    struct offload *o = offload_new(err);
    if (!o) {
        free_work(work);
        return NULL;
    }
    o->run = run;
    o->free_work = free_work;
    o->work = work;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int rc = pthread_create(&thread, &attr, thread_main, o);
    pthread_attr_destroy(&attr);
    if (rc == 0)
        return o;
    err_set_sys(err, ERR_LOCAL, rc, "cannot start a thread");
    offload_leave(o);
    offload_leave(o);
    return NULL;
}

int offload_wait(struct offload *o, const struct wait *w, struct deadline until, struct err *err)
{
    struct wait_fd done = {.fd = o->rd, .want = POLLIN};
    return wait_fds(w, &done, 1, until, err);
}
