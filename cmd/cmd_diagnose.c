#include "handlers.h"

#include "data/advice.h"
#include "data/diagnose.h"
#include "jsonout.h"

#include <stdlib.h>
#include <string.h>

enum { REMEDIES_MAX = 16, IDLE_MAX_S = 86400 };

/* The order in which strategies are tried and shown. */
static const enum strategy_id shown[] = {STRATEGY_EPSV, STRATEGY_PASV_CONTROL_IP, STRATEGY_PASV,
                                         STRATEGY_ACTIVE, STRATEGY_CCC};
enum { SHOWN = sizeof shown / sizeof shown[0] };

struct finding {
    const struct evidence *evidence;
    struct causes causes;
    uint16_t control_port;
    bool ccc, upload; /* were asked for */
};

/* Leaves out what does not fit here. */
static size_t keep_fitting(const struct evidence *e, const struct advice **list, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (advice_fits(list[i], e))
            list[kept++] = list[i];
    }
    return kept;
}

/* The remedies for a cause, and those that it needs besides. */
static size_t remedies_of(const struct finding *f, enum cause c, const struct advice **out)
{
    enum software software = f->evidence->software;
    size_t n = advice_find(c, software, out, REMEDIES_MAX);
    n = keep_fitting(f->evidence, out, n);
    enum cause more = advice_besides(c, f->evidence);
    if (more == CAUSE_COUNT)
        return n;
    const struct advice *besides[REMEDIES_MAX];
    size_t k = advice_find(more, software, besides, REMEDIES_MAX);
    for (size_t i = 0; i < k && n < REMEDIES_MAX; i++) {
        if (besides[i]->party == PARTY_SERVER)
            out[n++] = besides[i];
    }
    return n;
}

/* ---- as JSON ---- */

static json_t *addr_text(const struct addr *a, bool port)
{
    char text[ADDR_TEXT];
    if (addr_family(a) == AF_UNSPEC)
        return json_null();
    return json_text(port ? addr_format_port(a, text, sizeof text)
                          : addr_format(a, text, sizeof text));
}

static json_t *path_json(const struct evidence *e)
{
    struct addr said = evidence_advertised(e);
    return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "client", addr_text(&e->local, false),
                     "outside", addr_text(&e->seen_as, false), "masked",
                     addr_text(&e->masked_as, false), "client_nat", evidence_client_nat(e),
                     "control", addr_text(&e->peer, true), "advertised", addr_text(&said, false),
                     "plain", addr_text(&e->plain, false));
}

static json_t *trial_json(const struct trial *t)
{
    json_t *o = report_attempt_json(&t->row);
    bool ended = t->row.result == RESULT_OK && t->whole;
    if (o && ended && t->row.tls)
        json_object_set_new(o, "close_notify", json_boolean(!t->unclean));
    if (o && ended)
        json_object_set_new(o, "confirmed", json_boolean(!t->unconfirmed));
    if (o && err_is_set(&t->refusal))
        json_object_set_new(o, "refusal", json_text(t->refusal.msg));
    return o;
}

/* null where no upload was tried. */
static json_t *upload_json(const struct upload *u)
{
    if (!u->trial.tried)
        return json_null();
    json_t *o = trial_json(&u->trial);
    if (!o)
        return NULL;
    json_object_del(o, "close_notify"); /* the client's to send */
    json_object_set_new(o, "file", json_string(u->name));
    json_object_set_new(o, "removed", json_boolean(!err_is_set(&u->left)));
    if (err_is_set(&u->left))
        json_object_set_new(o, "left", json_text(u->left.msg));
    return o;
}

/* The strategies, and "upload". */
static json_t *unexplained_json(const struct finding *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < SHOWN; i++) {
        if (f->causes.unexplained & 1u << shown[i])
            json_array_append_new(list, json_string(strategy_name(shown[i])));
    }
    if (f->causes.unexplained & UNEXPLAINED_UPLOAD)
        json_array_append_new(list, json_string("upload"));
    return list;
}

static json_t *probe_json(const struct probe *p)
{
    return json_pack("{s:s, s:i, s:s}", "command", p->epsv ? "EPSV" : "PASV", "port", p->port,
                     "result", result_name(p->result));
}

/* One string for each line. */
static json_t *lines_json(const char *text)
{
    json_t *lines = json_array();
    while (*text) {
        size_t n = strcspn(text, "\n");
        json_array_append_new(lines, json_stringn(text, n));
        text += n + (text[n] == '\n');
    }
    return lines;
}

static json_t *remedy_json(const struct finding *f, const struct advice *a)
{
    char text[ADVICE_TEXT], where[ADVICE_TEXT], lines[ADVICE_TEXT];
    advice_fill(a->text, f->evidence, f->control_port, text, sizeof text);
    advice_fill(a->where, f->evidence, f->control_port, where, sizeof where);
    advice_fill(a->lines, f->evidence, f->control_port, lines, sizeof lines);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "id", a->remedy, "by", party_name(a->party),
                     "software", json_text_or_null(software_name(a->software)), "text",
                     json_text(text), "where", json_text_or_null(where), "lines",
                     lines_json(lines));
}

static json_t *cause_json(const struct finding *f, enum cause c)
{
    const struct advice *remedies[REMEDIES_MAX];
    size_t n = remedies_of(f, c, remedies);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, remedy_json(f, remedies[i]));
    return json_pack("{s:s, s:s, s:b, s:o}", "id", cause_name(c), "meaning", cause_meaning(c),
                     "note", (f->causes.notes & 1u << c) != 0, "remedies", list);
}

static json_t *use_json(const struct evidence *e)
{
    json_t *use = json_array();
    for (size_t i = 0; i < SHOWN; i++) {
        char option[64];
        snprintf(option, sizeof option, "--%s", strategy_name(shown[i]));
        if (evidence_works(e, shown[i]))
            json_array_append_new(use, json_string(option));
    }
    return use;
}

/* null where the control connection was not left idle. */
static json_t *idle_json(const struct evidence *e)
{
    if (e->idle_ms == 0)
        return json_null();
    return json_pack("{s:I, s:o}", "ms", (json_int_t) e->idle_ms, "ended",
                     err_is_set(&e->idle_end) ? json_text(e->idle_end.msg) : json_null());
}

static json_t *finding_json(const struct app *app, const struct finding *f)
{
    const struct evidence *e = f->evidence;
    json_t *strategies = json_array(), *probes = json_array(), *causes = json_array();
    for (size_t i = 0; i < SHOWN; i++) {
        if (e->trials[shown[i]].tried)
            json_array_append_new(strategies, trial_json(&e->trials[shown[i]]));
    }
    for (size_t i = 0; i < e->nprobes; i++)
        json_array_append_new(probes, probe_json(&e->probes[i]));
    for (size_t i = 0; i < f->causes.n; i++)
        json_array_append_new(causes, cause_json(f, f->causes.list[i]));
    return json_pack(
        "{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "server",
        report_server_json(&app->report.server), "software", software_name(e->software), "path",
        path_json(e), "strategies", strategies, "upload", upload_json(&e->upload), "idle",
        idle_json(e), "ended", err_is_set(&e->ended) ? json_text(e->ended.msg) : json_null(),
        "probes", probes, "causes", causes, "unexplained", unexplained_json(f), "use", use_json(e));
}

/* ---- as text ---- */

/* A place on the way, in the picture. */
struct place {
    const char *title;
    char address[ADDR_TEXT];
};

static size_t places_of(const struct finding *f, struct place *p)
{
    const struct evidence *e = f->evidence;
    struct addr said = evidence_advertised(e);
    size_t n = 0;
    bool differs = addr_family(&e->seen_as) != AF_UNSPEC && !addr_same_host(&e->seen_as, &e->local);
    bool works = evidence_works(e, STRATEGY_PASV);
    bool behind =
        addr_family(&e->masked_as) != AF_UNSPEC || (evidence_misleads(e) && addr_is_private(&said));
    p[n].title = "this client";
    addr_format(&e->local, p[n++].address, ADDR_TEXT);
    if (differs || evidence_client_nat(e)) {
        p[n].title = "its NAT";
        if (differs)
            addr_format(&e->seen_as, p[n].address, ADDR_TEXT);
        else
            snprintf(p[n].address, ADDR_TEXT, "?");
        n++;
    }
    p[n].title = behind ? "server's NAT" : "server";
    if (addr_family(&e->peer) == AF_UNSPEC)
        snprintf(p[n++].address, ADDR_TEXT, "behind a proxy, port %u", f->control_port);
    else
        addr_format_port(&e->peer, p[n++].address, ADDR_TEXT);
    if (evidence_disagrees(e)) {
        p[n].title = works ? "says, works too" : behind ? "server" : "said instead";
        addr_format(&said, p[n++].address, ADDR_TEXT);
    }
    return n;
}

static void draw_path(FILE *out, const struct finding *f)
{
    struct place places[4];
    size_t n = places_of(f, places);
    for (int line = 0; line < 2; line++) {
        for (size_t i = 0; i < n; i++) {
            size_t title = strlen(places[i].title), address = strlen(places[i].address);
            int width = (int) (title > address ? title : address);
            bool last = i + 1 == n;
            fprintf(out, "%s%-*s", i ? line ? " ---- " : "      " : "  ", last ? 0 : width,
                    line ? places[i].address : places[i].title);
        }
        fputc('\n', out);
    }
}

/* What else is known of it, to the end of the line. */
static void show_details(FILE *out, const struct trial *t)
{
    char text[ADDR_TEXT];
    const struct attempt *a = &t->row;
    if (addr_family(&a->endpoint) != AF_UNSPEC)
        fprintf(out, ", %s %s", a->strategy == STRATEGY_ACTIVE ? "at" : "to",
                addr_format_port(&a->endpoint, text, sizeof text));
    if (a->tls)
        fprintf(out, ", %s, session %s", a->tls_version, a->resumed ? "resumed" : "not resumed");
    if (t->unclean)
        fprintf(out, ", no close_notify");
    if (t->unconfirmed)
        fprintf(out, ", no final reply");
    fprintf(out, ", %lld ms\n", (long long) a->ms);
}

/* The reply to the command for a port, where the reason is not that already. */
static void show_reply(FILE *out, const struct attempt *a)
{
    bool is_reason = a->stage == STAGE_COMMAND && a->result == RESULT_REJECTED;
    if (a->reply[0] && !is_reason)
        fprintf(out, ", after %s", a->reply);
}

static void show_trial(FILE *out, const struct evidence *e, const struct trial *t)
{
    char reason[512];
    const struct attempt *a = &t->row;
    fprintf(out, "  %-20s ", strategy_name(a->strategy));
    if (a->result == RESULT_OK && err_is_set(&t->refusal))
        fprintf(out, "works as far as %s (%s)%s%s", stage_name(a->stage), t->refusal.msg,
                *a->reply ? ": " : "", a->reply);
    else if (a->result == RESULT_OK)
        fprintf(out, "works%s%s", *a->reply ? ": " : "", a->reply);
    else if (a->result == RESULT_SKIPPED)
        fprintf(out, "not tried: %s", report_attempt_reason(a, reason, sizeof reason));
    else if (a->strategy == STRATEGY_CCC && evidence_refuses_ccc(e))
        fprintf(out, "does not apply: the server does not clear its control connection: %s",
                report_attempt_reason(a, reason, sizeof reason));
    else
        fprintf(out, "fails at %s (%s): %s", stage_name(a->stage), result_name(a->result),
                report_attempt_reason(a, reason, sizeof reason));
    if (a->result != RESULT_OK && a->result != RESULT_SKIPPED)
        show_reply(out, a);
    show_details(out, t);
}

/* Nothing is written on the server unless that is asked for. */
static void show_upload(FILE *out, const struct evidence *e, bool asked)
{
    char reason[512];
    const struct upload *u = &e->upload;
    const struct attempt *a = &u->trial.row;
    fprintf(out, "  %-20s ", "upload");
    if (!u->trial.tried) {
        fprintf(out, "%s\n",
                !asked ? "not tried, only listings were: 'diagnose -u' sends an empty file and "
                         "removes it again"
                : err_is_set(&e->ended) ? "not tried: the session was lost before"
                                        : "not tried: there is no strategy for it");
        return;
    }
    if (a->result == RESULT_OK)
        fprintf(out, "works by %s: an empty file", strategy_name(a->strategy));
    else if (err_is_set(&u->trial.refusal))
        fprintf(
            out,
            "refused, which is a matter of permissions or space and not of data connections (%s)",
            u->trial.refusal.msg);
    else
        fprintf(out, "fails by %s at %s (%s): %s", strategy_name(a->strategy), stage_name(a->stage),
                result_name(a->result), report_attempt_reason(a, reason, sizeof reason));
    show_details(out, &u->trial);
    if (err_is_set(&u->left))
        fprintf(out, "  %-20s %s %s there: %s\n", "", u->name,
                u->left.reply ? "is still" : "may still be", u->left.msg);
}

static void show_idle(FILE *out, const struct evidence *e)
{
    double seconds = (double) e->idle_ms / 1000;
    if (e->idle_ms == 0)
        return;
    if (err_is_set(&e->idle_end))
        fprintf(out, "  %-20s the control connection is lost after %.3g s: %s\n", "idle", seconds,
                e->idle_end.msg);
    else
        fprintf(out, "  %-20s the control connection lasts for %.3g s\n", "idle", seconds);
}

static void show_indented(FILE *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        fprintf(out, "        %.*s\n", (int) n, text);
        text += n + (text[n] == '\n');
    }
}

static void show_remedy(FILE *out, const struct finding *f, const struct advice *a)
{
    static const char *const parties[PARTY_COUNT] = {[PARTY_SERVER] = "server",
                                                     [PARTY_SERVER_NAT] = "server's NAT, firewall",
                                                     [PARTY_PROXY] = "proxy",
                                                     [PARTY_CLIENT_NAT] = "client's NAT, firewall",
                                                     [PARTY_CLIENT] = "client"};
    char text[ADVICE_TEXT];
    const char *software = software_name(a->software);
    fprintf(out, "    %s%s%s%s: %s\n", parties[a->party], *software ? " (" : "", software,
            *software ? ")" : "",
            advice_fill(a->text, f->evidence, f->control_port, text, sizeof text));
    if (!a->lines)
        return;
    if (a->where)
        fprintf(out, "      %s\n",
                advice_fill(a->where, f->evidence, f->control_port, text, sizeof text));
    show_indented(out, advice_fill(a->lines, f->evidence, f->control_port, text, sizeof text));
}

static void show_unexplained(FILE *out, const struct finding *f)
{
    const char *before = "  not explained: ";
    for (size_t i = 0; i < SHOWN; i++) {
        if (!(f->causes.unexplained & 1u << shown[i]))
            continue;
        fprintf(out, "%s%s", before, strategy_name(shown[i]));
        before = ", ";
    }
    if (f->causes.unexplained & UNEXPLAINED_UPLOAD)
        fprintf(out, "%supload", before);
    if (f->causes.unexplained)
        fputc('\n', out);
}

static void show_cause(FILE *out, const struct finding *f, enum cause c)
{
    const struct advice *remedies[REMEDIES_MAX];
    size_t n = remedies_of(f, c, remedies);
    const char *kind = c == CAUSE_HEALTHY ? "state" : f->causes.notes & 1u << c ? "note" : "cause";
    fprintf(out, "\n%s: %s\n  %s\n", kind, cause_name(c), cause_meaning(c));
    if (c == CAUSE_UNKNOWN)
        show_unexplained(out, f);
    for (size_t i = 0; i < n && c != CAUSE_HEALTHY; i++)
        show_remedy(out, f, remedies[i]);
}

static void show_use(FILE *out, const struct evidence *e)
{
    const char *before = "\nworks today: ftpsh";
    for (size_t i = 0; i < SHOWN; i++) {
        if (!evidence_works(e, shown[i]))
            continue;
        fprintf(out, "%s --%s", before, strategy_name(shown[i]));
        before = ", or";
    }
    bool none = *before == '\n';
    fprintf(out, "\n%s",
            !none                   ? ""
            : err_is_set(&e->ended) ? "none that was tried works today\n"
                                    : "no strategy works today\n");
}

/* Servers refuse PASV before the login, so that the reply in clear is seen only after CCC. */
static void show_comparison(FILE *out, const struct finding *f)
{
    char text[ADDR_TEXT];
    const struct addr *masked = &f->evidence->masked_as;
    if (addr_family(masked) != AF_UNSPEC)
        fprintf(out, "  the server's NAT shows this client to it as %s\n",
                addr_format(masked, text, sizeof text));
    struct addr said = evidence_advertised(f->evidence);
    bool nat = evidence_misleads(f->evidence) && addr_is_private(&said);
    if (nat && !f->ccc && addr_family(&f->evidence->plain) == AF_UNSPEC)
        fprintf(out, "  a NAT is before the server: 'diagnose -c' compares its replies in clear "
                     "with those under TLS\n");
}

static void show_finding(const struct app *app, const struct finding *f)
{
    FILE *out = app->out;
    const struct evidence *e = f->evidence;
    const char *software = software_name(e->software);
    fprintf(out, "server: %s port %u, %s\n\n", session_host(app->session), f->control_port,
            *software ? software : "software unknown");
    draw_path(out, f);
    show_comparison(out, f);
    fputc('\n', out);
    for (size_t i = 0; i < SHOWN; i++) {
        if (e->trials[shown[i]].tried)
            show_trial(out, e, &e->trials[shown[i]]);
    }
    show_upload(out, e, f->upload);
    show_idle(out, e);
    if (err_is_set(&e->ended))
        fprintf(out, "  no more was tried: %s\n", e->ended.msg);
    for (size_t i = 0; i < f->causes.n; i++)
        show_cause(out, f, f->causes.list[i]);
    show_use(out, e);
}

/* ---- the command ---- */

static int read_idle(const char *text, int64_t *ms, struct err *err)
{
    char *end;
    double seconds = strtod(text, &end);
    if (*text < '0' || *text > '9' || *end || !(seconds > 0) || seconds > IDLE_MAX_S)
        return err_set(err, ERR_USAGE, "'%s' is no number of seconds above 0", text);
    *ms = (int64_t) (seconds * 1000);
    return 0;
}

/* --ccc among the options is the wish for it, too. */
static bool wants_ccc(const struct app *app)
{
    bool chosen = false;
    for (size_t i = 0; i < app->ladder.n; i++)
        chosen = chosen || app->ladder.rungs[i] == STRATEGY_CCC;
    return chosen || app_option(app, "c");
}

/* No strategy works: exit status 6. */
static int verdict(const struct finding *f, struct err *err)
{
    for (size_t i = 0; i < SHOWN; i++) {
        if (evidence_works(f->evidence, shown[i]))
            return 0;
    }
    return err_set(err, ERR_NO_DATA_PATH, "no data strategy works: %s",
                   cause_name(f->causes.list[0]));
}

static int show_result(struct app *app, const struct finding *f, struct err *err)
{
    report_session(&app->report, app->session);
    if (!app->json)
        show_finding(app, f);
    else if (json_line(app->out, finding_json(app, f), err) < 0)
        return -1;
    return verdict(f, err);
}

int cmd_diagnose(struct app *app, int argc, char **argv, struct err *err)
{
    struct diagnose_settings settings = {.ladder = &app->ladder, .ccc = wants_ccc(app)};
    settings.upload = app_option(app, "u");
    struct evidence *e = NULL;
    if (argc > 1 && read_idle(argv[1], &settings.idle_ms, err) < 0)
        return -1;
    if (app_option(app, "c"))
        app_warn(app, "diagnose: the control connection will be cleared once; commands and file "
                      "names then travel in clear, and it is connected anew afterwards");
    e = calloc(1, sizeof *e);
    if (!e)
        return err_set(err, ERR_LOCAL, "out of memory");
    int rc = diagnose_run(app->session, &settings, e, err);
    if (rc == 0) {
        struct finding f = {e, causes_find(e), session_port(app->session), settings.ccc,
                            settings.upload};
        rc = show_result(app, &f, err);
    }
    free(e);
    return rc;
}
