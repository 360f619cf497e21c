#include "behaviour.h"
#include "commands.h"
#include "data.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LOGIN = 1, ARG = 2 }; /* what a command needs */

static void cmd_help(struct session *s, const char *arg);

/* `quirk` takes the command away; QUIRK_COUNT: none does. */
static const struct command {
    const char *name;
    int needs;
    void (*run)(struct session *s, const char *arg);
    enum quirk_id quirk;
} table[] = {
    {"USER", ARG, cmd_user, QUIRK_COUNT},         {"PASS", 0, cmd_pass, QUIRK_COUNT},
    {"ACCT", ARG, cmd_acct, QUIRK_COUNT},         {"QUIT", 0, cmd_quit, QUIRK_COUNT},
    {"AUTH", ARG, cmd_auth, QUIRK_AUTH_REFUSED},  {"PBSZ", ARG, cmd_pbsz, QUIRK_PBSZ_REFUSED},
    {"PROT", ARG, cmd_prot, QUIRK_PROT_REFUSED},  {"CCC", LOGIN, cmd_ccc, QUIRK_COUNT},
    {"FEAT", 0, cmd_feat, QUIRK_COUNT},           {"OPTS", ARG, cmd_opts, QUIRK_COUNT},
    {"SYST", 0, cmd_syst, QUIRK_COUNT},           {"TYPE", LOGIN | ARG, cmd_type, QUIRK_COUNT},
    {"MODE", LOGIN | ARG, cmd_mode, QUIRK_COUNT}, {"STRU", LOGIN | ARG, cmd_stru, QUIRK_COUNT},
    {"NOOP", 0, cmd_noop, QUIRK_COUNT},           {"HELP", 0, cmd_help, QUIRK_COUNT},
    {"PWD", LOGIN, cmd_pwd, QUIRK_COUNT},         {"XPWD", LOGIN, cmd_pwd, QUIRK_COUNT},
    {"CWD", LOGIN | ARG, cmd_cwd, QUIRK_COUNT},   {"CDUP", LOGIN, cmd_cdup, QUIRK_COUNT},
    {"MKD", LOGIN | ARG, cmd_mkd, QUIRK_COUNT},   {"RMD", LOGIN | ARG, cmd_rmd, QUIRK_COUNT},
    {"DELE", LOGIN | ARG, cmd_dele, QUIRK_COUNT}, {"RNFR", LOGIN | ARG, cmd_rnfr, QUIRK_COUNT},
    {"RNTO", LOGIN | ARG, cmd_rnto, QUIRK_COUNT}, {"SIZE", LOGIN | ARG, cmd_size, QUIRK_NO_SIZE},
    {"MDTM", LOGIN | ARG, cmd_mdtm, QUIRK_COUNT}, {"MFMT", LOGIN | ARG, cmd_mfmt, QUIRK_COUNT},
    {"MLST", LOGIN, cmd_mlst, QUIRK_NO_MLSD},     {"STAT", LOGIN, cmd_stat, QUIRK_COUNT},
    {"SITE", LOGIN | ARG, cmd_site, QUIRK_COUNT}, {"PASV", LOGIN, cmd_pasv, QUIRK_COUNT},
    {"EPSV", LOGIN, cmd_epsv, QUIRK_COUNT},       {"PORT", LOGIN | ARG, cmd_port, QUIRK_COUNT},
    {"EPRT", LOGIN | ARG, cmd_eprt, QUIRK_COUNT}, {"REST", LOGIN | ARG, cmd_rest, QUIRK_COUNT},
    {"RETR", LOGIN | ARG, cmd_retr, QUIRK_COUNT}, {"STOR", LOGIN | ARG, cmd_stor, QUIRK_COUNT},
    {"APPE", LOGIN | ARG, cmd_appe, QUIRK_COUNT}, {"LIST", LOGIN, cmd_list, QUIRK_COUNT},
    {"NLST", LOGIN, cmd_nlst, QUIRK_COUNT},       {"MLSD", LOGIN, cmd_mlsd, QUIRK_NO_MLSD},
    {"ABOR", LOGIN, cmd_abor, QUIRK_COUNT},       {"PRET", LOGIN | ARG, cmd_pret, QUIRK_COUNT},
    {"SSCN", LOGIN, cmd_sscn, QUIRK_COUNT},       {"CPSV", LOGIN, cmd_cpsv, QUIRK_COUNT},
};
#define COMMANDS (sizeof table / sizeof table[0])

bool session_quirk(const struct session *s, enum quirk_id id)
{
    return quirk_on(&s->srv->options.quirks, id);
}

int64_t session_quirk_number(const struct session *s, enum quirk_id id)
{
    return s->srv->options.quirks.value[id].number;
}

static void log_line(const struct session *s, const char *mark, const char *text, size_t len)
{
    while (len > 0 && (text[len - 1] == '\r' || text[len - 1] == '\n'))
        len--;
    if (s->srv->log)
        fprintf(s->srv->log, "%d %s %.*s\n", s->id, mark, (int) len, text);
}

void session_send(struct session *s, const char *text, size_t len)
{
    size_t step = session_quirk(s, QUIRK_SPLIT) ? 1 : len;
    for (size_t at = 0; at < len && !s->gone; at += step)
        if (conn_write(&s->ctl, text + at, step) < 0)
            s->gone = true;
}

/* Whether the quirk cuts the connection at this command, this time. */
static bool is_cut(struct session *s, enum quirk_id quirk, const char *verb)
{
    const char *at = s->srv->options.quirks.value[quirk].text;
    size_t len = strlen(verb);
    if (!session_quirk(s, quirk) || strncasecmp(at, verb, len) != 0 || (at[len] && at[len] != ':'))
        return false;
    if (s->srv->cuts >= (at[len] ? atoi(at + len + 1) : 1))
        return false;
    s->srv->cuts++;
    log_line(s, "!", "cut", 3);
    s->gone = true;
    return true;
}

void session_reply(struct session *s, const char *fmt, ...)
{
    char text[FILE_PATH + 1024];
    va_list ap;
    if (is_cut(s, QUIRK_CUT_BEHIND, s->verb))
        return;
    va_start(ap, fmt);
    int len = vsnprintf(text, sizeof text - 2, fmt, ap);
    va_end(ap);
    if (len < 0 || (size_t) len > sizeof text - 3)
        len = (int) sizeof text - 3;
    memcpy(text + len, "\r\n", 2);
    log_line(s, "<", text, (size_t) len);
    if (!behaviour_reply(s, text, (size_t) len + 2))
        session_send(s, text, (size_t) len + 2);
}

int session_path(struct session *s, const char *arg, char out[FILE_PATH])
{
    if (file_path(s->cwd, arg, out) == 0)
        return 0;
    session_reply(s, "553 The path is too long");
    return -1;
}

int session_start_tls(struct session *s)
{
    gnutls_session_t tls = tls_session_new(s->srv, &s->tls, false);
    if (tls)
        behaviour_tls_begins(s, tls, false);
    if (tls && s->in_len == 0 && conn_handshake(&s->ctl, tls, HANDSHAKE_MS) == 0) {
        behaviour_tls_began(s);
        return 0;
    }
    log_line(s, "!", "no TLS on control", 17);
    s->gone = true;
    return -1;
}

static void cmd_help(struct session *s, const char *arg)
{
    (void) arg;
    char text[1024];
    size_t len = 0;
    for (size_t i = 0; i < COMMANDS; i++)
        len += (size_t) snprintf(text + len, sizeof text - len, "%s%s", i % 8 ? " " : "\r\n ",
                                 table[i].name);
    session_reply(s, "214-These commands are known:%s\r\n214 End", text);
}

/* Takes the first line out of what was received, without its end. */
static bool take_line(struct session *s, char *line, size_t size)
{
    char *end = memchr(s->in, '\n', s->in_len);
    if (!end)
        return false;
    size_t len = (size_t) (end - s->in), used = len + 1;
    if (len > 0 && s->in[len - 1] == '\r')
        len--;
    if (len > size - 1)
        len = size - 1;
    memcpy(line, s->in, len);
    line[len] = '\0';
    memmove(s->in, s->in + used, s->in_len - used);
    s->in_len -= used;
    return true;
}

/* Telnet's IP and DM may come before ABOR (RFC 959 section 4.1.3). */
static const char *skip_telnet(const char *line)
{
    while ((unsigned char) *line >= 0xf0)
        line++;
    return line;
}

static bool is_command(const char *line, const char *verb)
{
    line = skip_telnet(line);
    size_t len = strlen(verb);
    return strncasecmp(line, verb, len) == 0 && (line[len] == '\0' || line[len] == ' ');
}

static bool first_is_abor(const struct session *s)
{
    char head[16] = "";
    size_t len = s->in_len < sizeof head - 1 ? s->in_len : sizeof head - 1;
    memcpy(head, s->in, len);
    if (!memchr(head, '\n', len))
        return false;
    head[strcspn(head, "\r\n")] = '\0';
    return is_command(head, "ABOR");
}

enum watch session_watch(struct session *s)
{
    char line[FILE_PATH];
    ssize_t n;
    while (s->in_len < sizeof s->in) {
        n = conn_try_read(&s->ctl, s->in + s->in_len, sizeof s->in - s->in_len);
        if (n == CONN_AGAIN)
            break;
        if (n == CONN_EOF || n == CONN_BROKEN) {
            s->gone = true;
            return WATCH_GONE;
        }
        s->in_len += (size_t) n;
    }
    if (session_quirk(s, QUIRK_ABOR_IGNORED))
        return WATCH_NOTHING;
    while (session_quirk(s, QUIRK_BUSY) && !first_is_abor(s) && take_line(s, line, sizeof line)) {
        log_line(s, ">", line, strlen(line));
        session_reply(s, "450 A transfer is under way");
    }
    if (!first_is_abor(s))
        return WATCH_NOTHING;
    take_line(s, line, sizeof line);
    log_line(s, ">", "ABOR", 4);
    return WATCH_ABOR;
}

/* Waits for the next command. */
static bool read_line(struct session *s, char *line, size_t size)
{
    while (!take_line(s, line, size)) {
        if (s->in_len == sizeof s->in) {
            session_reply(s, "500 The line is too long");
            return false;
        }
        ssize_t n = conn_read(&s->ctl, s->in + s->in_len, sizeof s->in - s->in_len, 600000);
        if (n <= 0)
            return false;
        s->in_len += (size_t) n;
    }
    return true;
}

static void reply_endlessly(struct session *s, const char *verb)
{
    session_reply(s, "211-%s", verb);
    while (!s->gone)
        session_send(s, " and more of it\r\n", 17);
}

static bool reply_endless(const struct session *s, const char *verb)
{
    const char *chosen = s->srv->options.quirks.value[QUIRK_ENDLESS].text;
    return session_quirk(s, QUIRK_ENDLESS) && strcasecmp(chosen ? chosen : "FEAT", verb) == 0;
}

/* Waits where the quirk "late" has this command. */
static void be_late(const struct session *s, const char *verb)
{
    const char *late = s->srv->options.quirks.value[QUIRK_LATE].text;
    size_t len = strlen(verb);
    if (session_quirk(s, QUIRK_LATE) && strncasecmp(late, verb, len) == 0 && late[len] == ':')
        wait_ready(s->srv->stop_fd, -1, 0, -1, atoi(late + len + 1));
}

static const struct command *find_command(const char *verb)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcasecmp(table[i].name, verb) == 0)
            return &table[i];
    return NULL;
}

static bool is_early_pasv(const struct session *s, const char *verb)
{
    return session_quirk(s, QUIRK_PLAIN_227) && strcasecmp(verb, "PASV") == 0;
}

static void run_command(struct session *s, const char *verb, const char *arg)
{
    const struct command *c = find_command(verb);
    int refusal = quirk_refusal(&s->srv->options.quirks, verb);
    be_late(s, verb);
    if (session_quirk(s, QUIRK_BYE_AFTER) &&
        s->commands > session_quirk_number(s, QUIRK_BYE_AFTER)) {
        session_reply(s, "421 Too many commands, goodbye");
        s->quit = true;
    } else if (reply_endless(s, verb)) {
        reply_endlessly(s, verb);
    } else if (refusal) {
        session_reply(s, "%d %s is refused", refusal, verb);
    } else if (!c && s->logged_in && *arg && digest_offered(s, verb)) {
        digest_command(s, verb, arg);
    } else if (!c) {
        session_reply(s, "500 %s is unknown", verb);
    } else if (c->quirk != QUIRK_COUNT && session_quirk(s, c->quirk)) {
        session_reply(s, "502 %s is not for you", verb);
    } else if ((c->needs & LOGIN) && !s->logged_in && !is_early_pasv(s, verb)) {
        session_reply(s, "530 Log in first");
    } else if ((c->needs & ARG) && !*arg) {
        session_reply(s, "501 %s wants an argument", verb);
    } else {
        c->run(s, arg);
    }
}

static void handle_line(struct session *s, const char *line)
{
    line = skip_telnet(line);
    size_t len = strcspn(line, " ");
    const char *arg = line[len] ? line + len + 1 : line + len;
    bool secret = is_command(line, "PASS");
    log_line(s, ">", secret ? "PASS ***" : line, secret ? 8 : strlen(line));
    if (len >= sizeof s->verb)
        len = sizeof s->verb - 1;
    memcpy(s->verb, line, len);
    s->verb[len] = '\0';
    if (is_cut(s, QUIRK_CUT_BEFORE, s->verb))
        return;
    s->commands++;
    int64_t rest = s->rest;
    if (!behaviour_command(s, s->verb, arg))
        run_command(s, s->verb, arg);
    if (session_quirk(s, QUIRK_FORGET_REST) && s->rest == rest)
        s->rest = 0;
}

static void greet(struct session *s)
{
    char line[4096];
    if (session_quirk(s, QUIRK_BANNER_DELAY))
        wait_ready(s->srv->stop_fd, -1, 0, -1, (int) session_quirk_number(s, QUIRK_BANNER_DELAY));
    if (session_quirk(s, QUIRK_LONG_LINE)) {
        memset(line, 'x', sizeof line);
        session_send(s, "220 ", 4);
        for (int64_t left = session_quirk_number(s, QUIRK_LONG_LINE); left > 0 && !s->gone;
             left -= (int64_t) sizeof line)
            session_send(s, line, left < (int64_t) sizeof line ? (size_t) left : sizeof line);
        session_send(s, "\r\n", 2);
    } else if (session_quirk(s, QUIRK_BANNER_LINES)) {
        session_reply(s, "220-ftpfake\r\n220-is at your service\r\n    230 not yet\r\n220 Go on");
    } else {
        session_reply(s, "220 ftpfake is at your service");
    }
}

static void unmap_address(struct sockaddr_storage *a)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *) a;
    if (a->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        return;
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = six->sin6_port};
    memcpy(&four.sin_addr, &six->sin6_addr.s6_addr[12], 4);
    memset(a, 0, sizeof *a);
    memcpy(a, &four, sizeof four);
}

static void session_init(struct session *s, struct server *srv, int fd)
{
    *s = (struct session){.srv = srv,
                          .listen_fd = -1,
                          .cwd = "/",
                          .id = ++srv->sessions,
                          .arg = srv->options.behaviour_arg};
    socklen_t len = sizeof s->peer;
    getpeername(fd, (struct sockaddr *) &s->peer, &len);
    len = sizeof s->local;
    getsockname(fd, (struct sockaddr *) &s->local, &len);
    unmap_address(&s->peer);
    unmap_address(&s->local);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    conn_init(&s->ctl, fd, srv->stop_fd);
    if (tls_state_init(&s->tls) < 0)
        s->gone = true;
}

bool session_admit(struct session *s)
{
    if (s->counted)
        return true;
    s->counted = ++s->srv->logged_in <= session_quirk_number(s, QUIRK_MAX_LOGINS) ||
                 !session_quirk(s, QUIRK_MAX_LOGINS);
    s->srv->logged_in -= !s->counted;
    return s->counted;
}

static bool is_one_too_many(struct session *s)
{
    return session_quirk(s, QUIRK_MAX_SESSIONS) &&
           s->srv->present > session_quirk_number(s, QUIRK_MAX_SESSIONS);
}

static void serve(struct session *s)
{
    char line[FILE_PATH + 16];
    if (!behaviour_connected(s))
        return;
    if (s->srv->options.tls == OFFER_IMPLICIT && session_start_tls(s) < 0)
        return;
    if (is_one_too_many(s)) {
        session_reply(s, "421 Too many connections from your address");
        return;
    }
    greet(s);
    while (!s->gone && !s->quit && read_line(s, line, sizeof line)) {
        if (session_quirk(s, QUIRK_ONE_BY_ONE) && s->in_len > 0)
            break;
        handle_line(s, line);
    }
    if (!s->gone)
        conn_end_tls(&s->ctl, false, 1000);
}

void session_run(struct server *srv, int fd)
{
    struct session *s = malloc(sizeof *s);
    if (!s) {
        close(fd);
        return;
    }
    session_init(s, srv, fd);
    srv->present++;
    serve(s);
    srv->present--;
    srv->logged_in -= s->counted;
    data_forget(s);
    conn_close(&s->ctl);
    tls_state_clear(&s->tls);
    free(s);
}
