/* z/OS' data sets and members, the AS/400 (IBM i), and Tandem's Guardian. */
#include "ftp/listing_private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_name_letter(char c)
{
    return isalnum((unsigned char) c) || (c && strchr("@#$", c));
}

/* ---- z/OS: data sets ---- */

/* "USER.JCL.CNTL": up to 44 bytes of up to eight in a part; quotes around it are taken off. */
static char *data_set_name(const struct fields *f)
{
    char *name = f->at[f->n - 1];
    size_t n = f->len[f->n - 1], part = 0;
    if (name[n] && name[n + strspn(name + n, " ")])
        return NULL; /* more fields than were split */
    if (n > 2 && name[0] == '\'' && name[n - 1] == '\'') {
        name++;
        n -= 2;
    }
    for (size_t i = 0; i < n; i++) {
        part = name[i] == '.' ? 0 : part + 1;
        bool allowed = is_name_letter(name[i]) || name[i] == '-' || name[i] == '.' ||
                       name[i] == '{' || name[i] == '(' || name[i] == ')';
        if (!allowed || part > 8)
            return NULL;
    }
    if (n > 54 || part == 0)
        return NULL;
    name[n] = '\0';
    return name;
}

/* What stands in place of a data set's columns; an asterisk stands for the volume's name. */
static const struct {
    const char *words[6];
    enum entry_type type;
} data_set_remarks[] = {
    {{"Migrated"}, ENTRY_FILE},
    {{"Pseudo", "Directory"}, ENTRY_DIR},
    {{"Error", "determining", "attributes"}, ENTRY_OTHER},
    {{"Not", "Mounted"}, ENTRY_OTHER},
    {{"*", "Not", "Mounted"}, ENTRY_OTHER},
    {{"*", "Not", "Direct", "Access", "Device"}, ENTRY_OTHER},
    {{"*", "Tape"}, ENTRY_FILE},
    {{"*", "*", "VSAM"}, ENTRY_OTHER},
    {{"VSAM"}, ENTRY_OTHER},
    {{"GDG"}, ENTRY_OTHER},
    {{"Path"}, ENTRY_OTHER},
    {{"User", "catalog", "connector"}, ENTRY_OTHER},
};

static bool remark_matches(const struct fields *f, const char *const words[6])
{
    size_t n = 0;
    while (n < 6 && words[n])
        n++;
    if (f->n != n + 1)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (words[i][0] == '*' ? f->len[i] > 6 : !field_is(f, i, words[i]))
            return false;
    }
    return true;
}

static const struct {
    const char *organisation;
    enum entry_type type;
} organisations[] = {
    {"PO", ENTRY_DIR},    {"PO-E", ENTRY_DIR},  {"POU", ENTRY_DIR},   {"PS", ENTRY_FILE},
    {"PSU", ENTRY_FILE},  {"PS-E", ENTRY_FILE}, {"PS-L", ENTRY_FILE}, {"DA", ENTRY_FILE},
    {"IS", ENTRY_FILE},   {"NONE", ENTRY_FILE}, {"VS", ENTRY_OTHER},  {"VSAM", ENTRY_OTHER},
    {"HFS", ENTRY_OTHER}, {"ZFS", ENTRY_OTHER},
};

/* "WORK01 3390   2026/01/10  1   15  FB      80  8000  PO  JCL.CNTL". Columns may touch, so what is
 * looked at is the unit, the date, and what stands before the name. */
static bool is_data_set(const struct fields *f, struct entry *e)
{
    struct date d;
    if (f->n < 6 || f->len[0] > 6 || f->len[1] > 8 ||
        (!read_number_date(f->at[2], f->len[2], YEAR_FIRST, &d) && !field_is(f, 2, "**NONE**")))
        return false;
    for (size_t i = 0; i < sizeof organisations / sizeof organisations[0]; i++) {
        if (field_is(f, f->n - 2, organisations[i].organisation)) {
            e->type = organisations[i].type;
            return true;
        }
    }
    return false;
}

/* A data set's date says when it was last used, which reading it changes: it is no time of the
 * contents. */
enum line_kind list_datasets(struct entry *e, struct list_state *s)
{
    struct fields f;
    fields_split(e->mem, &f);
    if (field_is(&f, 0, "Volume") && field_is(&f, 1, "Unit")) {
        s->head = true;
        return LINE_NONE;
    }
    if (f.n < 2)
        return LINE_BAD;
    bool known = is_data_set(&f, e);
    for (size_t i = 0; !known && i < sizeof data_set_remarks / sizeof data_set_remarks[0]; i++) {
        known = remark_matches(&f, data_set_remarks[i].words);
        e->type = data_set_remarks[i].type;
    }
    char *name = known ? data_set_name(&f) : NULL;
    if (!name)
        return LINE_BAD;
    e->name = name;
    return LINE_ENTRY;
}

/* ---- z/OS: members ---- */

static bool is_member_name(const struct fields *f, size_t i)
{
    if (i >= f->n || f->len[i] > 8 || is_digit(*f->at[i]))
        return false;
    for (size_t k = 0; k < f->len[i]; k++) {
        if (!is_name_letter(f->at[i][k]) || islower((unsigned char) f->at[i][k]))
            return false;
    }
    return true;
}

/* " Name     VV.MM   Created       Changed      Size  Init   Mod   Id", or that of load modules. */
static bool is_member_head(const struct fields *f)
{
    return field_is(f, 0, "Name") && (field_is(f, 1, "VV.MM") || field_is(f, 1, "Size"));
}

/* "01.04" */
static bool is_version(const struct fields *f, size_t i)
{
    return i < f->n && f->len[i] == 5 && f->at[i][2] == '.' && read_number(f->at[i], 2, 10) >= 0 &&
           read_number(f->at[i] + 3, 2, 10) >= 0;
}

/* " JOBCARD   01.04 2026/01/09 2026/01/10 12:15    99    70     0 ANNA": the size is in records. */
static bool read_statistics(struct entry *e, const struct list_state *s, const struct fields *f)
{
    struct date created, d = {0};
    bool seconds;
    if (f->n < 5 || !is_version(f, 1) ||
        !read_number_date(f->at[2], f->len[2], YEAR_FIRST, &created) ||
        !read_number_date(f->at[3], f->len[3], YEAR_FIRST, &d) ||
        !read_clock(f->at[4], f->len[4], &d, &seconds) || !date_is_valid(&d))
        return false;
    entry_set_time(e, s, &d, seconds ? 1 : 60);
    if (f->n >= 9)
        e->owner = field_end(f, 8);
    return true;
}

/* "PAYROLL   00B308   000411 ...": a load module's size and place. */
static bool is_load_module(const struct fields *f)
{
    return f->n >= 3 && f->len[1] >= 6 && strspn(f->at[1], "0123456789ABCDEF") == f->len[1] &&
           f->len[2] == 6 && strspn(f->at[2], "0123456789ABCDEF") == 6;
}

/* A bare name is a member without statistics, once the head has told that members come. */
enum line_kind list_members(struct entry *e, struct list_state *s)
{
    struct fields f;
    fields_split(e->mem, &f);
    if (is_member_head(&f)) {
        s->head = true;
        return LINE_NONE;
    }
    if (!is_member_name(&f, 0))
        return LINE_BAD;
    if (!read_statistics(e, s, &f) && !(s->head && (f.n == 1 || is_load_module(&f))))
        return LINE_BAD;
    e->type = ENTRY_FILE;
    e->name = field_end(&f, 0);
    return LINE_ENTRY;
}

/* ---- AS/400 ---- */

static const struct {
    const char *name;
    enum entry_type type;
} objects[] = {
    {"*DIR", ENTRY_DIR},   {"*DDIR", ENTRY_DIR},    {"*FLR", ENTRY_DIR},  {"*LIB", ENTRY_DIR},
    {"*STMF", ENTRY_FILE}, {"*DSTMF", ENTRY_FILE},  {"*DOC", ENTRY_FILE}, {"*FILE", ENTRY_FILE},
    {"*MEM", ENTRY_FILE},  {"*SYMLNK", ENTRY_LINK},
};

/* Any other object, a program for instance, is no file. */
static enum entry_type object_type(const struct fields *f, size_t i)
{
    for (size_t k = 0; k < sizeof objects / sizeof objects[0]; k++) {
        if (field_is(f, i, objects[k].name))
            return objects[k].type;
    }
    return ENTRY_OTHER;
}

static bool is_object(const struct fields *f, size_t i)
{
    return i < f->n && f->len[i] > 2 && f->at[i][0] == '*' && isupper((unsigned char) f->at[i][1]);
}

/* "ANNA   77824 02/23/26 15:09:55 *DIR       notes/", "ANNA   *MEM   SOURCE.FILE/MAIN.MBR". */
enum line_kind list_as400(struct entry *e, struct list_state *s)
{
    struct fields f;
    struct date d = {0};
    bool seconds;
    fields_split(e->mem, &f);
    size_t at = is_object(&f, 1) ? 1 : 4;
    if (!is_object(&f, at))
        return LINE_BAD;
    if (at == 4) {
        e->size = field_number(&f, 1);
        if (e->size < 0 || !read_number_date(f.at[2], f.len[2], s->order, &d) ||
            !read_clock(f.at[3], f.len[3], &d, &seconds) || !date_is_valid(&d))
            return LINE_BAD;
        entry_set_time(e, s, &d, seconds ? 1 : 60);
    }
    e->name = behind_blanks(&f, at);
    if (!e->name)
        return LINE_BAD;
    e->type = object_type(&f, at);
    size_t n = strlen(e->name);
    if (n > 1 && e->name[n - 1] == '/') {
        e->type = ENTRY_DIR;
        e->name[n - 1] = '\0';
    }
    if (e->type == ENTRY_DIR)
        e->size = LISTING_UNKNOWN;
    e->owner = field_end(&f, 0);
    return LINE_ENTRY;
}

/* ---- Tandem ---- */

/* "198,66" or "244, 10", which is two fields. Returns the last one's index, 0: none. */
static size_t guardian_user(const struct fields *f, size_t i)
{
    if (i >= f->n || !is_digit(*f->at[i]) || !memchr(f->at[i], ',', f->len[i]))
        return 0;
    bool open = f->at[i][f->len[i] - 1] == ',';
    return open && i + 1 < f->n && field_number(f, i + 1) >= 0 ? i + 1 : open ? 0 : i;
}

/* "IARPTS10  O  101    16354 18-Mar-09 15:09:12 244, 10 \"nnnn\"": the O says that it is open. */
enum line_kind list_tandem(struct entry *e, struct list_state *s)
{
    struct fields f;
    struct date d = {0};
    bool seconds;
    fields_split(e->mem, &f);
    if (field_is(&f, 0, "File") && field_is(&f, 1, "Code")) {
        s->head = true;
        return LINE_NONE;
    }
    size_t code = field_is(&f, 1, "O") ? 2 : 1;
    size_t user = guardian_user(&f, code + 4);
    if (user == 0 || field_number(&f, code) < 0 || field_number(&f, code + 1) < 0 ||
        !read_month_date(f.at[code + 2], f.len[code + 2], &d) ||
        !read_clock(f.at[code + 3], f.len[code + 3], &d, &seconds) || !date_is_valid(&d))
        return LINE_BAD;
    entry_set_time(e, s, &d, seconds ? 1 : 60);
    e->type = ENTRY_FILE;
    e->size = field_number(&f, code + 1);
    field_end(&f, user);
    e->owner = f.at[code + 4];
    e->name = field_end(&f, 0);
    return LINE_ENTRY;
}
