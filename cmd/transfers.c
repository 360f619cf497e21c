#include "transfers.h"

#include "arguments.h"
#include "base/escape.h"
#include "quantity.h"

#include <stdlib.h>
#include <string.h>

const struct command_option transfer_options[] = {
    {.letter = 'c', .name = "continue", .help = "go on where an earlier transfer has ended"},
    {.letter = 'E',
     .name = "delete-source",
     .help = "delete the source of a transfer whose size or contents were compared"},
    {.name = "newer", .help = "pass over files that are not newer than what is there"},
    {.name = "no-clobber", .help = "pass over files that are there"},
    {.name = "max-size",
     .placeholder = "BYTES",
     .kind = OPTION_AMOUNT,
     .help = "pass over files that are larger"},
    {.letter = 'r', .name = "recursive", .help = "folders too, with all that is in them"},
    {.letter = 'P',
     .name = "parallel",
     .placeholder = "N",
     .kind = OPTION_NUMBER,
     .help = "so many files at a time"},
    {.name = "no-times", .help = "the copy's time is now, not the source's"},
    {.name = "limit-rate",
     .placeholder = "BYTES",
     .help = "the most that is moved in a second, for this command"},
    {.name = "verify",
     .placeholder = "WHEN",
     .kind = OPTION_CHOICE,
     .values = "auto|require|off",
     .help = "compare contents by the server's hash, for this command"},
    {0},
};

const struct command_option transfer_get_options[] = {
    {.letter = 'n',
     .name = "segments",
     .placeholder = "N",
     .kind = OPTION_NUMBER,
     .help = "a large file over N connections, 2 to 16"},
    {.letter = 'o', .placeholder = "NAME", .help = "the local name"},
    {.letter = 'O', .placeholder = "FOLDER", .help = "the local folder"},
    {0},
};

const struct command_option transfer_put_options[] = {
    {.letter = 'o', .placeholder = "NAME", .help = "the remote name"},
    {.letter = 'O', .placeholder = "FOLDER", .help = "the remote folder"},
    {.name = "atomic", .help = "under a temporary name first"},
    {.name = "chmod", .help = "with the local file's permissions (SITE CHMOD)"},
    {0},
};

const struct command_option transfer_append_options[] = {
    {.letter = 'E',
     .name = "delete-source",
     .help = "delete the local file when the remote one has grown by its size"},
    {.name = "limit-rate",
     .placeholder = "BYTES",
     .help = "the most that is moved in a second, for this command"},
    {0},
};

/* ---- options ---- */

/* What the app's settings say, with those of the command before them. */
static int override(struct app *app, struct err *err)
{
    static const char *const names[] = {"limit-rate", "verify"};
    struct settings s = app->settings;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = app_option(app, names[i]);
        if (value && option_change(&s, names[i], value, err) < 0)
            return -1;
    }
    app->mover.verify = s.verify;
    return app_option(app, "limit-rate") ? app_own_rate(app, s.limit_rate, err) : 0;
}

static void say_line(void *ctx, const char *line)
{
    app_say(ctx, "%s", line);
}

int transfer_segments(struct app *app, struct segments_options *out, struct err *err)
{
    const char *value = app_option(app, "segments");
    if (!value)
        return 0;
    long n = strtol(value, NULL, 10); /* digits, as the table has it */
    if (n < 2 || n > SEGMENTS_MAX)
        return err_set(err, ERR_USAGE, "option '--segments': %s is not 2 to %d", value,
                       SEGMENTS_MAX);
    *out = (struct segments_options){
        .count = (int) n, .retries = app->settings.retries, .say = say_line, .ctx = app};
    return 1;
}

int transfers_begin(struct transfers *t, struct app *app, enum transfer_direction d,
                    struct err *err)
{
    const char *max = app_option(app, "max-size");
    *t = (struct transfers){
        .app = app, .direction = d, .get = GET_OPTIONS_INIT, .put = PUT_OPTIONS_INIT};
    if (max && quantity_bytes(max, &t->get.max_size, err) < 0)
        return -1;
    int segmented = transfer_segments(app, &t->segments, err);
    if (segmented < 0)
        return -1;
    t->get.segments = segmented ? &t->segments : NULL;
    t->put.max_size = t->get.max_size;
    t->get.resume = t->put.resume = app_option(app, "continue") != NULL;
    t->get.remove_source = t->put.remove_source = app_option(app, "delete-source") != NULL;
    t->get.newer = t->put.newer = app_option(app, "newer") != NULL;
    t->get.no_clobber = t->put.no_clobber = app_option(app, "no-clobber") != NULL;
    t->get.preserve = t->put.preserve = app_option(app, "no-times") == NULL;
    t->put.atomic = app_option(app, "atomic") != NULL;
    t->put.chmod = app_option(app, "chmod") != NULL;
    return override(app, err);
}

void transfers_clear(struct transfers *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->list[i].from);
        free(t->list[i].to);
    }
    free(t->list);
    for (size_t i = 0; i < t->trees.n; i++) {
        free(t->trees.list[i].from);
        free(t->trees.list[i].to);
    }
    free(t->trees.list);
    app_settings_changed(t->app);
    *t = (struct transfers){.app = t->app};
}

/* ---- the list ---- */

static int make_room(struct transfers *t, struct err *err)
{
    if (t->n < t->room)
        return 0;
    size_t room = t->room ? 2 * t->room : 16;
    struct transfer_pair *list = realloc(t->list, room * sizeof *list);
    if (!list)
        return err_set(err, ERR_LOCAL, "out of memory");
    t->list = list;
    t->room = room;
    return 0;
}

int transfers_add(struct transfers *t, const char *from, const char *to, const struct item *item,
                  struct err *err)
{
    if (make_room(t, err) < 0)
        return -1;
    struct transfer_pair *pair = &t->list[t->n];
    *pair = (struct transfer_pair){.from = strdup(from),
                                   .to = strdup(to),
                                   .size = LISTING_UNKNOWN,
                                   .mtime = LISTING_UNKNOWN,
                                   .mode = LISTING_UNKNOWN};
    if (!pair->from || !pair->to) {
        free(pair->from);
        free(pair->to);
        return err_set(err, ERR_LOCAL, "out of memory");
    }
    if (item && item->type == ENTRY_FILE) {
        pair->size = item->size;
        pair->mtime = item->mtime_exact ? item->mtime : LISTING_UNKNOWN;
        pair->mode = item->mode;
    }
    t->n++;
    return 0;
}

int transfers_add_tree(struct transfers *t, const char *from, const char *to, struct err *err)
{
    struct transfer_pair *list = realloc(t->trees.list, (t->trees.n + 1) * sizeof *list);
    struct transfer_pair tree = {.from = strdup(from), .to = strdup(to)};
    if (list)
        t->trees.list = list;
    if (list && tree.from && tree.to) {
        list[t->trees.n++] = tree;
        return 0;
    }
    free(tree.from);
    free(tree.to);
    return err_set(err, ERR_LOCAL, "out of memory");
}

static int by_aim(const void *a, const void *b)
{
    const struct transfer_pair *const *x = a, *const *y = b;
    return strcmp((*x)->to, (*y)->to);
}

static int check_aims(const struct transfers *t, struct err *err)
{
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are sorted */
    const struct transfer_pair **sorted = calloc(t->n ? t->n : 1, sizeof *sorted);
    int rc = sorted ? 0 : err_set(err, ERR_LOCAL, "out of memory");
    for (size_t i = 0; sorted && i < t->n; i++)
        sorted[i] = &t->list[i];
    if (sorted)
        qsort(sorted, t->n, sizeof *sorted, by_aim); /* NOLINT(bugprone-sizeof-expression): alike */
    for (size_t i = 1; rc == 0 && i < t->n; i++) {
        if (strcmp(sorted[i - 1]->to, sorted[i]->to) == 0)
            rc = err_set(err, ERR_USAGE, "%s and %s would both become %s", sorted[i - 1]->from,
                         sorted[i]->from, sorted[i]->to);
    }
    free(sorted);
    return rc;
}

/* ---- one transfer ---- */

/* In the shell, and with -v, a person wants to know what came of it; what was passed over, always.
 */
static void tell(struct app *app, const struct transfer *t)
{
    char amount[AMOUNT_TEXT], rate[AMOUNT_TEXT], name[256];
    const char *what = t->direction == TRANSFER_GET ? t->remote : t->local;
    escape_text(name, sizeof name, what, strlen(what));
    if (t->skipped)
        app_say(app, "%s: skipped, %s", name, skip_reason(t->skipped));
    if (t->skipped || (app->mode != MODE_SHELL && !app->settings.verbose))
        return;
    format_amount((double) t->bytes, amount);
    format_amount(t->ms > 0 ? (double) t->bytes * 1000 / (double) t->ms : 0, rate);
    app_say(app, "%s: %s in %.1f s (%s/s), %s", name, amount, (double) t->ms / 1000, rate,
            verdict_name(t->verdict));
}

int transfers_try(const struct transfers *t, struct mover *m, const struct transfer_pair *pair,
                  struct transfer_course *c, struct transfer *out, struct err *err)
{
    struct get_options get = t->get;
    struct put_options put = t->put;
    if (c->bytes > 0 && !get.resume) /* what cannot be continued begins again */
        get.anew = put.anew = get.resume = put.resume = true;
    if (c->tries.opened) /* what could pass it over was looked at */
        get.newer = get.no_clobber = put.newer = put.no_clobber = false;
    put.tries = &c->tries;
    put.retries = t->app->settings.retries;
    get.size = pair->size;
    get.mtime = pair->mtime;
    get.mode = pair->mode;
    int rc = t->direction == TRANSFER_PUT ? put_file(m, pair->from, pair->to, &put, out, err)
                                          : get_file(m, pair->from, pair->to, &get, out, err);
    if (rc < 0)
        retry_failed(&c->tries, out);
    out->bytes = c->bytes += out->bytes;
    out->ms = c->ms += out->ms;
    return rc;
}

void transfers_tell(struct transfers *t, const struct transfer *out, bool well)
{
    if (!*out->remote) /* never begun */
        return;
    if (!out->skipped)
        app_report_transfer(t->app, out);
    if (well)
        tell(t->app, out);
}

static int try_single(struct transfers *t, struct transfer_course *c, struct transfer *out,
                      struct err *err)
{
    struct app *app = t->app;
    progress_start(&app->bar, t->list[0].from);
    int rc = transfers_try(t, &app->mover, &t->list[0], c, out, err);
    progress_stop(&app->bar);
    return rc;
}

/* 1 behind a pause, where the next try may do better; 0 or, with ERR_CANCELLED, -1. */
static int may_try_again(struct transfers *t, const struct transfer_course *c,
                         const struct transfer *out, const struct err *why, struct err *err)
{
    struct app *app = t->app;
    char line[1024];
    if (!retry_follows(&c->tries, app->settings.retries, &app->mover, out, why))
        return 0;
    struct deadline again = retry_pause(c->tries.failures);
    struct err ended = ERR_INIT;
    retry_line(line, sizeof line, t->list[0].from, why, again);
    app_say(app, "%s", line);
    if (app_pause(app, deadline_left_ms(again), &ended) == 0)
        return 1;
    return ended.code == ERR_CANCELLED ? err_take(err, &ended) : 0;
}

/* As a pool does it with several, over the app's own session; the first cause is kept. */
static int run_single(struct transfers *t, struct err *err)
{
    struct transfer out = {0};
    struct transfer_course c = {0};
    struct err first = ERR_INIT, why = ERR_INIT;
    int rc = try_single(t, &c, &out, &why), more = 0;
    while (rc < 0 && (more = may_try_again(t, &c, &out, &why, err)) > 0) {
        err_take(&first, &why);
        err_clear(&why);
        rc = try_single(t, &c, &out, &why);
    }
    transfers_tell(t, &out, rc == 0);
    if (rc == 0 || more < 0)
        return rc;
    return err_take(err, why.code == ERR_CANCELLED || !err_is_set(&first) ? &why : &first);
}

static int read_parallel(const struct app *app, int *n, struct err *err)
{
    const char *text = app_option(app, "parallel");
    long value = text ? strtol(text, NULL, 10) : 1;
    if (value < 1 || value > POOL_WORKERS_MAX)
        return err_set(err, ERR_USAGE, "--parallel: the number goes from 1 to %d",
                       POOL_WORKERS_MAX);
    *n = (int) value;
    return 0;
}

int transfers_run(struct transfers *t, struct err *err)
{
    int workers = 1;
    if (read_parallel(t->app, &workers, err) < 0 || check_aims(t, err) < 0)
        return -1;
    if (t->trees.n > 0)
        return transfers_run_trees(t, workers, err);
    if (t->n == 1)
        return run_single(t, err);
    return t->n > 0 ? transfers_run_pooled(t, workers, err) : 0;
}
