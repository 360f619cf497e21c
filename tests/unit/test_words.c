#include "unit.h"

#include "words.h"

#include <stdio.h>
#include <stdlib.h>

static struct words w;

static void assert_words(const char *line, size_t *pos, int argc, const char *const *argv)
{
    struct err err = ERR_INIT;
    if (words_next(line, pos, NULL, &w, &err) != 1)
        fail_msg("%s: %s", line, err.msg);
    assert_int_equal(w.argc, argc);
    for (int i = 0; i < argc; i++)
        assert_string_equal(w.argv[i], argv[i]);
    assert_null(w.argv[argc]);
}

/* The line is one command of these words, and then it ends. */
#define assert_line(line, ...)                                                                     \
    do {                                                                                           \
        const char *const expected[] = {__VA_ARGS__};                                              \
        struct err end = ERR_INIT;                                                                 \
        size_t at = 0;                                                                             \
        assert_words((line), &at, (int) (sizeof expected / sizeof expected[0]), expected);         \
        assert_int_equal(words_next((line), &at, NULL, &w, &end), 0);                              \
    } while (0)

static void assert_refused(const char *line, const char *part)
{
    struct err err = ERR_INIT;
    size_t pos = 0;
    int rc;
    while ((rc = words_next(line, &pos, NULL, &w, &err)) > 0)
        ;
    assert_int_equal(rc, -1);
    assert_err(&err, ERR_USAGE);
    if (!strstr(err.msg, part))
        fail_msg("'%s' has no '%s'", err.msg, part);
}

static void plain_words(void **state)
{
    (void) state;
    assert_line("ls", "ls");
    assert_line("  get\ta   b ", "get", "a", "b");
    assert_line("cd /a/b-c_d.e", "cd", "/a/b-c_d.e");
    assert_line("get a#b", "get", "a#b");
    assert_line("-get a", "-get", "a");
    assert_line("get gr\xc3\xbc\xc3\x9f"
                "e",
                "get",
                "gr\xc3\xbc\xc3\x9f"
                "e");
}

static void quotes(void **state)
{
    (void) state;
    assert_line("get 'a b' \"c d\"", "get", "a b", "c d");
    assert_line("get \"\\`\\$\\\\\\\"\\'\"", "get", "`$\\\"\\'");
    assert_line("get 'a\\b' \"a\\b\" a\\\\b", "get", "a\\b", "a\\b", "a\\b");
    assert_line("get \"say \\\"hi\\\"\"", "get", "say \"hi\"");
    assert_line("get a' 'b\" \"c\\ d", "get", "a b c d");
    assert_line("get '' \"\"", "get", "", "");
    assert_line("get ';|>&#'", "get", ";|>&#");
    assert_line("get \\; \\# \\'", "get", ";", "#", "'");
}

static void assert_pattern(const char *line, const char *word, const char *pattern)
{
    struct err err = ERR_INIT;
    size_t pos = 0;
    if (words_next(line, &pos, NULL, &w, &err) != 1)
        fail_msg("%s: %s", line, err.msg);
    assert_int_equal(w.argc, 2);
    assert_string_equal(w.argv[1], word);
    if (pattern && !w.patterns[1])
        fail_msg("%s: no pattern", line);
    else if (pattern)
        assert_string_equal(w.patterns[1], pattern);
    else
        assert_null(w.patterns[1]);
}

static void patterns(void **state)
{
    (void) state;
    assert_pattern("rm *.c", "*.c", "*.c");
    assert_pattern("rm a?", "a?", "a?");
    assert_pattern("rm [ab]", "[ab]", "[ab]");
    assert_pattern("rm '*'", "*", NULL);
    assert_pattern("rm \"?[\"", "?[", NULL);
    assert_pattern("rm \\*", "*", NULL);
    assert_pattern("rm a]", "a]", NULL);
    assert_pattern("rm '*'*", "**", "\\**");
    assert_pattern("rm \\[*'\\'", "[*\\", "\\[*\\\\");
    assert_pattern("rm 'a b'*", "a b*", "a b*");
}

static void home_folders(void **state)
{
    (void) state;
    assert_pattern("put ~/x", "~/x", "~/x");
    assert_pattern("put ~", "~", "~");
    assert_pattern("put '~/x'", "~/x", NULL);
    assert_pattern("put \\~/x", "~/x", NULL);
    assert_pattern("put '~/'*", "~/*", "\\~/*");
    assert_pattern("put $~/x", "$~/x", NULL);
    assert_pattern("put x~", "x~", NULL);
    assert_pattern("put --plan=~/x", "--plan=~/x", "--plan=~/x");
    assert_pattern("put --plan='~/x'", "--plan=~/x", NULL);
    assert_pattern("put a=~/x", "a=~/x", NULL);
    struct err err = ERR_INIT;
    size_t pos = 0;
    assert_int_equal(words_next("ls > ~/x; ls > '~/x'; ls", &pos, NULL, &w, &err), 1);
    assert_true(w.out_home);
    assert_int_equal(words_next("ls > ~/x; ls > '~/x'; ls", &pos, NULL, &w, &err), 1);
    assert_false(w.out_home);
}

static void several_commands(void **state)
{
    (void) state;
    const char *line = "cd a; get 'b;c' ;; ;-ls;  # rest; of it";
    size_t pos = 0;
    struct err err = ERR_INIT;
    assert_words(line, &pos, 2, (const char *const[]){"cd", "a"});
    assert_words(line, &pos, 2, (const char *const[]){"get", "b;c"});
    assert_words(line, &pos, 1, (const char *const[]){"-ls"});
    assert_int_equal(words_next(line, &pos, NULL, &w, &err), 0);
    assert_int_equal(words_next(line, &pos, NULL, &w, &err), 0);
}

static void background(void **state)
{
    (void) state;
    const char *line = "get a& put b &; ls";
    size_t pos = 0;
    assert_words(line, &pos, 2, (const char *const[]){"get", "a"});
    assert_true(w.background);
    assert_words(line, &pos, 2, (const char *const[]){"put", "b"});
    assert_true(w.background);
    assert_words(line, &pos, 1, (const char *const[]){"ls"});
    assert_false(w.background);
}

static void nothing(void **state)
{
    (void) state;
    static const char *const lines[] = {"", "   ", "\t", "# ls", ";", " ; ;; "};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct err err = ERR_INIT;
        size_t pos = 0;
        assert_int_equal(words_next(lines[i], &pos, NULL, &w, &err), 0);
    }
}

static void assert_out(const char *line, enum words_out out, const char *to)
{
    struct err err = ERR_INIT;
    size_t pos = 0;
    if (words_next(line, &pos, NULL, &w, &err) != 1)
        fail_msg("%s: %s", line, err.msg);
    assert_int_equal(w.out, out);
    assert_int_equal(w.argc, 2);
    assert_string_equal(w.argv[1], "-l");
    assert_string_equal(w.out_to, to);
}

static void redirections(void **state)
{
    (void) state;
    assert_out("ls -l > a", OUT_FILE, "a");
    assert_out("ls -l>a", OUT_FILE, "a");
    assert_out("ls -l >>'a b'", OUT_APPEND, "a b");
    assert_out("ls -l | grep 'a;b' | wc -l", OUT_PIPE, "grep 'a;b' | wc -l");
    assert_out("ls -l |sort; pwd", OUT_PIPE, "sort");
    assert_out("ls -l | echo \\; \"x\\\";\"; pwd", OUT_PIPE, "echo \\; \"x\\\";\"");
}

static void a_pipe_ends_at_a_semicolon(void **state)
{
    (void) state;
    size_t pos = 0;
    const char *line = "ls|sort ; pwd";
    assert_words(line, &pos, 1, (const char *const[]){"ls"});
    assert_words(line, &pos, 1, (const char *const[]){"pwd"});
    assert_int_equal(w.out, OUT_STANDARD);
}

static void shell_escapes(void **state)
{
    (void) state;
    assert_line("!", "!");
    assert_line("! ls -l; echo 'a | b' # x", "!", "ls -l; echo 'a | b' # x");
    assert_line("-!false && true", "-!", "false && true");
    assert_line("get !x", "get", "!x");
}

static void refused(void **state)
{
    (void) state;
    assert_refused("get 'a b", "column 5");
    assert_refused("get \"a b", "column 5");
    assert_refused("get \xc3\xbc\xc3\xbc \"", "column 8");
    assert_refused("get a\\", "column 6");
    assert_refused("ls &&", "follows the '&&' in column 4");
    assert_refused("ls || ; pwd", "follows the '||' in column 4");
    assert_refused("ls && # pwd", "follows the '&&' in column 4");
    assert_refused("&& ls", "before the '&&' in column 1");
    assert_refused("ls && || ls", "before the '||' in column 7");
    assert_refused("ls & && ls", "before the '&&' in column 6");
    assert_refused("ls ${", "column 4: '${'");
    assert_refused("ls ${}", "column 4: '${'");
    assert_refused("ls ${a b}", "column 4: '${'");
    assert_refused("ls \"${a\"", "column 5: '${'");
    assert_refused("ls > a &", "'&' in column 8");
    assert_refused("& ls", "'&' in column 1");
    assert_refused("| sort", "no command before");
    assert_refused("> a", "no command before");
    assert_refused("ls |", "no command follows");
    assert_refused("ls >", "no file follows");
    assert_refused("ls > ; pwd", "no file follows");
    assert_refused("ls > a b", "column 8");
    assert_refused("ls > a > b", "second");
}

static const char *find(void *ctx, const char *name, struct err *err)
{
    (void) ctx;
    if (strcmp(name, "x") == 0)
        return "a b*'$y;";
    if (strcmp(name, "my-name_1") == 0)
        return "dashed";
    if (strcmp(name, "empty") == 0)
        return "";
    if (strcmp(name, "?") == 0 || strcmp(name, "1") == 0 || strcmp(name, "#") == 0)
        return name;
    err_set(err, ERR_USAGE, "there is no variable '%s'", name);
    return NULL;
}

static const struct words_values values = {find, NULL};

static void assert_value(const char *line, const char *word, const char *pattern)
{
    struct err err = ERR_INIT;
    size_t pos = 0;
    if (words_next(line, &pos, &values, &w, &err) != 1)
        fail_msg("%s: %s", line, err.msg);
    assert_int_equal(w.argc, 2);
    assert_string_equal(w.argv[1], word);
    assert_int_equal(w.patterns[1] != NULL, pattern != NULL);
    if (pattern && w.patterns[1])
        assert_string_equal(w.patterns[1], pattern);
}

static void variables(void **state)
{
    (void) state;
    assert_value("get $x", "a b*'$y;", NULL);
    assert_value("get \"$x\"", "a b*'$y;", NULL);
    assert_value("get '$x'", "$x", NULL);
    assert_value("get \\$x", "$x", NULL);
    assert_value("get \"\\$x\"", "$x", NULL);
    assert_value("get ${x}x?", "a b*'$y;x?", "a b\\*'$y;x?");
    assert_value("get ${my-name_1}.$x", "dashed.a b*'$y;", NULL);
    assert_value("get $empty", "", NULL);
    assert_value("get $1$?-$#0", "1?-#0", NULL);
    assert_value("get a$ ", "a$", NULL);
    assert_value("get $0$.$\"$\"", "$0$.$$", NULL);
    assert_value("ls -l > $empty\"$x\"", "-l", NULL);
    assert_string_equal(w.out_to, "a b*'$y;");
    assert_value("ls -l | grep $x", "-l", NULL);
    assert_string_equal(w.out_to, "grep $x");
    assert_line("get $x ${x}", "get", "$x", "${x}"); /* without values */

    struct err err = ERR_INIT;
    size_t pos = 0;
    assert_int_equal(words_next("get a$y", &pos, &values, &w, &err), -1);
    assert_string_equal(err.msg, "column 6: there is no variable 'y'");
    assert_true(words_is_name("_a1"));
    assert_false(words_is_name("1") || words_is_name("a-b") || words_is_name("") ||
                 words_is_name("?"));
}

static void joints(void **state)
{
    (void) state;
    const char *line = "ls -l&&cd b || pwd > a && ls | cat || quit";
    static const enum words_joint expected[] = {JOINT_AND, JOINT_OR, JOINT_AND, JOINT_OR,
                                                JOINT_NONE};
    struct err err = ERR_INIT;
    size_t pos = 0;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(words_next(line, &pos, NULL, &w, &err), 1);
        assert_int_equal(w.joint, expected[i]);
        if (w.out == OUT_PIPE)
            assert_string_equal(w.out_to, "cat ");
    }
    assert_int_equal(words_next(line, &pos, NULL, &w, &err), 0);
}

static void assert_command(const char *line, size_t start, size_t len)
{
    size_t at;
    assert_int_equal(words_command(line, 0, &at), len);
    assert_int_equal(at, start);
}

static void first_words(void **state)
{
    (void) state;
    assert_command("ls -l", 0, 2);
    assert_command(" ; -ls>a", 4, 2);
    assert_command("- ls&&a", 2, 2);
    assert_command("'ls'", 0, 0);
    assert_command("l\\s", 0, 0);
    assert_command("$ls", 0, 0);
    assert_command("-!ls", 1, 0);
    assert_command(" # a", 1, 0);
    assert_command("", 0, 0);
}

static void bounds(void **state)
{
    (void) state;
    size_t n = 2 * WORDS_MAX + 3;
    char *line = malloc(n);
    for (size_t i = 0; i + 1 < n; i++)
        line[i] = i % 2 ? ' ' : 'a';
    line[n - 1] = '\0';
    assert_refused(line, "words");
    free(line);

    n = 5 * LINE_BYTES;
    line = malloc(n + 1);
    memset(line, 'a', n);
    line[n] = '\0';
    assert_refused(line, "too long");
    free(line);
}

/* The last command of a line that is being written: its words joined by '|'. */
static struct words_place assert_last(const char *line, enum words_part part, size_t start,
                                      const char *words)
{
    struct words_place place;
    char joined[256] = "";
    struct err err = ERR_INIT;
    if (words_last(line, NULL, &w, &place, &err) < 0)
        fail_msg("%s: %s", line, err.msg);
    for (int i = 0; i < w.argc; i++)
        snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%s", i ? "|" : "",
                 w.argv[i]);
    assert_string_equal(joined, words);
    assert_int_equal(place.part, part);
    assert_int_equal(place.start, start);
    return place;
}

static void lines_that_are_being_written(void **state)
{
    (void) state;
    assert_last("", PART_WORD, 0, "");
    assert_last("  ge", PART_WORD, 2, "ge");
    assert_last("get ", PART_WORD, 4, "get|");
    assert_last("get a\\ b*", PART_WORD, 4, "get|a b*");
    assert_last("cd x; get 'a'b", PART_WORD, 10, "get|ab");
    assert_last("cd x ;", PART_WORD, 6, "");
    assert_last("cd x & ", PART_WORD, 7, "");
    assert_int_equal(assert_last("get 'a \\", PART_WORD, 4, "get|a \\").quote, '\'');
    assert_int_equal(assert_last("get x \"a'", PART_WORD, 6, "get|x|a'").quote, '"');
    assert_int_equal(assert_last("get \"a\" ", PART_WORD, 8, "get|a|").quote, '\0');
    assert_true(assert_last("get a\\", PART_WORD, 4, "get|a").escape);
    assert_false(assert_last("get a\\ ", PART_WORD, 4, "get|a ").escape);
    assert_last("ls > ", PART_FILE, 5, "ls");
    assert_last("ls >>'a b", PART_FILE, 5, "ls");
    assert_last("ls > a ", PART_NOTHING, 7, "ls|");
    assert_last("ls # a", PART_NOTHING, 3, "ls");
    assert_last("ls | so", PART_SHELL, 5, "ls");
    assert_last("ls |", PART_SHELL, 4, "ls");
    assert_last("ls | sort; g", PART_WORD, 11, "g");
    assert_last("ls && g", PART_WORD, 6, "g");
    assert_last("ls || ", PART_WORD, 6, "");
    assert_last("ls | sort && g", PART_WORD, 13, "g");
    assert_int_equal(assert_last("get a$na", PART_WORD, 4, "get|a$na").name, 6);
    assert_int_equal(assert_last("get \"${na", PART_WORD, 4, "get|${na").name, 7);
    assert_int_equal(assert_last("get $", PART_WORD, 4, "get|$").name, 5);
    assert_int_equal(assert_last("get $a.", PART_WORD, 4, "get|$a.").name, 0);
    assert_last("! ls 'a", PART_SHELL, 2, "!|ls 'a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_words),
        cmocka_unit_test(quotes),
        cmocka_unit_test(patterns),
        cmocka_unit_test(home_folders),
        cmocka_unit_test(several_commands),
        cmocka_unit_test(background),
        cmocka_unit_test(nothing),
        cmocka_unit_test(redirections),
        cmocka_unit_test(a_pipe_ends_at_a_semicolon),
        cmocka_unit_test(shell_escapes),
        cmocka_unit_test(refused),
        cmocka_unit_test(variables),
        cmocka_unit_test(joints),
        cmocka_unit_test(first_words),
        cmocka_unit_test(bounds),
        cmocka_unit_test(lines_that_are_being_written),
    };
    return run_unit(tests);
}
