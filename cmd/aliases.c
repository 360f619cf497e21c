#include "aliases.h"

#include <stdio.h>
#include <string.h>

static bool is_within(const struct alias_line *l, const char *name)
{
    for (int i = 0; i < l->depth; i++) {
        if (strcmp(l->within[i].name, name) == 0)
            return true;
    }
    return false;
}

/* text[start..start+len) is the name. */
static int replace(struct alias_line *l, const char *name, const char *value, size_t *pos,
                   size_t start, size_t len, struct err *err)
{
    char text[LINE_BYTES];
    const char *behind = l->text + start + len;
    bool marked = memchr(l->text + *pos, '-', start - *pos);
    int n = snprintf(text, sizeof text, "%s%s%s", marked ? "-" : "", value, behind);
    if (n < 0 || (size_t) n >= sizeof text)
        return err_set(err, ERR_USAGE, "with the alias '%s' the line is longer than %d bytes", name,
                       LINE_BYTES - 1);
    if (l->depth == ALIAS_DEPTH)
        return err_set(err, ERR_USAGE, "alias '%s': more than %d within each other", name,
                       ALIAS_DEPTH);
    snprintf(l->within[l->depth].name, ALIAS_NAME_BYTES, "%s", name);
    l->within[l->depth++].behind = strlen(behind);
    snprintf(l->last, sizeof l->last, "%s", name);
    memcpy(l->text, text, (size_t) n + 1);
    *pos = 0;
    return 0;
}

int aliases_expand(const struct dictionary *aliases, struct alias_line *l, size_t *pos,
                   struct err *err)
{
    for (;;) {
        size_t start, len = words_command(l->text, *pos, &start);
        char name[ALIAS_NAME_BYTES];
        while (l->depth > 0 && strlen(l->text + start) <= l->within[l->depth - 1].behind)
            l->depth--;
        if (len == 0 || len >= sizeof name)
            return 0;
        snprintf(name, sizeof name, "%.*s", (int) len, l->text + start);
        const char *value = dictionary_get(aliases, name);
        if (!value || is_within(l, name))
            return 0;
        if (replace(l, name, value, pos, start, len, err) < 0)
            return -1;
    }
}

int aliases_check_name(const char *name, struct err *err)
{
    size_t start, len = strlen(name);
    if (len > 0 && len < ALIAS_NAME_BYTES && !strchr(name, '=') &&
        words_command(name, 0, &start) == len && start == 0)
        return 0;
    return err_set(err, ERR_USAGE,
                   "'%s' is no name for an alias: one word without quotes, '$', '=' and operators, "
                   "at most %d bytes",
                   name, ALIAS_NAME_BYTES - 1);
}
