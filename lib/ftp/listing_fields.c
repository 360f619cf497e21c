#include "ftp/listing_private.h"

#include <string.h>
#include <strings.h>

/* ---- words ---- */

void fields_split(char *line, struct fields *f)
{
    f->n = 0;
    for (char *p = line + strspn(line, " \t"); *p && f->n < FIELDS_MAX; p += strspn(p, " \t")) {
        f->at[f->n] = p;
        f->len[f->n] = strcspn(p, " \t");
        p += f->len[f->n++];
    }
}

bool field_is(const struct fields *f, size_t i, const char *word)
{
    return i < f->n && f->len[i] == strlen(word) && strncasecmp(f->at[i], word, f->len[i]) == 0;
}

int64_t field_number(const struct fields *f, size_t i)
{
    return i < f->n ? read_number(f->at[i], f->len[i], 10) : -1;
}

char *field_end(const struct fields *f, size_t i)
{
    f->at[i][f->len[i]] = '\0';
    return f->at[i];
}

char *behind_field(const struct fields *f, size_t i)
{
    char *p = f->at[i] + f->len[i];
    return *p && p[1] ? p + 1 : NULL;
}

char *behind_blanks(const struct fields *f, size_t i)
{
    return i + 1 < f->n ? f->at[i + 1] : NULL;
}

/* ---- numbers ---- */

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int64_t read_number(const char *p, size_t n, int base)
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

int take_number(const char **p, const char *end, char stop, size_t most)
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

/* ---- dates ---- */

bool read_clock(const char *p, size_t n, struct date *d, bool *seconds)
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

/* Programs that count years from 1900 write 126 for 2026. */
static int full_year(int year, size_t digits)
{
    if (digits == 2)
        return year + (year < 70 ? 2000 : 1900);
    if (digits == 3)
        return year >= 100 && year < 200 ? year + 1900 : -1;
    return year;
}

bool read_number_date(const char *p, size_t n, enum date_order order, struct date *d)
{
    static const struct {
        int year, month, day;
    } places[] = {[MONTH_FIRST] = {2, 0, 1}, [DAY_FIRST] = {2, 1, 0}, [YEAR_FIRST] = {0, 1, 2}};
    const char *end = p + n;
    int part[3] = {-1, -1, -1};
    size_t digits[3] = {0, 0, 0};
    size_t separator = strspn(p, "0123456789");
    if (separator >= n || !strchr("-/.", p[separator]))
        return false;
    if (separator == 4)
        order = YEAR_FIRST;
    else if (p[separator] == '.' && order == MONTH_FIRST)
        order = DAY_FIRST; /* nobody writes the month first with dots */
    for (int i = 0; i < 3; i++) {
        const char *start = p;
        part[i] = take_number(&p, end, i < 2 ? start[separator] : '\0', 4);
        if (part[i] < 0)
            return false;
        digits[i] = (size_t) (p - start) - (i < 2);
        separator = p < end ? strspn(p, "0123456789") : 0;
    }
    d->month = part[places[order].month];
    d->day = part[places[order].day];
    d->year = full_year(part[places[order].year], digits[places[order].year]);
    return p == end && d->year >= 0 && digits[places[order].year] >= 2 &&
           digits[places[order].month] <= 2 && digits[places[order].day] <= 2;
}

bool read_month_date(const char *p, size_t n, struct date *d)
{
    const char *end = p + n;
    d->day = take_number(&p, end, '-', 2);
    const char *dash = d->day >= 0 ? memchr(p, '-', (size_t) (end - p)) : NULL;
    if (!dash)
        return false;
    d->month = month_number(p, (size_t) (dash - p));
    p = dash + 1;
    const char *year = p;
    d->year = take_number(&p, end, '\0', 4);
    d->year = full_year(d->year, (size_t) (p - year));
    return p == end && d->month > 0 && d->year >= 0 && p - year >= 2;
}

/* A row a language, January first; '?' stands for letters beyond ASCII, in whatever encoding, or
 * for the marks that some servers write in their place. March is always "mar". */
static const char *const month_names[][12] = {
    {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"},
    {"janv", "f?v", "mars", "avr", "mai", "juin", "juil", "ao?t", "sept", "oct", "nov", "d?c"},
    {"janv", "f?vr", "mars", "avril", "mai", "juin", "juil", "ao?", "sept", "oct", "nov", "d?c"},
    {"jan", "feb", "m?r", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"},
    {"jan", "feb", "mrz", "april", "mai", "juni", "juli", "aug", "sept", "okt", "nov", "dez"},
    {"gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"},
    {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"},
    {"jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"},
    {"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
    {"tammi", "helmi", "maalis", "huhti", "touko", "kes?", "hein?", "elo", "syys", "loka", "marras",
     "joulu"},
    {"tam", "hel", "maa", "huh", "tou", "kes", "hei", "elo", "syy", "lok", "marr", "jou"},
    {"sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "pa?", "lis", "gru"},
    {"jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
    {"jan", "feb", "mars", "april", "mai", "juni", "juli", "aug", "sep", "okt", "nov", "des"},
    {"led", "?no", "b?e", "dub", "kv?", "?en", "?ec", "srp", "z??", "??j", "lis", "pro"},
    {"jän", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"},
    {"j\xe4n", "feb", "m\xe4r", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"},
    {"jan", "febr", "m?rc", "?pr", "m?j", "j?n", "j?l", "aug", "szept", "okt", "nov", "dec"},
    {"oca", "?ub", "mar", "nis", "may", "haz", "tem", "a?u", "eyl", "eki", "kas", "ara"},
    {"jaan", "veebr", "m?rts", "apr", "mai", "juuni", "juuli", "aug", "sept", "okt", "nov", "dets"},
    {"janv", "febr", "marts", "apr", "maijs", "j?n", "j?l", "aug", "sept", "okt", "nov", "dec"},
    {"sau", "vas", "kov", "bal", "geg", "bir", "lie", "rgp", "rgs", "spa", "lap", "gru"},
    {"ian", "feb", "mar", "apr", "mai", "iun", "iul", "aug", "sep", "oct", "nov", "dec"},
    {"gen", "febr", "mar?", "abr", "maig", "juny", "jul", "ago", "set", "oct", "nov", "des"},
    {"jan", "feb", "mar", "apr", "ma?", "j?n", "j?l", "?g?", "sep", "okt", "n?v", "des"},
    {"jan", "feb", "mar", "apr", "maj", "jun", "jul", "avg", "sep", "okt", "nov", "dec"},
    {"jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des"},
    {"th01", "th02", "th03", "th04", "th05", "th06", "th07", "th08", "th09", "th10", "th11",
     "th12"},
    {"Ιαν", "Φεβ", "Μαρ", "Απρ", "Μαΐ", "Ιουν", "Ιουλ", "Αυγ", "Σεπ", "Οκτ", "Νοε", "Δεκ"},
    {"Ιαν", "Φεβ", "Μάρ", "Απρ", "Μάι", "Ιούν", "Ιούλ", "Αύγ", "Σεπ", "Οκτ", "Νοέ", "Δεκ"},
    {"січ", "лют", "бер", "кві", "тра", "чер", "лип", "сер", "вер", "жов", "лис", "гру"},
    {"яну", "фев", "мар", "апр", "май", "юни", "юли", "авг", "сеп", "окт", "ное", "дек"},
    {"янв", "февр", "марта", "апр", "мая", "июня", "июля", "авг", "сент", "окт", "нояб", "дек"},
    {"янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"},
    {"янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сент", "окт", "нояб", "дек"},
};

/* '?' in the name takes any number of bytes beyond ASCII, or of question marks. */
static bool month_matches(const char *name, const char *p, size_t n)
{
    const char *end = p + n;
    for (; *name; name++) {
        if (*name == '?') {
            const char *start = p;
            while (p < end && ((unsigned char) *p >= 0x80 || *p == '?'))
                p++;
            if (p == start)
                return false;
            while (name[1] == '?')
                name++;
        } else if (p == end || strncasecmp(name, p, 1) != 0) {
            return false;
        } else {
            p++;
        }
    }
    return p == end;
}

/* "11月": digits, and a sign that is not ASCII behind them. */
static int counted_month(const char *p, size_t n)
{
    size_t digits = 0;
    while (digits < n && is_digit(p[digits]))
        digits++;
    for (size_t i = digits; i < n; i++) {
        if ((unsigned char) p[i] < 0x80)
            return 0;
    }
    int month = digits == n || digits > 2 ? 0 : (int) read_number(p, digits, 10);
    return month >= 1 && month <= 12 ? month : 0;
}

int month_number(const char *p, size_t n)
{
    if (n > 0 && is_digit(*p))
        return counted_month(p, n);
    if (n > 1 && p[n - 1] == '.')
        n--;
    for (size_t row = 0; row < sizeof month_names / sizeof month_names[0]; row++) {
        for (int m = 0; m < 12; m++) {
            if (month_matches(month_names[row][m], p, n))
                return m + 1;
        }
    }
    return 0;
}
