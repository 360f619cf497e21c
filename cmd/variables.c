#include "variables.h"

#include "nearest.h"
#include "words.h"

#include <string.h>

static const char *find_argument(const struct app *app, char digit, struct err *err)
{
    int i = digit - '0', n = app->script ? app->script->argc : 0;
    if (i <= n)
        return app->script->argv[i - 1];
    err_set(err, ERR_USAGE, "there is no argument $%d: $# is %d", i, n);
    return NULL;
}

static const char *find_number(struct app *app, char which)
{
    int n = which == '?' ? app->last_status : app->script ? app->script->argc : 0;
    snprintf(app->value, sizeof app->value, "%d", n);
    return app->value;
}

static const char *find_setting(struct app *app, const char *name)
{
    char dashed[VARIABLE_NAME_BYTES];
    snprintf(dashed, sizeof dashed, "%s", name);
    for (char *p = dashed; (p = strchr(p, '_'));)
        *p = '-';
    const struct option *o = strlen(dashed) > 1 ? option_find(dashed) : NULL;
    return o && option_is_setting(o)
               ? option_value(&app->settings, o, app->value, sizeof app->value)
               : NULL;
}

static int no_variable(const struct app *app, const char *name, const char *advice, struct err *err)
{
    char hint[96];
    struct nearest near = {.word = name};
    for (size_t i = 0; i < app->variables.n; i++)
        nearest_offer(&near, app->variables.list[i].name);
    for (size_t i = 0; i < option_count; i++) {
        if (option_is_setting(&option_table[i]))
            nearest_offer(&near, option_table[i].name);
    }
    return err_set(err, ERR_USAGE, "there is no variable '%s'%s%s", name,
                   nearest_hint(&near, "", hint, sizeof hint), advice);
}

const char *variables_find(void *ctx, const char *name, struct err *err)
{
    struct app *app = ctx;
    if (*name >= '1' && *name <= '9')
        return find_argument(app, *name, err);
    if (*name == '?' || *name == '#')
        return find_number(app, *name);
    const char *value = dictionary_get(&app->variables, name);
    if (!value)
        value = find_setting(app, name);
    if (value)
        return value;
    no_variable(app, name, "; '\\$' is a '$' that stands for itself", err);
    return NULL;
}

int variables_set(struct app *app, const char *name, const char *value, struct err *err)
{
    if (!words_is_name(name))
        return err_set(err, ERR_USAGE,
                       "'%s' is no name for a variable: letters, digits and '_', at most %d", name,
                       VARIABLE_NAME_BYTES - 1);
    if (dictionary_set(&app->variables, name, value, err) < 0)
        return err_wrap(err, "variable '%s'", name);
    return 0;
}

int variables_unset(struct app *app, const char *name, struct err *err)
{
    if (dictionary_remove(&app->variables, name))
        return 0;
    return no_variable(app, name, "", err);
}
