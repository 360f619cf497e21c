#include "bookmarks.h"

#include "base/authority.h"
#include "nearest.h"
#include "ownfile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct own_file file = {OWN_CONFIG, "bookmarks"};

void bookmarks_clear(struct bookmarks *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->list[i].target);
    free(b->list);
    *b = (struct bookmarks){0};
}

/* ---- texts ---- */

static bool is_name(const char *word, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char) word[i];
        if (c < 0x80 && !isalnum(c) && c != '-' && c != '_')
            return false;
    }
    return len > 0 && len < BOOKMARK_BYTES && word[0] != '-';
}

bool bookmark_is_name(const char *word)
{
    return is_name(word, strlen(word));
}

const char *bookmarks_find(const struct bookmarks *b, const char *name)
{
    for (size_t i = 0; i < b->n; i++) {
        if (strcmp(b->list[i].name, name) == 0)
            return b->list[i].target;
    }
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* A line without its end, taken apart. */
struct line {
    struct span name, target; /* both empty: a comment, or nothing */
};

static struct line split_line(const char *text, size_t len)
{
    struct line l = {{NULL, 0}, {NULL, 0}};
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    while (len > 0 && is_blank(*text)) {
        text++;
        len--;
    }
    if (len == 0 || *text == '#')
        return l;
    l.name.p = text;
    while (l.name.len < len && !is_blank(text[l.name.len]))
        l.name.len++;
    size_t at = l.name.len;
    while (at < len && is_blank(text[at]))
        at++;
    l.target = (struct span){text + at, len - at};
    return l;
}

/* The next line from *at on, or NULL; *len is without the end. */
static const char *next_line(const char *text, size_t size, size_t *at, size_t *len)
{
    if (*at >= size)
        return NULL;
    const char *line = text + *at, *end = memchr(line, '\n', size - *at);
    *len = end ? (size_t) (end - line) : size - *at;
    *at += *len + 1;
    return line;
}

static int check_target(const char *target, struct err *err)
{
    struct target t;
    int rc = target_parse(target, &t, err);
    if (rc == 0 && t.has_password)
        rc = err_set(err, ERR_USAGE,
                     "a password has no place here: use ~/.netrc or "
                     "--password-command");
    target_clear(&t);
    return rc;
}

static int make_room(struct bookmarks *b)
{
    if (b->n < b->room)
        return 0;
    size_t room = b->room ? 2 * b->room : 16;
    struct bookmark *list = realloc(b->list, room * sizeof *list);
    if (!list)
        return -1;
    b->list = list;
    b->room = room;
    return 0;
}

static int add_line(struct bookmarks *b, const struct line *l, struct err *err)
{
    if (!is_name(l->name.p, l->name.len))
        return err_set(err, ERR_USAGE, "'%.*s' is no name: letters, digits, '-' and '_'",
                       (int) (l->name.len < 80 ? l->name.len : 80), l->name.p);
    if (l->target.len == 0)
        return err_set(err, ERR_USAGE, "no target behind '%.*s'", (int) l->name.len, l->name.p);
    char *target = strndup(l->target.p, l->target.len);
    if (!target || make_room(b) < 0) {
        free(target);
        return err_set(err, ERR_LOCAL, "out of memory");
    }
    struct bookmark *new = &b->list[b->n];
    snprintf(new->name, sizeof new->name, "%.*s", (int) l->name.len, l->name.p);
    new->target = target;
    if (check_target(target, err) == 0 && !bookmarks_find(b, new->name)) {
        b->n++;
        return 0;
    }
    err_set(err, ERR_USAGE, "'%s' is there twice", new->name);
    free(target);
    return -1;
}

int bookmarks_parse(struct bookmarks *b, const char *text, size_t len, struct err *err)
{
    size_t at = 0, n;
    const char *line;
    for (int number = 1; (line = next_line(text, len, &at, &n)); number++) {
        struct line l = split_line(line, n);
        if (l.name.len > 0 && add_line(b, &l, err) < 0)
            return err_wrap(err, "line %d", number);
    }
    return 0;
}

static int put_line(struct buf *text, const char *line, size_t len, struct err *err)
{
    return buf_put(text, line, len, err) < 0 ? -1 : buf_put(text, "\n", 1, err);
}

static int put_bookmark(struct buf *text, const char *name, const char *target, struct err *err)
{
    char line[BOOKMARK_BYTES + 2 + TARGET_TEXT_BYTES];
    int n = snprintf(line, sizeof line, "%s  %s", name, target);
    return put_line(text, line, (size_t) n, err);
}

static bool is_of(const struct line *l, const char *name)
{
    return l->name.len == strlen(name) && memcmp(l->name.p, name, l->name.len) == 0;
}

int bookmarks_rewrite(const struct buf *before, const char *name, const char *target,
                      struct buf *after, struct err *err)
{
    size_t at = 0, n;
    bool placed = target == NULL, changed = target != NULL;
    const char *line;
    while ((line = next_line((const char *) buf_data(before), buf_len(before), &at, &n))) {
        struct line l = split_line(line, n);
        if (l.name.len == 0 || !is_of(&l, name)) {
            if (put_line(after, line, n, err) < 0)
                return -1;
            continue;
        }
        if (!placed && put_bookmark(after, name, target, err) < 0)
            return -1;
        placed = changed = true;
    }
    if (!placed && put_bookmark(after, name, target, err) < 0)
        return -1;
    return changed;
}

/* ---- the file ---- */

const char *bookmarks_path(char *dst, size_t size)
{
    return own_path(&file, dst, size);
}

static int parse_text(struct bookmarks *b, const struct buf *text, struct err *err)
{
    char path[OWN_PATH_BYTES];
    if (buf_len(text) == 0 ||
        bookmarks_parse(b, (const char *) buf_data(text), buf_len(text), err) == 0)
        return 0;
    return err_wrap(err, "%s", bookmarks_path(path, sizeof path));
}

int bookmarks_load(struct bookmarks *out, struct err *err)
{
    struct buf text;
    *out = (struct bookmarks){0};
    int rc = own_load(&file, &text, err);
    if (rc == 0)
        rc = parse_text(out, &text, err);
    buf_clear(&text);
    return rc;
}

int bookmarks_text(struct buf *text, struct err *err)
{
    return own_load(&file, text, err);
}

static int check_text(const struct buf *text, struct err *err)
{
    struct bookmarks b = {0};
    int rc = parse_text(&b, text, err);
    bookmarks_clear(&b);
    return rc;
}

struct change {
    const char *name, *target;
    bool changed;
};

static int change_text(void *ctx, const struct buf *before, struct buf *after, struct err *err)
{
    struct change *c = ctx;
    if (check_text(before, err) < 0)
        return -1;
    int rc = bookmarks_rewrite(before, c->name, c->target, after, err);
    c->changed = rc > 0;
    return rc;
}

int bookmarks_change(const char *name, const char *target, struct err *err)
{
    struct change c = {name, target, false};
    if (target && check_target(target, err) < 0)
        return -1;
    return own_change(&file, change_text, &c, err) < 0 ? -1 : c.changed;
}

struct replacement {
    const struct buf *before, *after;
};

static int replace_text(void *ctx, const struct buf *before, struct buf *after, struct err *err)
{
    const struct replacement *r = ctx;
    size_t len = buf_len(before);
    if (len != buf_len(r->before) ||
        (len && memcmp(buf_data(before), buf_data(r->before), len) != 0))
        return err_set(err, ERR_LOCAL, "the bookmarks were changed by another meanwhile");
    return buf_put(after, buf_data(r->after), buf_len(r->after), err) < 0 ? -1 : 1;
}

int bookmarks_replace(const struct buf *before, const struct buf *after, struct err *err)
{
    struct replacement r = {before, after};
    struct bookmarks b = {0};
    int rc = buf_len(after) == 0
                 ? 0
                 : bookmarks_parse(&b, (const char *) buf_data(after), buf_len(after), err);
    bookmarks_clear(&b);
    return rc < 0 ? -1 : own_change(&file, replace_text, &r, err);
}

void bookmark_hint(const struct target *t, struct err *err)
{
    char hint[BOOKMARK_BYTES + 48];
    struct bookmarks b = {0};
    struct err was = *err;
    struct nearest near = {.word = t->host};
    if (was.code != ERR_RESOLVE || !bookmark_is_name(t->host) || t->bookmark[0])
        return;
    if (bookmarks_load(&b, NULL) == 0) {
        for (size_t i = 0; i < b.n; i++)
            nearest_offer(&near, b.list[i].name);
        err_clear(err);
        err_set(err, was.code, "%s%s", was.msg, nearest_hint(&near, "", hint, sizeof hint));
        err->sys = was.sys;
    }
    bookmarks_clear(&b);
}

int bookmark_target(const char *text, struct target *out, struct err *err)
{
    struct bookmarks b = {0};
    memset(out, 0, sizeof *out);
    if (!bookmark_is_name(text))
        return target_parse(text, out, err);
    int rc = bookmarks_load(&b, err);
    const char *target = rc == 0 ? bookmarks_find(&b, text) : NULL;
    if (rc == 0)
        rc = target_parse(target ? target : text, out, err);
    if (rc == 0 && target)
        snprintf(out->bookmark, sizeof out->bookmark, "%s", text);
    bookmarks_clear(&b);
    return rc;
}
