#include "proxyenv.h"

#include <stdlib.h>

/* The first of these variables that is not empty; *name is its name. */
static const char *first_value(const char *const names[], size_t n, const char **name)
{
    for (size_t i = 0; i < n; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            *name = names[i];
            return value;
        }
    }
    return NULL;
}

#define FIRST_VALUE(names, name) first_value(names, sizeof(names) / sizeof(names)[0], name)

static int choose_from_environment(const char *host, struct proxy *out, struct err *err)
{
    static const char *const proxies[] = {"ftp_proxy", "FTP_PROXY", "all_proxy", "ALL_PROXY"};
    static const char *const exceptions[] = {"no_proxy", "NO_PROXY"};
    const char *name, *other;
    const char *text = FIRST_VALUE(proxies, &name);
    const char *list = FIRST_VALUE(exceptions, &other);
    if (!text || (list && proxy_excepts(list, host)))
        return 0;
    if (proxy_parse(text, out, err) < 0)
        return err_wrap(err, "%s in the environment (--proxy=off ignores it)", name);
    return 1;
}

int proxy_choose(const struct settings *s, const char *host, struct proxy *out, struct err *err)
{
    if (s->proxy_choice == PROXY_FROM_ENVIRONMENT)
        return choose_from_environment(host, out, err);
    *out = s->proxy;
    return s->proxy_choice == PROXY_GIVEN;
}
