/* Commands in front of a transfer's final reply: which reply is which. */
#include "unit.h"

#include "data/channel_private.h"
#include "ftp/session_private.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZES "213 7\r\n"
#define TIMES "213 Modify=20200101000000; file\r\n"
#define PORTS "229 Extended (|||5001|)\r\n"
#define STALE "213 1\r\n"
#define NO "500 Unknown command\r\n"
#define BUSY "450 Data transfer in progress\r\n"
#define DONE "226 Done\r\n"
#define FULL "552 Over quota\r\n"
#define BROKE "450 Broken off\r\n"
#define OK "200 Ok\r\n"
#define ANY "*"

static const struct wait nothing = {NULL, {INT64_MAX}};
static const struct channel_request download = {.command = "RETR", .argument = "file"};

/* What was asked, what the server says to it, and what comes of that. */
struct row {
    bool port_alone; /* EPSV; else SIZE, MFMT, EPSV, */
    bool noop;       /* and NOOP behind it, */
    bool abort;      /* or ABOR */
    bool ends;       /* the server closes behind its replies */
    const char *replies;
    int final;    /* its code; 0: nobody can tell */
    bool settled; /* for want of a better one */
    bool in_time; /* the server was done with the transfer */
    const char
        *then; /* what SIZE and EPSV, once they are called for, have sent; by first letters */
};

struct server {
    int fd;
    const struct row *row;
    char said[64];
};

static size_t asked(const struct server *s)
{
    size_t n = s->row->port_alone ? 1 : 3;
    return s->row->noop || s->row->abort ? n + 1 : n;
}

static const char *answer(const struct server *s, char first, size_t n)
{
    if (n <= asked(s))
        return n < asked(s) ? "" : s->row->replies;
    return first == 'P' ? "257 \"/\"\r\n" : first == 'S' ? SIZES : first == 'E' ? PORTS : TIMES;
}

static void *serve(void *arg)
{
    struct server *s = arg;
    char line[128];
    FILE *in = fdopen(s->fd, "r");
    for (size_t n = 0; n < sizeof s->said - 1 && fgets(line, sizeof line, in); n++) {
        const char *text = answer(s, line[0], n);
        s->said[n] = line[0];
        if (write(s->fd, text, strlen(text)) < 0)
            break;
        if (s->row->ends && n == asked(s))
            shutdown(s->fd, SHUT_WR);
    }
    fclose(in);
    return NULL;
}

static struct session *connected(int fd)
{
    struct session_config config = {
        .host = "localhost", .user = "u", .wait = &nothing, .reply_timeout_ms = 10000};
    struct session *s = session_new(&config, NULL);
    s->control = control_new(fd, &nothing, NULL, NULL);
    s->logged_in = true;
    s->software = SOFTWARE_PUREFTPD;
    return s;
}

static struct session *begun(int fd, const struct row *row)
{
    struct session *s = connected(fd);
    assert_int_equal(control_send(s->control, deadline_in(10000), NULL, "RETR or STOR"), 0);
    if (!row->port_alone) {
        session_ask_ahead(s, "SIZE file");
        session_ask_ahead(s, "MFMT 20200101000000 file");
    }
    session_ask_port_ahead(s, "EPSV", 10000);
    session_send_early(s);
    return s;
}

/* True where the final reply had to be settled. */
static bool await(struct channel *c)
{
    if (channel_await_final(c, deadline_in(10000), NULL) == 0)
        return false;
    return session_settle_final(c->session, &c->final);
}

/* The next commands, as they follow a transfer: both are told what is true. */
static void go_on(struct session *s)
{
    int64_t size = -1;
    struct reply r = {0};
    struct err err = ERR_INIT;
    if (session_size(s, "file", &size, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(size, 7);
    if (!session_take_port(s, "EPSV", &r))
        assert_int_equal(session_command(s, &r, &err, "EPSV"), 0);
    assert_int_equal(r.code, 229);
    reply_clear(&r);
    assert_true(session_alive(s));
    assert_int_equal(control_outstanding(s->control), 0);
}

static void check_row(const struct row *row)
{
    int fds[2];
    pthread_t thread;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    struct server server = {.fd = fds[1], .row = row};
    assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
    struct session *s = begun(fds[0], row);
    struct channel *c = channel_new(s, &download, STRATEGY_EPSV, NULL);
    if (row->noop)
        channel_send_noop(c);
    if (row->abort)
        channel_give_up(c);
    bool settled = !row->abort && await(c);
    session_learn_early(s, true);
    assert_int_equal(s->in_time_row, row->in_time);
    assert_int_equal(c->final.code, row->final);
    assert_int_equal(settled, row->settled);
    channel_free(c);
    if (row->then)
        go_on(s);
    else
        assert_false(session_alive(s));
    session_free(s);
    pthread_join(thread, NULL);
    if (row->then && strcmp(row->then, ANY) != 0)
        assert_string_equal(server.said + asked(&server) + 1, row->then);
}

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_row(&rows[i]);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof rows / sizeof rows[0])

static void in_order_all_of_it_counts(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {.replies = DONE SIZES TIMES PORTS, .final = 226, .in_time = true, .then = ""},
        {.replies = DONE SIZES NO PORTS, .final = 226, .in_time = true, .then = ""},
        {.replies = DONE SIZES TIMES BUSY, .final = 226, .in_time = true, .then = "E"},
        {.port_alone = true, .replies = DONE PORTS, .final = 226, .in_time = true, .then = "S"},
        {.port_alone = true,
         .replies = "250 Done\r\n" PORTS,
         .final = 250,
         .in_time = true,
         .then = "S"},
        {.port_alone = true, .replies = "200 Done\r\n" PORTS, .final = 200, .then = "S"},
    };
    CHECK_ROWS(rows);
}

/* A port counts, whenever it was named. */
static void what_came_ahead_of_the_end_does_not_count(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {.replies = STALE DONE TIMES PORTS, .final = 226, .then = "PSE"},
        {.replies = STALE TIMES DONE PORTS, .final = 226, .then = "PSE"},
        {.replies = STALE TIMES PORTS DONE, .final = 226, .then = "SE"},
        {.replies = STALE BUSY BUSY DONE, .final = 226, .then = "SE"},
        {.replies = "550 No such file\r\n" DONE TIMES PORTS, .final = 226, .then = "PSE"},
        {.replies = NO DONE, .final = 226, .then = "PSE"},
        {.replies = NO DONE NO NO, .final = 226, .then = "PSE"},
        {.port_alone = true, .replies = BUSY DONE, .final = 226, .then = "SE"},
        {.port_alone = true, .replies = NO DONE, .final = 226, .then = "SE"},
        {.port_alone = true, .replies = PORTS DONE, .final = 226, .then = "S"},
    };
    CHECK_ROWS(rows);
}

static void a_failure_is_the_transfers(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {.replies = FULL SIZES TIMES PORTS, .final = 552, .then = "PSE"},
        {.replies = STALE FULL TIMES PORTS, .final = 552, .then = "PSE"},
        {.replies = NO FULL, .final = 552, .then = "PSE"},
        {.replies = BROKE SIZES TIMES PORTS, .final = 450, .then = "SE"},
        {.replies = "451 Broken off\r\n" STALE TIMES PORTS, .final = 451, .then = "SE"},
        {.replies = STALE "451 Broken off\r\n" TIMES PORTS, .final = 451, .then = "SE"},
        {.replies = NO NO NO BROKE, .final = 450, .then = "SE"},
        {.port_alone = true, .replies = FULL PORTS, .final = 552, .then = "PSE"},
        {.port_alone = true, .replies = BROKE PORTS, .final = 450, .then = "S"},
        {.port_alone = true, .replies = PORTS BROKE, .final = 450, .then = "S"},
        {.port_alone = true, .replies = NO BROKE, .final = 450, .then = "SE"},
        {.port_alone = true, .replies = BUSY FULL, .final = 552, .then = "SE"},
    };
    CHECK_ROWS(rows);
}

/* How often PWD is asked then depends on when the last reply comes. */
static void nor_is_it_made_good_by_one_more_reply(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {.replies = "426 Broken off\r\n" DONE SIZES TIMES PORTS, .final = 426, .then = ANY},
        {.replies = FULL DONE SIZES TIMES PORTS, .final = 552, .then = ANY},
        {.port_alone = true, .replies = "426 Broken off\r\n" DONE PORTS, .final = 426, .then = ANY},
    };
    CHECK_ROWS(rows);
}

static void a_noop_behind_it_is_told_apart(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {.noop = true,
         .replies = DONE SIZES TIMES PORTS OK,
         .final = 226,
         .in_time = true,
         .then = "S"},
        {.noop = true, .replies = NO NO DONE, .final = 226, .then = "PSE"},
        {.noop = true, .replies = NO DONE OK, .final = 226, .then = "PSE"},
        {.noop = true, .replies = NO OK FULL, .final = 552, .then = "PSE"},
        {.noop = true, .replies = NO NO BROKE, .final = 450, .settled = true, .ends = true},
        {.noop = true, .replies = NO OK, .ends = true},
        {.noop = true, .port_alone = true, .replies = NO NO DONE, .final = 226, .then = "SE"},
    };
    CHECK_ROWS(rows);
}

/* Ctrl-C: what was asked early is given up with the transfer. */
static void a_transfer_that_is_given_up(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {.abort = true, .replies = NO "426 Broken off\r\n" DONE, .then = "PSE"},
        {.abort = true, .replies = STALE DONE TIMES PORTS DONE, .then = "SE"},
        {.abort = true, .replies = DONE SIZES TIMES PORTS DONE, .then = "SE"},
        {.abort = true, .port_alone = true, .replies = BUSY DONE DONE, .then = "SE"},
        {.abort = true, .port_alone = true, .replies = PORTS DONE DONE, .then = "SE"},
        {.abort = true, .port_alone = true, .replies = DONE PORTS, .then = "PSE"},
        {.abort = true, .replies = "421 Good night\r\n"},
        {.abort = true, .ends = true, .replies = NO},
    };
    CHECK_ROWS(rows);
}

/* As at a prompt behind Ctrl-C, where the control connection is watched: what is asked next does
 * not take it for its own. */
static void a_reply_that_nobody_called_for(void **state)
{
    (void) state;
    static const struct row row = {.port_alone = true, .replies = DONE PORTS, .final = 226};
    int fds[2];
    pthread_t thread;
    struct reply port = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    struct server server = {.fd = fds[1], .row = &row};
    assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
    struct session *s = begun(fds[0], &row);
    struct channel *c = channel_new(s, &download, STRATEGY_EPSV, NULL);
    assert_false(await(c));
    assert_int_equal(control_read(s->control, &port, deadline_in(10000), NULL), 0);
    assert_int_equal(port.code, 229);
    session_ask_ahead(s, "SIZE file");
    session_ask_ahead(s, "MDTM file");
    go_on(s);
    reply_clear(&port);
    channel_free(c);
    session_free(s);
    pthread_join(thread, NULL);
    assert_string_equal(server.said, "RESME");
}

/* What may not go out is not tried again and again. */
static void nothing_is_due_behind_a_noop(void **state)
{
    (void) state;
    int fds[2];
    struct err err = ERR_INIT;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    struct session *s = connected(fds[0]);
    struct channel *c = channel_new(s, &download, STRATEGY_EPSV, NULL);
    c->more = true;
    channel_send_noop(c);
    c->early = deadline_in(0);
    assert_int_equal(channel_next_reply(c, deadline_in(10), &err), -1);
    assert_err(&err, ERR_TIMEOUT);
    assert_int_equal(control_sent(s->control), 1);
    assert_false(deadline_passed(c->early));
    assert_true(c->more);
    channel_free(c);
    session_free(s);
    close(fds[1]);
}

/* What answers SIZE, MFMT or EPSV is no end of a transfer, nor is the refusal of them; where more
 * has come, or nothing else, it may have been. */
static void replies_that_stay_out(void **state)
{
    (void) state;
    static const struct row rows[] = {
        {.ends = true, .replies = ""},
        {.ends = true, .replies = STALE},
        {.ends = true, .replies = STALE STALE TIMES PORTS},
        {.ends = true, .replies = NO},
        {.ends = true, .replies = NO BROKE, .final = 450, .settled = true},
        {.ends = true, .replies = STALE "451 Broken off\r\n", .final = 451, .settled = true},
        {.ends = true, .replies = "421 Good night\r\n", .final = 421, .settled = true},
        {.ends = true, .replies = STALE "421 Good night\r\n", .final = 421, .settled = true},
        {.ends = true, .port_alone = true, .replies = PORTS},
        {.ends = true, .port_alone = true, .replies = BUSY},
        {.ends = true, .port_alone = true, .replies = PORTS PORTS},
    };
    CHECK_ROWS(rows);
}

static int64_t wait_behind(struct session *s, size_t in_time, bool too_early)
{
    while (in_time-- > 0) {
        s->ahead.in_time = true;
        session_learn_early(s, true);
    }
    s->ahead.too_early = too_early;
    session_learn_early(s, true);
    return session_early_ms(s);
}

/* Four in a row are enough to ask sooner, which is not tried a second time. */
static void how_long_to_wait(void **state)
{
    (void) state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct session *s = connected(fds[0]);
    assert_int_equal(wait_behind(s, 3, false), 5);
    assert_int_equal(wait_behind(s, 3, false), 5);
    assert_int_equal(wait_behind(s, 4, false), 2);
    assert_int_equal(wait_behind(s, 1, true), 5);
    assert_int_equal(wait_behind(s, 9, true), 20);
    assert_int_equal(wait_behind(s, 9, true), -1);
    session_free(s);
    s = connected(fds[1]);
    assert_int_equal(wait_behind(s, 0, true), 20);
    assert_int_equal(wait_behind(s, 9, true), -1);
    session_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_all_of_it_counts),
        cmocka_unit_test(what_came_ahead_of_the_end_does_not_count),
        cmocka_unit_test(a_failure_is_the_transfers),
        cmocka_unit_test(nor_is_it_made_good_by_one_more_reply),
        cmocka_unit_test(a_noop_behind_it_is_told_apart),
        cmocka_unit_test(a_transfer_that_is_given_up),
        cmocka_unit_test(a_reply_that_nobody_called_for),
        cmocka_unit_test(nothing_is_due_behind_a_noop),
        cmocka_unit_test(replies_that_stay_out),
        cmocka_unit_test(how_long_to_wait),
    };
    return run_unit(tests);
}
