#include "parts.h"

#include "commands.h"
#include "xfer/walk.h"

#include <stdio.h>
#include <string.h>

static void complain(const struct parts *p, const struct err *why)
{
    char context[512];
    struct app *app = p->app;
    const char *where = app->where ? app->where : "", *name = app->call->command->name;
    snprintf(context, sizeof context, "%s%s%s", where, *where ? ": " : "", name);
    app_complain(app, context, why, p->from);
}

struct parts parts_begin(struct app *app)
{
    return (struct parts){.app = app, .from = app->attempts.n};
}

void parts_note(struct parts *p, const struct err *why)
{
    complain(p, why);
    err_take(&p->first, why);
}

int parts_failed(struct parts *p, const struct err *why, struct err *err)
{
    if (!walk_may_go_on(why) && why->code != ERR_USAGE)
        return err_take(err, why);
    parts_note(p, why);
    return 0;
}

int parts_refused(struct parts *p, const char *folder, const struct err *why, struct err *err)
{
    struct err named = *why;
    if (!strstr(why->msg, folder))
        err_wrap(&named, "%s", folder);
    return parts_failed(p, &named, err);
}

void parts_odd(struct parts *p, const char *folder, const char *name)
{
    app_say(p->app, "%s: '%s' in %s is no name of a single file and is passed over",
            p->app->call->command->name, name, *folder ? folder : "the current folder");
}

int parts_end(struct parts *p, int rc, struct err *err)
{
    if (!err_is_set(&p->first) || (rc < 0 && err->code == ERR_CANCELLED))
        return rc;
    if (rc < 0)
        complain(p, err);
    *err = p->first;
    p->app->told = true;
    return -1;
}

/* A single one's failure is the command's own. */
int parts_each_or(struct app *app, parts_one_fn one, parts_failed_fn failed, int argc, char **argv,
                  struct err *err)
{
    struct parts parts = parts_begin(app);
    int rc = 0;
    if (argc == 2)
        return one(app, argv[1], err);
    for (int i = 1; rc == 0 && i < argc; i++) {
        struct err why = ERR_INIT;
        if (one(app, argv[i], &why) < 0)
            rc = failed(&parts, &why, err);
    }
    return parts_end(&parts, rc, err);
}

int parts_each(struct app *app, parts_one_fn one, int argc, char **argv, struct err *err)
{
    return parts_each_or(app, one, parts_failed, argc, argv, err);
}
