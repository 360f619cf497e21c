#include "unit.h"

#include "commands.h"

#include <stdio.h>
#include <string.h>

static const struct command_option shared[] = {
    {.letter = 'P', .name = "parallel", .placeholder = "N", .kind = OPTION_NUMBER},
    {.name = "newer"},
    {0},
};
static const struct command_option own[] = {
    {.letter = 'l'},
    {.letter = 'a'},
    {.name = "color", .placeholder = "WHEN", .kind = OPTION_CHOICE, .values = "auto|always|never"},
    {.letter = 'o', .placeholder = "NAME"},
    {0},
};
static const struct command command = {.name = "take",
                                       .min = 1,
                                       .max = 2,
                                       .json = true,
                                       .options = {own, shared},
                                       .usage = "take [OPTION]... A [B]"};

static struct call call;

/* The words of a line, parted by single spaces, as arguments of "take". */
static int read_words(const struct command *c, const char *line, struct err *err)
{
    static char mem[256];
    char *argv[16], *save = NULL;
    int argc = 0;
    snprintf(mem, sizeof mem, "take %s", line);
    for (char *word = strtok_r(mem, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    argv[argc] = NULL;
    return call_read(&call, c, argc, argv, NULL, err);
}

static void assert_taken(const char *line)
{
    struct err err = ERR_INIT;
    if (read_words(&command, line, &err) < 0)
        fail_msg("%s", err.msg);
}

static void assert_refused(const char *line, const char *part)
{
    struct err err = ERR_INIT;
    assert_int_equal(read_words(&command, line, &err), -1);
    assert_err(&err, ERR_USAGE);
    if (!strstr(err.msg, part))
        fail_msg("'%s' has no '%s'", err.msg, part);
}

static void test_options_stand_anywhere(void **state)
{
    (void) state;
    assert_taken("-la one --newer two --json");
    assert_int_equal(call.argc, 3);
    assert_string_equal(call.argv[1], "one");
    assert_string_equal(call.argv[2], "two");
    assert_string_equal(call_option(&call, "l"), "");
    assert_string_equal(call_option(&call, "a"), "");
    assert_string_equal(call_option(&call, "newer"), "");
    assert_null(call_option(&call, "parallel"));
    assert_true(call.json);
}

static void test_values_are_glued_or_follow(void **state)
{
    (void) state;
    const char *const forms[] = {"a -P4", "a -P 4", "-lP4 a", "a --parallel=4", "--parallel 4 a"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        assert_taken(forms[i]);
        assert_string_equal(call_option(&call, "parallel"), "4");
        assert_string_equal(call.argv[1], "a");
        assert_int_equal(call.argc, 2);
    }
    assert_taken("a -o -x");
    assert_string_equal(call_option(&call, "o"), "-x");
}

static void test_the_last_counts_and_the_order_is_kept(void **state)
{
    (void) state;
    assert_taken("a --color=never -o1 --color=always");
    assert_string_equal(call_option(&call, "color"), "always");
    assert_int_equal(call.given_count, 3);
    assert_string_equal(call.given[1].value, "1");
}

static void test_two_dashes_end_the_options(void **state)
{
    (void) state;
    assert_taken("-l -- -a --json");
    assert_int_equal(call.argc, 3);
    assert_string_equal(call.argv[1], "-a");
    assert_null(call_option(&call, "a"));
    assert_taken("-");
    assert_string_equal(call.argv[1], "-");
}

static void test_what_is_wrong_is_named(void **state)
{
    (void) state;
    assert_refused("-q a", "'-q'");
    assert_refused("--newr a", "--newer");
    assert_refused("--jso a", "--json");
    assert_refused("a -P", "-P needs a value: N");
    assert_refused("a -Px", "-P: 'x' is no number");
    assert_refused("a --parallel=", "is no number");
    assert_refused("a --newer=2", "takes no value");
    assert_refused("a --color=auto|always", "is none of");
    assert_refused("a --color=au", "auto|always|never");
    assert_refused("-l", "usage: take");
    assert_refused("a b c", "usage: take");
}

static void test_one_dash_where_the_command_says_so(void **state)
{
    (void) state;
    struct command one = command;
    struct err err = ERR_INIT;
    one.one_dash = true;
    assert_int_equal(read_words(&one, "-newer -parallel 3 a", &err), 0);
    assert_string_equal(call_option(&call, "parallel"), "3");
    assert_string_equal(call_option(&call, "newer"), "");
    assert_int_equal(read_words(&one, "-la a", &err), 0);
    assert_string_equal(call_option(&call, "a"), "");
}

static void test_raw_words_are_arguments(void **state)
{
    (void) state;
    struct command raw = {.name = "take", .max = ARGS_ANY, .raw = true, .json = true};
    struct err err = ERR_INIT;
    assert_int_equal(read_words(&raw, "--json -l --json", &err), 0);
    assert_int_equal(call.argc, 3);
    assert_true(call.json);
}

static void test_digits_where_a_command_has_them(void **state)
{
    static const struct command_option lines[] = {
        {.letter = 'n', .placeholder = "N", .kind = OPTION_NUMBER}, {.letter = 'f'}, {0}};
    static const struct command head = {
        .name = "take", .max = 2, .digits = true, .options = {lines}, .usage = "take"};
    struct err err = ERR_INIT;
    (void) state;
    assert_int_equal(read_words(&head, "-20 -f a", &err), 0);
    assert_string_equal(call_option(&call, "n"), "20");
    assert_int_equal(call.argc, 2);
    assert_int_equal(read_words(&head, "-2x a", &err), -1);
    assert_err(&err, ERR_USAGE);
    assert_refused("-20 a", "no option '-20'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_stand_anywhere),
        cmocka_unit_test(test_values_are_glued_or_follow),
        cmocka_unit_test(test_the_last_counts_and_the_order_is_kept),
        cmocka_unit_test(test_two_dashes_end_the_options),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_one_dash_where_the_command_says_so),
        cmocka_unit_test(test_raw_words_are_arguments),
        cmocka_unit_test(test_digits_where_a_command_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
