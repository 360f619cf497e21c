/* field 47: whose hours a listing's times are. */
#include "unit.h"

#include "ftp/listing.h"

static int64_t seconds(const char *text)
{
    int64_t t = 0;
    assert_int_equal(ftptime_parse(text, strlen(text), &t, NULL), 0);
    return t;
}

static bool measure(struct zone *z, const char *listed, const char *mdtm)
{
    return zone_measure(z, seconds(listed), false, seconds(mdtm));
}

static int offset_at(const struct zone *z, const char *local)
{
    struct date d = date_of(seconds(local));
    return zone_offset(z, &d) / 60;
}

static void dates_there_and_back(void **state)
{
    (void) state;
    static const char *const some[] = {"19700101000000", "19691231235959", "20000229235959",
                                       "20260110121530", "21000301000000", "99991231235959",
                                       "00000101000000"};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        struct date d = date_of(seconds(some[i]));
        assert_true(date_is_valid(&d));
        assert_int_equal(date_seconds(&d), seconds(some[i]));
    }
    for (int64_t t = -86400 * 800; t < (int64_t) 86400 * 800; t += 43201) {
        struct date d = date_of(t);
        assert_int_equal(date_seconds(&d), t);
    }
}

static void one_file_tells(void **state)
{
    (void) state;
    struct zone z = {0};
    assert_int_equal(offset_at(&z, "20260110120000"), 0);
    assert_true(measure(&z, "20260110131500", "20260110121559"));
    assert_true(z.january_known);
    assert_false(z.july_known);
    assert_int_equal(offset_at(&z, "20260110120000"), 60);
    assert_int_equal(offset_at(&z, "20260710120000"), 60); /* all that is known */
}

static void halves_and_quarters(void **state)
{
    (void) state;
    static const struct {
        const char *listed, *mdtm;
        int minutes;
    } rows[] = {
        {"20260110174500", "20260110121530", 330},  {"20260110180000", "20260110121530", 345},
        {"20260110084500", "20260110121530", -210}, {"20260111021500", "20260110121530", 840},
        {"20260110001500", "20260110121530", -720}, {"20260110121500", "20260110121500", 0},
        {"20260101003000", "20251231230000", 90},   {"20260110121600", "20260110121559", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct zone z = {0};
        assert_true(measure(&z, rows[i].listed, rows[i].mdtm));
        assert_int_equal(offset_at(&z, "20260110120000"), rows[i].minutes);
    }
}

static void no_zone_has_that(void **state)
{
    (void) state;
    static const char *const listed[] = {"20260110122200", "20260110120800", "20260112121500",
                                         "20260111031500", "20260109231500", "20270110121500"};
    for (size_t i = 0; i < sizeof listed / sizeof listed[0]; i++) {
        struct zone z = {0};
        assert_false(measure(&z, listed[i], "20260110121530"));
        assert_int_equal(offset_at(&z, "20260110120000"), 0);
        assert_false(z.january_known);
    }
}

static void summer_in_europe(void **state)
{
    (void) state;
    struct zone z = {0};
    assert_true(measure(&z, "20260110131500", "20260110121500"));
    assert_true(measure(&z, "20250710141500", "20250710121500"));
    assert_int_equal(offset_at(&z, "20260110120000"), 60);
    assert_int_equal(offset_at(&z, "20250710120000"), 120);
    assert_int_equal(offset_at(&z, "20250330015959"), 60); /* at 01:00 UTC the clocks go forward */
    assert_int_equal(offset_at(&z, "20250330030000"), 120);
    assert_int_equal(offset_at(&z, "20251026015959"), 120); /* and at 01:00 UTC back */
    assert_int_equal(offset_at(&z, "20251026030000"), 60);
    assert_int_equal(offset_at(&z, "20240331030000"), 120);
    assert_int_equal(offset_at(&z, "20240330235959"), 60);
}

static void summer_elsewhere(void **state)
{
    (void) state;
    struct zone america = {true, true, -5 * 3600, -4 * 3600, 0};
    assert_int_equal(offset_at(&america, "20250309015959"), -300);
    assert_int_equal(offset_at(&america, "20250309030000"), -240);
    assert_int_equal(offset_at(&america, "20251102005959"), -240);
    assert_int_equal(offset_at(&america, "20251102020000"), -300);
    struct zone australia = {true, true, 11 * 3600, 10 * 3600, 0};
    assert_int_equal(offset_at(&australia, "20260110120000"), 660);
    assert_int_equal(offset_at(&australia, "20250406015959"), 660);
    assert_int_equal(offset_at(&australia, "20250406030000"), 600);
    assert_int_equal(offset_at(&australia, "20251005015959"), 600);
    assert_int_equal(offset_at(&australia, "20251005030000"), 660);
}

/* Between the seasons a file says what holds until one of either season says more. */
static void the_months_between(void **state)
{
    (void) state;
    struct zone z = {0};
    assert_true(measure(&z, "20251015131500", "20251015111500"));
    assert_int_equal(offset_at(&z, "20260110120000"), 120);
    assert_true(measure(&z, "20260110131500", "20260110121500"));
    assert_int_equal(offset_at(&z, "20260110120000"), 60);
    assert_true(measure(&z, "20250710141500", "20250710121500"));
    assert_int_equal(offset_at(&z, "20251015120000"), 120);
}

/* Our clock is years ahead: what has no year was taken for this one's. */
static void a_clock_that_is_years_off(void **state)
{
    (void) state;
    struct zone z = {0};
    int64_t now = seconds("20300115000000");
    assert_true(zone_measure(&z, seconds("20300110131500"), true, seconds("20260110121530")));
    assert_int_equal(offset_at(&z, "20260110120000"), 60);
    struct date d = {.month = 1, .day = 12};
    assert_true(date_guess_year(&d, zone_now(&z, now)));
    assert_int_equal(d.year, 2026);
    struct zone said = {0};
    assert_false(zone_measure(&said, seconds("20300110131500"), false, seconds("20260110121530")));
}

static int keep_entry(void *ctx, const struct entry *e, struct err *err)
{
    (void) err;
    entry_copy(ctx, e);
    return 0;
}

static struct entry *listed(const struct zone *z, const char *line)
{
    static struct entry e;
    struct list_reader_config c = {
        .now = seconds("20260110120000"), .zone = *z, .entry = keep_entry, .ctx = &e};
    struct list_reader *r = list_reader_new(&c, NULL);
    assert_non_null(r);
    assert_int_equal(list_reader_line(r, line, strlen(line), NULL), 0);
    assert_int_equal(list_reader_end(r, NULL), 0);
    list_reader_free(r);
    return &e;
}

static void listings_are_shifted(void **state)
{
    (void) state;
    struct zone z = {true, true, 3600, 7200, 0};
    assert_int_equal(listed(&z, "-rw-r--r-- 1 a b 9 Jan 10 00:15 x")->mtime,
                     seconds("20260109231500"));
    assert_int_equal(listed(&z, "-rw-r--r-- 1 a b 9 Jul 10 00:15 x")->mtime,
                     seconds("20250709221500"));
    assert_int_equal(listed(&z, "07-10-25  12:15AM  12 x")->mtime, seconds("20250709221500"));
    /* a day stays that day, and what says its zone needs none */
    assert_int_equal(listed(&z, "-rw-r--r-- 1 a b 9 Jul 10  2024 x")->mtime,
                     seconds("20240710000000"));
    assert_int_equal(listed(&z, "-rw-r--r-- 1 a b 9 Jul 10  2024 x")->mtime_step, 86400);
    assert_int_equal(listed(&z, "-rw-r--r-- 1 a b 9 2025-11-30 11:15:30.5 +0130 x")->mtime,
                     seconds("20251130094530"));
    assert_int_equal(listed(&z, "+m1768042800,r,\tx")->mtime, 1768042800);
}

/* On New Year's Eve here it may be the new year there. */
static void years_by_the_servers_clock(void **state)
{
    (void) state;
    struct zone z = {true, true, 14 * 3600, 14 * 3600, 0};
    struct date d = {.month = 1, .day = 1, .hour = 9};
    assert_true(date_guess_year(&d, zone_now(&z, seconds("20251231200000"))));
    assert_int_equal(d.year, 2026);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_there_and_back), cmocka_unit_test(one_file_tells),
        cmocka_unit_test(halves_and_quarters),  cmocka_unit_test(no_zone_has_that),
        cmocka_unit_test(summer_in_europe),     cmocka_unit_test(summer_elsewhere),
        cmocka_unit_test(the_months_between),   cmocka_unit_test(a_clock_that_is_years_off),
        cmocka_unit_test(listings_are_shifted), cmocka_unit_test(years_by_the_servers_clock),
    };
    return run_unit(tests);
}
