#include "history.h"

#include "base/escape.h"
#include "ownfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

void history_clear(struct history_list *h)
{
    for (size_t i = 0; i < h->n; i++)
        free(h->lines[i]);
    free(h->lines);
    *h = (struct history_list){.max = h->max};
}

static void take_away(struct history_list *h, size_t i)
{
    if (i + h->unsaved >= h->n)
        h->unsaved--;
    h->bytes -= strlen(h->lines[i]) + 1;
    free(h->lines[i]);
    h->n--;
    memmove(h->lines + i, h->lines + i + 1, (h->n - i) * sizeof *h->lines);
}

static void take_same_away(struct history_list *h, const char *line)
{
    for (size_t i = h->n; i > 0; i--) {
        if (strcmp(h->lines[i - 1], line) == 0) {
            take_away(h, i - 1);
            return;
        }
    }
}

int history_add(struct history_list *h, const char *line, struct err *err)
{
    size_t bytes = strlen(line) + 1;
    if (h->max == 0 || bytes > HISTORY_BYTES_MAX)
        return 0;
    take_same_away(h, line);
    while (h->n > 0 && (h->n >= h->max || h->bytes + bytes > HISTORY_BYTES_MAX))
        take_away(h, 0);
    char **lines = realloc(h->lines, (h->n + 1) * sizeof *lines);
    if (lines)
        h->lines = lines;
    char *copy = lines ? strdup(line) : NULL;
    if (!copy)
        return err_set(err, ERR_LOCAL, "out of memory");
    h->lines[h->n++] = copy;
    h->unsaved++;
    h->bytes += bytes;
    return 0;
}

static bool is_text(const char *line, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        n = utf8_char(line + i, len - i);
        if (n == 0 || !line[i])
            return false;
    }
    return len > 0;
}

int history_parse(struct history_list *h, const char *text, size_t len, struct err *err)
{
    const char *end = text + len;
    int rc = 0;
    while (rc == 0 && text < end) {
        const char *newline = memchr(text, '\n', (size_t) (end - text));
        size_t n = (size_t) ((newline ? newline : end) - text);
        char *line = is_text(text, n) ? strndup(text, n) : NULL;
        if (line)
            rc = history_add(h, line, err);
        free(line);
        text += n + 1;
    }
    return rc;
}

int history_format(const struct history_list *h, struct buf *text, struct err *err)
{
    for (size_t i = 0; i < h->n; i++) {
        const char *line = h->lines[i];
        if (buf_put(text, line, strlen(line), err) < 0 || buf_put(text, "\n", 1, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- what is kept ---- */

/* Of a command, as far as its secrets go: rather too many are seen than too few. */
struct gist {
    char first[32], second[64]; /* words, cut */
    size_t words;
    bool alias;    /* the value of one that is no line to be kept */
    bool login;    /* "user:password@" in a word, or "password=" */
    bool password; /* a word that stands before a password where commands go to the server as are */
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

/* The next word without its quotes, in small letters, cut; its end is a blank or a separator. False
 * at the end of the command. */
static bool next_word(const char **line, char *dst, size_t size)
{
    const char *p = *line + strspn(*line, " \t");
    size_t len = 0;
    char quote = 0;
    *line = p;
    if (!*p || strchr(";|&", *p))
        return false;
    for (; *p && (quote || !strchr(" \t;|&", *p)); p++) {
        if (quote ? *p == quote : *p == '\'' || *p == '"') {
            quote = quote ? 0 : *p;
            continue;
        }
        if (*p == '\\' && quote != '\'' && p[1])
            p++;
        if (len + 1 < size)
            dst[len++] = lower(*p);
    }
    dst[len] = '\0';
    *line = p;
    return true;
}

static bool has_login(const char *word)
{
    const char *scheme = strstr(word, "://");
    const char *colon = strchr(scheme ? scheme + 3 : word, ':');
    return (colon && strchr(colon, '@')) || strstr(word, "password=");
}

static bool announces_password(const char *word)
{
    return strcmp(word, "pass") == 0 || strcmp(word, "acct") == 0 ||
           strncmp(word, "pass ", 5) == 0 || strncmp(word, "acct ", 5) == 0 ||
           strstr(word, "passw") || strstr(word, "pswd");
}

static void read_gist(const char **line, struct gist *g)
{
    char word[1024];
    *g = (struct gist){.words = 0};
    while (next_word(line, word, sizeof word)) {
        const char *name = g->words == 0 && word[0] == '-' ? word + 1 : word;
        if (!*name)
            continue; /* "- command" */
        if (g->words == 0)
            snprintf(g->first, sizeof g->first, "%.31s", name);
        if (g->words == 2 && strcmp(g->first, "alias") == 0)
            g->alias = !history_wants(word);
        if (g->words == 1)
            snprintf(g->second, sizeof g->second, "%.63s", name);
        g->words++;
        g->login = g->login || has_login(word);
        g->password = g->password || announces_password(word);
    }
}

/* A variable by such a name, not an option that says where a password is. */
static bool names_secret(const char *name)
{
    bool elsewhere = strcmp(name, "password-command") == 0 || strcmp(name, "password-file") == 0 ||
                     strcmp(name, "password-fd") == 0;
    return !elsewhere && (strstr(name, "pass") || strstr(name, "secret") || strstr(name, "token") ||
                          strcmp(name, "pw") == 0);
}

static bool has_secret(const struct gist *g)
{
    if (g->login || g->alias)
        return true;
    if (strcmp(g->first, "user") == 0)
        return g->words > 2; /* as ftp(1) takes it */
    if (strcmp(g->first, "quote") == 0 || strcmp(g->first, "site") == 0)
        return g->password;
    return strcmp(g->first, "set") == 0 && g->words > 2 && names_secret(g->second);
}

bool history_wants(const char *line)
{
    struct gist g;
    if (!*line || strchr(" \t\r\n", *line))
        return false;
    for (const char *p = line; *p; p += *p != '\0') {
        read_gist(&p, &g);
        if (has_secret(&g))
            return false;
    }
    return true;
}

/* ---- the file ---- */

static const struct own_file history_file = {OWN_STATE, "history"};

int history_load(struct history_list *h, struct err *err)
{
    struct buf text;
    int rc = own_load(&history_file, &text, err);
    if (rc == 0 && buf_len(&text) > 0)
        rc = history_parse(h, (const char *) buf_data(&text), buf_len(&text), err);
    buf_clear(&text);
    h->unsaved = 0;
    return rc;
}

static int merge(void *ctx, const struct buf *before, struct buf *after, struct err *err)
{
    const struct history_list *ours = ctx;
    struct history_list all = {.max = ours->max};
    int rc = 0;
    if (buf_len(before) > 0)
        rc = history_parse(&all, (const char *) buf_data(before), buf_len(before), err);
    for (size_t i = ours->n - ours->unsaved; rc == 0 && i < ours->n; i++)
        rc = history_add(&all, ours->lines[i], err);
    if (rc == 0)
        rc = history_format(&all, after, err);
    history_clear(&all);
    return rc < 0 ? -1 : 1;
}

int history_save(struct history_list *h, struct err *err)
{
    if (h->unsaved == 0)
        return 0;
    if (own_change(&history_file, merge, h, err) < 0)
        return -1;
    h->unsaved = 0;
    return 0;
}

static int empty(void *ctx, const struct buf *before, struct buf *after, struct err *err)
{
    (void) ctx;
    (void) after;
    (void) err;
    return buf_len(before) > 0;
}

int history_forget(struct history_list *h, struct err *err)
{
    history_clear(h);
    return own_change(&history_file, empty, NULL, err);
}
