#include "ftp/listing.h"

#include <string.h>
#include <strings.h>

enum { FIELDS_MAX = 16, DAY_S = 86400 };

static const int64_t LAST_SECOND = 253402300799; /* of the year 9999 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Numbers and dates. */

/* All of p[0..n) in the given base; -1 when it is not a number or does not fit. */
static int64_t read_number(const char *p, size_t n, int base)
{
    int64_t value = 0;
    if (n == 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        int digit = p[i] - '0';
        if (digit < 0 || digit >= base || value > (INT64_MAX - digit) / base)
            return -1;
        value = value * base + digit;
    }
    return value;
}

struct date {
    int year, month, day, hour, minute, second;
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* A leap second is let through: it counts as the next minute's first. */
static bool date_is_valid(const struct date *d)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (d->year < 0 || d->year > 9999 || d->month < 1 || d->month > 12 || d->day < 1)
        return false;
    if (d->day > days[d->month - 1] + (d->month == 2 && is_leap(d->year)))
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

static int64_t date_seconds(const struct date *d)
{
    return days_from_civil(d->year, d->month, d->day) * DAY_S + d->hour * 3600 + d->minute * 60 +
           d->second;
}

static int year_of(int64_t seconds)
{
    int year = (int) (1970 + seconds / (366 * (int64_t) DAY_S));
    while (days_from_civil(year + 1, 1, 1) * DAY_S <= seconds)
        year++;
    return year;
}

/* A date without a year is the latest one that is not in the future; a day's grace for servers
 * whose clock or zone is ahead (FIELD-NOTES 47). */
static bool date_guess_year(struct date *d, int64_t now)
{
    if (now < 0 || now > LAST_SECOND)
        now = 0;
    int latest = year_of(now) + 1;
    for (d->year = latest; d->year > latest - 10; d->year--) {
        if (date_is_valid(d) && date_seconds(d) <= now + DAY_S)
            return true;
    }
    return false;
}

int ftptime_parse(const char *text, size_t len, int64_t *out, struct err *err)
{
    char digits[14];
    size_t n = 0, i = 0;
    while (len > 0 && text[len - 1] == ' ')
        len--;
    for (; i < len && n < sizeof digits; i++) {
        if (n == 8 && text[i] == 'T' && is_digit(text[i - 1]))
            continue;
        if (!is_digit(text[i]))
            break;
        digits[n++] = text[i];
    }
    if (i < len && text[i] == '.') {
        for (i++; i < len && is_digit(text[i]); i++)
            ;
    }
    if (n == sizeof digits && i == len) {
        struct date d = {
            (int) read_number(digits, 4, 10),      (int) read_number(digits + 4, 2, 10),
            (int) read_number(digits + 6, 2, 10),  (int) read_number(digits + 8, 2, 10),
            (int) read_number(digits + 10, 2, 10), (int) read_number(digits + 12, 2, 10)};
        if (date_is_valid(&d)) {
            *out = date_seconds(&d);
            return 0;
        }
    }
    return err_set(err, ERR_PROTOCOL, "not a time: \"%.*s\"", (int) (len < 40 ? len : 40), text);
}

/* Entries. */

/* Copies the line into the entry; all strings point to its end, that is, to "". */
static int entry_start(struct entry *e, const char *line, size_t len, struct err *err)
{
    if (len >= sizeof e->mem)
        return err_set(err, ERR_PROTOCOL, "a listing line of more than %d bytes",
                       LISTING_LINE_MAX - 1);
    if (memchr(line, '\0', len) || memchr(line, '\r', len) || memchr(line, '\n', len))
        return err_set(err, ERR_PROTOCOL, "control bytes in a listing");
    memcpy(e->mem, line, len);
    e->mem[len] = '\0';
    e->type = ENTRY_OTHER;
    e->size = e->mtime = e->mode = LISTING_UNKNOWN;
    e->mtime_exact = e->here = e->parent = false;
    e->name = e->owner = e->group = e->target = e->perm = e->mem + len;
    return 0;
}

static int entry_unreadable(const char *line, size_t len, struct err *err)
{
    return err_set(err, ERR_PROTOCOL, "cannot read the listing line \"%.*s\"",
                   (int) (len < 80 ? len : 80), line);
}

static void entry_mark_dots(struct entry *e)
{
    e->here |= strcmp(e->name, ".") == 0;
    e->parent |= strcmp(e->name, "..") == 0;
}

void entry_copy(struct entry *to, const struct entry *from)
{
    if (to == from)
        return;
    *to = *from;
    to->name = to->mem + (from->name - from->mem);
    to->owner = to->mem + (from->owner - from->mem);
    to->group = to->mem + (from->group - from->mem);
    to->target = to->mem + (from->target - from->mem);
    to->perm = to->mem + (from->perm - from->mem);
}

const char *entry_type_name(enum entry_type t)
{
    static const char *const names[] = {
        [ENTRY_FILE] = "file",
        [ENTRY_DIR] = "dir",
        [ENTRY_LINK] = "link",
        [ENTRY_OTHER] = "other",
    };
    return (unsigned) t < sizeof names / sizeof names[0] ? names[t] : "other";
}

/* A line that belongs to no entry: empty, or the head that ls writes. */
static bool is_no_entry(const char *line, size_t len)
{
    size_t i = 0;
    while (i < len && (line[i] == ' ' || line[i] == '\t'))
        i++;
    if (i == len)
        return true;
    if (len - i < 7 || strncasecmp(line + i, "total ", 6) != 0)
        return false;
    for (i += 6; i < len && line[i] != ' '; i++) {
        if (!is_digit(line[i]) && !strchr(".,KMGT", line[i]))
            return false;
    }
    return i == len;
}

static size_t without_cr(const char *line, size_t len)
{
    return len > 0 && line[len - 1] == '\r' ? len - 1 : len;
}

/* MLSD. */

/* What the facts said before it is weighed up. */
struct mlsd_state {
    struct entry *e;
    bool typed, dir_size; /* "sizd=" of Pure-FTPd: only folders have it */
    int owner_rank, group_rank;
};

static void fact_type(struct mlsd_state *s, char *value)
{
    struct entry *e = s->e;
    s->typed = true;
    e->type = ENTRY_OTHER;
    e->here = strcasecmp(value, "cdir") == 0;
    e->parent = strcasecmp(value, "pdir") == 0;
    if (strcasecmp(value, "file") == 0) {
        e->type = ENTRY_FILE;
    } else if (strcasecmp(value, "dir") == 0 || e->here || e->parent) {
        e->type = ENTRY_DIR;
    } else if (strncasecmp(value, "OS.unix=slink", 13) == 0) {
        e->type = ENTRY_LINK;
        if (value[13] == ':')
            e->target = value + 14;
    } else if (strcasecmp(value, "OS.unix=symlink") == 0 || strcasecmp(value, "symlink") == 0 ||
               strcasecmp(value, "link") == 0) {
        e->type = ENTRY_LINK;
    }
}

static void fact_size(struct mlsd_state *s, char *value)
{
    s->e->size = read_number(value, strlen(value), 10);
}

static void fact_sizd(struct mlsd_state *s, char *value)
{
    s->dir_size = true;
    fact_size(s, value);
}

static void fact_modify(struct mlsd_state *s, char *value)
{
    s->e->mtime_exact = ftptime_parse(value, strlen(value), &s->e->mtime, NULL) == 0;
    if (!s->e->mtime_exact)
        s->e->mtime = LISTING_UNKNOWN;
}

static void fact_perm(struct mlsd_state *s, char *value)
{
    s->e->perm = value;
}

static void fact_mode(struct mlsd_state *s, char *value)
{
    int64_t mode = read_number(value, strlen(value), 8);
    s->e->mode = mode < 0 ? LISTING_UNKNOWN : (int) (mode & 07777);
}

/* Names say more than numbers, whatever their order in the line. */
static void keep_better(char **kept, int *kept_rank, char *value, int rank)
{
    if (*value && rank > *kept_rank) {
        *kept = value;
        *kept_rank = rank;
    }
}

static void fact_owner_id(struct mlsd_state *s, char *value)
{
    keep_better(&s->e->owner, &s->owner_rank, value, 1);
}

static void fact_owner(struct mlsd_state *s, char *value)
{
    keep_better(&s->e->owner, &s->owner_rank, value, 2);
}

static void fact_owner_name(struct mlsd_state *s, char *value)
{
    keep_better(&s->e->owner, &s->owner_rank, value, 3);
}

static void fact_group_id(struct mlsd_state *s, char *value)
{
    keep_better(&s->e->group, &s->group_rank, value, 1);
}

static void fact_group(struct mlsd_state *s, char *value)
{
    keep_better(&s->e->group, &s->group_rank, value, 2);
}

static void fact_group_name(struct mlsd_state *s, char *value)
{
    keep_better(&s->e->group, &s->group_rank, value, 3);
}

static const struct {
    const char *name;
    void (*take)(struct mlsd_state *s, char *value);
} facts[] = {
    {"type", fact_type},
    {"size", fact_size},
    {"sizd", fact_sizd},
    {"modify", fact_modify},
    {"perm", fact_perm},
    {"perms", fact_perm}, /* FileZilla Server (FIELD-NOTES 69) */
    {"UNIX.mode", fact_mode},
    {"UNIX.uid", fact_owner_id},
    {"UNIX.owner", fact_owner},
    {"UNIX.ownername", fact_owner_name},
    {"UNIX.gid", fact_group_id},
    {"UNIX.group", fact_group},
    {"UNIX.groupname", fact_group_name},
};

/* The blank between facts and name: the first one (RFC 3659 section 7.2), but a link's target may
 * hold some itself, and then the last fact's semicolon tells. */
static char *facts_end(char *line)
{
    char *blank = strchr(line, ' ');
    if (blank && blank > line && blank[-1] != ';') {
        char *semicolon = strstr(blank, "; ");
        *blank = '\0';
        bool in_target = strstr(line, "slink:") != NULL;
        *blank = ' ';
        if (semicolon && in_target)
            return semicolon + 1;
    }
    return blank;
}

static void take_fact(struct mlsd_state *s, const char *name, char *value)
{
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        if (strcasecmp(name, facts[i].name) == 0)
            facts[i].take(s, value);
    }
}

/* Takes the facts from `list`, which it cuts into pieces. -1 when it does not begin with one; later
 * pieces that are none are the rest of a value with a semicolon in it. */
static int read_facts(struct mlsd_state *s, char *list)
{
    if (*list && strcspn(list, "=") >= strcspn(list, ";"))
        return -1;
    while (*list) {
        char *end = list + strcspn(list, ";");
        bool more = *end == ';';
        *end = '\0';
        char *value = strchr(list, '=');
        if (value) {
            *value = '\0';
            take_fact(s, list, value + 1);
        }
        list = end + more;
    }
    return 0;
}

int mlsd_parse(const char *line, size_t len, struct entry *out, struct err *err)
{
    len = without_cr(line, len);
    if (is_no_entry(line, len))
        return 0;
    if (entry_start(out, line, len, err) < 0)
        return -1;
    struct mlsd_state s = {.e = out};
    char *blank = facts_end(out->mem);
    if (!blank || !blank[1])
        return entry_unreadable(line, len, err);
    *blank = '\0';
    if (read_facts(&s, out->mem) < 0)
        return entry_unreadable(line, len, err);
    out->name = blank + 1;
    if (!s.typed && s.dir_size)
        out->type = ENTRY_DIR;
    else if (!s.typed && out->size >= 0)
        out->type = ENTRY_FILE;
    entry_mark_dots(out);
    return 1;
}

/* LIST. */

/* The words of a line, where they stand; `n` of them, at most FIELDS_MAX. */
struct fields {
    char *at[FIELDS_MAX];
    size_t len[FIELDS_MAX];
    size_t n;
};

static void split_fields(char *line, struct fields *f)
{
    f->n = 0;
    for (char *p = line + strspn(line, " "); *p && f->n < FIELDS_MAX; p += strspn(p, " ")) {
        f->at[f->n] = p;
        f->len[f->n] = strcspn(p, " ");
        p += f->len[f->n++];
    }
}

static int64_t field_number(const struct fields *f, size_t i)
{
    return i < f->n ? read_number(f->at[i], f->len[i], 10) : -1;
}

/* Behind field i and one blank: where the name starts. NULL when nothing is there. */
static char *behind_field(const struct fields *f, size_t i)
{
    char *p = f->at[i] + f->len[i];
    return *p == ' ' && p[1] ? p + 1 : NULL;
}

/* Digits and then `stop` (NUL: nothing): moves *p behind them. -1 when there are none, or more than
 * `most`, or `stop` does not follow. */
static int take_number(const char **p, const char *end, char stop, size_t most)
{
    const char *start = *p;
    while (*p < end && is_digit(**p))
        (*p)++;
    size_t n = (size_t) (*p - start);
    if (n == 0 || n > most)
        return -1;
    if (stop) {
        if (*p >= end || **p != stop)
            return -1;
        (*p)++;
    }
    return (int) read_number(start, n, 10);
}

/* "9:05", "12:15:30", "12:15:30.123456789". */
static bool read_clock(const char *p, size_t n, struct date *d, bool *seconds)
{
    const char *end = p + n;
    d->hour = take_number(&p, end, ':', 2);
    d->minute = take_number(&p, end, '\0', 2);
    d->second = 0;
    *seconds = p < end && *p == ':';
    if (*seconds) {
        p++;
        d->second = take_number(&p, end, '\0', 2);
        if (p < end && *p == '.')
            for (p++; p < end && is_digit(*p); p++)
                ;
    }
    return p == end && d->hour >= 0 && d->minute >= 0 && d->second >= 0;
}

static int month_number(const char *p, size_t n)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int m = 0; n == 3 && m < 12; m++) {
        if (strncasecmp(p, names + (size_t) m * 3, 3) == 0)
            return m + 1;
    }
    return 0;
}

static int day_number(const struct fields *f, size_t i)
{
    if (i >= f->n)
        return 0;
    size_t n = f->len[i] - (f->len[i] > 1 && f->at[i][f->len[i] - 1] == '.');
    return n > 2 ? 0 : (int) read_number(f->at[i], n, 10);
}

/* A date in a listing: its fields, and what it says. */
struct list_date {
    size_t last; /* the date's last field */
    struct date date;
    bool has_year, exact;
    int zone_s; /* east of UTC */
};

static int year_number(const struct fields *f, size_t i)
{
    return i < f->n && f->len[i] == 4 ? (int) field_number(f, i) : -1;
}

/* "Jan 10 12:15", "Jan 10  2026", "10 Jan 2026", "Jan 10 12:15:30 2026". */
static bool date_with_month(const struct fields *f, size_t i, struct list_date *out)
{
    bool seconds;
    if (i + 2 >= f->n)
        return false;
    size_t month = month_number(f->at[i], f->len[i]) ? i : i + 1;
    out->date.month = month_number(f->at[month], f->len[month]);
    out->date.day = day_number(f, month == i ? i + 1 : i);
    if (out->date.month == 0 || out->date.day < 1)
        return false;
    out->last = i + 2;
    out->date.year = year_number(f, i + 2);
    out->has_year = out->date.year >= 0;
    if (out->has_year)
        return true;
    if (!read_clock(f->at[i + 2], f->len[i + 2], &out->date, &seconds))
        return false;
    if (seconds && year_number(f, i + 3) >= 0) {
        out->date.year = year_number(f, i + 3);
        out->has_year = true;
        out->last = i + 3;
    }
    return true;
}

/* "+0100" */
static bool read_zone(const struct fields *f, size_t i, int *zone_s)
{
    if (i >= f->n || f->len[i] != 5 || (*f->at[i] != '+' && *f->at[i] != '-'))
        return false;
    int64_t hours = read_number(f->at[i] + 1, 2, 10), minutes = read_number(f->at[i] + 3, 2, 10);
    if (hours < 0 || minutes < 0)
        return false;
    *zone_s = (int) (hours * 3600 + minutes * 60) * (*f->at[i] == '-' ? -1 : 1);
    return true;
}

/* "2026-01-10 12:15", "2026-01-10 12:15:30.123456789 +0100", "01-10 12:15", "2026-01-10 " (a year's
 * time is blank, and one more blank pads the column). */
static bool date_with_numbers(const struct fields *f, size_t i, struct list_date *out)
{
    bool seconds = false;
    if (i + 1 >= f->n)
        return false;
    const char *p = f->at[i], *end = p + f->len[i];
    out->has_year = f->len[i] == 10;
    char separator = out->has_year && p[4] == '/' ? '/' : '-';
    if (out->has_year)
        out->date.year = take_number(&p, end, separator, 4);
    out->date.month = take_number(&p, end, separator, 2);
    out->date.day = take_number(&p, end, '\0', 2);
    if (p != end || out->date.year < 0 || out->date.month < 0 || out->date.day < 0)
        return false;
    out->last = i + 1;
    if (!read_clock(f->at[i + 1], f->len[i + 1], &out->date, &seconds)) {
        out->date.hour = out->date.minute = out->date.second = 0;
        out->last = i;
        return out->has_year;
    }
    if (seconds && read_zone(f, i + 2, &out->zone_s)) {
        out->last = i + 2;
        out->exact = true;
    }
    return true;
}

static bool read_list_date(const struct fields *f, size_t i, int64_t now, struct list_date *out)
{
    *out = (struct list_date){0};
    if (!date_with_month(f, i, out)) {
        *out = (struct list_date){0};
        if (!date_with_numbers(f, i, out))
            return false;
    }
    if (!out->has_year)
        return date_guess_year(&out->date, now);
    return date_is_valid(&out->date);
}

static int mode_triplet(const char *p, int special)
{
    int bits = (p[0] == 'r' ? 4 : 0) | (p[1] == 'w' ? 2 : 0);
    if (p[2] == 'x' || p[2] == 's' || p[2] == 't')
        bits |= 1;
    return bits | (strchr("sStTlL", p[2]) ? special : 0);
}

/* "drwxr-sr-t", with an ACL mark perhaps. False when the field is no such thing. */
static bool read_mode(const char *p, size_t n, struct entry *e)
{
    static const char *const allowed[] = {"r-",     "w-", "xsSlL-", "r-",  "w-",
                                          "xsSlL-", "r-", "w-",     "xtT-"};
    if (n < 10 || n > 12 || !strchr("-dlbcpsDCnPwm", p[0]))
        return false;
    for (size_t i = 0; i < 9; i++) {
        if (!strchr(allowed[i], p[i + 1]))
            return false;
    }
    if (strspn(p + 10, "+.@*") < n - 10)
        return false;
    e->type = p[0] == 'd'   ? ENTRY_DIR
              : p[0] == 'l' ? ENTRY_LINK
              : p[0] == '-' ? ENTRY_FILE
                            : ENTRY_OTHER;
    int owner = mode_triplet(p + 1, 04000), group = mode_triplet(p + 4, 02000),
        others = mode_triplet(p + 7, 01000);
    e->mode = ((owner & 7) << 6 | (group & 7) << 3 | (others & 7)) | (owner & 04000) |
              (group & 02000) | (others & 01000);
    return true;
}

/* "8,": the first half of a device's number, which stands where the size of files is. */
static bool is_device_major(const struct fields *f, size_t i)
{
    return f->len[i] > 1 && f->at[i][f->len[i] - 1] == ',' &&
           read_number(f->at[i], f->len[i] - 1, 10) >= 0;
}

/* "8,0" */
static bool is_device_number(const struct fields *f, size_t i)
{
    const char *comma = memchr(f->at[i], ',', f->len[i]);
    if (!comma)
        return false;
    size_t major = (size_t) (comma - f->at[i]);
    return read_number(f->at[i], major, 10) >= 0 &&
           read_number(comma + 1, f->len[i] - major - 1, 10) >= 0;
}

/* The field where the date starts: the usual place first (mode, links, owner, group, size, date),
 * then without a group, without links, and further on (a device's number, owners with blanks).
 * Names may look like dates, so the order matters. 0: none. */
static size_t find_date(const struct fields *f, int64_t now, struct list_date *date)
{
    static const size_t order[] = {5, 4, 3, 6, 7, 8, 9, 10, 11, 12};
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
        size_t i = order[k];
        if (i < f->n && (field_number(f, i - 1) >= 0 || is_device_number(f, i - 1)) &&
            read_list_date(f, i, now, date))
            return i;
    }
    return 0;
}

/* Fields 1..size are links, owner and group, or fewer. Strings are ended in place, so this comes
 * when the fields are no longer needed. */
static void set_owners(struct entry *e, const struct fields *f, size_t size)
{
    size_t first = field_number(f, 1) >= 0 ? 2 : 1;
    size_t count = size > first ? size - first : 0;
    if (count == 0)
        return;
    size_t group = count > 1 ? size - 1 : 0, last = count > 1 ? size - 2 : size - 1;
    e->owner = f->at[first];
    f->at[last][f->len[last]] = '\0';
    if (group) {
        e->group = f->at[group];
        f->at[group][f->len[group]] = '\0';
    }
}

static void split_target(struct entry *e)
{
    char *arrow = e->type == ENTRY_LINK ? strstr(e->name, " -> ") : NULL;
    if (!arrow || arrow == e->name)
        return;
    *arrow = '\0';
    e->target = arrow + 4;
}

/* The output of ls -l. 1: an entry; 0: the line has another form. */
static int list_unix(struct entry *e, int64_t now)
{
    struct fields f;
    struct list_date date;
    split_fields(e->mem, &f);
    if (f.n < 5 || !read_mode(f.at[0], f.len[0], e))
        return 0;
    size_t at = find_date(&f, now, &date);
    char *name = at ? behind_field(&f, date.last) : NULL;
    if (!name)
        return 0;
    /* A date without its time is padded to the width of one with it. */
    if (date.last == at && name[0] == ' ' && name[1])
        name++;
    size_t size = at - 1;
    if (size > 1 && is_device_major(&f, size - 1))
        size--;
    else if (!is_device_number(&f, size))
        e->size = field_number(&f, size);
    e->mtime = date_seconds(&date.date) - date.zone_s;
    e->mtime_exact = date.exact;
    e->name = name;
    set_owners(e, &f, size);
    split_target(e);
    return 1;
}

/* "01-10-26", "01-10-2026", "01/10/26": month, day, year. */
static bool read_us_date(const char *p, size_t n, struct date *d)
{
    const char *end = p + n;
    char separator = memchr(p, '/', n) ? '/' : '-';
    d->month = take_number(&p, end, separator, 2);
    d->day = take_number(&p, end, separator, 2);
    const char *year = p;
    d->year = take_number(&p, end, '\0', 4);
    if (p - year == 2)
        d->year += d->year < 70 ? 2000 : 1900;
    else if (p - year != 4)
        return false;
    return p == end && d->month >= 0 && d->day >= 0;
}

/* "12:15PM", "00:15", and "12:15 PM" over two fields. Returns how many fields it was, 0: none. */
static size_t read_us_clock(const struct fields *f, size_t i, struct date *d)
{
    bool seconds;
    const char *half = f->at[i] + f->len[i] - 2;
    size_t n = f->len[i], used = 1;
    if (n > 2 && (half[1] == 'M' || half[1] == 'm')) {
        n -= 2;
    } else if (i + 1 < f->n && f->len[i + 1] == 2 && strncasecmp(f->at[i + 1] + 1, "M", 1) == 0) {
        half = f->at[i + 1];
        used = 2;
    } else {
        return read_clock(f->at[i], n, d, &seconds) ? 1 : 0;
    }
    bool pm = *half == 'P' || *half == 'p';
    if ((!pm && *half != 'A' && *half != 'a') || !read_clock(f->at[i], n, d, &seconds))
        return 0;
    if (d->hour < 1 || d->hour > 12)
        return 0;
    d->hour = d->hour % 12 + (pm ? 12 : 0);
    return used;
}

/* "<DIR>" or a link's mark; the name's column is ten blanks further, and blanks beyond are its own.
 */
static char *read_us_mark(const struct fields *f, size_t i, struct entry *e)
{
    static const struct {
        const char *mark;
        enum entry_type type;
    } marks[] = {
        {"<DIR>", ENTRY_DIR},
        {"<JUNCTION>", ENTRY_LINK},
        {"<SYMLINK>", ENTRY_LINK},
        {"<SYMLINKD>", ENTRY_LINK},
    };
    for (size_t m = 0; m < sizeof marks / sizeof marks[0]; m++) {
        size_t n = strlen(marks[m].mark);
        if (f->len[i] != n || strncasecmp(f->at[i], marks[m].mark, n) != 0)
            continue;
        e->type = marks[m].type;
        char *p = f->at[i] + n;
        for (size_t width = n; width < 15 && *p == ' '; width++)
            p++;
        return *p ? p : NULL;
    }
    return NULL;
}

/* "name [target]" */
static void split_bracketed_target(struct entry *e)
{
    char *open = e->type == ENTRY_LINK ? strstr(e->name, " [") : NULL;
    size_t n = strlen(e->name);
    if (!open || open == e->name || e->name[n - 1] != ']')
        return;
    e->name[n - 1] = '\0';
    *open = '\0';
    e->target = open + 2;
}

/* IIS, and what else speaks as DIR does. */
static int list_windows(struct entry *e, int64_t now)
{
    struct fields f;
    struct date d = {0};
    (void) now;
    split_fields(e->mem, &f);
    if (f.n < 4 || !read_us_date(f.at[0], f.len[0], &d))
        return 0;
    size_t at = 1 + read_us_clock(&f, 1, &d);
    if (at == 1 || at >= f.n || !date_is_valid(&d))
        return 0;
    char *name = read_us_mark(&f, at, e);
    if (!name) {
        e->size = field_number(&f, at);
        name = behind_field(&f, at);
        if (e->size < 0 || !name)
            return 0;
        e->type = ENTRY_FILE;
    }
    e->mtime = date_seconds(&d);
    e->name = name;
    split_bracketed_target(e);
    return 1;
}

/* One small parser a format: 1 with the entry filled in, 0 when the line has another form. */
static int (*const formats[])(struct entry *e, int64_t now) = {
    list_unix,
    list_windows,
};

int list_parse(const char *line, size_t len, int64_t now, struct entry *out, struct err *err)
{
    len = without_cr(line, len);
    if (is_no_entry(line, len))
        return 0;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (entry_start(out, line, len, err) < 0)
            return -1;
        if (formats[i](out, now) == 1) {
            entry_mark_dots(out);
            return 1;
        }
    }
    return entry_unreadable(line, len, err);
}
