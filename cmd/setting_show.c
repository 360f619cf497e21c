#include "setting_show.h"

#include "base/escape.h"
#include "jsonout.h"

#include <string.h>

static const char row_format[] = "%-16s %-20s %-12s %s\n";

static json_t *make_json(const char *name, const char *value, const char *preset,
                         const struct origin *from)
{
    json_t *row = json_pack("{s:s, s:o, s:o, s:s}", "name", name, "value", json_text(value),
                            "default", json_text(preset), "origin", from->kind);
    if (row && from->layer != LAYER_DEFAULT)
        json_object_set_new(row, "where", json_text(from->where));
    return row;
}

int setting_show(FILE *out, enum setting_style style, const struct layers *l,
                 const struct settings *s, const struct option *o, struct err *err)
{
    char value[OPTION_VALUE_BYTES], preset[OPTION_VALUE_BYTES], safe[4 * OPTION_VALUE_BYTES];
    char where[4 * OPTION_VALUE_BYTES];
    struct origin from = layers_origin(l, o);
    option_value(s, o, value, sizeof value);
    option_default(o, preset, sizeof preset);
    if (style == SETTING_JSON)
        return json_line(out, make_json(o->name, value, preset, &from), err);
    const char *origin = from.layer == LAYER_DEFAULT ? from.kind : from.where;
    escape_text(safe, sizeof safe, value, strlen(value));
    escape_text(where, sizeof where, origin, strlen(origin));
    if (style == SETTING_LINE)
        fprintf(out, "%s = %s  # %s\n", o->name, safe, where);
    else
        fprintf(out, row_format, o->name, *safe ? safe : "-", *preset ? preset : "-", where);
    return 0;
}

int settings_show(FILE *out, enum setting_style style, const struct layers *l,
                  const struct settings *s, struct err *err)
{
    if (style == SETTING_ROW)
        fprintf(out, row_format, "SETTING", "VALUE", "DEFAULT", "FROM");
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];
        if (option_is_setting(o) && setting_show(out, style, l, s, o, err) < 0)
            return -1;
    }
    return 0;
}
