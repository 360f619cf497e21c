#include "fuzz.h"

#include "known.h"

/* What was read and is written is read again, as it was. */
static void check_line(const char *text, size_t len)
{
    struct known_key k, again;
    char line[KNOWN_LINE_BYTES];
    if (!known_parse_line(text, len, &k))
        return;
    size_t put = known_format_line(&k, line);
    CHECK(put < sizeof line && line[put - 1] == '\n');
    CHECK(known_parse_line(line, put - 1, &again));
    CHECK(strcmp(again.host, k.host) == 0 && again.port == k.port);
    CHECK(strcmp(again.key.sha256, k.key.sha256) == 0 && again.key.waived == k.key.waived);
}

/* A key that is put in is the only one dropped. */
static void check_text(const char *text, size_t len)
{
    struct known_key k = {.key.waived = 1};
    struct buf before, with, without;
    buf_init(&before, 1 << 22);
    buf_init(&with, 1 << 22);
    buf_init(&without, 1 << 22);
    memset(k.key.sha256, 'a', sizeof k.key.sha256 - 1);
    CHECK(known_server(&k, "not.in.the.text.example", 21));
    if (len > 0 && buf_put(&before, text, len, NULL) == 0 &&
        known_drop(&before, k.host, 0, &without, NULL) == 0) {
        CHECK(known_put(&before, &k, &with, NULL) == 1);
        buf_clear(&before);
        CHECK(known_drop(&with, k.host, 21, &before, NULL) == 1);
        CHECK(buf_len(&before) == buf_len(&without));
        CHECK(buf_len(&before) == 0 ||
              memcmp(buf_data(&before), buf_data(&without), buf_len(&before)) == 0);
    }
    buf_clear(&before);
    buf_clear(&with);
    buf_clear(&without);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_line((const char *) data, size);
    check_text((const char *) data, size);
    return 0;
}
