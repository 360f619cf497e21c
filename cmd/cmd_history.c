#include "handlers.h"

#include "base/escape.h"
#include "history.h"
#include "jsonout.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int show_line(struct app *app, size_t number, const char *line, struct err *err)
{
    char safe[4 * LINE_BYTES];
    if (app->json)
        return json_line(
            app->out,
            json_pack("{s:I, s:o}", "number", (json_int_t) number, "line", json_text(line)), err);
    escape_text(safe, sizeof safe, line, strlen(line));
    fprintf(app->out, "%5zu  %s\n", number, safe);
    return 0;
}

static int show_last(struct app *app, const struct history_list *h, size_t count, struct err *err)
{
    for (size_t i = h->n > count ? h->n - count : 0; i < h->n; i++) {
        if (show_line(app, i + 1, h->lines[i], err) < 0)
            return -1;
    }
    return 0;
}

/* Outside of the shell the lines are those of the file. */
static int with_file(struct app *app, bool forget, size_t count, struct err *err)
{
    struct history_list h = {.max = SIZE_MAX};
    int rc = forget ? history_forget(&h, err) : history_load(&h, err);
    if (rc == 0)
        rc = show_last(app, &h, count, err);
    history_clear(&h);
    return rc;
}

static int read_count(const char *text, size_t *count, struct err *err)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno)
        return err_set(err, ERR_USAGE, "'%s' is no number of lines", text);
    *count = (size_t) n;
    return 0;
}

int cmd_history(struct app *app, int argc, char **argv, struct err *err)
{
    bool forget = app_option(app, "c") != NULL;
    size_t count = SIZE_MAX;
    if (forget && argc > 1)
        return err_set(err, ERR_USAGE, "-c forgets all lines, and takes no number");
    if (argc > 1 && read_count(argv[1], &count, err) < 0)
        return -1;
    if (!app->past)
        return with_file(app, forget, count, err);
    return forget ? history_forget(app->past, err) : show_last(app, app->past, count, err);
}
