/* What the readers of listing formats share. */
#ifndef FTPSH_FTP_LISTING_PRIVATE_H
#define FTPSH_FTP_LISTING_PRIVATE_H

#include "ftp/listing.h"

/* What a line is, to one format. */
enum line_kind {
    LINE_BAD,  /* nothing it knows */
    LINE_NONE, /* a head, a total: its own, but no entry */
    LINE_KEPT, /* the first half of an entry */
    LINE_ENTRY
};

enum date_order { MONTH_FIRST, DAY_FIRST, YEAR_FIRST };

#define LISTING_KEPT_MAX 1024

/* What a format knows of the lines before. Zeroed at the start. */
struct list_state {
    int64_t now; /* the server's local time */
    const struct zone *zone;
    enum date_order order;
    bool head;                        /* the line that names the columns has come */
    int64_t entries;                  /* so far */
    int64_t lost;                     /* kept lines that nothing came for */
    char kept[LISTING_KEPT_MAX];      /* "": nothing */
    char last_name[LISTING_KEPT_MAX]; /* of the entry before */
};

/* Each reads the line in e->mem, which it may cut up, into e; only for LINE_ENTRY need e make sense
 * afterwards. */
enum line_kind list_unix(struct entry *e, struct list_state *s);
enum line_kind list_netware(struct entry *e, struct list_state *s);
enum line_kind list_dos(struct entry *e, struct list_state *s);
enum line_kind list_os2(struct entry *e, struct list_state *s);
enum line_kind list_vms(struct entry *e, struct list_state *s);
enum line_kind list_eplf(struct entry *e, struct list_state *s);
enum line_kind list_datasets(struct entry *e, struct list_state *s);
enum line_kind list_members(struct entry *e, struct list_state *s);
enum line_kind list_as400(struct entry *e, struct list_state *s);
enum line_kind list_tandem(struct entry *e, struct list_state *s);

/* ---- entries ---- */

/* Copies the line; all strings point to its end, that is, to "". -1 with ERR_PROTOCOL: too long, or
 * NUL or line ends in it. */
int entry_start(struct entry *e, const char *line, size_t len, struct err *err);
/* "." and ".." by their names. */
void entry_mark_dots(struct entry *e);
/* Sets the time from a date of the server's zone, cut down to `step` seconds. A day stays the day
 * that was said. */
void entry_set_time(struct entry *e, const struct list_state *s, const struct date *d, int step);
/* A line that belongs to no entry in any format: empty, or the head that ls writes. */
bool line_is_blank(const char *line, size_t len);
/* The length without a trailing CR. */
size_t line_without_cr(const char *line, size_t len);

/* ---- words ---- */

enum { FIELDS_MAX = 16 };

/* The words of a line, where they stand; `n` of them, at most FIELDS_MAX. */
struct fields {
    char *at[FIELDS_MAX];
    size_t len[FIELDS_MAX];
    size_t n;
};

void fields_split(char *line, struct fields *f);
/* The field is this word, whatever its case; false where there is no such field. */
bool field_is(const struct fields *f, size_t i, const char *word);
/* Its value, -1 when it is no number or does not fit. */
int64_t field_number(const struct fields *f, size_t i);
/* Ends the field in place and returns it. */
char *field_end(const struct fields *f, size_t i);
/* Behind field i and one blank: where a name starts. NULL when nothing is there. */
char *behind_field(const struct fields *f, size_t i);
/* The same behind all blanks. */
char *behind_blanks(const struct fields *f, size_t i);

/* ---- numbers and dates ---- */

bool is_digit(char c);
/* All of p[0..n) in base 8 or 10; -1 when it is not a number or does not fit. */
int64_t read_number(const char *p, size_t n, int base);
/* Digits and then `stop` (NUL: nothing): moves *p behind them. -1 when there are none, or more than
 * `most`, or `stop` does not follow. */
int take_number(const char **p, const char *end, char stop, size_t most);
/* "9:05", "12:15:30", "12:15:30.123456789"; *seconds tells whether they were said. */
bool read_clock(const char *p, size_t n, struct date *d, bool *seconds);
/* "01-10-26", "10.01.2026", "2026/01/10": three numbers in that order, a year of four digits in
 * front whatever the order. Years below 70 are of this century. */
bool read_number_date(const char *p, size_t n, enum date_order order, struct date *d);
/* "29-JAN-1996", "2-Feb-26" */
bool read_month_date(const char *p, size_t n, struct date *d);
/* 1-12 for a month's name as listings shorten it, in many languages, or "11" with a sign for month
 * behind it; 0: none. */
int month_number(const char *p, size_t n);

#endif
