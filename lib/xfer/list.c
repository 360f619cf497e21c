#include "xfer/list.h"

#include "base/buf.h"
#include "base/escape.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    TRIAL_MS = 15000,       /* for an MLSD that has not shown yet that it works */
    HOLD_BYTES = 64 * 1024, /* of a LIST whose zone is to be measured */
    CANDIDATES = 2,         /* files of a season to measure it by */
    ZONE_TRIES = 4
};

/* ---- lines out of a stream of bytes ---- */

struct lines {
    list_line_fn each;
    void *ctx;
    struct charset *charset; /* NULL: none */
    size_t len;
    char text[LISTING_LINE_MAX], decoded[LISTING_LINE_MAX];
};

static int line_too_long(struct err *err)
{
    return err_set(err, ERR_PROTOCOL, "a line of the listing is longer than %d bytes",
                   LISTING_LINE_MAX - 1);
}

static int line_out(struct lines *l, struct err *err)
{
    size_t len = l->len;
    l->len = 0;
    if (len > 0 && l->text[len - 1] == '\r')
        len--;
    if (memchr(l->text, '\0', len))
        return err_set(err, ERR_PROTOCOL, "a line of the listing holds a NUL byte");
    if (!l->charset)
        return l->each(l->ctx, l->text, len, err);
    int n = charset_decode(l->charset, l->text, len, l->decoded, sizeof l->decoded);
    if (n < 0)
        return line_too_long(err);
    return l->each(l->ctx, l->decoded, (size_t) n, err);
}

static int lines_write(void *ctx, const void *data, size_t len, struct err *err)
{
    struct lines *l = ctx;
    const char *p = data, *end = p + len;
    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t) (end - p));
        size_t n = (size_t) ((lf ? lf : end) - p);
        if (n >= sizeof l->text - l->len)
            return line_too_long(err);
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

static int discard(void *ctx, const void *data, size_t len, struct err *err)
{
    (void) ctx, (void) data, (void) len, (void) err;
    return 0;
}

/* A listing that ends without TLS's word for it, or by reset, may have been cut on its way,
 * whatever the server says of it; and some servers end all of theirs so (FIELD-NOTES 9). Whether
 * this is one shows where the same is asked for once more, for want of anything to compare it with.
 */
static int confirm_end(struct mover *m, const struct channel_request *request,
                       const struct pump_settings *settings, const struct pump_end *end,
                       struct err *err)
{
    struct lessons *l = &m->lessons;
    struct channel *channel;
    struct pump_sink nowhere = {discard, NULL};
    struct pump_end again;
    l->ends_well |= !end->unclean;
    if (!end->unclean || l->ends_badly)
        return 0;
    if (!l->ends_well) {
        log_note(session_settings(m->session)->log,
                 "the listing may have been cut: asking for it once more");
        if (mover_open(m, request, &channel, err) < 0 ||
            pump_down(channel, &nowhere, settings, &again, err) < 0)
            return -1;
        l->ends_well = !again.unclean;
        l->ends_badly = again.unclean && again.bytes == end->bytes;
    }
    if (l->ends_badly)
        return 0;
    return err_set(err, ERR_TRUNCATED, "the data connection broke off in the middle of a listing");
}

/* One listing command; what it says of its end goes into *out. */
static int list_run(struct mover *m, const struct channel_request *request, int64_t idle_ms,
                    list_line_fn each, void *ctx, struct list_end *out, struct err *err)
{
    struct channel *channel;
    struct pump_end end;
    struct pump_settings settings = m->pump;
    settings.progress = NULL; /* a listing is no transfer */
    settings.idle_timeout_ms = idle_ms;
    if (mover_open(m, request, &channel, err) < 0)
        return -1;
    struct lines *l = calloc(1, sizeof *l);
    if (!l) {
        err_set(err, ERR_LOCAL, "out of memory");
        channel_abort(channel, err);
        return -1;
    }
    l->each = each;
    l->ctx = ctx;
    l->charset = session_charset(m->session);
    struct pump_sink sink = {lines_write, l};
    int rc = pump_down(channel, &sink, &settings, &end, err);
    out->unclean = end.unclean;
    out->unended = l->len > 0;
    if (rc == 0)
        rc = confirm_end(m, request, &settings, &end, err);
    if (rc == 0 && l->len > 0)
        rc = line_out(l, err);
    if (rc == 0 && end.unclean)
        log_note(session_settings(m->session)->log,
                 "the listing ended without TLS's close_notify; the server confirmed it");
    free(l);
    return rc;
}

static struct channel_request request_for(const char *command, const char *path)
{
    return (struct channel_request){
        .direction = CHANNEL_DOWN,
        .command = command,
        .argument = path && *path ? path : NULL,
        .brief = true, /* most are */
        .guessed = true,
    };
}

/* ---- entries out of lines ---- */

/* A file whose time in the listing MDTM can be compared with. */
struct candidate {
    char *name;
    int64_t listed;
    bool guessed;
};

struct entries {
    struct mover *mover;
    list_entry_fn each;
    void *ctx;
    struct list_options options;
    struct list_end end;
    bool told;    /* each() was called */
    bool gave_up; /* it did */
    bool dots;    /* "." was listed: an empty folder is one */
    int64_t lines;
    struct list_reader *reader;
    struct buf held; /* lines, each ended with NUL, of a LIST whose zone is to be measured */
    bool overflowed; /* and there were more */
    struct candidate candidates[2][CANDIDATES]; /* of January, of July */
    const char *asked;                          /* the argument of LIST; NULL: none */
    const char *only;                           /* the file that is wanted; NULL: all */
    bool kept;                                  /* the first entry of LIST waits, in `e` */
    struct entry e;
};

static const struct log *entries_log(const struct entries *x)
{
    return session_settings(x->mover->session)->log;
}

static int tell_entry(void *ctx, const struct entry *e, struct err *err)
{
    struct entries *x = ctx;
    bool dot = e->here || e->parent;
    x->dots |= dot;
    x->end.entries += !dot;
    if (dot && !x->options.show_all)
        return 0;
    x->told = true;
    int rc = x->each(x->ctx, e, err);
    x->gave_up = rc != 0;
    return rc != 0 ? -1 : 0;
}

/* An entry of LIST. Servers list a folder that they cannot read by its own name, as they would a
 * file: such an entry waits for a second one to show that it is no such thing. */
static int tell_listed(void *ctx, const struct entry *e, struct err *err)
{
    struct entries *x = ctx;
    if (x->only && (e->type == ENTRY_DIR || strcmp(e->name, x->only) != 0))
        return 0;
    bool first = x->end.entries == 0 && !x->dots && !x->kept;
    if (first && x->asked && e->type == ENTRY_DIR &&
        (strcmp(e->name, x->asked) == 0 || strcmp(e->name, path_last(x->asked)) == 0)) {
        entry_copy(&x->e, e);
        x->kept = true;
        return 0;
    }
    if (x->kept && tell_entry(x, &x->e, err) < 0)
        return -1;
    x->kept = false;
    return tell_entry(x, e, err);
}

static void note_unread(void *ctx, const char *line, size_t len)
{
    struct entries *x = ctx;
    char text[sizeof x->end.first];
    escape_text(text, sizeof text, line, len);
    if (x->end.unread++ == 0)
        memcpy(x->end.first, text, sizeof text);
    log_note(entries_log(x), "a line of the listing cannot be read: %s", text);
}

/* Before another way is tried. */
static void forget_listing(struct entries *x)
{
    x->end = (struct list_end){0};
    x->lines = 0;
    x->dots = x->kept = false;
}

static int understood(const struct entries *x, struct err *err)
{
    if (x->end.entries > 0 || x->end.unread == 0 || x->dots)
        return 0;
    return err_set(err, ERR_PROTOCOL, "the listing is in a format that is not known: \"%s\"",
                   x->end.first);
}

static bool refused(const struct err *err)
{
    return (err->code == ERR_REPLY_PERMANENT || err->code == ERR_REPLY_TRANSIENT) &&
           err->reply != 421; /* which refuses nothing but the session */
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

/* How many bytes of `text` at `p` are `name`, which stands there for itself. */
static size_t name_at(const char *text, const char *p, const char *name)
{
    size_t n = strlen(name);
    bool apart = n > 0 && strncmp(p, name, n) == 0 && !isalnum((unsigned char) p[n]) &&
                 (p == text || !isalnum((unsigned char) p[-1]));
    return apart ? n : 0;
}

static bool begins_failure(const char *text)
{
    static const char *const words[] = {"denied",  "permi", "not allowed", "access",
                                        "authori", "fail",  "cannot",      "can't"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strncasecmp(text, words[i], strlen(words[i])) == 0)
            return true;
    }
    return false;
}

/* Whether the server's words say that a folder could not be read: some say so with the code for an
 * empty one, and vsftpd with 226. The folder's own name, of which NULL is none, says nothing. */
static bool speaks_of_failure(const char *text, const char *path)
{
    path = path ? path : "";
    for (const char *p = text; *p;) {
        size_t own = name_at(text, p, path);
        if (own == 0)
            own = name_at(text, p, path_last(path));
        if (own == 0 && begins_failure(p))
            return true;
        p += own ? own : 1;
    }
    return false;
}

/* An empty folder is no error, whatever the server says (FIELD-NOTES 48), unless it says
 * that it failed; and an empty listing of a folder that is not there is one. Keeps `why` in err
 * when the path is no folder. */
static int confirm_empty(struct mover *m, const char *path, const struct err *why, struct err *err)
{
    if (err_is_set(why) && speaks_of_failure(why->msg, path))
        return err_take(err, why);
    int rc = !path || !*path ? 1 : is_folder(m->session, path, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (!err_is_set(why))
        return err_set_reply(err, 550, "%s: no such file or folder", path);
    return err_take(err, why);
}

/* ---- MLSD ---- */

static int mlsd_line(void *ctx, const char *line, size_t len, struct err *err)
{
    struct entries *x = ctx;
    x->lines++;
    int rc = mlsd_parse(line, len, &x->e, NULL);
    if (rc < 0)
        note_unread(x, line, len);
    return rc > 0 ? tell_entry(x, &x->e, err) : 0;
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
        found = tell_entry(x, &x->e, err) < 0 ? -1 : 1;
    } else {
        found = 0;
    }
    free(name);
    reply_clear(&r);
    return found;
}

/* What becomes of MLSD. */
enum mlsd_result {
    MLSD_FAILED = -1,
    MLSD_BROKEN,  /* this server's is no good: LIST from now on */
    MLSD_DOUBTED, /* LIST is to tell: what it lists and MLSD did not shows that MLSD is no good */
    MLSD_FAILING, /* it failed: where LIST works at all, MLSD is no good */
    MLSD_DONE
};

/* A data connection stood and the server never spoke on it, as when it ignores the command: the
 * path may be good. */
static bool was_unanswered(const struct attempts *rows, size_t from)
{
    for (size_t i = attempts_from(rows, from); i < rows->n; i++) {
        const struct attempt *row = attempts_row(rows, i);
        if (row->stage == STAGE_TLS && row->result == RESULT_TIMEOUT)
            return true;
    }
    return false;
}

/* Whether a failure may be MLSD's own and LIST's not; the attempts to open it stand `from` there
 * on. */
static bool may_be_mlsd(const struct entries *x, const struct err *why, size_t from)
{
    if (x->mover->lessons.mlsd_proven || x->end.entries > 0 || x->gave_up ||
        session_broke(x->mover->session, why))
        return false;
    if (why->code == ERR_NO_DATA_PATH)
        return was_unanswered(x->mover->attempts, from);
    return why->code == ERR_TIMEOUT || why->code == ERR_PROTOCOL || why->code == ERR_TRUNCATED;
}

static enum mlsd_result mlsd_refused(struct entries *x, const char *path, const struct err *why,
                                     struct err *err)
{
    if (why->reply == 500 || why->reply == 502 || why->reply == 504)
        return MLSD_BROKEN;
    if (path && *path) {
        int rc = single_entry(x->mover, path, x, err);
        if (rc != 0)
            return rc < 0 ? MLSD_FAILED : MLSD_DONE;
    }
    bool proven = x->mover->lessons.mlsd_proven;
    if (!proven && why->code == ERR_REPLY_PERMANENT && why->reply != 550)
        return MLSD_DOUBTED;
    if (why->reply != 450 && why->reply != 550) {
        err_take(err, why);
        return MLSD_FAILED;
    }
    if (confirm_empty(x->mover, path, why, err) < 0)
        return MLSD_FAILED;
    x->end.refused = true;
    return proven ? MLSD_DONE : MLSD_DOUBTED;
}

/* An MLSD that sends nothing is believed where it has sent something before, or where the server is
 * one whose MLSD is known to be good. */
static bool empty_is_doubtful(const struct entries *x)
{
    return x->lines == 0 && !x->mover->lessons.mlsd_proven &&
           session_software(x->mover->session) == SOFTWARE_UNKNOWN;
}

static enum mlsd_result list_by_mlsd(struct entries *x, const char *path, struct err *err)
{
    struct mover *m = x->mover;
    struct err why = ERR_INIT;
    struct channel_request request = request_for("MLSD", path);
    int64_t idle_ms = m->pump.idle_timeout_ms;
    if (!m->lessons.mlsd_proven && idle_ms > TRIAL_MS)
        idle_ms = TRIAL_MS;
    size_t from = m->attempts->n;
    x->end.mlsd = true;
    int rc = list_run(m, &request, idle_ms, mlsd_line, x, &x->end, &why);
    m->lessons.mlsd_proven |= x->end.entries > 0 || x->dots;
    if (rc == 0 && understood(x, NULL) < 0)
        return MLSD_BROKEN;
    if (rc == 0)
        return empty_is_doubtful(x) ? MLSD_DOUBTED : MLSD_DONE;
    if (refused(&why) && x->lines == 0)
        return mlsd_refused(x, path, &why, err);
    if (may_be_mlsd(x, &why, from)) {
        log_note(entries_log(x), "MLSD failed, trying LIST: %s", why.msg);
        return MLSD_FAILING;
    }
    err_take(err, &why);
    return MLSD_FAILED;
}

/* ---- LIST ---- */

static int start_reader(struct entries *x, const char *format,
                        int (*entry)(void *ctx, const struct entry *e, struct err *err),
                        void (*unread)(void *ctx, const char *line, size_t len), struct err *err)
{
    struct list_reader_config c = {.now = (int64_t) time(NULL),
                                   .zone = x->mover->lessons.zone,
                                   .named = format,
                                   .entry = entry,
                                   .unread = unread,
                                   .ctx = x};
    list_reader_free(x->reader);
    x->reader = list_reader_new(&c, err);
    return x->reader ? 0 : -1;
}

static int read_line(void *ctx, const char *line, size_t len, struct err *err)
{
    struct entries *x = ctx;
    x->lines++;
    return list_reader_line(x->reader, line, len, err);
}

static int hold_line(void *ctx, const char *line, size_t len, struct err *err)
{
    struct entries *x = ctx;
    x->lines++;
    if (x->overflowed || buf_len(&x->held) + len + 1 > HOLD_BYTES) {
        x->overflowed = true;
        return 0;
    }
    return buf_put(&x->held, line, len, err) < 0 || buf_put(&x->held, "", 1, err) < 0 ? -1 : 0;
}

/* Runs the reader over the lines held. */
static int read_held(struct entries *x, struct err *err)
{
    const char *lines = (const char *) buf_data(&x->held);
    size_t end = buf_len(&x->held), len;
    for (size_t at = 0; at < end; at += len + 1) {
        len = strlen(lines + at);
        if (list_reader_line(x->reader, lines + at, len, err) < 0)
            return -1;
    }
    return list_reader_end(x->reader, err);
}

/* Files alone, since their times are not changed by what is done beside them. */
static int note_candidate(void *ctx, const struct entry *e, struct err *err)
{
    struct entries *x = ctx;
    if (e->type != ENTRY_FILE || e->mtime_exact || e->mtime_step == 0 || e->mtime_step > 60 ||
        !path_is_single(e->name))
        return 0;
    struct candidate *of = x->candidates[zone_season(e->mtime) == SEASON_JULY];
    for (size_t i = 0; i < CANDIDATES; i++) {
        if (of[i].name)
            continue;
        of[i] = (struct candidate){strdup(e->name), e->mtime, e->year_guessed};
        return of[i].name ? 0 : err_set(err, ERR_LOCAL, "out of memory");
    }
    return 0;
}

/* 1: measured, 0: not by this one, -1: the session broke. */
static int measure_by(struct entries *x, const char *path, const struct candidate *c,
                      struct err *err)
{
    char name[PATH_BYTES];
    int64_t mtime;
    struct err why = ERR_INIT;
    struct lessons *lessons = &x->mover->lessons;
    if (path_join(path ? path : "", c->name, name, NULL) < 0)
        return 0;
    if (session_mdtm(x->mover->session, name, &mtime, &why) < 0 && !refused(&why) &&
        why.code != ERR_PROTOCOL && why.code != ERR_USAGE)
        return err_take(err, &why);
    if (!err_is_set(&why) && zone_measure(&lessons->zone, c->listed, c->guessed, mtime))
        return 1;
    lessons->zone_tries += why.reply == 500 || why.reply == 502 ? ZONE_TRIES : 1;
    return 0;
}

/* One of a season's candidates is enough. 1, 0 or -1 as measure_by(). */
static int measure_season(struct entries *x, const char *path, bool july, struct err *err)
{
    const struct zone *z = &x->mover->lessons.zone;
    for (size_t i = 0; i < CANDIDATES && x->mover->lessons.zone_tries < ZONE_TRIES; i++) {
        const struct candidate *c = &x->candidates[july][i];
        int rc = c->name ? measure_by(x, path, c, err) : 0;
        if (rc > 0)
            log_note(entries_log(x), "the server's listings are %+d minutes from UTC",
                     (july ? z->july_s : z->january_s) / 60);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int measure_zone(struct entries *x, const char *path, struct err *err)
{
    if (start_reader(x, NULL, note_candidate, NULL, err) < 0 || read_held(x, err) < 0)
        return -1;
    int january = measure_season(x, path, false, err);
    int july = january < 0 ? -1 : measure_season(x, path, true, err);
    if (january > 0 || july > 0)
        x->mover->lessons.zone_tries = ZONE_TRIES;
    return january < 0 || july < 0 ? -1 : 0;
}

static bool zone_matters(const struct entries *x)
{
    return !x->options.no_times && x->mover->lessons.zone_tries < ZONE_TRIES &&
           features_has(session_features(x->mover->session), FEATURE_MDTM);
}

/* Holds the lines back until the zone is known; where there were too many, they come again. */
static int list_measuring(struct entries *x, const char *path,
                          const struct channel_request *request, struct err *err)
{
    if (list_run(x->mover, request, x->mover->pump.idle_timeout_ms, hold_line, x, &x->end, err) < 0)
        return -1;
    if (x->lines > 0 && measure_zone(x, path, err) < 0)
        return -1;
    if (start_reader(x, NULL, tell_listed, note_unread, err) < 0)
        return -1;
    if (!x->overflowed)
        return read_held(x, err);
    x->mover->lessons.zone_tries = ZONE_TRIES; /* not for every long listing */
    x->lines = 0;
    int rc =
        list_run(x->mover, request, x->mover->pump.idle_timeout_ms, read_line, x, &x->end, err);
    return rc < 0 ? -1 : list_reader_end(x->reader, err);
}

static int list_straight(struct entries *x, const struct channel_request *request, struct err *err)
{
    if (start_reader(x, NULL, tell_listed, note_unread, err) < 0 ||
        list_run(x->mover, request, x->mover->pump.idle_timeout_ms, read_line, x, &x->end, err) < 0)
        return -1;
    return list_reader_end(x->reader, err);
}

/* An empty listing may be all that is told of a folder that cannot be read. */
static int believe_empty(struct entries *x, const char *path, struct err *err)
{
    const char *last = control_last(session_control(x->mover->session));
    struct err none = ERR_INIT;
    if (speaks_of_failure(last, path))
        return err_set_reply(err, 550, "%s: %s", path && *path ? path : ".", last);
    return confirm_empty(x->mover, path, &none, err);
}

static int list_from_inside(struct entries *x, const char *path, struct err *err);

static int list_plain(struct entries *x, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    struct channel_request request = request_for("LIST", path);
    x->asked = request.argument;
    int rc = zone_matters(x) ? list_measuring(x, path, &request, &why)
                             : list_straight(x, &request, &why);
    if (rc == 0 && x->kept)
        return list_from_inside(x, path, err);
    if (rc == 0 && x->lines == 0)
        return believe_empty(x, path, err);
    if (rc == 0)
        return understood(x, err);
    if (!refused(&why) || x->lines > 0 || (why.reply != 450 && why.reply != 550))
        return err_take(err, &why);
    x->end.refused = true;
    return confirm_empty(x->mover, path, &why, err);
}

static int list_by_list(struct entries *x, const char *path, struct err *err);

/* What cannot be entered may be a file: the folder that it lies in tells. */
static int list_from_beside(struct entries *x, const char *path, const struct err *why,
                            struct err *err)
{
    char folder[PATH_BYTES];
    const char *name = path_last(path);
    size_t len = (size_t) (name - path);
    if (x->only || !path_is_single(name) || len >= sizeof folder)
        return err_take(err, why);
    memcpy(folder, path, len);
    folder[len > 1 ? len - 1 : len] = '\0';
    x->only = name;
    int rc = list_by_list(x, folder, err);
    x->only = NULL;
    return rc == 0 && x->end.entries == 0 ? err_take(err, why) : rc;
}

static int list_from_inside(struct entries *x, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    forget_listing(x);
    if (session_visit(x->mover->session, path, &why) < 0)
        return refused(&why) ? list_from_beside(x, path, &why, err) : err_take(err, &why);
    int rc = list_plain(x, NULL, err);
    session_leave(x->mover->session);
    return rc;
}

/* Characters that servers take for options or patterns (FIELD-NOTES 51). */
static bool is_plain(const char *path)
{
    return path[0] != '-' && !strpbrk(path, "*?[]{}~ ");
}

static int list_by_list(struct entries *x, const char *path, struct err *err)
{
    return !path || !*path || is_plain(path) ? list_plain(x, path, err)
                                             : list_from_inside(x, path, err);
}

/* ---- folders ---- */

static int list_either(struct entries *x, const char *path, struct err *err)
{
    enum mlsd_result by_mlsd = MLSD_BROKEN;
    if (session_ready(x->mover->session, err) < 0)
        return -1;
    bool listed = features_has(session_features(x->mover->session), FEATURE_MLST);
    if (listed && !x->mover->mlsd_broken && !x->options.plain) {
        by_mlsd = list_by_mlsd(x, path, err);
        if (by_mlsd == MLSD_DONE || by_mlsd == MLSD_FAILED)
            return by_mlsd == MLSD_DONE ? 0 : -1;
        x->mover->mlsd_broken = by_mlsd == MLSD_BROKEN;
        forget_listing(x);
    }
    if (list_by_list(x, path, err) < 0)
        return -1;
    if (by_mlsd == MLSD_FAILING || (by_mlsd == MLSD_DOUBTED && x->end.entries > 0)) {
        x->mover->mlsd_broken = true;
        log_note(entries_log(x), "this server's MLSD is no good: LIST from now on");
    }
    return 0;
}

/* The data connection alone, or silence, for which a transfer is tried again, too. */
static bool broke_off(const struct entries *x, const struct err *why)
{
    const struct session_config *settings = session_settings(x->mover->session);
    bool lost = why->code == ERR_CLOSED || why->code == ERR_TRUNCATED || why->code == ERR_TIMEOUT;
    return lost && settings->reconnects > 0 && !deadline_passed(settings->wait->limit);
}

static int ready_again(struct session *s, const struct err *why, struct err *err)
{
    if (!session_alive(s))
        return session_recover(s, why, err);
    log_news(session_settings(s)->log, "%s; asking for it again", why->msg);
    return 0;
}

/* A listing changes nothing: one that broke off, alone or with the control connection, is asked for
 * again. */
static int list_twice(struct entries *x, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    struct session *s = x->mover->session;
    if (list_either(x, path, &why) == 0)
        return 0;
    bool may_pass = session_broke(s, &why) || broke_off(x, &why);
    if (!may_pass || x->gave_up || (x->told && !x->options.anew))
        return err_take(err, &why);
    if (ready_again(s, &why, err) < 0)
        return -1;
    forget_listing(x);
    buf_clear(&x->held);
    x->overflowed = x->told = false;
    if (x->options.anew)
        x->options.anew(x->ctx);
    return list_either(x, path, err);
}

static void entries_free(struct entries *x)
{
    for (size_t i = 0; i < CANDIDATES; i++) {
        free(x->candidates[0][i].name);
        free(x->candidates[1][i].name);
    }
    buf_clear(&x->held);
    list_reader_free(x->reader);
    free(x);
}

int list_end_check(const struct list_end *end, const char *path, struct err *err)
{
    if (end->unread == 0)
        return 0;
    return err_set(err, ERR_PROTOCOL, "%s: %lld line%s of the listing cannot be read: \"%s\"",
                   path && *path ? path : ".", (long long) end->unread, end->unread == 1 ? "" : "s",
                   end->first);
}

int list_stream(struct mover *m, const char *path, const struct list_options *o, list_entry_fn each,
                void *ctx, struct list_end *end, struct err *err)
{
    struct entries *x = calloc(1, sizeof *x);
    if (!x)
        return err_set(err, ERR_LOCAL, "out of memory");
    x->mover = m;
    x->each = each;
    x->ctx = ctx;
    if (o)
        x->options = *o;
    buf_init(&x->held, HOLD_BYTES);
    int rc = list_twice(x, path, err);
    x->end.complete =
        rc == 0 && x->end.unread == 0 && !x->end.unclean && !x->end.unended && !x->end.refused;
    if (end)
        *end = x->end;
    entries_free(x);
    return rc < 0 ? -1 : 0;
}

int list_entries(struct mover *m, const char *path, list_entry_fn each, void *ctx, struct err *err)
{
    struct list_end end;
    if (list_stream(m, path, NULL, each, ctx, &end, err) < 0)
        return -1;
    return list_end_check(&end, path, err);
}

int list_names(struct mover *m, const char *path, list_line_fn each, void *ctx, struct err *err)
{
    struct err why = ERR_INIT;
    struct list_end end;
    struct channel_request request = request_for("NLST", path);
    if (list_run(m, &request, m->pump.idle_timeout_ms, each, ctx, &end, &why) == 0)
        return 0;
    if (refused(&why) && (why.reply == 450 || why.reply == 550))
        return confirm_empty(m, path, &why, err);
    return err_take(err, &why);
}
