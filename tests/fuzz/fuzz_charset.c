#include "fuzz.h"

#include "ftp/charset.h"

static const char *const names[] = {"ISO-8859-1", "CP1252", "CP932", "GB18030", "EUC-JP", "BIG5"};

/* The first byte chooses the charset; the rest goes there and back, and is then taken for text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct charset *c = charset_new(names[data[0] % (sizeof names / sizeof names[0])], NULL);
    CHECK(c);
    char *bytes = fuzz_string(data + 1, size - 1);
    size_t room = 3 * size + 8;
    char *text = malloc(room), *back = malloc(room);
    CHECK(text && back);
    int n = charset_decode(c, bytes, size - 1, text, room);
    CHECK(n >= 0 && (size_t) n <= 3 * (size - 1) && text[n] == '\0');
    CHECK(charset_encode(c, text, (size_t) n, back, room, NULL) == (int) size - 1);
    CHECK(memcmp(back, bytes, size - 1) == 0);
    struct err err = ERR_INIT;
    n = charset_encode(c, bytes, size - 1, text, room, &err);
    CHECK((n < 0) == (err.code == ERR_USAGE));
    free(bytes);
    free(text);
    free(back);
    charset_free(c);
    return 0;
}
