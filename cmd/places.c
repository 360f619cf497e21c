#include "places.h"

#include "ownfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct own_file file = {OWN_STATE, "places"};

void places_clear(struct places *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->list[i].target);
    *p = (struct places){.n = 0};
}

/* ---- texts ---- */

/* Nothing of a hostile file reaches a terminal or a server unread. */
static bool is_target(const char *text)
{
    struct target t;
    bool good = target_parse(text, &t, NULL) == 0 && !t.has_password;
    target_clear(&t);
    return good;
}

static int add(struct places *p, const char *line, size_t len, struct err *err)
{
    const size_t at = PLACE_TIME_BYTES; /* with the tab in the NUL's place */
    if (p->n == PLACES_MAX || len <= at || line[at - 1] != '\t' || line[at - 2] != 'Z')
        return 0;
    char *target = strndup(line + at, len - at);
    if (!target)
        return err_set(err, ERR_LOCAL, "out of memory");
    if (strspn(line, "0123456789-:TZ") != at - 1 || !is_target(target)) {
        free(target);
        return 0;
    }
    struct place *new = &p->list[p->n++];
    memcpy(new->when, line, at - 1);
    new->when[at - 1] = '\0';
    new->target = target;
    return 0;
}

int places_parse(struct places *p, const char *text, size_t len, struct err *err)
{
    const char *end = text + len;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t) (end - text));
        const char *stop = newline ? newline : end;
        if (add(p, text, (size_t) (stop - text), err) < 0)
            return -1;
        text = stop + 1;
    }
    return 0;
}

static void drop(struct places *p, size_t i)
{
    free(p->list[i].target);
    memmove(&p->list[i], &p->list[i + 1], (p->n - i - 1) * sizeof *p->list);
    p->n--;
}

int places_put(struct places *p, const char *target, const char *when, struct err *err)
{
    char *copy = strdup(target);
    if (!copy)
        return err_set(err, ERR_LOCAL, "out of memory");
    for (size_t i = p->n; i-- > 0;) {
        if (strcmp(p->list[i].target, target) == 0)
            drop(p, i);
    }
    if (p->n == PLACES_MAX)
        drop(p, p->n - 1);
    memmove(&p->list[1], &p->list[0], p->n * sizeof *p->list);
    p->list[0].target = copy;
    snprintf(p->list[0].when, sizeof p->list[0].when, "%s", when);
    p->n++;
    return 0;
}

int places_write(const struct places *p, struct buf *text, struct err *err)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct place *one = &p->list[i];
        if (buf_put(text, one->when, strlen(one->when), err) < 0 ||
            buf_put(text, "\t", 1, err) < 0 ||
            buf_put(text, one->target, strlen(one->target), err) < 0 ||
            buf_put(text, "\n", 1, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- the file ---- */

static int parse_text(struct places *p, const struct buf *text, struct err *err)
{
    size_t len = buf_len(text);
    return len > 0 ? places_parse(p, (const char *) buf_data(text), len, err) : 0;
}

int places_load(struct places *out, struct err *err)
{
    struct buf text;
    *out = (struct places){.n = 0};
    int rc = own_load(&file, &text, err);
    if (rc == 0)
        rc = parse_text(out, &text, err);
    buf_clear(&text);
    return rc;
}

static int put_now(void *ctx, const struct buf *before, struct buf *after, struct err *err)
{
    const char *target = ctx;
    struct places p = {.n = 0};
    char when[PLACE_TIME_BYTES];
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
    int rc = parse_text(&p, before, err);
    if (rc == 0)
        rc = places_put(&p, target, when, err);
    if (rc == 0)
        rc = places_write(&p, after, err) < 0 ? -1 : 1;
    places_clear(&p);
    return rc;
}

int places_note(const struct target *t, struct err *err)
{
    char text[TARGET_TEXT_BYTES];
    target_format(t, text);
    return own_change(&file, put_now, text, err);
}
