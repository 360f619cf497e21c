#include "cmdline.h"

#include "nearest.h"

#include <string.h>

static const struct option *find_long(const char *name, size_t len)
{
    for (size_t i = 0; i < option_count; i++) {
        const char *n = option_table[i].name;
        if (strlen(n) == len && memcmp(n, name, len) == 0)
            return &option_table[i];
    }
    return NULL;
}

static const struct option *find_letter(char letter)
{
    const char name[2] = {letter, '\0'};
    return option_find(name);
}

static int complain_unknown(const char *prefix, const char *name, size_t len, struct err *err)
{
    char word[64], hint[96];
    snprintf(word, sizeof word, "%.*s", (int) (len < 63 ? len : 63), name);
    struct nearest near = {.word = word};
    for (size_t i = 0; i < option_count; i++)
        nearest_offer(&near, option_table[i].name);
    return err_set(err, ERR_USAGE, "there is no option '%s%s'%s", prefix, word,
                   nearest_hint(&near, "--", hint, sizeof hint));
}

/* Of two lists of commands the first would be lost in silence. */
static bool is_second(const struct layers *l, const struct option *o)
{
    return o->once && o->placeholder && layers_origin(l, o).layer == LAYER_OPTION;
}

/* `value` is what stands behind "=" or the letter, else NULL: then the next word is taken. */
static int apply(struct layers *l, const struct option *o, const char *shown, const char *value,
                 char **next, int *used, struct err *err)
{
    if (!o->placeholder && value)
        return err_set(err, ERR_USAGE, "option '%s' takes no value", shown);
    if (o->placeholder && !value) {
        value = *next;
        *used += 1;
        if (!value)
            return err_set(err, ERR_USAGE, "option '%s' needs a value: %s", shown,
                           o->values ? o->values : o->placeholder);
    }
    if (is_second(l, o))
        return err_set(err, ERR_USAGE, "option '%s' may be given only once%s", shown,
                       o->letter == 'c' ? ": ';' separates commands" : "");
    const struct option *setting = o->adds_to ? option_find(o->adds_to) : o;
    if (layers_add(l, LAYER_OPTION, setting, o->adds_to ? o->name : value, shown, err) < 0)
        return err_wrap(err, "option '%s'", shown);
    return 0;
}

/* Both return how many words were used, or -1. */
static int parse_long(struct layers *l, char **argv, struct err *err)
{
    const char *name = argv[0] + 2, *equals = strchr(name, '=');
    size_t len = equals ? (size_t) (equals - name) : strlen(name);
    const struct option *o = find_long(name, len);
    if (!o)
        return complain_unknown("--", name, len, err);
    char shown[64];
    int used = 1;
    snprintf(shown, sizeof shown, "--%s", o->name);
    int rc = apply(l, o, shown, equals ? equals + 1 : NULL, argv + 1, &used, err);
    return rc < 0 ? -1 : used;
}

static int parse_letters(struct layers *l, char **argv, struct err *err)
{
    int used = 1;
    for (const char *p = argv[0] + 1; *p; p++) {
        const struct option *o = find_letter(*p);
        char shown[3] = {'-', *p, '\0'};
        if (!o)
            return complain_unknown("-", p, 1, err);
        const char *value = o->placeholder && p[1] ? p + 1 : NULL;
        if (apply(l, o, shown, value, argv + 1, &used, err) < 0)
            return -1;
        if (o->placeholder)
            break;
    }
    return used;
}

int options_parse(struct layers *l, int argc, char **argv, int *next, struct err *err)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-' && argv[i][1]) {
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        int used =
            argv[i][1] == '-' ? parse_long(l, argv + i, err) : parse_letters(l, argv + i, err);
        if (used < 0)
            return -1;
        i += used;
    }
    *next = i;
    return 0;
}

/* "; default 15", from where the program takes it; "" where there is nothing to tell. */
static const char *default_of(const struct option *o, char *dst, size_t size)
{
    char value[OPTION_VALUE_BYTES] = "";
    if (o->kind == OPTION_SECONDS || o->kind == OPTION_NUMBER || o->kind == OPTION_AMOUNT ||
        o->kind == OPTION_CHOICE)
        option_default(o, value, sizeof value);
    snprintf(dst, size, "%s%.60s", *value ? "; default " : "", value);
    return dst;
}

static void print_option(FILE *out, const struct option *o)
{
    char left[80], preset[80], letter[8] = "";
    /* the names of a list stand on lines of their own */
    const char *value = o->kind == OPTION_CHOICE ? o->values : o->placeholder ? o->placeholder : "";
    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, *value ? "=" : "", value);
    if (strlen(left) > 27)
        fprintf(out, "  %s\n%*s", left, 30, "");
    else
        fprintf(out, "  %-28s", left);
    fprintf(out, "%s%s\n", o->help, default_of(o, preset, sizeof preset));
}

static const char *const group_titles[] = {
    [GROUP_DATA] = "Data connections (strategies are tried in the order given, and no others)",
    [GROUP_TLS] = "TLS",
    [GROUP_LOGIN] = "Login",
    [GROUP_RUN] = "What to run",
    [GROUP_PATIENCE] = "Patience",
    [GROUP_TRANSFER] = "Transfers",
    [GROUP_OUTPUT] = "Output",
};

void options_print(FILE *out)
{
    for (size_t g = 0; g < sizeof group_titles / sizeof group_titles[0]; g++) {
        fprintf(out, "\n%s\n", group_titles[g]);
        for (size_t i = 0; i < option_count; i++) {
            if (option_table[i].group == g && option_table[i].help)
                print_option(out, &option_table[i]);
        }
    }
}
