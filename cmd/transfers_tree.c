#include "transfers.h"

#include "handlers.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

/* Options of get and put as mirror knows them. */
static const struct {
    const char *name, *as;
} options[] = {
    {"parallel", "--parallel"}, {"continue", "--continue"}, {"no-clobber", "--only-missing"},
    {"max-size", "--max-size"}, {"atomic", "--atomic"},     {"newer", "--newer"},
    {"no-times", "--no-times"}, {"chmod", "--chmod"},       {"delete-source", "--delete-source"},
    {"segments", "--segments"},
};

enum { WORDS = 2 * sizeof options / sizeof options[0] + 5 };

static int make_words(const struct transfers *t, const struct transfer_pair *tree,
                      const char *words[WORDS])
{
    int n = 0;
    words[n++] = "mirror";
    if (t->direction == TRANSFER_PUT)
        words[n++] = "--reverse";
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const char *value = app_option(t->app, options[i].name);
        if (!value)
            continue;
        words[n++] = options[i].as;
        if (*value)
            words[n++] = value;
    }
    words[n++] = "--";
    words[n++] = tree->from;
    words[n++] = tree->to;
    return n;
}

/* A tree is copied as mirror does it, which deletes nothing. */
static int run_tree(struct transfers *t, const struct transfer_pair *tree, struct err *err)
{
    struct app *app = t->app;
    const struct call *own = app->call;
    const char *words[WORDS];
    struct call *call = malloc(sizeof *call);
    int n = make_words(t, tree, words);
    int rc = call ? call_make(call, n, (char **) (uintptr_t) words, NULL, NULL, err)
                  : err_set(err, ERR_LOCAL, "out of memory");
    if (rc == 0) {
        app->call = call;
        rc = cmd_mirror(app, call->argc, call->argv, err);
        app->call = own;
    }
    free(call);
    return rc;
}

/* What has failed is told; -1 where nothing more is to be done. */
static int note(struct parts *parts, const struct err *why, struct err *err)
{
    struct app *app = parts->app;
    if (why->code == ERR_CANCELLED || why->code == ERR_USAGE)
        return err_take(err, why);
    if (app->told)
        err_take(&parts->first, why);
    else
        parts_note(parts, why);
    app->told = false;
    return 0;
}

int transfers_run_trees(struct transfers *t, int workers, struct err *err)
{
    struct parts parts = parts_begin(t->app);
    struct err why = ERR_INIT;
    int rc = 0;
    if (t->n > 0 && transfers_run_pooled(t, workers, &why) < 0)
        rc = note(&parts, &why, err);
    for (size_t i = 0; rc == 0 && i < t->trees.n; i++) {
        err_clear(&why);
        if (run_tree(t, &t->trees.list[i], &why) < 0)
            rc = note(&parts, &why, err);
    }
    return parts_end(&parts, rc, err);
}
