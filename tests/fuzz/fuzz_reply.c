#include "fuzz.h"

#include "ftp/reply.h"

static void check_reply(const struct reply *r, size_t used)
{
    char shown[64];
    CHECK(r->code >= 100 && r->code < 600);
    CHECK(used <= REPLY_MAX && strlen(r->text) < used);
    CHECK(reply_last_line(r));
    CHECK(strlen(reply_summary(r, shown, sizeof shown)) < sizeof shown);
}

/* Feeding in pieces and all at once give the same. */
static int feed(const char *data, size_t size, size_t step, struct reply *out, size_t *used)
{
    struct reply_scan scan = {0};
    struct err err = ERR_INIT;
    int got = 0;
    for (size_t n = step < size ? step : size; got == 0; n = n + step < size ? n + step : size) {
        got = reply_parse(data, n, &scan, out, used, &err);
        CHECK((got < 0) == err_is_set(&err));
        if (n == size)
            break;
    }
    return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size);
    size_t used = 0, slowly_used = 0;
    struct reply r = {0}, slow = {0};
    int got = feed(text, size, size + 1, &r, &used);
    int slowly = feed(text, size, 1, &slow, &slowly_used);
    CHECK(got == slowly && used == slowly_used);
    if (got == 1) {
        check_reply(&r, used);
        CHECK(r.code == slow.code && strcmp(r.text, slow.text) == 0);
    }
    reply_clear(&r);
    reply_clear(&slow);
    free(text);
    return 0;
}
