#include "unit.h"

#include "memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIME "2025-01-31T12:34:56Z"

static bool parse(const char *line, struct memory_entry *e)
{
    return memory_parse_line(line, strlen(line), e);
}

static void one_line(void **state)
{
    (void) state;
    static const char line[] = "FTP.example.com\t2121\t192.0.2.1\tpasv-use-control-ip\t" TIME;
    char again[MEMORY_LINE_BYTES];
    struct memory_entry e;
    assert_true(parse(line, &e));
    assert_string_equal(e.host, "ftp.example.com");
    assert_int_equal(e.port, 2121);
    assert_string_equal(e.network, "192.0.2.1");
    assert_int_equal(e.strategy, STRATEGY_PASV_CONTROL_IP);
    assert_string_equal(e.when, TIME);
    assert_int_equal(memory_format_line(&e, again, sizeof again), sizeof line);
    assert_string_equal(again, "ftp.example.com\t2121\t192.0.2.1\tpasv-use-control-ip\t" TIME "\n");
    assert_int_equal(memory_format_line(&e, again, sizeof line), 0);
}

static void hostile_lines(void **state)
{
    (void) state;
    static const char *const lines[] = {
        "",
        "\t",
        "\t\t\t\t",
        "h",
        "h\t21",
        "h\t21\tn\tepsv",
        "h\t21\tn\tepsv\t",
        "h\t21\tn\tepsv\t" TIME "\t",
        "h\t21\tn\tepsv\t" TIME "\tmore",
        "h\t21\tn\tepsv\t" TIME "\r",
        "h 21 n epsv " TIME,
        "\t21\tn\tepsv\t" TIME,
        "a b\t21\tn\tepsv\t" TIME,
        "\033[2J\t21\tn\tepsv\t" TIME,
        "h\t0\tn\tepsv\t" TIME,
        "h\t-1\tn\tepsv\t" TIME,
        "h\t+21\tn\tepsv\t" TIME,
        "h\t65536\tn\tepsv\t" TIME,
        "h\t00000000000000000000021\tn\tepsv\t" TIME,
        "h\t21x\tn\tepsv\t" TIME,
        "h\t\tn\tepsv\t" TIME,
        "h\t21\t\tepsv\t" TIME,
        "h\t21\tn\t\t" TIME,
        "h\t21\tn\tmagic\t" TIME,
        "h\t21\tn\tEPSV \t" TIME,
        "h\t21\tn\tepsv\tyesterday",
        "h\t21\tn\tepsv\t2025-13-31T12:34:56Z",
        "h\t21\tn\tepsv\t2025-01-32T12:34:56Z",
        "h\t21\tn\tepsv\t2025-01-31T24:34:56Z",
        "h\t21\tn\tepsv\t2025-01-31T12:34:56+",
        "h\t21\tn\tepsv\t2025-01-31 12:34:56Z",
        "h\t21\tn\tepsv\t2025-01-31T12:34:56",
        "h\t21\tn\tepsv\t2025-01-31T12:34:56ZZ",
    };
    struct memory_entry e;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (parse(lines[i], &e))
            fail_msg("taken for an entry: %s", lines[i]);
    }
    assert_false(memory_parse_line("h\t21\tn\0\tepsv\t" TIME, 31, &e));
    assert_true(parse("h\t21\tn\tepsv\t" TIME, &e));
}

static void long_fields(void **state)
{
    (void) state;
    struct memory_entry e;
    size_t size = 100000;
    char *line = malloc(size);
    memset(line, 'x', size);
    assert_false(memory_parse_line(line, size, &e));
    memcpy(line + size - 40, "\t21\tn\tepsv\t" TIME, 32);
    assert_false(memory_parse_line(line, size - 8, &e));

    int n = snprintf(line, size, "%0255d\t21\tn\tepsv\t" TIME, 1);
    assert_true(memory_parse_line(line, (size_t) n, &e));
    n = snprintf(line, size, "%0256d\t21\tn\tepsv\t" TIME, 1);
    assert_false(memory_parse_line(line, (size_t) n, &e));
    n = snprintf(line, size, "h\t21\t%0*d\tepsv\t" TIME, ADDR_TEXT, 1);
    assert_false(memory_parse_line(line, (size_t) n, &e));
    free(line);
}

static void what_cannot_be_written(void **state)
{
    (void) state;
    char dst[MEMORY_LINE_BYTES];
    struct memory_entry e;
    assert_true(parse("h\t21\tn\tepsv\t" TIME, &e));
    snprintf(e.host, sizeof e.host, "%s", "a\tb");
    assert_int_equal(memory_format_line(&e, dst, sizeof dst), 0);
    snprintf(e.host, sizeof e.host, "%s", "a\nb");
    assert_int_equal(memory_format_line(&e, dst, sizeof dst), 0);
    e.host[0] = '\0';
    assert_int_equal(memory_format_line(&e, dst, sizeof dst), 0);
    memset(e.host, 'h', sizeof e.host - 1);
    memset(e.network, 'n', sizeof e.network - 1);
    e.host[sizeof e.host - 1] = e.network[sizeof e.network - 1] = '\0';
    e.port = UINT16_MAX;
    e.strategy = STRATEGY_PASV_CONTROL_IP;
    assert_true(memory_format_line(&e, dst, sizeof dst) > 0);
}

static void whole_text(void **state)
{
    (void) state;
    static const char text[] = "a\t21\tn\tepsv\t" TIME "\n"
                               "rubbish\n\n\0\n"
                               "A\t21\tn\tactive\t" TIME "\n"
                               "a\t21\tother\tepsv\t" TIME "\n"
                               "a\t990\tn\tepsv\t" TIME; /* cut short behind its last field */
    struct memory m = {NULL, 0};
    assert_int_equal(memory_parse(&m, text, sizeof text - 1, NULL), 0);
    assert_int_equal(m.n, 3);
    assert_int_equal(memory_find(&m, "a", 21, "n")->strategy, STRATEGY_ACTIVE);
    assert_int_equal(memory_find(&m, "A", 21, "other")->strategy, STRATEGY_EPSV);
    assert_non_null(memory_find(&m, "a", 990, "n"));
    assert_null(memory_find(&m, "a", 22, "n"));
    assert_null(memory_find(&m, "b", 21, "n"));
    memory_clear(&m);
    assert_int_equal(memory_parse(&m, "", 0, NULL), 0);
    assert_null(memory_find(&m, "a", 21, "n"));
    memory_clear(&m);
}

static void bounds(void **state)
{
    (void) state;
    struct memory m = {NULL, 0};
    struct memory_entry e;
    assert_true(parse("h\t1\tn\tepsv\t" TIME, &e));
    for (unsigned i = 1; i <= MEMORY_ENTRIES_MAX + 10; i++) {
        e.port = (uint16_t) i;
        snprintf(e.when, sizeof e.when, "2025-01-31T12:%02u:%02uZ", i / 60, i % 60);
        if (i == 5)
            snprintf(e.when, sizeof e.when, "%s", "2026-01-01T00:00:00Z");
        assert_int_equal(memory_put(&m, &e, NULL), 0);
    }
    assert_int_equal(m.n, MEMORY_ENTRIES_MAX);
    assert_null(memory_find(&m, "h", 4, "n"));
    assert_non_null(memory_find(&m, "h", 5, "n")); /* not old, only early */
    assert_null(memory_find(&m, "h", 11, "n"));
    assert_non_null(memory_find(&m, "h", 12, "n"));
    assert_non_null(memory_find(&m, "h", MEMORY_ENTRIES_MAX + 10, "n"));
    memory_clear(&m);
}

static void forgetting(void **state)
{
    (void) state;
    static const char text[] = "a\t21\tn\tepsv\t" TIME "\n"
                               "b\t21\tn\tepsv\t" TIME "\n"
                               "a\t22\tm\tepsv\t" TIME "\n"
                               "c\t21\tn\tepsv\t" TIME "\n";
    struct memory m = {NULL, 0};
    memory_parse(&m, text, sizeof text - 1, NULL);
    assert_int_equal(memory_forget(&m, "x"), 0);
    assert_int_equal(memory_forget(&m, "A"), 2);
    assert_int_equal(m.n, 2);
    assert_string_equal(m.list[0].host, "b");
    memory_remove(&m, &m.list[0]);
    assert_int_equal(m.n, 1);
    assert_string_equal(m.list[0].host, "c");
    assert_int_equal(memory_forget(&m, "*"), 1);
    assert_int_equal(memory_forget(&m, "*"), 0);
    memory_clear(&m);
}

/* ---- the file ---- */

static char home[64], path[128];

static int make_home(void **state)
{
    (void) state;
    snprintf(home, sizeof home, "/tmp/ftpsh-memory-XXXXXX");
    assert_non_null(mkdtemp(home));
    setenv("HOME", home, 1);
    unsetenv("XDG_STATE_HOME");
    memory_path(path, sizeof path);
    return 0;
}

static int remove_home(void **state)
{
    (void) state;
    char command[sizeof "chmod -R u+w ; rm -rf " + 2 * sizeof home];
    snprintf(command, sizeof command, "chmod -R u+w %s; rm -rf %s", home, home);
    return system(command);
}

static bool put(struct memory *m, void *ctx)
{
    struct memory_entry e;
    assert_true(parse(ctx, &e));
    return memory_put(m, &e, NULL) == 0;
}

static bool leave(struct memory *m, void *ctx)
{
    (void) m;
    (void) ctx;
    return false;
}

static char entry[] = "a\t21\tn\tepsv\t" TIME;

static size_t count(int expected)
{
    struct memory m;
    assert_int_equal(memory_load(&m, NULL), expected);
    size_t n = m.n;
    memory_clear(&m);
    return n;
}

static mode_t mode_of(const char *name)
{
    struct stat st;
    assert_int_equal(stat(name, &st), 0);
    return st.st_mode & 07777;
}

static void stored(void **state)
{
    (void) state;
    char folder[128];
    snprintf(folder, sizeof folder, "%s/.local/state/ftpsh", home);
    assert_int_equal(strncmp(path, folder, strlen(folder)), 0);
    assert_int_equal(count(0), 0);
    assert_int_equal(access(folder, F_OK), -1); /* reading makes nothing */
    assert_int_equal(memory_change(put, entry, NULL), 0);
    assert_int_equal(count(0), 1);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(truncate(path, 5), 0);
    assert_int_equal(count(0), 0);
    assert_int_equal(memory_change(put, entry, NULL), 0);
    assert_int_equal(count(0), 1);
}

static void given_state_folder(void **state)
{
    (void) state;
    char text[256], given[128];
    snprintf(given, sizeof given, "%s/some/where", home);
    setenv("XDG_STATE_HOME", given, 1);
    snprintf(text, sizeof text, "%s/ftpsh/memory", given);
    assert_string_equal(memory_path(path, sizeof path), text);
    assert_int_equal(memory_change(put, entry, NULL), 0);
    assert_int_equal(access(text, F_OK), 0);
    setenv("XDG_STATE_HOME", "relative", 1);
    snprintf(text, sizeof text, "%s/.local/state/ftpsh/memory", home);
    assert_string_equal(memory_path(path, sizeof path), text);
    unsetenv("HOME");
    assert_string_equal(memory_path(path, sizeof path), "");
    assert_int_equal(count(0), 0);
    assert_int_equal(memory_change(put, entry, NULL), -1);
}

static void not_ours(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    assert_int_equal(memory_change(put, entry, NULL), 0);
    assert_int_equal(chmod(path, 0620), 0);
    assert_int_equal(count(-1), 0);
    assert_int_equal(memory_change(put, entry, &err), -1);
    assert_err(&err, ERR_LOCAL);
    assert_int_equal(mode_of(path), 0620);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(memory_change(put, entry, NULL), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(memory_change(put, entry, NULL), -1);
    assert_int_equal(count(-1), 0);
}

static void folder_is_not_ours(void **state)
{
    (void) state;
    char folder[128];
    snprintf(folder, sizeof folder, "%s/.local/state/ftpsh", home);
    assert_int_equal(memory_change(leave, NULL, NULL), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(memory_change(put, entry, NULL), -1);
    assert_int_equal(access(path, F_OK), -1);
}

/* The path, and what is there instead. */
static void folder_in_its_place(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    assert_int_equal(memory_change(leave, NULL, NULL), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(memory_change(put, entry, &err), -1);
    assert_non_null(strstr(err.msg, path));
    assert_non_null(strstr(err.msg, "is a folder"));
    assert_int_equal(rmdir(path), 0);
}

static void no_home_is_made(void **state)
{
    (void) state;
    char nowhere[128];
    snprintf(nowhere, sizeof nowhere, "%s/nobody", home);
    setenv("HOME", nowhere, 1);
    assert_int_equal(memory_change(put, entry, NULL), -1);
    assert_int_equal(access(nowhere, F_OK), -1);
}

static void endless_file(void **state)
{
    (void) state;
    assert_int_equal(memory_change(put, entry, NULL), 0);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 100 << 20), 0);
    close(fd);
    assert_int_equal(count(0), 1);
    assert_int_equal(memory_change(put, entry, NULL), 0);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, strlen(entry) + 1);
}

#define file_test(f) cmocka_unit_test_setup_teardown(f, make_home, remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line),     cmocka_unit_test(hostile_lines),
        cmocka_unit_test(long_fields),  cmocka_unit_test(what_cannot_be_written),
        cmocka_unit_test(whole_text),   cmocka_unit_test(bounds),
        cmocka_unit_test(forgetting),   file_test(stored),
        file_test(given_state_folder),  file_test(not_ours),
        file_test(folder_is_not_ours),  file_test(no_home_is_made),
        file_test(folder_in_its_place), file_test(endless_file),
    };
    return run_unit(tests);
}
