/* What a hostile server does on the control connection. CMD is where: what is done to the reply to
 * that command, or, where none is named, to the greeting. */
#include "behaviour.h"
#include "session.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { MOMENT_MS = 150 }; /* longer than a client needs to send its next command */

#define SAY(s, text) session_send(s, text, sizeof(text) - 1)

static bool is_here(const struct session *s)
{
    return behaviour_is(s, s->arg);
}

/* Past TLS, straight to the socket. */
static void say_raw(const struct session *s, const void *mem, size_t len)
{
    if (send(s->ctl.fd, mem, len, MSG_NOSIGNAL) < 0)
        behaviour_rest(s, 0);
}

static bool repeat(struct session *s, const char *text, size_t len)
{
    session_send(s, text, len);
    return is_here(s);
}

/* ---- replies too many, too few, at the wrong time ---- */

/* In one segment, or one TLS record. */
static bool twice(struct session *s, const char *text, size_t len)
{
    char both[8192];
    if (!is_here(s) || 2 * len > sizeof both)
        return false;
    memcpy(both, text, len);
    memcpy(both + len, text, len);
    session_send(s, both, 2 * len);
    return true;
}

/* The client has read the first and sent what comes next when the second arrives. */
static bool twice_late(struct session *s, const char *text, size_t len)
{
    if (repeat(s, text, len)) {
        behaviour_rest(s, MOMENT_MS);
        session_send(s, text, len);
    }
    return true;
}

static bool stray_226(struct session *s, const char *text, size_t len)
{
    if (is_here(s))
        SAY(s, "226 Transfer complete\r\n");
    session_send(s, text, len);
    return true;
}

static bool stray_550(struct session *s, const char *text, size_t len)
{
    if (is_here(s))
        SAY(s, "550 No such file\r\n");
    session_send(s, text, len);
    return true;
}

static bool stray_421(struct session *s, const char *text, size_t len)
{
    if (repeat(s, text, len)) {
        SAY(s, "421 Idle for too long\r\n");
        behaviour_hang_up(s, false);
    }
    return true;
}

static bool stray_flood(struct session *s, const char *text, size_t len)
{
    if (repeat(s, text, len))
        for (int i = 0; i < 40; i++)
            SAY(s, "250 Done\r\n");
    return true;
}

static bool babble(struct session *s, const char *text, size_t len)
{
    if (repeat(s, text, len))
        while (!s->gone)
            SAY(s, "250 And another thing is done\r\n");
    return true;
}

static bool stray_rubbish(struct session *s, const char *text, size_t len)
{
    if (repeat(s, text, len))
        SAY(s, "\x16\x03\x03 no reply at all\r\n");
    return true;
}

/* Once the login is refused, as a server in the making says what it compared. */
static bool tell_password(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    if (!is_here(s))
        return false;
    SAY(s, "530-No user has the password 'open sesame'\r\n no, not <open sesame>\r\n"
           "530 Login with open sesame failed\r\n");
    return true;
}

static bool mute(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    return is_here(s);
}

static bool mute_once(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    return is_here(s) && s->srv->behaved++ == 0;
}

static bool deaf_once(struct session *s, const char *verb, const char *arg)
{
    (void) verb, (void) arg;
    return is_here(s) && s->srv->behaved++ == 0;
}

/* Once the client has given up waiting a second for it. */
static bool tardy(struct session *s, const char *text, size_t len)
{
    if (is_here(s))
        behaviour_rest(s, 1400);
    session_send(s, text, len);
    return true;
}

/* The reply comes only together with the next one. */
static bool one_behind(struct session *s, const char *text, size_t len)
{
    if (is_here(s)) {
        s->behaviour_steps = 1;
        return true;
    }
    if (s->behaviour_steps == 1)
        SAY(s, "250 Done, at last\r\n");
    s->behaviour_steps = 0;
    session_send(s, text, len);
    return true;
}

static bool wrong_code(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    if (is_here(s))
        SAY(s, "200 Fine\r\n");
    return is_here(s);
}

static bool interim_flood(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    while (is_here(s) && !s->gone)
        SAY(s, "110 Still thinking\r\n");
    return is_here(s);
}

/* ---- replies that are none ---- */

#define INSTEAD(name, text)                                                                        \
    static bool name(struct session *s, const char *right, size_t len)                             \
    {                                                                                              \
        (void) right, (void) len;                                                                  \
        if (is_here(s))                                                                            \
            SAY(s, text);                                                                          \
        return is_here(s);                                                                         \
    }

INSTEAD(http, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
INSTEAD(ssh, "SSH-2.0-OpenSSH_9.2\r\n")
INSTEAD(rubbish, "\xff\xfe\x80\x01\x02 rubbish \x1b[2J\r\n")
INSTEAD(empty_line, "\r\n")
INSTEAD(code_alone, "2\r\n")
INSTEAD(high_code, "999 Way up\r\n")
INSTEAD(no_line_end, "200 and then nothing")
INSTEAD(carriage_return, "200 Fine\r")
INSTEAD(nul_bytes, "200 F\0ine\0\r\n")
INSTEAD(nul_refusal, "550 N\0o\r\n")
INSTEAD(escapes, "550 \x1b[2J\x1b]0;owned\x07\x9b"
                 "31m \x08\x7f red\r\n")
INSTEAD(bidi, "550 \xe2\x80\xae"
              "desrever\xe2\x80\x8b\r\n")
INSTEAD(other_end, "250-It begins so\r\n 250 not yet\r\n226 and ends otherwise\r\n")

static bool bare_lf(struct session *s, const char *text, size_t len)
{
    session_send(s, text, len - 2);
    SAY(s, "\n");
    return true;
}

/* A TLS record ends between the two bytes of the line's end. */
static bool split_crlf(struct session *s, const char *text, size_t len)
{
    session_send(s, text, len - 1);
    behaviour_rest(s, 20);
    session_send(s, text + len - 1, 1);
    return true;
}

static bool endless_line(struct session *s, const char *text, size_t len)
{
    char block[4096];
    (void) text, (void) len;
    memset(block, 'x', sizeof block);
    if (is_here(s))
        SAY(s, "200 ");
    while (is_here(s) && !s->gone)
        session_send(s, block, sizeof block);
    return is_here(s);
}

static bool long_lines(struct session *s, const char *text, size_t len)
{
    char block[16000];
    (void) text, (void) len;
    memset(block, 'x', sizeof block);
    memcpy(block, "211-", 4);
    block[sizeof block - 1] = '\n';
    while (is_here(s) && !s->gone)
        session_send(s, block, sizeof block);
    return is_here(s);
}

/* Never silent for long, and never done. */
static bool trickle(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    if (is_here(s))
        SAY(s, "211-");
    while (is_here(s) && !s->gone) {
        SAY(s, "x");
        if (wait_ready(s->srv->stop_fd, s->ctl.fd, 0, -1, 50) != WAKE_TIMEOUT)
            s->gone = true;
    }
    return is_here(s);
}

/* ---- the connection ends, or is no FTP any more ---- */

static bool say_421(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    if (!is_here(s))
        return false;
    SAY(s, "421 I am closing down\r\n");
    behaviour_hang_up(s, false);
    return true;
}

/* In the first session alone. */
static bool say_421_once(struct session *s, const char *text, size_t len)
{
    if (!is_here(s) || s->srv->behaved++ > 0)
        return false;
    return say_421(s, text, len);
}

static bool half_reply(struct session *s, const char *text, size_t len)
{
    if (is_here(s)) {
        session_send(s, text, len / 2);
        behaviour_hang_up(s, false);
    }
    return is_here(s);
}

static bool hang_up(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    if (is_here(s))
        behaviour_hang_up(s, false);
    return is_here(s);
}

static bool reset(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    if (is_here(s))
        behaviour_hang_up(s, true);
    return is_here(s);
}

static bool hang_up_behind(struct session *s, const char *text, size_t len)
{
    if (repeat(s, text, len))
        behaviour_hang_up(s, false);
    return true;
}

/* TLS ends in good order, and what follows is in clear. */
static bool tls_ends(struct session *s, const char *text, size_t len)
{
    if (!is_here(s))
        return false;
    conn_end_tls(&s->ctl, false, 1000);
    session_send(s, text, len);
    behaviour_hang(s);
    return true;
}

static bool clear_text(struct session *s, const char *text, size_t len)
{
    if (is_here(s)) {
        say_raw(s, text, len);
        behaviour_hang(s);
    }
    return is_here(s);
}

static bool broken_record(struct session *s, const char *text, size_t len)
{
    static const unsigned char record[] = {0x17, 3, 3, 0, 32, 1, 2, 3, 4, 5, 6, 7, 8,
                                           9,    0, 1, 2, 3,  4, 5, 6, 7, 8, 9, 0, 1,
                                           2,    3, 4, 5, 6,  7, 8, 9, 0, 1, 2};
    (void) text, (void) len;
    if (is_here(s)) {
        say_raw(s, record, sizeof record);
        behaviour_hang(s);
    }
    return is_here(s);
}

static bool huge_record(struct session *s, const char *text, size_t len)
{
    static const unsigned char head[] = {0x17, 3, 3, 0xff, 0xff};
    unsigned char block[4096] = {0};
    (void) text, (void) len;
    if (is_here(s)) {
        say_raw(s, head, sizeof head);
        for (int i = 0; i < 16; i++)
            say_raw(s, block, sizeof block);
        behaviour_hang(s);
    }
    return is_here(s);
}

static bool fatal_alert(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    if (is_here(s)) {
        gnutls_alert_send(s->ctl.tls, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
        behaviour_hang(s);
    }
    return is_here(s);
}

static bool warnings(struct session *s, const char *text, size_t len)
{
    for (int i = 0; is_here(s) && i < 3; i++)
        gnutls_alert_send(s->ctl.tls, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
    session_send(s, text, len);
    return true;
}

static bool key_update(struct session *s, const char *text, size_t len)
{
    if (is_here(s))
        gnutls_session_key_update(s->ctl.tls, GNUTLS_KU_PEER);
    session_send(s, text, len);
    return true;
}

static bool renegotiate(struct session *s, const char *text, size_t len)
{
    if (is_here(s))
        gnutls_rehandshake(s->ctl.tls);
    session_send(s, text, len);
    return true;
}

/* ---- before TLS, and where it begins ---- */

static bool greet_in_clear(struct session *s)
{
    SAY(s, "220 In the clear\r\n");
    return true;
}

static bool say_nothing(struct session *s)
{
    behaviour_hang(s);
    return false;
}

static bool two_greetings(struct session *s, const char *text, size_t len)
{
    session_send(s, text, len);
    if (!s->verb[0])
        session_send(s, text, len);
    return true;
}

static bool wait_120(struct session *s, const char *text, size_t len)
{
    if (!s->verb[0])
        SAY(s, "120 Ready in a moment\r\n");
    session_send(s, text, len);
    return true;
}

/* These act where TLS would begin: 234 is said and no more heard of the client's hello. */
static bool at_auth(struct session *s, const char *text, size_t len)
{
    if (!behaviour_is(s, "AUTH"))
        return false;
    session_send(s, text, len);
    return true;
}

static bool inject_later(struct session *s, const char *text, size_t len)
{
    if (!at_auth(s, text, len))
        return false;
    behaviour_rest(s, MOMENT_MS);
    SAY(s, "230 Logged in, in the clear\r\n");
    return true;
}

static bool inject_half(struct session *s, const char *text, size_t len)
{
    if (!behaviour_is(s, "AUTH"))
        return false;
    char both[512];
    int n = snprintf(both, sizeof both, "%.*s230", (int) len, text);
    session_send(s, both, (size_t) n);
    return true;
}

static bool auth_silence(struct session *s, const char *text, size_t len)
{
    if (at_auth(s, text, len))
        behaviour_hang(s);
    return behaviour_is(s, "AUTH");
}

/* What the client says first is read: unread bytes would turn the end into a reset. */
static bool auth_hang_up(struct session *s, const char *text, size_t len)
{
    char mem[16384];
    if (at_auth(s, text, len)) {
        conn_read(&s->ctl, mem, sizeof mem, 60000);
        behaviour_hang_up(s, false);
    }
    return behaviour_is(s, "AUTH");
}

static bool auth_alert(struct session *s, const char *text, size_t len)
{
    static const unsigned char alert[] = {0x15, 3, 3, 0, 2, 2, 70};
    if (at_auth(s, text, len)) {
        behaviour_rest(s, MOMENT_MS);
        say_raw(s, alert, sizeof alert);
        behaviour_hang(s);
    }
    return behaviour_is(s, "AUTH");
}

static bool auth_other_code(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    if (!behaviour_is(s, "AUTH"))
        return false;
    SAY(s, "200 Security is yours\r\n");
    behaviour_hang(s);
    return true;
}

/* TLS has begun: its first record is a reply that nobody asked for. */
static void greet_again(struct session *s)
{
    SAY(s, "220 Under TLS\r\n");
}

/* ---- logging in ---- */

static bool ask_for_ever(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    if (!behaviour_is(s, "USER") && !behaviour_is(s, "PASS") && !behaviour_is(s, "ACCT"))
        return false;
    SAY(s, "331 And the password?\r\n");
    return true;
}

static bool want_account(struct session *s, const char *text, size_t len)
{
    (void) text, (void) len;
    if (!behaviour_is(s, "PASS"))
        return false;
    SAY(s, "332 And the account?\r\n");
    return true;
}

/* Each session ends with the first command behind the login and what follows it. */
static bool leave_after_login(struct session *s, const char *text, size_t len)
{
    session_send(s, text, len);
    if (behaviour_is(s, "PWD"))
        behaviour_hang_up(s, false);
    return true;
}

/* ---- single commands ---- */

#define ANSWER(name, cmd, text)                                                                    \
    static bool name(struct session *s, const char *right, size_t len)                             \
    {                                                                                              \
        (void) right, (void) len;                                                                  \
        if (behaviour_is(s, cmd))                                                                  \
            SAY(s, text);                                                                          \
        return behaviour_is(s, cmd);                                                               \
    }

ANSWER(pwd_return, "PWD", "257 \"/a\rDELE small\" is the folder\r\n")
ANSWER(pwd_escapes, "PWD", "257 \"/\x1b]0;owned\x07\" is the folder\r\n")
ANSWER(pwd_unquoted, "PWD", "257 / is the folder\r\n")
ANSWER(pwd_open, "PWD", "257 \"/empty is the folder\r\n")
ANSWER(pwd_empty, "PWD", "257 \"\" is the folder\r\n")
ANSWER(pwd_lines, "PWD", "257-\"/a\r\n257 \"/\" is the folder\r\n")
ANSWER(size_text, "SIZE", "213 thirteen \x1b[31mbytes\r\n")
ANSWER(size_negative, "SIZE", "213 -1\r\n")
ANSWER(size_huge, "SIZE", "213 99999999999999999999999999\r\n")
ANSWER(size_lines, "SIZE", "213-13\r\n213 14\r\n")
ANSWER(mdtm_text, "MDTM", "213 yesterday\r\n")
ANSWER(mdtm_wild, "MDTM", "213 99991399256199.999999999999999999999\r\n")
ANSWER(mlst_other, "MLST", "250-\r\n type=dir;size=1; /etc\r\n250 End\r\n")
ANSWER(mlst_none, "MLST", "250 Here it is not\r\n")
ANSWER(feat_escapes, "FEAT", "211-Features:\r\n \x1b[2JSIZE\r\n \0\r\n REST STREAM\r\n211 End\r\n")
ANSWER(feat_bare, "FEAT", "211-Features:\r\nSIZE\r\nMDTM\r\nREST STREAM\r\n211 End\r\n")

static bool pwd_long(struct session *s, const char *text, size_t len)
{
    char block[15000];
    (void) text, (void) len;
    if (!behaviour_is(s, "PWD"))
        return false;
    memset(block, 'a', sizeof block);
    SAY(s, "257 \"/");
    session_send(s, block, sizeof block);
    SAY(s, "\" is the folder\r\n");
    return true;
}

static bool feat_many(struct session *s, const char *text, size_t len)
{
    char line[64];
    (void) text, (void) len;
    if (!behaviour_is(s, "FEAT"))
        return false;
    SAY(s, "211-Features:\r\n");
    for (int i = 0; i < 8000; i++)
        session_send(s, line, (size_t) snprintf(line, sizeof line, " FEATURE-%d\r\n", i));
    SAY(s, " SIZE\r\n REST STREAM\r\n211 End\r\n");
    return true;
}

/* 250, and the folder is the same as before. */
static bool cwd_lies(struct session *s, const char *verb, const char *arg)
{
    (void) arg;
    if (strcmp(verb, "CWD") != 0)
        return false;
    SAY(s, "250 You are there\r\n");
    return true;
}

/* EPSV makes the first PROT P forgotten, and transfers are refused until there is another. */
static bool forget_protection(struct session *s, const char *verb, const char *arg)
{
    (void) arg;
    if (strcasecmp(verb, "PROT") == 0)
        s->behaviour_steps++;
    bool moves = strcasecmp(verb, "RETR") == 0 || strcasecmp(verb, "STOR") == 0;
    if (!moves || s->behaviour_steps > 1)
        return false;
    session_reply(s, "%s Policy requires SSL", s->arg);
    return true;
}

/* ---- the end ---- */

static bool quit_more(struct session *s, const char *text, size_t len)
{
    session_send(s, text, len);
    if (behaviour_is(s, "QUIT"))
        SAY(s, "226 Done\r\n\x1b[2Jand more of it\r\n");
    return true;
}

/* The reply to CCC and one more, in one TLS record. */
static bool ccc_more(struct session *s, const char *text, size_t len)
{
    if (!behaviour_is(s, "CCC"))
        return false;
    char both[512];
    int n = snprintf(both, sizeof both, "%.*s250 Forged\r\n", (int) len, text);
    session_send(s, both, (size_t) n);
    return true;
}

#define AT "[CMD]"

/* What came in company of the command before it is refused. */
static bool refuse_company(struct session *s, const char *verb, const char *arg)
{
    (void) verb, (void) arg;
    bool followed = s->behaviour_steps > 0;
    s->behaviour_steps = s->in_len > 0;
    if (followed)
        session_reply(s, "503 One at a time");
    return followed;
}

/* Once: a command that comes ahead of 226 is refused there and then, or behind it. */
static bool refuse_ahead(struct session *s, const char *text, size_t len)
{
    static const char busy[] = "450 Transfer in progress\r\n", late[] = "503 Not yet\r\n";
    struct pollfd fd = {.fd = s->ctl.fd, .events = POLLIN};
    if (!behaviour_is(s, "RETR") || strncmp(text, "226", 3) != 0 || s->behaviour_steps > 0 ||
        poll(&fd, 1, 1000) <= 0)
        return false;
    s->behaviour_steps = 1;
    bool first = strcmp(s->srv->options.behaviour->name, "refuse-ahead") == 0;
    if (first)
        session_send(s, busy, sizeof busy - 1);
    session_send(s, text, len);
    if (!first)
        session_send(s, late, sizeof late - 1);
    return true;
}

static bool refused_ahead(struct session *s, const char *verb, const char *arg)
{
    (void) verb, (void) arg;
    return s->behaviour_steps == 1 && s->behaviour_steps++;
}

/* ---- what comes ahead of 226 ---- */

/* The commands of a transfer that something may come ahead of. */
static bool is_transfer(const struct session *s)
{
    return behaviour_is(s, "RETR") || behaviour_is(s, "STOR") || behaviour_is(s, "MLSD");
}

/* What a server of that name says first to what comes ahead of 226; NULL: nothing. */
static const char *out_of_turn(const struct session *s)
{
    if (strncmp(s->arg, "swallow", 7) == 0)
        return "500 Unknown command\r\n";
    if (strncmp(s->arg, "answer", 6) != 0)
        return NULL;
    return behaviour_is(s, "STOR") ? "213 1\r\n" : "450 Data transfer in progress\r\n";
}

/* As ProFTPD, which answers the first command of what comes ahead of 226, or as Pure-FTPd, which
 * has one reply to all of it; "-fails": 552 in the place of 226. The first time, or three times. */
static bool hurried(struct session *s, const char *text, size_t len)
{
    struct pollfd fd = {.fd = s->ctl.fd, .events = POLLIN};
    bool swallows = strncmp(s->arg, "swallow", 7) == 0;
    if (strncmp(text, "220", 3) == 0) {
        session_send(s, swallows ? "220 Pure-FTPd\r\n" : "220 ProFTPD\r\n", swallows ? 15 : 13);
        return true;
    }
    bool enough = s->srv->behaved >= (strstr(s->arg, "thrice") ? 3 : 1);
    if (!is_transfer(s) || strncmp(text, "226", 3) != 0 || enough)
        return false;
    s->srv->behaved++;
    if (poll(&fd, 1, 1000) <= 0)
        return false;
    const char *first = out_of_turn(s);
    if (first)
        session_send(s, first, strlen(first));
    if (strstr(s->arg, "fails"))
        SAY(s, "552 Over quota\r\n");
    else
        session_send(s, text, len);
    s->behaviour_steps = !first ? 0 : swallows ? 2 : 1;
    return true;
}

/* One command, or all that have come together. */
static bool hurried_away(struct session *s, const char *verb, const char *arg)
{
    (void) verb, (void) arg;
    bool away = s->behaviour_steps > 0;
    if (s->behaviour_steps == 1 || s->in_len == 0)
        s->behaviour_steps = 0;
    return away;
}

const struct behaviour behaviours_control[] = {
    {"hurried", "HOW", "answer|swallow|queue[-fails][-thrice] what comes ahead of 226",
     .command = hurried_away, .reply = hurried},
    {"refuse-ahead", "", "450 to what comes ahead of the first 226", .command = refused_ahead,
     .reply = refuse_ahead},
    {"refuse-behind", "", "503 to it, but behind the 226", .command = refused_ahead,
     .reply = refuse_ahead},
    {"refuse-company", "", "503 to commands that come together, but the first",
     .command = refuse_company},
    {"twice", AT, "the reply comes twice", .reply = twice},
    {"twice-late", AT, "again, when the next command has been sent", .reply = twice_late},
    {"stray-226", AT, "a 226 ahead of the reply", .reply = stray_226},
    {"stray-550", AT, "a 550 ahead of the reply", .reply = stray_550},
    {"stray-421", AT, "a 421 behind the reply, and the end", .reply = stray_421},
    {"stray-flood", AT, "40 more replies behind it", .reply = stray_flood},
    {"stray-rubbish", AT, "what is no reply behind it", .reply = stray_rubbish},
    {"babble", AT, "replies without end behind it", .reply = babble},
    {"mute", AT, "no reply", .reply = mute},
    {"mute-once", AT, "the same once", .reply = mute_once},
    {"deaf-once", AT, "no reply, and nothing is done, once", .command = deaf_once},
    {"tell-password", AT, "a refusal that repeats the password", .reply = tell_password},
    {"tardy", AT, "the reply is 1.4 s late", .reply = tardy},
    {"one-behind", AT, "the reply comes with the next one", .reply = one_behind},
    {"wrong-code", AT, "200, whatever the command", .reply = wrong_code},
    {"interim-flood", AT, "preliminary replies without end", .reply = interim_flood},
    {"http", AT, "an answer of HTTP", .reply = http},
    {"ssh", AT, "the greeting of SSH", .reply = ssh},
    {"rubbish", AT, "bytes that are no reply", .reply = rubbish},
    {"empty-line", AT, "a line without anything", .reply = empty_line},
    {"code-alone", AT, "a line with one digit", .reply = code_alone},
    {"high-code", AT, "a code that there is not", .reply = high_code},
    {"no-line-end", AT, "a reply without its line end", .reply = no_line_end},
    {"carriage-return", AT, "a reply that CR alone ends", .reply = carriage_return},
    {"nul-bytes", AT, "a reply with NUL bytes", .reply = nul_bytes},
    {"nul-refusal", AT, "a refusal with a NUL byte", .reply = nul_refusal},
    {"escapes", AT, "a refusal with escape sequences", .reply = escapes},
    {"bidi", AT, "a refusal that is written from the right", .reply = bidi},
    {"other-end", AT, "a reply of several lines that another code ends", .reply = other_end},
    {"bare-lf", "", "lines are ended by LF alone", .reply = bare_lf},
    {"split-crlf", "", "TLS records end between CR and LF", .reply = split_crlf},
    {"endless-line", AT, "a line without end", .reply = endless_line},
    {"long-lines", AT, "long lines without end", .reply = long_lines},
    {"trickle", AT, "a byte every 50 ms, without end", .reply = trickle},
    {"say-421", AT, "421 in the place of the reply, and the end", .reply = say_421},
    {"say-421-once", AT, "the same in one session", .reply = say_421_once},
    {"half-reply", AT, "half of the reply, and the end", .reply = half_reply},
    {"hang-up", AT, "the end in the place of the reply", .reply = hang_up},
    {"hang-up-behind", AT, "the end behind the reply", .reply = hang_up_behind},
    {"reset", AT, "a reset in the place of the reply", .reply = reset},
    {"tls-ends", AT, "TLS ends and the reply comes in clear", .reply = tls_ends},
    {"clear-text", AT, "the reply in clear where TLS goes on", .reply = clear_text},
    {"broken-record", AT, "a TLS record that nobody has made", .reply = broken_record},
    {"huge-record", AT, "a TLS record of 64 KiB", .reply = huge_record},
    {"fatal-alert", AT, "a fatal alert in the place of the reply", .reply = fatal_alert},
    {"warnings", AT, "warnings of TLS before the reply", .reply = warnings},
    {"key-update", AT, "new TLS 1.3 keys before the reply", .reply = key_update},
    {"renegotiate", AT, "a TLS 1.2 renegotiation is asked for", .reply = renegotiate},
    {"greet-in-clear", "", "implicit TLS: a greeting before it", .connected = greet_in_clear},
    {"say-nothing", "", "no greeting", .connected = say_nothing},
    {"two-greetings", "", "the greeting comes twice", .reply = two_greetings},
    {"wait-120", "", "120 before the greeting", .reply = wait_120},
    {"inject-later", "", "plaintext a moment behind 234", .reply = inject_later},
    {"inject-half", "", "half a line in the segment of 234", .reply = inject_half},
    {"auth-silence", "", "234 and nothing", .reply = auth_silence},
    {"auth-hang-up", "", "234 and the end", .reply = auth_hang_up},
    {"auth-alert", "", "234 and an alert", .reply = auth_alert},
    {"auth-other-code", "", "200 to AUTH", .reply = auth_other_code},
    {"greet-again", "", "a greeting under TLS too", .tls_began = greet_again},
    {"ask-for-ever", "", "331 to everything in a login", .reply = ask_for_ever},
    {"want-account", "", "332 to PASS", .reply = want_account},
    {"leave-after-login", "", "every session ends behind PWD", .reply = leave_after_login},
    {"pwd-return", "", "a folder with CR and a command", .reply = pwd_return},
    {"pwd-escapes", "", "a folder with escape sequences", .reply = pwd_escapes},
    {"pwd-unquoted", "", "a folder without quotes", .reply = pwd_unquoted},
    {"pwd-open", "", "a folder without its second quote", .reply = pwd_open},
    {"pwd-empty", "", "a folder without a name", .reply = pwd_empty},
    {"pwd-lines", "", "a folder in several lines", .reply = pwd_lines},
    {"pwd-long", "", "a folder of 15,000 bytes", .reply = pwd_long},
    {"size-text", "", "a size in words", .reply = size_text},
    {"size-negative", "", "a size below 0", .reply = size_negative},
    {"size-huge", "", "a size of 26 digits", .reply = size_huge},
    {"size-lines", "", "a size in two lines", .reply = size_lines},
    {"mdtm-text", "", "a time in words", .reply = mdtm_text},
    {"mdtm-wild", "", "a time that there is not", .reply = mdtm_wild},
    {"mlst-other", "", "facts of something else", .reply = mlst_other},
    {"mlst-none", "", "250 without facts", .reply = mlst_none},
    {"feat-escapes", "", "features with escape sequences", .reply = feat_escapes},
    {"feat-bare", "", "features without the space in front", .reply = feat_bare},
    {"feat-many", "", "8000 features", .reply = feat_many},
    {"cwd-lies", "", "250 to CWD, which does nothing", .command = cwd_lies},
    {"forgets-prot", "CODE", "transfers get CODE until PROT comes a second time",
     .command = forget_protection},
    {"quit-more", "", "more behind the reply to QUIT", .reply = quit_more},
    {"ccc-more", "", "one reply more in the record of CCC's", .reply = ccc_more},
    {.name = NULL},
};
