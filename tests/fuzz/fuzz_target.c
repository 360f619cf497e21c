#include "fuzz.h"

#include "target.h"

static void check_clean(const char *part)
{
    for (; *part; part++)
        CHECK((unsigned char) *part >= ' ' && *part != 0x7f);
}

/* What is written is read again as it was, but for the password, which it never holds. */
static void check_text(struct target *t)
{
    char text[TARGET_TEXT_BYTES];
    struct target again;
    CHECK(strlen(target_format(t, text)) < sizeof text);
    CHECK(target_parse(text, &again, NULL) == 0);
    memset(t->password, 0, sizeof t->password);
    t->has_password = false;
    CHECK(memcmp(t, &again, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size);
    struct target t;
    struct err err = ERR_INIT;
    enum tls_mode mode;
    if (target_parse(text, &t, &err) == 0) {
        CHECK(t.host[0]);
        check_clean(t.user);
        check_clean(t.password);
        check_clean(t.host);
        check_clean(t.dir);
        CHECK(target_tls(&t, TLS_REQUIRE, false, &mode, NULL) == 0);
        CHECK(mode == (t.scheme == SCHEME_FTPS ? TLS_IMPLICIT : TLS_REQUIRE));
        check_text(&t);
    } else {
        CHECK(err.code == ERR_USAGE);
        CHECK(!t.host[0] && !t.password[0]);
    }
    free(text);
    return 0;
}
