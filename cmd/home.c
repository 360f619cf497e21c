#include "home.h"

#include "base/glob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *home_folder(struct err *err)
{
    const char *home = getenv("HOME");
    if (home && *home)
        return home;
    err_set(err, ERR_USAGE, "no home folder is known: HOME is not set");
    return NULL;
}

bool home_is_meant(const char *word)
{
    return word[0] == '~' && (!word[1] || word[1] == '/');
}

int home_expand(const char *word, bool pattern, char *dst, size_t size, struct err *err)
{
    const char *home = home_folder(err);
    if (!home)
        return -1;
    int n = pattern ? glob_escape(dst, size, home) : snprintf(dst, size, "%s", home);
    size_t len = n < 0 ? size : (size_t) n, rest = strlen(word + 1);
    if (len >= size || rest >= size - len)
        return err_set(err, ERR_USAGE, "%s: the path is too long", word);
    memcpy(dst + len, word + 1, rest + 1);
    return 0;
}
