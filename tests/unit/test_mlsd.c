#include "unit.h"

#include "ftp/listing.h"

#include <stdlib.h>

/* 2026-01-10 12:34:56 UTC */
enum { MOMENT = 1768048496 };

static struct entry *parsed(const char *line)
{
    static struct entry e;
    struct err err = ERR_INIT;
    if (mlsd_parse(line, strlen(line), &e, &err) != 1)
        fail_msg("%s: %s", line, err.msg);
    return &e;
}

static void a_file(void **state)
{
    (void) state;
    struct entry *e = parsed("type=file;size=1234;modify=20260110123456;perm=adfrw; report.csv");
    assert_int_equal(e->type, ENTRY_FILE);
    assert_int_equal(e->size, 1234);
    assert_int_equal(e->mtime, MOMENT);
    assert_true(e->mtime_exact);
    assert_int_equal(e->mode, LISTING_UNKNOWN);
    assert_string_equal(e->name, "report.csv");
    assert_string_equal(e->perm, "adfrw");
    assert_string_equal(e->owner, "");
    assert_string_equal(e->target, "");
    assert_false(e->here || e->parent);
}

static void unix_facts(void **state)
{
    (void) state;
    struct entry *e =
        parsed("modify=20260110123456;perm=flcdmpe;type=dir;unique=801U1;UNIX.group=33;"
               "UNIX.groupname=www;UNIX.mode=02755;UNIX.owner=1000;"
               "UNIX.ownername=web; pub");
    assert_int_equal(e->type, ENTRY_DIR);
    assert_int_equal(e->mode, 02755);
    assert_string_equal(e->owner, "web");
    assert_string_equal(e->group, "www");
    assert_int_equal(e->size, LISTING_UNKNOWN);
    e = parsed("Type=FILE;Size=5;UNIX.ownername=web;UNIX.owner=1000;unix.uid=0;unix.gid=7; x");
    assert_string_equal(e->owner, "web");
    assert_string_equal(e->group, "7");
    assert_int_equal(parsed("type=file;UNIX.mode=0100644; x")->mode, 0644);
    assert_int_equal(parsed("type=file;UNIX.mode=0888; x")->mode, LISTING_UNKNOWN);
    assert_int_equal(parsed("type=file;unix.mode=0o311; x")->mode, 0311);
    assert_string_equal(parsed("type=file;unique=801U1; x")->unique, "801U1");
}

static void the_folder_itself(void **state)
{
    (void) state;
    struct entry *e = parsed("type=cdir;modify=20260110123456; /home/web");
    assert_int_equal(e->type, ENTRY_DIR);
    assert_true(e->here && !e->parent);
    e = parsed("type=pdir; ..");
    assert_true(e->parent && !e->here);
    assert_true(parsed("type=dir; .")->here);
    assert_true(parsed("type=dir; ..")->parent);
    assert_false(parsed("type=dir; ...")->parent);
}

static void links(void **state)
{
    (void) state;
    struct entry *e = parsed("type=OS.unix=slink:/srv/data;size=9; data");
    assert_int_equal(e->type, ENTRY_LINK);
    assert_string_equal(e->target, "/srv/data");
    assert_string_equal(e->name, "data");
    e = parsed("type=OS.unix=slink:/srv/my data;size=9; my link");
    assert_string_equal(e->target, "/srv/my data");
    assert_string_equal(e->name, "my link");
    e = parsed("type=OS.unix=slink:a;b;size=9; x");
    assert_string_equal(e->target, "a");
    assert_int_equal(e->size, 9);
    assert_string_equal(parsed("type=OS.unix=slink; x")->target, "");
    assert_string_equal(parsed("type=OS.unix=slink:; x")->target, "");
    assert_int_equal(parsed("type=OS.unix=symlink; x")->type, ENTRY_LINK);
    assert_int_equal(parsed("type=OS.unix=chr-13/29; x")->type, ENTRY_OTHER);
}

/* field 69: FileZilla Server */
static void filezilla_variants(void **state)
{
    (void) state;
    struct entry *e = parsed("type=file;size=7;modify=20260110123456.789;perms=awr; x");
    assert_int_equal(e->mtime, MOMENT);
    assert_string_equal(e->perm, "awr");
}

/* Pure-FTPd says sizd for folders; without a type, the size tells. */
static void types_from_sizes(void **state)
{
    (void) state;
    assert_int_equal(parsed("sizd=4096; x")->type, ENTRY_DIR);
    assert_int_equal(parsed("size=4096; x")->type, ENTRY_FILE);
    assert_int_equal(parsed("modify=20260110123456; x")->type, ENTRY_OTHER);
    assert_int_equal(parsed(" x")->type, ENTRY_OTHER);
}

static void names_are_kept_as_they_are(void **state)
{
    (void) state;
    assert_string_equal(parsed("type=file;  two blanks ")->name, " two blanks ");
    assert_string_equal(parsed("type=file; a;b=c; d")->name, "a;b=c; d");
    assert_string_equal(parsed("type=file; ../../etc/passwd")->name, "../../etc/passwd");
    assert_string_equal(parsed("type=file; \xff\xfe")->name, "\xff\xfe");
    assert_string_equal(parsed("type=file; a -> b")->name, "a -> b");
    assert_string_equal(parsed("type=file; x\r")->name, "x");
    assert_string_equal(parsed("type=file;size=3 x")->name, "x");
    assert_string_equal(parsed("type=file;size=3 x; y")->name, "x; y");
}

static void sizes(void **state)
{
    (void) state;
    assert_true(parsed("type=file;size=9223372036854775807; x")->size == INT64_MAX);
    assert_int_equal(parsed("type=file;size=9223372036854775808; x")->size, LISTING_UNKNOWN);
    assert_int_equal(parsed("type=file;size=-1; x")->size, LISTING_UNKNOWN);
    assert_int_equal(parsed("type=file;size=; x")->size, LISTING_UNKNOWN);
    assert_int_equal(parsed("type=file;size=1k; x")->size, LISTING_UNKNOWN);
    assert_int_equal(parsed("type=file;modify=never; x")->mtime, LISTING_UNKNOWN);
    assert_false(parsed("type=file;modify=never; x")->mtime_exact);
}

static void not_an_entry(void **state)
{
    (void) state;
    static struct entry e;
    struct err err = ERR_INIT;
    assert_int_equal(mlsd_parse("", 0, &e, &err), 0);
    assert_int_equal(mlsd_parse("\r", 1, &e, &err), 0);
    assert_int_equal(mlsd_parse("total 12", 8, &e, &err), 0);
    assert_false(err_is_set(&err));
}

/* field 46: a server that answers MLSD with something else must be noticed. */
static void unreadable_lines(void **state)
{
    (void) state;
    static const char *const bad[] = {
        "name",
        "drwxr-xr-x 2 root root 4096 Jan 10 12:15 x",
        "type=file;",
        "type=file; ",
        "type=file;x",
        "01-10-26  12:15PM       <DIR>          x",
        "a b",
        "; x",
        "type=file; a\rb",
        "type=file; a\nb",
    };
    static struct entry e;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = ERR_INIT;
        if (mlsd_parse(bad[i], strlen(bad[i]), &e, &err) != -1)
            fail_msg("accepted: %s", bad[i]);
        assert_err(&err, ERR_PROTOCOL);
    }
    assert_int_equal(mlsd_parse("type=file; a\0b", 14, &e, NULL), -1);
}

/* field 64 */
static void the_longest_line(void **state)
{
    (void) state;
    static struct entry e;
    char line[LISTING_LINE_MAX + 1];
    memset(line, 'a', sizeof line);
    memcpy(line, "type=file; ", 11);
    assert_int_equal(mlsd_parse(line, LISTING_LINE_MAX, &e, NULL), -1);
    assert_int_equal(mlsd_parse(line, LISTING_LINE_MAX - 1, &e, NULL), 1);
    assert_int_equal(strlen(e.name), LISTING_LINE_MAX - 12);
}

static void copies_stand_alone(void **state)
{
    (void) state;
    struct entry *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    struct entry *e = parsed("type=OS.unix=slink:there;perm=r;UNIX.owner=me;UNIX.group=us; link");
    entry_copy(copy, e);
    memset(e, 'x', sizeof *e);
    assert_int_equal(copy->type, ENTRY_LINK);
    assert_string_equal(copy->name, "link");
    assert_string_equal(copy->target, "there");
    assert_string_equal(copy->owner, "me");
    assert_string_equal(copy->group, "us");
    assert_string_equal(copy->perm, "r");
    assert_true(copy->name > copy->mem && copy->name < copy->mem + sizeof copy->mem);
    entry_copy(copy, copy);
    assert_string_equal(copy->name, "link");
    free(copy);
}

static void type_names(void **state)
{
    (void) state;
    assert_string_equal(entry_type_name(ENTRY_FILE), "file");
    assert_string_equal(entry_type_name(ENTRY_DIR), "dir");
    assert_string_equal(entry_type_name(ENTRY_LINK), "link");
    assert_string_equal(entry_type_name(ENTRY_OTHER), "other");
}

static int64_t at(const char *text)
{
    int64_t t = -77;
    struct err err = ERR_INIT;
    if (ftptime_parse(text, strlen(text), &t, &err) < 0)
        fail_msg("%s", err.msg);
    return t;
}

static void times(void **state)
{
    (void) state;
    assert_int_equal(at("19700101000000"), 0);
    assert_int_equal(at("19691231235959"), -1);
    assert_int_equal(at("20260110123456"), MOMENT);
    assert_int_equal(at("20260110123456.123456789"), MOMENT);
    assert_int_equal(at("20260110T123456"), MOMENT);
    assert_int_equal(at("20260110123456 "), MOMENT);
    assert_int_equal(at("20000229120000"), 951825600);
    assert_int_equal(at("20380119031408"), INT64_C(2147483648));
    assert_int_equal(at("99991231235959"), INT64_C(253402300799));
    assert_int_equal(at("20161231235960"), at("20170101000000"));
    assert_int_equal(at("00000301000000"), INT64_C(-62162035200));
}

static void no_times(void **state)
{
    (void) state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026011012345",
        "202601101234567",
        "20261310123456",
        "20260010123456",
        "20260132123456",
        "20260230123456",
        "21000229123456",
        "20260110243456",
        "20260110126056",
        "20260110123461",
        "2026011012345x",
        "20260110123456.x",
        "20260110123456Z",
        "-2026011012345",
        "20260110TT123456",
        "2026-01-10 12:34:56",
        "19126011012345600",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t t = 77;
        struct err err = ERR_INIT;
        if (ftptime_parse(bad[i], strlen(bad[i]), &t, &err) == 0)
            fail_msg("accepted: %s", bad[i]);
        assert_err(&err, ERR_PROTOCOL);
        assert_int_equal(t, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file),
        cmocka_unit_test(unix_facts),
        cmocka_unit_test(the_folder_itself),
        cmocka_unit_test(links),
        cmocka_unit_test(filezilla_variants),
        cmocka_unit_test(types_from_sizes),
        cmocka_unit_test(names_are_kept_as_they_are),
        cmocka_unit_test(sizes),
        cmocka_unit_test(not_an_entry),
        cmocka_unit_test(unreadable_lines),
        cmocka_unit_test(the_longest_line),
        cmocka_unit_test(copies_stand_alone),
        cmocka_unit_test(type_names),
        cmocka_unit_test(times),
        cmocka_unit_test(no_times),
    };
    return run_unit(tests);
}
