#include "handlers.h"

#include "cat.h"
#include "lasts.h"
#include "parts.h"
#include "quantity.h"
#include "show.h"
#include "signals.h"
#include "xfer/get.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES_USUAL = 10, LINE_GUESS = 128, GUESS_MIN = 8 * 1024, SECONDS_USUAL = 2 };

/* Of the last bytes: more are shown as they come. lasts.h holds twice as many for a moment. */
enum { BYTES_HELD = 16 * 1024 * 1024 };

/* How much of a file: -n lines, or -c bytes. */
struct amount {
    bool bytes;
    int64_t n;
};

static int read_amount(const struct app *app, struct amount *a, struct err *err)
{
    const char *lines = app_option(app, "n"), *bytes = app_option(app, "c");
    *a = (struct amount){bytes != NULL, LINES_USUAL};
    if (lines && bytes)
        return err_set(err, ERR_USAGE, "-n or -c, not both");
    if (bytes)
        return quantity_bytes(bytes, &a->n, err);
    if (lines)
        a->n = strtol(lines, NULL, 10); /* digits, as the table has it */
    return 0;
}

/* "==> name <==", as head(1) has it, where there are several. */
static void print_heading(struct app *app, int i, int n, const char *path)
{
    if (n < 2)
        return;
    char *name = show_text(path, isatty(fileno(app->out)));
    fprintf(app->out, "%s==> %s <==\n", i > 1 ? "\n" : "", name ? name : "?");
    free(name);
}

static int each(struct app *app, int argc, char **argv, const struct amount *a,
                int (*one)(struct app *app, const char *path, const struct amount *a,
                           struct err *err),
                struct err *err)
{
    struct parts parts = parts_begin(app);
    int rc = 0;
    for (int i = 1; rc == 0 && i < argc; i++) {
        struct err why = ERR_INIT;
        print_heading(app, i, argc - 1, argv[i]);
        if (one(app, argv[i], a, &why) < 0)
            rc = argc > 2 ? parts_failed(&parts, &why, err) : err_take(err, &why);
    }
    return parts_end(&parts, rc, err);
}

/* ---- head ---- */

struct head {
    struct app *app;
    bool bytes;
    int64_t left;
    struct get_slice *slice;
};

/* How much of it stands before the end of the last line, or byte, that is wanted. */
static size_t take(struct head *h, const char *data, size_t len)
{
    if (h->bytes) {
        size_t n = h->left < (int64_t) len ? (size_t) h->left : len;
        h->left -= (int64_t) n;
        return n;
    }
    const char *at = data, *end = data + len;
    while (at < end && h->left > 0) {
        const char *newline = memchr(at, '\n', (size_t) (end - at));
        if (!newline)
            return len;
        h->left--;
        at = newline + 1;
    }
    return (size_t) (at - data);
}

static int write_head(void *ctx, const void *data, size_t len, struct err *err)
{
    struct head *h = ctx;
    size_t n = take(h, data, len);
    h->slice->enough = h->left == 0;
    return cat_write(h->app, data, n, err);
}

static int head_one(struct app *app, const char *path, const struct amount *a, struct err *err)
{
    struct head h = {.app = app, .bytes = a->bytes, .left = a->n};
    struct pump_sink sink = {write_head, &h};
    struct get_slice slice = {.sink = &sink, .enough = a->n == 0};
    h.slice = &slice;
    if (a->n == 0)
        return 0;
    if (get_slice(&app->mover, path, &slice, err) < 0)
        return -1;
    if (slice.unclean && !slice.enough)
        return err_set(err, ERR_TRUNCATED, "%s: the data ended without TLS's close", path);
    return 0;
}

int cmd_head(struct app *app, int argc, char **argv, struct err *err)
{
    struct amount a;
    if (read_amount(app, &a, err) < 0)
        return -1;
    return each(app, argc, argv, &a, head_one, err);
}

/* ---- tail ---- */

/* A file whose end is shown. */
struct tail {
    struct app *app;
    const char *path;
    int64_t at;    /* all before it was shown, or need not be */
    int64_t size;  /* as the server told it last; LISTING_UNKNOWN */
    bool restarts; /* the server took REST, and sent all of it nevertheless */
};

static int ask_size(struct tail *t, struct err *err)
{
    struct err why = ERR_INIT;
    t->size = LISTING_UNKNOWN;
    if (session_size(t->app->session, t->path, &t->size, &why) == 0)
        return 0;
    t->size = LISTING_UNKNOWN;
    bool unknown = why.reply >= 500 && why.reply <= 504;
    return unknown || why.code == ERR_PROTOCOL ? 0 : err_take(err, &why);
}

/* More than there is has come, and it has not grown meanwhile: it came from its start. */
static int check_restart(struct tail *t, int64_t offset, int64_t came, struct err *err)
{
    if (offset == 0 || t->size < 0 || t->at <= t->size)
        return 0;
    if (ask_size(t, err) < 0)
        return -1;
    t->restarts = t->size >= 0 && t->at > t->size;
    if (t->restarts)
        t->at = came;
    return 0;
}

static int refuse_restart(const struct tail *t, const char *what, struct err *err)
{
    if (!t->restarts)
        return 0;
    return err_set(err, ERR_REPLY_PERMANENT, "%s: the server ignores REST: %s", t->path, what);
}

/* From `offset` to the end; without close_notify only the size tells whether that was all. */
static int fetch(struct tail *t, int64_t offset, const struct pump_sink *sink, struct err *err)
{
    struct get_slice slice = {.offset = offset, .skip = true, .sink = sink};
    if (get_slice(&t->app->mover, t->path, &slice, err) < 0)
        return -1;
    t->at = offset + slice.came;
    if (slice.unclean && t->at < t->size)
        return err_set(err, ERR_TRUNCATED, "%s: the data ended without TLS's close", t->path);
    return check_restart(t, offset, slice.came, err);
}

static int feed(void *ctx, const void *data, size_t len, struct err *err)
{
    struct lasts *l = ctx;
    if (buf_len(&l->text) + len <= LASTS_BYTES_MAX)
        return lasts_feed(l, data, len, err);
    return err_set(err, ERR_LOCAL, "the last lines are longer than %d MiB: -c takes so many bytes",
                   LASTS_BYTES_MAX >> 20);
}

/* What stands at the end is guessed, and more of it fetched until it is enough. */
static int fetch_lasts(struct tail *t, const struct amount *a, struct lasts *l, struct err *err)
{
    int64_t guess = a->bytes ? a->n : a->n * LINE_GUESS + GUESS_MIN;
    for (;; guess *= 8) {
        int64_t offset = t->size > guess ? t->size - guess : 0;
        struct pump_sink sink = {feed, l};
        lasts_clear(l);
        lasts_init(l, a->bytes, a->n);
        if (fetch(t, offset, &sink, err) < 0)
            return -1;
        lasts_end(l);
        if (a->bytes || l->cut || offset == 0)
            return 0;
    }
}

static int show_end(struct tail *t, const struct amount *a, struct err *err)
{
    struct lasts l;
    struct pump_sink out = {cat_write, t->app};
    if (ask_size(t, err) < 0)
        return -1;
    if (a->bytes && a->n > BYTES_HELD && t->size >= 0) {
        if (fetch(t, t->size > a->n ? t->size - a->n : 0, &out, err) < 0)
            return -1;
        return refuse_restart(t, "what was shown is not the end alone", err);
    }
    lasts_init(&l, a->bytes, a->n);
    int rc = fetch_lasts(t, a, &l, err);
    if (rc == 0 && buf_len(&l.text) > 0)
        rc = cat_write(t->app, buf_data(&l.text), buf_len(&l.text), err);
    lasts_clear(&l);
    return rc;
}

static int tail_one(struct app *app, const char *path, const struct amount *a, struct err *err)
{
    struct tail t = {.app = app, .path = path};
    return show_end(&t, a, err);
}

/* ---- tail -f ---- */

/* 0 with t->size; 1: it is not there (any more). */
static int look(struct tail *t, struct err *err)
{
    struct err why = ERR_INIT;
    if (ask_size(t, &why) == 0)
        return 0;
    return why.code == ERR_REPLY_PERMANENT ? 1 : err_take(err, &why);
}

static const char cannot_follow[] = "-f cannot show what is added alone";

static int follow_step(struct tail *t, bool *gone, struct err *err)
{
    struct pump_sink out = {cat_write, t->app};
    int missing = look(t, err);
    if (missing < 0)
        return -1;
    if (missing && !*gone)
        app_say(t->app, "%s is gone; waiting for it to come back", t->path);
    if (!missing && (*gone || t->size < t->at)) {
        app_say(t->app, "%s is %s; from its start", t->path,
                *gone ? "there again" : "shorter than it was: cut, or another file");
        t->at = 0;
    }
    *gone = missing > 0;
    if (missing || t->size <= t->at)
        return 0;
    if (fetch(t, t->at, &out, err) < 0 || refuse_restart(t, cannot_follow, err) < 0)
        return -1;
    return app_flush(t->app, err);
}

static int follow(struct tail *t, int64_t pause_ms, struct err *err)
{
    bool gone = false;
    if (t->size == LISTING_UNKNOWN)
        return err_set(err, ERR_REPLY_PERMANENT,
                       "%s: the server tells no size: -f cannot see it grow", t->path);
    if (app_flush(t->app, err) < 0 || refuse_restart(t, cannot_follow, err) < 0)
        return -1;
    while (app_flush(t->app, err) == 0 && app_pause(t->app, pause_ms, err) == 0 &&
           follow_step(t, &gone, err) == 0)
        ;
    return -1;
}

int cmd_tail(struct app *app, int argc, char **argv, struct err *err)
{
    struct amount a;
    const char *seconds = app_option(app, "s");
    long pause = seconds ? strtol(seconds, NULL, 10) : SECONDS_USUAL;
    if (read_amount(app, &a, err) < 0)
        return -1;
    if (!app_option(app, "f"))
        return seconds ? err_set(err, ERR_USAGE, "-s goes with -f")
                       : each(app, argc, argv, &a, tail_one, err);
    if (argc > 2 || pause < 1)
        return err_set(err, ERR_USAGE, argc > 2 ? "-f follows one file" : "-s: 1 second at least");
    struct tail t = {.app = app, .path = argv[1]};
    if (show_end(&t, &a, err) < 0)
        return -1;
    follow(&t, 1000 * (int64_t) pause, err);
    /* in the shell Ctrl-C is the way to end it */
    if (app->mode != MODE_SHELL || err->code != ERR_CANCELLED || signals_ending())
        return -1;
    err_clear(err);
    fputc('\n', app->messages); /* behind the terminal's ^C */
    return 0;
}
