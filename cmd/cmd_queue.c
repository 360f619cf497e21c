#include "handlers.h"

#include "background.h"
#include "base/escape.h"
#include "jsonout.h"

#include <stdlib.h>
#include <string.h>

static const char *state_name(enum task_state s)
{
    static const char *const names[] = {[TASK_WAITING] = "waiting",
                                        [TASK_RUNNING] = "running",
                                        [TASK_DONE] = "done",
                                        [TASK_FAILED] = "failed"};
    return names[s];
}

struct listing {
    struct app *app;
    bool queue_only;
};

static int show_json(struct app *app, const struct task_view *v, struct err *err)
{
    json_t *row = json_pack("{s:i, s:s, s:b, s:o, s:I}", "number", v->number, "state",
                            state_name(v->state), "queued", v->queued, "command",
                            json_text(v->text), "bytes", (json_int_t) v->done);
    if (row && v->total >= 0)
        json_object_set_new(row, "total", json_integer((json_int_t) v->total));
    return json_line(app->out, row, err);
}

/* "[2] running  42%  1.2 MB  get big" */
static int show(void *ctx, const struct task_view *v, struct err *err)
{
    const struct listing *l = ctx;
    char text[1024], amount[AMOUNT_TEXT] = "", percent[16] = "";
    if (l->queue_only && !v->queued)
        return 0;
    if (l->app->json)
        return show_json(l->app, v, err);
    if (v->done > 0)
        format_amount((double) v->done, amount);
    if (v->total > 0)
        snprintf(percent, sizeof percent, "%d%%",
                 (int) (100.0 * (double) v->done / (double) v->total));
    escape_text(text, sizeof text, v->text, strlen(v->text));
    fprintf(l->app->out, "[%d] %s  %4s  %8s  %s\n", v->number, state_name(v->state), percent,
            amount, text);
    return 0;
}

int cmd_jobs(struct app *app, int argc, char **argv, struct err *err)
{
    struct listing l = {app, false};
    (void) argc, (void) argv;
    return background_each(app, show, &l, err);
}

/* 1 and up. */
static int read_number(const char *text, int *n, struct err *err)
{
    char *end;
    long value = strtol(text[0] == '%' ? text + 1 : text, &end, 10);
    if (*end || end == text || value < 1 || value > 1000000)
        return err_set(err, ERR_USAGE, "'%s' is no number of a command; 'jobs' lists them", text);
    *n = (int) value;
    return 0;
}

int cmd_kill(struct app *app, int argc, char **argv, struct err *err)
{
    int n = 0;
    for (int i = 1; i < argc; i++) {
        if (read_number(argv[i], &n, err) < 0 || background_kill(app, n, err) < 0)
            return -1;
    }
    return 0;
}

int cmd_wait(struct app *app, int argc, char **argv, struct err *err)
{
    int n = 0;
    if (argc > 1 && read_number(argv[1], &n, err) < 0)
        return -1;
    return background_wait(app, n, err);
}

static int move(struct app *app, int argc, char **argv, struct err *err)
{
    int n = 0, place = 0;
    if (argc != 4)
        return err_set(err, ERR_USAGE, "usage: queue move NUMBER PLACE");
    if (read_number(argv[2], &n, err) < 0 || read_number(argv[3], &place, err) < 0)
        return -1;
    return background_move(app, n, place, err);
}

static int list_queue(struct app *app, struct err *err)
{
    struct listing l = {app, true};
    if (background_held(app))
        app_say(app, "the queue is stopped; 'queue start' goes on with it");
    return background_each(app, show, &l, err);
}

int cmd_queue(struct app *app, int argc, char **argv, struct err *err)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (argc < 2)
        return list_queue(app, err);
    if (argc == 2 && (strcmp(word, "stop") == 0 || strcmp(word, "start") == 0))
        return background_hold(app, strcmp(word, "stop") == 0, err);
    if (strcmp(word, "delete") == 0 && argc > 2)
        return cmd_kill(app, argc - 1, argv + 1, err);
    if (strcmp(word, "move") == 0)
        return move(app, argc, argv, err);
    return background_add(app, true, argc - 1, argv + 1, app->call->patterns + 1, err);
}
