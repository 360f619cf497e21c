/* Threads that live on between one piece of work and the next. GnuTLS keeps some 200 bytes, until
 * the program ends, for every thread that has ever used its random numbers: a thread for each
 * connection would be memory that only grows. */
#ifndef FTPSH_BASE_CREW_H
#define FTPSH_BASE_CREW_H

#include "base/err.h"

#include <stdbool.h>

/* Any thread may hand it work. It has as many threads as have been at work at the same time so far,
 * which all have every signal blocked. A caller with a local folder of its own, which Linux lets
 * threads have, needs a crew of its own: a member stays in the folder of the one that had it made,
 * whoever hands it work later. */
struct crew;

/* A piece of work: the caller's, zeroed, and to stay where it is until crew_join(). */
struct crew_task {
    void (*run)(void *arg);
    void *arg;
    bool begun, over; /* over: under the crew's lock */
};

/* Starts no thread yet. NULL with ERR_LOCAL. */
struct crew *crew_new(struct err *err);

/* Starts run(arg) in an idle thread, or in a new one. -1 with ERR_LOCAL when there is none. */
int crew_start(struct crew *c, struct crew_task *t, void (*run)(void *arg), void *arg,
               struct err *err);

/* Waits until run() has returned; the thread is idle then. A task that was not begun, or was joined
 * already, is legal. */
void crew_join(struct crew *c, struct crew_task *t);

/* Ends the threads; every task must have been joined. NULL is legal. */
void crew_free(struct crew *c);

#endif
