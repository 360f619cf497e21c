#include "unit.h"

#include "quantity.h"

#include <stdlib.h>
#include <time.h>

static void assert_bytes(const char *text, int64_t expected)
{
    int64_t n = -1;
    struct err err = ERR_INIT;
    if (quantity_bytes(text, &n, &err) < 0)
        fail_msg("%s: %s", text, err.msg);
    if (n != expected)
        fail_msg("%s: %lld", text, (long long) n);
}

static void sizes(void **state)
{
    (void) state;
    assert_bytes("0", 0);
    assert_bytes("1500", 1500);
    assert_bytes("1500B", 1500);
    assert_bytes("10k", 10000);
    assert_bytes("10K", 10000);
    assert_bytes("10Ki", 10240);
    assert_bytes("10kib", 10240);
    assert_bytes("1.5M", 1500000);
    assert_bytes("1.5Mi", 1572864);
    assert_bytes("0.1k", 100);
    assert_bytes("2G", 2000000000);
    assert_bytes("2TB", 2000000000000);
    assert_bytes("1.0000000000001k", 1000);
}

static void moments(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        int64_t moment;
    } rows[] = {
        {"90s", 999910},
        {"2m", 999880},
        {"1h", 996400},
        {"2d", 827200},
        {"1w", 395200},
        {"@5", 5},
        {"1970-01-02", 82800},
        {"1970-01-02Z", 86400},
        {"1970-01-02 01:00", 86400},
        {"1970-01-02T01:02:03", 86523},
        {"2024-02-29T12:00Z", 1709208000},
    };
    setenv("TZ", "XXX-1", 1);
    tzset();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t moment = -1;
        struct err err = ERR_INIT;
        if (quantity_moment(rows[i].text, 1000000, &moment, &err) < 0)
            fail_msg("%s: %s", rows[i].text, err.msg);
        if (moment != rows[i].moment)
            fail_msg("%s: %lld", rows[i].text, (long long) moment);
    }
}

static void refused(void **state)
{
    (void) state;
    static const char *const sizes_refused[] = {
        "", "k", "-1", "+1", "1x", "1kk", "1Bk", "1.5.2", "99999999999999999999", "9300000000G",
    };
    static const char *const moments_refused[] = {
        "",
        "d",
        "1",
        "1y",
        "@",
        "@1x",
        "-1d",
        "2026-13-01",
        "2026-02-30",
        "2026-1-1",
        "2026-01-01T",
        "2026-01-01T25:00",
        "2026-01-01 1",
        "2026-01-01X",
    };
    int64_t n;
    for (size_t i = 0; i < sizeof sizes_refused / sizeof sizes_refused[0]; i++) {
        struct err err = ERR_INIT;
        if (quantity_bytes(sizes_refused[i], &n, &err) == 0)
            fail_msg("'%s' is taken", sizes_refused[i]);
        assert_err(&err, ERR_USAGE);
    }
    for (size_t i = 0; i < sizeof moments_refused / sizeof moments_refused[0]; i++) {
        struct err err = ERR_INIT;
        if (quantity_moment(moments_refused[i], 0, &n, &err) == 0)
            fail_msg("'%s' is taken", moments_refused[i]);
        assert_err(&err, ERR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(moments),
        cmocka_unit_test(refused),
    };
    return run_unit(tests);
}
