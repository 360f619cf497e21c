/* What the program does with its memory of strategies: see memory.h for the file.
 *
 * All of it is help, not need: where the memory cannot be used the trace says so, and nothing
 * else changes. With --no-memory nothing is done.
 */
#ifndef FTPSH_CMD_REMEMBER_H
#define FTPSH_CMD_REMEMBER_H

#include "app.h"

/* A session that is not connected yet, by whoever wants data from it at once: the port of the first
 * data connection is asked for with the login, as the strategy wants it that is remembered. Which
 * network that will be over nobody knows yet: what worked last over any is taken for it. */
void remember_expect(struct app *app);

/* A new session: what worked for its server on this network goes first, unless the user chose the
 * strategies. */
void remember_recall(struct app *app);

/* A command has ended: notes a strategy that worked, once for each connection to a server and
 * whenever it is another than before; and forgets the remembered one where it failed and none
 * worked. Only strategies of the default ladder are noted: the others are used on request alone. */
void remember_outcome(struct app *app, size_t attempts_before);

#endif
