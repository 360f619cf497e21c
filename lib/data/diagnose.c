#include "data/diagnose.h"

#include "base/random.h"
#include "data/channel.h"
#include "data/strategy.h"
#include "ftp/pasv.h"
#include "net/dial.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DRAIN_BLOCK = 16 * 1024,
    DRAIN_MAX = 1024 * 1024,
    PROBE_MS = 1000,
    REMOVE_MS = 1000, /* after Ctrl-C */
    PROBES = 8,
    HOLDERS = 2,  /* of ports, with control connections of their own */
    ASK_MS = 2000 /* a question whose answer can be done without */
};

struct run {
    struct session *session;
    const struct diagnose_settings *settings;
    struct evidence *out;
    struct deadline end; /* of everything but the idle time */
    const char *command; /* the listing that this server accepts */
    bool over;           /* the session is lost and cannot be rebuilt */
    struct err why;      /* then */
};

static const struct wait *wait_of(const struct run *r)
{
    return session_settings(r->session)->wait;
}

static struct deadline soon(const struct run *r, int64_t ms)
{
    return deadline_sooner(deadline_in(ms), r->end);
}

/* Ctrl-C, or the limit for everything: -1; else 0. */
static int check_interrupt(const struct run *r, const struct err *why, struct err *err)
{
    if (cancel_raised(wait_of(r)->cancel) || (why && why->code == ERR_CANCELLED))
        return err_set(err, ERR_CANCELLED, "interrupted");
    if (deadline_passed(wait_of(r)->limit))
        return err_set(err, ERR_TIMEOUT, "the time limit for everything is over");
    return 0;
}

/* A server that lets nobody in again ends the questions: that is no evidence about strategies. */
static bool is_ready(struct run *r)
{
    r->over = r->over || session_ready(r->session, &r->why) < 0;
    return !r->over;
}

/* ---- one strategy ---- */

enum { DRAIN_ENDED, DRAIN_ON, DRAIN_ENOUGH };

/* The first bytes prove the way: a listing that is longer than the clock is cut, and no failure. */
static int drain_step(struct channel *c, unsigned char *block, struct deadline until, size_t *total,
                      struct err *err)
{
    size_t got = 0;
    enum stream_state state = channel_read(c, block, DRAIN_BLOCK, &got, err);
    if (state == STREAM_EOF)
        return DRAIN_ENDED;
    if (state == STREAM_ERROR)
        return -1;
    if (state == STREAM_OK) {
        *total += got;
        return *total < DRAIN_MAX && !deadline_passed(until) ? DRAIN_ON : DRAIN_ENOUGH;
    }
    int rc = channel_wait(c, stream_events(state), until, err);
    if (rc == 0 && *total > 0)
        return DRAIN_ENOUGH;
    if (rc == 0)
        return err_set(err, ERR_TIMEOUT, "no data came");
    return rc < 0 || channel_check(c, err) < 0 ? -1 : DRAIN_ON;
}

/* The listing to its end, or enough of it; an end without close_notify is none of the errors. */
static int drain(struct channel *c, struct trial *t, struct deadline until, struct err *err)
{
    unsigned char *block = malloc(DRAIN_BLOCK);
    struct err why = ERR_INIT;
    size_t total = 0;
    int rc = block ? DRAIN_ON : err_set(&why, ERR_LOCAL, "out of memory");
    while (rc == DRAIN_ON)
        rc = drain_step(c, block, until, &total, &why);
    free(block);
    t->unclean = rc < 0 && why.code == ERR_TRUNCATED;
    if (t->unclean)
        return DRAIN_ENDED;
    return rc < 0 ? err_take(err, &why) : rc;
}

/* vsftpd confirms only after our own close_notify. 0 when the final reply is there, 1 when it does
 * not come, -1. */
static int await_end(struct channel *c, struct deadline until, struct err *err)
{
    stream_finish(channel_stream(c), true, NULL);
    while (!channel_done(c)) {
        int rc = channel_wait(c, 0, until, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            return 1;
        if (channel_check(c, err) < 0)
            return channel_done(c) ? 0 : -1;
    }
    return 0;
}

/* The replies that are about the data connection and not about the folder, as channel_open() tells
 * them apart, and 450 with a word about TLS. */
static bool blames_way(const struct err *why)
{
    static const int codes[] = {425, 426, 521, 522, 534};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (why->reply == codes[i])
            return true;
    }
    return why->reply == 450 && (strstr(why->msg, "TLS") || strstr(why->msg, "SSL"));
}

/* The transfer failed on an open data connection. A refused listing leaves the way a good one. */
static void trial_failed(struct trial *t, const struct err *why)
{
    if (why->reply && !blames_way(why)) {
        t->refusal = *why;
        return;
    }
    t->row.stage = STAGE_OPEN;
    t->row.result = result_of_err(why);
    t->row.err = *why;
}

/* What is left of a transfer that has proved the way, or failed. */
static int cut_trial(struct run *r, struct channel *c, struct trial *t, bool proved,
                     struct err *why, struct err *err)
{
    channel_abort(c, proved ? NULL : why);
    if (proved)
        return 0;
    if (check_interrupt(r, why, err) < 0)
        return -1;
    trial_failed(t, why);
    return 0;
}

/* Ends the transfer and notes how it ended. Frees the channel. -1 when interrupted. A final reply
 * that had next to no time to come is not missed. */
static int finish_trial(struct run *r, struct channel *c, struct trial *t, struct deadline until,
                        int64_t patience_ms, struct err *err)
{
    struct err why = ERR_INIT;
    struct channel_end end;
    int rc = drain(c, t, until, &why);
    if (rc > 0 || (rc < 0 && !channel_done(c)))
        return cut_trial(r, c, t, rc > 0, &why, err);
    err_clear(&why);
    bool had_time = deadline_left_ms(until) >= patience_ms;
    if (await_end(c, until, &why) == 0) {
        t->whole = true;
        rc = channel_close(c, &end, &why);
        if (rc < 0 && check_interrupt(r, &why, err) < 0)
            return -1;
        if (rc < 0)
            trial_failed(t, &why);
        return 0;
    }
    channel_abort(c, NULL);
    if (session_control(r->session))
        control_mark_dead(session_control(r->session));
    if (check_interrupt(r, &why, err) < 0)
        return -1;
    t->whole = t->unconfirmed = had_time;
    return 0;
}

/* A refusal of the listing itself says nothing of the way: the other command may do. */
static bool try_other_command(struct run *r, const struct err *why)
{
    if (!why->reply || strcmp(r->command, "NLST") == 0)
        return false;
    r->command = "NLST";
    return true;
}

/* A server may hang up after it has refused the strategy before (vsftpd after 522), and that shows
 * only with the next command: asked once more, it tells whether the command is why. */
static bool hung_up(const struct attempts *rows, bool *again)
{
    const struct attempt *last = rows->n > 0 ? attempts_row(rows, rows->n - 1) : NULL;
    bool first = last && last->stage == STAGE_COMMAND && last->result == RESULT_RESET && !*again;
    *again = *again || first;
    return first;
}

static int open_alone(struct run *r, struct ladder *l, struct deadline until, struct attempts *rows,
                      struct channel **c, struct err *err)
{
    int rc;
    bool again = false;
    do {
        struct channel_request request = {.direction = CHANNEL_DOWN, .command = r->command};
        err_clear(err);
        l->timeout_ms = deadline_left_ms(until);
        rc = channel_open(r->session, l, &request, rows, c, err);
    } while (rc < 0 && !deadline_passed(until) &&
             (try_other_command(r, err) || hung_up(rows, &again)));
    return rc;
}

static int64_t share_ms(const struct run *r, int trials_left)
{
    int64_t share = deadline_left_ms(r->end) / (trials_left > 0 ? trials_left : 1);
    return share < r->settings->ladder->timeout_ms ? share : r->settings->ladder->timeout_ms;
}

/* What the ladder has noted, its last attempt being the one that counts. */
static void take_rows(struct trial *t, const struct attempts *rows)
{
    t->tried = true;
    t->row = *attempts_row(rows, rows->n - 1);
    for (size_t i = rows->first; i + 1 < rows->n; i++)
        t->full_only = t->full_only || attempts_row(rows, i)->stage == STAGE_TLS;
    t->full_only = t->full_only && t->row.result == RESULT_OK;
}

static void skip_trial(struct trial *t, enum strategy_id id, const char *why)
{
    t->tried = true;
    t->row.strategy = id;
    t->row.stage = STAGE_COMMAND;
    t->row.result = RESULT_SKIPPED;
    err_clear(&t->row.err);
    err_set(&t->row.err, ERR_NO_DATA_PATH, "%s", why);
}

/* Waits for a data connection that was started: how it ended. */
static enum attempt_result await_step(const struct run *r, struct rung *rung, struct err *err)
{
    for (;;) {
        int fd, rc = strategy_row(rung->row->strategy)->step(rung, &fd, err);
        if (rc < 0)
            return rung->row->result;
        rung->row->stage = STAGE_CONNECT;
        if (rc == 0) {
            close(fd);
            return RESULT_OK;
        }
        struct wait_fd wait = {.fd = rung->fd, .want = rung->events};
        rc = wait_fds(wait_of(r), &wait, 1, rung->until, err);
        if (rc < 0)
            return RESULT_CANCELLED;
        if (rc == 0) {
            err_set(err, ERR_TIMEOUT, "nothing answers");
            rung_name_proxy(rung, err);
            return RESULT_TIMEOUT;
        }
    }
}

/* A strategy as far as it gets without a transfer: the server is asked for a port, and the port is
 * dialled; or it is told where to dial. 0 with the outcome in the row, -1 when the command failed
 * or there was nothing to dial. */
static int dial_alone(struct run *r, struct attempt *row, struct deadline until)
{
    struct ladder ladder = *r->settings->ladder;
    struct rung rung = {.session = r->session,
                        .ladder = &ladder,
                        .transfer = r->command,
                        .row = row,
                        .until = until,
                        .fd = -1};
    int rc = strategy_row(row->strategy)->prepare(&rung, &row->err);
    if (rc == 0 && !rung.listening)
        row->result = await_step(r, &rung, &row->err);
    rung_clear(&rung);
    return rc;
}

/* Where the server lists nothing, the bare connection has to tell. */
static void judge_by_connect(struct run *r, struct trial *t, enum strategy_id id,
                             struct deadline until, const struct err *refusal)
{
    int64_t start = clock_now_ms();
    struct attempt row = {.strategy = id};
    if (!is_ready(r))
        return;
    t->tried = true;
    t->refusal = *refusal;
    int rc = dial_alone(r, &row, until);
    row.ms = clock_now_ms() - start;
    t->row = row;
    if (rc == 0 && id == STRATEGY_ACTIVE)
        skip_trial(t, id, "the server refuses the listing, for which it would have dialled");
}

/* A channel that did not open: a row has it, the listing was refused, or the session is lost. */
static int open_failed(struct run *r, struct trial *t, enum strategy_id id, struct deadline until,
                       const struct err *why, struct err *err)
{
    bool failed = t->tried && t->row.result != RESULT_OK;
    if (check_interrupt(r, why, err) < 0)
        return -1;
    if (failed)
        return 0;
    if (why->reply && t->tried)
        t->refusal = *why;
    else if (why->reply)
        judge_by_connect(r, t, id, until, why);
    else
        r->over = true;
    if (r->over)
        err_take(&r->why, why);
    return check_interrupt(r, NULL, err);
}

static int try_alone(struct run *r, enum strategy_id id, int trials_left, struct err *err)
{
    struct trial *t = &r->out->trials[id];
    struct attempts rows = {0};
    struct channel *c = NULL;
    struct err why = ERR_INIT;
    struct ladder l = *r->settings->ladder;
    int64_t start = clock_now_ms();
    if (!is_ready(r))
        return check_interrupt(r, &r->why, err);
    r->end.at_ms += clock_now_ms() - start; /* the control connection has clocks of its own */
    int64_t ms = share_ms(r, trials_left);
    if (ms <= 0) {
        skip_trial(t, id, "no time left");
        return 0;
    }
    struct deadline until = deadline_in(ms);
    l.chosen = false;
    ladder_choose(&l, id);
    int rc = open_alone(r, &l, until, &rows, &c, &why);
    if (rows.n > 0)
        take_rows(t, &rows);
    attempts_clear(&rows);
    return rc < 0 ? open_failed(r, t, id, until, &why, err)
                  : finish_trial(r, c, t, until, ms / 2, err);
}

/* ---- questions besides ---- */

/* Asks without rebuilding the session; what is not answered in time leaves it out of step, and dead
 * for whoever comes next. 0 with the final reply in *out. */
static int ask(struct run *r, struct reply *out, int64_t ms, const char *line, struct err *err)
{
    struct control *control = session_control(r->session);
    struct deadline until = soon(r, ms);
    *out = (struct reply){0};
    int rc = session_alive(r->session) ? control_send(control, until, err, "%s", line)
                                       : err_set(err, ERR_CLOSED, "the session is lost");
    while (rc == 0 && out->code < 200) {
        reply_clear(out);
        rc = control_read(control, out, until, err);
    }
    if (rc < 0) {
        reply_clear(out);
        if (control)
            control_mark_dead(control);
    }
    return rc;
}

/* ---- the other direction ---- */

static int name_upload(struct upload *u, struct err *err)
{
    uint64_t number;
    if (random_bytes(&number, sizeof number, err) < 0)
        return -1;
    snprintf(u->name, sizeof u->name, ".ftpsh-diagnose-%012" PRIx64, number >> 16);
    return 0;
}

/* A refusal of the file (550, 553) is none of the way. */
static void upload_failed(struct trial *t, bool has_row, const struct err *why)
{
    if (why->reply && !blames_way(why)) {
        t->refusal = t->row.err = *why;
        t->row.result = RESULT_REJECTED;
        t->row.stage = has_row ? STAGE_OPEN : STAGE_COMMAND;
    } else if (!has_row || t->row.result == RESULT_OK) {
        trial_failed(t, why);
    }
}

/* As `put` does it. */
static void send_nothing(struct run *r, enum strategy_id id, struct upload *u, struct err *why)
{
    struct trial *t = &u->trial;
    struct ladder l = *r->settings->ladder;
    struct channel_request request = {
        .direction = CHANNEL_UP, .command = "STOR", .argument = u->name};
    struct attempts rows = {0};
    struct channel *c;
    l.chosen = false;
    ladder_choose(&l, id);
    t->row.strategy = id;
    int rc = channel_open(r->session, &l, &request, &rows, &c, why);
    bool has_row = rows.n > 0;
    if (has_row)
        take_rows(t, &rows);
    attempts_clear(&rows);
    t->tried = true;
    if (rc == 0) {
        channel_limit(c, deadline_in(l.timeout_ms));
        struct channel_end end;
        rc = channel_close(c, &end, why);
        t->unconfirmed = end.unconfirmed;
        t->whole = rc == 0 || t->unconfirmed;
    }
    if (rc < 0 && !t->unconfirmed)
        upload_failed(t, has_row, why);
}

/* The reply to DELE. -1 when none came; not even Ctrl-C keeps it from being asked, for a moment. */
static int remove_upload(struct run *r, const struct upload *u, bool interrupted, struct reply *out)
{
    char line[sizeof u->name + 8];
    struct wait alone = {NULL, DEADLINE_NEVER};
    snprintf(line, sizeof line, "DELE %s", u->name);
    *out = (struct reply){0};
    if (!interrupted)
        return is_ready(r) ? ask(r, out, r->settings->ladder->timeout_ms, line, NULL) : -1;
    if (!session_alive(r->session))
        return -1;
    const struct wait *usual = control_use_wait(session_control(r->session), &alone);
    int rc = ask(r, out, REMOVE_MS, line, NULL);
    control_use_wait(session_control(r->session), usual);
    return rc;
}

/* What was never stored cannot be removed: the server says so, or that it has no such size. */
static void clean_up(struct run *r, struct upload *u, bool interrupted)
{
    struct reply reply;
    int64_t size;
    int rc = remove_upload(r, u, interrupted, &reply);
    bool stored = u->trial.whole;
    if (rc < 0)
        err_set(&u->left, ERR_CLOSED, "no answer to DELE");
    else if (reply.code / 100 != 2 && !stored && !interrupted)
        stored = session_size(r->session, u->name, &size, NULL) == 0;
    if (rc == 0 && reply.code / 100 != 2 && stored)
        session_refused(&reply, "DELE", &u->left);
    reply_clear(&reply);
}

static int try_upload(struct run *r, enum strategy_id id, struct err *err)
{
    struct upload *u = &r->out->upload;
    struct err why = ERR_INIT, stop = ERR_INIT;
    struct deadline end = r->end;
    int64_t start = clock_now_ms();
    if (!is_ready(r))
        return check_interrupt(r, &r->why, err);
    if (name_upload(u, err) < 0)
        return -1;
    send_nothing(r, id, u, &why);
    u->trial.row.ms = clock_now_ms() - start;
    int rc = check_interrupt(r, &why, &stop);
    r->end = DEADLINE_NEVER;
    clean_up(r, u, rc < 0);
    r->end = end;
    r->end.at_ms += clock_now_ms() - start;
    return rc < 0 ? err_take(err, &stop) : check_interrupt(r, NULL, err);
}

/* ---- what the server tells ---- */

/* FEAT, STAT and SITE HELP give away what a changed banner hides: by features that nobody else has,
 * by their wording, or by the list of commands behind SITE. */
static enum software guess_software(const char *text)
{
    static const struct {
        const char *mark;
        enum software software;
    } marks[] = {{"SPSV", SOFTWARE_PUREFTPD},
                 {"ESTP", SOFTWARE_PUREFTPD},
                 {"MFF modify;UNIX.group;UNIX.mode", SOFTWARE_PROFTPD},
                 {"211-Status of '", SOFTWARE_PROFTPD},
                 {"HELP\n CHGRP\n CHMOD", SOFTWARE_PROFTPD},
                 {"CHMOD UMASK HELP", SOFTWARE_VSFTPD},
                 {"unix.mode;unix.uid;unix.gid;", SOFTWARE_PYFTPDLIB},
                 {"unix.mode*;unix.uid*;unix.gid*;", SOFTWARE_PYFTPDLIB}, /* once OPTS MLST asked */
                 {"Help SITE command successful", SOFTWARE_PYFTPDLIB},
                 {"DIRSTYLE", SOFTWARE_IIS}};
    enum software found = software_guess(text);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0] && found == SOFTWARE_UNKNOWN; i++) {
        if (strstr(text, marks[i].mark))
            found = marks[i].software;
    }
    return found;
}

static void learn_software(struct run *r)
{
    static const char *const questions[] = {"SYST", "FEAT", "STAT", "HELP", "SITE HELP"};
    r->out->software = session_software(r->session);
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        struct reply reply;
        if (r->out->software != SOFTWARE_UNKNOWN)
            return;
        if (ask(r, &reply, ASK_MS, questions[i], NULL) < 0)
            return;
        if (reply_is_good(&reply))
            r->out->software = guess_software(reply.text);
        reply_clear(&reply);
    }
}

/* The first address in the line behind `mark`; false when there is none. */
static bool address_behind(const char *text, const char *mark, struct addr *out)
{
    const char *p = strstr(text, mark);
    const char *end = p ? p + strcspn(p, "\n") : NULL;
    for (p = p ? p + strlen(mark) : NULL; p && p < end; p++) {
        char word[ADDR_TEXT];
        size_t n = strspn(p, "0123456789abcdefABCDEF.:");
        if (n > 0 && n < sizeof word) {
            memcpy(word, p, n);
            word[n] = '\0';
            if (addr_parse(word, out, NULL) == 0)
                return true;
        }
        p += n;
    }
    return false;
}

/* No NAT of this client's gives it a private address on a public way: the server's own does. */
static bool is_masked(const struct evidence *e, const struct addr *seen)
{
    if (addr_family(&e->peer) == AF_UNSPEC || addr_same_host(seen, &e->local))
        return false;
    return addr_is_private(seen) && !(addr_is_private(&e->peer) && addr_is_private(&e->local));
}

/* Some servers tell in STAT whom they talk to: "Connected to 192.0.2.10" (vsftpd), "Connected from
 * host (192.0.2.10)" (ProFTPD); "Connected to: " is pyftpdlib's own address. */
static void learn_own_address(struct run *r)
{
    struct reply reply;
    struct addr found = {0};
    if (ask(r, &reply, ASK_MS, "STAT", NULL) < 0)
        return;
    if (reply_is_good(&reply) && (address_behind(reply.text, "Connected to ", &found) ||
                                  address_behind(reply.text, "Connected from ", &found)))
        *(is_masked(r->out, &found) ? &r->out->masked_as : &r->out->seen_as) = found;
    reply_clear(&reply);
}

/* False when the server names no port. */
static bool probe_port(struct run *r, struct probe *p)
{
    struct attempt row = {.strategy = p->epsv ? STRATEGY_EPSV : STRATEGY_PASV_CONTROL_IP};
    int rc = dial_alone(r, &row, soon(r, PROBE_MS));
    p->port = addr_port(&row.endpoint);
    p->result = row.result;
    p->by_proxy = row.by_proxy;
    return rc == 0 || row.stage == STAGE_CONNECT;
}

static bool has_connected(const struct run *r, enum strategy_id id)
{
    const struct trial *t = &r->out->trials[id];
    return t->tried &&
           (t->row.result == RESULT_OK || t->row.stage == STAGE_OPEN || t->row.stage == STAGE_TLS);
}

static bool names_port(const struct run *r, enum strategy_id id)
{
    const struct trial *t = &r->out->trials[id];
    return t->tried && t->row.stage != STAGE_COMMAND && t->row.result != RESULT_SKIPPED;
}

/* A port asked for on a control connection of its own, while the others keep theirs. False when
 * that told nothing, or all there is to know. */
static bool hold_port(struct run *r, struct session *holder)
{
    struct evidence *e = r->out;
    struct run held = {
        .session = holder, .settings = r->settings, .end = r->end, .command = r->command};
    struct probe p = {.epsv = names_port(r, STRATEGY_EPSV)};
    if (!holder || session_connect(holder, NULL) < 0)
        return false;
    bool named = probe_port(&held, &p);
    if (p.result == RESULT_CANCELLED)
        return false;
    e->held_out = !named || p.result != RESULT_OK;
    if (!e->held_out)
        e->probes[e->nprobes++] = p;
    return !e->held_out;
}

/* One and the same port each time is the only one, or the first free of many: that shows where it
 * is not given back. */
static void hold_ports(struct run *r)
{
    struct session *holders[HOLDERS] = {NULL};
    bool go_on = evidence_one_port(r->out) && !deadline_passed(r->end);
    for (int i = 0; i < HOLDERS && go_on; i++) {
        holders[i] = session_clone(r->session, session_settings(r->session), NULL);
        go_on = hold_port(r, holders[i]);
    }
    for (int i = 0; i < HOLDERS; i++)
        session_free(holders[i]);
}

/* Asks for several ports in a row and dials each: how many there are, and whether the command or
 * the port decides which of them answer. Worth it only where one has answered at all. The session
 * is given up when the server is confused by it. */
static void probe_ports(struct run *r)
{
    struct evidence *e = r->out;
    bool epsv = names_port(r, STRATEGY_EPSV), pasv = names_port(r, STRATEGY_PASV_CONTROL_IP);
    if (!has_connected(r, STRATEGY_EPSV) && !has_connected(r, STRATEGY_PASV_CONTROL_IP) &&
        !has_connected(r, STRATEGY_PASV))
        return;
    while (e->nprobes < PROBES && !deadline_passed(r->end)) {
        struct probe *p = &e->probes[e->nprobes];
        p->epsv = epsv && (!pasv || e->nprobes % 2 == 0);
        if (!probe_port(r, p) || p->result == RESULT_CANCELLED)
            break;
        e->nprobes++;
    }
    hold_ports(r);
    if (session_control(r->session))
        control_mark_dead(session_control(r->session));
}

/* The reply to PASV on a control connection that is still in clear. Most servers want a login
 * first, and nobody logs in in clear for this. */
static void ask_plain(struct run *r, struct control *control)
{
    struct reply reply = {0};
    struct deadline until = soon(r, ASK_MS);
    int rc = 0;
    while (rc == 0 && reply.code < 200) { /* the greeting */
        reply_clear(&reply);
        rc = control_read(control, &reply, until, NULL);
    }
    reply_clear(&reply);
    if (rc == 0)
        rc = control_send(control, until, NULL, "PASV");
    if (rc == 0)
        rc = control_read(control, &reply, until, NULL);
    if (rc == 0 && reply.code == 227)
        pasv_parse(reply_last_line(&reply), &r->out->plain, NULL);
    reply_clear(&reply);
}

/* A second connection beside the session's, for one question. */
static int dial_beside(struct run *r)
{
    struct deadline until = soon(r, ASK_MS);
    int rc, fd = dial_start(&r->out->peer, session_local(r->session), NULL);
    if (fd < 0)
        return -1;
    while ((rc = dial_result(fd, &r->out->peer, NULL)) > 0) {
        struct wait_fd wait = {.fd = fd, .want = POLLOUT};
        if (wait_fds(wait_of(r), &wait, 1, until, NULL) <= 0)
            break;
    }
    if (rc == 0)
        return fd;
    close(fd);
    return -1;
}

static void learn_plain(struct run *r)
{
    const struct session_config *config = session_settings(r->session);
    bool explicit = config->tls == TLS_REQUIRE || config->tls == TLS_PREFER;
    if (!explicit || !session_private_data(r->session) || config->proxy ||
        addr_family(&r->out->peer) != AF_INET)
        return;
    int fd = dial_beside(r);
    struct control *control = fd < 0 ? NULL : control_new(fd, config->wait, config->log, NULL);
    if (control)
        ask_plain(r, control);
    control_free(control);
}

/* Says nothing for a while. 0 while the connection lasts, as far as that shows from here; -1 with
 * what ended it: Ctrl-C, or the server. */
static int say_nothing(struct run *r, struct deadline until, struct err *err)
{
    struct control *control = session_control(r->session);
    struct wait_fd fd = {.fd = stream_fd(control_stream(control)), .want = POLLIN};
    int rc = 1;
    while (rc >= 0 && !deadline_passed(until)) {
        struct reply reply = {0};
        if (wait_fds(wait_of(r), &fd, 1, until, err) < 0)
            return -1;
        rc = control_try(control, &reply, err);
        if (rc > 0 && reply.code == 421)
            rc = session_refused(&reply, "idle", err);
        reply_clear(&reply);
    }
    return rc < 0 ? -1 : 0;
}

/* A NAT's loss of memory shows only when something is sent. */
static int ask_for_life(struct run *r, struct err *err)
{
    struct reply reply;
    r->end = DEADLINE_NEVER;
    int rc = ask(r, &reply, r->settings->ladder->timeout_ms, "NOOP", err);
    if (rc == 0 && reply.code == 421)
        rc = session_refused(&reply, "NOOP", err);
    reply_clear(&reply);
    return rc;
}

static int stay_idle(struct run *r, struct err *err)
{
    struct err why = ERR_INIT;
    if (!is_ready(r))
        return check_interrupt(r, &r->why, err);
    int64_t start = clock_now_ms();
    int rc = say_nothing(r, deadline_in(r->settings->idle_ms), &why);
    int64_t idle_ms = clock_now_ms() - start;
    if (rc == 0)
        rc = ask_for_life(r, &why);
    if (rc < 0 && check_interrupt(r, &why, err) < 0)
        return -1;
    r->out->idle_ms = idle_ms > 0 ? idle_ms : 1;
    r->out->idle_end = why;
    return 0;
}

/* ---- all together ---- */

/* A session that was cleared is no measure for the others. */
static int begin(struct run *r, struct err *err)
{
    if (session_ready(r->session, err) < 0)
        return -1;
    if (session_can_clear(r->session) && !session_tls(r->session)->active) {
        control_mark_dead(session_control(r->session));
        if (session_ready(r->session, err) < 0)
            return -1;
    }
    r->out->local = *session_local(r->session);
    r->out->peer = *session_peer(r->session);
    return 0;
}

static bool passive_trouble(const struct run *r)
{
    const struct attempt *row = &r->out->trials[STRATEGY_PASV].row;
    return row->stage == STAGE_CONNECT && row->result != RESULT_SKIPPED && row->result != RESULT_OK;
}

/* Whether a strategy has shown anything. */
static bool has_learnt(const struct run *r)
{
    for (int id = 0; id < STRATEGY_COUNT; id++) {
        const struct trial *t = &r->out->trials[id];
        if (t->tried && t->row.result != RESULT_SKIPPED)
            return true;
    }
    return false;
}

/* A session lost before anything was learnt is the caller's to hear of. */
static int try_all(struct run *r, struct err *err)
{
    static const enum strategy_id order[] = {STRATEGY_EPSV, STRATEGY_PASV_CONTROL_IP, STRATEGY_PASV,
                                             STRATEGY_ACTIVE};
    int n = sizeof order / sizeof order[0];
    for (int i = 0; i < n && !r->over; i++) {
        if (order[i] == STRATEGY_ACTIVE && passive_trouble(r) && is_ready(r))
            learn_plain(r);
        if (try_alone(r, order[i], n - i, err) < 0)
            return -1;
    }
    return r->over && !has_learnt(r) ? err_take(err, &r->why) : 0;
}

/* Over the first strategy that carried a listing, or connected at least. */
static int try_upload_over_best(struct run *r, struct err *err)
{
    for (int id = 0; id < STRATEGY_COUNT; id++) {
        if (evidence_works(r->out, (enum strategy_id) id))
            return try_upload(r, (enum strategy_id) id, err);
    }
    return 0;
}

/* Where the client's NAT lent a port, that is our address from outside. */
static void learn_from_mapping(struct run *r)
{
    const struct attempt *row = &r->out->trials[STRATEGY_ACTIVE].row;
    if (addr_family(&r->out->seen_as) == AF_UNSPEC &&
        !addr_same_host(&row->endpoint, &r->out->local) &&
        addr_family(&r->settings->ladder->active_address) == AF_UNSPEC)
        r->out->seen_as = row->endpoint;
}

/* Clearing is irreversible, hence the last thing done on this control connection. */
static int try_ccc(struct run *r, struct err *err)
{
    struct trial *t = &r->out->trials[STRATEGY_CCC];
    r->end = deadline_in(r->settings->ladder->timeout_ms);
    if (try_alone(r, STRATEGY_CCC, 1, err) < 0)
        return -1;
    if (addr_family(&t->row.advertised) != AF_UNSPEC)
        r->out->plain = t->row.advertised;
    if (r->settings->upload && !r->out->upload.trial.tried && try_upload_over_best(r, err) < 0)
        return -1;
    if (session_control(r->session))
        control_mark_dead(session_control(r->session));
    return 0;
}

static int find_out(struct run *r, struct err *err)
{
    const struct diagnose_settings *settings = r->settings;
    if (begin(r, err) < 0)
        return -1;
    r->end = deadline_in(ASK_MS);
    learn_software(r);
    if (is_ready(r))
        learn_own_address(r);
    r->end = deadline_in(settings->ladder->timeout_ms * (STRATEGY_COUNT - 1));
    if (try_all(r, err) < 0)
        return -1;
    learn_from_mapping(r);
    if (settings->upload && !r->over && try_upload_over_best(r, err) < 0)
        return -1;
    if (is_ready(r))
        probe_ports(r);
    if (check_interrupt(r, NULL, err) < 0)
        return -1;
    if (settings->idle_ms > 0 && !r->over && stay_idle(r, err) < 0)
        return -1;
    return settings->ccc && !r->over ? try_ccc(r, err) : 0;
}

int diagnose_run(struct session *s, const struct diagnose_settings *settings, struct evidence *out,
                 struct err *err)
{
    struct run r = {.session = s, .settings = settings, .out = out, .command = "LIST"};
    *out = (struct evidence){0};
    int rc = find_out(&r, err);
    if (r.over)
        out->ended = r.why;
    if (rc < 0 && err_is_set(&out->upload.left))
        err_wrap(err, "%s may be left on the server", out->upload.name);
    return rc;
}
