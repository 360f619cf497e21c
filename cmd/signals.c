#include "signals.h"

#include <signal.h>
#include <string.h>

/* A handler can reach nothing else. */
static struct cancel *target;
static volatile sig_atomic_t ending;

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

static void install(int sig, void (*handler)(int))
{
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sigemptyset(&sa.sa_mask);
    sa.sa_handler = handler;
    sigaction(sig, &sa, NULL);
}

/* nohup(1) must keep working. */
static void install_unless_ignored(int sig)
{
    struct sigaction old;
    if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        return;
    install(sig, on_signal);
}

void signals_install(struct cancel *c, bool at_terminal)
{
    target = c;
    if (at_terminal)
        install(SIGINT, on_signal);
    else
        install_unless_ignored(SIGINT);
    install_unless_ignored(SIGHUP);
    install(SIGTERM, on_signal);
    install(SIGPIPE, on_pipe);
    install(SIGCHLD, SIG_DFL); /* where it is ignored no child has a status */
}

void signals_forget(void)
{
    target = NULL;
}

int signals_ending(void)
{
    return ending;
}
