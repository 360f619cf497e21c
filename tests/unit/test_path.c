#include "unit.h"

#include "ftp/path.h"

#include <stdlib.h>

static void assert_folder(const char *text, const char *expected)
{
    char path[PATH_BYTES];
    struct err err = ERR_INIT;
    if (path_from_257(text, path, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(path, expected);
}

static void folders_in_replies(void **state)
{
    (void) state;
    assert_folder("\"/\" is the current directory", "/");
    assert_folder("\"/home/a b\" is current", "/home/a b");
    assert_folder("\"/say \"\"hi\"\"\" created", "/say \"hi\"");
    assert_folder("\"\"\"\"", "\"");
    assert_folder("Current folder is \"/pub\".", "/pub");
    assert_folder("/pub is current", "/pub");
    assert_folder("  /pub", "/pub");
    assert_folder("\"/\xc3\xbc\xff\"", "/\xc3\xbc\xff");
    assert_folder("\"'USER.'\" is working directory", "'USER.'"); /* field 56 */
}

static void no_folder(void **state)
{
    (void) state;
    static const char *const bad[] = {
        "",
        " ",
        "\"",
        "\"\"",
        "\"/open",
        "\"/open\"\"",
        "\"a\nb\"",
        "\"a\rDELE x\"",
        "\"a\033[2J\"",
        "a\tb\001c \"\x7f\"",
        "/a\001b", /* field 63 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char path[PATH_BYTES];
        struct err err = ERR_INIT;
        if (path_from_257(bad[i], path, &err) == 0)
            fail_msg("accepted: %s", bad[i]);
        assert_err(&err, ERR_PROTOCOL);
    }
}

static void long_folders(void **state)
{
    (void) state;
    char text[PATH_BYTES + 16], path[PATH_BYTES];
    for (int quoted = 0; quoted < 2; quoted++) {
        memset(text, 'a', sizeof text);
        if (quoted)
            text[0] = '"';
        text[PATH_BYTES - 1 + quoted] = quoted ? '"' : '\0';
        text[PATH_BYTES + quoted] = '\0';
        assert_int_equal(path_from_257(text, path, NULL), 0);
        assert_int_equal(strlen(path), PATH_BYTES - 1);
        memset(text + 1, 'a', sizeof text - 1);
        text[PATH_BYTES + quoted] = quoted ? '"' : '\0';
        text[PATH_BYTES + 1 + quoted] = '\0';
        assert_int_equal(path_from_257(text, path, NULL), -1);
    }
}

static void assert_joined(const char *base, const char *name, const char *expected)
{
    char path[PATH_BYTES];
    assert_int_equal(path_join(base, name, path, NULL), 0);
    assert_string_equal(path, expected);
}

static void joining(void **state)
{
    (void) state;
    assert_joined("/pub", "a", "/pub/a");
    assert_joined("/pub/", "a", "/pub/a");
    assert_joined("/", "a", "/a");
    assert_joined("", "a", "a");
    assert_joined("/pub", "/etc", "/etc");
    assert_joined("pub", "a/b", "pub/a/b");
    assert_joined("/pub", "", "/pub");
    assert_joined("", "", "");
}

static void joining_too_much(void **state)
{
    (void) state;
    char base[2 * PATH_BYTES], path[PATH_BYTES];
    struct err err = ERR_INIT;
    memset(base, 'a', sizeof base - 1);
    base[sizeof base - 1] = '\0';
    assert_int_equal(path_join(base, "x", path, &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_int_equal(path_join("x", base, path, NULL), -1);
    base[PATH_BYTES - 2] = '\0';
    assert_int_equal(path_join(base, "x", path, NULL), -1);
    base[PATH_BYTES - 3] = '\0';
    assert_int_equal(path_join(base, "x", path, NULL), 0);
    assert_int_equal(strlen(path), PATH_BYTES - 1);
}

static void last_parts(void **state)
{
    (void) state;
    const char *path = "/a/b";
    assert_ptr_equal(path_last(path), path + 3);
    assert_string_equal(path_last("name"), "name");
    assert_string_equal(path_last("/a/"), "");
    assert_string_equal(path_last(""), "");
}

/* field 62 */
static void names_for_local_files(void **state)
{
    (void) state;
    static const char *const bad[] = {"", ".", "..", "/", "a/b", "../x", "/etc/passwd", "a/"};
    static const char *const good[] = {"a", "...", ".hidden", "..a", " ", "a b", "-rf", "a\\b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(path_is_single(bad[i]));
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(path_is_single(good[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_in_replies),    cmocka_unit_test(no_folder),
        cmocka_unit_test(long_folders),          cmocka_unit_test(joining),
        cmocka_unit_test(joining_too_much),      cmocka_unit_test(last_parts),
        cmocka_unit_test(names_for_local_files),
    };
    return run_unit(tests);
}
