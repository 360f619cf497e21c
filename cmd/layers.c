#include "layers.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct assignment {
    enum layer layer;    /* one of the configuration: LAYER_ALL or LAYER_HOST, see layer_of() */
    const char *section; /* of the configuration, NULL: of another layer */
    const struct option *option;
    char *value; /* NULL: a flag that was named */
    char *where;
    bool gone; /* taken back; its texts may be borrowed still */
};

static const char all_servers[] = "*";

struct layers {
    struct assignment *list;
    size_t n, room;
    size_t fresh;    /* assignments from here on are being added */
    char **sections; /* names, each once */
    size_t nsections, sections_room;
    char *host, *bookmark;
    bool password_given; /* FTPSH_PASSWORD was set */
};

struct layers *layers_new(struct err *err)
{
    struct layers *l = calloc(1, sizeof *l);
    if (!l)
        err_set(err, ERR_LOCAL, "out of memory");
    return l;
}

void layers_give_password(struct layers *l)
{
    l->password_given = true;
}

static void free_text(char *text)
{
    if (text)
        wipe(text, strlen(text));
    free(text);
}

void layers_free(struct layers *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++) {
        free_text(l->list[i].value);
        free(l->list[i].where);
    }
    for (size_t i = 0; i < l->nsections; i++)
        free(l->sections[i]);
    free(l->list);
    free(l->sections);
    free(l->host);
    free(l->bookmark);
    free(l);
}

static bool is_named(const char *section, const char *name)
{
    return name && *name && strcasecmp(section, name) == 0;
}

/* LAYER_DEFAULT, which holds nothing, where it does not count. */
static enum layer layer_of(const struct layers *l, const struct assignment *a)
{
    if (a->gone)
        return LAYER_DEFAULT;
    if (!a->section)
        return a->layer;
    if (a->section == all_servers)
        return LAYER_ALL;
    if (is_named(a->section, l->bookmark))
        return LAYER_BOOKMARK;
    return is_named(a->section, l->host) ? LAYER_HOST : LAYER_DEFAULT;
}

/* ---- adding ---- */

static bool exclude_each_other(const struct assignment *a, const struct assignment *b)
{
    const char *alone = a->option->alone;
    return alone && (strcmp(a->value, alone) == 0) != (strcmp(b->value, alone) == 0);
}

/* What else stands in the same place, of a list, is there already; but what is set takes the place
 * of what was. */
static int check(const struct layers *l, const struct assignment *new, struct err *err)
{
    struct settings scratch;
    int rc = 0;
    settings_init(&scratch);
    size_t from = new->layer == LAYER_SET ? l->fresh : 0;
    for (size_t i = from; rc == 0 && i < l->n && option_is_list(new->option); i++) {
        const struct assignment *a = &l->list[i];
        if (a->gone || a->option != new->option || a->layer != new->layer ||
            a->section != new->section)
            continue;
        a->option->set(&scratch, a->option, a->value, NULL);
        if (exclude_each_other(a, new))
            rc = err_set(err, ERR_USAGE, "'%s' stands alone: it is a list of its own",
                         a->option->alone);
    }
    if (rc == 0)
        rc = new->option->set(&scratch, new->option, new->value, err);
    proxy_clear(&scratch.proxy);
    return rc;
}

static int make_room(struct layers *l)
{
    if (l->n < l->room)
        return 0;
    size_t room = l->room ? 2 * l->room : 16;
    struct assignment *list = realloc(l->list, room * sizeof *list);
    if (!list)
        return -1;
    l->list = list;
    l->room = room;
    return 0;
}

/* `value` is of `len` bytes, or NULL. */
static int add(struct layers *l, struct assignment new, const char *value, size_t len,
               const char *where, struct err *err)
{
    new.value = value ? strndup(value, len) : NULL;
    new.where = strdup(where);
    if (!new.where || (value && !new.value) || make_room(l) < 0)
        err_set(err, ERR_LOCAL, "out of memory");
    else if (check(l, &new, err) == 0) {
        l->list[l->n++] = new;
        return 0;
    }
    free_text(new.value);
    free(new.where);
    return -1;
}

/* All elements of a list, or none. */
static int add_elements(struct layers *l, struct assignment new, const char *value,
                        const char *where, struct err *err)
{
    size_t before = l->n;
    for (;;) {
        value += strspn(value, " \t");
        size_t len = strcspn(value, ","), used = len;
        while (used > 0 && strchr(" \t", value[used - 1]))
            used--;
        if (add(l, new, value, used, where, err) < 0)
            break;
        if (!value[len])
            return 0;
        value += len + 1;
    }
    for (size_t i = before; i < l->n; i++)
        l->list[i].gone = true;
    return -1;
}

static int add_value(struct layers *l, struct assignment new, const char *value, const char *where,
                     struct err *err)
{
    if (value && option_is_list(new.option))
        return add_elements(l, new, value, where, err);
    return add(l, new, value, value ? strlen(value) : 0, where, err);
}

int layers_add(struct layers *l, enum layer layer, const struct option *o, const char *value,
               const char *where, struct err *err)
{
    size_t before = l->fresh = l->n;
    if (add_value(l, (struct assignment){.layer = layer, .option = o}, value, where, err) < 0)
        return -1;
    for (size_t i = 0; i < before && layer == LAYER_SET; i++) {
        if (l->list[i].layer == layer && l->list[i].option == o)
            l->list[i].gone = true;
    }
    return 0;
}

/* The name as it is kept; NULL: out of memory. */
static const char *keep_section(struct layers *l, const char *name)
{
    for (size_t i = 0; i < l->nsections; i++) {
        if (strcasecmp(l->sections[i], name) == 0)
            return l->sections[i];
    }
    if (l->nsections == l->sections_room) {
        size_t room = l->sections_room ? 2 * l->sections_room : 8;
        char **sections = realloc(l->sections, room * sizeof *sections);
        if (!sections)
            return NULL;
        l->sections = sections;
        l->sections_room = room;
    }
    char *copy = strdup(name);
    if (copy)
        l->sections[l->nsections++] = copy;
    return copy;
}

int layers_add_config(struct layers *l, const char *section, const struct option *o,
                      const char *value, const char *where, struct err *err)
{
    const char *name = strcmp(section, all_servers) == 0 ? all_servers : keep_section(l, section);
    if (!name)
        return err_set(err, ERR_LOCAL, "out of memory");
    for (size_t i = 0; i < l->n && !option_is_list(o); i++) {
        if (l->list[i].section == name && l->list[i].option == o)
            return err_set(err, ERR_USAGE, "stands there already: %s", l->list[i].where);
    }
    struct assignment new = {.layer = LAYER_HOST, .section = name, .option = o};
    return add_value(l, new, value, where, err);
}

bool layers_unset(struct layers *l, const struct option *o)
{
    bool found = false;
    for (size_t i = 0; i < l->n; i++) {
        struct assignment *a = &l->list[i];
        if (a->layer == LAYER_SET && a->option == o && !a->gone)
            found = a->gone = true;
    }
    return found;
}

/* ---- what comes out ---- */

void layers_choose(struct layers *l, const char *host, const char *bookmark)
{
    free(l->host);
    free(l->bookmark);
    l->host = host && *host ? strdup(host) : NULL;
    l->bookmark = bookmark && *bookmark ? strdup(bookmark) : NULL;
}

/* The highest that says something of the option. */
static enum layer top_layer(const struct layers *l, const struct option *o)
{
    enum layer top = LAYER_DEFAULT;
    for (size_t i = 0; i < l->n; i++) {
        enum layer layer = l->list[i].option == o ? layer_of(l, &l->list[i]) : LAYER_DEFAULT;
        top = layer > top ? layer : top;
    }
    return top;
}

/* Of several sources of a password the highest layer's counts; within one, in this order. */
static enum password_source choose_source(const struct layers *l)
{
    static const struct {
        const char *name;
        enum password_source source;
    } rows[] = {
        {"password-fd", PASSWORD_FROM_FD},
        {"password-file", PASSWORD_FROM_FILE},
        {"password-command", PASSWORD_FROM_COMMAND},
    };
    enum password_source best = PASSWORD_FROM_ENVIRONMENT;
    enum layer top = LAYER_DEFAULT;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum layer layer = top_layer(l, option_find(rows[i].name));
        if (layer > top) {
            top = layer;
            best = rows[i].source;
        }
    }
    return top < LAYER_ENVIRONMENT && l->password_given ? PASSWORD_FROM_ENVIRONMENT : best;
}

/* What several settings decide together. */
static void settle(const struct layers *l, struct settings *s)
{
    s->tls_chosen = top_layer(l, option_find("tls")) >= LAYER_OPTION;
    if (s->report_file && top_layer(l, option_find("report")) == LAYER_DEFAULT)
        s->report = REPORT_TEXT;
    s->password_source = choose_source(l);
    s->identity.from_fd = top_layer(l, option_find("key-password-fd")) >=
                          top_layer(l, option_find("key-password-file"));
}

/* Layer by layer, since options may share a field. */
int layers_compose(const struct layers *l, struct settings *out, struct err *err)
{
    settings_init(out);
    for (enum layer layer = LAYER_ALL; layer <= LAYER_SET; layer++) {
        for (size_t i = 0; i < l->n; i++) {
            const struct assignment *a = &l->list[i];
            if (layer_of(l, a) != layer || top_layer(l, a->option) != layer)
                continue;
            if (a->option->set(out, a->option, a->value, err) < 0)
                return err_wrap(err, "%s: %s", a->where, a->option->name);
        }
    }
    settle(l, out);
    return 0;
}

int layers_compose_for(const struct layers *l, const char *host, const char *bookmark,
                       struct settings *out, struct err *err)
{
    struct layers view = *l;
    view.host = view.bookmark = NULL;
    layers_choose(&view, host, bookmark);
    int rc = layers_compose(&view, out, err);
    free(view.host);
    free(view.bookmark);
    return rc;
}

static const struct assignment *latest(const struct layers *l, const struct option *o,
                                       enum layer layer)
{
    const struct assignment *found = NULL;
    for (size_t i = 0; i < l->n; i++) {
        if (l->list[i].option == o && layer_of(l, &l->list[i]) == layer)
            found = &l->list[i];
    }
    return found;
}

static const char *const origin_kinds[] = {
    [LAYER_DEFAULT] = "default",
    [LAYER_ALL] = "config",
    [LAYER_HOST] = "config",
    [LAYER_BOOKMARK] = "config",
    [LAYER_ENVIRONMENT] = "environment",
    [LAYER_OPTION] = "option",
    [LAYER_SET] = "set",
};

struct origin layers_origin(const struct layers *l, const struct option *o)
{
    enum layer layer = top_layer(l, o);
    const struct assignment *a = latest(l, o, layer);
    if (o->rival) { /* the later one of the two decides */
        const struct option *other = option_find(o->rival);
        enum layer others = top_layer(l, other);
        const struct assignment *b = latest(l, other, others);
        if (others > layer || (others == layer && b > a)) {
            layer = others;
            a = b;
        }
    }
    bool told = layer != LAYER_DEFAULT;
    return (struct origin){layer, origin_kinds[layer], told ? a->where : ""};
}

const char *layers_section(const struct layers *l, size_t i)
{
    return i < l->nsections ? l->sections[i] : NULL;
}
