#include "fuzz.h"

#include "ftp/features.h"
#include "ftp/path.h"

static void check_folder(const char *text)
{
    char path[PATH_BYTES], joined[PATH_BYTES];
    struct err err = ERR_INIT;
    if (path_from_257(text, path, &err) < 0) {
        CHECK(err.code == ERR_PROTOCOL);
        return;
    }
    CHECK(*path && strlen(path) < sizeof path);
    CHECK(!strpbrk(path, "\r\n\033"));
    if (path_join("/base", path, joined, NULL) == 0)
        CHECK(strcmp(path_last(joined), path_last(path)) == 0);
    if (path_is_single(path))
        CHECK(!strchr(path, '/'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size);
    struct features f;
    features_parse(text, &f);
    CHECK(memchr(f.mlst, '\0', sizeof f.mlst) && memchr(f.hash, '\0', sizeof f.hash));
    CHECK(software_name(software_guess(text)));
    check_folder(text);
    free(text);
    return 0;
}
