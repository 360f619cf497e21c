#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A handler can reach nothing else. */
static struct cancel *target;
static volatile sig_atomic_t ending, stopped;
static int terminal[2] = {-1, -1}; /* a pipe for what the terminal does */

static void on_signal(int sig)
{
    if (sig != SIGINT)
        ending = sig;
    if (target)
        cancel_raise(target);
}

/* SIG_IGN would be inherited by the programs that we start. */
static void on_pipe(int sig)
{
    (void) sig;
}

static void on_terminal(int sig)
{
    int saved = errno;
    if (sig == SIGCONT)
        stopped = 1;
    ssize_t ignored = write(terminal[1], "", 1); /* a full pipe can be read already */
    (void) ignored;
    errno = saved;
}

static void install(int sig, void (*handler)(int), int flags)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sigemptyset(&sa.sa_mask);
    sa.sa_handler = handler;
    sa.sa_flags = flags;
    sigaction(sig, &sa, NULL);
}

/* nohup(1) must keep working. */
static void install_unless_ignored(int sig)
{
    struct sigaction old;
    if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        return;
    install(sig, on_signal, 0);
}

void signals_install(struct cancel *c, bool at_terminal)
{
    target = c;
    if (at_terminal)
        install(SIGINT, on_signal, 0);
    else
        install_unless_ignored(SIGINT);
    install_unless_ignored(SIGHUP);
    install(SIGTERM, on_signal, 0);
    install(SIGPIPE, on_pipe, 0);
    install(SIGXFSZ, on_pipe, 0); /* a file that must not grow further is an error of write() */
    install(SIGCHLD, SIG_DFL, 0); /* where it is ignored no child has a status */
}

int signals_watch_terminal(struct err *err)
{
    if (terminal[0] >= 0)
        return terminal[0];
    if (pipe(terminal) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot make a pipe");
    for (int i = 0; i < 2; i++) {
        fcntl(terminal[i], F_SETFL, O_NONBLOCK);
        fcntl(terminal[i], F_SETFD, FD_CLOEXEC);
    }
    /* neither is a reason for what writes at that moment to fail */
    install(SIGWINCH, on_terminal, SA_RESTART);
    install(SIGCONT, on_terminal, SA_RESTART);
    return terminal[0];
}

bool signals_terminal_seen(void)
{
    char sink[64];
    while (read(terminal[0], sink, sizeof sink) > 0)
        ;
    bool was = stopped != 0;
    stopped = 0;
    return was;
}

void signals_forget(void)
{
    target = NULL;
    for (int i = 0; i < 2; i++) {
        int fd = terminal[i];
        terminal[i] = -1;
        if (fd >= 0)
            close(fd);
    }
}

int signals_ending(void)
{
    return ending;
}
