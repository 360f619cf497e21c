/* The other end of a session, played from the bytes of an input: no socket leaves the process and
 * nobody waits. The target is linked with -Wl,--wrap, so that what lib dials, polls and reads from
 * the clock is here.
 *
 * An input is a scene, one byte, and then steps, with a byte 0x1e between them. Whenever the client
 * would wait, the next step is done:
 *   D...  bytes on the latest data connection
 *   E     its end
 *   X     the end of the control connection
 *   W     nothing comes: the clock runs out
 *   N     the next connection is refused
 *   else  bytes on the control connection, a reply as it is
 * Behind the last step all connections have ended, and none can be made. */
#ifndef FTPSH_TESTS_FUZZ_PEER_H
#define FTPSH_TESTS_FUZZ_PEER_H

#include "fuzz.h"

void peer_begin(const uint8_t *steps, size_t size);

/* Closes its ends. Checks that all the client has said were lines, without CR, LF or NUL inside. */
void peer_end(void);

#endif
