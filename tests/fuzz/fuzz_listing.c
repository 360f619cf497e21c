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

static int check_listed(void *ctx, const struct entry *e, struct err *err)
{
    int *entries = ctx;
    static struct entry copy;
    (void) err;
    check_entry(e);
    entry_copy(&copy, e);
    check_entry(&copy);
    CHECK(strcmp(copy.name, e->name) == 0);
    CHECK(e->mtime_step == 0 ? e->mtime == LISTING_UNKNOWN
                             : e->mtime_step == 1 || e->mtime_step == 60 || e->mtime_step == 86400);
    ++*entries;
    return 0;
}

static void check_unread(void *ctx, const char *line, size_t len)
{
    int *entries = ctx;
    (void) entries;
    CHECK(len == 0 || line[len - 1] != '\n');
}

/* The bytes as lines of MLSD. */
static void fuzz_mlsd(const char *line, size_t len)
{
    static struct entry e;
    struct err err = ERR_INIT;
    int entries = 0;
    int got = mlsd_parse(line, len, &e, &err);
    CHECK(got >= -1 && got <= 1);
    CHECK((got < 0) == (err.code == ERR_PROTOCOL));
    if (got == 1)
        check_listed(&entries, &e, NULL);
}

/* The bytes as a whole LIST: its first says in which zone. */
static void fuzz_list(const char *text, size_t size)
{
    int entries = 0;
    struct list_reader_config c = {.now = 1768046400,
                                   .zone = {true, true, 3600, 7200, 0},
                                   .entry = check_listed,
                                   .unread = check_unread,
                                   .ctx = &entries};
    if (size > 0 && *text == 'S')
        c.zone = (struct zone){true, true, 11 * 3600, 10 * 3600, 0};
    struct list_reader *r = list_reader_new(&c, NULL);
    CHECK(r);
    for (const char *end = text + size; text < end;) {
        const char *lf = memchr(text, '\n', (size_t) (end - text));
        size_t n = (size_t) ((lf ? lf : end) - text);
        CHECK(list_reader_line(r, text, n, NULL) == 0);
        text += n + (lf != NULL);
    }
    CHECK(list_reader_end(r, NULL) == 0);
    CHECK(entries == 0 || *list_reader_format(r));
    list_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1);
    int64_t t;
    CHECK(text);
    if (size)
        memcpy(text, data, size);
    fuzz_mlsd(text, size);
    fuzz_list(text, size);
    ftptime_parse(text, size, &t, NULL);
    free(text);
    return 0;
}
