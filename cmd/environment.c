#include "environment.h"

#include "nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char prefix[] = "FTPSH_";

/* "TLS_MIN" as "tls-min"; NULL when no setting is called that. */
static const struct option *setting_of(const char *variable, char *name, size_t size)
{
    snprintf(name, size, "%s", variable);
    for (char *p = name; *p; p++)
        *p = *p == '_' ? '-' : *p == '-' ? '_' : (char) tolower((unsigned char) *p);
    const struct option *o = strlen(name) > 1 ? option_find(name) : NULL;
    return o && option_is_setting(o) ? o : NULL;
}

/* "tls-min" as "FTPSH_TLS_MIN". */
static void write_variable(const char *name, char *dst, size_t size)
{
    snprintf(dst, size, "%s%s", prefix, name);
    for (char *p = dst + sizeof prefix - 1; *p; p++)
        *p = *p == '-' ? '_' : (char) toupper((unsigned char) *p);
}

/* FTPSH_PASSWORD is no setting: it shows nowhere. FTPSH_VERSION and the like may be anybody's. */
static int check_unknown(const char *variable, const char *name, struct err *err)
{
    char meant[64];
    struct nearest near = {.word = name};
    const struct option *o = option_find(name);
    if (o && o->adds_to) {
        write_variable(o->adds_to, meant, sizeof meant);
        return err_set(err, ERR_USAGE, "%s in the environment is no setting; use %s=%s", variable,
                       meant, o->name);
    }
    for (size_t i = 0; i < option_count; i++) {
        if (option_is_setting(&option_table[i]))
            nearest_offer(&near, option_table[i].name);
    }
    if (!near.best || o || strcmp(name, "password") == 0)
        return 0;
    write_variable(near.best, meant, sizeof meant);
    return err_set(err, ERR_USAGE, "%s in the environment is no setting (did you mean '%s'?)",
                   variable, meant);
}

static int read_one(struct layers *l, const char *text, struct err *err)
{
    char variable[64], name[64];
    const char *equals = strchr(text, '=');
    size_t len = equals ? (size_t) (equals - text) : 0;
    if (len == 0 || len >= sizeof variable || !equals[1])
        return 0;
    snprintf(variable, sizeof variable, "%.*s", (int) len, text);
    const struct option *o = setting_of(variable + sizeof prefix - 1, name, sizeof name);
    if (!o)
        return check_unknown(variable, name, err);
    if (layers_add(l, LAYER_ENVIRONMENT, o, equals + 1, variable, err) < 0)
        return err_wrap(err, "%s in the environment", variable);
    return 0;
}

int environment_read(struct layers *l, char *const *environment, struct err *err)
{
    for (; *environment; environment++) {
        if (strncmp(*environment, prefix, sizeof prefix - 1) == 0 &&
            read_one(l, *environment, err) < 0)
            return -1;
    }
    return 0;
}
