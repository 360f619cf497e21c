#include "unit.h"

#include "net/dial.h"
#include "net/proxy_talk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Both ends of a connection to a proxy, and what is asked of it. */
static struct proxy proxy;
static struct proxy_talk talk;
static int ours, theirs;

static void start(const char *text, const char *host, uint16_t port)
{
    int fds[2];
    struct err err = ERR_INIT;
    assert_int_equal(proxy_parse(text, &proxy, &err), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    ours = fds[0];
    theirs = fds[1];
    assert_int_equal(sock_prepare(ours, &err), 0);
    assert_int_equal(proxy_talk_start(&talk, &proxy, host, port, &err), 0);
}

static void stop(void)
{
    proxy_talk_clear(&talk);
    close(ours);
    if (theirs >= 0)
        close(theirs);
}

/* What the proxy has not read would reset the connection. */
static void hang_up(void)
{
    char sink[2048];
    while (recv(theirs, sink, sizeof sink, MSG_DONTWAIT) > 0)
        ;
    close(theirs);
    theirs = -1;
}

static void under_way(short events)
{
    struct err err = ERR_INIT;
    int rc = proxy_talk_step(&talk, ours, &err);
    if (rc != 1)
        fail_msg("%d %s", rc, err.msg);
    assert_int_equal(talk.events, events);
}

/* Exactly these bytes have come from our end. */
static void expect(const void *bytes, size_t n)
{
    unsigned char got[2048];
    under_way(POLLIN);
    assert_int_equal(recv(theirs, got, sizeof got, MSG_DONTWAIT), (int) n);
    assert_memory_equal(got, bytes, n);
}

static void answer(const void *bytes, size_t n)
{
    assert_int_equal(send(theirs, bytes, n, 0), (int) n);
}

/* A byte at a time; the last one is not looked at yet. */
static void answer_slowly(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        answer(bytes + i, 1);
        if (i + 1 < n)
            under_way(POLLIN);
    }
}

#define EXPECT(text) expect(text, sizeof(text) - 1)
#define ANSWER(text) answer(text, sizeof(text) - 1)
#define ANSWER_SLOWLY(text) answer_slowly(text, sizeof(text) - 1)

/* The connection stands, and what the server says first is still in the socket. */
static void assert_open(void)
{
    char rest[16];
    struct err err = ERR_INIT;
    int rc = proxy_talk_step(&talk, ours, &err);
    if (rc != 0)
        fail_msg("%d %s", rc, err.msg);
    ANSWER("220 hello");
    assert_int_equal(recv(ours, rest, sizeof rest, 0), 9);
    assert_memory_equal(rest, "220 hello", 9);
    stop();
}

static void assert_failed(int sys, const char *part)
{
    char name[PROXY_TEXT];
    struct err err = ERR_INIT;
    assert_int_equal(proxy_talk_step(&talk, ours, &err), -1);
    assert_err(&err, ERR_CONNECT);
    assert_int_equal(err.sys, sys);
    if (!strstr(err.msg, part) || !strstr(err.msg, proxy_format(&proxy, name, sizeof name)))
        fail_msg("'%s' has no '%s'", err.msg, part);
    assert_null(strstr(err.msg, "secret"));
    stop();
}

#define NAME_REQUEST "\5\1\0\3\7example\0\25"

static void socks_by_name(void **state)
{
    (void) state;
    start("socks5://gw", "example", 21);
    EXPECT("\5\1\0");
    ANSWER("\5\0");
    EXPECT(NAME_REQUEST);
    ANSWER("\5\0\0\1\1\2\3\4\5\6");
    assert_open();
}

static void socks_with_login(void **state)
{
    (void) state;
    start("socks5://me:secret@gw", "127.0.0.1", 0x1234);
    EXPECT("\5\2\0\2");
    ANSWER("\5\2");
    EXPECT("\1\2me\6secret");
    ANSWER("\1\0");
    EXPECT("\5\1\0\1\177\0\0\1\x12\x34");
    ANSWER("\5\0\0\3\4name\5\6");
    assert_open();
}

static void socks_slowly(void **state)
{
    (void) state;
    start("socks5://me:secret@gw", "::1", 21);
    EXPECT("\5\2\0\2");
    ANSWER_SLOWLY("\5\2");
    EXPECT("\1\2me\6secret");
    ANSWER_SLOWLY("\5\0"); /* some answer with the version of SOCKS */
    EXPECT("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\25");
    ANSWER_SLOWLY("\5\0\0\4................\5\6");
    assert_open();
}

/* What stands behind the reply is not the proxy's. */
static void nothing_is_taken_beyond(void **state)
{
    (void) state;
    start("socks5://gw", "example", 21);
    EXPECT("\5\1\0");
    ANSWER("\5\0");
    EXPECT(NAME_REQUEST);
    ANSWER("\5\0\0\1\1\2\3\4\5\6"
           "\5\0\0\1");
    assert_int_equal(proxy_talk_step(&talk, ours, NULL), 0);
    char rest[8];
    assert_int_equal(recv(ours, rest, sizeof rest, 0), 4);
    stop();

    start("http://gw", "example", 21);
    under_way(POLLIN);
    ANSWER("HTTP/1.1 200 OK\r\n\r\n\r\n22");
    assert_int_equal(proxy_talk_step(&talk, ours, NULL), 0);
    assert_int_equal(recv(ours, rest, sizeof rest, 0), 4);
    assert_memory_equal(rest, "\r\n22", 4);
    stop();
}

static void socks_refusals(void **state)
{
    (void) state;
    static const struct {
        char code;
        int sys;
        const char *part;
    } codes[] = {
        {1, 0, "general failure"},
        {2, EACCES, "rules"},
        {3, ENETUNREACH, "network"},
        {4, EHOSTUNREACH, "host unreachable"},
        {5, ECONNREFUSED, "example:21: connection refused"},
        {6, ETIMEDOUT, "TTL"},
        {7, EACCES, "cannot connect"},
        {8, EACCES, "kind of address"},
        {9, 0, "error 9"},
        {'\x7f', 0, "error 127"},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char reply[] = {5, codes[i].code};
        start("socks5://gw", "example", 21);
        EXPECT("\5\1\0");
        ANSWER("\5\0");
        EXPECT(NAME_REQUEST);
        answer(reply, sizeof reply);
        assert_failed(codes[i].sys, codes[i].part);
    }
}

static void socks_login_refused(void **state)
{
    (void) state;
    start("socks5://gw", "example", 21);
    EXPECT("\5\1\0");
    ANSWER("\5\xff");
    assert_failed(EACCES, "wants a user name");

    start("socks5://me:secret@gw", "example", 21);
    EXPECT("\5\2\0\2");
    ANSWER("\5\xff");
    assert_failed(EACCES, "takes no user name");

    start("socks5://me:secret@gw", "example", 21);
    EXPECT("\5\2\0\2");
    ANSWER("\5\2");
    EXPECT("\1\2me\6secret");
    ANSWER("\1\1");
    assert_failed(EACCES, "refuses the user name");
}

static void socks_garbage(void **state)
{
    (void) state;
    static const char *const greetings[] = {"220 FTP", "HTTP/1.1 400", "\4\132", "\5\1", "\5\2"};
    for (size_t i = 0; i < sizeof greetings / sizeof greetings[0]; i++) {
        start("socks5://gw", "example", 21);
        EXPECT("\5\1\0");
        answer(greetings[i], strlen(greetings[i]));
        assert_failed(EPROTO, "not SOCKS5");
    }
    static const char *const replies[] = {"\4\1", "\5\0\1\2\3"};
    static const size_t sizes[] = {2, 5};
    for (size_t i = 0; i < 2; i++) {
        start("socks5://gw", "example", 21);
        EXPECT("\5\1\0");
        ANSWER("\5\0");
        EXPECT(NAME_REQUEST);
        answer(replies[i], sizes[i]);
        assert_failed(EPROTO, "not SOCKS5");
    }
    start("socks5://me:secret@gw", "example", 21);
    EXPECT("\5\2\0\2");
    ANSWER("\5\2");
    EXPECT("\1\2me\6secret");
    ANSWER("\2\0");
    assert_failed(EPROTO, "not SOCKS5");
}

/* The proxy closes after each possible number of bytes of its answers. */
static void socks_end_at_each_point(void **state)
{
    (void) state;
    static const char first[] = "\5\0", second[] = "\5\0\0\3\4name\5\6";
    enum { FIRST = sizeof first - 1, SECOND = sizeof second - 1 };
    for (size_t n = 0; n < FIRST + SECOND; n++) {
        start("socks5://gw", "example", 21);
        EXPECT("\5\1\0");
        answer(first, n < FIRST ? n : FIRST);
        if (n >= FIRST) {
            EXPECT(NAME_REQUEST);
            answer(second, n - FIRST);
        }
        hang_up();
        assert_failed(0, "closed the connection");
    }
}

static void http_plain(void **state)
{
    (void) state;
    start("http://gw", "ftp.example.com", 990);
    EXPECT("CONNECT ftp.example.com:990 HTTP/1.1\r\nHost: ftp.example.com:990\r\n\r\n");
    ANSWER("HTTP/1.0 200 Connection established\r\nProxy-agent: x\r\nContent-Length: 9\r\n\r\n");
    assert_open();
}

static void http_with_login(void **state)
{
    (void) state;
    start("http://Aladdin:open%20sesame@gw", "2001:db8::1", 21);
    EXPECT("CONNECT [2001:db8::1]:21 HTTP/1.1\r\nHost: [2001:db8::1]:21\r\n"
           "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
    ANSWER_SLOWLY("HTTP/1.1 200\r\nA: b\r\n\r\n");
    assert_open();
}

/* RFC 4648 section 10, behind "a:". */
static void base64(void **state)
{
    (void) state;
    static const char *const pairs[][2] = {{"", "YTo="},         {"f", "YTpm"},
                                           {"fo", "YTpmbw=="},   {"foo", "YTpmb28="},
                                           {"foob", "YTpmb29i"}, {"%ff%fe", "YTr//g=="}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[64], line[64];
        snprintf(text, sizeof text, "http://a:%s@gw", pairs[i][0]);
        start(text, "h", 1);
        snprintf(line, sizeof line, "Basic %s\r\n\r\n", pairs[i][1]);
        talk.out[talk.out_len] = '\0';
        assert_non_null(strstr((const char *) talk.out, line));
        stop();
    }
}

static void http_forms(void **state)
{
    (void) state;
    start("http://gw", "example", 21);
    under_way(POLLIN);
    ANSWER("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n");
    under_way(POLLIN);
    ANSWER("HTTP/1.1 204 Fine\n\n");
    assert_open();
}

static void assert_http_failed(const char *url, const char *text, int sys, const char *part)
{
    start(url, "example", 21);
    under_way(POLLIN);
    answer(text, strlen(text));
    assert_failed(sys, part);
}

static void http_refusals(void **state)
{
    (void) state;
    assert_http_failed("http://gw", "HTTP/1.1 407 Proxy Authentication Required\r\n", EACCES,
                       "407 Proxy Authentication Required: it wants");
    assert_http_failed("http://me:secret@gw", "HTTP/1.1 407 No\r\n", EACCES, "407 No: it refuses");
    assert_http_failed("http://me:secret@gw", "HTTP/1.0 401 Unauthorized\r\n", EACCES,
                       "401 Unauthorized: it refuses");
    assert_http_failed("http://gw", "HTTP/1.1 403 Forbidden \r\n", EACCES,
                       "example:21: 403 Forbidden");
    assert_http_failed("http://gw", "HTTP/1.1 503 Busy\n", 0, "503 Busy");
    assert_http_failed("http://gw", "HTTP/1.1 504 Late\n", ETIMEDOUT, "504 Late");
    assert_http_failed("http://gw", "HTTP/1.1 302 Elsewhere\x1b[2J\n", 0, "Elsewhere\\x1b[2J");
}

static void http_garbage(void **state)
{
    (void) state;
    static const char *const answers[] = {"\5",
                                          "220 FTP",
                                          "http",
                                          "HTTP/2",
                                          "HTTP/1.1 2000\n",
                                          "HTTP/1.1 2x0 OK\n",
                                          "HTTP/1.1\n",
                                          "HTTP/1.1  200 OK\n",
                                          "\n"};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        assert_http_failed("http://gw", answers[i], EPROTO, "not HTTP");
    start("http://gw", "example", 21);
    under_way(POLLIN);
    ANSWER("HTTP/1.1 200 O\0K\r\n");
    assert_failed(EPROTO, "not HTTP");
}

static void http_oversize(void **state)
{
    (void) state;
    char line[1024];
    memset(line, 'x', sizeof line);
    start("http://gw", "example", 21);
    under_way(POLLIN);
    ANSWER("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 15; i++) {
        answer(line, sizeof line);
        under_way(POLLIN);
    }
    answer(line, sizeof line);
    answer(line, sizeof line);
    assert_failed(EPROTO, "no end");
    start("http://gw", "example", 21);
    under_way(POLLIN);
    for (size_t sent = 0; sent + 24 <= 16 * 1024; sent += 24) {
        ANSWER("HTTP/1.1 100 Wait...\r\n\r\n");
        under_way(POLLIN);
    }
    ANSWER("HTTP/1.1 100 Wait...\r\n\r\n");
    assert_failed(EPROTO, "no end");
}

static void http_end_at_each_point(void **state)
{
    (void) state;
    static const char whole[] = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        start("http://gw", "example", 21);
        under_way(POLLIN);
        answer(whole, n);
        hang_up();
        assert_failed(0, "closed the connection");
    }
}

/* A full socket: the request waits for room. */
static void a_peer_that_does_not_read(void **state)
{
    (void) state;
    static char block[64 * 1024];
    start("http://me:secret@gw", "example", 21);
    while (send(ours, block, sizeof block, MSG_DONTWAIT) > 0)
        ;
    while (send(ours, block, 1, MSG_DONTWAIT) > 0)
        ;
    under_way(POLLOUT);
    while (recv(theirs, block, sizeof block, MSG_DONTWAIT) > 0)
        ;
    under_way(POLLIN);
    assert_true(recv(theirs, block, sizeof block, MSG_DONTWAIT) > 0);
    ANSWER("HTTP/1.1 200 OK\r\n\r\n");
    assert_open();
}

static void hosts_that_cannot_be_asked_for(void **state)
{
    (void) state;
    char longest[300];
    memset(longest, 'a', sizeof longest);
    longest[255] = '\0';
    start("socks5://gw", longest, 21);
    stop();
    longest[255] = 'a';
    longest[256] = '\0';
    const char *const bad[] = {"", "a b", "a\r\nX: y", "a\x7f", longest};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = ERR_INIT;
        assert_int_equal(proxy_talk_start(&talk, &proxy, bad[i], 21, &err), -1);
        assert_err(&err, ERR_USAGE);
    }
}

/* The longest login and name fit. */
static void longest_request(void **state)
{
    (void) state;
    char text[1024], part[256];
    memset(part, 'x', sizeof part);
    part[255] = '\0';
    static const char *const schemes[] = {"http", "socks5"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s://%s:%s@gw", schemes[i], part, part);
        start(text, part, 65535);
        assert_true(talk.out_len < sizeof talk.out);
        stop();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socks_by_name),
        cmocka_unit_test(socks_with_login),
        cmocka_unit_test(socks_slowly),
        cmocka_unit_test(nothing_is_taken_beyond),
        cmocka_unit_test(socks_refusals),
        cmocka_unit_test(socks_login_refused),
        cmocka_unit_test(socks_garbage),
        cmocka_unit_test(socks_end_at_each_point),
        cmocka_unit_test(http_plain),
        cmocka_unit_test(http_with_login),
        cmocka_unit_test(base64),
        cmocka_unit_test(http_forms),
        cmocka_unit_test(http_refusals),
        cmocka_unit_test(http_garbage),
        cmocka_unit_test(http_oversize),
        cmocka_unit_test(http_end_at_each_point),
        cmocka_unit_test(a_peer_that_does_not_read),
        cmocka_unit_test(hosts_that_cannot_be_asked_for),
        cmocka_unit_test(longest_request),
    };
    return run_unit(tests);
}
