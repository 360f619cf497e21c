#include "handlers.h"

#include "aliases.h"
#include "base/escape.h"
#include "batch.h"
#include "commands.h"
#include "jsonout.h"
#include "nearest.h"
#include "parts.h"
#include "show.h"
#include "xfer/expand.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- alias, unalias ---- */

/* As one word that may be typed. */
static void print_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
}

/* A line that defines it. */
static int put_alias(struct app *app, const char *name, const char *value, struct err *err)
{
    if (app->json)
        return json_line(
            app->out, json_pack("{s:o, s:o}", "name", json_text(name), "value", json_text(value)),
            err);
    fprintf(app->out, "alias %s ", name);
    print_quoted(app->out, value);
    fputc('\n', app->out);
    return 0;
}

/* What it stands for goes without the passwords of URLs, to the screen and into files. */
static int show_alias(struct app *app, const char *name, const char *value, struct err *err)
{
    char *shown = copy_without_passwords(value);
    int rc = shown ? put_alias(app, name, shown, err) : err_set(err, ERR_LOCAL, "out of memory");
    free(shown);
    return rc;
}

static int no_alias(const struct app *app, const char *name, struct err *err)
{
    char hint[96];
    struct nearest near = {.word = name};
    for (size_t i = 0; i < app->aliases.n; i++)
        nearest_offer(&near, app->aliases.list[i].name);
    return err_set(err, ERR_USAGE, "there is no alias '%s'%s", name,
                   nearest_hint(&near, "", hint, sizeof hint));
}

static int define_alias(struct app *app, const char *name, const char *value, struct err *err)
{
    if (aliases_check_name(name, err) < 0)
        return -1;
    if (dictionary_set(&app->aliases, name, value, err) < 0)
        return err_wrap(err, "alias '%s'", name);
    return 0;
}

int cmd_alias(struct app *app, int argc, char **argv, struct err *err)
{
    const char *value;
    if (argc == 3)
        return define_alias(app, argv[1], argv[2], err);
    if (argc == 2 && strchr(argv[1], '='))
        return err_set(err, ERR_USAGE, "'%s': name and value are two words: alias NAME 'VALUE'",
                       argv[1]);
    if (argc == 2) {
        value = dictionary_get(&app->aliases, argv[1]);
        return value ? show_alias(app, argv[1], value, err) : no_alias(app, argv[1], err);
    }
    for (size_t i = 0; i < app->aliases.n; i++) {
        if (show_alias(app, app->aliases.list[i].name, app->aliases.list[i].value, err) < 0)
            return -1;
    }
    return 0;
}

int cmd_unalias(struct app *app, int argc, char **argv, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        if (!dictionary_remove(&app->aliases, argv[i]))
            return no_alias(app, argv[i], err);
    }
    return 0;
}

/* ---- source, echo ---- */

int cmd_source(struct app *app, int argc, char **argv, struct err *err)
{
    return batch_source(app, argv[1], argc - 2, argv + 2, err);
}

int cmd_echo(struct app *app, int argc, char **argv, struct err *err)
{
    char text[4 * LINE_BYTES];
    size_t n = 0;
    text[0] = '\0';
    for (int i = 1; i < argc; i++) {
        int more = snprintf(text + n, sizeof text - n, "%s%s", i > 1 ? " " : "", argv[i]);
        if (more < 0 || (size_t) more >= sizeof text - n)
            return err_set(err, ERR_USAGE, "the line is too long");
        n += (size_t) more;
    }
    if (app->json)
        return json_line(app->out, json_pack("{s:o}", "text", json_text(text)), err);
    fprintf(app->out, "%s\n", text);
    return 0;
}

/* ---- glob ---- */

/* A link may lead to either. */
static bool is_wanted(const struct app *app, const struct item *item)
{
    if (app_option(app, "d"))
        return item->type == ENTRY_DIR || item->type == ENTRY_LINK;
    return !app_option(app, "f") || item->type != ENTRY_DIR;
}

static int print_name(struct app *app, const char *name, struct err *err)
{
    if (app->json)
        return json_line(app->out, json_pack("{s:o}", "name", json_text(name)), err);
    char *text = show_text(name, isatty(fileno(app->out)));
    fprintf(app->out, "%s\n", text ? text : "?");
    free(text);
    return 0;
}

static int print_matches(struct app *app, const char *pattern, struct err *err)
{
    struct items found = {0};
    bool local = app_option(app, "local");
    int rc = local ? expand_local(pattern, &found, err)
                   : expand_remote(&app->mover, pattern, &found, err);
    size_t n = 0;
    for (size_t i = 0; rc == 0 && i < found.n; i++) {
        if (is_wanted(app, &found.list[i])) {
            rc = print_name(app, found.list[i].name, err);
            n++;
        }
    }
    items_clear(&found);
    if (rc == 0 && n == 0)
        return err_set(err, local ? ERR_LOCAL : ERR_REPLY_PERMANENT, "nothing matches");
    return rc;
}

int cmd_glob(struct app *app, int argc, char **argv, struct err *err)
{
    struct parts parts = parts_begin(app);
    int rc = 0;
    if (!app_option(app, "local") && !app->session)
        return err_set(err, ERR_USAGE, "not connected; use 'open HOST', or --local");
    for (int i = 1; rc == 0 && i < argc; i++) {
        struct err why = ERR_INIT;
        const char *pattern = app->call->patterns[i];
        bool plain = !pattern || !expand_wanted(pattern);
        if ((plain ? print_name(app, argv[i], &why) : print_matches(app, pattern, &why)) < 0) {
            err_wrap(&why, "%s", argv[i]);
            rc = argc > 2 ? parts_failed(&parts, &why, err) : err_take(err, &why);
        }
    }
    return parts_end(&parts, rc, err);
}
