#include "ftp/control.h"

#include "base/buf.h"
#include "base/escape.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COMMAND_MAX = 8 * 1024,
    QUEUE_MAX = 16, /* lines of that length */
    READ_CHUNK = 4 * 1024,
    LOOSE_MAX = 64, /* replies in a row that end no command */
    STRAY_MS = 1000,
    SECOND_MS = 20, /* the second of two replies to ABOR comes at once */
    LAST_SHOWN = 200
};

struct control {
    struct stream *stream;
    const struct wait *wait;
    const struct log *log;
    struct charset *charset; /* NULL: none */
    enum software software;
    struct buf in;
    struct buf out; /* lines that go out with the next one */
    struct reply_scan scan;
    unsigned long sent;
    int outstanding;
    bool aborted;      /* ABOR is among them */
    bool overtakes;    /* what goes out next does: it may be answered before what is under way */
    int posted;        /* final replies to pass over before any other */
    char verb[8];      /* of the command that is answered last; "": that is not known */
    struct reply held; /* one that cannot answer it; without text: none */
    struct deadline held_until; /* when it counts as the answer after all */
    bool lenient;               /* one did: this server answers as it likes */
    int loose;                  /* replies since the last one that ended a command */
    unsigned strays;
    char *secret;      /* that the command under way holds; NULL: none */
    int64_t spoken_ms; /* when something was said last, by clock_now_ms() */
    bool dead;
    char last[LAST_SHOWN];
};

struct control *control_new(int fd, const struct wait *w, const struct log *log, struct err *err)
{
    struct stream *stream = stream_new(fd, err);
    struct control *c = stream ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        stream_free(stream);
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    c->stream = stream;
    c->wait = w;
    c->log = log;
    c->spoken_ms = clock_now_ms();
    /* One reply and what may already stand behind it. */
    buf_init(&c->in, REPLY_MAX + 2 * READ_CHUNK);
    buf_init(&c->out, QUEUE_MAX * COMMAND_MAX);
    return c;
}

static void forget_secret(struct control *c)
{
    if (c->secret)
        wipe(c->secret, strlen(c->secret));
    free(c->secret);
    c->secret = NULL;
}

void control_free(struct control *c)
{
    if (!c)
        return;
    forget_secret(c);
    stream_free(c->stream);
    buf_clear(&c->in);
    buf_clear(&c->out);
    reply_clear(&c->held);
    free(c);
}

struct stream *control_stream(struct control *c)
{
    return c->stream;
}

const struct wait *control_use_wait(struct control *c, const struct wait *w)
{
    const struct wait *old = c->wait;
    c->wait = w;
    return old;
}

void control_use_charset(struct control *c, struct charset *charset)
{
    c->charset = charset;
}

void control_know_software(struct control *c, enum software software)
{
    c->software = software;
}

int control_outstanding(const struct control *c)
{
    return c->outstanding;
}

unsigned control_strays(struct control *c)
{
    unsigned n = c->strays;
    c->strays = 0;
    return n;
}

int64_t control_quiet_ms(const struct control *c)
{
    return clock_now_ms() - c->spoken_ms;
}

bool control_dead(const struct control *c)
{
    return c->dead;
}

void control_mark_dead(struct control *c)
{
    c->dead = true;
}

const char *control_last(const struct control *c)
{
    return c->last;
}

bool control_has_unread(const struct control *c)
{
    return buf_len(&c->in) > 0;
}

/* A server that says farewell may have said why. */
static int is_gone(const struct control *c, struct err *err)
{
    if (strncmp(c->last, "421", 3) == 0)
        return err_set_reply(err, 421, "%s", c->last);
    return err_set(err, ERR_CLOSED, "the control connection is of no use any more");
}

static int dead(struct control *c)
{
    c->dead = true;
    return -1;
}

/* Writes the line in the server's charset, in place. The log tells what was meant. */
static int encode_line(struct control *c, char *line, size_t *len, size_t size, struct err *err)
{
    char wire[COMMAND_MAX];
    int n = charset_encode(c->charset, line, *len, wire, size, err);
    if (n >= 0) {
        log_sent(c->log, line, *len);
        memcpy(line, wire, (size_t) n);
        *len = (size_t) n;
    } else {
        wipe(line, *len);
    }
    wipe(wire, sizeof wire);
    return n < 0 ? -1 : 0;
}

static int line_too_long(char *line, size_t len, struct err *err)
{
    wipe(line, len);
    return err_set(err, ERR_USAGE, "a command line is longer than %d bytes", COMMAND_MAX - 3);
}

static bool has_control_byte(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char) line[i] < 0x20 || line[i] == 0x7f)
            return true;
    }
    return false;
}

/* It takes "./" off first. */
static bool has_blank_end(const char *name)
{
    while (strncmp(name, "./", 2) == 0)
        name += 2;
    size_t len = strlen(name);
    return len > 0 && (name[0] == ' ' || name[len - 1] == ' ');
}

/* Pure-FTPd would make something, or reach it, by another name. A password is none. */
static int check_underscores(const char *line, size_t len, struct err *err)
{
    static const char *const makers[] = {"STOR ", "APPE ", "MKD ", "RNTO "};
    if (has_control_byte(line, len) && strncmp(line, "PASS ", 5) != 0)
        return err_set(err, ERR_USAGE, "Pure-FTPd takes control bytes in a name for '_'");
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        size_t n = strlen(makers[i]);
        if (strncmp(line, makers[i], n) == 0 && has_blank_end(line + n))
            return err_set(err, ERR_USAGE,
                           "Pure-FTPd takes blanks at either end of a name for '_'%s",
                           line[len - 1] == ' ' ? "" : "; behind a whole path they stay");
    }
    return 0;
}

/* In place, from the end. */
static int double_iac(char *line, size_t *len, size_t size, struct err *err)
{
    const char iac = '\xff';
    size_t more = 0;
    for (size_t i = 0; i < *len; i++)
        more += line[i] == iac;
    if (*len + more > size)
        return line_too_long(line, *len, err);
    for (size_t from = *len, to = *len + more; to > from;) {
        line[--to] = line[--from];
        if (line[to] == iac)
            line[--to] = iac;
    }
    *len += more;
    return 0;
}

/* To know what can answer it. */
static void note_verb(struct control *c, const char *line)
{
    size_t len = strcspn(line, " \r");
    if (len >= sizeof c->verb)
        len = 0;
    memcpy(c->verb, line, len);
    c->verb[len] = '\0';
}

/* Kept until it is answered: the server may say it again, and that is shown. */
static int note_secret(struct control *c, const char *line, size_t len, struct err *err)
{
    size_t at = log_secret(line, len);
    if (at == 0)
        return 0;
    forget_secret(c);
    c->secret = strdup(line + at);
    return c->secret ? 0 : err_set(err, ERR_LOCAL, "out of memory");
}

/* A command line as it goes out, in line[0..*len); wiped where there is none. */
static int make_line(struct control *c, char line[COMMAND_MAX], size_t *len, struct err *err,
                     const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static int make_line(struct control *c, char line[COMMAND_MAX], size_t *len, struct err *err,
                     const char *fmt, va_list ap)
{
    const size_t size = COMMAND_MAX - 2;
    if (c->dead)
        return is_gone(c, err);
    int n = vsnprintf(line, size, fmt, ap);
    if (n < 0 || (size_t) n >= size)
        return line_too_long(line, size, err);
    *len = (size_t) n;
    if (has_line_break(line, *len)) {
        wipe(line, *len);
        return err_set(err, ERR_USAGE, "a name or argument with a line break cannot be sent");
    }
    if (c->software == SOFTWARE_PUREFTPD && check_underscores(line, *len, err) < 0) {
        wipe(line, *len);
        return -1;
    }
    if (note_secret(c, line, *len, err) < 0) {
        wipe(line, *len);
        return -1;
    }
    if (!c->charset)
        log_sent(c->log, line, *len);
    else if (encode_line(c, line, len, size, err) < 0)
        return -1;
    if (c->software == SOFTWARE_PROFTPD && double_iac(line, len, size, err) < 0)
        return -1;
    memcpy(line + *len, "\r\n", 2);
    *len += 2;
    return 0;
}

/* One piece, and under TLS one record. */
int control_flush(struct control *c, struct deadline until, struct err *err)
{
    if (buf_len(&c->out) == 0)
        return 0;
    int rc = stream_write_wait(c->stream, buf_data(&c->out), buf_len(&c->out), c->wait, until, err);
    buf_clear(&c->out);
    if (rc < 0) {
        err_wrap(err, "control connection");
        return dead(c);
    }
    c->spoken_ms = clock_now_ms();
    return 0;
}

static int queue_line(struct control *c, struct err *err, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

static int queue_line(struct control *c, struct err *err, const char *fmt, va_list ap)
{
    char line[COMMAND_MAX];
    size_t len = 0;
    if (make_line(c, line, &len, err, fmt, ap) < 0)
        return -1;
    if (buf_len(&c->out) == 0)
        c->overtakes = c->outstanding > 0;
    int rc = buf_put(&c->out, line, len, err);
    note_verb(c, c->overtakes ? "" : line);
    wipe(line, len);
    c->sent++;
    return rc < 0 ? dead(c) : 0;
}

int control_vsend(struct control *c, struct deadline until, struct err *err, const char *fmt,
                  va_list ap)
{
    if (queue_line(c, err, fmt, ap) < 0)
        return -1;
    c->outstanding++;
    return control_flush(c, until, err);
}

int control_queue(struct control *c, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = queue_line(c, err, fmt, ap);
    va_end(ap);
    if (rc == 0)
        c->outstanding++;
    return rc;
}

int control_post(struct control *c, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = queue_line(c, err, fmt, ap);
    va_end(ap);
    if (rc == 0)
        c->posted++;
    return rc;
}

int control_send(struct control *c, struct deadline until, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = control_vsend(c, until, err, fmt, ap);
    va_end(ap);
    return rc;
}

unsigned long control_sent(const struct control *c)
{
    return c->sent;
}

static void log_reply(const struct control *c, const struct reply *r)
{
    for (const char *line = r->text; c->log && line;) {
        const char *end = strchr(line, '\n');
        log_received(c->log, line, end ? (size_t) (end - line) : strlen(line));
        line = end ? end + 1 : NULL;
    }
}

/* The reply's text into UTF-8; without memory for that it stays as it came. */
static void decode_reply(const struct control *c, struct reply *r)
{
    size_t len = strlen(r->text), size = 3 * len + 1;
    char *text = c->charset ? malloc(size) : NULL;
    if (!text)
        return;
    if (charset_decode(c->charset, r->text, len, text, size) < 0) {
        free(text);
        return;
    }
    free(r->text);
    r->text = text;
}

/* One too many is dropped: what it answers, or when, nobody can tell. */
static void drop_stray(struct control *c, struct reply *r)
{
    if (r->text) {
        log_note(c->log, "a reply that cannot answer %s was passed over", c->verb);
        c->strays++;
    }
    reply_clear(r);
}

/* A reply that cannot be the answer waits for it to come. */
static bool hold_back(struct control *c, struct reply *r)
{
    if (c->outstanding != 1 || c->posted > 0 || c->lenient || reply_fits(c->verb, r->code))
        return false;
    if (c->held.text) {
        drop_stray(c, r);
        return true;
    }
    c->held = *r;
    c->held_until = deadline_in(STRAY_MS);
    *r = (struct reply){0};
    return true;
}

/* Counts one that ends no command. */
static bool is_flooded(struct control *c, int code, struct err *err)
{
    if (++c->loose <= LOOSE_MAX)
        return false;
    err_set(err, ERR_PROTOCOL, "the server sends %s without end",
            code < 200 ? "preliminary replies" : "replies that answer nothing");
    return true;
}

static void in_step(struct control *c)
{
    c->outstanding = 0;
    c->aborted = false;
    forget_secret(c);
}

/* What a reply says about the connection. 1, or -1 where there are too many. */
static int count_reply(struct control *c, struct reply *r, struct err *err)
{
    reply_summary(r, c->last, sizeof c->last);
    if (r->code == 421)
        c->dead = true; /* RFC 959: service closing control connection */
    if (r->code >= 200 && c->outstanding > 0) {
        c->outstanding--;
        c->loose = 0;
        if (c->outstanding == 0)
            in_step(c);
        drop_stray(c, &c->held);
        return 1;
    }
    if (is_flooded(c, r->code, err)) {
        reply_clear(r);
        return dead(c);
    }
    return 1;
}

/* One to a command whose reply matters to nobody; 421 concerns everybody. */
static bool pass_posted(struct control *c, struct reply *r)
{
    if (c->posted == 0 || r->code == 421)
        return false;
    if (r->code >= 200) {
        c->posted--;
        c->loose = 0;
    }
    reply_clear(r);
    return true;
}

/* A reply out of the buffer: 1, 0 or -1 as control_try(). */
static int take_reply(struct control *c, struct reply *out, struct err *err)
{
    for (;;) {
        size_t used = 0;
        int rc = reply_parse((const char *) buf_data(&c->in), buf_len(&c->in), &c->scan, out, &used,
                             err);
        if (rc < 0)
            return dead(c);
        if (rc == 0)
            return 0;
        buf_consume(&c->in, used);
        c->scan = (struct reply_scan){0};
        decode_reply(c, out);
        if (c->secret)
            hide_secret(out->text, c->secret);
        log_reply(c, out);
        c->spoken_ms = clock_now_ms();
        int code = out->code;
        if (!pass_posted(c, out) && !hold_back(c, out))
            return count_reply(c, out, err);
        if (is_flooded(c, code, err))
            return dead(c);
    }
}

/* The one that was held back, once nothing better has come in its time: as take_reply(). */
static int take_held(struct control *c, struct reply *out, struct err *err)
{
    if (!c->held.text || !deadline_passed(c->held_until))
        return 0;
    *out = c->held;
    c->held = (struct reply){0};
    c->lenient = true;
    return count_reply(c, out, err);
}

static int connection_ended(struct control *c, struct err *err)
{
    err_set(err, ERR_CLOSED, "the server closed the control connection");
    return dead(c);
}

/* Reads what is there. 1 when bytes came, 0 when none are there, -1. `want` says what to poll for.
 */
static int fill(struct control *c, short *want, struct err *err)
{
    size_t got = 0;
    unsigned char *room = buf_reserve(&c->in, READ_CHUNK, err);
    if (!room)
        return dead(c);
    struct err why = ERR_INIT;
    enum stream_state state = stream_read(c->stream, room, READ_CHUNK, &got, &why);
    if (state == STREAM_OK) {
        buf_commit(&c->in, got);
        return 1;
    }
    if (state == STREAM_WANT_READ || state == STREAM_WANT_WRITE) {
        *want = stream_events(state);
        return 0;
    }
    /* TLS may end without close_notify here: nothing was being said. */
    if (state == STREAM_EOF || why.code == ERR_TRUNCATED)
        return connection_ended(c, err);
    err_take(err, &why);
    err_wrap(err, "control connection");
    return dead(c);
}

int control_try(struct control *c, struct reply *out, struct err *err)
{
    short want = POLLIN;
    if (c->dead)
        return err_set(err, ERR_CLOSED, "the control connection is of no use any more");
    for (;;) {
        int rc = take_reply(c, out, err);
        if (rc == 0)
            rc = take_held(c, out, err);
        if (rc != 0)
            return rc;
        rc = fill(c, &want, err);
        if (rc <= 0)
            return rc;
    }
}

/* Until something can be read, or the reply that is held back is due. 0, or -1. */
static int await_more(struct control *c, short want, struct deadline until, struct err *err)
{
    struct wait_fd fd = {.fd = stream_fd(c->stream), .want = want};
    struct deadline soon = c->held.text ? deadline_sooner(until, c->held_until) : until;
    int rc = wait_fds(c->wait, &fd, 1, soon, err);
    if (rc == 0 && deadline_passed(until)) {
        if (!c->held.text)
            return err_set(err, ERR_TIMEOUT, "the server does not answer");
        c->held_until = until;
    }
    return rc < 0 ? -1 : 0;
}

int control_read(struct control *c, struct reply *out, struct deadline until, struct err *err)
{
    for (;;) {
        short want = POLLIN;
        int rc = take_reply(c, out, err);
        if (rc == 0)
            rc = take_held(c, out, err);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
        rc = fill(c, &want, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            rc = await_more(c, want, until, err);
        if (rc < 0)
            return -1;
    }
}

int control_read_final(struct control *c, struct reply *out, struct deadline until, struct err *err)
{
    do {
        reply_clear(out);
        if (control_read(c, out, until, err) < 0)
            return -1;
    } while (out->code < 200);
    return 0;
}

/* ---- giving up ---- */

int control_abort(struct control *c, struct deadline until)
{
    if (control_send(c, until, NULL, "ABOR") < 0)
        return -1;
    c->aborted = true;
    return 0;
}

/* The next reply; -1 with *asked where PWD was sent instead, since none came at once. */
static int read_or_ask(struct control *c, struct reply *out, bool *asked, struct deadline until)
{
    struct err why = ERR_INIT;
    struct deadline soon = deadline_sooner(until, deadline_in(SECOND_MS));
    if (control_read(c, out, soon, &why) == 0)
        return 0;
    if (why.code == ERR_TIMEOUT && !deadline_passed(until))
        *asked = control_send(c, until, NULL, "PWD") == 0;
    return -1;
}

/* `asked`: PWD is among what is outstanding. */
static void take_rest(struct control *c, bool asked, struct deadline until)
{
    bool answered = false;
    while (!c->dead && c->outstanding > 0) {
        struct reply r = {0};
        bool may_ask = c->aborted && answered && !asked && c->posted == 0;
        int rc = may_ask ? read_or_ask(c, &r, &asked, until) : control_read(c, &r, until, NULL);
        if (rc < 0 && !(may_ask && asked))
            c->dead = true;
        answered |= r.code >= 200;
        if (asked && r.code == 257)
            in_step(c);
        reply_clear(&r);
    }
}

static void take_rest_undisturbed(struct control *c, bool asked, struct deadline until)
{
    struct wait alone = {NULL, DEADLINE_NEVER};
    const struct wait *usual = control_use_wait(c, &alone);
    take_rest(c, asked, until);
    control_use_wait(c, usual);
}

void control_settle(struct control *c, struct deadline until)
{
    take_rest_undisturbed(c, false, until);
}

void control_fall_in(struct control *c, struct deadline until)
{
    bool raised = cancel_raised(c->wait->cancel);
    if (control_send(c, until, NULL, "PWD") < 0)
        return;
    if (raised)
        take_rest_undisturbed(c, true, until);
    else
        take_rest(c, true, until);
}
