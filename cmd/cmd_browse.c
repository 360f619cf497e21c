#include "handlers.h"

#include "jsonout.h"
#include "parts.h"
#include "show.h"
#include "xfer/list.h"
#include "xfer/stat.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int print_name(void *ctx, const char *line, size_t len, struct err *err)
{
    struct app *app = ctx;
    char name[LISTING_LINE_MAX + 1];
    len = len < LISTING_LINE_MAX ? len : LISTING_LINE_MAX;
    memcpy(name, line, len);
    name[len] = '\0';
    if (app->json)
        return json_line(app->out, json_pack("{s:o}", "name", json_text(name)), err);
    char *text = show_text(name, isatty(fileno(app->out)));
    fprintf(app->out, "%s\n", text ? text : "?");
    free(text);
    return 0;
}

int cmd_nlist(struct app *app, int argc, char **argv, struct err *err)
{
    return list_names(&app->mover, argc > 1 ? argv[1] : NULL, print_name, app, err);
}

int print_path(struct app *app, const char *path, struct err *err)
{
    if (app->json)
        return json_line(app->out, json_pack("{s:o}", "path", json_text(path)), err);
    char *text = show_text(path, isatty(fileno(app->out)));
    fprintf(app->out, "%s\n", text ? text : "?");
    free(text);
    return 0;
}

/* session_cwd() is empty where PWD was not answered yet: ask. */
int cmd_pwd(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    (void) argv;
    char path[PATH_BYTES];
    struct reply r = {0};
    if (session_expect(app->session, &r, "pwd", err, "PWD") < 0)
        return -1;
    int rc = path_from_257(reply_last_line(&r), path, err);
    reply_clear(&r);
    return rc < 0 ? -1 : print_path(app, path, err);
}

int cmd_cd(struct app *app, int argc, char **argv, struct err *err)
{
    return session_cd(app->session, argc > 1 ? argv[1] : app->home, err);
}

int cmd_cdup(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    (void) argv;
    return session_cd(app->session, "..", err);
}

static int print_size(struct app *app, const char *path, struct err *err)
{
    int64_t size;
    if (session_size(app->session, path, &size, err) < 0)
        return -1;
    if (app->json) {
        json_t *o = json_pack("{s:o, s:I}", "name", json_text(path), "size", (json_int_t) size);
        return json_line(app->out, o, err);
    }
    fprintf(app->out, "%lld\n", (long long) size);
    return 0;
}

static void print_stat(FILE *out, const struct item *e)
{
    char mode[SHOW_MODE_BYTES], when[SHOW_MOMENT_BYTES];
    char *name = show_text(e->name, true), *target = show_text(e->target, true);
    fprintf(out, "%s: %s", name ? name : "?", entry_type_name(e->type));
    if (*e->target)
        fprintf(out, " to %s", target ? target : "?");
    free(name);
    free(target);
    if (e->size != LISTING_UNKNOWN)
        fprintf(out, ", %lld bytes", (long long) e->size);
    if (e->mtime != LISTING_UNKNOWN) {
        show_moment(e->mtime, e->mtime_exact, when);
        fprintf(out, ", modified %s", when);
    }
    if (e->mode != LISTING_UNKNOWN) {
        show_mode(e, mode);
        fprintf(out, ", %s", mode);
    }
    if (*e->owner || *e->group) {
        char *owner = show_text(e->owner, true), *group = show_text(e->group, true);
        fprintf(out, ", %s:%s", owner ? owner : "?", group ? group : "?");
        free(owner);
        free(group);
    }
    fputc('\n', out);
}

static int stat_one(struct app *app, const char *path, struct err *err)
{
    struct items found = {0};
    int rc = stat_remote(&app->mover, path, &found, err);
    if (rc == 0 && app->json)
        rc = json_line(app->out, show_json(found.list, NULL), err);
    else if (rc == 0)
        print_stat(app->out, found.list);
    items_clear(&found);
    return rc;
}

int cmd_size(struct app *app, int argc, char **argv, struct err *err)
{
    return parts_each(app, print_size, argc, argv, err);
}

int cmd_stat(struct app *app, int argc, char **argv, struct err *err)
{
    return parts_each(app, stat_one, argc, argv, err);
}
