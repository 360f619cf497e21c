/* ABOR, and both sides in step again behind it. */
#include "unit.h"

#include "ftp/control.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct wait nothing = {NULL, {INT64_MAX}};

/* A server that answers these two commands and no other. */
struct server {
    int fd;
    const char *abor, *pwd;
    char said[64]; /* all lines that came, by their first letter */
};

static void *serve(void *arg)
{
    struct server *s = arg;
    char line[64];
    FILE *in = fdopen(s->fd, "r");
    for (size_t n = 0; fgets(line, sizeof line, in) && n < sizeof s->said - 1; n++) {
        const char *answer = line[0] == 'A' ? s->abor : line[0] == 'P' ? s->pwd : "";
        s->said[n] = line[0];
        if (write(s->fd, answer, strlen(answer)) < 0)
            break;
    }
    fclose(in);
    return NULL;
}

/* Aborts a RETR. True when the connection is in step afterwards; `said` is what was sent. */
static bool settles(const char *abor, const char *pwd, const char *said)
{
    int fds[2];
    pthread_t thread;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    struct server s = {.fd = fds[1], .abor = abor, .pwd = pwd};
    struct control *c = control_new(fds[0], &nothing, NULL, NULL);
    assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
    struct deadline until = deadline_in(said ? 10000 : 200);
    assert_int_equal(control_send(c, until, NULL, "RETR file"), 0);
    assert_int_equal(control_abort(c, until), 0);
    control_settle(c, until);
    bool settled = !control_dead(c);
    assert_int_equal(settled ? control_outstanding(c) : 0, 0);
    control_free(c);
    pthread_join(thread, NULL);
    if (said)
        assert_string_equal(s.said, said);
    return settled;
}

static void two_replies_are_enough(void **state)
{
    (void) state;
    assert_true(settles("426 broken off\r\n226 done\r\n", "", "RA"));
}

static void behind_one_reply_the_folder_is_asked_for(void **state)
{
    (void) state;
    static const char *const alone[] = {"226 done\r\n", "150 3 seconds\r\n226-so\r\n226 done\r\n",
                                        "426 broken off\r\n"};
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
        assert_true(settles(alone[i], "257 \"/\" is here\r\n", "RAP"));
}

static void the_second_may_come_late(void **state)
{
    (void) state;
    assert_true(settles("426 broken off\r\n", "226 done\r\n257 \"/\"\r\n", "RAP"));
}

static void what_leaves_doubt_ends_the_connection(void **state)
{
    (void) state;
    assert_false(settles("", "", NULL));
    assert_false(settles("226 done\r\n", "", NULL));
    assert_false(settles("226 done\r\n", "226 what?\r\n", NULL));
    assert_false(settles("226 done\r\n", "500 no\r\n", NULL));
    assert_false(settles("421 too much\r\n", "", NULL));
}

/* Replies of what was given up without ABOR are waited for and nothing is asked: PWD may be among
 * what is under way. */
static void without_abor_nothing_is_asked(void **state)
{
    (void) state;
    int fds[2];
    char sent[64] = "";
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    struct control *c = control_new(fds[0], &nothing, NULL, NULL);
    assert_int_equal(control_queue(c, NULL, "CWD x"), 0);
    assert_int_equal(control_send(c, deadline_in(1000), NULL, "PWD"), 0);
    assert_int_equal(write(fds[1], "250 ok\r\n", 8), 8);
    control_settle(c, deadline_in(100));
    assert_true(control_dead(c));
    assert_true(recv(fds[1], sent, sizeof sent - 1, MSG_DONTWAIT) > 0);
    assert_string_equal(sent, "CWD x\r\nPWD\r\n");
    control_free(c);
    close(fds[1]);
}

/* Presses Ctrl-C when the folder is asked for. */
struct impatient {
    int fd;
    struct cancel *cancel;
};

static void *interrupt_pwd(void *arg)
{
    struct impatient *im = arg;
    char line[64];
    FILE *in = fdopen(im->fd, "r");
    while (fgets(line, sizeof line, in)) {
        if (line[0] == 'P')
            cancel_raise(im->cancel);
    }
    fclose(in);
    return NULL;
}

/* Nobody answers here, ever. */
static void falling_in_can_be_interrupted(void **state)
{
    (void) state;
    int fds[2];
    pthread_t thread;
    struct wait w = {cancel_new(NULL), DEADLINE_NEVER};
    assert_non_null(w.cancel);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    struct impatient im = {.fd = fds[1], .cancel = w.cancel};
    struct control *c = control_new(fds[0], &w, NULL, NULL);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_pwd, &im), 0);
    assert_int_equal(control_send(c, deadline_in(10000), NULL, "SIZE file"), 0);
    control_fall_in(c, DEADLINE_NEVER);
    assert_true(control_dead(c));
    control_free(c);
    pthread_join(thread, NULL);
    cancel_free(w.cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_replies_are_enough),
        cmocka_unit_test(behind_one_reply_the_folder_is_asked_for),
        cmocka_unit_test(the_second_may_come_late),
        cmocka_unit_test(what_leaves_doubt_ends_the_connection),
        cmocka_unit_test(without_abor_nothing_is_asked),
        cmocka_unit_test(falling_in_can_be_interrupted),
    };
    return run_unit(tests);
}
