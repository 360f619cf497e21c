/* What ls -l writes, wherever it runs (z/OS' HFS and Mac servers included), NetWare's variant of
 * it, and EPLF, which is made for programs to read. */
#include "ftp/listing_private.h"

#include <string.h>
#include <strings.h>

/* ---- dates ---- */

/* A date in a listing: its fields, and what it says. */
struct list_date {
    size_t last; /* the date's last field */
    struct date date;
    bool has_year, has_clock, has_seconds, exact;
    int zone_s; /* east of UTC */
};

/* The number in front of letters beyond ASCII, or a full stop: "10", "10.", "3日"; -1: none. */
static int counted(const struct fields *f, size_t i, size_t most)
{
    size_t digits = 0;
    if (i >= f->n)
        return -1;
    while (digits < f->len[i] && is_digit(f->at[i][digits]))
        digits++;
    for (size_t k = digits; k < f->len[i]; k++) {
        if ((unsigned char) f->at[i][k] < 0x80 && f->at[i][k] != '.')
            return -1;
    }
    return digits > most ? -1 : (int) read_number(f->at[i], digits, 10);
}

static int day_number(const struct fields *f, size_t i)
{
    return counted(f, i, 2);
}

static int year_number(const struct fields *f, size_t i)
{
    return i < f->n && f->len[i] >= 4 && read_number(f->at[i], 4, 10) >= 0 ? counted(f, i, 4) : -1;
}

/* "2026年 1月 10日" */
static bool date_year_first(const struct fields *f, size_t i, struct list_date *out)
{
    out->date.year = year_number(f, i);
    out->date.month = i + 2 < f->n ? month_number(f->at[i + 1], f->len[i + 1]) : 0;
    out->date.day = day_number(f, i + 2);
    out->last = i + 2;
    out->has_year = out->date.year >= 0 && out->date.month > 0 && out->date.day > 0;
    return out->has_year;
}

/* "Jan 10 12:15", "Jan 10  2026", "10 Jan 2026", "10. Jan 12:15", "1月 10日 12:15",
 * "Jan 10 12:15:30 2026". */
static bool date_with_month(const struct fields *f, size_t i, struct list_date *out)
{
    if (i + 2 >= f->n)
        return false;
    if (date_year_first(f, i, out))
        return true;
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
    out->has_clock = read_clock(f->at[i + 2], f->len[i + 2], &out->date, &out->has_seconds);
    if (out->has_seconds && year_number(f, i + 3) >= 0) {
        out->date.year = year_number(f, i + 3);
        out->has_year = true;
        out->last = i + 3;
    }
    return out->has_clock;
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

/* "2026-01-10", "2026/01/10", "01-10" */
static bool read_iso_day(const char *p, size_t n, struct list_date *out)
{
    const char *end = p + n;
    out->has_year = n == 10;
    char separator = out->has_year && p[4] == '/' ? '/' : '-';
    if (out->has_year)
        out->date.year = take_number(&p, end, separator, 4);
    out->date.month = take_number(&p, end, separator, 2);
    out->date.day = take_number(&p, end, '\0', 2);
    return p == end && out->date.year >= 0 && out->date.month >= 0 && out->date.day >= 0;
}

/* "2026-01-10 12:15", "2026-01-10 12:15:30.123456789 +0100", "01-10 12:15", "2026-01-10 " (a year's
 * time is blank, and one more blank pads the column). */
static bool date_with_numbers(const struct fields *f, size_t i, struct list_date *out)
{
    if (i + 1 >= f->n || !read_iso_day(f->at[i], f->len[i], out))
        return false;
    out->last = i + 1;
    out->has_clock = read_clock(f->at[i + 1], f->len[i + 1], &out->date, &out->has_seconds);
    if (!out->has_clock) {
        out->date.hour = out->date.minute = out->date.second = 0;
        out->has_seconds = false;
        out->last = i;
        return out->has_year;
    }
    if (out->has_seconds && read_zone(f, i + 2, &out->zone_s)) {
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

static void set_date(struct entry *e, const struct list_state *s, const struct list_date *date)
{
    entry_set_time(e, s, &date->date, date->has_seconds ? 1 : date->has_clock ? 60 : 86400);
    e->year_guessed = !date->has_year;
    e->mtime_exact = date->exact;
    if (date->exact)
        e->mtime = date_seconds(&date->date) - date->zone_s;
}

/* ---- modes ---- */

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
    if (n < 10 || n > 12 || !strchr("-dlbcpsDCnPwmeE", p[0]))
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

/* "aps-": the extended attributes that z/OS puts behind the mode. */
static bool is_hfs_attributes(const struct fields *f, size_t i)
{
    static const char letters[] = "apsl";
    if (f->len[i] != 4)
        return false;
    for (size_t k = 0; k < 4; k++) {
        if (f->at[i][k] != '-' && f->at[i][k] != letters[k])
            return false;
    }
    return true;
}

static void fields_drop(struct fields *f, size_t i)
{
    for (f->n--; i < f->n; i++) {
        f->at[i] = f->at[i + 1];
        f->len[i] = f->len[i + 1];
    }
}

/* ---- lines ---- */

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
    static const size_t order[] = {5, 4, 3, 6, 7, 8, 9, 10, 11, 12, 2};
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
        size_t i = order[k];
        if (i < f->n && (field_number(f, i - 1) >= 0 || is_device_number(f, i - 1)) &&
            read_list_date(f, i, now, date))
            return i;
    }
    return 0;
}

/* Fields 1..size are links, owner and group, or fewer. Mac servers write "folder" and a count for
 * a folder, two forks' sizes and their sum for a file. */
static void set_owners(struct entry *e, const struct fields *f, size_t size)
{
    size_t first = field_number(f, 1) >= 0 ? 2 : 1;
    size_t count = size > first ? size - first : 0;
    bool forks = count == 1 && first == 2 && field_number(f, 2) >= 0 &&
                 field_number(f, 1) + field_number(f, 2) == field_number(f, 3);
    if (count == 0 || forks || (count == 1 && first == 1 && field_is(f, 1, "folder")))
        return;
    size_t group = count > 1 ? size - 1 : 0, last = count > 1 ? size - 2 : size - 1;
    e->owner = f->at[first];
    field_end(f, last);
    if (group)
        e->group = field_end(f, group);
}

/* An arrow may be part of the name or of the target. Servers tell the target's length as the
 * link's size: where one arrow has so much behind it, it is that one; else the first. */
static void split_target(struct entry *e)
{
    char *first = e->type == ENTRY_LINK ? strstr(e->name, " -> ") : NULL, *arrow = first;
    if (!first || first == e->name)
        return;
    while (arrow && (int64_t) strlen(arrow + 4) != e->size)
        arrow = strstr(arrow + 1, " -> ");
    if (!arrow)
        arrow = first;
    *arrow = '\0';
    e->target = arrow + 4;
}

/* "insgesamt 12", "合計 12K": the head that ls writes, in other languages than English. */
static bool is_foreign_total(const struct fields *f)
{
    static const char *const totals[] = {
        "insgesamt", "totale",   "totaal",   "totalt", "razem",  "celkem", "itogo",   "итого",
        "всего",     "разом",    "toplam",   "総計",   "合計",   "总用量", "总计",    "總計",
        "합계",      "összesen", "yhteensä", "celkom", "ukupno", "skupaj", "samtals", "全部",
    };
    if (f->n != 2 || strspn(f->at[1], "0123456789.,KMGT") < f->len[1])
        return false;
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        if (field_is(f, 0, totals[i]))
            return true;
    }
    return false;
}

enum line_kind list_unix(struct entry *e, struct list_state *s)
{
    struct fields f;
    struct list_date date;
    fields_split(e->mem, &f);
    if (is_foreign_total(&f))
        return LINE_NONE;
    if (f.n < 5 || !read_mode(f.at[0], f.len[0], e))
        return LINE_BAD;
    if (is_hfs_attributes(&f, 1))
        fields_drop(&f, 1);
    size_t at = find_date(&f, s->now, &date);
    char *name = at ? behind_field(&f, date.last) : NULL;
    if (!name)
        return LINE_BAD;
    /* A date without its time is padded to the width of one with it. */
    if (date.last == at && name[0] == ' ' && name[1])
        name++;
    size_t size = at - 1;
    if (size > 1 && is_device_major(&f, size - 1))
        size--;
    else if (!is_device_number(&f, size))
        e->size = field_number(&f, size);
    set_date(e, s, &date);
    e->name = name;
    set_owners(e, &f, size);
    split_target(e);
    return LINE_ENTRY;
}

/* ---- NetWare ---- */

/* "[RWCEAFMS]", some of the letters '-'. */
static bool is_rights(const char *p, size_t n)
{
    return n == 10 && p[0] == '[' && p[9] == ']' && strspn(p + 1, "RWCEAFMS-") == 8;
}

/* "d [RWCEAFMS] admin 512 Jan 10 12:15 name"; no blank behind the type on some. */
enum line_kind list_netware(struct entry *e, struct list_state *s)
{
    struct fields f;
    struct list_date date;
    fields_split(e->mem, &f);
    if (f.n == 0 || !strchr("d-", *f.at[0]))
        return LINE_BAD;
    size_t rights = f.len[0] == 1 ? 1 : 0;
    if (rights + 5 >= f.n || !is_rights(f.at[rights] + !rights, f.len[rights] - !rights))
        return LINE_BAD;
    e->type = *f.at[0] == 'd' ? ENTRY_DIR : ENTRY_FILE;
    e->size = field_number(&f, rights + 2);
    if (e->size < 0 || !read_list_date(&f, rights + 3, s->now, &date))
        return LINE_BAD;
    e->name = behind_blanks(&f, date.last);
    if (!e->name)
        return LINE_BAD;
    set_date(e, s, &date);
    e->owner = field_end(&f, rights + 1);
    return LINE_ENTRY;
}

/* ---- EPLF ---- */

static void take_eplf_fact(struct entry *e, char *fact)
{
    size_t len = strlen(fact);
    int64_t number = len > 1 ? read_number(fact + 1, len - 1, 10) : -1;
    if (strcmp(fact, "/") == 0) {
        e->type = ENTRY_DIR;
    } else if (strcmp(fact, "r") == 0) {
        e->type = ENTRY_FILE;
    } else if (*fact == 's') {
        e->size = number;
    } else if (*fact == 'm' && number >= 0) {
        e->mtime = number;
        e->mtime_step = 1;
        e->mtime_exact = true;
    } else if (*fact == 'i') {
        e->unique = fact + 1;
    } else if (strncmp(fact, "up", 2) == 0) {
        int64_t mode = read_number(fact + 2, len - 2, 8);
        e->mode = mode < 0 ? LISTING_UNKNOWN : (int) (mode & 07777);
    }
}

/* "+i8388621.29609,m824255902,/,\tdev": facts, a tab, the name. */
enum line_kind list_eplf(struct entry *e, struct list_state *s)
{
    char *tab = strchr(e->mem, '\t');
    (void) s;
    if (e->mem[0] != '+' || !tab || !tab[1])
        return LINE_BAD;
    *tab = '\0';
    e->name = tab + 1;
    for (char *fact = e->mem + 1; *fact;) {
        char *end = fact + strcspn(fact, ",");
        bool more = *end == ',';
        *end = '\0';
        take_eplf_fact(e, fact);
        fact = end + more;
    }
    return LINE_ENTRY;
}
