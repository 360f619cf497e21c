#include "show.h"

#include "base/escape.h"
#include "jsonout.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HALF_YEAR = 31556952 / 2 }; /* seconds, as ls(1) has it */

char *show_text(const char *text, bool at_terminal)
{
    if (!at_terminal)
        return strdup(text);
    size_t len = strlen(text), size = 4 * len + 1;
    char *dst = malloc(size);
    if (dst)
        escape_text(dst, size, text, len);
    return dst;
}

static void mark_special(char *place, bool set, char lower)
{
    if (set)
        *place = *place == 'x' ? lower : (char) (lower - 'a' + 'A');
}

void show_mode(const struct item *item, char dst[SHOW_MODE_BYTES])
{
    static const char types[] = {'-', 'd', 'l', '?'}, bits[] = "rwxrwxrwx";
    bool known = item->mode != LISTING_UNKNOWN;
    unsigned mode = known ? (unsigned) item->mode : 0;
    dst[0] = types[item->type];
    for (int i = 0; i < 9; i++)
        dst[1 + i] = !known ? '?' : mode >> (8 - i) & 1 ? bits[i] : '-';
    mark_special(dst + 3, mode & 04000, 's');
    mark_special(dst + 6, mode & 02000, 's');
    mark_special(dst + 9, mode & 01000, 't');
    dst[10] = '\0';
}

void show_time(int64_t mtime, int64_t now, char *dst, size_t size)
{
    struct tm tm;
    time_t t = (time_t) mtime;
    bool recent = mtime <= now && now - mtime < HALF_YEAR;
    if (mtime == LISTING_UNKNOWN || !localtime_r(&t, &tm) ||
        strftime(dst, size, recent ? "%b %e %H:%M" : "%b %e  %Y", &tm) == 0)
        snprintf(dst, size, "?");
}

void show_moment(int64_t moment, bool exact, char dst[SHOW_MOMENT_BYTES])
{
    struct tm tm;
    time_t t = (time_t) moment;
    if (moment == LISTING_UNKNOWN || !localtime_r(&t, &tm) ||
        strftime(dst, SHOW_MOMENT_BYTES, exact ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M", &tm) == 0)
        snprintf(dst, SHOW_MOMENT_BYTES, "?");
}

static void show_human(int64_t size, char *dst, size_t room)
{
    static const char units[] = " KMGTPE";
    int64_t unit = 1;
    int i = 0;
    for (; i < 6 && size / unit >= 1024; i++)
        unit *= 1024;
    uint64_t rest = (uint64_t) (size % unit) * 10;
    int64_t tenths = size / unit * 10 + (int64_t) ((rest + (uint64_t) unit - 1) / (uint64_t) unit);
    if (i == 0)
        snprintf(dst, room, "%lld", (long long) size);
    else if (tenths < 100)
        snprintf(dst, room, "%d.%d%c", (int) (tenths / 10), (int) (tenths % 10), units[i]);
    else if (tenths <= 10230 || i == 6)
        snprintf(dst, room, "%lld%c", (long long) ((tenths + 9) / 10), units[i]);
    else
        snprintf(dst, room, "1.0%c", units[i + 1]);
}

void show_size(int64_t size, bool human, char *dst, size_t room)
{
    if (size == LISTING_UNKNOWN)
        snprintf(dst, room, "?");
    else if (human)
        show_human(size, dst, room);
    else
        snprintf(dst, room, "%lld", (long long) size);
}

static void set_or_drop(json_t *o, const char *key, const char *text)
{
    if (*text)
        json_object_set_new(o, key, json_text(text));
}

json_t *show_json(const struct item *item, const char *path)
{
    char text[32];
    struct tm tm;
    time_t t = (time_t) item->mtime;
    json_t *o =
        json_pack("{s:o, s:s}", "name", json_text(item->name), "type", entry_type_name(item->type));
    if (!o)
        return NULL;
    if (path)
        json_object_set_new(o, "path", json_text(path));
    if (item->size != LISTING_UNKNOWN)
        json_object_set_new(o, "size", json_integer(item->size));
    if (item->mtime != LISTING_UNKNOWN && gmtime_r(&t, &tm)) {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
        json_object_set_new(o, "mtime", json_string(text));
    }
    if (item->mode != LISTING_UNKNOWN) {
        snprintf(text, sizeof text, "%04o", (unsigned) item->mode);
        json_object_set_new(o, "mode", json_string(text));
    }
    set_or_drop(o, "owner", item->owner);
    set_or_drop(o, "group", item->group);
    set_or_drop(o, "target", item->target);
    return o;
}
