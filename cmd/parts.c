#include "parts.h"

#include "commands.h"
#include "xfer/walk.h"

#include <stdio.h>
#include <string.h>

static void complain(struct app *app, const struct err *why)
{
    char context[512];
    const char *where = app->where ? app->where : "", *name = app->call->command->name;
    snprintf(context, sizeof context, "%s%s%s", where, *where ? ": " : "", name);
    app_complain(app, context, why, app->attempts.n);
}

struct parts parts_begin(struct app *app)
{
    return (struct parts){.app = app};
}

int parts_failed(struct parts *p, const struct err *why, struct err *err)
{
    if (!walk_may_go_on(why))
        return err_take(err, why);
    complain(p->app, why);
    err_take(&p->first, why);
    return 0;
}

int parts_end(struct parts *p, int rc, struct err *err)
{
    if (!err_is_set(&p->first) || (rc < 0 && err->code == ERR_CANCELLED))
        return rc;
    if (rc < 0)
        complain(p->app, err);
    *err = p->first;
    p->app->told = true;
    return -1;
}
