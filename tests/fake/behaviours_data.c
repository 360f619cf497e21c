/* What a hostile server does on data connections, and with TLS. */
#include "behaviour.h"
#include "data.h"
#include "session.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MIDDLE = 1000000, RARELY = 524288, FLOOD = 5000, AWHILE_MS = 30000 };

/* ---- what the callbacks are made of ---- */

/* Past TLS. */
static void send_raw(const struct behaviour_data *d, const void *mem, size_t len)
{
    struct conn plain = *d->conn;
    plain.tls = NULL;
    conn_write(&plain, mem, len);
}

static void send_text(const struct behaviour_data *d, const char *text)
{
    conn_write(d->conn, text, strlen(text));
}

/* Takes what the client sends, its ClientHello say, so that closing does not reset the connection
 * before the client has read. */
static void take_raw(const struct behaviour_data *d, int timeout_ms)
{
    char mem[4096];
    if (wait_ready(d->conn->stop_fd, d->conn->fd, POLLIN, -1, timeout_ms) == WAKE_READY &&
        recv(d->conn->fd, mem, sizeof mem, 0) < 0)
        return;
}

/* Reads what comes until the client closes data or says something on control. */
static void drain(const struct session *s, const struct behaviour_data *d)
{
    char mem[4096];
    while (!s->gone &&
           wait_ready(d->conn->stop_fd, d->conn->fd, POLLIN, s->ctl.fd, 1000) == WAKE_READY)
        if (recv(d->conn->fd, mem, sizeof mem, 0) <= 0)
            return;
}

/* 226 all the same. */
static bool break_off(struct session *s, struct behaviour_data *d)
{
    session_reply(s, "226 Done");
    drain(s, d);
    return false;
}

/* The usual end, before its time. */
static bool end_data(struct session *s, struct behaviour_data *d)
{
    conn_end_tls(d->conn, false, 1000);
    shutdown(d->conn->fd, SHUT_WR);
    return break_off(s, d);
}

/* Nothing more is said on data, and on control nothing but what the client asks for by closing. */
static bool stall(struct session *s)
{
    behaviour_hang(s);
    return false;
}

/* The data connection stays open for a while, although it is closed here. */
static bool leave_open(struct session *s, struct behaviour_data *d)
{
    int fd = s->n_hole < HOLE_FDS ? dup(d->conn->fd) : -1;
    if (fd >= 0)
        s->hole[s->n_hole++] = fd; /* until data are set up anew, or the session ends */
    return false;
}

/* Once in a transfer: in the middle of a file, at the start of a listing. */
static bool is_now(const struct behaviour_data *d, size_t len)
{
    int64_t moment = d->listing ? 0 : MIDDLE;
    return d->done <= moment && d->done + (int64_t) len > moment;
}

/* Several times in a long file. */
static bool is_now_and_then(const struct behaviour_data *d, size_t len)
{
    return d->done % RARELY < (int64_t) len;
}

/* ---- before TLS ---- */

static bool close_first(struct session *s, struct behaviour_data *d)
{
    int code = atoi(s->arg);
    take_raw(d, 500);
    conn_close(d->conn);
    if (code > 0)
        session_reply(s, "%d There was a data connection", code);
    return false;
}

static bool reset_first(struct session *s, struct behaviour_data *d)
{
    conn_reset(d->conn);
    session_reply(s, "425 There was a data connection");
    return false;
}

static bool never_serve(struct session *s, struct behaviour_data *d)
{
    (void) d;
    return stall(s);
}

/* 150, and then no TLS. */
static bool never_shake(struct session *s, struct behaviour_data *d)
{
    (void) d;
    session_reply(s, "150 Here it comes");
    return stall(s);
}

static bool greet_in_clear(struct session *s, struct behaviour_data *d)
{
    (void) s;
    send_raw(d, "220 \033[31mwelcome\r\n", 18);
    return true;
}

/* Said to have gone well, so that what the client saw is what it tells. */
static bool shake_badly(struct session *s, struct behaviour_data *d, const char *bytes, size_t len)
{
    session_reply(s, "150 Here it comes");
    take_raw(d, 5000);
    send_raw(d, bytes, len);
    return break_off(s, d);
}

static bool shake_with_garbage(struct session *s, struct behaviour_data *d)
{
    return shake_badly(s, d, "\026\003\003\000\010\002\000\000\004\373\372\371\370", 13);
}

static bool shake_with_huge_record(struct session *s, struct behaviour_data *d)
{
    return shake_badly(s, d, "\026\003\003\377\377\002\000\000", 8);
}

static bool shake_with_nothing(struct session *s, struct behaviour_data *d)
{
    session_reply(s, "150 Here it comes");
    take_raw(d, 5000);
    return end_data(s, d);
}

static bool shake_with_alert(struct session *s, struct behaviour_data *d)
{
    char alert[] = {21, 3, 3, 0, 2, 2, 0};
    alert[6] = (char) atoi(s->arg);
    return shake_badly(s, d, alert, sizeof alert);
}

/* unrecognized_name is the one that servers send and mean nothing by (RFC 6066 section 3). */
static bool shake_after_warning(struct session *s, struct behaviour_data *d)
{
    (void) s;
    send_raw(d, "\025\003\003\000\002\001\160", 7);
    return true;
}

/* Half a record of the handshake, and then no more. */
static bool shake_by_half(struct session *s, struct behaviour_data *d)
{
    take_raw(d, 5000);
    send_raw(d, "\026\003\003\000\172\002\000\000\166\003\003", 11);
    return stall(s);
}

/* Handshakes on data that control's was not. */
static void use_priority(gnutls_session_t tls, bool data, const char *text)
{
    if (data)
        gnutls_priority_set_direct(tls, text, NULL);
}

static void shake_like_long_ago(struct session *s, gnutls_session_t tls, bool data)
{
    (void) s;
    use_priority(tls, data, "NORMAL:-VERS-ALL:+VERS-TLS1.1:%VERIFY_ALLOW_SIGN_WITH_SHA1");
}

static void shake_like_yesterday(struct session *s, gnutls_session_t tls, bool data)
{
    (void) s;
    use_priority(tls, data, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
}

/* ---- under TLS, whatever it carries ---- */

static int update_keys(gnutls_session_t tls)
{
    return gnutls_session_key_update(tls, 0);
}

static int update_both_keys(gnutls_session_t tls)
{
    return gnutls_session_key_update(tls, GNUTLS_KU_PEER);
}

/* HelloRequest, which the client may decline (RFC 5246 section 7.4.1.1). */
static int ask_for_hello(gnutls_session_t tls)
{
    return gnutls_rehandshake(tls);
}

static int send_empty_record(gnutls_session_t tls)
{
    return (int) gnutls_record_send2(tls, "", 0, 16, 0);
}

static int send_ticket(gnutls_session_t tls)
{
    return gnutls_session_ticket_send(tls, 1, 0);
}

static int send_warning(gnutls_session_t tls)
{
    return gnutls_alert_send(tls, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
}

static bool can_go_on(const struct session *s, const struct behaviour_data *d, int rc)
{
    if (rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED)
        return wait_ready(d->conn->stop_fd, d->conn->fd, POLLOUT, s->ctl.fd, AWHILE_MS) ==
               WAKE_READY;
    return rc >= 0 && wait_ready(d->conn->stop_fd, -1, 0, s->ctl.fd, 0) == WAKE_TIMEOUT;
}

/* Until the client closes the connection, or says something on control. */
static bool flood(struct session *s, struct behaviour_data *d, int (*send_one)(gnutls_session_t))
{
    while (can_go_on(s, d, send_one(d->conn->tls)))
        continue;
    return false;
}

static bool rekey(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) s, (void) block;
    return !is_now_and_then(d, len) || update_keys(d->conn->tls) >= 0;
}

static bool rekey_both(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) s, (void) block;
    return !is_now_and_then(d, len) || update_both_keys(d->conn->tls) >= 0;
}

static bool rekey_endlessly(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) block;
    return !is_now(d, len) || flood(s, d, update_keys);
}

static bool renegotiate(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) s, (void) block;
    return !is_now_and_then(d, len) || ask_for_hello(d->conn->tls) >= 0;
}

static bool renegotiate_endlessly(struct session *s, struct behaviour_data *d, char *block,
                                  size_t len)
{
    (void) block;
    return !is_now(d, len) || flood(s, d, ask_for_hello);
}

static bool insist_on_renegotiation(struct session *s, struct behaviour_data *d, char *block,
                                    size_t len)
{
    (void) block;
    if (!is_now(d, len))
        return true;
    ask_for_hello(d->conn->tls);
    gnutls_alert_send(d->conn->tls, GNUTLS_AL_FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
    return break_off(s, d);
}

static bool send_empty_records(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) s, (void) block;
    for (int i = 0; i < 10 && is_now_and_then(d, len); i++)
        send_empty_record(d->conn->tls);
    return true;
}

static bool send_empty_records_alone(struct session *s, struct behaviour_data *d, char *block,
                                     size_t len)
{
    (void) block;
    return !is_now(d, len) || flood(s, d, send_empty_record);
}

/* A byte a record; small files alone, please. */
static bool send_tiny_records(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    for (size_t i = 0; i < len; i++)
        conn_write(d->conn, block + i, 1);
    return end_data(s, d);
}

static bool send_tickets(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) s, (void) block;
    for (int i = 0; i < 100 && is_now_and_then(d, len); i++)
        send_ticket(d->conn->tls);
    return true;
}

static bool send_tickets_alone(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) block;
    return !is_now(d, len) || flood(s, d, send_ticket);
}

static bool send_warnings(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) s, (void) block;
    return !is_now_and_then(d, len) || send_warning(d->conn->tls) >= 0;
}

static bool send_warnings_alone(struct session *s, struct behaviour_data *d, char *block,
                                size_t len)
{
    (void) block;
    return !is_now(d, len) || flood(s, d, send_warning);
}

static bool break_tls(struct session *s, struct behaviour_data *d, size_t len, const void *bytes,
                      size_t count)
{
    if (!is_now(d, len))
        return true;
    send_raw(d, bytes, count);
    return break_off(s, d);
}

static bool send_huge_record(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) block;
    return break_tls(s, d, len, "\027\003\003\377\377 and so on", 14);
}

static bool send_forged_record(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) block;
    return break_tls(s, d, len, "\027\003\003\000\040this record was sent by a forger", 37);
}

static bool send_plain_text(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) block;
    return break_tls(s, d, len, "426 \033[31mout of paper\r\n", 23);
}

static bool send_fatal_alert(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) block;
    if (!is_now(d, len))
        return true;
    gnutls_alert_send(d->conn->tls, GNUTLS_AL_FATAL, (gnutls_alert_description_t) atoi(s->arg));
    return break_off(s, d);
}

/* close_notify where there was more to send, and 226. */
static bool notify_early(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) block;
    return !is_now(d, len) || end_data(s, d);
}

static bool send_behind_notify(struct session *s, struct behaviour_data *d)
{
    if (d->up)
        return true;
    gnutls_bye(d->conn->tls, GNUTLS_SHUT_WR);
    send_raw(d, "and another thing\r\n", 19);
    shutdown(d->conn->fd, SHUT_WR);
    return break_off(s, d);
}

/* 226, and data that neither end nor go on. */
static bool never_end(struct session *s, struct behaviour_data *d)
{
    session_reply(s, "226 Done");
    return leave_open(s, d);
}

/* ---- uploads ---- */

/* 226 and the end of data long before the client's. */
static bool confirm_early(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) block;
    return !d->up || !is_now(d, len) || end_data(s, d);
}

/* The same without the end, while nothing is read any more. */
static bool confirm_and_stall(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) block;
    return !d->up || !is_now(d, len) || never_end(s, d);
}

/* Nobody sends data to who uploads. */
static bool talk_back(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) s, (void) block;
    if (d->up && is_now(d, len))
        send_text(d, "and what I wanted to say is this, which nobody has asked for\r\n");
    return true;
}

/* ---- what control says meanwhile ---- */

static const struct {
    const char *name;
    enum point { AT_ASKING, AT_REST, AT_COMMAND, AT_OPEN, AT_READY, AT_MIDDLE, AT_END } point;
} points[] = {
    {"asking", AT_ASKING}, {"rest", AT_REST},     {"command", AT_COMMAND}, {"open", AT_OPEN},
    {"ready", AT_READY},   {"middle", AT_MIDDLE}, {"end", AT_END},
};

/* POINT:CODE[:stall]. Whether it is this point's turn, for the first time in the whole server. */
static bool is_at(struct session *s, enum point point)
{
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        size_t len = strlen(points[i].name);
        if (points[i].point == point && strncmp(s->arg, points[i].name, len) == 0 &&
            s->arg[len] == ':')
            return ++s->srv->behaved == 1;
    }
    return false;
}

/* Says it; a server that says 421 hangs up. */
static bool say(struct session *s)
{
    int code = atoi(strchr(s->arg, ':') + 1);
    session_reply(s, "%d So much for that", code);
    if (strstr(s->arg, ":stall"))
        return stall(s);
    if (code == 421)
        behaviour_hang_up(s, false);
    return false;
}

static bool say_at_command(struct session *s, const char *verb, const char *arg)
{
    static const char *const asking[] = {"EPSV", "PASV", "EPRT", "PORT"};
    static const char *const moving[] = {"RETR", "STOR", "MLSD", "LIST"};
    bool asks = false, moves = false;
    (void) arg;
    for (size_t i = 0; i < 4; i++) {
        asks |= strcasecmp(verb, asking[i]) == 0;
        moves |= strcasecmp(verb, moving[i]) == 0;
    }
    bool now = (asks && is_at(s, AT_ASKING)) || (moves && is_at(s, AT_COMMAND)) ||
               (strcasecmp(verb, "REST") == 0 && is_at(s, AT_REST));
    if (now)
        say(s);
    return now;
}

static bool say_at_open(struct session *s, struct behaviour_data *d)
{
    (void) d;
    return is_at(s, AT_OPEN) ? say(s) : true;
}

static bool say_at_ready(struct session *s, struct behaviour_data *d)
{
    (void) d;
    return is_at(s, AT_READY) ? say(s) : true;
}

static bool say_in_the_middle(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    (void) block, (void) len;
    return (d->listing || d->done >= MIDDLE) && is_at(s, AT_MIDDLE) ? say(s) : true;
}

/* The data are whole, with their close_notify. */
static bool say_at_end(struct session *s, struct behaviour_data *d)
{
    if (!is_at(s, AT_END))
        return true;
    conn_end_tls(d->conn, false, 1000);
    shutdown(d->conn->fd, SHUT_WR);
    return say(s);
}

/* ---- sizes and offsets ---- */

/* Another one whenever it is asked for. */
static bool say_growing_size(struct session *s, const char *verb, const char *arg)
{
    (void) arg;
    if (strcasecmp(verb, "SIZE") != 0)
        return false;
    session_reply(s, "213 %d", 3000000 + ++s->srv->behaved);
    return true;
}

static bool say_odd_150(struct session *s, const char *text, size_t len)
{
    static const char odd[] = "150 Opening BINARY mode data connection (5 bytes)\r\n";
    (void) len;
    if (strncmp(text, "150", 3) != 0)
        return false;
    session_send(s, odd, sizeof odd - 1);
    return true;
}

/* REST is believed to the byte but one. */
static bool miss_by_one(struct session *s, const char *verb, const char *arg)
{
    if (strcasecmp(verb, "REST") != 0)
        return false;
    s->rest = atoll(arg) + 1;
    session_reply(s, "350 From there, or thereabouts");
    return true;
}

/* ---- active: who dials the client ---- */

static int dial_client(const struct session *s, in_addr_t from)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(from)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *) &a, sizeof a) == 0 &&
        connect(fd, (const struct sockaddr *) &s->active, sizeof a) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool moves_data(const char *verb)
{
    return strcasecmp(verb, "RETR") == 0 || strcasecmp(verb, "STOR") == 0 ||
           strcasecmp(verb, "MLSD") == 0;
}

/* Somebody else was faster; 127.0.0.2 is as good as another host. */
static bool send_stranger(struct session *s, const char *verb, const char *arg)
{
    (void) arg;
    if (!moves_data(verb) || !s->has_active)
        return false;
    int fd = dial_client(s, INADDR_LOOPBACK + 1);
    if (fd >= 0)
        close(fd);
    return false;
}

/* And the server itself does not come. */
static bool send_stranger_alone(struct session *s, const char *verb, const char *arg)
{
    if (!moves_data(verb) || !s->has_active)
        return false;
    send_stranger(s, verb, arg);
    behaviour_rest(s, 200);
    data_forget(s);
    session_reply(s, "425 He has been there");
    return true;
}

/* The second connection is the one that is served. */
static bool dial_twice(struct session *s, struct behaviour_data *d)
{
    int fd = dial_client(s, INADDR_LOOPBACK);
    if (fd < 0)
        return true;
    session_reply(s, "150 Twice");
    struct conn second;
    conn_init(&second, fd, d->conn->stop_fd);
    stall(s);
    conn_close(&second);
    return false;
}

/* ---- listings ---- */

static void repeat(struct behaviour_data *d, const char *text, int times)
{
    char block[16384];
    size_t len = strlen(text), fits = sizeof block / len;
    for (size_t i = 0; i < fits; i++)
        memcpy(block + i * len, text, len);
    for (int left = times; left > 0;) {
        int n = left < (int) fits ? left : (int) fits;
        if (conn_write(d->conn, block, len * (size_t) n) < 0)
            return;
        left -= n;
    }
}

#define FILE_FACTS "type=file;size=4;modify=20240110121530; "

static bool list_long_name(struct session *s, struct behaviour_data *d)
{
    if (!d->listing)
        return true;
    send_text(d, FILE_FACTS);
    repeat(d, "long", 25000);
    send_text(d, "\r\n");
    return end_data(s, d);
}

static bool list_many_facts(struct session *s, struct behaviour_data *d)
{
    if (!d->listing)
        return true;
    repeat(d, "x=y;", 1500);
    send_text(d, FILE_FACTS "bedecked\r\n");
    return end_data(s, d);
}

static bool list_too_many_facts(struct session *s, struct behaviour_data *d)
{
    if (!d->listing)
        return true;
    repeat(d, "x=y;", 5000);
    send_text(d, FILE_FACTS "overladen\r\n");
    return end_data(s, d);
}

static bool list_endlessly(struct session *s, struct behaviour_data *d)
{
    if (!d->listing)
        return true;
    while (!s->gone && wait_ready(d->conn->stop_fd, -1, 0, s->ctl.fd, 0) == WAKE_TIMEOUT)
        repeat(d, FILE_FACTS "again\r\n", 350);
    return false;
}

static bool list_one_endless_line(struct session *s, struct behaviour_data *d)
{
    if (!d->listing)
        return true;
    while (!s->gone && wait_ready(d->conn->stop_fd, -1, 0, s->ctl.fd, 0) == WAKE_TIMEOUT)
        repeat(d, "and so on ", 1600);
    return false;
}

static bool list_nul(struct session *s, struct behaviour_data *d)
{
    static const char line[] = FILE_FACTS "small\0.exe\r\n";
    if (!d->listing)
        return true;
    conn_write(d->conn, line, sizeof line - 1);
    return end_data(s, d);
}

/* Names and facts that end a line or a terminal's patience. */
static bool list_control_bytes(struct session *s, struct behaviour_data *d)
{
    if (!d->listing)
        return true;
    send_text(d,
              FILE_FACTS "one\rtwo\r\n" FILE_FACTS "\033]0;owned\007\r\n"
                         "type=file;size=4;UNIX.owner=\033[31mroot;modify=20240110121530; red\r\n");
    return end_data(s, d);
}

static bool list_odd_facts(struct session *s, struct behaviour_data *d)
{
    if (!d->listing)
        return true;
    send_text(d, "type=file;size=-5;modify=20240110121530; minus\r\n"
                 "type=file;size=99999999999999999999999;modify=20240110121530; plus\r\n"
                 "type=file;size=;modify=; empty\r\n"
                 "type=file;size=4;modify=20249999999999; someday\r\n"
                 "type=\377;size=4; nothing\r\n"
                 "size=4;size=5;type=file;type=dir; both\r\n");
    return end_data(s, d);
}

static bool list_once(struct session *s, struct behaviour_data *d)
{
    return d->listing && ++s->srv->behaved > 1 ? end_data(s, d) : true;
}

/* A file that is not there any more when it is asked for. */
static bool list_gone(struct session *s, struct behaviour_data *d)
{
    if (!d->listing)
        return true;
    send_text(d, FILE_FACTS "gone\r\n" FILE_FACTS "small\r\n");
    return end_data(s, d);
}

const struct behaviour behaviours_data[] = {
    {"data-closed-first", "CODE", "data is closed before TLS; CODE, or 0: no reply",
     .data_open = close_first},
    {"data-reset-first", "", "data is reset before TLS", .data_open = reset_first},
    {"data-unserved", "", "data is accepted, and nothing follows", .data_open = never_serve},
    {"data-unshaken", "", "150, and no TLS follows", .data_open = never_shake},
    {"data-greeted", "", "plain text on data ahead of TLS", .data_open = greet_in_clear},
    {"hello-garbage", "", "the answer to ClientHello is garbage", .data_open = shake_with_garbage},
    {"hello-huge", "", "it is a record of 64 kB", .data_open = shake_with_huge_record},
    {"hello-none", "", "it is FIN", .data_open = shake_with_nothing},
    {"hello-alert", "N", "it is this fatal alert", .data_open = shake_with_alert},
    {"hello-warning", "", "a warning comes ahead of it", .data_open = shake_after_warning},
    {"hello-half", "", "it is half a record", .data_open = shake_by_half},
    {"data-tls11", "", "data speaks TLS 1.1 alone", .tls_begins = shake_like_long_ago},
    {"data-tls12", "", "data speaks TLS 1.2 alone", .tls_begins = shake_like_yesterday},
    {"rekey", "", "new keys for data every so often", .data_block = rekey},
    {"rekey-both", "", "for the client, too", .data_block = rekey_both},
    {"rekey-flood", "", "new keys without end", .data_block = rekey_endlessly},
    {"data-renegotiate", "", "TLS 1.2: HelloRequest every so often", .data_block = renegotiate},
    {"renegotiate-flood", "", "HelloRequests without end", .data_block = renegotiate_endlessly},
    {"renegotiate-or-else", "", "data ends where it is declined",
     .data_block = insist_on_renegotiation},
    {"empty-records", "", "empty records every so often", .data_block = send_empty_records},
    {"empty-records-flood", "", "and without end", .data_block = send_empty_records_alone},
    {"tiny-records", "", "a byte a record", .data_block = send_tiny_records},
    {"tickets", "", "many tickets on data", .data_block = send_tickets},
    {"tickets-flood", "", "and without end", .data_block = send_tickets_alone},
    {"data-warnings", "", "warnings every so often", .data_block = send_warnings},
    {"warnings-flood", "", "and without end", .data_block = send_warnings_alone},
    {"data-huge-record", "", "a record of 64 kB in the middle", .data_block = send_huge_record},
    {"forged-record", "", "a record that nobody sealed", .data_block = send_forged_record},
    {"plain-record", "", "plain text in the middle", .data_block = send_plain_text},
    {"data-fatal-alert", "N", "a fatal alert in the middle", .data_block = send_fatal_alert},
    {"early-notify", "", "close_notify in the middle, and 226", .data_block = notify_early},
    {"behind-notify", "", "more bytes behind close_notify", .data_end = send_behind_notify},
    {"data-unended", "", "226, and data stays open", .data_end = never_end},
    {"upload-confirmed-early", "", "226 and close in the middle of an upload",
     .data_block = confirm_early},
    {"upload-confirmed-deaf", "", "226 there, and nothing is read any more",
     .data_block = confirm_and_stall},
    {"upload-answered", "", "data comes to who uploads", .data_block = talk_back},
    {"say", "POINT:CODE[:stall]", "once, at: asking rest command open ready middle end",
     .command = say_at_command, .data_open = say_at_open, .data_ready = say_at_ready,
     .data_block = say_in_the_middle, .data_end = say_at_end},
    {"size-grows", "", "SIZE says more each time", .command = say_growing_size},
    {"odd-150", "", "150 says (5 bytes)", .reply = say_odd_150},
    {"rest-off-by-one", "", "REST goes a byte too far", .command = miss_by_one},
    {"stranger", "", "active: another address dials first", .command = send_stranger},
    {"stranger-alone", "", "active: nobody else does", .command = send_stranger_alone},
    {"dial-twice", "", "active: two connections, the second is served", .data_open = dial_twice},
    {"list-long-name", "", "a name of 100 kB", .data_ready = list_long_name},
    {"list-many-facts", "", "1500 facts", .data_ready = list_many_facts},
    {"list-too-many-facts", "", "5000 facts", .data_ready = list_too_many_facts},
    {"list-endless", "", "a listing without end", .data_ready = list_endlessly},
    {"list-endless-line", "", "a line without end", .data_ready = list_one_endless_line},
    {"list-nul", "", "NUL in a name", .data_ready = list_nul},
    {"list-control-bytes", "", "CR and escapes in names and facts",
     .data_ready = list_control_bytes},
    {"list-odd-facts", "", "facts that cannot be", .data_ready = list_odd_facts},
    {"list-once", "", "every listing but the first is empty", .data_ready = list_once},
    {"list-gone", "", "a listing with a file that is gone", .data_ready = list_gone},
    {.name = NULL},
};
