/* Between the files of mirror: single actions. */
#ifndef FTPSH_XFER_MIRROR_PRIVATE_H
#define FTPSH_XFER_MIRROR_PRIVATE_H

#include "xfer/mirror.h"

#include <sys/stat.h>

/* What came of an action: MIRROR_FAILED goes with -1 and err. */
struct deed {
    enum mirror_outcome outcome;
    const char *why;
};

/* Those that only touch local files. */
bool action_is_local(const struct mirror *m, const struct action *a);
int local_act(const struct mirror *m, const struct plan *p, const struct action *a,
              struct deed *deed, struct err *err);

/* Removes a file, link or folder of the local target. */
int local_remove(const struct mirror *m, const struct plan *p, const struct action *a,
                 struct deed *deed, struct err *err);

/* Whether the local target is as the plan knew it: MIRROR_DONE, so the action may be done;
 * MIRROR_ALREADY, it was done before; MIRROR_SKIPPED. `folder` and `name` are where it lies. */
void local_recheck(const struct mirror *m, const struct action *a, int folder, const char *name,
                   struct deed *deed);

/* Whether the local source lacks the path. */
bool local_lacks(const struct mirror *m, const char *path);

/* Whether the remote source lacks the path: 1 when the server says so, 0 when it does not; -1 when
 * the session broke. */
int remote_lacks(struct mover *v, const char *path, struct err *err);

/* Those of a remote target but for uploads. */
int remote_act(const struct mirror *m, struct mover *v, const struct plan *p,
               const struct action *a, struct deed *deed, struct err *err);

/* As local_recheck(), by SIZE; -1 when the session broke. */
int remote_recheck(struct mover *v, const struct action *a, const char *path, struct deed *deed,
                   struct err *err);

#endif
