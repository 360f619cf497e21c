#include "unit.h"

#include "commands.h"

#include <string.h>

static struct words words;

/* The first command of the row's example is the row's, and could run. */
static void check_example(const struct command *c)
{
    struct err err = ERR_INIT;
    size_t pos = 0;
    if (!c->example)
        fail_msg("%s has no example", c->name);
    if (words_next(c->example, &pos, NULL, &words, &err) != 1 ||
        command_check(words.argc, words.argv, NULL, &err) < 0)
        fail_msg("%s: %s: %s", c->name, c->example, err.msg);
    assert_ptr_equal(command_find(words.argv[0]), c);
}

static void examples(void **state)
{
    (void) state;
    for (size_t i = 0; i < command_count; i++)
        check_example(&command_table[i]);
}

static void usages(void **state)
{
    (void) state;
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &command_table[i];
        assert_int_equal(strncmp(c->usage, c->name, strlen(c->name)), 0);
        assert_true(c->help && *c->help && c->run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
        cmocka_unit_test(usages),
    };
    return run_unit(tests);
}
