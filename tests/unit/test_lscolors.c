#include "unit.h"

#include "lscolors.h"

static void assert_color(const char *rules, enum entry_type type, int mode, const char *name,
                         const char *expected)
{
    struct lscolors *c = lscolors_new(rules);
    struct item item = {.name = name, .type = type, .mode = mode};
    const char *code = lscolors_of(c, &item);
    if (expected && (!code || strcmp(code, expected) != 0))
        fail_msg("%s: '%s' instead of '%s'", name, code ? code : "none", expected);
    if (!expected && code)
        fail_msg("%s: '%s' instead of none", name, code);
    lscolors_free(c);
}

static void built_in(void **state)
{
    (void) state;
    assert_color(NULL, ENTRY_DIR, 0755, "a", "01;34");
    assert_color("", ENTRY_DIR, LISTING_UNKNOWN, "a", "01;34");
    assert_color(NULL, ENTRY_DIR, 01777, "a", "30;42");
    assert_color(NULL, ENTRY_DIR, 0777, "a", "34;42");
    assert_color(NULL, ENTRY_LINK, 0777, "a", "01;36");
    assert_color(NULL, ENTRY_FILE, 0755, "a", "01;32");
    assert_color(NULL, ENTRY_FILE, 0644, "a", NULL);
    assert_color(NULL, ENTRY_FILE, LISTING_UNKNOWN, "a", NULL);
    assert_color(NULL, ENTRY_OTHER, LISTING_UNKNOWN, "a", NULL);
}

static void rules(void **state)
{
    (void) state;
    static const char text[] = "di=1:*.tar=31:*.gz=33:*.tar.gz=32:*x=0:*.tar=35:su=7:ln=target";
    assert_color(text, ENTRY_DIR, 0755, "a.tar", "1");
    assert_color(text, ENTRY_FILE, 0644, "a.tar", "35");
    assert_color(text, ENTRY_FILE, 0644, "a.tar.gz", "32");
    assert_color(text, ENTRY_FILE, 0644, "a.gz", "33");
    assert_color(text, ENTRY_FILE, 0644, "tar", NULL);
    assert_color(text, ENTRY_FILE, 04755, "a", "7");
    assert_color(text, ENTRY_LINK, 0777, "a", NULL);
    assert_color("di=00", ENTRY_DIR, 0755, "a", NULL);
}

/* What the variable holds goes to a terminal. */
static void odd_rules(void **state)
{
    (void) state;
    assert_color("di=\033]0;x\007", ENTRY_DIR, 0755, "a", NULL);
    assert_color("di=1m\033[2J", ENTRY_DIR, 0755, "a", NULL);
    assert_color("::=:di:=1:*=3:di=4:", ENTRY_DIR, 0755, "a", "4");
    assert_color("*=3", ENTRY_FILE, 0644, "a", "3");
}

static void wanted(void **state)
{
    (void) state;
    assert_true(lscolors_wanted(NULL, true, NULL, "xterm"));
    assert_true(lscolors_wanted("auto", true, "", NULL));
    assert_false(lscolors_wanted(NULL, false, NULL, "xterm"));
    assert_false(lscolors_wanted("auto", true, "1", "xterm"));
    assert_false(lscolors_wanted(NULL, true, NULL, "dumb"));
    assert_true(lscolors_wanted("always", false, "1", "dumb"));
    assert_false(lscolors_wanted("never", true, NULL, "xterm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in),
        cmocka_unit_test(rules),
        cmocka_unit_test(odd_rules),
        cmocka_unit_test(wanted),
    };
    return run_unit(tests);
}
