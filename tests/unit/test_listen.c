#include "unit.h"

#include "net/dial.h"
#include "net/listen.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct addr host(const char *text)
{
    struct addr a;
    assert_int_equal(addr_parse(text, &a, NULL), 0);
    return a;
}

static int opened(struct port_range *ports, struct addr *bound)
{
    struct addr local = host("127.0.0.1");
    struct err err = ERR_INIT;
    int fd = listen_open(&local, ports, bound, &err);
    if (fd < 0)
        fail_msg("%s", err.msg);
    return fd;
}

/* A connection to `to`, complete. */
static int connected(const struct addr *to, const char *from)
{
    struct addr local = host(from);
    struct err err = ERR_INIT;
    int fd = dial_start(to, &local, &err), result = 1;
    assert_true(fd >= 0);
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    while (result == 1 && poll(&p, 1, 5000) == 1)
        result = dial_result(fd, to, &err);
    if (result != 0)
        fail_msg("%s", err.msg);
    return fd;
}

static int accepted(int fd, const char *from, struct addr *peer)
{
    struct addr expected = host(from);
    struct err err = ERR_INIT;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 5000), 1);
    return listen_accept(fd, &expected, peer, &err);
}

static void any_port(void **state)
{
    (void) state;
    struct port_range any = {0, 0, 0};
    struct addr bound, peer, expected = host("127.0.0.1");
    int fd = opened(&any, &bound);
    assert_true(addr_port(&bound) != 0);
    assert_true(addr_is_loopback(&bound));
    assert_int_equal(listen_accept(fd, &expected, &peer, NULL), -2);
    int client = connected(&bound, "127.0.0.1");
    int server = accepted(fd, "127.0.0.1", &peer);
    assert_true(server >= 0);
    struct addr ours = sock_local(client);
    assert_int_equal(addr_port(&peer), addr_port(&ours));
    assert_true(fcntl(server, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(server, F_GETFD) & FD_CLOEXEC);
    close(client);
    close(server);
    close(fd);
}

/* Nobody but the server may hand us data. */
static void strangers_are_passed_over(void **state)
{
    (void) state;
    struct port_range any = {0, 0, 0};
    struct addr bound, peer;
    int fd = opened(&any, &bound);
    int stranger = connected(&bound, "127.0.0.2");
    assert_int_equal(accepted(fd, "127.0.0.1", &peer), -2);
    int client = connected(&bound, "127.0.0.1");
    int server = accepted(fd, "127.0.0.1", &peer);
    assert_true(server >= 0);
    char byte;
    struct pollfd p = {.fd = stranger, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_true(read(stranger, &byte, 1) <= 0);
    close(stranger);
    close(client);
    close(server);
    close(fd);
}

/* Three ports next to each other that are free now, below those that the kernel gives to others
 * meanwhile and that the servers of other tests take. */
static struct port_range free_range(void)
{
    for (uint16_t lo = 15000; lo < 20000; lo = (uint16_t) (lo + 7)) {
        struct addr local = host("127.0.0.1"), bound;
        int fds[3], n = 0;
        for (; n < 3; n++) {
            uint16_t port = (uint16_t) (lo + n);
            struct port_range one = {port, port, 0};
            fds[n] = listen_open(&local, &one, &bound, NULL);
            if (fds[n] < 0)
                break;
        }
        for (int i = 0; i < n; i++)
            close(fds[i]);
        if (n == 3)
            return (struct port_range){lo, (uint16_t) (lo + 2), 0};
    }
    fail_msg("no free ports");
    return (struct port_range){0};
}

/* field 36: the same port is not asked for again at once. */
static void ports_rotate(void **state)
{
    (void) state;
    struct port_range range = free_range();
    struct addr bound;
    for (int i = 0; i < 7; i++) {
        int fd = opened(&range, &bound);
        assert_int_equal(addr_port(&bound), range.lo + i % 3);
        close(fd);
    }
}

static void a_range_that_is_used_up(void **state)
{
    (void) state;
    struct port_range range = free_range();
    struct addr bound, local = host("127.0.0.1");
    struct err err = ERR_INIT;
    int fds[3];
    for (int i = 0; i < 3; i++)
        fds[i] = opened(&range, &bound);
    assert_int_equal(listen_open(&local, &range, &bound, &err), -1);
    assert_err(&err, ERR_LOCAL);
    close(fds[1]);
    fds[1] = opened(&range, &bound);
    assert_int_equal(addr_port(&bound), range.lo + 1);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
}

static void an_address_that_is_not_ours(void **state)
{
    (void) state;
    struct port_range any = {0, 0, 0};
    struct addr local = host("192.0.2.77"), bound;
    struct err err = ERR_INIT;
    assert_int_equal(listen_open(&local, &any, &bound, &err), -1);
    assert_err(&err, ERR_LOCAL);
}

#ifdef TCP_WINDOW_CLAMP
static int window(int fd)
{
    int value = 0;
    socklen_t size = sizeof value;
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &value, &size), 0);
    return value;
}

static void room_for_what_is_wanted(void **state)
{
    (void) state;
    struct port_range any = {0, 0, 0};
    struct addr bound, peer;
    int fd = opened(&any, &bound), client = connected(&bound, "127.0.0.1"), large = 8 << 20;
    int server = accepted(fd, "127.0.0.1", &peer);
    assert_int_equal(setsockopt(client, IPPROTO_TCP, TCP_WINDOW_CLAMP, &large, sizeof large), 0);
    sock_want(client, INT64_MAX);
    assert_int_equal(window(client), large);
    sock_want(client, 4 << 20);
    int less = window(client);
    assert_in_range(less, 1 << 20, 4 << 20);
    sock_want(client, 6 << 20); /* it only shrinks */
    assert_int_equal(window(client), less);
    sock_want(client, 0);
    assert_in_range(window(client), 64 << 10, 512 << 10);
    close(server);
    close(client);
    close(fd);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_port),
        cmocka_unit_test(strangers_are_passed_over),
        cmocka_unit_test(ports_rotate),
        cmocka_unit_test(a_range_that_is_used_up),
        cmocka_unit_test(an_address_that_is_not_ours),
#ifdef TCP_WINDOW_CLAMP
        cmocka_unit_test(room_for_what_is_wanted),
#endif
    };
    return run_unit(tests);
}
