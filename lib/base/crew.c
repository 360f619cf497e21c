#include "base/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct member {
    struct crew *crew;
    struct member *next; /* of all */
    pthread_t thread;
    pthread_cond_t wake;
    struct crew_task *task; /* NULL: idle */
};

struct crew {
    pthread_mutex_t lock; /* for all that follows, and what the members hold */
    pthread_cond_t ended; /* a task */
    struct member *members;
    bool closing;
};

struct crew *crew_new(struct err *err)
{
    struct crew *c = calloc(1, sizeof *c);
    bool locked = c && pthread_mutex_init(&c->lock, NULL) == 0;
    if (locked && pthread_cond_init(&c->ended, NULL) == 0)
        return c;
    if (locked)
        pthread_mutex_destroy(&c->lock);
    free(c);
    err_set(err, ERR_LOCAL, "out of memory");
    return NULL;
}

/* The lock is held. */
static void work_off(struct member *m)
{
    struct crew *c = m->crew;
    struct crew_task *t = m->task;
    pthread_mutex_unlock(&c->lock);
    t->run(t->arg);
    pthread_mutex_lock(&c->lock);
    m->task = NULL;
    t->over = true;
    pthread_cond_broadcast(&c->ended);
}

static void *member_main(void *arg)
{
    struct member *m = arg;
    struct crew *c = m->crew;
    pthread_mutex_lock(&c->lock);
    while (!c->closing) {
        if (m->task)
            work_off(m);
        else
            pthread_cond_wait(&m->wake, &c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* Signals are for the other threads of the program. */
static int start_thread(struct member *m)
{
    sigset_t all, usual;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &usual);
    int rc = pthread_create(&m->thread, NULL, member_main, m);
    pthread_sigmask(SIG_SETMASK, &usual, NULL);
    return rc;
}

/* The lock is held. */
static int add_member(struct crew *c, struct crew_task *t, struct err *err)
{
    struct member *m = calloc(1, sizeof *m);
    if (!m || pthread_cond_init(&m->wake, NULL) != 0) {
        free(m);
        return err_set(err, ERR_LOCAL, "out of memory");
    }
    m->crew = c;
    m->task = t;
    int rc = start_thread(m);
    if (rc != 0) {
        pthread_cond_destroy(&m->wake);
        free(m);
        return err_set_sys(err, ERR_LOCAL, rc, "cannot start a thread");
    }
    m->next = c->members;
    c->members = m;
    return 0;
}

int crew_start(struct crew *c, struct crew_task *t, void (*run)(void *arg), void *arg,
               struct err *err)
{
    int rc = 0;
    *t = (struct crew_task){.run = run, .arg = arg, .begun = true};
    pthread_mutex_lock(&c->lock);
    struct member *m = c->members;
    while (m && m->task)
        m = m->next;
    if (m) {
        m->task = t;
        pthread_cond_signal(&m->wake);
    } else {
        rc = add_member(c, t, err);
    }
    pthread_mutex_unlock(&c->lock);
    t->begun = rc == 0;
    return rc;
}

void crew_join(struct crew *c, struct crew_task *t)
{
    if (!t->begun)
        return;
    pthread_mutex_lock(&c->lock);
    while (!t->over)
        pthread_cond_wait(&c->ended, &c->lock);
    pthread_mutex_unlock(&c->lock);
    t->begun = false;
}

void crew_free(struct crew *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->closing = true;
    for (struct member *m = c->members; m; m = m->next)
        pthread_cond_signal(&m->wake);
    pthread_mutex_unlock(&c->lock);
    while (c->members) {
        struct member *m = c->members;
        c->members = m->next;
        pthread_join(m->thread, NULL);
        pthread_cond_destroy(&m->wake);
        free(m);
    }
    pthread_cond_destroy(&c->ended);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
