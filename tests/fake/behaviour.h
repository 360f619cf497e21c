/* A hostile server, scripted: what no parameter of a quirk can say is a behaviour, a handful of
 * callbacks that session.c, tls.c and transfer.c call at fixed points. `--behaviour=NAME[=ARG]`
 * chooses one; quirks go with it. */
#ifndef FAKE_BEHAVIOUR_H
#define FAKE_BEHAVIOUR_H

#include "conn.h"

#include <stdint.h>
#include <stdio.h>

struct session;

/* A data connection as a callback sees it. It may write to `conn` what it likes, also past TLS, to
 * conn->fd. */
struct behaviour_data {
    struct conn *conn;
    bool up;      /* the client sends */
    bool listing; /* not a file */
    int64_t done; /* bytes moved before */
};

/* Any callback may be NULL. session.h tells what a behaviour finds in a session: `verb` is the
 * command under way ("" before the first), `arg` what stands behind '=' ("" without),
 * `behaviour_steps` a counter of this control connection, 0 at first, that is the callbacks' own;
 * srv->behaved is one of the whole server. */
struct behaviour {
    const char *name, *arg, *help; /* arg as in the help, "" for none, "[X]" optional */

    /* A client came; neither TLS nor a greeting yet. False: hang up. */
    bool (*connected)(struct session *s);
    /* A command came. True: it is dealt with. */
    bool (*command)(struct session *s, const char *verb, const char *arg);
    /* A reply, CRLF included, is about to go out. True: it was, or never will be, sent: by
     * session_send(), which is not seen here again. */
    bool (*reply)(struct session *s, const char *text, size_t len);
    /* A TLS session of control or of data is set up and its handshake about to begin. */
    void (*tls_begins)(struct session *s, gnutls_session_t tls, bool data);
    /* Control is under TLS. */
    void (*tls_began)(struct session *s);

    /* The data connection: connected, neither 150 nor TLS yet. */
    bool (*data_open)(struct session *s, struct behaviour_data *d);
    /* 150 is sent and TLS, if any, begun. */
    bool (*data_ready)(struct session *s, struct behaviour_data *d);
    /* A block is about to be sent, or has just been received: it may be changed in place. */
    bool (*data_block)(struct session *s, struct behaviour_data *d, char *block, size_t len);
    /* All has moved: neither close_notify nor the final reply yet. */
    bool (*data_end)(struct session *s, struct behaviour_data *d);
    /* For these four, false: the connection, if it is still open, is closed as it is, and nothing
     * more is replied. Where the client waits for a reply, the callback sends it. */
};

/* The tables, each ended by a row without a name. */
extern const struct behaviour behaviours_control[]; /* behaviours_control.c */
extern const struct behaviour behaviours_data[];    /* behaviours_data.c */

/* Finds "NAME[=ARG]"; *arg is borrowed from text, "" where there is none. NULL: it is in no table,
 * or lacks its argument. */
const struct behaviour *behaviour_find(const char *text, const char **arg);
void behaviour_help(FILE *f);

/* The points, in the order above. Without a behaviour, or a callback of it, nothing happens: true,
 * but false from behaviour_command() and behaviour_reply(). */
bool behaviour_connected(struct session *s);
bool behaviour_command(struct session *s, const char *verb, const char *arg);
bool behaviour_reply(struct session *s, const char *text, size_t len);
void behaviour_tls_begins(struct session *s, gnutls_session_t tls, bool data);
void behaviour_tls_began(struct session *s);
bool behaviour_data_open(struct session *s, struct behaviour_data *d);
bool behaviour_data_ready(struct session *s, struct behaviour_data *d);
bool behaviour_data_block(struct session *s, struct behaviour_data *d, char *block, size_t len);
bool behaviour_data_end(struct session *s, struct behaviour_data *d);

/* For callbacks. */

/* Sleeps, but not past the server's end. */
void behaviour_rest(const struct session *s, int ms);
/* Holds the connection and does nothing until the client hangs up, or the server ends. */
void behaviour_hang(struct session *s);
/* Hangs up: control's next use fails. With `reset`, by RST. */
void behaviour_hang_up(struct session *s, bool reset);
/* The command under way is this one. */
bool behaviour_is(const struct session *s, const char *verb);

#endif
