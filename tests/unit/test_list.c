#include "unit.h"

#include "ftp/listing.h"

#include <stdlib.h>

/* The moment when the listings are read: 2026-01-10 12:00:00 UTC. */
static const int64_t NOW = 1768046400;

/* What one line alone, as a listing, comes to. */
struct outcome {
    int entries, unread;
    struct entry e;
};

static int take_entry(void *ctx, const struct entry *e, struct err *err)
{
    struct outcome *o = ctx;
    (void) err;
    o->entries++;
    entry_copy(&o->e, e);
    return 0;
}

static void take_unread(void *ctx, const char *line, size_t len)
{
    struct outcome *o = ctx;
    (void) line;
    (void) len;
    o->unread++;
}

static struct outcome *outcome_of(const char *line, size_t len, int64_t now)
{
    static struct outcome o;
    struct list_reader_config c = {
        .now = now, .entry = take_entry, .unread = take_unread, .ctx = &o};
    o.entries = o.unread = 0;
    struct list_reader *r = list_reader_new(&c, NULL);
    assert_non_null(r);
    assert_int_equal(list_reader_line(r, line, len, NULL), 0);
    assert_int_equal(list_reader_end(r, NULL), 0);
    list_reader_free(r);
    return &o;
}

/* 1: an entry, 0: none, -1: not read. */
static int verdict(const char *line, size_t len)
{
    struct outcome *o = outcome_of(line, len, NOW);
    return o->unread ? -1 : o->entries;
}

static struct entry *parsed_at(const char *line, int64_t now)
{
    struct outcome *o = outcome_of(line, strlen(line), now);
    if (o->entries != 1 || o->unread != 0)
        fail_msg("not read: %s", line);
    return &o->e;
}

static struct entry *parsed(const char *line)
{
    return parsed_at(line, NOW);
}

static int64_t seconds(const char *text)
{
    int64_t t = 0;
    assert_int_equal(ftptime_parse(text, strlen(text), &t, NULL), 0);
    return t;
}

static void assert_times(const char *line, const char *expected)
{
    int64_t got = parsed(line)->mtime, wanted = seconds(expected);
    if (got != wanted)
        fail_msg("%s: %lld, not %lld", line, (long long) got, (long long) wanted);
}

static void unix_files(void **state)
{
    (void) state;
    struct entry *e = parsed("-rw-r--r--   1 web      www          1234 Jan 10 11:15 report.csv");
    assert_int_equal(e->type, ENTRY_FILE);
    assert_int_equal(e->mode, 0644);
    assert_int_equal(e->size, 1234);
    assert_string_equal(e->owner, "web");
    assert_string_equal(e->group, "www");
    assert_string_equal(e->name, "report.csv");
    assert_int_equal(e->mtime, seconds("20260110111500"));
    assert_false(e->mtime_exact);
    assert_string_equal(e->target, "");
    e = parsed("drwxrwxrwt    2 0        0            4096 Nov 03  2024 pub");
    assert_int_equal(e->type, ENTRY_DIR);
    assert_int_equal(e->mode, 01777);
    assert_string_equal(e->owner, "0");
    assert_int_equal(e->mtime, seconds("20241103000000"));
}

static void unix_modes(void **state)
{
    (void) state;
    assert_int_equal(parsed("-rwsr-Sr-T 1 a b 1 Jan 10 11:15 x")->mode, 07744);
    assert_int_equal(parsed("---------- 1 a b 1 Jan 10 11:15 x")->mode, 0);
    assert_int_equal(parsed("-rwxrwxrwx+ 1 a b 1 Jan 10 11:15 x")->mode, 0777);
    assert_int_equal(parsed("-rw-rw-rw-. 1 a b 1 Jan 10 11:15 x")->mode, 0666);
    assert_int_equal(parsed("-rw-rw-rw-@ 1 a b 1 Jan 10 11:15 x")->mode, 0666);
    assert_int_equal(parsed("prw-rw-rw- 1 a b 1 Jan 10 11:15 x")->type, ENTRY_OTHER);
    assert_int_equal(parsed("srw-rw-rw- 1 a b 1 Jan 10 11:15 x")->type, ENTRY_OTHER);
}

static void unix_owners(void **state)
{
    (void) state;
    struct entry *e = parsed("-rw-r--r-- 1 web 1234 Jan 10 11:15 no group");
    assert_string_equal(e->owner, "web");
    assert_string_equal(e->group, "");
    assert_int_equal(e->size, 1234);
    assert_string_equal(e->name, "no group");
    e = parsed("-rw-r--r-- web 1234 Jan 10 11:15 no links");
    assert_string_equal(e->owner, "web");
    assert_string_equal(e->name, "no links");
    e = parsed("-rw-r--r-- 1 1234 Jan 10 11:15 nobody");
    assert_string_equal(e->owner, "");
    e = parsed("-rw-r--r-- 1 ADS\\Domain Users staff 1234 Jan 10 11:15 x");
    assert_string_equal(e->owner, "ADS\\Domain Users");
    assert_string_equal(e->group, "staff");
    assert_int_equal(e->size, 1234);
    e = parsed("-rw-r--r-- 1 Jan Feb 1234 Mar 3 2024 Jan 10 11:15");
    assert_string_equal(e->owner, "Jan");
    assert_string_equal(e->group, "Feb");
    assert_string_equal(e->name, "Jan 10 11:15");
}

static void unix_devices(void **state)
{
    (void) state;
    struct entry *e = parsed("brw-rw---- 1 root disk 8, 0 Jan 10 11:15 sda");
    assert_int_equal(e->type, ENTRY_OTHER);
    assert_int_equal(e->size, LISTING_UNKNOWN);
    assert_string_equal(e->owner, "root");
    assert_string_equal(e->group, "disk");
    assert_string_equal(e->name, "sda");
    e = parsed("crw-rw-rw-   1 root     root       1,   3 Jan 10 11:15 null");
    assert_string_equal(e->group, "root");
    assert_string_equal(e->name, "null");
    e = parsed("crw-rw-rw- 1 root root 1,3 Jan 10 11:15 null");
    assert_int_equal(e->size, LISTING_UNKNOWN);
    assert_string_equal(e->name, "null");
}

static void unix_links(void **state)
{
    (void) state;
    struct entry *e = parsed("lrwxrwxrwx 1 a b 9 Jan 10 11:15 my link -> /srv/my data");
    assert_int_equal(e->type, ENTRY_LINK);
    assert_string_equal(e->name, "my link");
    assert_string_equal(e->target, "/srv/my data");
    e = parsed("lrwxrwxrwx 1 a b 9 Jan 10 11:15 a -> b -> c");
    assert_string_equal(e->name, "a");
    assert_string_equal(e->target, "b -> c");
    assert_string_equal(parsed("lrwxrwxrwx 1 a b 9 Jan 10 11:15 bare")->target, "");
    e = parsed("-rw-r--r-- 1 a b 9 Jan 10 11:15 a -> b");
    assert_string_equal(e->name, "a -> b");
    e = parsed("lrwxrwxrwx 1 a b 9 Jan 10 11:15  -> b");
    assert_string_equal(e->name, " -> b");
}

static void unix_names(void **state)
{
    (void) state;
    assert_string_equal(parsed("-rw-r--r-- 1 a b 9 Jan 10 11:15   two ")->name, "  two ");
    assert_string_equal(parsed("-rw-r--r-- 1 a b 9 Jan 10  2024  one")->name, " one");
    assert_string_equal(parsed("-rw-r--r-- 1 a b 9 Jan 10 11:15 x\r")->name, "x");
    assert_string_equal(parsed("-rw-r--r-- 1 a b 9 Jan 10 11:15 \xff*?[x]")->name, "\xff*?[x]");
    assert_string_equal(parsed("-rw-r--r-- 1 a b 9 Jan 10 11:15 12 Jan 10 2024 x")->name,
                        "12 Jan 10 2024 x");
    assert_string_equal(parsed("-rw-r--r-- 1 a b 9 Jan 10 11:15 2024")->name, "2024");
    assert_true(parsed("drwxr-xr-x 1 a b 9 Jan 10 11:15 .")->here);
    assert_true(parsed("drwxr-xr-x 1 a b 9 Jan 10 11:15 ..")->parent);
}

static void unix_dates(void **state)
{
    (void) state;
    assert_times("-rw-r--r-- 1 a b 9 10 Jan 11:15 x", "20260110111500");
    assert_times("-rw-r--r-- 1 a b 9 10. Jan 2025 x", "20250110000000");
    assert_times("-rw-r--r-- 1 a b 9 jan  1  9:05 x", "20260101090500");
    assert_times("-rw-r--r-- 1 a b 9 2025-11-30 11:15 x", "20251130111500");
    assert_times("-rw-r--r-- 1 a b 9 2025/11/30 11:15 x", "20251130111500");
    assert_times("-rw-r--r-- 1 a b 9 11-30 11:15 x", "20251130111500");
    assert_times("-rw-r--r-- 1 a b 9 2025-11-30  x", "20251130000000");
    assert_times("-rw-r--r-- 1 a b 9 Jan 10 11:15:30 2025 x", "20250110111530");
    assert_times("-rw-r--r-- 1 a b 9 Feb 29 2024 x", "20240229000000");
    assert_string_equal(parsed("-rw-r--r-- 1 a b 9 2025-11-30  x")->name, "x");
    assert_string_equal(parsed("-rw-r--r-- 1 a b 9 11-30 11:15 x y")->name, "x y");
    struct entry *e = parsed("-rw-r--r-- 1 a b 9 2025-11-30 11:15:30.123456789 +0130 x");
    assert_int_equal(e->mtime, seconds("20251130094530"));
    assert_true(e->mtime_exact);
    assert_string_equal(e->name, "x");
    e = parsed("-rw-r--r-- 1 a b 9 2025-11-30 11:15:30 -0800 x");
    assert_int_equal(e->mtime, seconds("20251130191530"));
}

/* field 47: the year that is not said. */
static void unix_years(void **state)
{
    (void) state;
    assert_times("-rw-r--r-- 1 a b 9 Jan 11 11:59 x", "20260111115900"); /* a zone ahead of us */
    assert_times("-rw-r--r-- 1 a b 9 Jan 11 12:01 x", "20250111120100");
    assert_times("-rw-r--r-- 1 a b 9 Dec 31 23:59 x", "20251231235900");
    assert_times("-rw-r--r-- 1 a b 9 Feb 29 10:00 x", "20240229100000");
    int64_t eve = seconds("20251231230000"), leap = seconds("20280229000000");
    assert_int_equal(parsed_at("-rw-r--r-- 1 a b 9 Jan  1 01:00 x", eve)->mtime,
                     seconds("20260101010000"));
    assert_int_equal(parsed_at("-rw-r--r-- 1 a b 9 Feb 29 01:00 x", leap)->mtime,
                     seconds("20280229010000"));
    assert_int_equal(
        parsed_at("-rw-r--r-- 1 a b 9 Feb 29 01:00 x", seconds("21000501000000"))->mtime,
        seconds("20960229010000"));
}

static void windows_lines(void **state)
{
    (void) state;
    struct entry *e = parsed("01-10-26  12:15PM       <DIR>          My Folder");
    assert_int_equal(e->type, ENTRY_DIR);
    assert_string_equal(e->name, "My Folder");
    assert_int_equal(e->mtime, seconds("20260110121500"));
    assert_int_equal(e->size, LISTING_UNKNOWN);
    assert_int_equal(e->mode, LISTING_UNKNOWN);
    e = parsed("01-10-2026  12:15AM           5368709120 big file.bin");
    assert_int_equal(e->type, ENTRY_FILE);
    assert_int_equal(e->size, INT64_C(5368709120));
    assert_int_equal(e->mtime, seconds("20260110001500"));
    assert_string_equal(e->name, "big file.bin");
    e = parsed("12-31-69  11:59PM                 12 x");
    assert_int_equal(e->mtime, seconds("20691231235900"));
    e = parsed("12-31-70  23:59                   12 x");
    assert_int_equal(e->mtime, seconds("19701231235900"));
    e = parsed("1/2/2026  1:05 PM                 12 x");
    assert_int_equal(e->mtime, seconds("20260102130500"));
}

static void windows_names(void **state)
{
    (void) state;
    assert_string_equal(parsed("01-10-26  12:15PM       <DIR>            lead")->name, "  lead");
    assert_string_equal(parsed("01-10-26  12:15PM       <DIR> x")->name, "x");
    assert_string_equal(parsed("01-10-26  12:15PM             12  lead")->name, " lead");
    struct entry *e = parsed("01-10-26  12:15PM       <JUNCTION>     data [D:\\data]");
    assert_int_equal(e->type, ENTRY_LINK);
    assert_string_equal(e->name, "data");
    assert_string_equal(e->target, "D:\\data");
    e = parsed("01-10-26  12:15PM       <SYMLINKD>     data");
    assert_int_equal(e->type, ENTRY_LINK);
    assert_string_equal(e->name, "data");
    assert_string_equal(parsed("01-10-26  12:15PM       <DIR>          a [b]")->name, "a [b]");
}

static void not_an_entry(void **state)
{
    (void) state;
    static const char *const none[] = {"",           " ",           "\r",        "total 12",
                                       "Total 12\r", "total 1,234", "total 8.0K"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (verdict(none[i], strlen(none[i])) != 0)
            fail_msg("an entry: %s", none[i]);
    }
}

static void unreadable_lines(void **state)
{
    (void) state;
    static const char *const bad[] = {
        "name",
        "ls: cannot open directory",
        "total",
        "total war 3",
        "drwxr-xr-x",
        "drwxr-xr-x 2 root root 4096 Jan 10 12:15",
        "drwxr-xr-x 2 root root 4096 Jan 10 12:15 ",
        "drwxr-xr-x 2 root root 4096 Jan 32 12:15 x",
        "drwxr-xr-x 2 root root 4096 Feb 30 12:15 x",
        "drwxr-xr-x 2 root root 4096 Feb 29 2025 x",
        "drwxr-xr-x 2 root root 4096 Jan 10 25:15 x",
        "drwxr-xr-x 2 root root 4096 Foo 10 12:15 x",
        "drwxr-xr-x 2 root root -1 Jan 10 12:15 x",
        "drwxr-xr-y 2 root root 4096 Jan 10 12:15 x",
        "xrwxr-xr-x 2 root root 4096 Jan 10 12:15 x",
        "01-10-26  12:15PM       <DIR>",
        "01-10-26  12:15PM       <FOO>          x",
        "13-13-26  12:15PM       <DIR>          x",
        "01-10-26  13:15PM       <DIR>          x",
        "01-10-260 12:15PM       <DIR>          x",
        "01-10-26  12:15PM       12",
        "type=file;size=1; x",
        "-rw-r--r-- 1 a b 9 Jan 10 11:15 a\rb",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (verdict(bad[i], strlen(bad[i])) != -1)
            fail_msg("accepted: %s", bad[i]);
    }
    assert_int_equal(verdict("a\0b", 3), -1);
}

/* field 64 */
static void long_lines(void **state)
{
    (void) state;
    char line[LISTING_LINE_MAX + 1];
    static const char head[] = "-rw-r--r-- 1 a b 9 Jan 10 11:15 ";
    memset(line, 'a', sizeof line);
    memcpy(line, head, sizeof head - 1);
    assert_int_equal(verdict(line, LISTING_LINE_MAX), -1);
    assert_int_equal(verdict(line, LISTING_LINE_MAX - 1), 1);
    assert_int_equal(strlen(outcome_of(line, LISTING_LINE_MAX - 1, NOW)->e.name),
                     LISTING_LINE_MAX - sizeof head);
    memset(line, ' ', sizeof line);
    assert_int_equal(verdict(line, LISTING_LINE_MAX - 1), 0);
    for (size_t i = 0; i < LISTING_LINE_MAX; i += 2)
        line[i] = '1';
    assert_int_equal(verdict(line, LISTING_LINE_MAX - 1), -1);
}

static void a_strange_now(void **state)
{
    (void) state;
    static const int64_t strange[] = {INT64_MIN, -1, 0, INT64_MAX};
    const char line[] = "-rw-r--r-- 1 a b 9 Jan 10 11:15 x";
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        assert_int_equal(outcome_of(line, strlen(line), strange[i])->entries, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unix_files),    cmocka_unit_test(unix_modes),
        cmocka_unit_test(unix_owners),   cmocka_unit_test(unix_devices),
        cmocka_unit_test(unix_links),    cmocka_unit_test(unix_names),
        cmocka_unit_test(unix_dates),    cmocka_unit_test(unix_years),
        cmocka_unit_test(windows_lines), cmocka_unit_test(windows_names),
        cmocka_unit_test(not_an_entry),  cmocka_unit_test(unreadable_lines),
        cmocka_unit_test(long_lines),    cmocka_unit_test(a_strange_now),
    };
    return run_unit(tests);
}
