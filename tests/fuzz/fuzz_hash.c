#include "fuzz.h"

#include "ftp/hash.h"

static void check_text(const char *text, size_t digits)
{
    CHECK(strlen(text) == digits);
    CHECK(strspn(text, "0123456789abcdef") == digits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t lengths[] = {8, 32, 40, 64, 128};
    char *text = fuzz_string(data, size), hash[HASH_TEXT];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        if (hash_from_reply(text, text, lengths[i], hash) == 0)
            check_text(hash, lengths[i]);
        if (hash_from_213(text, "SHA-1", lengths[i], 49, hash) == 0)
            check_text(hash, lengths[i]);
    }
    free(text);
    return 0;
}
