/* Commands in the background: those with "&" begin at once, those of `queue` run one after the
 * other. Each has a thread, and a twin of the app (app_twin()) with a connection of its own; what
 * it has to show is kept until the person is at the prompt.
 *
 * All that is called here is called in the thread of the app. Local names are those of the folder
 * where the command was given: on Linux a thread has a folder of its own; elsewhere `lcd` has to
 * wait for what runs. */
#ifndef FTPSH_CMD_BACKGROUND_H
#define FTPSH_CMD_BACKGROUND_H

#include "app.h"

#define TASKS_MAX 200 /* each keeps a few descriptors */

enum task_state {
    TASK_WAITING, /* in the queue */
    TASK_RUNNING,
    TASK_DONE,
    TASK_FAILED
};

/* What can be told of one. */
struct task_view {
    int number;
    bool queued;
    enum task_state state;
    const char *text;    /* the command, as it may be typed again */
    int64_t done, total; /* bytes so far; `total` -1: unknown */
};

/* Begins a command, or puts it into the queue. `patterns` as for command_run(). ERR_USAGE: not
 * connected, a command that cannot run in the background, or whose words are wrong; ERR_LOCAL. */
int background_add(struct app *app, bool queued, int argc, char **argv, char *const *patterns,
                   struct err *err);

/* Calls `each` for every one that has not been told of as ended, in the order in which they were
 * given, the queue in its own. */
int background_each(struct app *app,
                    int (*each)(void *ctx, const struct task_view *v, struct err *err), void *ctx,
                    struct err *err);

/* Shows what those that have ended kept, says how they ended, and forgets them. A failure is noted
 * in the report, and in *err where that is not NULL and the first. */
void background_reap(struct app *app, struct err *err);

/* Waits for number `n` (0: all but those in a queue that is stopped), and forgets what it waited
 * for as background_reap() does. -1 with its, or the first, failure, which has been told;
 * ERR_USAGE: there is no such command, or it waits in a stopped queue; ERR_CANCELLED, ERR_TIMEOUT:
 * they go on. */
int background_wait(struct app *app, int n, struct err *err);

/* Takes number `n` out of the queue, or ends it; nothing where it has ended. -1 with ERR_USAGE. */
int background_kill(struct app *app, int n, struct err *err);

/* Makes `n` the one at `place` (from 1) of those that wait in the queue. -1 with ERR_USAGE. */
int background_move(struct app *app, int n, int place, struct err *err);

/* Held, the queue begins nothing more; what runs goes on. */
int background_hold(struct app *app, bool held, struct err *err);
bool background_held(struct app *app);

/* How many wait or run. */
int background_count(struct app *app);

/* A command runs that would notice a change of the local folder. */
bool background_needs_folder(struct app *app);

/* Waits for all; an interrupt ends them. For the end of a script. */
void background_finish(struct app *app);

/* Ends all, and tells and notes in the report how each ended: one that is stopped so has failed,
 * other than by background_kill(). For the end of the shell. */
void background_stop(struct app *app);

/* Ends all, and forgets them. */
void background_free(struct app *app);

#endif
