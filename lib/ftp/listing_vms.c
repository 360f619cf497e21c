/* What DIRECTORY writes under OpenVMS, as its FTP servers pass it on. */
#include "ftp/listing_private.h"

#include <string.h>
#include <strings.h>

static bool starts_with(const char *line, const char *head)
{
    return strncasecmp(line, head, strlen(head)) == 0;
}

/* "Directory DISK$USER:[WEB]", "Total of 3 files, 12/15 blocks." */
static bool is_vms_head(const char *line)
{
    return (starts_with(line, "Directory ") && strchr(line, ':') && strchr(line, '[')) ||
           (starts_with(line, "Total of ") && strstr(line, " file")) ||
           (starts_with(line, "Grand total of ") && strstr(line, " file")) ||
           starts_with(line, "%DIRECT-W-NOFILES");
}

/* The digits of a version behind the last ';'; NULL when there are none. */
static char *version_of(char *name, size_t len)
{
    for (size_t i = len; i > 1; i--) {
        if (name[i - 1] == ';')
            return i < len ? name + i : NULL;
        if (!is_digit(name[i - 1]))
            return NULL;
    }
    return NULL;
}

/* The newest version of a file stands first and is what its bare name means; those below it keep
 * their version, so that no two entries have one name. */
static void set_name(struct entry *e, struct list_state *s, char *name, char *version)
{
    size_t bare = (size_t) (version - 1 - name);
    bool older = strlen(s->last_name) == bare && strncmp(s->last_name, name, bare) == 0;
    if (bare < sizeof s->last_name) {
        memcpy(s->last_name, name, bare);
        s->last_name[bare] = '\0';
    }
    e->name = name;
    e->type = ENTRY_FILE;
    if (bare > 4 && strncasecmp(name + bare - 4, ".DIR", 4) == 0 && strcmp(version, "1") == 0) {
        e->type = ENTRY_DIR;
        name[bare - 4] = '\0';
    } else if (!older) {
        name[bare] = '\0';
    }
}

/* "[GROUP,MEMBER]" or "[MEMBER]"; the names may hold blanks. */
static void set_uic(struct entry *e, char *uic)
{
    char *end = strchr(uic, ']'), *comma = strchr(uic, ',');
    *end = '\0';
    e->owner = uic + 1;
    if (comma && comma < end) {
        *comma = '\0';
        e->group = uic + 1;
        e->owner = comma + 1 + strspn(comma + 1, " ");
    }
}

/* "(RWED,RWED,RE,)": system, owner, group, world; deleting has no bit. */
static void set_protection(struct entry *e, const char *list)
{
    int mode = 0, shift = 9;
    const char *end = strchr(list, ')');
    for (const char *p = list + 1; end && p < end; p++) {
        if (*p == ',')
            shift -= 3;
        else if (shift >= 0 && shift <= 6)
            mode |= (*p == 'R' ? 4 : *p == 'W' ? 2 : *p == 'E' ? 1 : 0) << shift;
    }
    if (end && shift == 0)
        e->mode = mode;
}

/* "213/216  29-JAN-1996 03:33:12.45  [WEB,ANNA]  (RWED,RWED,RE,)": from field `at` on. Sizes are in
 * blocks, which are no bytes. */
static bool read_details(struct entry *e, const struct list_state *s, const struct fields *f,
                         size_t at)
{
    struct date d = {0};
    bool seconds = false;
    if (at < f->n && is_digit(*f->at[at]) && strspn(f->at[at], "0123456789/") == f->len[at])
        at++;
    if (at + 1 >= f->n || !read_month_date(f->at[at], f->len[at], &d) ||
        !read_clock(f->at[at + 1], f->len[at + 1], &d, &seconds) || !date_is_valid(&d))
        return false;
    entry_set_time(e, s, &d, seconds ? 1 : 60);
    char *rest = f->at[at + 1] + f->len[at + 1];
    char *uic = strchr(rest, '['), *protection = strchr(rest, '(');
    if (protection)
        set_protection(e, protection);
    if (uic && strchr(uic, ']'))
        set_uic(e, uic);
    return true;
}

/* A name that filled its line: its details come in the next one. */
static enum line_kind keep_name(const struct entry *e, struct list_state *s, const struct fields *f)
{
    size_t n = strlen(e->mem);
    if (f->n != 1 || n >= sizeof s->kept)
        return LINE_BAD;
    memcpy(s->kept, e->mem, n + 1);
    return LINE_KEPT;
}

/* Puts the kept name before a line of details; one that nothing came for is lost. */
static void join_kept(struct entry *e, struct list_state *s)
{
    size_t kept = strlen(s->kept), n = strlen(e->mem);
    if (kept == 0)
        return;
    if (e->mem[0] == ' ' && kept + n < sizeof e->mem) {
        memmove(e->mem + kept, e->mem, n + 1);
        memcpy(e->mem, s->kept, kept);
        char *end = e->mem + kept + n;
        e->owner = e->group = e->target = e->perm = e->unique = end;
    } else {
        s->lost++;
    }
    s->kept[0] = '\0';
}

enum line_kind list_vms(struct entry *e, struct list_state *s)
{
    struct fields f;
    join_kept(e, s);
    if (is_vms_head(e->mem))
        return LINE_NONE;
    fields_split(e->mem, &f);
    char *version = f.n > 0 ? version_of(f.at[0], f.len[0]) : NULL;
    if (!version)
        return LINE_BAD;
    if (f.n == 1)
        return keep_name(e, s, &f);
    /* "%RMS-E-PRV, insufficient privilege": it is there, and that is all to be known. */
    if (*f.at[1] != '%' && !read_details(e, s, &f, 1))
        return LINE_BAD;
    set_name(e, s, field_end(&f, 0), version);
    return LINE_ENTRY;
}
