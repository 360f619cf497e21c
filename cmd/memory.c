#include "memory.h"

#include "ownfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- entries ---- */

void memory_clear(struct memory *m)
{
    free(m->list);
    *m = (struct memory){NULL, 0};
}

/* A word without blanks and control bytes: what a field may hold. */
static bool is_word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char) text[i];
        if (c <= ' ' || c == 0x7f)
            return false;
    }
    return len > 0;
}

static bool copy_word(const char *text, size_t len, char *dst, size_t size)
{
    if (len >= size || !is_word(text, len))
        return false;
    memcpy(dst, text, len);
    dst[len] = '\0';
    return true;
}

static void lower_word(char *word)
{
    for (; *word; word++) {
        if (*word >= 'A' && *word <= 'Z')
            *word = (char) (*word - 'A' + 'a');
    }
}

static bool parse_port(const char *text, uint16_t *port)
{
    size_t digits = strspn(text, "0123456789");
    long n = digits < 6 ? strtol(text, NULL, 10) : 0;
    if (text[digits] || n < 1 || n > UINT16_MAX)
        return false;
    *port = (uint16_t) n;
    return true;
}

/* "2025-01-31T12:34:56Z", the one shape that is written. */
static bool is_time(const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    unsigned month, day, hour, minute, second;
    for (size_t i = 0; i < sizeof shape; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i])
            return false;
    }
    /* NOLINTNEXTLINE(cert-err34-c): the shape was checked */
    sscanf(text + 4, "-%2u-%2uT%2u:%2u:%2u", &month, &day, &hour, &minute, &second);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 &&
           second <= 60;
}

bool memory_parse_line(const char *line, size_t len, struct memory_entry *out)
{
    enum { HOST, PORT, NETWORK, STRATEGY, WHEN, FIELDS };
    char port[8] = "", strategy[32];
    struct {
        char *dst;
        size_t size;
    } fields[FIELDS] = {
        [HOST] = {out->host, sizeof out->host}, [PORT] = {port, sizeof port},
        [NETWORK] = {out->network, ADDR_TEXT},  [STRATEGY] = {strategy, sizeof strategy},
        [WHEN] = {out->when, sizeof out->when},
    };
    const char *end = line + len;
    for (size_t i = 0; i < FIELDS; i++) {
        const char *tab = memchr(line, '\t', (size_t) (end - line));
        const char *stop = i + 1 < FIELDS ? tab : end;
        if (!stop || !copy_word(line, (size_t) (stop - line), fields[i].dst, fields[i].size))
            return false;
        line = stop + 1;
    }
    lower_word(out->host);
    return parse_port(port, &out->port) && is_time(out->when) &&
           strategy_by_name(strategy, &out->strategy);
}

size_t memory_format_line(const struct memory_entry *e, char *dst, size_t size)
{
    if (!is_word(e->host, strlen(e->host)) || !is_word(e->network, strlen(e->network)))
        return 0;
    int n = snprintf(dst, size, "%s\t%u\t%s\t%s\t%s\n", e->host, (unsigned) e->port, e->network,
                     strategy_name(e->strategy), e->when);
    return n > 0 && (size_t) n < size ? (size_t) n : 0;
}

int memory_parse(struct memory *m, const char *text, size_t len, struct err *err)
{
    const char *end = text + len;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t) (end - text));
        const char *stop = newline ? newline : end;
        struct memory_entry e;
        if (memory_parse_line(text, (size_t) (stop - text), &e) && memory_put(m, &e, err) < 0)
            return -1;
        text = stop + 1;
    }
    return 0;
}

struct memory_entry *memory_find(const struct memory *m, const char *host, uint16_t port,
                                 const char *network)
{
    for (size_t i = 0; i < m->n; i++) {
        struct memory_entry *e = &m->list[i];
        if (e->port == port && strcasecmp(e->host, host) == 0 && strcmp(e->network, network) == 0)
            return e;
    }
    return NULL;
}

const struct memory_entry *memory_youngest(const struct memory *m, const char *host, uint16_t port)
{
    const struct memory_entry *best = NULL;
    for (size_t i = 0; i < m->n; i++) {
        const struct memory_entry *e = &m->list[i];
        if (e->port == port && strcasecmp(e->host, host) == 0 &&
            (!best || strcmp(e->when, best->when) > 0))
            best = e;
    }
    return best;
}

void memory_remove(struct memory *m, struct memory_entry *e)
{
    size_t behind = m->n - (size_t) (e - m->list) - 1;
    memmove(e, e + 1, behind * sizeof *e);
    m->n--;
}

static void remove_oldest(struct memory *m)
{
    struct memory_entry *oldest = m->list;
    for (size_t i = 1; i < m->n; i++) {
        if (strcmp(m->list[i].when, oldest->when) < 0)
            oldest = &m->list[i];
    }
    memory_remove(m, oldest);
}

int memory_put(struct memory *m, const struct memory_entry *e, struct err *err)
{
    struct memory_entry *place = memory_find(m, e->host, e->port, e->network);
    if (!place) {
        if (!m->list)
            m->list = calloc(MEMORY_ENTRIES_MAX, sizeof *m->list);
        if (!m->list)
            return err_set(err, ERR_LOCAL, "out of memory");
        if (m->n == MEMORY_ENTRIES_MAX)
            remove_oldest(m);
        place = &m->list[m->n++];
    }
    *place = *e;
    lower_word(place->host);
    return 0;
}

size_t memory_forget(struct memory *m, const char *host)
{
    size_t before = m->n, kept = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (strcmp(host, "*") != 0 && strcasecmp(m->list[i].host, host) != 0)
            m->list[kept++] = m->list[i];
    }
    m->n = kept;
    return before - kept;
}

/* ---- the file ---- */

static const struct own_file file = {OWN_STATE, "memory"};

const char *memory_path(char *dst, size_t size)
{
    return own_path(&file, dst, size);
}

static int parse_text(struct memory *m, const struct buf *text, struct err *err)
{
    size_t len = buf_len(text);
    return len > 0 ? memory_parse(m, (const char *) buf_data(text), len, err) : 0;
}

int memory_load(struct memory *out, struct err *err)
{
    struct buf text;
    *out = (struct memory){NULL, 0};
    int rc = own_load(&file, &text, err);
    if (rc == 0)
        rc = parse_text(out, &text, err);
    buf_clear(&text);
    return rc;
}

struct changing {
    bool (*change)(struct memory *m, void *ctx);
    void *ctx;
};

static int put_lines(const struct memory *m, struct buf *text, struct err *err)
{
    char line[MEMORY_LINE_BYTES];
    for (size_t i = 0; i < m->n; i++) {
        if (buf_put(text, line, memory_format_line(&m->list[i], line, sizeof line), err) < 0)
            return -1;
    }
    return 1;
}

static int change_text(void *ctx, const struct buf *before, struct buf *after, struct err *err)
{
    const struct changing *c = ctx;
    struct memory m = {NULL, 0};
    int rc = parse_text(&m, before, err);
    if (rc == 0 && c->change(&m, c->ctx))
        rc = put_lines(&m, after, err);
    memory_clear(&m);
    return rc;
}

int memory_change(bool (*change)(struct memory *m, void *ctx), void *ctx, struct err *err)
{
    struct changing c = {change, ctx};
    return own_change(&file, change_text, &c, err);
}
