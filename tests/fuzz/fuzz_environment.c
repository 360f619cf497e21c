#include "fuzz.h"

#include "environment.h"

enum { VARIABLES_MAX = 32 };

/* The text's lines as environ(7) has them; the text is cut into pieces. */
static void cut_lines(char *text, char *lines[VARIABLES_MAX + 1])
{
    size_t n = 0;
    while (*text && n < VARIABLES_MAX) {
        size_t len = strcspn(text, "\n");
        bool last = text[len] == '\0';
        text[len] = '\0';
        lines[n++] = text;
        text += last ? len : len + 1;
    }
    lines[n] = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size), *lines[VARIABLES_MAX + 1];
    struct err err = ERR_INIT;
    struct settings s;
    struct layers *l = layers_new(&err);
    CHECK(l);
    cut_lines(text, lines);
    int rc = environment_read(l, lines, &err);
    CHECK((rc < 0) == (err.code == ERR_USAGE));
    CHECK(rc == 0 || strstr(err.msg, " in the environment"));
    if (layers_compose(l, &s, &err) < 0)
        CHECK(err.code == ERR_USAGE);
    layers_free(l);
    free(text);
    return 0;
}
