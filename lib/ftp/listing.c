#include "ftp/listing_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- entries ---- */

int entry_start(struct entry *e, const char *line, size_t len, struct err *err)
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
    e->mtime_step = 0;
    e->mtime_exact = e->year_guessed = e->here = e->parent = false;
    e->name = e->owner = e->group = e->target = e->perm = e->unique = e->mem + len;
    return 0;
}

void entry_mark_dots(struct entry *e)
{
    e->here |= strcmp(e->name, ".") == 0;
    e->parent |= strcmp(e->name, "..") == 0;
}

void entry_set_time(struct entry *e, const struct list_state *s, const struct date *d, int step)
{
    e->mtime = date_seconds(d) - (step < 86400 ? zone_offset(s->zone, d) : 0);
    e->mtime_step = step;
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
    to->unique = to->mem + (from->unique - from->mem);
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

bool line_is_blank(const char *line, size_t len)
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

size_t line_without_cr(const char *line, size_t len)
{
    return len > 0 && line[len - 1] == '\r' ? len - 1 : len;
}

/* ---- formats ---- */

/* Where two read the same lines, the first wins: the order of days and months is found out by the
 * days beyond the twelfth. */
static const struct list_format {
    const char *name;
    enum line_kind (*read)(struct entry *e, struct list_state *s);
    enum date_order order;
} formats[] = {
    {"unix", list_unix, MONTH_FIRST},
    {"dos", list_dos, MONTH_FIRST},
    {"dos, day first", list_dos, DAY_FIRST},
    {"netware", list_netware, MONTH_FIRST},
    {"eplf", list_eplf, MONTH_FIRST},
    {"vms", list_vms, MONTH_FIRST},
    {"z/os data sets", list_datasets, YEAR_FIRST},
    {"z/os members", list_members, YEAR_FIRST},
    {"as/400", list_as400, MONTH_FIRST},
    {"as/400, day first", list_as400, DAY_FIRST},
    {"as/400, year first", list_as400, YEAR_FIRST},
    {"os/2", list_os2, MONTH_FIRST},
    {"tandem", list_tandem, MONTH_FIRST},
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

/* ---- the reader ---- */

/* So much of a listing is looked at before its format is settled. */
enum { LOOK_LINES = 64, LOOK_BYTES = 32 * 1024 };

struct list_reader {
    struct list_reader_config config;
    const struct list_format *format; /* NULL: not known yet */
    struct list_state state;
    size_t lines, held; /* in `look`: lines, each ended with NUL, and their bytes */
    struct entry entry;
    char look[LOOK_BYTES];
};

static const struct list_format *format_named(const char *name)
{
    for (size_t i = 0; name && i < FORMATS; i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    return NULL;
}

static struct list_state state_for(const struct list_reader *r, const struct list_format *f)
{
    return (struct list_state){.now = zone_now(&r->config.zone, r->config.now),
                               .zone = &r->config.zone,
                               .order = f ? f->order : MONTH_FIRST};
}

struct list_reader *list_reader_new(const struct list_reader_config *c, struct err *err)
{
    struct list_reader *r = calloc(1, sizeof *r);
    if (!r) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    r->config = *c;
    r->format = format_named(c->named);
    r->config.named = NULL; /* borrowed no longer */
    r->state = state_for(r, r->format);
    return r;
}

void list_reader_free(struct list_reader *r)
{
    free(r);
}

const char *list_reader_format(const struct list_reader *r)
{
    return r->format ? r->format->name : "";
}

static void tell_unread(struct list_reader *r, const char *line, size_t len)
{
    if (r->config.unread)
        r->config.unread(r->config.ctx, line, len);
}

/* One line by one format; `s` goes along. A name of no bytes is nothing to work with. */
static enum line_kind read_line(const struct list_format *f, struct list_state *s, struct entry *e,
                                const char *line, size_t len)
{
    if (entry_start(e, line, len, NULL) < 0)
        return LINE_BAD;
    enum line_kind kind = f->read(e, s);
    if (kind != LINE_ENTRY)
        return kind;
    if (!*e->name)
        return LINE_BAD;
    s->entries++;
    entry_mark_dots(e);
    return LINE_ENTRY;
}

/* Halves that were kept and never became an entry. */
static void tell_lost(struct list_reader *r, int64_t before)
{
    for (; before < r->state.lost; before++)
        tell_unread(r, "half an entry", strlen("half an entry"));
}

static int take_line(struct list_reader *r, const char *line, size_t len, struct err *err)
{
    int64_t lost = r->state.lost;
    enum line_kind kind =
        r->format ? read_line(r->format, &r->state, &r->entry, line, len) : LINE_BAD;
    tell_lost(r, lost);
    if (kind == LINE_BAD)
        tell_unread(r, line, len);
    return kind == LINE_ENTRY ? r->config.entry(r->config.ctx, &r->entry, err) : 0;
}

/* How well a format does with the lines held: entries count, those of the future half, since days
 * and years may be taken for each other; then heads, which tell an empty listing's format. */
static int64_t score(struct list_reader *r, const struct list_format *f)
{
    struct list_state s = state_for(r, f);
    const int64_t days = (int64_t) 2 * 86400;
    int64_t now = r->config.now, soon = now > INT64_MAX - days ? now : now + days;
    int64_t points = 0, heads = 0;
    const char *line = r->look;
    for (size_t i = 0; i < r->lines; i++, line += strlen(line) + 1) {
        enum line_kind kind = read_line(f, &s, &r->entry, line, strlen(line));
        if (kind == LINE_ENTRY)
            points += r->entry.mtime > soon ? 1 : 2;
        heads += kind == LINE_NONE;
    }
    return points * (LOOK_LINES + 1) + heads;
}

/* The format that reads most of the lines held; then they are read for good. */
static int settle(struct list_reader *r, struct err *err)
{
    int64_t best = 0;
    for (size_t i = 0; i < FORMATS; i++) {
        int64_t got = score(r, &formats[i]);
        if (got > best) {
            best = got;
            r->format = &formats[i];
        }
    }
    r->state = state_for(r, r->format);
    const char *line = r->look;
    size_t lines = r->lines;
    r->lines = r->held = 0;
    for (size_t i = 0; i < lines; i++, line += strlen(line) + 1) {
        if (take_line(r, line, strlen(line), err) < 0)
            return -1;
    }
    return 0;
}

int list_reader_line(struct list_reader *r, const char *line, size_t len, struct err *err)
{
    len = line_without_cr(line, len);
    if (line_is_blank(line, len))
        return 0;
    if (len >= LISTING_LINE_MAX || memchr(line, '\0', len)) {
        tell_unread(r, line, len);
        return 0;
    }
    if (r->format)
        return take_line(r, line, len, err);
    if (r->held + len + 1 > sizeof r->look && settle(r, err) < 0)
        return -1;
    if (r->format)
        return take_line(r, line, len, err);
    memcpy(r->look + r->held, line, len);
    r->held += len;
    r->look[r->held++] = '\0';
    return ++r->lines == LOOK_LINES ? settle(r, err) : 0;
}

int list_reader_end(struct list_reader *r, struct err *err)
{
    if (r->lines > 0 && settle(r, err) < 0)
        return -1;
    if (r->state.kept[0]) {
        r->state.kept[0] = '\0';
        tell_unread(r, "half an entry", strlen("half an entry"));
    }
    return 0;
}
