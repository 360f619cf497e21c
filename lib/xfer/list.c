#include "xfer/list.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- lines out of a stream of bytes ---- */

struct lines {
    list_line_fn each;
    void *ctx;
    size_t len;
    char text[LISTING_LINE_MAX];
};

static int line_out(struct lines *l, struct err *err)
{
    size_t len = l->len;
    l->len = 0;
    if (len > 0 && l->text[len - 1] == '\r')
        len--;
    if (memchr(l->text, '\0', len))
        return err_set(err, ERR_PROTOCOL, "a line of the listing holds a NUL byte");
    return l->each(l->ctx, l->text, len, err);
}

static int lines_write(void *ctx, const void *data, size_t len, struct err *err)
{
    struct lines *l = ctx;
    const char *p = data, *end = p + len;
    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t) (end - p));
        size_t n = (size_t) ((lf ? lf : end) - p);
        if (n >= sizeof l->text - l->len)
            return err_set(err, ERR_PROTOCOL, "a line of the listing is longer than %d bytes",
                           LISTING_LINE_MAX - 1);
        memcpy(l->text + l->len, p, n);
        l->len += n;
        if (!lf)
            return 0;
        if (line_out(l, err) < 0)
            return -1;
        p = lf + 1;
    }
    return 0;
}

static int list_run(struct mover *m, const char *command, const char *path, list_line_fn each,
                    void *ctx, struct err *err)
{
    struct channel_request request = {CHANNEL_DOWN, command, path && *path ? path : NULL, 0};
    struct channel *channel;
    struct pump_end end;
    struct pump_settings settings = m->pump;
    settings.progress = NULL; /* a listing is no transfer */
    if (channel_open(m->session, m->ladder, &request, m->attempts, &channel, err) < 0)
        return -1;
    struct lines *l = calloc(1, sizeof *l);
    if (!l) {
        err_set(err, ERR_LOCAL, "out of memory");
        channel_abort(channel, err);
        return -1;
    }
    l->each = each;
    l->ctx = ctx;
    struct pump_sink sink = {lines_write, l};
    int rc = pump_down(channel, &sink, &settings, &end, err);
    if (rc == 0 && l->len > 0)
        rc = line_out(l, err);
    if (rc == 0 && end.unclean)
        log_note(session_settings(m->session)->log,
                 "the listing ended without TLS's close_notify; the server confirmed it");
    free(l);
    return rc;
}

/* ---- entries out of lines ---- */

struct entries {
    list_entry_fn each;
    void *ctx;
    bool mlsd;
    int64_t now;
    int64_t shown, unread;
    struct entry e;
};

static int entry_line(void *ctx, const char *line, size_t len, struct err *err)
{
    struct entries *x = ctx;
    int rc =
        x->mlsd ? mlsd_parse(line, len, &x->e, NULL) : list_parse(line, len, x->now, &x->e, NULL);
    if (rc < 0)
        x->unread++;
    if (rc <= 0 || x->e.here || x->e.parent)
        return 0;
    x->shown++;
    return x->each(x->ctx, &x->e, err);
}

static int understood(const struct entries *x, struct err *err)
{
    if (x->shown > 0 || x->unread == 0)
        return 0;
    return err_set(err, ERR_PROTOCOL, "the listing is in a format that is not known");
}

static bool refused(const struct err *err)
{
    return err->code == ERR_REPLY_PERMANENT || err->code == ERR_REPLY_TRANSIENT;
}

/* Whether `path` is a folder: 1, 0, or -1 when the session broke. */
static int is_folder(struct session *s, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    if (session_visit(s, path, &why) == 0) {
        session_leave(s);
        return 1;
    }
    return refused(&why) ? 0 : err_take(err, &why);
}

/* An empty folder is no error, whatever the server says (FIELD-NOTES 48), and an empty listing of a
 * folder that is not there is one. Keeps `why` in err when the path is no folder. */
static int confirm_empty(struct mover *m, const char *path, const struct err *why, struct err *err)
{
    int rc = !path || !*path ? 1 : is_folder(m->session, path, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (!err_is_set(why))
        return err_set_reply(err, 550, "%s: no such file or folder", path);
    return err_take(err, why);
}

/* One file by MLST (RFC 3659 section 7.2); its name is shown as it was asked for. 1 when it is
 * there, 0 when it is not or is a folder. */
static int single_entry(struct mover *m, const char *path, struct entries *x, struct err *err)
{
    struct reply r;
    struct err why = ERR_INIT;
    if (session_expect(m->session, &r, path, &why, "MLST %s", path) < 0) {
        reply_clear(&r);
        return 0;
    }
    int found = 0;
    char *name = strdup(path);
    for (const char *line = strchr(r.text, '\n'); name && line && !found;
         line = strchr(line, '\n')) {
        line++;
        const char *end = strchr(line, '\n');
        if (!end)
            break;
        while (line < end && *line == ' ')
            line++;
        found = mlsd_parse(line, (size_t) (end - line), &x->e, NULL) > 0;
    }
    if (found && x->e.type != ENTRY_DIR) {
        x->e.name = name;
        found = x->each(x->ctx, &x->e, err) < 0 ? -1 : 1;
    } else {
        found = 0;
    }
    free(name);
    reply_clear(&r);
    return found;
}

/* 1: done; 0: this server has no working MLSD; -1. */
static int list_by_mlsd(struct mover *m, const char *path, struct entries *x, struct err *err)
{
    struct err why = ERR_INIT;
    x->mlsd = true;
    int rc = list_run(m, "MLSD", path, entry_line, x, &why);
    if (rc == 0)
        return understood(x, err) < 0 ? -1 : 1;
    if (refused(&why) && (why.reply == 500 || why.reply == 502 || why.reply == 504)) {
        m->mlsd_broken = true;
        return 0;
    }
    if (refused(&why) && path && *path) {
        rc = single_entry(m, path, x, err);
        if (rc != 0)
            return rc;
    }
    if (refused(&why) && (why.reply == 450 || why.reply == 550))
        return confirm_empty(m, path, &why, err) < 0 ? -1 : 1;
    return err_take(err, &why);
}

/* Characters that servers take for options or patterns (FIELD-NOTES 51). */
static bool is_plain(const char *path)
{
    return path[0] != '-' && !strpbrk(path, "*?[]{}~ ");
}

static int list_plain(struct mover *m, const char *path, struct entries *x, struct err *err)
{
    struct err why = ERR_INIT;
    int rc = list_run(m, "LIST", path, entry_line, x, &why);
    if (rc == 0 && x->shown + x->unread == 0)
        return confirm_empty(m, path, &why, err);
    if (rc == 0)
        return understood(x, err);
    if (refused(&why) && (why.reply == 450 || why.reply == 550))
        return confirm_empty(m, path, &why, err);
    return err_take(err, &why);
}

static int list_from_inside(struct mover *m, const char *path, struct entries *x, struct err *err)
{
    if (session_visit(m->session, path, err) < 0)
        return -1;
    int rc = list_plain(m, NULL, x, err);
    session_leave(m->session);
    return rc;
}

int list_entries(struct mover *m, const char *path, list_entry_fn each, void *ctx, struct err *err)
{
    struct entries *x = calloc(1, sizeof *x);
    if (!x)
        return err_set(err, ERR_LOCAL, "out of memory");
    *x = (struct entries){.each = each, .ctx = ctx, .now = (int64_t) time(NULL)};
    int rc = session_ready(m->session, err) < 0 ? -1 : 0;
    if (rc == 0 && features_has(session_features(m->session), FEATURE_MLST) && !m->mlsd_broken)
        rc = list_by_mlsd(m, path, x, err);
    if (rc == 0) {
        x->mlsd = false;
        rc = path && *path && !is_plain(path) ? list_from_inside(m, path, x, err)
                                              : list_plain(m, path, x, err);
    }
    free(x);
    return rc < 0 ? -1 : 0;
}

int list_names(struct mover *m, const char *path, list_line_fn each, void *ctx, struct err *err)
{
    struct err why = ERR_INIT;
    if (list_run(m, "NLST", path, each, ctx, &why) == 0)
        return 0;
    if (refused(&why) && (why.reply == 450 || why.reply == 550))
        return confirm_empty(m, path, &why, err);
    return err_take(err, &why);
}
