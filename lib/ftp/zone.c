#include "ftp/zone.h"

#include <stdlib.h>

enum { DAY_S = 86400, HOUR_S = 3600, QUARTER_S = 900, MINUTE_S = 60 };

static const int64_t YEAR_S = 31556952;          /* the average one */
static const int64_t LAST_SECOND = 253402300799; /* of the year 9999 */

/* ---- dates ---- */

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

bool date_is_valid(const struct date *d)
{
    if (d->year < 0 || d->year > 9999 || d->month < 1 || d->month > 12 || d->day < 1)
        return false;
    if (d->day > days_in_month(d->year, d->month))
        return false;
    return d->hour >= 0 && d->hour < 24 && d->minute >= 0 && d->minute < 60 && d->second >= 0 &&
           d->second <= 60;
}

/* Days since 1970-01-01, years counted from March so that the leap day comes last. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

int64_t date_seconds(const struct date *d)
{
    return days_from_civil(d->year, d->month, d->day) * DAY_S + d->hour * 3600 + d->minute * 60 +
           d->second;
}

struct date date_of(int64_t seconds)
{
    int64_t day = seconds / DAY_S, rest = seconds % DAY_S;
    if (rest < 0) {
        rest += DAY_S;
        day--;
    }
    struct date d = {.hour = (int) (rest / 3600),
                     .minute = (int) (rest / 60 % 60),
                     .second = (int) (rest % 60),
                     .month = 1,
                     .day = 1};
    d.year = (int) (1970 + day / 366);
    while (days_from_civil(d.year + 1, 1, 1) <= day)
        d.year++;
    while (days_from_civil(d.year, 1, 1) > day)
        d.year--;
    while (d.month < 12 && days_from_civil(d.year, d.month + 1, 1) <= day)
        d.month++;
    d.day = (int) (day - days_from_civil(d.year, d.month, 1)) + 1;
    return d;
}

bool date_guess_year(struct date *d, int64_t now)
{
    if (now < 0 || now > LAST_SECOND)
        now = 0;
    int latest = date_of(now).year + 1;
    for (d->year = latest; d->year > latest - 10; d->year--) {
        if (date_is_valid(d) && date_seconds(d) <= now + DAY_S)
            return true;
    }
    return false;
}

/* ---- summer time ---- */

/* 0: Sunday. 1970-01-01 was a Thursday. */
static int weekday(int year, int month, int day)
{
    return (int) (((days_from_civil(year, month, day) + 4) % 7 + 7) % 7);
}

static int first_sunday(int year, int month)
{
    return 1 + (7 - weekday(year, month, 1)) % 7;
}

static int last_sunday(int year, int month)
{
    int last = days_in_month(year, month);
    return last - weekday(year, month, last);
}

static int64_t moment(int year, int month, int day)
{
    struct date d = {.year = year, .month = month, .day = day};
    return date_seconds(&d);
}

/* The clocks go forward, and back, at these local times: between them July's offset holds. */
struct summer {
    int64_t from, to;
};

static struct summer summer_of(const struct zone *z, int year)
{
    if (z->july_s < z->january_s) /* the south: what lies between is winter */
        return (struct summer){moment(year, 4, first_sunday(year, 4)) + 3 * HOUR_S,
                               moment(year, 10, first_sunday(year, 10)) + 2 * HOUR_S};
    if (z->january_s < -HOUR_S)
        return (struct summer){moment(year, 3, first_sunday(year, 3) + 7) + 2 * HOUR_S,
                               moment(year, 11, first_sunday(year, 11)) + 2 * HOUR_S};
    return (struct summer){moment(year, 3, last_sunday(year, 3)) + HOUR_S + z->january_s,
                           moment(year, 10, last_sunday(year, 10)) + HOUR_S + z->july_s};
}

int zone_offset(const struct zone *z, const struct date *local)
{
    if (!z->january_known || !z->july_known || z->january_s == z->july_s)
        return z->january_known ? z->january_s : z->july_s;
    struct summer s = summer_of(z, local->year);
    int64_t t = date_seconds(local);
    return t >= s.from && t < s.to ? z->july_s : z->january_s;
}

/* ---- measuring ---- */

/* Between are the months in which somewhere the clocks change. */
enum zone_season zone_season(int64_t local_s)
{
    int month = date_of(local_s).month;
    if (month <= 2 || month == 12)
        return SEASON_JANUARY;
    return month >= 5 && month <= 9 ? SEASON_JULY : SEASON_BETWEEN;
}

static int64_t rounded(int64_t n, int64_t unit)
{
    return (n >= 0 ? n + unit / 2 : n - unit / 2) / unit * unit;
}

/* Whole years, where a year that was not said was guessed by a clock that is years off. */
static int64_t years_in(int64_t difference)
{
    return rounded(difference, YEAR_S) / YEAR_S;
}

static void set_offset(struct zone *z, enum zone_season season, int offset)
{
    if (season == SEASON_JANUARY || !z->january_known)
        z->january_s = offset;
    if (season == SEASON_JULY || !z->july_known)
        z->july_s = offset;
    z->january_known |= season == SEASON_JANUARY;
    z->july_known |= season == SEASON_JULY;
}

bool zone_measure(struct zone *z, int64_t listed_s, bool guessed, int64_t mdtm_s)
{
    int64_t years = guessed ? years_in(listed_s - mdtm_s) : 0;
    if (years != 0) {
        struct date d = date_of(listed_s);
        d.year -= (int) years;
        if (!date_is_valid(&d))
            return false;
        listed_s = date_seconds(&d);
    }
    /* A listing cuts the seconds off. */
    int64_t offset = listed_s - (mdtm_s - ((mdtm_s % MINUTE_S) + MINUTE_S) % MINUTE_S);
    int64_t quarter = rounded(offset, QUARTER_S);
    if (llabs(offset - quarter) > MINUTE_S || quarter < -12 * HOUR_S || quarter > 14 * HOUR_S)
        return false;
    set_offset(z, zone_season(listed_s), (int) quarter);
    if (years != 0)
        z->clock_s = -years * YEAR_S;
    return true;
}

int64_t zone_now(const struct zone *z, int64_t now_s)
{
    int64_t now = now_s + z->clock_s;
    struct date d = date_of(now < 0 || now > LAST_SECOND ? 0 : now);
    return now + zone_offset(z, &d);
}
