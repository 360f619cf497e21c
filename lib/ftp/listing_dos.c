/* What DIR writes: IIS and other servers on Windows, and OS/2. */
#include "ftp/listing_private.h"

#include <string.h>
#include <strings.h>

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
static char *read_mark(const struct fields *f, size_t i, struct entry *e)
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
        if (!field_is(f, i, marks[m].mark))
            continue;
        e->type = marks[m].type;
        char *p = f->at[i] + n;
        for (size_t width = n; width < 15 && *p == ' '; width++)
            p++;
        return *p ? p : NULL;
    }
    return NULL;
}

/* "1,234,567" and "1.234.567" as DIR groups them, or plain digits; -1: neither. */
static int64_t grouped_number(const struct fields *f, size_t i)
{
    int64_t value = 0;
    size_t first = strspn(f->at[i], "0123456789");
    if (first >= f->len[i])
        return field_number(f, i);
    if (first == 0 || first > 3)
        return -1;
    value = read_number(f->at[i], first, 10);
    for (size_t k = first; k < f->len[i]; k += 4) {
        int64_t group = k + 4 <= f->len[i] ? read_number(f->at[i] + k + 1, 3, 10) : -1;
        if (f->at[i][k] != f->at[i][first] || !strchr(",.'", f->at[i][k]) || group < 0 ||
            value > (INT64_MAX - group) / 1000)
            return -1;
        value = value * 1000 + group;
    }
    return value;
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

/* "Volume in drive C is DATA", "Directory of C:\x", "3 File(s) 1,234 bytes". */
static bool is_dir_head(const char *line)
{
    static const char *const heads[] = {"Volume in drive ", "Volume Serial Number is ",
                                        "Directory of "};
    line += strspn(line, " ");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        if (strncmp(line, heads[i], strlen(heads[i])) == 0)
            return true;
    }
    line += strspn(line, "0123456789");
    return strncmp(line, " File(s) ", 9) == 0 || strncmp(line, " Dir(s) ", 8) == 0;
}

enum line_kind list_dos(struct entry *e, struct list_state *s)
{
    struct fields f;
    struct date d = {0};
    if (is_dir_head(e->mem))
        return LINE_NONE;
    fields_split(e->mem, &f);
    if (f.n < 4 || !read_number_date(f.at[0], f.len[0], s->order, &d))
        return LINE_BAD;
    size_t at = 1 + read_us_clock(&f, 1, &d);
    if (at == 1 || at >= f.n || !date_is_valid(&d))
        return LINE_BAD;
    char *name = read_mark(&f, at, e);
    if (!name) {
        e->size = grouped_number(&f, at);
        name = behind_field(&f, at);
        if (e->size < 0 || !name)
            return LINE_BAD;
        e->type = ENTRY_FILE;
    }
    entry_set_time(e, s, &d, 60);
    e->name = name;
    split_bracketed_target(e);
    return LINE_ENTRY;
}

/* ---- OS/2 ---- */

/* "A", "RHS": of file attributes. */
static bool is_attributes(const struct fields *f, size_t i)
{
    return i < f->n && strspn(f->at[i], "ARHS") == f->len[i];
}

/* "  73098      A          04-06-97   15:15  bitmap.bmp", "  0  DIR  12-30-97  12:32  data". Two
 * blanks stand before the name. */
enum line_kind list_os2(struct entry *e, struct list_state *s)
{
    struct fields f;
    struct date d = {0};
    bool seconds;
    fields_split(e->mem, &f);
    int64_t size = field_number(&f, 0);
    size_t at = is_attributes(&f, 1) ? 2 : 1;
    bool dir = field_is(&f, at, "DIR");
    at += dir;
    if (size < 0 || at + 2 >= f.n || !read_number_date(f.at[at], f.len[at], s->order, &d) ||
        !read_clock(f.at[at + 1], f.len[at + 1], &d, &seconds) || !date_is_valid(&d))
        return LINE_BAD;
    e->type = dir ? ENTRY_DIR : ENTRY_FILE;
    e->size = dir ? LISTING_UNKNOWN : size;
    entry_set_time(e, s, &d, seconds ? 1 : 60);
    e->name = behind_field(&f, at + 1);
    if (e->name && e->name[0] == ' ' && e->name[1])
        e->name++;
    return e->name ? LINE_ENTRY : LINE_BAD;
}
