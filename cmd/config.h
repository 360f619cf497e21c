/* The configuration: the file "config" in $XDG_CONFIG_HOME/ftpsh or ~/.config/ftpsh. See
 * ftpsh_config(5).
 *
 * INI: sections [*], [HOST] and [BOOKMARK], in them NAME = VALUE with the names of the settings;
 * lines that begin with # or ; are comments, and so is what stands behind a blank and ';'. */
#ifndef FTPSH_CMD_CONFIG_H
#define FTPSH_CMD_CONFIG_H

#include "layers.h"

/* Puts what the text holds into the layers. `path` is for messages and origins; `shared`: others
 * can read it, so that it must not hold a password. -1 with ERR_USAGE ("PATH:3: ...": an unknown
 * name, with the nearest; a bad value; a name that stands twice in a section; what is no line of
 * such a file; a value of OPTION_VALUE_BYTES or more) or ERR_LOCAL. */
int config_parse(struct layers *l, const char *text, size_t len, const char *path, bool shared,
                 struct err *err);

/* The same for the file; one that does not exist holds nothing. -1 with ERR_LOCAL also as
 * own_open(), and when it is larger than OWN_BYTES_MAX. */
int config_load(struct layers *l, struct err *err);

/* Where it is; "" when the environment tells no home. Returns dst. */
const char *config_path(char *dst, size_t size);

#endif
