/* Session tickets of one control connection (FIELD-NOTES 1-6): filled from control and data, newest
 * first, each TLS 1.3 ticket used once while there is another; a TLS 1.2 session may be used again.
 * The last ticket is kept and offered again: ProFTPD gives none on a resumed data connection and
 * yet may require resumption. Opaque bytes to all but lib/tls. */
#ifndef FTPSH_TLS_TICKETS_H
#define FTPSH_TLS_TICKETS_H

#include <stdbool.h>
#include <stddef.h>

struct tickets;

struct tickets *tickets_new(void); /* NULL: out of memory */
void tickets_free(struct tickets *t);

/* Copies data[0..len); the oldest falls out beyond 16. A ticket whose memory cannot be had is lost,
 * which costs a full handshake and nothing else. `lifetime_s` 0: unknown; none lives longer than
 * the 7 days of RFC 8446 section 4.6.1. */
void tickets_add(struct tickets *t, const void *data, size_t len, bool single_use,
                 unsigned lifetime_s);

/* Hands out the newest that has not expired; the caller frees *data. False when there is none. */
bool tickets_take(struct tickets *t, void **data, size_t *len);
size_t tickets_count(const struct tickets *t);

/* There have been tickets, and not one that is left will be good for a while: each is in the last
 * tenth of its life, of which the last five minutes count at most, or over. */
bool tickets_ageing(const struct tickets *t);

#endif
