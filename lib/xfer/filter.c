#include "xfer/filter.h"

#include "base/glob.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { FILTER_RULES_MAX = 10000, FILTER_LINE_MAX = 4096 };

struct rule {
    enum filter_verb verb;
    bool folders, anchored, is_regex;
    char *glob; /* without slashes at its ends */
    regex_t regex;
};

struct filter {
    struct rule *rules;
    size_t n, room;
};

struct filter *filter_new(struct err *err)
{
    struct filter *f = calloc(1, sizeof *f);
    if (!f)
        err_set(err, ERR_LOCAL, "out of memory");
    return f;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++) {
        free(f->rules[i].glob);
        if (f->rules[i].is_regex)
            regfree(&f->rules[i].regex);
    }
    free(f->rules);
    free(f);
}

/* ---- rules ---- */

static struct rule *rule_new(struct filter *f, enum filter_verb verb, struct err *err)
{
    if (f->n == FILTER_RULES_MAX) {
        err_set(err, ERR_USAGE, "there are more than %d rules", FILTER_RULES_MAX);
        return NULL;
    }
    if (f->n == f->room) {
        size_t room = 2 * f->room + 8;
        struct rule *rules = realloc(f->rules, room * sizeof *rules);
        if (!rules) {
            err_set(err, ERR_LOCAL, "out of memory");
            return NULL;
        }
        f->rules = rules;
        f->room = room;
    }
    f->rules[f->n] = (struct rule){.verb = verb};
    return &f->rules[f->n];
}

int filter_add_glob(struct filter *f, enum filter_verb verb, const char *pattern, struct err *err)
{
    size_t len = strlen(pattern);
    struct rule *r = rule_new(f, verb, err);
    if (!r)
        return -1;
    r->folders = len > 0 && pattern[len - 1] == '/';
    while (len > 0 && pattern[len - 1] == '/')
        len--;
    r->anchored = memchr(pattern, '/', len) != NULL;
    for (; len > 0 && *pattern == '/'; len--)
        pattern++;
    if (len == 0)
        return err_set(err, ERR_USAGE, "the pattern is empty");
    if (len >= FILTER_LINE_MAX)
        return err_set(err, ERR_USAGE, "the pattern is longer than %d bytes", FILTER_LINE_MAX - 1);
    r->glob = strndup(pattern, len);
    if (!r->glob)
        return err_set(err, ERR_LOCAL, "out of memory");
    f->n++;
    return 0;
}

int filter_add_regex(struct filter *f, enum filter_verb verb, const char *regex, struct err *err)
{
    char why[128];
    struct rule *r = rule_new(f, verb, err);
    if (!r)
        return -1;
    if (!*regex)
        return err_set(err, ERR_USAGE, "the regular expression is empty");
    int rc = regcomp(&r->regex, regex, REG_EXTENDED | REG_NOSUB);
    if (rc != 0) {
        regerror(rc, &r->regex, why, sizeof why);
        return err_set(err, ERR_USAGE, "'%s' is no regular expression: %s", regex, why);
    }
    r->is_regex = true;
    f->n++;
    return 0;
}

/* Cuts the spaces at the end, but for one that a backslash quotes (and then the backslash). */
static size_t line_trim(char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t')) {
        size_t slashes = 0;
        while (slashes + 1 < len && line[len - 2 - slashes] == '\\')
            slashes++;
        if (slashes % 2 == 1) {
            line[len - 2] = line[len - 1];
            len--;
            break;
        }
        len--;
    }
    line[len] = '\0';
    return len;
}

static int add_line(struct filter *f, const char *text, size_t len, struct err *err)
{
    char line[FILTER_LINE_MAX];
    enum filter_verb verb = FILTER_EXCLUDE;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    if (len >= sizeof line)
        return err_set(err, ERR_USAGE, "it is longer than %d bytes", FILTER_LINE_MAX - 1);
    if (memchr(text, '\0', len))
        return err_set(err, ERR_USAGE, "it holds a NUL byte");
    memcpy(line, text, len);
    const char *pattern = line;
    if (line_trim(line, len) == 0 || *pattern == '#')
        return 0;
    if (*pattern == '!') {
        verb = FILTER_INCLUDE;
        pattern++;
    } else if (pattern[0] == '\\' && (pattern[1] == '#' || pattern[1] == '!')) {
        pattern++;
    }
    return filter_add_glob(f, verb, pattern, err);
}

int filter_add_lines(struct filter *f, const char *text, size_t len, struct err *err)
{
    const char *end = text + len;
    for (int number = 1; text < end; number++) {
        const char *stop = memchr(text, '\n', (size_t) (end - text));
        stop = stop ? stop : end;
        if (add_line(f, text, (size_t) (stop - text), err) < 0)
            return err_wrap(err, "line %d", number);
        text = stop + 1;
    }
    return 0;
}

/* ---- matching ---- */

/* A path component by component. */
struct component {
    const char *at;
    size_t len;
};

static struct component component_first(const char *path)
{
    return (struct component){path, strcspn(path, "/")};
}

static struct component component_next(struct component c)
{
    const char *rest = c.at + c.len;
    return component_first(*rest ? rest + 1 : rest);
}

static bool is_any_depth(struct component c)
{
    return c.len == 2 && c.at[0] == '*' && c.at[1] == '*';
}

static bool component_match(struct component pattern, struct component name)
{
    char p[FILTER_LINE_MAX], n[FILTER_LINE_MAX];
    if (pattern.len >= sizeof p || name.len >= sizeof n)
        return false;
    memcpy(p, pattern.at, pattern.len);
    p[pattern.len] = '\0';
    memcpy(n, name.at, name.len);
    n[name.len] = '\0';
    return glob_match(p, n, GLOB_HIDDEN);
}

/* Where a component does not match, only the last "**" before it can make up for it, by taking one
 * component more. */
static bool path_match(const char *glob, const char *path)
{
    struct component p = component_first(glob), n = component_first(path);
    struct component again = {NULL, 0}, from = n;
    while (n.len > 0) {
        if (is_any_depth(p)) {
            again = component_next(p);
            if (again.len == 0)
                return true;
            p = again;
            from = n;
        } else if (p.len > 0 && component_match(p, n)) {
            p = component_next(p);
            n = component_next(n);
        } else if (again.at) {
            p = again;
            n = from = component_next(from);
        } else {
            return false;
        }
    }
    return p.len == 0;
}

static bool rule_matches(const struct rule *r, const char *path, bool folder)
{
    if (r->is_regex)
        return regexec(&r->regex, path, 0, NULL, 0) == 0;
    if (r->folders && !folder)
        return false;
    const char *slash = r->anchored ? NULL : strrchr(path, '/');
    return path_match(r->glob, slash ? slash + 1 : path);
}

bool filter_wants(const struct filter *f, const char *path, bool folder)
{
    for (size_t i = f ? f->n : 0; i-- > 0;) {
        if (rule_matches(&f->rules[i], path, folder))
            return f->rules[i].verb == FILTER_INCLUDE;
    }
    return folder || !filter_selects(f);
}

bool filter_selects(const struct filter *f)
{
    return f && f->n > 0 && f->rules[0].verb == FILTER_INCLUDE;
}
