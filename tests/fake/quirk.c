#include "quirk.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind { FLAG, NUMBER, TEXT };

#define QUIRK_ROW(id, name, kind, arg, help) {name, kind, arg, help},
static const struct {
    const char *name;
    enum kind kind;
    const char *arg, *help;
} table[] = {QUIRKS(QUIRK_ROW)};
#undef QUIRK_ROW

static int find_quirk(const char *name, size_t len)
{
    for (int i = 0; i < QUIRK_COUNT; i++)
        if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
            return i;
    return -1;
}

static int parse_number(const char *text, int64_t *out)
{
    char *end;
    long long n = strtoll(text, &end, 10);
    if (end == text || *end)
        return -1;
    *out = n;
    return 0;
}

static int add_refusal(struct quirks *q, const char *text)
{
    size_t len = strcspn(text, ":");
    int64_t code = 502;
    if (q->n_refusals == QUIRK_REFUSALS_MAX || len == 0 || len >= sizeof q->refusals[0].verb)
        return -1;
    if (text[len] && (parse_number(text + len + 1, &code) < 0 || code < 400 || code > 599))
        return -1;
    memcpy(q->refusals[q->n_refusals].verb, text, len);
    q->refusals[q->n_refusals].verb[len] = '\0';
    q->refusals[q->n_refusals++].code = (int) code;
    return 0;
}

int quirk_add(struct quirks *q, const char *text)
{
    size_t len = strcspn(text, "=");
    int id = find_quirk(text, len);
    const char *arg = text[len] ? text + len + 1 : NULL;
    if (id < 0)
        return -1;
    bool optional = table[id].arg[0] == '[';
    if ((table[id].kind == FLAG && arg) || (table[id].kind != FLAG && !arg && !optional))
        return -1;
    if (table[id].kind == NUMBER && parse_number(arg, &q->value[id].number) < 0)
        return -1;
    q->value[id].on = true;
    q->value[id].text = arg;
    return id == QUIRK_REFUSE ? add_refusal(q, arg) : 0;
}

bool quirk_on(const struct quirks *q, enum quirk_id id)
{
    return q->value[id].on;
}

int quirk_refusal(const struct quirks *q, const char *verb)
{
    for (size_t i = 0; i < q->n_refusals; i++)
        if (strcasecmp(q->refusals[i].verb, verb) == 0)
            return q->refusals[i].code;
    return 0;
}

void quirk_help(FILE *f)
{
    for (int i = 0; i < QUIRK_COUNT; i++) {
        char left[48];
        const char *eq = !table[i].arg[0] || table[i].arg[0] == '[' ? "" : "=";
        snprintf(left, sizeof left, "%s%s%s", table[i].name, eq, table[i].arg);
        fprintf(f, "  %-28s %s\n", left, table[i].help);
    }
}
