#include "fuzz.h"

#include "ftp/listing.h"

static void check_string(const struct entry *e, const char *s)
{
    CHECK(s >= e->mem && s < e->mem + sizeof e->mem);
    CHECK(memchr(s, '\0', (size_t) (e->mem + sizeof e->mem - s)));
    CHECK(!strpbrk(s, "\r\n"));
}

static void check_entry(const struct entry *e)
{
    check_string(e, e->name);
    check_string(e, e->owner);
    check_string(e, e->group);
    check_string(e, e->target);
    check_string(e, e->perm);
    CHECK(*e->name);
    CHECK(e->size >= LISTING_UNKNOWN);
    CHECK(e->mode >= LISTING_UNKNOWN && e->mode <= 07777);
    CHECK(*entry_type_name(e->type));
}

static void check_outcome(int got, const struct entry *e, const struct err *err)
{
    static struct entry copy;
    CHECK(got >= -1 && got <= 1);
    CHECK((got < 0) == (err->code == ERR_PROTOCOL));
    if (got != 1)
        return;
    check_entry(e);
    entry_copy(&copy, e);
    check_entry(&copy);
    CHECK(strcmp(copy.name, e->name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct entry e;
    char *line = malloc(size ? size : 1);
    int64_t t;
    struct err err = ERR_INIT;
    CHECK(line);
    if (size)
        memcpy(line, data, size);
    check_outcome(mlsd_parse(line, size, &e, &err), &e, &err);
    err_clear(&err);
    check_outcome(list_parse(line, size, 1768046400, &e, &err), &e, &err);
    ftptime_parse(line, size, &t, NULL);
    free(line);
    return 0;
}
