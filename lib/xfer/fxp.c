#include "xfer/fxp.h"

#include "ftp/pasv.h"
#include "xfer/growth.h"
#include "xfer/verify.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
    LAST_WORDS_MS = 1500,
    ABORT_MS = 1000,
    HEAD_START_MS = 500, /* of the target that dials */
    TICK_MS = 250,
    REASON = 110,
    INTERIM_MAX = 64,     /* preliminary replies to a transfer command */
    RESERVED_PORTS = 1024 /* RFC 2577 section 3: no data connection goes to one of these */
};

/* One of the two servers. */
struct side {
    struct mover *mover;
    struct session *session; /* the mover's */
    const char *path, *name, *verb;
    unsigned generation; /* of the session that was prepared */
    bool begun;          /* 1yz has come */
    int interim;         /* how many of them */
    struct reply final;  /* code 0: not yet */
};

struct fxp {
    struct side from, to;
    const struct fxp_options *options;
    int64_t size, offset; /* of the source, -1: unknown; where it goes on */
    int64_t before;       /* of the target, before the transfer; -1: none, or unknown */
    struct growth growth;
    struct transfer *out;
    bool private_data; /* TLS between the two */
};

/* One of the two directions of the data connection. */
struct way {
    struct side *passive, *active;
    struct side *sscn; /* the client of TLS by SSCN; NULL: none */
    bool cpsv;         /* the passive one is, by CPSV */
};

static const struct wait *wait_of(const struct fxp *x)
{
    return session_settings(x->from.session)->wait;
}

static struct control *control_of(const struct side *s)
{
    return session_control(s->session);
}

/* ---- addresses ---- */

static int check_reach(const struct addr *peer, const struct addr *dialler, struct err *err)
{
    char text[ADDR_TEXT];
    bool hidden = addr_is_private(peer) && !addr_is_private(dialler);
    bool alone = addr_is_loopback(peer) && !addr_is_loopback(dialler);
    if (!hidden && !alone)
        return 0;
    return err_set(err, ERR_CONNECT, "the other server cannot dial the private address %s",
                   addr_format(peer, text, sizeof text));
}

int fxp_address(const struct addr *peer, const struct addr *advertised, const struct addr *dialler,
                struct addr *out, struct err *err)
{
    char named[ADDR_TEXT], own[ADDR_TEXT];
    if (addr_family(peer) == AF_UNSPEC)
        return err_set(err, ERR_CONNECT, "only the proxy knows this server's address");
    bool elsewhere = addr_family(advertised) != AF_UNSPEC && !addr_is_private(advertised) &&
                     !addr_same_host(advertised, peer);
    if (elsewhere)
        return err_set(
            err, ERR_CONNECT, "it names %s for its data and is at %s: a third host is not dialled",
            addr_format(advertised, named, sizeof named), addr_format(peer, own, sizeof own));
    if (addr_family(dialler) != AF_UNSPEC && check_reach(peer, dialler, err) < 0)
        return -1;
    *out = *peer;
    return 0;
}

/* ---- preparing ---- */

/* Every step must meet the same control connection: a rebuilt one has forgotten the others. */
static int ask(struct side *s, struct reply *out, struct err *err, const char *line)
{
    *out = (struct reply){0};
    if (session_command(s->session, out, err, "%s", line) < 0)
        return err_wrap(err, "%s", s->name);
    if (session_generation(s->session) == s->generation)
        return 0;
    reply_clear(out);
    return err_set(err, ERR_CLOSED, "%s: the control connection was lost", s->name);
}

static int demand(struct side *s, const char *line, struct err *err)
{
    struct reply r;
    if (ask(s, &r, err, line) < 0)
        return -1;
    int rc = reply_is_good(&r) || (r.code == 350 && strncmp(line, "REST", 4) == 0)
                 ? 0
                 : session_refused(&r, line, err);
    reply_clear(&r);
    return rc < 0 ? err_wrap(err, "%s", s->name) : 0;
}

/* What a server has named: the host only where it was 227. */
struct named {
    struct addr host;
    uint16_t port;
};

/* 227 or 229 to PASV, CPSV or EPSV. */
static int ask_port(struct side *s, const char *command, struct named *out, struct err *err)
{
    struct reply r;
    *out = (struct named){0};
    if (ask(s, &r, err, command) < 0)
        return -1;
    int rc = r.code == 227   ? pasv_parse(reply_last_line(&r), &out->host, err)
             : r.code == 229 ? epsv_parse(reply_last_line(&r), &out->port, err)
                             : session_refused(&r, command, err);
    if (rc == 0 && r.code == 227)
        out->port = addr_port(&out->host);
    reply_clear(&r);
    return rc < 0 ? err_wrap(err, "%s", s->name) : 0;
}

static bool is_refusal(const struct err *err)
{
    return err->code == ERR_REPLY_PERMANENT || err->code == ERR_REPLY_TRANSIENT;
}

/* The older pair first, which servers of this kind all know. */
static int passive_port(const struct way *w, struct named *out, struct err *err)
{
    struct err why = ERR_INIT;
    bool ipv4 = addr_family(session_peer(w->passive->session)) == AF_INET;
    if (w->cpsv)
        return ask_port(w->passive, "CPSV", out, err);
    if (ipv4 && ask_port(w->passive, "PASV", out, &why) == 0)
        return 0;
    if (ipv4 && !is_refusal(&why))
        return err_take(err, &why);
    return ask_port(w->passive, "EPSV", out, err);
}

static int tell_port(struct side *s, const struct addr *at, struct err *err)
{
    char arg[PORT_ARG_MAX], line[PORT_ARG_MAX + 8];
    struct err why = ERR_INIT;
    if (addr_family(at) == AF_INET) {
        snprintf(line, sizeof line, "PORT %s", port_argument(at, arg));
        if (demand(s, line, &why) == 0)
            return 0;
        if (why.reply != 500 && why.reply != 502)
            return err_take(err, &why);
    }
    snprintf(line, sizeof line, "EPRT %s", eprt_argument(at, arg));
    if (demand(s, line, err) == 0)
        return 0;
    if (err_is_set(&why)) { /* what it said of the address is the better word */
        err_clear(err);
        return err_take(err, &why);
    }
    return -1;
}

static int connect_ways(const struct way *w, struct err *err)
{
    struct named named;
    struct addr at;
    if (passive_port(w, &named, err) < 0)
        return -1;
    if (fxp_address(session_peer(w->passive->session), &named.host,
                    session_peer(w->active->session), &at, err) < 0)
        return err_wrap(err, "%s", w->passive->name);
    if (named.port < RESERVED_PORTS)
        return err_set(err, ERR_CONNECT, "%s: it names port %u, which is for other services",
                       w->passive->name, (unsigned) named.port);
    addr_set_port(&at, named.port);
    return tell_port(w->active, &at, err);
}

static int send_command(struct side *s, struct err *err)
{
    struct deadline until = deadline_in(session_settings(s->session)->reply_timeout_ms);
    s->begun = false;
    s->interim = 0;
    reply_clear(&s->final);
    if (control_send(control_of(s), until, err, "%s %s", s->verb, s->path) == 0)
        return 0;
    return err_wrap(err, "%s", s->name);
}

/* ---- the commands ---- */

static int take_replies(struct side *s, struct err *err)
{
    while (s->final.code == 0) {
        struct reply r = {0};
        int rc = control_try(control_of(s), &r, err);
        if (rc < 0)
            return err_wrap(err, "%s", s->name);
        if (rc == 0)
            return 0;
        if (r.code < 200) {
            s->begun = true;
            reply_clear(&r);
            if (++s->interim > INTERIM_MAX) {
                control_mark_dead(control_of(s));
                return err_set(err, ERR_PROTOCOL, "%s: no end of preliminary replies", s->name);
            }
        } else {
            s->final = r;
        }
    }
    return 0;
}

static bool ended(const struct side *s)
{
    return s->final.code != 0;
}

/* pyftpdlib dials with PORT already, and drops data that come before STOR has: then it waits for
 * others, for ever. Under TLS none come before its handshake, which may be before its 1yz. */
static int await_target(struct fxp *x, struct err *err)
{
    struct deadline until = deadline_in(x->private_data ? 0 : HEAD_START_MS);
    for (;;) {
        if (take_replies(&x->to, err) < 0)
            return -1;
        if (x->to.begun || ended(&x->to))
            return 0;
        struct wait_fd fd = {.fd = stream_fd(control_stream(control_of(&x->to))), .want = POLLIN};
        int rc = wait_fds(wait_of(x), &fd, 1, until, err);
        if (rc <= 0)
            return rc;
    }
}

/* The target hears of the file before it comes. One that listens may have nothing to say until the
 * source has dialled. */
static int send_commands(struct fxp *x, const struct way *w, struct err *err)
{
    if (send_command(&x->to, err) < 0 || (w->active == &x->to && await_target(x, err) < 0))
        return -1;
    return send_command(&x->from, err);
}

static int start_way(struct fxp *x, const struct way *w, struct err *err)
{
    char rest[32];
    if (w->sscn && demand(w->sscn, "SSCN ON", err) < 0)
        return -1;
    if (connect_ways(w, err) < 0)
        return -1;
    snprintf(rest, sizeof rest, "REST %lld", (long long) x->offset);
    if (x->offset > 0 && (demand(w->passive, rest, err) < 0 || demand(w->active, rest, err) < 0))
        return -1;
    return send_commands(x, w, err);
}

/* ---- while it flows ---- */

static bool failed(const struct side *s)
{
    return s->final.code >= 300;
}

/* How far the two are, in the order in which it goes. */
enum phase { PHASE_SILENT, PHASE_ONE_BEGUN, PHASE_BOTH_BEGUN, PHASE_ONE_ENDED, PHASE_FAILED };

static enum phase phase_of(const struct fxp *x)
{
    const struct side *a = &x->from, *b = &x->to;
    if (failed(a) || failed(b))
        return PHASE_FAILED;
    if (ended(a) || ended(b))
        return PHASE_ONE_ENDED;
    if (a->begun && b->begun)
        return PHASE_BOTH_BEGUN;
    return a->begun || b->begun ? PHASE_ONE_BEGUN : PHASE_SILENT;
}

/* How long the next step may take. While data flow that is for growth.h to say. */
static struct deadline patience(const struct fxp *x, enum phase phase)
{
    switch (phase) {
    case PHASE_SILENT:
        return deadline_in(x->options->open_ms);
    case PHASE_BOTH_BEGUN:
        return DEADLINE_NEVER;
    case PHASE_FAILED:
        return deadline_in(LAST_WORDS_MS);
    default:
        return deadline_in(session_settings(x->from.session)->reply_timeout_ms);
    }
}

static int out_of_patience(const struct fxp *x, enum phase phase, struct err *err)
{
    if (phase == PHASE_FAILED)
        return 0;
    if (phase == PHASE_SILENT)
        return err_set(err, ERR_TIMEOUT, "no data connection came about");
    const struct side *mute = phase == PHASE_ONE_ENDED ? (ended(&x->to) ? &x->from : &x->to)
                              : x->to.begun            ? &x->from
                                                       : &x->to;
    return err_set(err, ERR_TIMEOUT, "%s: no answer to %s", mute->name, mute->verb);
}

static struct deadline enter_phase(struct fxp *x, enum phase phase)
{
    x->growth.next = DEADLINE_NEVER;
    if (phase == PHASE_BOTH_BEGUN)
        growth_begin(&x->growth, x->to.session, x->to.path, x->before, x->offset,
                     x->options->pump->idle_timeout_ms);
    return patience(x, phase);
}

static void show(const struct fxp *x)
{
    const struct pump_settings *pump = x->options->pump;
    if (pump->progress && x->growth.size >= 0)
        atomic_store(&pump->progress->done, x->growth.size);
    if (pump->tick)
        pump->tick(pump->tick_ctx);
}

/* 0 when `until` has come, -1. */
static int await_word(const struct fxp *x, struct deadline until, struct err *err)
{
    struct wait_fd fds[] = {
        {.fd = ended(&x->from) ? -1 : stream_fd(control_stream(control_of(&x->from))),
         .want = POLLIN},
        {.fd = ended(&x->to) ? -1 : stream_fd(control_stream(control_of(&x->to))), .want = POLLIN},
    };
    struct deadline next = deadline_sooner(x->growth.next, deadline_in(TICK_MS));
    int rc = wait_fds(wait_of(x), fds, 2, deadline_sooner(until, next), err);
    show(x);
    return rc != 0 ? rc : !deadline_passed(until);
}

/* Until both have said their last, or one has failed and the other had a moment for it. */
static int watch(struct fxp *x, struct err *err)
{
    enum phase phase = PHASE_SILENT;
    struct deadline until = enter_phase(x, phase);
    for (;;) {
        if (take_replies(&x->from, err) < 0 || take_replies(&x->to, err) < 0)
            return -1;
        if (ended(&x->from) && ended(&x->to))
            return 0;
        enum phase now = phase_of(x);
        if (now != phase)
            until = enter_phase(x, phase = now);
        if (growth_look(&x->growth, err) < 0)
            return -1;
        int rc = await_word(x, until, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            return out_of_patience(x, phase, err);
    }
}

/* Takes back what holds for a session, or gives it up where that cannot be. */
static void restore(struct side *s, const char *line)
{
    if (session_generation(s->session) != s->generation)
        return;
    if (!session_alive(s->session) || demand(s, line, NULL) < 0)
        control_mark_dead(control_of(s));
}

/* What is still under way is ended; the next command finds out whether the two are in step. */
static void abort_side(struct side *s)
{
    struct control *control = control_of(s);
    struct wait alone = {NULL, DEADLINE_NEVER};
    if (!control || control_dead(control) || control_outstanding(control) == 0)
        return;
    const struct wait *usual = control_use_wait(control, &alone);
    control_abort(control, deadline_in(ABORT_MS));
    control_use_wait(control, usual);
}

/* ---- the outcome of one way ---- */

/* Both servers' words: often only one of them knows the reason. */
static int refused(const struct fxp *x, struct err *err)
{
    const struct side *first = failed(&x->from) ? &x->from : &x->to;
    char one[REASON], two[REASON];
    reply_summary(&first->final, one, sizeof one);
    if (first == &x->from && failed(&x->to))
        return err_set_reply(err, first->final.code, "source: %s; target: %s", one,
                             reply_summary(&x->to.final, two, sizeof two));
    return err_set_reply(err, first->final.code, "%s: %s", first->name, one);
}

/* Replies about the file and not about the connection (RFC 959 section 4.2.2). */
static bool blames_file(int code)
{
    return (code >= 550 && code <= 553) || (code >= 450 && code <= 452) || code == 532;
}

static bool has_flowed(const struct fxp *x)
{
    int64_t there;
    struct err why = ERR_INIT;
    if (!x->from.begun || !x->to.begun)
        return false;
    if (x->growth.stalled) /* this server may be too busy to answer */
        return x->growth.size != x->offset;
    if (session_size(x->to.session, x->to.path, &there, &why) == 0)
        return there != x->offset;
    return why.reply != 550;
}

/* A server whose replies end the connection would do the same the other way round. */
static bool talks_nonsense(struct fxp *x, const struct err *err)
{
    return err->code == ERR_PROTOCOL &&
           (control_dead(control_of(&x->from)) || control_dead(control_of(&x->to)));
}

static bool may_turn(struct fxp *x, const struct err *err)
{
    if (err->code == ERR_CANCELLED || err->code == ERR_USAGE || deadline_passed(wait_of(x)->limit))
        return false;
    if (blames_file(x->from.final.code) || blames_file(x->to.final.code))
        return false;
    return !talks_nonsense(x, err) && !has_flowed(x);
}

static int run_way(struct fxp *x, const struct way *w, struct err *err)
{
    int rc = start_way(x, w, err);
    if (rc == 0)
        rc = watch(x, err);
    if (rc == 0 && (failed(&x->from) || failed(&x->to)))
        rc = refused(x, err);
    abort_side(&x->from);
    abort_side(&x->to);
    if (w->sscn)
        restore(w->sscn, "SSCN OFF");
    return rc;
}

/* ---- both ways ---- */

static bool knows(const struct side *s, enum feature f)
{
    return features_has(session_features(s->session), f);
}

/* Rather the target, which reads: the tickets of TLS 1.3, unread by a source that closes, make a
 * reset that costs the target the file's end (FIELD-NOTES 7). */
static int choose_client(struct fxp *x, struct way *w, struct err *err)
{
    if (!x->private_data)
        return 0;
    w->cpsv = knows(w->passive, FEATURE_CPSV);
    if (knows(&x->to, FEATURE_SSCN))
        w->sscn = &x->to;
    else if (knows(&x->from, FEATURE_SSCN) && !(w->cpsv && w->passive == &x->to))
        w->sscn = &x->from;
    if (w->sscn)
        w->cpsv = false;
    if (w->sscn || w->cpsv)
        return 0;
    return err_set(err, ERR_TLS,
                   "neither server can take the client's part in TLS (SSCN, CPSV); "
                   "--clear-data sends the file unprotected");
}

/* Who names the port first, where both may. */
static bool source_first(const struct fxp *x)
{
    bool sscn = knows(&x->to, FEATURE_SSCN);
    return !x->private_data || sscn || !knows(&x->to, FEATURE_CPSV);
}

static void begin_way(struct fxp *x)
{
    struct side *sides[] = {&x->from, &x->to};
    for (size_t i = 0; i < 2; i++) {
        sides[i]->generation = session_generation(sides[i]->session);
        sides[i]->begun = false;
        reply_clear(&sides[i]->final);
    }
}

static int reconnect(struct fxp *x, struct err *err)
{
    if (session_compress(x->from.session, false, err) < 0)
        return err_wrap(err, "source");
    return session_compress(x->to.session, false, err) < 0 ? err_wrap(err, "target") : 0;
}

/* PROT C where it was asked for. */
static int unprotect(struct fxp *x, struct err *err)
{
    struct side *sides[] = {&x->from, &x->to};
    for (size_t i = 0; x->options->clear_data && i < 2; i++) {
        if (session_private_data(sides[i]->session) && demand(sides[i], "PROT C", err) < 0)
            return -1;
    }
    return 0;
}

static void protect_again(struct fxp *x)
{
    struct side *sides[] = {&x->from, &x->to};
    for (size_t i = 0; x->options->clear_data && i < 2; i++) {
        if (session_private_data(sides[i]->session))
            restore(sides[i], "PROT P");
    }
}

/* 0, or -1; *again: nothing is lost by trying the other way. */
static int try_way(struct fxp *x, bool source_passive, bool *again, struct err *err)
{
    struct way w = {.passive = source_passive ? &x->from : &x->to,
                    .active = source_passive ? &x->to : &x->from};
    *again = false;
    if (reconnect(x, err) < 0)
        return -1;
    begin_way(x);
    if (choose_client(x, &w, err) < 0) {
        *again = true;
        return -1;
    }
    int rc = unprotect(x, err);
    if (rc == 0)
        rc = run_way(x, &w, err);
    protect_again(x);
    *again = rc < 0 && may_turn(x, err);
    return rc;
}

static int neither(const struct err *one, const struct err *two, struct err *err)
{
    if (one->code == ERR_TLS && two->code == ERR_TLS)
        return err_take(err, one);
    return err_set(err, ERR_NO_DATA_PATH,
                   "no way between the servers: passive at the source: %.*s; at the target: %.*s",
                   REASON - 20, one->msg, REASON - 20, two->msg);
}

static int try_ways(struct fxp *x, struct err *err)
{
    struct err why[2] = {ERR_INIT, ERR_INIT};
    bool again;
    enum fxp_passive who = x->options->passive;
    bool source = who == FXP_EITHER ? source_first(x) : who == FXP_SOURCE;
    if (try_way(x, source, &again, &why[0]) == 0)
        return 0;
    if (!again)
        return err_take(err, &why[0]);
    if (who != FXP_EITHER) {
        if (is_refusal(&why[0]) || why[0].code == ERR_CONNECT)
            why[0].code = ERR_NO_DATA_PATH;
        return err_take(err, &why[0]);
    }
    log_note(session_settings(x->from.session)->log, "fxp: %s; the other way round", why[0].msg);
    if (try_way(x, !source, &again, &why[1]) == 0)
        return 0;
    return again ? neither(&why[!source], &why[source], err) : err_take(err, &why[1]);
}

/* ---- before and behind it ---- */

static int agree_on_tls(struct fxp *x, struct err *err)
{
    bool from = session_private_data(x->from.session), to = session_private_data(x->to.session);
    x->private_data = from && to && !x->options->clear_data;
    if (from == to || x->options->clear_data)
        return 0;
    return err_set(err, ERR_TLS,
                   "only the %s protects its data: --clear-data sends the file unprotected",
                   from ? "source" : "target");
}

/* SIZE; -1 where the server does not know it. A file that is not there is an error at the source
 * only, and noticed before STOR makes one at the target. */
static int ask_size(const struct side *s, int64_t *size, struct err *err)
{
    struct err why = ERR_INIT;
    *size = -1;
    if (session_size(s->session, s->path, size, &why) == 0)
        return 0;
    *size = -1;
    if (why.reply == 550 || !is_refusal(&why)) {
        err_take(err, &why);
        return err_wrap(err, "%s", s->name);
    }
    return 0;
}

/* A source that was written to after the target is another file. */
static int check_times(const struct fxp *x, struct err *err)
{
    int64_t source, target;
    if (session_mdtm(x->from.session, x->from.path, &source, NULL) < 0 ||
        session_mdtm(x->to.session, x->to.path, &target, NULL) < 0 || source <= target)
        return 0;
    return err_set(err, ERR_INTEGRITY,
                   "the source is newer than what the target has of it: cannot be continued");
}

/* What STOR will replace. */
static int look_before(struct fxp *x, struct err *err)
{
    struct err why = ERR_INIT;
    if (ask_size(&x->to, &x->before, &why) < 0 && why.reply != 550)
        return err_take(err, &why);
    return 0;
}

static int find_offset(struct fxp *x, struct err *err)
{
    struct err why = ERR_INIT;
    int64_t there;
    if (x->size < 0)
        return err_set(err, ERR_INTEGRITY, "source: it tells no size: cannot be continued");
    if (ask_size(&x->to, &there, &why) < 0)
        return why.reply == 550 ? 0 : err_take(err, &why);
    if (there < 0)
        return err_set(err, ERR_INTEGRITY, "target: it tells no size: cannot be continued");
    if (there > x->size)
        return err_set(err, ERR_INTEGRITY, "the target has %lld bytes and the source only %lld",
                       (long long) there, (long long) x->size);
    x->offset = x->before = there;
    return there > 0 ? check_times(x, err) : 0;
}

static struct verify_side contents_of(const struct side *s)
{
    return (struct verify_side){s->mover, s->path, s->name};
}

/* Before anything moves. */
static int promise_contents(const struct fxp *x, struct err *err)
{
    struct verify_side from = contents_of(&x->from), to = contents_of(&x->to);
    return verify_sides_begin(&from, &to, err);
}

static int compare_contents(struct fxp *x, int64_t size, struct err *err)
{
    struct verify_side from = contents_of(&x->from), to = contents_of(&x->to);
    return verify_sides(&from, &to, size, &x->out->verdict, err);
}

static int compare_files(struct fxp *x, struct err *err)
{
    int64_t here, there;
    if (ask_size(&x->from, &here, err) < 0 || ask_size(&x->to, &there, err) < 0)
        return -1;
    x->out->verdict = here >= 0 && there >= 0 ? VERDICT_SIZE_OK : VERDICT_UNVERIFIED;
    if (there >= 0)
        x->out->bytes = there - x->offset;
    if (here >= 0 && there >= 0 && here != there)
        return err_set(err, ERR_INTEGRITY, "the source has %lld bytes and the target %lld",
                       (long long) here, (long long) there);
    return compare_contents(x, here >= 0 ? here : there, err);
}

static void set_progress(const struct fxp *x)
{
    struct progress *progress = x->options->pump->progress;
    if (!progress)
        return;
    atomic_store(&progress->done, x->offset);
    atomic_store(&progress->total, x->size);
}

static int move(struct fxp *x, struct err *err)
{
    if (reconnect(x, err) < 0 || agree_on_tls(x, err) < 0 || promise_contents(x, err) < 0 ||
        ask_size(&x->from, &x->size, err) < 0)
        return -1;
    if (x->options->resume ? find_offset(x, err) < 0 : look_before(x, err) < 0)
        return -1;
    set_progress(x);
    bool whole = x->offset > 0 && x->offset == x->size;
    if (!whole && try_ways(x, err) < 0)
        return -1;
    return compare_files(x, err);
}

static struct side new_side(const struct fxp_side *s, const char *name, const char *verb)
{
    return (struct side){.mover = s->mover,
                         .session = s->mover->session,
                         .path = s->path,
                         .name = name,
                         .verb = verb};
}

int fxp_file(const struct fxp_side *from, const struct fxp_side *to, const struct fxp_options *o,
             struct transfer *out, struct err *err)
{
    struct fxp x = {
        .from = new_side(from, "source", "RETR"),
        .to = new_side(to, "target", "STOR"),
        .options = o,
        .size = -1,
        .before = -1,
        .growth = GROWTH_INIT,
        .out = out,
    };
    struct err why = ERR_INIT;
    transfer_begin(out, TRANSFER_FXP);
    int rc = move(&x, &why);
    growth_end(&x.growth);
    reply_clear(&x.from.final);
    reply_clear(&x.to.final);
    transfer_end(out, &why);
    return rc < 0 ? err_take(err, &why) : 0;
}
