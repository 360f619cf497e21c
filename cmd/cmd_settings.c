#include "handlers.h"

#include "base/escape.h"
#include "jsonout.h"
#include "nearest.h"
#include "setting_show.h"
#include "variables.h"

#include <stdlib.h>
#include <string.h>

static enum setting_style style_of(const struct app *app)
{
    return app->json ? SETTING_JSON : SETTING_ROW;
}

/* A name that is no setting's, nor one mistyped. */
static bool is_variable(const char *name)
{
    struct nearest near = {.word = name};
    for (size_t i = 0; i < option_count; i++)
        nearest_offer(&near, option_table[i].name);
    return !near.best && !(name[0] && name[1] && option_find(name));
}

static int put_variable(struct app *app, const char *name, const char *value, struct err *err)
{
    if (app->json)
        return json_line(app->out,
                         json_pack("{s:s, s:o, s:s}", "name", name, "value", json_text(value),
                                   "origin", "variable"),
                         err);
    char safe[4096];
    escape_text(safe, sizeof safe, value, strlen(value));
    fprintf(app->out, "%-16s %-20s %-12s variable\n", name, safe, "-");
    return 0;
}

/* As a setting is, without the passwords of URLs. */
static int show_variable(struct app *app, const char *name, const char *value, struct err *err)
{
    char *shown = copy_without_passwords(value);
    int rc = shown ? put_variable(app, name, shown, err) : err_set(err, ERR_LOCAL, "out of memory");
    free(shown);
    return rc;
}

static int show_all(struct app *app, struct err *err)
{
    const struct dictionary *all = &app->variables;
    int rc = settings_show(app->out, style_of(app), app->layers, &app->settings, err);
    for (size_t i = 0; i < all->n && rc == 0; i++)
        rc = show_variable(app, all->list[i].name, all->list[i].value, err);
    return rc;
}

static int show_one(struct app *app, const char *name, struct err *err)
{
    const char *value = dictionary_get(&app->variables, name);
    if (value)
        return show_variable(app, name, value, err);
    const struct option *o = setting_find(name, err);
    if (!o)
        return -1;
    return setting_show(app->out, style_of(app), app->layers, &app->settings, o, err);
}

/* What cannot act on what there is says so. */
static void announce(struct app *app, const struct option *o)
{
    if (o->when == WHEN_CONNECTING && app->session)
        app_say(app, "%s: from the next connection on", o->name);
}

static int change(struct app *app, const char *name, const char *value, struct err *err)
{
    if (is_variable(name))
        return variables_set(app, name, value, err);
    const struct option *o = setting_find(name, err);
    if (!o)
        return -1;
    if (o->when == WHEN_STARTING)
        return err_set(err, ERR_USAGE, "'%s' can be set when ftpsh starts only", name);
    if (layers_add(app->layers, LAYER_SET, o, value, "set", err) < 0)
        return err_wrap(err, "%s", name);
    if (app_compose(app, err) < 0)
        return -1;
    announce(app, o);
    return 0;
}

static int take_back(struct app *app, const char *name, struct err *err)
{
    if (is_variable(name))
        return variables_unset(app, name, err);
    const struct option *o = setting_find(name, err);
    if (!o)
        return -1;
    if (!layers_unset(app->layers, o))
        return 0;
    if (app_compose(app, err) < 0)
        return -1;
    announce(app, o);
    return 0;
}

/* NAME=VALUE, or NAME= to take it back. */
static int assign(struct app *app, const char *word, size_t len, struct err *err)
{
    char name[64];
    if (len >= sizeof name)
        return err_set(err, ERR_USAGE, "there is no setting '%.60s...'", word);
    snprintf(name, sizeof name, "%.*s", (int) len, word);
    return word[len + 1] ? change(app, name, word + len + 1, err) : take_back(app, name, err);
}

int cmd_set(struct app *app, int argc, char **argv, struct err *err)
{
    if (argc == 1)
        return show_all(app, err);
    size_t len = strcspn(argv[1], "=");
    if (argc == 2 && argv[1][len])
        return assign(app, argv[1], len, err);
    return argc == 2 ? show_one(app, argv[1], err) : change(app, argv[1], argv[2], err);
}

int cmd_unset(struct app *app, int argc, char **argv, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        if (take_back(app, argv[i], err) < 0)
            return -1;
    }
    return 0;
}
