#include "xfer/ancestry.h"

#include "xfer/stat.h"

#include <stdio.h>
#include <string.h>

int unique_of(struct mover *m, const char *folder, char dst[UNIQUE_BYTES], struct err *err)
{
    struct items found = {0};
    struct err why = ERR_INIT;
    dst[0] = '\0';
    int rc = stat_facts(m, *folder ? folder : ".", &found, &why);
    if (rc > 0 && strlen(found.list[0].unique) < UNIQUE_BYTES)
        snprintf(dst, UNIQUE_BYTES, "%s", found.list[0].unique);
    items_clear(&found);
    bool refused = why.code == ERR_REPLY_PERMANENT || why.code == ERR_REPLY_TRANSIENT ||
                   why.code == ERR_PROTOCOL;
    return rc < 0 && !refused ? err_take(err, &why) : 0;
}

int ancestry_enter(struct ancestry *a, struct mover *m, const char *folder, const struct item *item,
                   int depth, struct err *err)
{
    if (*item->unique && depth == 1 && !a->asked) {
        a->asked = true;
        if (unique_of(m, folder, a->root, err) < 0)
            return -1;
    }
    if (*item->unique && strcmp(item->unique, a->root) == 0)
        return 0;
    for (int i = 0; *item->unique && i < depth - 1; i++) {
        if (strcmp(a->below[i], item->unique) == 0)
            return 0;
    }
    a->below[depth - 1] = item->unique;
    return 1;
}

int ancestry_check(struct ancestry *a, struct mover *m, const char *folder, const struct item *item,
                   int depth, struct err *err)
{
    int rc = ancestry_enter(a, m, folder, item, depth, err);
    return rc > 0 ? 0 : rc < 0 ? -1 : err_set(err, ERR_PROTOCOL, "a folder inside itself");
}
