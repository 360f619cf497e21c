#include "unit.h"

#include "bookmarks.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void names(void **state)
{
    static const char *const good[] = {"work", "w-2_x", "B\303\274ro", "7"};
    static const char *const bad[] = {"",    "a.b", "a:1", "me@x",  "x/y",         "-x",
                                      "a b", "a\n", "a#b", "[::1]", "../bookmarks"};
    char longest[BOOKMARK_BYTES + 1];
    (void) state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(bookmark_is_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(bookmark_is_name(bad[i]));
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(bookmark_is_name(longest));
    longest[sizeof longest - 2] = '\0';
    assert_true(bookmark_is_name(longest));
}

static const char text[] =
    "# mine\n\n  work \t ftpes://me@ftp.example.com/a b \r\nhome home.example";

static void parsed(void **state)
{
    (void) state;
    struct bookmarks b = {0};
    struct err err = ERR_INIT;
    assert_int_equal(bookmarks_parse(&b, text, strlen(text), &err), 0);
    assert_int_equal(b.n, 2);
    assert_string_equal(b.list[0].name, "work");
    assert_string_equal(bookmarks_find(&b, "work"), "ftpes://me@ftp.example.com/a b");
    assert_string_equal(bookmarks_find(&b, "home"), "home.example");
    assert_null(bookmarks_find(&b, "wor"));
    bookmarks_clear(&b);
}

static void refused(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"a x.example\nwork", "line 2: no target behind 'work'"},
        {"a.b x.example", "line 1: 'a.b' is no name"},
        {"a x.example\n#\na y.example", "line 3: 'a' is there twice"},
        {"a me:secret@x.example", "line 1: a password has no place here"},
        {"a x.example:0", "line 1: "},
        {"a http://x.example", "line 1: 'http' is no scheme of ours"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bookmarks b = {0};
        struct err err = ERR_INIT;
        assert_int_equal(bookmarks_parse(&b, cases[i].text, strlen(cases[i].text), &err), -1);
        assert_err(&err, ERR_USAGE);
        if (strncmp(err.msg, cases[i].part, strlen(cases[i].part)) != 0)
            fail_msg("'%s' does not begin with '%s'", err.msg, cases[i].part);
        assert_null(strstr(err.msg, "secret"));
        bookmarks_clear(&b);
    }
}

static void assert_rewritten(const char *name, const char *target, int expected, const char *then)
{
    struct buf before, after;
    buf_init(&before, 4096);
    buf_init(&after, 4096);
    assert_int_equal(buf_put(&before, text, strlen(text), NULL), 0);
    assert_int_equal(bookmarks_rewrite(&before, name, target, &after, NULL), expected);
    assert_int_equal(buf_put(&after, "", 1, NULL), 0);
    assert_string_equal((const char *) buf_data(&after), then);
    buf_clear(&before);
    buf_clear(&after);
}

/* What is not meant stays as it was written. */
static void rewritten(void **state)
{
    (void) state;
    assert_rewritten("home", NULL, 1, "# mine\n\n  work \t ftpes://me@ftp.example.com/a b \r\n");
    assert_rewritten("work", "x", 1, "# mine\n\nwork  x\nhome home.example\n");
    assert_rewritten("new", "y", 1,
                     "# mine\n\n  work \t ftpes://me@ftp.example.com/a b \r\nhome home.example\n"
                     "new  y\n");
    assert_rewritten("hom", NULL, 0,
                     "# mine\n\n  work \t ftpes://me@ftp.example.com/a b \r\nhome home.example\n");
}

static char home[64];

static int make_home(void **state)
{
    (void) state;
    snprintf(home, sizeof home, "/tmp/ftpsh-bookmarks.XXXXXX");
    setenv("XDG_CONFIG_HOME", mkdtemp(home) ? home : "", 1);
    return home[0] ? 0 : -1;
}

static int remove_home(void **state)
{
    (void) state;
    char command[sizeof "rm -rf " + sizeof home];
    snprintf(command, sizeof command, "rm -rf %s", home);
    return system(command);
}

static void stored(void **state)
{
    (void) state;
    char path[256];
    struct target t;
    struct stat st;
    struct err err = ERR_INIT;
    assert_int_equal(bookmark_target("work", &t, &err), 0);
    assert_string_equal(t.host, "work"); /* a host's name, as long as it is none of ours */
    assert_string_equal(t.bookmark, "");
    assert_int_equal(bookmarks_change("work", "me@ftp.example.com/x", &err), 1);
    assert_int_equal(stat(bookmarks_path(path, sizeof path), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(bookmark_target("work", &t, &err), 0);
    assert_string_equal(t.host, "ftp.example.com");
    assert_string_equal(t.dir, "x");
    assert_string_equal(t.bookmark, "work");
    assert_int_equal(bookmarks_change("home", NULL, &err), 0);
    assert_int_equal(bookmarks_change("work", NULL, &err), 1);
    assert_int_equal(bookmark_target("work", &t, &err), 0);
    assert_string_equal(t.host, "work");
    assert_int_equal(bookmarks_change("a", "x:y@z", &err), -1);
    assert_err(&err, ERR_USAGE);
}

/* One that cannot be read in full is not written over. */
static void broken_file_is_kept(void **state)
{
    (void) state;
    char path[256];
    struct err err = ERR_INIT;
    struct target t;
    assert_int_equal(bookmarks_change("work", "ftp.example.com", &err), 1);
    FILE *f = fopen(bookmarks_path(path, sizeof path), "a");
    assert_non_null(f);
    fputs("half\n", f);
    fclose(f);
    assert_int_equal(bookmarks_change("home", "x", &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_non_null(strstr(err.msg, "bookmarks: line 2: "));
    err_clear(&err);
    assert_int_equal(bookmark_target("work", &t, &err), -1);
    err_clear(&err);
    assert_int_equal(bookmark_target("ftp.example.com", &t, &err), 0);
    assert_int_equal(t.port, 0);
}

static void replaced_as_a_whole(void **state)
{
    (void) state;
    struct buf before, after;
    struct err err = ERR_INIT;
    struct bookmarks b;
    buf_init(&before, 4096);
    buf_init(&after, 4096);
    assert_int_equal(buf_put(&after, "one a\ntwo b\n", 12, NULL), 0);
    assert_int_equal(bookmarks_replace(&before, &after, &err), 0);
    assert_int_equal(bookmarks_load(&b, &err), 0);
    assert_int_equal(b.n, 2);
    bookmarks_clear(&b);
    assert_int_equal(bookmarks_replace(&before, &after, &err), -1); /* it holds something now */
    assert_err(&err, ERR_LOCAL);
    err_clear(&err);
    assert_int_equal(buf_put(&after, "three\n", 6, NULL), 0);
    assert_int_equal(bookmarks_replace(&before, &after, &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_non_null(strstr(err.msg, "line 3: "));
    buf_clear(&before);
    buf_clear(&after);
}

#define file_test(f) cmocka_unit_test_setup_teardown(f, make_home, remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),        cmocka_unit_test(parsed), cmocka_unit_test(refused),
        cmocka_unit_test(rewritten),    file_test(stored),        file_test(broken_file_is_kept),
        file_test(replaced_as_a_whole),
    };
    return run_unit(tests);
}
