#include "ask.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Stopping or dumping core would leave the terminal without echo. */
static void make_silent(struct termios *t)
{
    t->c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK | ECHONL);
    t->c_cc[VSUSP] = _POSIX_VDISABLE;
    t->c_cc[VQUIT] = _POSIX_VDISABLE;
}

static void say(int fd, const char *text)
{
    ssize_t ignored = write(fd, text, strlen(text));
    (void) ignored;
}

/* A line in canonical mode, so that the terminal does the editing. */
static int read_line(int fd, const struct wait *w, char *dst, size_t size, struct err *err)
{
    size_t len = 0;
    for (;;) {
        struct wait_fd want = {.fd = fd, .want = POLLIN};
        if (wait_fds(w, &want, 1, DEADLINE_NEVER, err) < 0)
            return -1;
        char c;
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(err, ERR_LOGIN, "no answer was given");
        if (c == '\n')
            break;
        if (len + 1 >= size)
            return err_set(err, ERR_LOCAL, "the answer is too long");
        dst[len++] = c;
    }
    dst[len] = '\0';
    return 0;
}

int ask_secret(const char *question, const struct wait *w, char *dst, size_t size, struct err *err)
{
    struct termios before, silent;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || tcgetattr(fd, &before) < 0) {
        if (fd >= 0)
            close(fd);
        return err_set(err, ERR_LOGIN, "there is no terminal to ask for the password");
    }
    silent = before;
    make_silent(&silent);
    tcsetattr(fd, TCSAFLUSH, &silent);
    say(fd, question);
    int rc = read_line(fd, w, dst, size, err);
    if (rc < 0)
        wipe(dst, size);
    tcsetattr(fd, TCSAFLUSH, &before);
    say(fd, "\n");
    close(fd);
    return rc;
}

int ask_line(const char *question, const struct wait *w, char *dst, size_t size, struct err *err)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "there is no terminal to ask at");
    say(fd, question);
    int rc = read_line(fd, w, dst, size, err);
    if (rc < 0)
        say(fd, "\n");
    close(fd);
    return rc;
}
