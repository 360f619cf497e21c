#include "call.h"

#include "commands.h"
#include "home.h"
#include "nearest.h"
#include "quantity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct command_option *command_option_next(const struct command *c, size_t *list, size_t *at)
{
    while (*list < COMMAND_OPTION_LISTS && c->options[*list]) {
        const struct command_option *o = &c->options[*list][*at];
        if (o->letter || o->name) {
            (*at)++;
            return o;
        }
        (*list)++;
        *at = 0;
    }
    return NULL;
}

static const struct command_option *find_letter(const struct command *c, char letter)
{
    size_t list = 0, at = 0;
    const struct command_option *o;
    while ((o = command_option_next(c, &list, &at))) {
        if (o->letter == letter)
            return o;
    }
    return NULL;
}

static const struct command_option *find_name(const struct command *c, const char *name, size_t len)
{
    size_t list = 0, at = 0;
    const struct command_option *o;
    while ((o = command_option_next(c, &list, &at))) {
        if (o->name && strncmp(o->name, name, len) == 0 && !o->name[len])
            return o;
    }
    return NULL;
}

static bool is_of(const struct command_option *o, const char *name)
{
    return o->name ? strcmp(o->name, name) == 0 : o->letter == name[0] && !name[1];
}

const char *call_option(const struct call *call, const char *name)
{
    for (size_t i = call->given_count; i-- > 0;) {
        if (is_of(call->given[i].option, name))
            return call->given[i].value;
    }
    return NULL;
}

/* ---- options that a command does not take ---- */

static int set_unknown_option(const struct command *c, const char *word, struct err *err)
{
    char hint[64], name[64];
    size_t list = 0, at = 0;
    const struct command_option *o;
    snprintf(name, sizeof name, "%.*s", (int) strcspn(word + 2, "="), word + 2);
    struct nearest near = {.word = name};
    while (word[1] == '-' && (o = command_option_next(c, &list, &at))) {
        if (o->name)
            nearest_offer(&near, o->name);
    }
    if (word[1] == '-' && c->json)
        nearest_offer(&near, "json");
    return err_set(err, ERR_USAGE,
                   "no option '%s'%s (put -- before a name that starts with '-'); usage: %s", word,
                   nearest_hint(&near, "--", hint, sizeof hint), c->usage);
}

/* ---- values ---- */

static int check_value(const struct command_option *o, const char *shown, const char *value,
                       struct err *err)
{
    size_t len = strlen(value);
    bool number = len > 0 && len < 10 && strspn(value, "0123456789") == len;
    if (o->kind == OPTION_NUMBER && !number)
        return err_set(err, ERR_USAGE, "%s: '%s' is no number", shown, value);
    if (o->kind == OPTION_AMOUNT && quantity_bytes(value, &(int64_t){0}, err) < 0)
        return err_wrap(err, "%s", shown);
    if (o->kind == OPTION_CHOICE && option_choose(o->values, value, err) < 0)
        return err_wrap(err, "%s", shown);
    return 0;
}

/* The words that are being read, and where. */
struct reader {
    char **argv;
    char *const *patterns; /* NULL: none */
    int i;
};

/* Whether the value at `at` in this word begins with an unquoted "~". Nothing in front of a value
 * would be quoted in a pattern. */
static bool begins_home(const struct reader *r, const char *at)
{
    const char *pattern = r->patterns ? r->patterns[r->i] : NULL;
    return pattern && home_is_meant(pattern + (at - r->argv[r->i]));
}

/* `glued` is what stands in the same word, NULL for nothing; else the next word is the value, and
 * the reader moves on. */
static int take_option(struct call *call, const struct command_option *o, const char *shown,
                       const char *glued, struct reader *r, struct err *err)
{
    const char *value = "";
    bool home = false;
    if (!o->placeholder && glued)
        return err_set(err, ERR_USAGE, "%s takes no value", shown);
    if (o->placeholder) {
        value = glued ? glued : r->argv[r->i + 1];
        if (!value)
            return err_set(err, ERR_USAGE, "%s needs a value: %s", shown, o->placeholder);
        r->i += !glued;
        home = begins_home(r, value);
        if (check_value(o, shown, value, err) < 0)
            return -1;
    }
    call->given[call->given_count++] = (struct given){o, value, home};
    return 0;
}

static int take_long(struct call *call, const char *name, struct reader *r, struct err *err)
{
    const char *word = r->argv[r->i], *equals = strchr(name, '=');
    size_t len = equals ? (size_t) (equals - name) : strlen(name);
    const struct command_option *o = find_name(call->command, name, len);
    char shown[64];
    if (!o)
        return set_unknown_option(call->command, word, err);
    snprintf(shown, sizeof shown, "--%s", o->name);
    return take_option(call, o, shown, equals ? equals + 1 : NULL, r, err);
}

static int take_letters(struct call *call, struct reader *r, struct err *err)
{
    const char *word = r->argv[r->i];
    for (const char *p = word + 1; *p; p++) {
        const struct command_option *o = find_letter(call->command, *p);
        char shown[3] = {'-', *p, '\0'};
        if (!o)
            return set_unknown_option(call->command, word, err);
        if (call->given_count == WORDS_MAX)
            return err_set(err, ERR_USAGE, "more than %d options", WORDS_MAX);
        const char *glued = o->placeholder && p[1] ? p + 1 : NULL;
        if (take_option(call, o, shown, glued, r, err) < 0)
            return -1;
        if (o->placeholder)
            break;
    }
    return 0;
}

/* -20. */
static bool is_digits(const struct command *c, const char *word)
{
    return c->digits && !word[1 + strspn(word + 1, "0123456789")];
}

static int take_dashed(struct call *call, struct reader *r, struct err *err)
{
    const struct command *c = call->command;
    const char *word = r->argv[r->i];
    if (strcmp(word, "--json") == 0 && c->json) {
        call->json = true;
        return 0;
    }
    if (call->given_count == WORDS_MAX)
        return err_set(err, ERR_USAGE, "more than %d options", WORDS_MAX);
    if (word[1] == '-')
        return take_long(call, word + 2, r, err);
    if (c->one_dash && word[2] && find_name(c, word + 1, strcspn(word + 1, "=")))
        return take_long(call, word + 1, r, err);
    if (is_digits(c, word))
        return take_option(call, find_letter(c, 'n'), word, word + 1, r, err);
    return take_letters(call, r, err);
}

static int take_words(struct call *call, int argc, char **argv, char *const *patterns,
                      struct err *err)
{
    bool options = !call->command->raw;
    struct reader r = {argv, patterns, 1};
    for (; r.i < argc; r.i++) {
        int i = r.i;
        /* where words that start with "-" are arguments, this one in front is not */
        bool leading = call->command->raw && i == 1 && strcmp(argv[i], "--json") == 0;
        if (leading && call->command->json) {
            call->json = true;
        } else if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1]) {
            if (take_dashed(call, &r, err) < 0)
                return -1;
        } else {
            call->patterns[call->argc] = patterns ? patterns[i] : argv[i];
            call->argv[call->argc++] = argv[i];
        }
    }
    return 0;
}

int call_read(struct call *call, const struct command *command, int argc, char **argv,
              char *const *patterns, struct err *err)
{
    memset(call, 0, sizeof *call);
    call->command = command;
    if (argc > WORDS_MAX)
        return err_set(err, ERR_USAGE, "more than %d words", WORDS_MAX);
    call->argv[call->argc++] = argv[0];
    if (take_words(call, argc, argv, patterns, err) < 0)
        return -1;
    int n = call->argc - 1;
    if (n < command->min)
        return err_set(err, ERR_USAGE, "too few arguments; usage: %s", command->usage);
    if (command->max != ARGS_ANY && n > command->max)
        return err_set(err, ERR_USAGE, "too many arguments; usage: %s", command->usage);
    return 0;
}

int call_make(struct call *call, int argc, char **argv, char *const *patterns,
              const struct dictionary *aliases, struct err *err)
{
    const struct command *command = command_find(argv[0]);
    char hint[96];
    if (!command)
        return err_set(err, ERR_USAGE, "unknown command%s; try 'help'",
                       command_hint(argv[0], aliases, hint, sizeof hint));
    return call_read(call, command, argc, argv, patterns, err);
}

/* ---- words that are being written ---- */

/* The option of this word that takes a value, with what of it stands in the word, NULL for nothing;
 * or the only one that takes none. */
static const struct command_option *option_in(const struct command *c, const char *word,
                                              const char **glued)
{
    const struct command_option *o = NULL;
    const char *name = word[1] == '-' ? word + 2 : c->one_dash ? word + 1 : NULL;
    size_t len = name ? strcspn(name, "=") : 0;
    *glued = NULL;
    if (name && (o = find_name(c, name, len))) {
        *glued = name[len] ? name + len + 1 : NULL;
        return o;
    }
    for (const char *p = word + 1; word[1] != '-' && *p && (o = find_letter(c, *p)); p++) {
        *glued = p[1] ? p + 1 : NULL;
        if (o->placeholder)
            return o;
    }
    return o;
}

struct call_place call_place(const struct command *command, int argc, char **argv)
{
    struct call_place place = {.dashed = !command->raw, .argument = 1};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *glued;
        bool last = i == argc - 1, option = place.dashed && word[0] == '-' && word[1];
        const struct command_option *o = option ? option_in(command, word, &glued) : NULL;
        if (!last && option && strcmp(word, "--") == 0) {
            place.dashed = false;
        } else if (o && o->placeholder && (glued ? last : i == argc - 2)) {
            place.option = o;
            place.value = glued ? glued : argv[argc - 1];
            break;
        } else if (o) {
            place.swapped = place.swapped || (command->swap && is_of(o, command->swap));
            i += o->placeholder && !glued;
        } else if (!last && !option && !(i == 1 && strcmp(word, "--json") == 0)) {
            place.argument++;
            place.before = word;
        }
    }
    return place;
}
