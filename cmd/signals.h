/* Signals become cancellation: what waits wakes up, cleans up and returns. */
#ifndef FTPSH_CMD_SIGNALS_H
#define FTPSH_CMD_SIGNALS_H

#include "base/wait.h"

/* SIGINT, SIGTERM and SIGHUP raise `c`, which must live until signals_forget(); SIGPIPE becomes
 * EPIPE and SIGXFSZ EFBIG, and they are ordinary signals again in programs that we start. SIGINT
 * and SIGHUP that are ignored stay so, except SIGINT where a person is `at_terminal`: a shell that
 * a script started in the background must know Ctrl-C all the same. */
void signals_install(struct cancel *c, bool at_terminal);

/* For a person at a terminal: a descriptor that can be read when the terminal has another size
 * (SIGWINCH) or the program goes on after a stop (SIGCONT). -1 with ERR_LOCAL. */
int signals_watch_terminal(struct err *err);

/* Takes note of what it had to say: true when the program was stopped. */
bool signals_terminal_seen(void);

/* From here on a signal raises nothing. */
void signals_forget(void);

/* The signal that asked the program to end (SIGTERM, SIGHUP), 0 while none did. */
int signals_ending(void);

#endif
