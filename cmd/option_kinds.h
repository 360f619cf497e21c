/* Kinds of values of options: text into struct settings and back. For the table in options.c; see
 * `set` and `get` in options.h. */
#ifndef FTPSH_CMD_OPTION_KINDS_H
#define FTPSH_CMD_OPTION_KINDS_H

#include "options.h"

#define OPTION_SETTER(name)                                                                        \
    int set_##name(struct settings *s, const struct option *o, const char *value, struct err *err)
#define OPTION_GETTER(name)                                                                        \
    void get_##name(const struct settings *s, const struct option *o, char *dst, size_t size)

/* On the field at o->offset. */
OPTION_SETTER(flag);    /* bool */
OPTION_SETTER(text);    /* const char * */
OPTION_SETTER(seconds); /* int64_t, milliseconds */
OPTION_SETTER(number);  /* int */
OPTION_SETTER(amount);  /* int64_t */
OPTION_SETTER(choice);  /* an enum */
OPTION_GETTER(flag);
OPTION_GETTER(text);
OPTION_GETTER(seconds);
OPTION_GETTER(number);
OPTION_GETTER(amount);
OPTION_GETTER(choice);

OPTION_SETTER(strategies);
OPTION_SETTER(strategy); /* a flag that is named after one */
OPTION_SETTER(address);
OPTION_SETTER(ports);
OPTION_SETTER(pin);
OPTION_SETTER(host_name); /* const char * */
OPTION_SETTER(identity);  /* const char *: a file, or a token's URL */
OPTION_SETTER(family);    /* by its letter: 4 or 6 */
OPTION_SETTER(charset);
OPTION_SETTER(proxy);
OPTION_GETTER(strategies);
OPTION_GETTER(strategy);
OPTION_GETTER(address);
OPTION_GETTER(ports);
OPTION_GETTER(pin);
OPTION_GETTER(family);
OPTION_GETTER(charset);
OPTION_GETTER(proxy);

#endif
