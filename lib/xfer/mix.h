/* Names of two trees that some file systems take for one another. Pure. */
#ifndef FTPSH_XFER_MIX_H
#define FTPSH_XFER_MIX_H

#include "xfer/tree.h"

/* In *out by what (enum fold) names of one folder differ and by nothing else: two of the source, or
 * one of the source and one of the target. 0: it does not matter what the target tells apart. -1
 * with ERR_LOCAL. */
int trees_mix(const struct tree *source, const struct tree *target, unsigned *out, struct err *err);

#endif
