/* The server's TLS settings. Each control connection has its own ticket key, which its data
 * connections use too: a data connection that resumed has resumed this control connection's
 * session or one that followed from it. */
#ifndef FAKE_TLS_H
#define FAKE_TLS_H

#include "server.h"

#define TLS_SEEN_MAX 64
#define TLS_KEPT_MAX 4
#define TLS_TICKET_HEAD 48 /* key name, IV and the first bytes: enough to tell tickets apart */

/* Of one control connection. */
struct tls_state {
    gnutls_datum_t ticket_key;
    unsigned char seen[TLS_SEEN_MAX][TLS_TICKET_HEAD]; /* tickets that were offered, a ring */
    size_t n_seen;
    int n_resumed;      /* by data connections */
    bool offered_twice; /* by the handshake that came last */
    struct tls_kept {
        gnutls_datum_t id, session;
    } kept[TLS_KEPT_MAX]; /* TLS 1.2 sessions of clients that take no tickets, a ring */
    size_t n_kept;
};

/* 0, or -1 after a message on standard error. */
int tls_load(struct server *srv);
void tls_unload(struct server *srv);

int tls_state_init(struct tls_state *t);
void tls_state_clear(struct tls_state *t);

/* A session ready for the handshake; NULL when out of memory. `t` must outlive the handshake. */
gnutls_session_t tls_session_new(const struct server *srv, struct tls_state *t, bool data);

/* The client's part, on a data connection with another server; nothing is checked. */
gnutls_session_t tls_client_new(const struct server *srv);

#endif
