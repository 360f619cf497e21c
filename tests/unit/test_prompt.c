#include "unit.h"

#include "prompt.h"
#include "term.h"

#include <locale.h>
#include <string.h>

static const struct place there = {"me", "ftp.example.com", "/pub"};

static void plain(void **state)
{
    (void) state;
    struct prompt p;
    prompt_make(&p, &there, 80, false);
    assert_string_equal(p.text, "me@ftp.example.com:/pub> ");
    assert_string_equal(p.plain, p.text);
    prompt_make(&p, &(struct place){0}, 80, true);
    assert_string_equal(p.text, "ftpsh> ");
    assert_string_equal(p.plain, p.text);
}

/* Without what stands between two marks the text is what is seen. */
static void coloured(void **state)
{
    (void) state;
    struct prompt p;
    char seen[PROMPT_BYTES];
    size_t len = 0;
    bool inside = false;
    prompt_make(&p, &there, 80, true);
    assert_string_equal(p.plain, "me@ftp.example.com:/pub> ");
    assert_non_null(strstr(p.text, "\1\033[1;32m\1me@ftp.example.com\1\033[0m\1"));
    for (const char *c = p.text; *c; c++) {
        if (*c == PROMPT_MARK)
            inside = !inside;
        else if (!inside)
            seen[len++] = *c;
    }
    seen[len] = '\0';
    assert_false(inside);
    assert_string_equal(seen, p.plain);
}

static void what_comes_from_elsewhere_is_escaped(void **state)
{
    (void) state;
    struct prompt p;
    prompt_make(&p, &(struct place){"m\1e", "h", "/a\033[31m\1"}, 200, true);
    assert_string_equal(p.plain, "m\\x01e@h:/a\\x1b[31m\\x01> ");
    assert_null(strstr(p.text, "[31m\1"));
}

static void long_folders_are_cut_in_front(void **state)
{
    (void) state;
    struct prompt p;
    static char deep[4000];
    prompt_make(&p, &(struct place){"me", "host", "/one/two/three/four/five/six"}, 60, false);
    assert_string_equal(p.plain, "me@host:.../four/five/six> ");
    prompt_make(&p,
                &(struct place){"me", "host",
                                "/\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                                "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"},
                20, false);
    assert_string_equal(p.plain,
                        "me@host:...\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                        "\xc3\xa4\xc3\xa4> ");
    memset(deep, '\033', sizeof deep - 1);
    prompt_make(&p, &(struct place){deep, deep, deep}, 10000, true);
    assert_true(text_width(p.plain) < 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(coloured),
        cmocka_unit_test(what_comes_from_elsewhere_is_escaped),
        cmocka_unit_test(long_folders_are_cut_in_front),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
