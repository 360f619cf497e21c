#include "base/fold.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

static char *fold_ascii(const char *name, unsigned how)
{
    char *key = strdup(name);
    for (char *p = key; key && (how & FOLD_CASE) && *p; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char) (*p - 'A' + 'a');
    }
    return key;
}

/* Case folding takes care of the normal form itself: what folds may compose anew. */
static char *fold_unicode(const uint8_t *name, size_t len, unsigned how)
{
    size_t size = 0;
    uninorm_t form = how & FOLD_FORM ? UNINORM_NFD : NULL;
    uint8_t *folded = how & FOLD_CASE ? u8_casefold(name, len, NULL, form, NULL, &size)
                                      : u8_normalize(form, name, len, NULL, &size);
    uint8_t *key = folded ? realloc(folded, size + 1) : NULL;
    if (!key)
        free(folded);
    else
        key[size] = '\0';
    return (char *) key;
}

char *fold_name(const char *name, unsigned how, struct err *err)
{
    const uint8_t *text = (const uint8_t *) name;
    size_t len = strlen(name);
    bool plain = how == 0 || len == 0 || u8_check(text, len);
    char *key = plain ? fold_ascii(name, how) : fold_unicode(text, len, how);
    if (!key)
        err_set(err, ERR_LOCAL, "out of memory");
    return key;
}
