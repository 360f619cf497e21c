#include "fuzz.h"

#include "config.h"

/* What is shown can be set again, but for what a mask covers. */
static void check_value(struct layers *l, const struct settings *s, const struct option *o)
{
    char value[OPTION_VALUE_BYTES];
    struct err err = ERR_INIT;
    option_value(s, o, value, sizeof value);
    CHECK(strlen(value) < sizeof value);
    CHECK(layers_origin(l, o).kind);
    if (*value && o->kind != OPTION_PROXY)
        CHECK(layers_add(l, LAYER_SET, o, value, "set", &err) == 0);
}

static void check_settings(struct layers *l)
{
    struct settings s;
    struct err err = ERR_INIT;
    CHECK(layers_compose(l, &s, &err) == 0);
    for (size_t i = 0; i < option_count; i++) {
        if (option_is_setting(&option_table[i]))
            check_value(l, &s, &option_table[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = ERR_INIT;
    struct layers *l = layers_new(&err);
    char *text = fuzz_string(data, size); /* one byte more, which is not to be read */
    CHECK(l);
    int rc = config_parse(l, text, size, "/c", size % 2 == 1, &err);
    CHECK((rc < 0) == (err.code == ERR_USAGE));
    CHECK(rc == 0 || strncmp(err.msg, "/c:", 3) == 0);
    layers_choose(l, "h", "b");
    check_settings(l);
    layers_free(l);
    free(text);
    return 0;
}
