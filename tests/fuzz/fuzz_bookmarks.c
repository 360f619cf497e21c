#include "fuzz.h"

#include "bookmarks.h"
#include "places.h"

/* What was read can be found, and is taken out without touching another line. */
static void check_bookmark(const struct buf *before, const struct bookmarks *b, size_t i)
{
    struct bookmarks left = {0};
    struct buf after;
    buf_init(&after, 1 << 22);
    CHECK(bookmark_is_name(b->list[i].name));
    CHECK(bookmarks_find(b, b->list[i].name) == b->list[i].target);
    CHECK(bookmarks_rewrite(before, b->list[i].name, NULL, &after, NULL) == 1);
    if (buf_len(&after) > 0)
        CHECK(bookmarks_parse(&left, (const char *) buf_data(&after), buf_len(&after), NULL) == 0);
    CHECK(left.n == b->n - 1 && !bookmarks_find(&left, b->list[i].name));
    bookmarks_clear(&left);
    buf_clear(&after);
}

static void check_bookmarks(const char *text, size_t len)
{
    struct bookmarks b = {0};
    struct buf before;
    struct err err = ERR_INIT;
    buf_init(&before, 1 << 22);
    int rc = bookmarks_parse(&b, text, len, &err);
    CHECK((rc < 0) == err_is_set(&err));
    if (rc == 0 && b.n > 0 && buf_put(&before, text, len, NULL) == 0)
        check_bookmark(&before, &b, b.n / 2);
    bookmarks_clear(&b);
    buf_clear(&before);
}

/* What was read and is written is read again. */
static void check_places(const char *text, size_t len)
{
    struct places p = {.n = 0}, again = {.n = 0};
    struct buf out;
    buf_init(&out, 1 << 22);
    CHECK(places_parse(&p, text, len, NULL) == 0 && p.n <= PLACES_MAX);
    CHECK(places_write(&p, &out, NULL) == 0);
    if (buf_len(&out) > 0)
        CHECK(places_parse(&again, (const char *) buf_data(&out), buf_len(&out), NULL) == 0);
    CHECK(again.n == p.n);
    places_clear(&p);
    places_clear(&again);
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_bookmarks((const char *) data, size);
    check_places((const char *) data, size);
    return 0;
}
