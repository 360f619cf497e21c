/* Settings as text: for `set` and --show-config. */
#ifndef FTPSH_CMD_SETTING_SHOW_H
#define FTPSH_CMD_SETTING_SHOW_H

#include "layers.h"

#include <stdio.h>

enum setting_style {
    SETTING_ROW,  /* name, value, default, origin */
    SETTING_LINE, /* name = value  # origin */
    SETTING_JSON  /* {"name", "value", "default", "origin", "where"}; origin is "default", "config",
                   * "environment", "option" or "set", and "where" is absent for "default" */
};

/* `s` is what was composed of `l`. Passwords are masked. -1 with ERR_LOCAL. */
int setting_show(FILE *out, enum setting_style style, const struct layers *l,
                 const struct settings *s, const struct option *o, struct err *err);

/* All of them, rows with a heading. */
int settings_show(FILE *out, enum setting_style style, const struct layers *l,
                  const struct settings *s, struct err *err);

#endif
