/* Work that can only block, in a thread of its own, so that waiting for it can be cancelled. A
 * thread that nobody waits for any more is left to end by itself. */
#ifndef FTPSH_BASE_OFFLOAD_H
#define FTPSH_BASE_OFFLOAD_H

#include "base/wait.h"

struct offload;

/* Starts run(work). `work` is taken over in any case: free_work() is called once, by whoever leaves
 * last, the thread or the caller. NULL with ERR_LOCAL when there is no thread to be had. */
struct offload *offload_start(void (*run)(void *work), void (*free_work)(void *work), void *work,
                              struct err *err);

/* 1 when the work is done, and then the caller may read it; 0 when `until` has come first; -1 as
 * wait_fds(). */
int offload_wait(struct offload *o, const struct wait *w, struct deadline until, struct err *err);

/* The caller leaves: `work` is no longer its business. NULL is legal. */
void offload_leave(struct offload *o);

#endif
