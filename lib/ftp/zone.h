/* The hours between a server's listings and UTC. LIST gives local times without saying whose; MDTM
 * (RFC 3659 section 3) gives UTC: one file that is seen both ways tells (FIELD-NOTES 47). Pure. */
#ifndef FTPSH_FTP_ZONE_H
#define FTPSH_FTP_ZONE_H

#include <stdbool.h>
#include <stdint.h>

/* A moment as clocks and calendars tell it, in whatever zone. */
struct date {
    int year, month, day, hour, minute, second;
};

/* Years 0-9999; a leap second is let through and counts as the next minute's first. */
bool date_is_valid(const struct date *d);
/* Seconds since 1970-01-01 00:00 in the date's own zone. */
int64_t date_seconds(const struct date *d);
struct date date_of(int64_t seconds);

/* Sets the year of a date without one: the latest that is no more than a day after `now` (seconds),
 * a day being the grace for clocks and zones that are ahead. False when there is none. */
bool date_guess_year(struct date *d, int64_t now);

/* What a server's listings are ahead of UTC. A server that writes summer time is ahead by one
 * offset in January and another in July; one that does not has the same twice. Zeroed: nothing
 * measured, and dates count as UTC. */
struct zone {
    bool january_known, july_known;
    int january_s, july_s;
    int64_t clock_s; /* what the server's clock is ahead of ours, where that is years */
};

/* Where a moment is in the year, for zone_measure(). */
enum zone_season { SEASON_JANUARY, SEASON_JULY, SEASON_BETWEEN };
enum zone_season zone_season(int64_t local_s);

/* Learns from one file: its time in a listing to the minute, and MDTM's answer. `guessed`: the
 * listing did not say the year. False, and nothing learnt, when the difference is no time zone's
 * (a multiple of 15 minutes, from -12 to +14 hours): the file may have changed in between. */
bool zone_measure(struct zone *z, int64_t listed_s, bool guessed, int64_t mdtm_s);

/* Seconds to take off a local time to have UTC. The days when summer time starts and ends are the
 * European Union's (last Sundays of March and October, 01:00 UTC), west of it North America's
 * (second Sunday of March, first of November, 02:00), in the south Australia's (first Sundays of
 * October and April, 02:00 standard time). */
int zone_offset(const struct zone *z, const struct date *local);

/* The server's local time, to guess years by. */
int64_t zone_now(const struct zone *z, int64_t now_s);

#endif
