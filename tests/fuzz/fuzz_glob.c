#include "fuzz.h"

#include "base/glob.h"

/* A pattern, a NUL, a name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *pattern = fuzz_string(data, size);
    size_t len = strlen(pattern), room = 2 * size + 3;
    char *name = fuzz_string(data + (len < size ? len + 1 : size), len < size ? size - len - 1 : 0);
    char *escaped = malloc(room);
    CHECK(escaped);

    bool plain = glob_match(pattern, name, 0);
    CHECK(!plain || glob_match(pattern, name, GLOB_HIDDEN));
    CHECK(glob_escape(escaped, room, name) >= 0);
    CHECK(glob_match(escaped, name, 0) && !glob_has_magic(escaped));
    glob_unescape(escaped);
    CHECK(strcmp(escaped, name) == 0);
    if (!glob_has_magic(pattern)) {
        glob_unescape(pattern);
        CHECK(plain == (strcmp(pattern, name) == 0));
    }
    free(escaped);
    free(name);
    free(pattern);
    return 0;
}
