#include "fuzz.h"

#include "netrc.h"

/* Nothing is left of an entry that was not found. */
static void check_none(const struct netrc_entry *e)
{
    static const struct netrc_entry none;
    CHECK(memcmp(e, &none, sizeof none) == 0);
}

static void check_host(const char *text, size_t len, const char *host)
{
    struct netrc_entry any, his;
    struct err err = ERR_INIT;
    int rc = netrc_find(text, len, host, NULL, &any, &err);
    CHECK((rc < 0) == (err.code == ERR_LOCAL));
    CHECK(rc >= 0 || strncmp(err.msg, "line ", 5) == 0);
    CHECK(any.has_login || !any.login[0]);
    if (rc <= 0) {
        check_none(&any);
        return;
    }
    /* An entry that names a user is his. */
    if (any.has_login) {
        CHECK(netrc_find(text, len, host, any.login, &his, NULL) == 1);
        CHECK(memcmp(&any, &his, sizeof any) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1); /* not ended by NUL: it is a file */
    CHECK(text);
    if (size)
        memcpy(text, data, size);
    check_host(text, size, "ftp.example.com");
    check_host(text, size, "");
    free(text);
    return 0;
}
