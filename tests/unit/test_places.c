#include "unit.h"

#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define TIME "2025-01-31T12:34:56Z"

static void parse(struct places *p, const char *text)
{
    assert_int_equal(places_parse(p, text, strlen(text), NULL), 0);
}

static void parsed(void **state)
{
    (void) state;
    struct places p = {.n = 0};
    parse(&p, TIME "\tme@a.example/x\n" TIME "\tb.example");
    assert_int_equal(p.n, 2);
    assert_string_equal(p.list[0].target, "me@a.example/x");
    assert_string_equal(p.list[0].when, TIME);
    assert_string_equal(p.list[1].target, "b.example");
    places_clear(&p);
}

static void hostile_lines(void **state)
{
    static const char *const lines[] = {
        "",
        "\n\n",
        TIME,
        TIME "\t",
        TIME " a.example",
        "2025-01-31T12:34:5\033Z\ta.example",
        TIME "\tme:secret@a.example",
        TIME "\ta\033[2Jb",
        TIME "\tgopher://a.example",
        "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t",
    };
    (void) state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct places p = {.n = 0};
        parse(&p, lines[i]);
        assert_int_equal(p.n, 0);
        places_clear(&p);
    }
}

static void last_one_first_and_each_once(void **state)
{
    char name[32];
    (void) state;
    struct places p = {.n = 0};
    for (int i = 0; i < PLACES_MAX + 5; i++) {
        snprintf(name, sizeof name, "host%d", i);
        assert_int_equal(places_put(&p, name, TIME, NULL), 0);
    }
    assert_int_equal(p.n, PLACES_MAX);
    assert_string_equal(p.list[0].target, name);
    assert_string_equal(p.list[PLACES_MAX - 1].target, "host5");
    assert_int_equal(places_put(&p, "host7", "2026-01-31T12:34:56Z", NULL), 0);
    assert_int_equal(p.n, PLACES_MAX);
    assert_string_equal(p.list[0].target, "host7");
    assert_string_equal(p.list[0].when, "2026-01-31T12:34:56Z");
    assert_string_equal(p.list[1].target, name);
    places_clear(&p);
}

static void stored(void **state)
{
    char home[] = "/tmp/ftpsh-places.XXXXXX", command[64], path[64];
    struct places p;
    struct target t;
    struct stat st;
    (void) state;
    assert_non_null(mkdtemp(home));
    setenv("XDG_STATE_HOME", home, 1);
    assert_int_equal(target_parse("me:secret@a.example//x", &t, NULL), 0);
    assert_int_equal(places_note(&t, NULL), 0);
    assert_int_equal(places_load(&p, NULL), 0);
    assert_int_equal(p.n, 1);
    assert_string_equal(p.list[0].target, "me@a.example//x");
    places_clear(&p);
    snprintf(path, sizeof path, "%s/ftpsh/places", home);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    snprintf(command, sizeof command, "rm -rf %s", home);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsed),
        cmocka_unit_test(hostile_lines),
        cmocka_unit_test(last_one_first_and_each_once),
        cmocka_unit_test(stored),
    };
    return run_unit(tests);
}
