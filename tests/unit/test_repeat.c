#include "ftp/repeat.h"
#include "unit.h"

static void test_what_asks_or_sets_is_safe(void **state)
{
    static const char *const lines[] = {
        "PWD",  "cwd a", "CDUP",   "SIZE a b",    "MDTM a",
        "MLST", "NOOP",  "RNFR a", "MFMT 2026 a", "SITE CHMOD 600 a"};
    (void) state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_int_equal(repeat_of(lines[i]), REPEAT_SAFE);
}

static void test_hashes_are_work(void **state)
{
    (void) state;
    assert_int_equal(repeat_of("XCRC a"), REPEAT_SLOW);
    assert_int_equal(repeat_of("md5 a"), REPEAT_SLOW);
}

static void test_what_changes_names_is_looked_up(void **state)
{
    (void) state;
    assert_int_equal(repeat_of("MKD a"), REPEAT_LOOKED);
    assert_int_equal(repeat_of("rmd a"), REPEAT_LOOKED);
    assert_int_equal(repeat_of("DELE a"), REPEAT_LOOKED);
    assert_int_equal(repeat_of("RNTO a"), REPEAT_LOOKED);
}

static void test_all_else_is_never_repeated(void **state)
{
    static const char *const lines[] = {
        "APPE a", "STOU",   "STOR a", "SITE HELLO", "SITE", "SITE CH", "MKDIR a",  "PW",
        "",       "HASH a", "XEXEC",  "REST 1000",  "PWDX", "ALLO 5",  "SITECHMOD"};
    (void) state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_int_equal(repeat_of(lines[i]), REPEAT_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_asks_or_sets_is_safe),
        cmocka_unit_test(test_hashes_are_work),
        cmocka_unit_test(test_what_changes_names_is_looked_up),
        cmocka_unit_test(test_all_else_is_never_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
