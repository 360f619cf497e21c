/* The settings in layers: who assigned what, and what comes out of it for a server.
 *
 * A layer covers those before it. The configuration's sections count where they bear the name of
 * the host or of the bookmark that was chosen with layers_choose(). What a layer says of a list
 * (strategies, pins) covers the whole list of the layers below. */
#ifndef FTPSH_CMD_LAYERS_H
#define FTPSH_CMD_LAYERS_H

#include "options.h"

enum layer {
    LAYER_DEFAULT,
    LAYER_ALL,      /* the configuration's section [*] */
    LAYER_HOST,     /* its section for the host */
    LAYER_BOOKMARK, /* and for the bookmark */
    LAYER_ENVIRONMENT,
    LAYER_OPTION,
    LAYER_SET /* at run time */
};

struct layers;

/* Where a setting's value comes from. */
struct origin {
    enum layer layer;
    const char *kind;  /* for programs: "default", "config", "environment", "option", "set" */
    const char *where; /* "/home/me/.config/ftpsh/config:3", "FTPSH_TIMEOUT", "--timeout"; borrowed;
                        * "" where there is nothing to say */
};

/* NULL with ERR_LOCAL: out of memory. */
struct layers *layers_new(struct err *err);
void layers_free(struct layers *l); /* wipes the texts */

/* The environment held a password, which goes before what the configuration says of one. */
void layers_give_password(struct layers *l);

/* Takes one assignment into LAYER_ENVIRONMENT, LAYER_OPTION or LAYER_SET. `value` is NULL for a
 * flag that is just named; a list's elements are separated by commas. In LAYER_SET it takes the
 * place of the one before. Texts are copied. -1 with ERR_USAGE when the value is none (the message
 * does not name the option), or ERR_LOCAL. */
int layers_add(struct layers *l, enum layer layer, const struct option *o, const char *value,
               const char *where, struct err *err);

/* The same for a section of the configuration: "*", a host or a bookmark. ERR_USAGE also for what
 * stands in it already, lists apart. */
int layers_add_config(struct layers *l, const char *section, const struct option *o,
                      const char *value, const char *where, struct err *err);

/* Takes back what LAYER_SET has for the option; false when it has nothing. */
bool layers_unset(struct layers *l, const struct option *o);

/* The host and bookmark to compose for; NULL or "": none. Copied. */
void layers_choose(struct layers *l, const char *host, const char *bookmark);

/* What comes out. Strings in *out live as long as the layers do. -1 with ERR_USAGE: values that do
 * not go together. */
int layers_compose(const struct layers *l, struct settings *out, struct err *err);

/* The same for another host and bookmark, whatever was chosen. */
int layers_compose_for(const struct layers *l, const char *host, const char *bookmark,
                       struct settings *out, struct err *err);

struct origin layers_origin(const struct layers *l, const struct option *o);

/* Names of the configuration's sections but "*", each once: for i from 0 on, NULL behind the last.
 * Borrowed. */
const char *layers_section(const struct layers *l, size_t i);

#endif
