#include "unit.h"

#include "complete.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

/* "remote" or "local" and the folder that was asked for last. */
static char asked[256];
static const char *broken; /* what the world fails with */

static int offer_files(void *ctx, bool remote, const char *path, struct candidates *to,
                       struct err *err)
{
    (void) ctx;
    snprintf(asked, sizeof asked, "%s:%s", remote ? "remote" : "local", path);
    if (broken)
        return err_set(err, ERR_CLOSED, "%s", broken);
    static const struct {
        const char *name;
        enum entry_type type;
    } entries[] = {
        {"report.csv", ENTRY_FILE},  {"report (1).csv", ENTRY_FILE},
        {"it's \"it\"", ENTRY_FILE}, {"pub", ENTRY_DIR},
        {"My Files", ENTRY_DIR},     {"latest", ENTRY_LINK},
        {".hidden", ENTRY_FILE},     {"bad\x1b[31m", ENTRY_FILE},
        {"bad\xff", ENTRY_FILE},     {"b/ad", ENTRY_FILE},
        {"äöü", ENTRY_FILE},         {"äö€", ENTRY_FILE},
        {"-x", ENTRY_FILE},          {"a*b", ENTRY_FILE},
        {"a\\$c", ENTRY_FILE},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (candidates_entry(to, entries[i].name, entries[i].type, err) < 0)
            return -1;
    }
    return 0;
}

static int offer_names(void *ctx, enum names_of what, struct candidates *to, struct err *err)
{
    static const char *const names[][3] = {
        [NAMES_HOSTS] = {"ftp.example.com", "ftp.example.org", "other.example.com"},
        [NAMES_BOOKMARKS] = {"work", "home", NULL},
        [NAMES_VARIABLES] = {"folder", "file", NULL},
        [NAMES_ALIASES] = {"ll", NULL, NULL},
        [NAMES_JOBS] = {"2", "12", NULL},
    };
    (void) ctx;
    for (size_t i = 0; i < 3; i++) {
        if (names[what][i] && candidates_name(to, names[what][i], err) < 0)
            return -1;
    }
    return 0;
}

static bool find_alias(void *ctx, const char *name, char *dst, size_t size)
{
    (void) ctx;
    snprintf(dst, size, "ls");
    return strcmp(name, "ll") == 0;
}

static const char *find_value(void *ctx, const char *name, struct err *err)
{
    (void) ctx;
    if (strcmp(name, "folder") == 0)
        return "a b";
    err_set(err, ERR_USAGE, "none");
    return NULL;
}

static const struct words_values values = {find_value, NULL};

static const struct complete_world world = {.values = &values,

                                            .folder = offer_files,
                                            .names = offer_names,
                                            .alias = find_alias};

static struct completion c;

/* The candidates, each followed by a blank. */
static const char *completed(const char *line, char behind)
{
    static char shown[16384];
    struct err err = ERR_INIT;
    size_t len = 0;
    shown[0] = asked[0] = '\0';
    if (complete(line, behind, &world, &c, &err) < 0)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < c.all.n; i++)
        len += (size_t) snprintf(shown + len, sizeof shown - len, "%s ", c.all.list[i].text);
    completion_clear(&c);
    return shown;
}

static void assert_inserts(const char *line, const char *text)
{
    completed(line, '\0');
    if (strcmp(c.insert, text) != 0)
        fail_msg("%s: '%s', not '%s'", line, c.insert, text);
}

static void assert_offers(const char *line, const char *names)
{
    const char *got = completed(line, '\0');
    if (strcmp(got, names) != 0)
        fail_msg("%s: '%s', not '%s'", line, got, names);
}

static void commands(void **state)
{
    (void) state;
    assert_offers("mk", "mkdir ");
    assert_inserts("mk", "dir ");
    assert_inserts("cd x; dia", "gnose ");
    assert_inserts("-dia", "gnose ");
    assert_inserts("- dia", "gnose ");
    assert_inserts("ex", "it ");
    assert_offers("ll", "ll lls ");
    assert_inserts("help diag", "nose ");
    assert_inserts("queue mk", "dir ");
    assert_offers("queue st", "start stat status stop ");
    assert_offers("queue delete ", "12 2 ");
    assert_offers("queue move 2", "2 ");
    assert_offers("kill 2 1", "12 ");
    assert_offers("wait ", "12 2 ");
    assert_offers("wait 2 ", "");
    assert_inserts("memory f", "orget ");
    assert_offers("nosuch a", "");
}

static void options(void **state)
{
    (void) state;
    assert_inserts("ls --col", "or=");
    assert_offers("ls --color=a", "always auto ");
    assert_inserts("ls --color=ne", "ver ");
    assert_inserts("ls --color ne", "ver ");
    assert_inserts("ll --color=ne", "ver ");
    assert_inserts("ls --js", "on ");
    assert_offers("rm -", "--json -f -r ");
    assert_inserts("find -na", "me=");
    assert_inserts("mirror --links=f", "ollow ");
    assert_inserts("mirror --plan=pu", "b/");
    assert_string_equal(asked, "local:");
    assert_inserts("get -- -", "x ");
    assert_string_equal(asked, "remote:");
    assert_offers("get --limit-rate=", "");
}

static void arguments_by_kind(void **state)
{
    (void) state;
    assert_inserts("cd p", "ub/");
    assert_string_equal(asked, "remote:");
    assert_offers("cd ", "My Files latest pub ");
    assert_inserts("cd la", "test/");
    assert_inserts("cat la", "test");
    assert_inserts("cat one/two/p", "ub/");
    assert_string_equal(asked, "remote:one/two/");
    assert_inserts("cat /p", "ub/");
    assert_string_equal(asked, "remote:/");
    assert_inserts("get x p", "ub/");
    assert_string_equal(asked, "local:");
    assert_inserts("lcd p", "ub/");
    assert_string_equal(asked, "local:");
    assert_inserts("mirror p", "ub/");
    assert_string_equal(asked, "remote:");
    assert_inserts("mirror -R p", "ub/");
    assert_string_equal(asked, "local:");
    assert_inserts("mirror -nR --delete p p", "ub/");
    assert_string_equal(asked, "remote:");
    assert_inserts("queue mirror --reverse p", "ub/");
    assert_string_equal(asked, "local:");
    assert_offers("cd x p", "");
    assert_offers("pwd ", "");
    assert_offers("open ", "ftp.example.com ftp.example.org home other.example.com work ");
    assert_inserts("open f", "tp.example.");
    assert_inserts("open me@o", "ther.example.com ");
    assert_inserts("open ftpes://o", "ther.example.com ");
}

static void settings_and_variables(void **state)
{
    (void) state;
    assert_inserts("set limit", "-rate ");
    assert_offers("set verify ", "auto off require ");
    assert_offers("set compress o", "off on ");
    assert_offers("cd $f", "file final_timeout folder fsync ");
    assert_inserts("cd $fo", "lder");
    assert_inserts("cd \"x/${fo", "lder}");
    assert_inserts("cat $lim", "it_rate");
    assert_inserts("unset limit", "-rate ");
    assert_inserts("unalias l", "l ");
    assert_inserts("set strategies epsv,ac", "tive ");
    assert_inserts("cd $folder/p", "ub/");
    assert_string_equal(asked, "remote:a b/");
    assert_offers("cd $nosuch/p", "");
    assert_offers("!echo $f", "");
    assert_offers("cd '$f", "");
    assert_offers("cd \\$f", "");
}

static void for_the_shell(void **state)
{
    (void) state;
    assert_inserts("ls > p", "ub/");
    assert_string_equal(asked, "local:");
    assert_inserts("ls | grep -f p", "ub/");
    assert_string_equal(asked, "local:");
    assert_inserts("!cat 'My", " Files/");
    assert_offers("ls # p", "");
    assert_offers("ls > a p", "");
}

static void quoting(void **state)
{
    (void) state;
    assert_inserts("cd M", "y\\ Files/");
    assert_inserts("cd 'M", "y Files/");
    assert_inserts("cat \"it", "'s \\\"it\\\"\" ");
    assert_inserts("cat 'it", "'\\''s \"it\"' ");
    assert_inserts("cat it", "\\'s\\ \\\"it\\\" ");
    assert_inserts("cat report\\ ", "\\(1\\).csv ");
    assert_inserts("cat it\\", "'s\\ \\\"it\\\" ");
    assert_inserts("cat a\\*", "b ");
    assert_inserts("cat a", "");
    assert_inserts("cat \"a\\\\", "\\$c\" ");
    assert_inserts("cat 'a\\", "$c' ");
}

static void ends(void **state)
{
    (void) state;
    completed("cd p", '/');
    assert_string_equal(c.insert, "ub");
    completed("cat it", ' ');
    assert_string_equal(c.insert, "\\'s\\ \\\"it\\\"");
    completed("cat \"it", '"');
    assert_string_equal(c.insert, "'s \\\"it\\\"");
    completed("cat ${fol", '}');
    assert_string_equal(c.insert, "der");
}

static void names_that_cannot_be_typed(void **state)
{
    (void) state;
    assert_offers("cat b", "");
    assert_offers("cat .", ".hidden ");
    assert_inserts("cat ä", "ö"); /* never a part of a character */
    assert_offers("cat ä", "äöü äö€ ");
}

static void the_home_folder(void **state)
{
    (void) state;
    setenv("HOME", "/home/my self", 1);
    assert_inserts("lcd ~/p", "ub/");
    assert_string_equal(asked, "local:/home/my self/");
    assert_inserts("lcd ~/My", "\\ Files/");
    assert_inserts("lcd ~/sub/'M", "y Files/");
    assert_string_equal(asked, "local:/home/my self/sub/");
    assert_inserts("lcd ~", "/");
    assert_inserts("lcd ~/zä", "");
    static const char *const there[] = {"put ~/p",           "mirror -R ~/p",   "mirror --plan=~/p",
                                        "mirror --plan ~/p", "set ca-file ~/p", "ls > ~/p"};
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++) {
        assert_inserts(there[i], "ub/");
        assert_string_equal(asked, "local:/home/my self/");
    }
    assert_inserts("cd ~/p", "ub/"); /* the server's business */
    assert_string_equal(asked, "remote:~/");
    static const char *const itself[] = {"lcd '~/p", "lcd \\~/p", "mirror --plan='~/p"};
    for (size_t i = 0; i < sizeof itself / sizeof itself[0]; i++) {
        assert_inserts(itself[i], "ub/");
        assert_string_equal(asked, "local:~/");
    }
    unsetenv("HOME");
    assert_inserts("lcd ~/p", "");
}

static int offer_dashed(void *ctx, bool remote, const char *path, struct candidates *to,
                        struct err *err)
{
    (void) ctx;
    (void) remote;
    (void) path;
    return candidates_entry(to, "-x y", ENTRY_FILE, err);
}

static void names_that_look_like_options(void **state)
{
    (void) state;
    struct complete_world dashed = world;
    struct err err = ERR_INIT;
    dashed.folder = offer_dashed;
    assert_int_equal(complete("cat ", '\0', &dashed, &c, &err), 0);
    assert_string_equal(c.insert, "./-x\\ y ");
    completion_clear(&c);
    assert_int_equal(complete("cat \"", '\0', &dashed, &c, &err), 0);
    assert_string_equal(c.insert, "./-x y\" ");
    completion_clear(&c);
}

/* ---- any name, begun in any way ---- */

static unsigned seed = 1;

static unsigned dice(unsigned n)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % n;
}

static void append(char *dst, size_t size, const char *text)
{
    size_t len = strlen(dst), n = strlen(text);
    assert_true(len + n < size);
    memcpy(dst + len, text, n + 1);
}

/* Of characters that mean something here or there. */
static void roll_text(char *dst, size_t most)
{
    static const char *const pieces[] = {"a", "b", " ", "'", "\"", "\\", "$", "${", "}", "*",
                                         "?", "[", "]", "#", ";",  "&",  "|", ">",  "!", "~",
                                         "-", "(", "ä", "€", "%",  "=",  ",", "."};
    size_t n = 1 + dice((unsigned) most);
    dst[0] = '\0';
    for (size_t i = 0; i < n; i++)
        append(dst, 64, pieces[dice(sizeof pieces / sizeof pieces[0])]);
}

/* As a person may type it. */
static void type_quoted(char *line, size_t size, const char *text, char quote)
{
    static const char *const harmless = "ab%=,.}-";
    char open[2] = {quote, '\0'};
    append(line, size, open);
    for (; *text; text++) {
        char one[5] = {text[0], '\0'};
        bool plain = ((unsigned char) *text & 0x80) || strchr(harmless, *text);
        if (quote == '\'' && *text == '\'')
            snprintf(one, sizeof one, "'\\''");
        else if (quote == '"' ? strchr("\"\\$", *text) != NULL : !quote && !plain)
            snprintf(one, sizeof one, "\\%c", *text);
        append(line, size, one);
    }
}

static char only[64];

static int offer_only(void *ctx, bool remote, const char *path, struct candidates *to,
                      struct err *err)
{
    (void) ctx;
    (void) remote;
    (void) path;
    return candidates_entry(to, only, ENTRY_FILE, err);
}

/* What is put in makes the line's word the name, and nothing else. */
static void any_name(void **state)
{
    (void) state;
    static struct words w;
    struct complete_world one = world;
    one.folder = offer_only;
    for (int i = 0; i < 20000; i++) {
        char line[512] = "cat ", begun[64];
        struct words_place place;
        struct err err = ERR_INIT;
        roll_text(only, 8);
        if (strcmp(only, ".") == 0 || strcmp(only, "..") == 0)
            continue;
        size_t len = dice((unsigned) strlen(only) + 1);
        while (len > 0 && ((unsigned char) only[len] & 0xc0) == 0x80)
            len--;
        snprintf(begun, sizeof begun, "%.*s", (int) len, only);
        type_quoted(line, sizeof line, begun, "\0\0'\""[dice(4)]);
        /* those begin an option, or are hidden as long as the dot is not there */
        if (begun[0] == '-' || (only[0] == '.' && len == 0))
            continue;
        assert_int_equal(complete(line, '\0', &one, &c, &err), 0);
        append(line, sizeof line, c.insert);
        if (!c.unique || words_last(line, NULL, &w, &place, &err) < 0)
            fail_msg("%s: nothing fits '%s' (%s)", line, only, err.msg);
        const char *got = w.argc == 3 ? w.argv[1] : "(more or less than one word)";
        if (strcmp(strncmp(got, "./", 2) == 0 ? got + 2 : got, only) != 0)
            fail_msg("%s: '%s', not '%s'", line, got, only);
        completion_clear(&c);
    }
}

static void any_line(void **state)
{
    (void) state;
    for (int i = 0; i < 20000; i++) {
        static const char *const begins[] = {"", "cat ", "mirror -", "set ", "! ", "ls | ", "ls >"};
        char line[128], rest[64];
        struct err err = ERR_INIT;
        roll_text(rest, 12);
        snprintf(line, sizeof line, "%s%s", begins[dice(7)], rest);
        assert_int_equal(complete(line, "\0 '}/"[dice(5)], &world, &c, &err), 0);
        completion_clear(&c);
    }
}

static void failures_of_the_world(void **state)
{
    (void) state;
    struct err err = ERR_INIT;
    broken = "gone";
    assert_int_equal(complete("cat ", '\0', &world, &c, &err), -1);
    assert_err(&err, ERR_CLOSED);
    assert_string_equal(c.insert, "");
    completion_clear(&c);
    broken = NULL;
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands),
        cmocka_unit_test(options),
        cmocka_unit_test(arguments_by_kind),
        cmocka_unit_test(settings_and_variables),
        cmocka_unit_test(for_the_shell),
        cmocka_unit_test(quoting),
        cmocka_unit_test(ends),
        cmocka_unit_test(names_that_cannot_be_typed),
        cmocka_unit_test(the_home_folder),
        cmocka_unit_test(names_that_look_like_options),
        cmocka_unit_test(any_name),
        cmocka_unit_test(any_line),
        cmocka_unit_test(failures_of_the_world),
    };
    return run_unit(tests);
}
