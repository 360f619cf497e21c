#include "ftp/listing_private.h"

#include <string.h>
#include <strings.h>

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
    s->e->mtime_step = s->e->mtime_exact;
    if (!s->e->mtime_exact)
        s->e->mtime = LISTING_UNKNOWN;
}

static void fact_unique(struct mlsd_state *s, char *value)
{
    s->e->unique = value;
}

static void fact_perm(struct mlsd_state *s, char *value)
{
    s->e->perm = value;
}

static void fact_mode(struct mlsd_state *s, char *value)
{
    if (strncasecmp(value, "0o", 2) == 0) /* pyftpdlib */
        value += 2;
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
    {"unique", fact_unique},
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

static int unreadable(const char *line, size_t len, struct err *err)
{
    return err_set(err, ERR_PROTOCOL, "cannot read the listing line \"%.*s\"",
                   (int) (len < 80 ? len : 80), line);
}

int mlsd_parse(const char *line, size_t len, struct entry *out, struct err *err)
{
    len = line_without_cr(line, len);
    if (line_is_blank(line, len))
        return 0;
    if (entry_start(out, line, len, err) < 0)
        return -1;
    struct mlsd_state s = {.e = out};
    char *blank = facts_end(out->mem);
    if (!blank || !blank[1])
        return unreadable(line, len, err);
    *blank = '\0';
    if (read_facts(&s, out->mem) < 0)
        return unreadable(line, len, err);
    out->name = blank + 1;
    if (!s.typed && s.dir_size)
        out->type = ENTRY_DIR;
    else if (!s.typed && out->size >= 0)
        out->type = ENTRY_FILE;
    entry_mark_dots(out);
    return 1;
}
