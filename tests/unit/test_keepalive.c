#include "unit.h"

#include "ftp/keepalive.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct wait nothing = {NULL, {INT64_MAX}};

/* A control connection whose other end is ours; *server is the descriptor. */
static struct control *make(int *server)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    fcntl(fds[0], F_SETFL, O_NONBLOCK); /* as all sockets here */
    struct control *c = control_new(fds[0], &nothing, NULL, NULL);
    assert_non_null(c);
    *server = fds[1];
    return c;
}

static void say(int server, const char *text)
{
    assert_int_equal(write(server, text, strlen(text)), (ssize_t) strlen(text));
}

static void expect(int server, const char *text)
{
    char got[64];
    ssize_t n = recv(server, got, sizeof got, MSG_DONTWAIT);
    assert_int_equal(n, (ssize_t) strlen(text));
    assert_memory_equal(got, text, (size_t) n);
}

static void expect_silence(int server)
{
    char got;
    assert_int_equal(recv(server, &got, 1, MSG_DONTWAIT), -1);
}

static void wait_until(struct deadline until)
{
    assert_int_equal(wait_fds(&nothing, NULL, 0, until, NULL), 0);
}

static void asks_after_a_silence_and_is_content(void **state)
{
    (void) state;
    int server;
    struct control *c = make(&server);
    struct keepalive k = {.interval_ms = 30, .reply_ms = 5000};
    struct deadline until;
    assert_int_equal(keepalive_tend(&k, c, NULL), 0);
    expect_silence(server);
    assert_true(keepalive_fd(&k, c, &until) >= 0);
    assert_true(deadline_left_ms(until) <= 30);
    wait_until(until);
    assert_int_equal(keepalive_tend(&k, c, NULL), 0);
    expect(server, "NOOP\r\n");
    assert_int_equal(keepalive_tend(&k, c, NULL), 0); /* one at a time */
    expect_silence(server);
    keepalive_fd(&k, c, &until);
    assert_true(deadline_left_ms(until) > 1000);
    say(server, "200 yes\r\n");
    assert_int_equal(keepalive_tend(&k, c, NULL), 0);
    assert_int_equal(control_outstanding(c), 0);
    keepalive_fd(&k, c, &until);
    assert_true(deadline_left_ms(until) <= 30);
    control_free(c);
    close(server);
}

static void off_only_listens(void **state)
{
    (void) state;
    int server;
    struct control *c = make(&server);
    struct keepalive k = {.reply_ms = 10};
    struct deadline until;
    assert_true(keepalive_fd(&k, c, &until) >= 0);
    assert_true(deadline_left_ms(until) == INT64_MAX);
    say(server, "200-still\r\n");
    assert_int_equal(keepalive_tend(&k, c, NULL), 0);
    say(server, "200 here\r\n"); /* that answers nothing, and ends nothing */
    assert_int_equal(keepalive_tend(&k, c, NULL), 0);
    expect_silence(server);
    control_free(c);
    close(server);
}

static void end_is_told_once(void **state)
{
    (void) state;
    static const struct {
        const char *said; /* before the end; NULL: nothing */
        enum err_code code;
        const char *message;
    } ends[] = {
        {"421 Timeout.\r\n", ERR_REPLY_TRANSIENT, "421 Timeout."},
        {NULL, ERR_CLOSED, "the server closed the control connection"},
        {"no reply at all\r\n", ERR_PROTOCOL, NULL},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        int server;
        struct control *c = make(&server);
        struct keepalive k = {.interval_ms = 1, .reply_ms = 10};
        struct err err = ERR_INIT;
        struct deadline until;
        if (ends[i].said)
            say(server, ends[i].said);
        close(server);
        assert_int_equal(keepalive_tend(&k, c, &err), -1);
        assert_int_equal(err.code, ends[i].code);
        if (ends[i].message)
            assert_string_equal(err.msg, ends[i].message);
        assert_int_equal(keepalive_fd(&k, c, &until), -1);
        assert_true(deadline_left_ms(until) == INT64_MAX);
        assert_int_equal(keepalive_tend(&k, c, NULL), 0);
        control_free(c);
    }
}

static void no_answer_is_the_end(void **state)
{
    (void) state;
    int server;
    struct control *c = make(&server);
    struct keepalive k = {.interval_ms = 1, .reply_ms = 20};
    struct err err = ERR_INIT;
    struct deadline until;
    wait_until(deadline_in(2));
    assert_int_equal(keepalive_tend(&k, c, NULL), 0);
    expect(server, "NOOP\r\n");
    keepalive_fd(&k, c, &until);
    wait_until(until);
    assert_int_equal(keepalive_tend(&k, c, &err), -1);
    assert_int_equal(err.code, ERR_TIMEOUT);
    assert_true(control_dead(c));
    control_free(c);
    close(server);
}

/* What a command that was cancelled still waits for is nobody's NOOP. */
static void others_replies_are_awaited_without_end(void **state)
{
    (void) state;
    int server;
    struct control *c = make(&server);
    struct keepalive k = {.interval_ms = 1, .reply_ms = 1};
    struct deadline until;
    assert_int_equal(control_send(c, deadline_in(1000), NULL, "LIST"), 0);
    expect(server, "LIST\r\n");
    wait_until(deadline_in(5));
    assert_int_equal(keepalive_tend(&k, c, NULL), 0);
    expect_silence(server);
    keepalive_fd(&k, c, &until);
    assert_true(deadline_left_ms(until) == INT64_MAX);
    control_free(c);
    close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_after_a_silence_and_is_content),
        cmocka_unit_test(off_only_listens),
        cmocka_unit_test(end_is_told_once),
        cmocka_unit_test(no_answer_is_the_end),
        cmocka_unit_test(others_replies_are_awaited_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
