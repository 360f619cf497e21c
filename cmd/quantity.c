#define _DEFAULT_SOURCE /* timegm */
#include "quantity.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define NUMBER_MAX (INT64_MAX / 10 - 9)

/* Digits into *n; what stands behind them, NULL when there are none or too many. */
static const char *read_digits(const char *p, int64_t *n)
{
    if (!isdigit((unsigned char) *p))
        return NULL;
    for (*n = 0; isdigit((unsigned char) *p); p++) {
        if (*n > NUMBER_MAX)
            return NULL;
        *n = *n * 10 + (*p - '0');
    }
    return p;
}

/* ---- sizes ---- */

/* "" is 1, "k" 1000, "Ki" 1024, ... ; 0: no unit. */
static int64_t unit_of(const char *text)
{
    static const char letters[] = "kMGTP";
    int64_t base = 1000, unit = 1;
    size_t power = 0;
    for (size_t i = 0; *text && letters[i]; i++) {
        if (toupper((unsigned char) *text) == toupper((unsigned char) letters[i]))
            power = i + 1;
    }
    text += power > 0;
    if (power > 0 && (*text == 'i' || *text == 'I')) {
        base = 1024;
        text++;
    }
    text += *text == 'B' || *text == 'b';
    for (; power > 0; power--)
        unit *= base;
    return *text ? 0 : unit;
}

int quantity_bytes(const char *text, int64_t *bytes, struct err *err)
{
    int64_t whole, tenth = 1, fraction = 0;
    const char *p = read_digits(text, &whole);
    if (p && *p == '.') {
        /* nine digits are more than anybody means */
        for (p++; isdigit((unsigned char) *p); p++) {
            if (tenth < 1000000000) {
                fraction = fraction * 10 + (*p - '0');
                tenth *= 10;
            }
        }
    }
    int64_t unit = p ? unit_of(p) : 0;
    if (unit == 0 || whole > (INT64_MAX - unit) / unit)
        return err_set(err, ERR_USAGE, "'%s' is no size such as 1500, 10k, 1.5M or 2Gi", text);
    *bytes = whole * unit + (int64_t) ((double) fraction / (double) tenth * (double) unit);
    return 0;
}

/* ---- times ---- */

static const char *read_two(const char *p, int *n, int lo, int hi)
{
    if (!p || !isdigit((unsigned char) p[0]) || !isdigit((unsigned char) p[1]))
        return NULL;
    *n = (p[0] - '0') * 10 + p[1] - '0';
    return *n >= lo && *n <= hi ? p + 2 : NULL;
}

static const char *skip(const char *p, char c)
{
    return p && *p == c ? p + 1 : NULL;
}

static const char *read_date(const char *p, struct tm *tm)
{
    int century, year;
    p = read_two(p, &century, 19, 99);
    p = read_two(p, &year, 0, 99);
    p = skip(p, '-');
    p = read_two(p, &tm->tm_mon, 1, 12);
    p = skip(p, '-');
    p = read_two(p, &tm->tm_mday, 1, 31);
    if (p) {
        tm->tm_year = century * 100 + year - 1900;
        tm->tm_mon--;
    }
    return p;
}

static const char *read_clock(const char *p, struct tm *tm)
{
    if (*p != 'T' && *p != ' ')
        return p;
    p = read_two(p + 1, &tm->tm_hour, 0, 23);
    p = skip(p, ':');
    p = read_two(p, &tm->tm_min, 0, 59);
    return p && *p == ':' ? read_two(p + 1, &tm->tm_sec, 0, 60) : p;
}

static int read_calendar(const char *text, int64_t *moment)
{
    struct tm tm = {.tm_isdst = -1};
    const char *p = read_date(text, &tm);
    int day = tm.tm_mday;
    p = p ? read_clock(p, &tm) : NULL;
    bool utc = p && *p == 'Z';
    if (!p || p[utc])
        return -1;
    *moment = utc ? timegm(&tm) : mktime(&tm);
    return tm.tm_mday == day ? 0 : -1; /* no 31 February */
}

static int64_t seconds_in(const char *unit)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (unit[0] == units[i].letter && !unit[1])
            return units[i].seconds;
    }
    return 0;
}

static int read_age(const char *text, int64_t now, int64_t *moment)
{
    int64_t n;
    const char *p = read_digits(text, &n);
    int64_t unit = p ? seconds_in(p) : 0;
    if (unit == 0 || n > INT32_MAX)
        return -1;
    *moment = now - n * unit;
    return 0;
}

int quantity_moment(const char *text, int64_t now, int64_t *moment, struct err *err)
{
    const char *end = *text == '@' ? read_digits(text + 1, moment) : NULL;
    if (end && !*end)
        return 0;
    if (read_age(text, now, moment) == 0 || read_calendar(text, moment) == 0)
        return 0;
    return err_set(err, ERR_USAGE,
                   "'%s' is no time such as 2d, 12h, 2026-01-31 or 2026-01-31T18:00Z", text);
}
