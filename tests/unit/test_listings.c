/* The listings in listings/, whose README tells how they are written, against the reader of LIST.
 */
#include "unit.h"

#include "ftp/listing.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINES_MAX = 200, COLUMNS = 8 };

/* 2026-01-10 12:00:00 UTC */
static const int64_t NOW = 1768046400;

static char **paths;
static int checked;

/* A line of the file: `mark` is its first letter. */
struct line {
    char mark;
    int number;
    size_t len;
    char text[1000];
};

struct listing {
    const char *path;
    char format[40];
    size_t n, next; /* lines; the next one that says what is expected */
    struct line lines[LINES_MAX];
};

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Puts the bytes in for \xNN. */
static void unescape(struct line *l)
{
    char *out = l->text;
    for (const char *p = l->text; *p; out++) {
        if (p[0] == '\\' && p[1] == 'x' && hex_digit(p[2]) >= 0 && hex_digit(p[3]) >= 0) {
            *out = (char) (hex_digit(p[2]) * 16 + hex_digit(p[3]));
            p += 4;
        } else {
            *out = *p++;
        }
    }
    *out = '\0';
    l->len = (size_t) (out - l->text);
}

/* The time cut to what the line tells. */
static void format_time(const struct entry *e, char *dst, size_t size)
{
    struct date d = date_of(e->mtime);
    char text[64];
    snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02d", d.year, d.month, d.day, d.hour,
             d.minute, d.second);
    int digits = e->mtime_step == 1 ? 14 : e->mtime_step == 60 ? 12 : 8;
    snprintf(dst, size, "%.*s", e->mtime == LISTING_UNKNOWN ? 1 : digits,
             e->mtime == LISTING_UNKNOWN ? "-" : text);
}

static void format_entry(const struct entry *e, char *dst, size_t size)
{
    char bytes[24] = "-", when[24], mode[16] = "-";
    format_time(e, when, sizeof when);
    if (e->size >= 0)
        snprintf(bytes, sizeof bytes, "%lld", (long long) e->size);
    if (e->mode >= 0)
        snprintf(mode, sizeof mode, "%04o", (unsigned) e->mode);
    snprintf(dst, size, "%s|%s|%s|%s|%s|%s|%s%s%s", entry_type_name(e->type), bytes, when,
             *e->owner ? e->owner : "-", *e->group ? e->group : "-", mode, e->name,
             *e->target ? "|" : "", e->target);
}

static const struct line *next_expected(struct listing *l)
{
    while (l->next < l->n && l->lines[l->next].mark == '>')
        l->next++;
    return l->next < l->n ? &l->lines[l->next++] : NULL;
}

static void compare(struct listing *l, char mark, const char *text)
{
    const struct line *want = next_expected(l);
    checked++;
    if (!want)
        fail_msg("%s, at the end: not expected: %c %s", l->path, mark, text);
    else if (want->mark != mark || (mark == '=' && strcmp(want->text, text) != 0))
        fail_msg("%s:%d: read  %c %s\n expected %c %s", l->path, want->number, mark, text,
                 want->mark, want->text);
}

static int take_entry(void *ctx, const struct entry *e, struct err *err)
{
    char text[3000];
    (void) err;
    format_entry(e, text, sizeof text);
    compare(ctx, '=', text);
    return 0;
}

static void take_unread(void *ctx, const char *line, size_t len)
{
    (void) len;
    compare(ctx, '!', line);
}

static void check_listing(struct listing *l)
{
    struct list_reader_config c = {
        .now = NOW, .entry = take_entry, .unread = take_unread, .ctx = l};
    struct err err = ERR_INIT;
    if (l->n == 0)
        return;
    struct list_reader *r = list_reader_new(&c, &err);
    assert_non_null(r);
    for (size_t i = 0; i < l->n; i++) {
        if (l->lines[i].mark == '>')
            assert_int_equal(list_reader_line(r, l->lines[i].text, l->lines[i].len, &err), 0);
    }
    assert_int_equal(list_reader_end(r, &err), 0);
    const struct line *left = next_expected(l);
    if (left)
        fail_msg("%s:%d: not read: %s", l->path, left->number, left->text);
    assert_string_equal(list_reader_format(r), l->format);
    list_reader_free(r);
    l->n = l->next = 0;
}

static void add_line(struct listing *l, const char *text, int number)
{
    assert_true(l->n < LINES_MAX);
    struct line *to = &l->lines[l->n++];
    to->mark = text[0];
    to->number = number;
    snprintf(to->text, sizeof to->text, "%s", text[1] ? text + 2 : "");
    unescape(to);
}

static void check_file(const char *path)
{
    struct listing *l = calloc(1, sizeof *l);
    char text[1000];
    FILE *f = fopen(path, "r");
    assert_non_null(l);
    assert_non_null(f);
    l->path = path;
    for (int number = 1; fgets(text, sizeof text, f); number++) {
        text[strcspn(text, "\n")] = '\0';
        if (text[0] == '#') {
            check_listing(l);
            snprintf(l->format, sizeof l->format, "%.39s", text + 2);
        } else if (text[0]) {
            add_line(l, text, number);
        }
    }
    check_listing(l);
    fclose(f);
    free(l);
}

static void every_listing(void **state)
{
    (void) state;
    for (char **path = paths; *path; path++)
        check_file(*path);
    assert_true(checked >= 250);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_listing)};
    if (argc < 2) {
        fprintf(stderr, "test_listings FILE...\n");
        return 2;
    }
    paths = argv + 1;
    return run_unit(tests);
}
