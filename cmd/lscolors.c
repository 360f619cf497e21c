#include "lscolors.h"

#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 1024 };

/* What ls(1) colours when nobody says how. */
static const char built_in[] = "di=01;34:ln=01;36:ex=01;32:pi=33:st=37;44:ow=34;42:tw=30;42";

struct rule {
    const char *key, *code; /* "di", or "*.tar" */
};

struct lscolors {
    char *text;
    size_t n;
    struct rule rules[RULES_MAX];
};

/* Nothing else may reach the terminal. */
static bool is_code(const char *text)
{
    return strspn(text, "0123456789;") == strlen(text);
}

static void add_rule(struct lscolors *c, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals || equals == text || c->n == RULES_MAX)
        return;
    *equals = '\0';
    if (is_code(equals + 1))
        c->rules[c->n++] = (struct rule){text, equals + 1};
}

struct lscolors *lscolors_new(const char *text)
{
    struct lscolors *c = calloc(1, sizeof *c);
    if (c)
        c->text = strdup(text && *text ? text : built_in);
    if (!c || !c->text) {
        free(c);
        return NULL;
    }
    for (char *p = c->text; *p;) {
        size_t len = strcspn(p, ":");
        char *next = p + len + (p[len] == ':');
        p[len] = '\0';
        add_rule(c, p);
        p = next;
    }
    return c;
}

void lscolors_free(struct lscolors *c)
{
    if (c)
        free(c->text);
    free(c);
}

/* The last rule for a key; NULL where it says that there is no colour, too. */
static const char *by_key(const struct lscolors *c, const char *key)
{
    for (size_t i = c->n; i-- > 0;) {
        if (strcmp(c->rules[i].key, key) == 0) {
            const char *code = c->rules[i].code;
            return strspn(code, "0") == strlen(code) ? NULL : code;
        }
    }
    return NULL;
}

static const char *by_ending(const struct lscolors *c, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = c->n; i-- > 0;) {
        const char *key = c->rules[i].key;
        size_t n = strlen(key) - 1;
        if (key[0] == '*' && n <= len && strcmp(name + len - n, key + 1) == 0)
            return c->rules[i].code;
    }
    return NULL;
}

static const char *of_folder(const struct lscolors *c, unsigned mode)
{
    const char *code = NULL;
    if ((mode & 01002) == 01002)
        code = by_key(c, "tw");
    else if (mode & 02)
        code = by_key(c, "ow");
    else if (mode & 01000)
        code = by_key(c, "st");
    return code ? code : by_key(c, "di");
}

static const char *of_file(const struct lscolors *c, const char *name, unsigned mode)
{
    const char *code = NULL;
    if (mode & 04000)
        code = by_key(c, "su");
    else if (mode & 02000)
        code = by_key(c, "sg");
    if (!code && mode & 0111)
        code = by_key(c, "ex");
    if (!code)
        code = by_ending(c, name);
    return code ? code : by_key(c, "fi");
}

const char *lscolors_of(const struct lscolors *c, const struct item *item)
{
    unsigned mode = item->mode == LISTING_UNKNOWN ? 0 : (unsigned) item->mode;
    switch (item->type) {
    case ENTRY_DIR:
        return of_folder(c, mode);
    case ENTRY_FILE:
        return of_file(c, item->name, mode);
    case ENTRY_LINK:
        return by_key(c, "ln");
    case ENTRY_OTHER:
        break;
    }
    return NULL;
}

bool lscolors_wanted(const char *choice, bool at_terminal, const char *no_color, const char *term)
{
    if (choice && strcmp(choice, "auto") != 0)
        return strcmp(choice, "always") == 0;
    if (no_color && *no_color)
        return false;
    return at_terminal && !(term && strcmp(term, "dumb") == 0);
}
