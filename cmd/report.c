#define _XOPEN_SOURCE 700 /* realpath */
#include "report.h"

#include "base/escape.h"
#include "jsonout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void report_clear(struct report *r)
{
    for (size_t i = 0; i < r->ntransfers; i++) {
        free(r->transfers[i].remote);
        free(r->transfers[i].local);
    }
    free(r->transfers);
    *r = (struct report){0};
}

void report_target(struct report *r, const char *host, int port)
{
    r->server = (struct report_server){.port = port};
    snprintf(r->server.host, sizeof r->server.host, "%s", host);
}

void report_session(struct report *r, const struct session *s)
{
    struct report_server *to = &r->server;
    to->peer = *session_peer(s);
    to->port = session_port(s);
    r->reuse = session_settings(s)->tls_reuse;
    const struct proxy *proxy = session_settings(s)->proxy;
    if (proxy)
        proxy_format(proxy, to->proxy, sizeof to->proxy);
    if (addr_family(&to->peer) != AF_UNSPEC)
        addr_format(&to->peer, to->address, sizeof to->address);
    snprintf(to->software, sizeof to->software, "%s", software_name(session_software(s)));
    const struct tls_info *tls = session_tls(s);
    if (tls && tls->active)
        to->tls = *tls;
}

static bool make_room(struct report *r)
{
    if (r->ntransfers < r->cap)
        return true;
    size_t cap = r->cap ? 2 * r->cap : 16;
    struct report_transfer *list = realloc(r->transfers, cap * sizeof *list);
    if (!list)
        return false;
    r->transfers = list;
    r->cap = cap;
    return true;
}

void report_transfer(struct report *r, const struct transfer *t)
{
    struct report_transfer row = {
        .direction = t->direction,
        .verdict = t->verdict,
        .bytes = t->bytes,
        .ms = t->ms,
        .opened = t->opened,
        .strategy = t->strategy,
        .remote = copy_without_passwords(t->remote),
        .local = copy_without_passwords(t->local),
    };
    if (!row.remote || !row.local || !make_room(r)) {
        free(row.remote);
        free(row.local);
        return;
    }
    r->transfers[r->ntransfers++] = row;
}

void report_merge(struct report *r, struct report *from)
{
    for (size_t i = 0; i < from->ntransfers; i++) {
        struct report_transfer *t = &from->transfers[i];
        if (!make_room(r))
            break;
        r->transfers[r->ntransfers++] = *t;
        t->remote = t->local = NULL;
    }
    if (err_is_set(&from->first))
        report_failure(r, &from->first);
    report_clear(from);
}

void report_failure(struct report *r, const struct err *err)
{
    if (!err_is_set(&r->first))
        r->first = *err;
}

/* The last attempt that worked; NULL if none did. */
static const struct attempt *last_success(const struct attempts *a)
{
    for (size_t i = a->n; i > a->first; i--) {
        if (attempts_row(a, i - 1)->result == RESULT_OK)
            return attempts_row(a, i - 1);
    }
    return NULL;
}

static json_t *addr_json(const struct addr *a)
{
    char text[ADDR_TEXT];
    return addr_family(a) == AF_UNSPEC ? json_null()
                                       : json_text(addr_format_port(a, text, sizeof text));
}

static json_t *tls_json(const struct tls_info *tls)
{
    if (!tls->active)
        return json_null();
    return json_pack("{s:o, s:o, s:b, s:o}", "version", json_text(tls->version), "cipher",
                     json_text(tls->cipher), "resumed", tls->resumed, "sha256",
                     json_text(tls->sha256));
}

json_t *report_server_json(const struct report_server *s)
{
    if (s->port == 0)
        return json_null();
    json_t *o = json_pack("{s:o, s:o, s:i, s:o, s:o}", "host", json_text(s->host), "address",
                          json_text(s->address), "port", s->port, "software",
                          json_text(s->software), "tls", tls_json(&s->tls));
    if (o && s->proxy[0])
        json_object_set_new(o, "proxy", json_text(s->proxy));
    return o;
}

/* What to say of the address that the server advertised; "" when nothing is odd about it. */
static const char *advertised_remark(const struct attempt *a, char *dst, size_t size)
{
    char text[ADDR_TEXT];
    dst[0] = '\0';
    if (addr_family(&a->advertised) == AF_UNSPEC)
        return dst;
    bool differs =
        addr_family(&a->endpoint) != AF_UNSPEC && !addr_same_host(&a->advertised, &a->endpoint);
    bool private = addr_is_private(&a->advertised);
    bool told = strstr(a->err.msg, "advertised") != NULL;
    if (differs || (private && told))
        snprintf(dst, size, "server advertised %s%s",
                 addr_format(&a->advertised, text, sizeof text),
                 private ? ", a private address" : "");
    return dst;
}

static void append(char *dst, size_t size, const char *text)
{
    size_t len = strlen(dst), n = strlen(text);
    if (n >= size - len)
        n = size - len - 1;
    memcpy(dst + len, text, n);
    dst[len + n] = '\0';
}

static void append_remark(const struct attempt *a, char *dst, size_t size)
{
    char remark[160];
    if (!*advertised_remark(a, remark, sizeof remark) || strstr(dst, "advertised"))
        return;
    append(dst, size, "; ");
    append(dst, size, remark);
}

json_t *report_attempt_json(const struct attempt *a)
{
    json_t *o = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:I}", "strategy", strategy_name(a->strategy),
        "command", json_text_or_null(a->command), "reply", json_text_or_null(a->reply),
        "advertised", addr_json(&a->advertised), "endpoint", addr_json(&a->endpoint), "stage",
        stage_name(a->stage), "result", result_name(a->result), "ms", (json_int_t) a->ms);
    if (o && a->tls)
        json_object_set_new(o, "tls",
                            json_pack("{s:o, s:b, s:b}", "version", json_text(a->tls_version),
                                      "offered", a->offered, "resumed", a->resumed));
    if (o && a->result != RESULT_OK) {
        char why[512];
        snprintf(why, sizeof why, "%s", a->err.msg);
        append_remark(a, why, sizeof why);
        json_object_set_new(o, "error", json_text(why));
    }
    return o;
}

static json_t *reuse_json(const struct attempts *a, enum tls_reuse wanted)
{
    static const char *const names[] = {
        [TLS_REUSE_REQUIRE] = "require", [TLS_REUSE_PREFER] = "prefer", [TLS_REUSE_OFF] = "off"};
    return json_pack("{s:s, s:I, s:I, s:b}", "wanted", names[wanted], "resumed",
                     (json_int_t) a->resumed, "full", (json_int_t) a->full, "downgraded",
                     a->downgrades > 0);
}

static json_t *data_json(const struct attempts *attempts, const struct report *r)
{
    json_t *rows = json_array();
    for (size_t i = attempts->first; i < attempts->n; i++)
        json_array_append_new(rows, report_attempt_json(attempts_row(attempts, i)));
    const struct attempt *ok = last_success(attempts);
    json_t *o = json_pack("{s:s?, s:b, s:o}", "strategy", ok ? strategy_name(ok->strategy) : NULL,
                          "remembered", ok && r->remembered, "attempts", rows);
    if (o && attempts->resumed + attempts->full > 0)
        json_object_set_new(o, "tls_reuse", reuse_json(attempts, r->reuse));
    if (o && attempts->omitted > 0)
        json_object_set_new(o, "omitted", json_integer(attempts->omitted));
    return o;
}

static json_t *transfer_json(const struct report_transfer *t)
{
    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:s, s:s?}", "direction",
                     direction_name(t->direction), "remote", json_text(t->remote), "local",
                     json_text(t->local), "bytes", (json_int_t) t->bytes, "ms", (json_int_t) t->ms,
                     "verdict", verdict_name(t->verdict), "strategy",
                     t->opened ? strategy_name(t->strategy) : NULL);
}

static json_t *error_json(const struct err *e)
{
    if (!err_is_set(e))
        return json_null();
    return json_pack("{s:s, s:o, s:o}", "code", err_name(e->code), "message", json_text(e->msg),
                     "reply", e->reply ? json_integer(e->reply) : json_null());
}

static int write_json(FILE *out, const struct report *r, const struct attempts *attempts,
                      int exit_status, struct err *err)
{
    json_t *transfers = json_array();
    for (size_t i = 0; i < r->ntransfers; i++)
        json_array_append_new(transfers, transfer_json(&r->transfers[i]));
    return json_line(out,
                     json_pack("{s:o, s:o, s:o, s:o, s:i}", "server",
                               report_server_json(&r->server), "data", data_json(attempts, r),
                               "transfers", transfers, "error", error_json(&r->first), "exit",
                               exit_status),
                     err);
}

const char *report_attempt_reason(const struct attempt *a, char *dst, size_t size)
{
    const char *why = a->err.msg;
    if (a->stage == STAGE_COMMAND && a->result == RESULT_REJECTED && a->reply[0])
        why = a->reply; /* the message names the command, which the reader knows */
    snprintf(dst, size, "%s", *why ? why : result_name(a->result));
    append_remark(a, dst, size);
    return dst;
}

/* "epsv failed: 500 Unknown command; server advertised 10.0.1.121" */
static void list_failures(const struct attempts *a, size_t from, size_t to, char *dst, size_t size)
{
    char reason[512], line[640];
    for (size_t i = from; i < to; i++) {
        const struct attempt *row = attempts_row(a, i);
        if (row->result == RESULT_SKIPPED)
            continue;
        snprintf(line, sizeof line, "%s%s failed: %s", *dst ? "; " : "",
                 strategy_name(row->strategy), report_attempt_reason(row, reason, sizeof reason));
        append(dst, size, line);
    }
}

const char *report_path_line(const struct attempts *a, size_t from, char *dst, size_t size)
{
    char where[ADDR_TEXT], why[512] = "", remark[160];
    size_t i = from = attempts_from(a, from);
    dst[0] = '\0';
    while (i < a->n && attempts_row(a, i)->result != RESULT_OK)
        i++;
    if (i >= a->n)
        return dst;
    const struct attempt *ok = attempts_row(a, i);
    list_failures(a, from, i, why, sizeof why);
    advertised_remark(ok, remark, sizeof remark);
    if (*why && *remark)
        append(why, sizeof why, "; ");
    append(why, sizeof why, remark);
    addr_format_port(&ok->endpoint, where, sizeof where);
    bool known = addr_family(&ok->endpoint) != AF_UNSPEC; /* not by name through a proxy */
    snprintf(dst, size, "%s%s%s, %s%s%s%s%s", strategy_name(ok->strategy),
             !known                            ? " through the proxy"
             : ok->strategy == STRATEGY_ACTIVE ? " at "
                                               : " to ",
             known ? where : "", ok->tls ? ok->tls_version : "no TLS",
             ok->tls && ok->resumed ? " resumed" : "", *why ? " (" : "", why, *why ? ")" : "");
    return dst;
}

static void write_attempt_text(FILE *out, const struct attempt *a)
{
    char text[ADDR_TEXT], reason[512], remark[160];
    fprintf(out, "  %s: ", strategy_name(a->strategy));
    if (a->result == RESULT_OK)
        fprintf(out, "ok");
    else
        fprintf(out, "%s at %s: %s", result_name(a->result), stage_name(a->stage),
                report_attempt_reason(a, reason, sizeof reason));
    if (addr_family(&a->endpoint) != AF_UNSPEC)
        fprintf(out, ", %s %s", a->strategy == STRATEGY_ACTIVE ? "listening on" : "dialled",
                addr_format_port(&a->endpoint, text, sizeof text));
    if (a->tls)
        fprintf(out, ", %s%s", a->tls_version,
                a->resumed      ? " resumed"
                : a->downgraded ? " no longer resumed"
                                : "");
    if (a->result == RESULT_OK && *advertised_remark(a, remark, sizeof remark))
        fprintf(out, ", %s", remark);
    fprintf(out, ", %lld ms\n", (long long) a->ms);
}

static void write_server_text(FILE *out, const struct report_server *s)
{
    fprintf(out, "server: %s port %d", s->host, s->port);
    if (s->address[0])
        fprintf(out, " (%s)", s->address);
    if (s->proxy[0])
        fprintf(out, ", through %s", s->proxy);
    if (s->software[0])
        fprintf(out, ", %s", s->software);
    if (s->tls.active)
        fprintf(out, ", %s %s%s, certificate sha256:%s", s->tls.version, s->tls.cipher,
                s->tls.resumed ? " resumed" : "", s->tls.sha256);
    else if (s->address[0])
        fprintf(out, ", no TLS");
    putc('\n', out);
}

static void write_name(FILE *out, const char *before, const char *name)
{
    char text[1024];
    escape_text(text, sizeof text, name, strlen(name));
    fprintf(out, "%s%s", before, text);
}

static void write_transfer_text(FILE *out, const struct report_transfer *t)
{
    bool put = t->direction == TRANSFER_PUT;
    fprintf(out, "%s", direction_name(t->direction));
    write_name(out, ": ", put ? t->local : t->remote);
    write_name(out, " -> ", put ? t->remote : t->local);
    fprintf(out, ", %lld bytes, %lld ms, %s%s%s\n", (long long) t->bytes, (long long) t->ms,
            verdict_name(t->verdict), t->opened ? ", " : "",
            t->opened ? strategy_name(t->strategy) : "");
}

static int write_text(FILE *out, const struct report *r, const struct attempts *attempts,
                      int exit_status, struct err *err)
{
    if (r->server.port)
        write_server_text(out, &r->server);
    const struct attempt *ok = last_success(attempts);
    fprintf(out, "data: %s%s\n",
            ok            ? strategy_name(ok->strategy)
            : attempts->n ? "no strategy worked"
                          : "no data connection was needed",
            ok && r->remembered ? " (remembered)" : "");
    if (attempts->omitted > 0)
        fprintf(out, "  %lld attempts before these\n", (long long) attempts->omitted);
    for (size_t i = attempts->first; i < attempts->n; i++)
        write_attempt_text(out, attempts_row(attempts, i));
    if (attempts->downgrades > 0)
        fprintf(out, "downgrade: TLS sessions were resumed on data connections, and then not\n");
    for (size_t i = 0; i < r->ntransfers; i++)
        write_transfer_text(out, &r->transfers[i]);
    if (err_is_set(&r->first))
        fprintf(out, "error: %s: %s\n", err_name(r->first.code), r->first.msg);
    fprintf(out, "exit: %d\n", exit_status);
    return ferror(out) ? err_set_sys(err, ERR_LOCAL, errno, "cannot write") : 0;
}

struct writing {
    FILE *file;
    char path[4096], temporary[4096 + 8]; /* "" when written in place */
};

/* Where a symbolic link leads to; the path itself while nothing is there. */
static void follow_links(const char *path, char *dst, size_t size)
{
    char *real = realpath(path, NULL);
    snprintf(dst, size, "%s", real ? real : path);
    free(real);
}

static int open_beside(struct writing *w, mode_t mode, struct err *err)
{
    snprintf(w->temporary, sizeof w->temporary, "%s.XXXXXX", w->path);
    int fd = mkstemp(w->temporary);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", w->path);
    fchmod(fd, mode);
    w->file = fdopen(fd, "w");
    if (!w->file) {
        close(fd);
        unlink(w->temporary);
        return err_set_sys(err, ERR_LOCAL, errno, "%s", w->path);
    }
    return 0;
}

static int writing_open(struct writing *w, const char *path, struct err *err)
{
    struct stat st;
    mode_t mask = umask(0);
    umask(mask);
    follow_links(path, w->path, sizeof w->path);
    w->temporary[0] = '\0';
    bool there = stat(w->path, &st) == 0;
    /* /dev/stdout may lead to a regular file that somebody else is writing */
    if ((!there || S_ISREG(st.st_mode)) && strncmp(path, "/dev/", 5) != 0 &&
        strncmp(path, "/proc/", 6) != 0)
        return open_beside(w, there ? st.st_mode & 0777 : 0666 & ~mask, err);
    w->file = fopen(path, "a");
    return w->file ? 0 : err_set_sys(err, ERR_LOCAL, errno, "%s", path);
}

static int writing_close(struct writing *w, bool good, struct err *err)
{
    if (fclose(w->file) != 0 && good) {
        err_set_sys(err, ERR_LOCAL, errno, "%s", w->path);
        good = false;
    }
    if (!w->temporary[0])
        return good ? 0 : -1;
    if (good && rename(w->temporary, w->path) < 0) {
        err_set_sys(err, ERR_LOCAL, errno, "%s", w->path);
        good = false;
    }
    if (!good)
        unlink(w->temporary);
    return good ? 0 : -1;
}

int report_write(const struct report *r, const struct attempts *attempts, enum report_format format,
                 const char *path, int exit_status, struct err *err)
{
    int (*write_to)(FILE *, const struct report *, const struct attempts *, int, struct err *) =
        format == REPORT_JSON ? write_json : write_text;
    if (!path)
        return write_to(stderr, r, attempts, exit_status, err);
    struct writing w;
    if (writing_open(&w, path, err) < 0)
        return -1;
    bool good = write_to(w.file, r, attempts, exit_status, err) == 0;
    return writing_close(&w, good, err);
}
