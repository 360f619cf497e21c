#include "commands.h"
#include "data.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static socklen_t address_size(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static void set_port(struct sockaddr_storage *a, int port)
{
    if (a->ss_family == AF_INET)
        ((struct sockaddr_in *) a)->sin_port = htons((uint16_t) port);
    else
        ((struct sockaddr_in6 *) a)->sin6_port = htons((uint16_t) port);
}

static int get_port(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof a;
    getsockname(fd, (struct sockaddr *) &a, &len);
    return ntohs(a.ss_family == AF_INET ? ((struct sockaddr_in *) &a)->sin_port
                                        : ((struct sockaddr_in6 *) &a)->sin6_port);
}

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET)
        return ((const struct sockaddr_in *) a)->sin_addr.s_addr ==
               ((const struct sockaddr_in *) b)->sin_addr.s_addr;
    return memcmp(&((const struct sockaddr_in6 *) a)->sin6_addr,
                  &((const struct sockaddr_in6 *) b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

void data_forget(struct session *s)
{
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    for (size_t i = 0; i < s->n_hole; i++)
        close(s->hole[i]);
    s->listen_fd = -1;
    s->n_hole = 0;
    s->has_active = s->cpsv = false;
}

bool data_prepared(const struct session *s)
{
    return s->listen_fd >= 0 || s->has_active;
}

/* A socket bound to control's local address and this port (0: any), not yet listening. */
static int bind_local(const struct session *s, int port)
{
    struct sockaddr_storage a = s->local;
    int on = 1;
    int fd = socket(a.ss_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    set_port(&a, port);
    if (bind(fd, (struct sockaddr *) &a, address_size(&a)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Ports are taken in turn, so that one in TIME_WAIT is not named again at once. */
static int listen_in_range(struct session *s, int backlog)
{
    const struct options *o = &s->srv->options;
    int count = o->passive_lo ? o->passive_hi - o->passive_lo + 1 : 1;
    for (int i = 0; i < count; i++) {
        int port = o->passive_lo ? o->passive_lo + (s->srv->next_port++ & 0x7fffffff) % count : 0;
        int fd = bind_local(s, port);
        if (fd >= 0 && listen(fd, backlog) == 0)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -1;
}

/* Makes the listening port silent: its queue is filled until a connect hangs, as every further one
 * will, because the kernel drops what it cannot queue. */
static void fill_queue(struct session *s, int listen_fd)
{
    struct sockaddr_storage a = s->local;
    set_port(&a, get_port(listen_fd));
    while (s->n_hole < HOLE_FDS) {
        struct conn c;
        conn_init(&c, socket(a.ss_family, SOCK_STREAM, 0), s->srv->stop_fd);
        if (c.fd < 0)
            return;
        s->hole[s->n_hole++] = c.fd;
        if (connect(c.fd, (struct sockaddr *) &a, address_size(&a)) < 0 &&
            wait_ready(c.stop_fd, c.fd, POLLOUT, -1, 50) == WAKE_TIMEOUT)
            return;
    }
}

/* The port to name in 227 or 229; -1 after a reply. */
static int prepare_passive(struct session *s, enum quirk_id closed, enum quirk_id silent)
{
    data_forget(s);
    if (session_quirk(s, QUIRK_PRET) && !s->announced) {
        session_reply(s, "503 PRET first");
        return -1;
    }
    s->announced = false;
    bool is_silent = session_quirk(s, silent);
    int fd = listen_in_range(s, is_silent ? 0 : 4);
    if (fd < 0) {
        session_reply(s, "425 No port is free");
        return -1;
    }
    int port = get_port(fd);
    bool late = session_quirk(s, QUIRK_PORTS_CLOSED) &&
                ++s->srv->passive > session_quirk_number(s, QUIRK_PORTS_CLOSED);
    if (late || session_quirk(s, closed)) {
        close(fd);
        return port;
    }
    s->listen_fd = fd;
    if (is_silent)
        fill_queue(s, fd);
    return port;
}

void cmd_pret(struct session *s, const char *arg)
{
    (void) arg;
    if (!session_quirk(s, QUIRK_PRET)) {
        session_reply(s, "502 PRET is not known");
        return;
    }
    s->announced = true;
    session_reply(s, "200 It can come");
}

/* FileZilla Server sends its TLS 1.3 tickets here (field 67). */
static void send_late_ticket(struct session *s)
{
    if (session_quirk(s, QUIRK_LATE_TICKET) && s->ctl.tls &&
        gnutls_protocol_get_version(s->ctl.tls) == GNUTLS_TLS1_3)
        gnutls_session_ticket_send(s->ctl.tls, 1, 0);
}

/* Replaces %a and %p. */
static void format_text(char *out, size_t size, const char *format, const char *address,
                        const char *port)
{
    size_t len = 0;
    while (*format && len + 1 < size) {
        const char *text = strncmp(format, "%a", 2) == 0   ? address
                           : strncmp(format, "%p", 2) == 0 ? port
                                                           : NULL;
        if (!text) {
            out[len++] = *format++;
            continue;
        }
        len += (size_t) snprintf(out + len, size - len, "%s", text);
        format += 2;
    }
    out[len < size ? len : size - 1] = '\0';
}

static void reply_229(struct session *s, int port)
{
    char text[512], digits[8];
    const char *format = s->srv->options.quirks.value[QUIRK_EPSV_FORMAT].text;
    snprintf(digits, sizeof digits, "%d", port);
    format_text(text, sizeof text, format ? format : "Entering Extended Passive Mode (|||%p|)", "",
                digits);
    session_reply(s, "229 %s", text);
}

static void reply_227(struct session *s, int port)
{
    char text[512], pair[16], address[INET_ADDRSTRLEN];
    const char *format = s->srv->options.quirks.value[QUIRK_PASV_FORMAT].text;
    enum quirk_id forgery = s->logged_in ? QUIRK_FORGED_227 : QUIRK_PLAIN_227;
    const char *forged = s->srv->options.quirks.value[forgery].text;
    inet_ntop(AF_INET, &((struct sockaddr_in *) &s->local)->sin_addr, address, sizeof address);
    if (forged || s->srv->options.advertise)
        snprintf(address, sizeof address, "%s", forged ? forged : s->srv->options.advertise);
    for (char *dot; (dot = strchr(address, '.'));)
        *dot = ',';
    snprintf(pair, sizeof pair, "%d,%d", port / 256, port % 256);
    format_text(text, sizeof text, format ? format : "Entering Passive Mode (%a,%p)", address,
                pair);
    session_reply(s, "227 %s", text);
}

void cmd_pasv(struct session *s, const char *arg)
{
    (void) arg;
    bool as_epsv = session_quirk(s, QUIRK_PASV_229);
    if (s->local.ss_family != AF_INET && !as_epsv) {
        session_reply(s, "425 PASV is for IPv4: use EPSV");
        return;
    }
    int port = prepare_passive(s, QUIRK_PASV_CLOSED, QUIRK_PASV_SILENT);
    if (port < 0)
        return;
    send_late_ticket(s);
    if (as_epsv)
        reply_229(s, port);
    else
        reply_227(s, port);
}

void cmd_cpsv(struct session *s, const char *arg)
{
    if (!session_quirk(s, QUIRK_CPSV)) {
        session_reply(s, "500 CPSV is unknown");
        return;
    }
    cmd_pasv(s, arg);
    s->cpsv = s->listen_fd >= 0;
}

void cmd_epsv(struct session *s, const char *arg)
{
    if (session_quirk(s, QUIRK_EPSV_MUTE))
        return;
    const char *family = s->local.ss_family == AF_INET ? "1" : "2";
    if (strcmp(arg, "ALL") == 0) {
        session_reply(s, "200 EPSV it is");
        return;
    }
    if (*arg && strcmp(arg, family) != 0) {
        session_reply(s, "522 Not that protocol, use (%s)", family);
        return;
    }
    int port = prepare_passive(s, QUIRK_EPSV_CLOSED, QUIRK_EPSV_SILENT);
    if (port < 0)
        return;
    send_late_ticket(s);
    reply_229(s, port);
}

static void prepare_active(struct session *s, const struct sockaddr_storage *to)
{
    if (!session_quirk(s, QUIRK_FXP) && !same_address(to, &s->peer)) {
        session_reply(s, "500 That address is not yours");
        return;
    }
    data_forget(s);
    s->active = *to;
    s->has_active = true;
    send_late_ticket(s);
    session_reply(s, "200 Will connect there");
}

void cmd_port(struct session *s, const char *arg)
{
    unsigned n[6];
    int used = 0;
    if (sscanf(arg, "%3u,%3u,%3u,%3u,%3u,%3u%n", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &used) !=
            6 ||
        arg[used]) {
        session_reply(s, "501 PORT h,h,h,h,p,p");
        return;
    }
    struct sockaddr_storage to = {.ss_family = AF_INET};
    struct sockaddr_in *four = (struct sockaddr_in *) &to;
    four->sin_addr.s_addr = htonl(n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3]);
    set_port(&to, (int) (n[4] * 256 + n[5]));
    prepare_active(s, &to);
}

void cmd_eprt(struct session *s, const char *arg)
{
    char family[4], host[64];
    int port, used = 0;
    struct sockaddr_storage to = {0};
    if (sscanf(arg, "|%3[12]|%63[^|]|%5d|%n", family, host, &port, &used) != 3 || !used ||
        arg[used]) {
        session_reply(s, "501 EPRT |family|address|port|");
        return;
    }
    to.ss_family = family[0] == '1' ? AF_INET : AF_INET6;
    void *bytes = to.ss_family == AF_INET ? (void *) &((struct sockaddr_in *) &to)->sin_addr
                                          : (void *) &((struct sockaddr_in6 *) &to)->sin6_addr;
    if (inet_pton(to.ss_family, host, bytes) != 1) {
        session_reply(s, "501 That is no address");
        return;
    }
    set_port(&to, port);
    prepare_active(s, &to);
}

/* Waits for `events` on fd, watching control unless it is deaf. */
static enum data_result await(struct session *s, int fd, short events)
{
    int control = session_quirk(s, QUIRK_DEAF) ? -1 : s->ctl.fd;
    for (;;) {
        enum wake w =
            wait_ready(s->srv->stop_fd, fd, events, control, s->srv->options.accept_timeout_ms);
        if (w == WAKE_READY)
            return DATA_OK;
        if (w != WAKE_CONTROL)
            return w == WAKE_TIMEOUT ? DATA_FAILED : DATA_GONE;
        enum watch seen = session_watch(s);
        if (seen != WATCH_NOTHING)
            return seen == WATCH_ABOR ? DATA_ABORTED : DATA_GONE;
    }
}

static enum data_result accept_data(struct session *s, struct conn *out)
{
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof from;
    /* What fills a silent port's queue is not a client. */
    enum data_result r = await(s, s->n_hole ? -1 : s->listen_fd, POLLIN);
    if (r != DATA_OK)
        return r;
    conn_init(out, accept(s->listen_fd, (struct sockaddr *) &from, &len), s->srv->stop_fd);
    if (out->fd < 0)
        return DATA_FAILED;
    if (session_quirk(s, QUIRK_FXP) || same_address(&from, &s->peer))
        return DATA_OK;
    conn_close(out);
    return DATA_FAILED;
}

static enum data_result dial_data(struct session *s, struct conn *out)
{
    int failed = 0;
    socklen_t len = sizeof failed;
    conn_init(out, bind_local(s, 0), s->srv->stop_fd);
    if (out->fd < 0)
        return DATA_FAILED;
    if (connect(out->fd, (struct sockaddr *) &s->active, address_size(&s->active)) == 0)
        return DATA_OK;
    enum data_result r = errno == EINPROGRESS ? await(s, out->fd, POLLOUT) : DATA_FAILED;
    if (r == DATA_OK && getsockopt(out->fd, SOL_SOCKET, SO_ERROR, &failed, &len) == 0 && failed)
        r = DATA_FAILED;
    if (r != DATA_OK)
        conn_close(out);
    return r;
}

enum data_result data_open(struct session *s, struct conn *out)
{
    *out = (struct conn){.fd = -1};
    bool cpsv = s->cpsv;
    enum data_result r = s->has_active ? dial_data(s, out) : accept_data(s, out);
    data_forget(s);
    s->cpsv = cpsv; /* until the handshake */
    return r;
}
