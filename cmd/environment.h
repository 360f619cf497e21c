/* Settings in the environment: FTPSH_ and the name in capitals, "_" in the place of "-". Pure. */
#ifndef FTPSH_CMD_ENVIRONMENT_H
#define FTPSH_CMD_ENVIRONMENT_H

#include "layers.h"

/* Puts them into LAYER_ENVIRONMENT. An empty one says nothing; one of a name that is no setting's
 * is somebody else's, unless it looks like one mistyped. -1 with ERR_USAGE, which names the
 * variable, or ERR_LOCAL. `environment` is as environ(7) has it. */
int environment_read(struct layers *l, char *const *environment, struct err *err);

#endif
