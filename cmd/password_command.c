#include "password_command.h"

#include "base/buf.h"
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* env(1) hands the variables over: the environment of a program with threads is not ours to change.
 */
static int start(struct child *c, const char *command, const char *host, const char *user,
                 struct err *err)
{
    char hosts[300], users[600];
    int in, fds[2];
    snprintf(hosts, sizeof hosts, "FTPSH_HOST=%s", host);
    snprintf(users, sizeof users, "FTPSH_USER=%s", user);
    const char *argv[] = {"env", hosts, users, "sh", "-c", command, NULL};
    if (pipe(fds) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot make a pipe");
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int rc = in < 0 ? err_set_sys(err, ERR_LOCAL, errno, "/dev/null")
                    : child_start(c, argv, in, fds[1], err);
    if (in >= 0)
        close(in);
    close(fds[1]);
    if (rc == 0)
        return fds[0];
    close(fds[0]);
    return -1;
}

int password_read(int fd, const struct wait *w, char *dst, size_t size, struct err *err)
{
    size_t len = 0;
    for (;;) {
        struct wait_fd want = {.fd = fd, .want = POLLIN};
        char c;
        if (wait_fds(w, &want, 1, DEADLINE_NEVER, err) < 0)
            return -1;
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return err_set_sys(err, ERR_LOCAL, errno, "read");
        if (n == 0 || c == '\n')
            break;
        if (len + 1 >= size)
            return 1;
        dst[len++] = c;
    }
    if (len > 0 && dst[len - 1] == '\r')
        len--;
    dst[len] = '\0';
    return 0;
}

/* open() would wait for a pipe's other end where nothing could interrupt it. */
int password_read_file(const char *path, const struct wait *w, char *dst, size_t size,
                       struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    int rc = password_read(fd, w, dst, size, err);
    close(fd);
    return rc < 0 ? err_wrap(err, "%s", path) : rc;
}

/* How it ended, whatever was read: what it did not succeed with is no password. */
static int check_end(const struct child *c, const struct wait *w, struct err *err)
{
    int status;
    struct err why = ERR_INIT;
    if (child_wait(c, w, &status, err) < 0)
        return -1;
    if (child_check("the command", status, &why) == 0)
        return 0;
    return why.code == ERR_CANCELLED ? err_take(err, &why) : err_set(err, ERR_LOGIN, "%s", why.msg);
}

/* The bound is ours, not the user's --timeout. */
static bool ran_out(const struct wait *w, const struct err *why)
{
    return why->code == ERR_TIMEOUT && !deadline_passed(w->limit);
}

int password_command(const char *command, const char *host, const char *user, const struct wait *w,
                     char *dst, size_t size, struct err *err)
{
    struct child c;
    struct wait bounded = {w->cancel, deadline_sooner(w->limit, deadline_in(PASSWORD_COMMAND_MS))};
    struct err why = ERR_INIT, end = ERR_INIT;
    int fd = start(&c, command, host, user, err);
    if (fd < 0)
        return err_wrap(err, "password-command");
    int rc = password_read(fd, &bounded, dst, size, &why);
    if (rc > 0)
        rc = err_set(&why, ERR_LOGIN, "the password is too long");
    if (rc < 0) /* it is of no use any more: writing will end it, or waiting does */
        close(fd);
    if (check_end(&c, &bounded, &end) < 0 && rc == 0) {
        why = end;
        rc = -1;
    }
    if (rc == 0)
        close(fd);
    if (rc == 0 && dst[0])
        return 0;
    wipe(dst, size);
    if (rc == 0)
        return err_set(err, ERR_LOGIN, "password-command: the command printed no password");
    if (ran_out(w, &why))
        return err_set(err, ERR_LOGIN, "password-command: no password after %d s",
                       PASSWORD_COMMAND_MS / 1000);
    err_take(err, &why);
    return err_wrap(err, "password-command");
}
