#include "fuzz.h"

#include "base/beneath.h"
#include "xfer/filter.h"

/* The first line is a path, the rest are rules. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t len = end ? (size_t) (end - data) : size;
    char *path = fuzz_string(data, len);
    struct err err = ERR_INIT;
    struct filter *f = filter_new(&err);
    CHECK(f);
    if (end && filter_add_lines(f, (const char *) end + 1, size - len - 1, &err) < 0)
        CHECK(err.code == ERR_USAGE);
    filter_wants(f, path, true);
    bool wanted = filter_wants(f, path, false);
    /* a rule behind all the others decides, for what is a path */
    if (beneath_valid(path) &&
        filter_add_glob(f, wanted ? FILTER_EXCLUDE : FILTER_INCLUDE, "**", NULL) == 0)
        CHECK(filter_wants(f, path, false) != wanted);
    filter_free(f);
    free(path);
    return 0;
}
