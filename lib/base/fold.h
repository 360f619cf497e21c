/* Names that a file system takes for the same. Pure. */
#ifndef FTPSH_BASE_FOLD_H
#define FTPSH_BASE_FOLD_H

#include "base/err.h"

/* What a file system does not tell apart. */
enum fold {
    FOLD_CASE = 1, /* upper and lower case (Unicode's full case folding) */
    FOLD_FORM = 2, /* composed and decomposed characters (UAX 15) */
};

/* The key of a name: equal for names that `how` (enum fold, 0: none) makes the same. A name that is
 * not UTF-8 has its ASCII letters folded only. The caller frees it; NULL with ERR_LOCAL. */
char *fold_name(const char *name, unsigned how, struct err *err);

#endif
