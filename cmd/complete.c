#include "complete.h"

#include "base/escape.h"
#include "commands.h"
#include "home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

struct search {
    const char *line;
    const struct complete_world *world;
    struct completion *out;
    struct err *err;
    struct words *words;
    struct words_place place;
};

/* ---- candidates ---- */

/* It can be typed, and shown. */
static bool is_clean(const char *name)
{
    char shown[PATH_BYTES];
    size_t len = strlen(name);
    const char *from = name;
    mbstate_t state;
    memset(&state, 0, sizeof state);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): with a state of its own it is safe */
    size_t wide = mbsrtowcs(NULL, &from, 0, &state);
    return len > 0 && escape_text(shown, sizeof shown, name, len) == len &&
           memcmp(shown, name, len) == 0 && wide != (size_t) -1;
}

static int add(struct candidates *c, struct candidate one, const char *text, struct err *err)
{
    if (strncmp(text, c->base, strlen(c->base)) != 0 || !is_clean(text))
        return 0;
    if (c->n == c->room) {
        size_t room = c->room ? 2 * c->room : 64;
        struct candidate *list = realloc(c->list, room * sizeof *list);
        if (!list)
            return err_set(err, ERR_LOCAL, "out of memory");
        c->list = list;
        c->room = room;
    }
    one.text = strdup(text);
    if (!one.text)
        return err_set(err, ERR_LOCAL, "out of memory");
    c->list[c->n++] = one;
    return 0;
}

int candidates_name(struct candidates *c, const char *name, struct err *err)
{
    return add(c, (struct candidate){0}, name, err);
}

int candidates_entry(struct candidates *c, const char *name, enum entry_type type, struct err *err)
{
    bool folder = type == ENTRY_DIR, link = type == ENTRY_LINK;
    if (!path_is_single(name) || (name[0] == '.' && c->base[0] != '.') ||
        (c->folders && !folder && !link))
        return 0;
    /* where a folder is wanted a link is taken for one; else it may be a file */
    char mark = folder || (link && c->folders) ? '/' : link ? '@' : '\0';
    return add(c, (struct candidate){.mark = mark, .open = folder || link}, name, err);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct candidate *) a)->text, ((const struct candidate *) b)->text);
}

static void sort(struct candidates *c)
{
    size_t kept = 0;
    if (c->n > 0)
        qsort(c->list, c->n, sizeof *c->list, by_text);
    for (size_t i = 0; i < c->n; i++) {
        if (kept > 0 && strcmp(c->list[kept - 1].text, c->list[i].text) == 0)
            free(c->list[i].text);
        else
            c->list[kept++] = c->list[i];
    }
    c->n = kept;
}

/* The bytes that all have in front, never a part of a character. */
static size_t common_length(const struct candidates *c)
{
    const char *first = c->list[0].text;
    size_t len = strlen(first);
    for (size_t i = 1; i < c->n; i++) {
        size_t k = 0;
        while (k < len && c->list[i].text[k] == first[k])
            k++;
        len = k;
    }
    while (len > 0 && ((unsigned char) first[len] & 0xc0) == 0x80)
        len--;
    return len;
}

/* ---- what is put in ---- */

static bool needs_backslash(char c)
{
    return strchr(" \t'\"\\;|>&*?[]#$<()`!", c) != NULL;
}

/* One byte as the line wants it. Longest: '\'' for a quote inside quotes. */
static const char *quoted(char c, char quote, char dst[8])
{
    if (quote == '\'' && c == '\'')
        snprintf(dst, 8, "'\\''");
    else if (quote == '"' ? strchr("\"\\$", c) != NULL : !quote && needs_backslash(c))
        snprintf(dst, 8, "\\%c", c);
    else
        snprintf(dst, 8, "%c", c);
    return dst;
}

static void put(struct completion *out, const char *text)
{
    size_t len = strlen(out->insert), n = strlen(text);
    if (len + n < sizeof out->insert)
        memcpy(out->insert + len, text, n + 1);
}

/* A backslash that stands there already quotes the first byte. */
static void put_quoted(struct completion *out, const char *text, size_t len, char quote,
                       bool escaped)
{
    for (size_t i = 0; i < len; i++) {
        char plain[2] = {text[i], '\0'}, dst[8];
        put(out, escaped && i == 0 ? plain : quoted(text[i], quote, dst));
    }
}

static void put_end(struct search *s, const struct candidate *only, char behind)
{
    char close[2] = {s->place.quote, '\0'};
    if (only->mark == '/' && behind != '/')
        put(s->out, "/");
    if (only->open || (behind && behind != ' ' && behind != '\t'))
        return;
    put(s->out, close);
    if (!behind)
        put(s->out, " ");
}

/* In front of a name that would be taken for something else: an option, a home folder. */
static const char *guard_of(const struct search *s, const char *name, size_t len)
{
    bool begins = !s->line[s->place.start + (s->place.quote != '\0')] && !s->place.escape;
    return begins && len > 0 && strchr("-~", name[0]) ? "./" : "";
}

static void fill(struct search *s, bool entries, char behind)
{
    struct candidates *all = &s->out->all;
    sort(all);
    if (all->n == 0)
        return;
    size_t len = common_length(all), typed = strlen(all->base);
    const char *text = all->list[0].text;
    if (entries)
        put(s->out, guard_of(s, text, len));
    put_quoted(s->out, text + typed, len - typed, s->place.quote, s->place.escape);
    s->out->unique = all->n == 1;
    if (s->out->unique)
        put_end(s, &all->list[0], behind);
}

/* ---- names of files ---- */

/* `word` is what is written from `start` on, or the value behind "--option=" there. */
static bool begins_home(const struct search *s, const char *word)
{
    const char *raw = s->line + s->place.start, *equals = strchr(raw, '=');
    if (raw[0] != '~' && strncmp(raw, "--", 2) == 0 && equals)
        raw = equals + 1;
    return raw[0] == '~' && home_is_meant(word);
}

/* The first `len` bytes of a path, as the folder that is to be listed; false where none can be. */
static bool find_folder(const struct search *s, const char *word, size_t len, bool remote,
                        char folder[PATH_BYTES])
{
    char written[PATH_BYTES];
    if (len >= sizeof written)
        return false;
    snprintf(written, sizeof written, "%.*s", (int) len, word);
    if (!remote && begins_home(s, word))
        return home_expand(written, false, folder, PATH_BYTES, NULL) == 0;
    memcpy(folder, written, len + 1);
    return true;
}

static int offer_files(struct search *s, const char *word, bool remote, bool folders)
{
    char folder[PATH_BYTES];
    struct candidates *all = &s->out->all;
    const char *slash = strrchr(word, '/');
    size_t len = slash ? (size_t) (slash - word) + 1 : 0;
    all->base = word + len;
    all->folders = folders;
    if (!remote && !slash && begins_home(s, word))
        return add(all, (struct candidate){.mark = '/', .open = true}, "~", s->err);
    if (!find_folder(s, word, len, remote, folder))
        return 0;
    return s->world->folder(s->world->ctx, remote, folder, all, s->err);
}

/* ---- names from the tables ---- */

static int offer_listed(struct search *s, const char *values)
{
    char names[256];
    snprintf(names, sizeof names, "%s", values);
    for (char *name = names, *next; name; name = next) {
        next = strchr(name, '|');
        if (next)
            *next++ = '\0';
        if (candidates_name(&s->out->all, name, s->err) < 0)
            return -1;
    }
    return 0;
}

static int offer_names(struct search *s, enum names_of what)
{
    return s->world->names(s->world->ctx, what, &s->out->all, s->err);
}

static int offer_commands(struct search *s, const char *word)
{
    struct candidates *all = &s->out->all;
    all->base = word;
    for (size_t i = 0; i < command_count; i++) {
        if (command_table[i].name[0] != '!' &&
            candidates_name(all, command_table[i].name, s->err) < 0)
            return -1;
    }
    for (size_t i = 0; i < command_alias_count; i++) {
        if (command_aliases[i].alias[0] != '?' &&
            candidates_name(all, command_aliases[i].alias, s->err) < 0)
            return -1;
    }
    return offer_names(s, NAMES_ALIASES);
}

/* The long name of an option, or its letter where it has none. */
static int offer_option(struct search *s, const struct command *c, const struct command_option *o)
{
    struct candidate one = {.open = o->name && o->placeholder};
    char text[80];
    if (!o->name)
        snprintf(text, sizeof text, "-%c", o->letter);
    else
        snprintf(text, sizeof text, "%s%s%s",
                 c->one_dash && s->out->all.base[1] != '-' ? "-" : "--", o->name,
                 o->placeholder ? "=" : "");
    return add(&s->out->all, one, text, s->err);
}

static int offer_options(struct search *s, const struct command *c, const char *word)
{
    size_t list = 0, at = 0;
    const struct command_option *o;
    s->out->all.base = word;
    while ((o = command_option_next(c, &list, &at))) {
        if (offer_option(s, c, o) < 0)
            return -1;
    }
    return c->json ? candidates_name(&s->out->all, "--json", s->err) : 0;
}

static int offer_value(struct search *s, enum option_kind kind, const char *values,
                       const char *word, bool *entries)
{
    const char *comma = kind == OPTION_LIST ? strrchr(word, ',') : NULL;
    s->out->all.base = comma ? comma + 1 : word;
    *entries = kind == OPTION_FILE;
    if (kind == OPTION_CHOICE || kind == OPTION_LIST)
        return offer_listed(s, values);
    return kind == OPTION_FILE ? offer_files(s, word, false, false) : 0;
}

static int offer_settings(struct search *s, const char *word)
{
    s->out->all.base = word;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];
        if (option_is_setting(o) && candidates_name(&s->out->all, o->name, s->err) < 0)
            return -1;
    }
    return offer_names(s, NAMES_VARIABLES);
}

static int offer_setting_value(struct search *s, const char *name, const char *word, bool *entries)
{
    const struct option *o = name ? option_find(name) : NULL;
    s->out->all.base = word;
    if (!o)
        return 0;
    if (o->kind == OPTION_FLAG)
        return offer_listed(s, "on|off");
    if (o->never && candidates_name(&s->out->all, o->never, s->err) < 0)
        return -1;
    return offer_value(s, o->kind, o->values, word, entries);
}

/* Behind a scheme and a user's name. */
static int offer_hosts(struct search *s, const char *word)
{
    const char *scheme = strstr(word, "://"), *at = strrchr(word, '@');
    const char *host = at ? at + 1 : scheme ? scheme + 3 : word;
    s->out->all.base = host;
    if (host == word && offer_names(s, NAMES_BOOKMARKS) < 0)
        return -1;
    return offer_names(s, NAMES_HOSTS);
}

/* ---- where one is in the line ---- */

static int offer_kind(struct search *s, char kind, const struct call_place *at, const char *word,
                      bool *entries)
{
    *entries = strchr("rdlL", kind) != NULL;
    switch (kind) {
    case 'r':
    case 'd':
        return offer_files(s, word, true, kind == 'd');
    case 'l':
    case 'L':
        return offer_files(s, word, false, kind == 'L');
    case 'h':
        return offer_hosts(s, word);
    case 'b':
        return offer_names(s, NAMES_BOOKMARKS);
    case 'a':
        return offer_names(s, NAMES_ALIASES);
    case 'j':
        return offer_names(s, NAMES_JOBS);
    case 'c':
    case 'C':
        return offer_commands(s, word);
    case 's':
        return offer_settings(s, word);
    case 'v':
        return offer_setting_value(s, at->before, word, entries);
    default:
        return 0;
    }
}

static int offer_argument(struct search *s, const struct command *c, const struct call_place *at,
                          const char *word, bool *entries)
{
    char kind = command_kind(c, at->argument).letter;
    s->out->all.base = word;
    if (c->max != ARGS_ANY && at->argument > c->max)
        return 0;
    if (c->words && at->argument == 1 && offer_listed(s, c->words) < 0)
        return -1;
    return offer_kind(s, at->swapped ? command_kind_swapped(kind) : kind, at, word, entries);
}

static const struct command *find_command(struct search *s, const char *name)
{
    char meant[64];
    if (s->world->alias(s->world->ctx, name, meant, sizeof meant))
        name = meant;
    return command_find(name);
}

static int offer_for_words(struct search *s, int argc, char **argv, bool *entries)
{
    const char *word = argv[argc - 1];
    if (argc == 1)
        return offer_commands(s, word);
    const struct command *c = find_command(s, argv[0]);
    if (!c)
        return 0;
    struct call_place at = call_place(c, argc, argv);
    const char *first = argv[argc - at.argument];
    bool verb = c->words && option_choose(c->words, first, NULL) >= 0;
    if (command_kind(c, 1).letter == 'C' && at.argument > 1 && !verb)
        return offer_for_words(s, at.argument, argv + argc - at.argument, entries);
    if (at.option)
        return offer_value(s, at.option->kind, at.option->values, at.value, entries);
    if (at.dashed && word[0] == '-')
        return offer_options(s, c, word);
    return offer_argument(s, c, &at, word, entries);
}

/* The "-" in front of a command says that it may fail. */
static int offer_for_command(struct search *s, bool *entries)
{
    int argc = s->words->argc;
    char **argv = s->words->argv;
    if (argv[0][0] == '-' && argv[0][1])
        argv[0]++;
    else if (argv[0][0] == '-' && argc > 1)
        argc--, argv++;
    return offer_for_words(s, argc, argv, entries);
}

/* ---- variables ---- */

/* Settings can be read, with '_' in the place of '-'. */
static int offer_variables(struct search *s)
{
    for (size_t i = 0; i < option_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s", option_table[i].name);
        for (char *p = name; (p = strchr(p, '-'));)
            *p = '_';
        if (option_is_setting(&option_table[i]) && candidates_name(&s->out->all, name, s->err) < 0)
            return -1;
    }
    return offer_names(s, NAMES_VARIABLES);
}

static int complete_variable(struct search *s, char behind)
{
    struct completion *out = s->out;
    const char *name = s->line + s->place.name;
    out->all.base = name;
    if (offer_variables(s) < 0)
        return -1;
    sort(&out->all);
    if (out->all.n == 0)
        return 0;
    size_t len = common_length(&out->all), typed = strlen(name);
    const char *text = out->all.list[0].text;
    put_quoted(out, text + typed, len - typed, '\'', false);
    out->unique = out->all.n == 1;
    if (out->unique && name[-1] == '{' && behind != '}')
        put(out, "}");
    return 0;
}

/* ---- all of it ---- */

/* Text for the shell is near enough to ours: false where it can't be read. */
static bool read_place(struct search *s)
{
    struct err ignored = ERR_INIT;
    bool shell = false;
    for (;;) {
        if (words_last(s->line, shell ? NULL : s->world->values, s->words, &s->place, &ignored) < 0)
            return false;
        if (s->place.part != PART_SHELL)
            break;
        shell = true;
        s->line += s->place.start;
    }
    if (shell && s->place.name) /* it is a variable of the shell's */
        return false;
    if (shell && s->place.part == PART_WORD) {
        s->place.part = PART_FILE;
        s->words->out_to = s->words->argv[s->words->argc - 1];
    }
    return s->place.part != PART_NOTHING;
}

static int run_search(struct search *s, char behind)
{
    bool entries = false;
    int rc = 0;
    if (!read_place(s))
        return 0;
    if (s->place.name)
        return complete_variable(s, behind);
    if (s->place.part == PART_FILE) {
        entries = true;
        rc = offer_files(s, s->words->out_to, false, false);
    } else {
        rc = offer_for_command(s, &entries);
    }
    if (rc == 0)
        fill(s, entries, behind);
    return rc;
}

int complete(const char *line, char behind, const struct complete_world *world,
             struct completion *out, struct err *err)
{
    struct search *s = calloc(1, sizeof *s);
    out->insert[0] = '\0';
    out->unique = false;
    out->all = (struct candidates){.base = ""};
    struct words *words = malloc(sizeof *words);
    int rc = -1;
    if (s && words) {
        *s = (struct search){line, world, out, err, .words = words};
        rc = run_search(s, behind);
    } else {
        err_set(err, ERR_LOCAL, "out of memory");
    }
    out->all.base = ""; /* it lies in the words */
    free(words);
    free(s);
    return rc;
}

void completion_clear(struct completion *c)
{
    for (size_t i = 0; i < c->all.n; i++)
        free(c->all.list[i].text);
    free(c->all.list);
    c->all = (struct candidates){.base = ""};
}
