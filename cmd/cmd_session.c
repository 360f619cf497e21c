#include "handlers.h"

#include "aliases.h"
#include "base/buf.h"
#include "base/escape.h"
#include "jsonout.h"
#include "places.h"
#include "quantity.h"
#include "show.h"

#include <string.h>

static int show_place(struct app *app, const struct place *one, struct err *err)
{
    char target[1024], when[SHOW_MOMENT_BYTES];
    int64_t moment = LISTING_UNKNOWN;
    if (app->json)
        return json_line(
            app->out,
            json_pack("{s:o, s:s}", "target", json_text(one->target), "last_opened", one->when),
            err);
    escape_text(target, sizeof target, one->target, strlen(one->target));
    quantity_moment(one->when, 0, &moment, NULL);
    show_moment(moment, true, when);
    fprintf(app->out, "%-19s  %s\n", when, target);
    return 0;
}

static int list_places(struct app *app, struct err *err)
{
    struct places p;
    int rc = places_load(&p, err);
    for (size_t i = 0; rc == 0 && i < p.n; i++)
        rc = show_place(app, &p.list[i], err);
    places_clear(&p);
    return rc;
}

static bool is_here(const struct app *app, const char *target)
{
    char here[TARGET_TEXT_BYTES];
    return app->target.host[0] && strcmp(target_format(&app->target, here), target) == 0;
}

/* As `cd -`; at first, to the last place of an earlier run. */
static int open_before(struct app *app, struct err *err)
{
    struct places p;
    if (app->before.host[0])
        return app_open_target(app, &app->before, err);
    int rc = places_load(&p, err);
    size_t i = 0;
    while (rc == 0 && i < p.n && is_here(app, p.list[i].target))
        i++;
    if (rc == 0 && i == p.n)
        rc = err_set(err, ERR_USAGE, "there was no server before; use 'open HOST'");
    else if (rc == 0)
        rc = app_open(app, p.list[i].target, err);
    places_clear(&p);
    return rc;
}

int cmd_open(struct app *app, int argc, char **argv, struct err *err)
{
    if (argc == 1)
        return list_places(app, err);
    return strcmp(argv[1], "-") == 0 ? open_before(app, err) : app_open(app, argv[1], err);
}

static void forget_password(struct target *t)
{
    wipe(t->password, sizeof t->password);
    t->has_password = false;
}

int cmd_close(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    (void) argv;
    (void) err;
    app_close(app);
    forget_password(&app->target);
    return 0;
}

int cmd_user(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    if (!app->target.host[0])
        return err_set(err, ERR_USAGE, "no server yet; use 'open USER@HOST'");
    if (strlen(argv[1]) >= sizeof app->target.user)
        return err_set(err, ERR_USAGE, "the name is too long");
    /* the password in the target is another user's */
    snprintf(app->target.user, sizeof app->target.user, "%s", argv[1]);
    forget_password(&app->target);
    app->target.has_user = true;
    return app_connect(app, argv[1], err);
}

int cmd_quit(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    (void) argv;
    (void) err;
    app->quit = true;
    return 0;
}

static void show(FILE *out, const char *label, const char *text)
{
    char safe[1024];
    escape_text(safe, sizeof safe, text, strlen(text));
    fprintf(out, "%-10s %s\n", label, safe);
}

static void show_tls(FILE *out, const struct tls_info *tls)
{
    if (!tls || !tls->active) {
        show(out, "tls", "none: the connection can be read by others");
        return;
    }
    fprintf(out, "%-10s %s %s%s\n", "tls", tls->version, tls->cipher,
            tls->resumed ? ", resumed" : "");
    fprintf(out, "%-10s sha256:%s\n", "", tls->sha256);
}

static void show_session(struct app *app)
{
    const struct session *s = app->session;
    char text[PROXY_TEXT + 300], where[PROXY_TEXT];
    const struct proxy *proxy = session_settings(s)->proxy;
    if (proxy)
        snprintf(text, sizeof text, "%s, port %u, through %s", session_host(s),
                 (unsigned) session_port(s), proxy_format(proxy, where, sizeof where));
    else
        snprintf(text, sizeof text, "%s, %s", session_host(s),
                 addr_format_port(session_peer(s), where, sizeof where));
    show(app->out, "server", text);
    show(app->out, "software", session_banner(s));
    show_tls(app->out, session_tls(s));
    show(app->out, "user", session_user(s));
    show(app->out, "folder", session_cwd(s));
    show(app->out, "data", app->path_line[0] ? app->path_line : "no data connection yet");
    if (!session_alive(s))
        show(app->out, "state", "the connection is gone; the next command connects again");
}

static void show_timeouts(struct app *app)
{
    char value[OPTION_VALUE_BYTES];
    const char *before = "";
    fprintf(app->out, "%-10s ", "timeouts");
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];
        if (o->kind != OPTION_SECONDS)
            continue;
        fprintf(app->out, "%s%s %s", before, o->name,
                option_value(&app->settings, o, value, sizeof value));
        before = ", ";
    }
    fputc('\n', app->out);
}

static json_t *session_json(struct app *app)
{
    const struct session *s = app->session;
    if (!s)
        return json_pack("{s:b}", "connected", 0);
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "connected", session_alive(s), "server",
                     report_server_json(&app->report.server), "banner",
                     json_text(session_banner(s)), "user", json_text(session_user(s)), "folder",
                     json_text(session_cwd(s)), "data", json_text_or_null(app->path_line));
}

int cmd_status(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    (void) argv;
    if (app->json)
        return json_line(app->out, session_json(app), err);
    if (app->session)
        show_session(app);
    else
        show(app->out, "server", "not connected");
    show_timeouts(app);
    return 0;
}

static void explain_option(FILE *out, const struct command_option *o)
{
    char left[64], value[32] = "";
    if (o->placeholder)
        snprintf(value, sizeof value, "%s%s", o->name ? "=" : " ", o->placeholder);
    if (o->letter && o->name)
        snprintf(left, sizeof left, "-%c, --%s%s", o->letter, o->name, value);
    else if (o->letter)
        snprintf(left, sizeof left, "-%c%s", o->letter, value);
    else
        snprintf(left, sizeof left, "--%s%s", o->name, value);
    fprintf(out, "  %-24s %s\n", left, o->help);
}

static void explain_command(FILE *out, const struct command *c)
{
    size_t list = 0, at = 0;
    const struct command_option *o;
    fprintf(out, "usage: %s\n%s\n", c->usage, c->help);
    while ((o = command_option_next(c, &list, &at)))
        explain_option(out, o);
    fprintf(out, "example: %s\n", c->example);
}

static json_t *option_json(const struct command_option *o)
{
    char letter[2] = {o->letter, '\0'};
    return json_pack("{s:s*, s:s*, s:s*, s:s}", "letter", o->letter ? letter : NULL, "name",
                     o->name, "value", o->placeholder, "help", o->help);
}

static const char *yields_of(const struct command *c)
{
    return c->json ? "json" : c->contents ? "contents" : "nothing";
}

static int command_json(struct app *app, const struct command *c, struct err *err)
{
    size_t list = 0, at = 0;
    const struct command_option *o;
    json_t *options = json_array();
    while (options && (o = command_option_next(c, &list, &at)))
        json_array_append_new(options, option_json(o));
    return json_line(app->out,
                     json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name", c->name, "usage", c->usage,
                               "help", c->help, "example", c->example, "yields", yields_of(c),
                               "options", options),
                     err);
}

static int list_commands(struct app *app, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < command_count; i++) {
        if (app->json)
            rc = command_json(app, &command_table[i], err);
        else
            fprintf(app->out, "%-8s %s\n", command_table[i].name, command_table[i].help);
    }
    return rc;
}

/* The command that an alias begins with; NULL: none of ours. */
static const struct command *command_behind(const char *meaning)
{
    char name[ALIAS_NAME_BYTES];
    size_t start, len = words_command(meaning, 0, &start);
    snprintf(name, sizeof name, "%.*s", (int) len, meaning + start);
    return len < sizeof name ? command_find(name) : NULL;
}

int cmd_help(struct app *app, int argc, char **argv, struct err *err)
{
    char hint[96];
    if (argc == 1)
        return list_commands(app, err);
    const char *meaning = dictionary_get(&app->aliases, argv[1]);
    const struct command *c = meaning ? command_behind(meaning) : command_find(argv[1]);
    if (!meaning && !c)
        return err_set(err, ERR_USAGE, "no command '%s'%s", argv[1],
                       command_hint(argv[1], &app->aliases, hint, sizeof hint));
    if (meaning && cmd_alias(app, argc, argv, err) < 0)
        return -1;
    if (c && app->json)
        return command_json(app, c, err);
    if (c)
        explain_command(app->out, c);
    return 0;
}

int cmd_version(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    (void) argv;
    if (app->json)
        return json_line(app->out, json_pack("{s:s}", "version", FTPSH_VERSION), err);
    fprintf(app->out, "ftpsh %s\n", FTPSH_VERSION);
    return 0;
}
