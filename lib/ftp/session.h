/* A logged-in control connection, which can be rebuilt as it was: login, protection, type, folder.
 *
 * Commands go through session_command(), which first rebuilds a session that died (server gone,
 * cancelled and not brought back in step), so that the next command just works; one whose reply is
 * lost with the connection, or does not come, is sent again where ftp/repeat.h says that this is
 * safe. A person gets one line about a connection that broke (log_news()). Secrets are wiped by
 * session_free().
 */
#ifndef FTPSH_FTP_SESSION_H
#define FTPSH_FTP_SESSION_H

#include "ftp/control.h"
#include "ftp/features.h"
#include "ftp/path.h"
#include "net/addr.h"
#include "net/proxy.h"
#include "tls/reuse.h"

enum tls_mode { TLS_REQUIRE, TLS_IMPLICIT, TLS_PREFER, TLS_OFF };

#define FTP_PORT 21
#define FTPS_PORT 990 /* implicit TLS */

/* Asked only when the server wants a password. Writes it NUL-terminated into dst. 0, or -1 with err
 * (ERR_LOGIN: there is none; ERR_CANCELLED). */
typedef int (*session_password_fn)(void *ctx, const char *user, const char *host, char *dst,
                                   size_t size, struct err *err);

/* Strings are copied; trust, proxy, wait and log are borrowed for the session's life. */
struct session_config {
    const char *host;
    uint16_t port; /* 0: 21, or 990 with TLS_IMPLICIT */
    int family;    /* AF_UNSPEC, AF_INET, AF_INET6 */
    const char *user;
    const char *account;  /* for ACCT; NULL: none */
    const char *password; /* NULL: ask_password is called */
    session_password_fn ask_password;
    void *ask_ctx;
    enum tls_mode tls;
    enum tls_reuse tls_reuse; /* of its TLS session, by data connections */
    const char *charset;      /* of names on the server (charset.h); NULL: UTF-8, or as they come */
    const char *tls_name;     /* the certificate must be for this name; NULL: host */
    struct trust *trust;
    bool attended;              /* a person may be asked about the certificate (tls/trust.h) */
    int64_t connect_timeout_ms; /* name, TCP, banner, TLS: one clock */
    int64_t reply_timeout_ms;   /* each reply */
    int64_t final_timeout_ms;   /* the reply after a transfer, before a NOOP asks for it */
    int reconnects;             /* tries to rebuild what broke, beyond the first; with pauses */
    const struct proxy *proxy;  /* control and passive data go through it; NULL: straight */
    const struct wait *wait;
    const struct log *log; /* may be NULL */
};

struct session;

/* Copies the configuration; connects on session_connect() or with the first command. NULL with
 * ERR_LOCAL. */
struct session *session_new(const struct session_config *config, struct err *err);
void session_free(struct session *s); /* without QUIT */

/* Another session to the same server, as the same user and in the same folder, not connected yet:
 * for a thread of its own, while nobody uses `s`. It asks nobody for anything. Of `lent` only
 * what session_new() would borrow counts: trust, proxy, wait and log. It rebuilds itself once, not
 * patiently. NULL with ERR_LOCAL. */
struct session *session_clone(const struct session *s, const struct session_config *lent,
                              struct err *err);

/* Connects and logs in (again, where the control connection died); goes back to the folder it was
 * in. Does nothing on a living session. ERR_RESOLVE, ERR_CONNECT, ERR_TLS, ERR_CERTIFICATE,
 * ERR_LOGIN (530 and the like, never retried), ERR_REPLY_*, ERR_PROTOCOL, ERR_TIMEOUT, ERR_CLOSED,
 * ERR_CANCELLED. */
int session_connect(struct session *s, struct err *err);

/* The same for whoever talks to the control connection directly: a server that closed it since the
 * last command, or said 421, is noticed first. */
int session_ready(struct session *s, struct err *err);

/* Whether `why` is that the control connection broke, or the server said 421, in the middle of
 * something: it may or may not have been carried out. A failure to connect is none. */
bool session_broke(const struct session *s, const struct err *why);

/* Whether `why` is that no reply came in time, and another try is to follow (config.reconnects > 0)
 * as it does when the connection broke: a connection that died on its way says nothing. The server
 * may still be at it. False once a command that was sent again met silence, too. */
bool session_silent(const struct session *s, const struct err *why);

/* After either: says so and connects again, config.reconnects times with pauses while that fails in
 * passing. Errors of session_connect(). */
int session_recover(struct session *s, const struct err *why, struct err *err);

/* The same ahead of a data connection, of which no command may be sent yet. Where the tickets for
 * resuming the TLS session are about to expire, the control connection is replaced by a new one
 * once that one is ready, and stays where it is not to be had; where TLS has failed on two data
 * connections in a row, it is rebuilt (tls/reuse.h). Errors as session_connect(). */
int session_ready_for_data(struct session *s, struct err *err);

/* session_ready_for_data() would rebuild it after failures. */
bool session_renewal_due(const struct session *s);

/* What became of a data connection: TLS failed on it (`refused`: not in the handshake; true: for
 * the first time in a row), it is under TLS (true: once in a session, where those before it were
 * resumed and it is not), data have come over it or a transfer's final reply was good. */
bool session_data_failed(struct session *s, bool refused);
bool session_data_opened(struct session *s, const struct tls_info *tls);
void session_data_worked(struct session *s);

/* QUIT, its reply awaited for a short moment, and the end. Never fails. */
void session_quit(struct session *s);
/* The same without waiting: for who needs no place at the server any more. */
void session_part(struct session *s);

/* Sends a command and waits for its final reply, passing over 1yz. 0 whatever the code, *out is the
 * caller's to clear; -1 when no reply came, or one that ends the session (421). */
int session_command(struct session *s, struct reply *out, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same, and a reply that is not 2yz is an error: "what: reply" with ERR_REPLY_*. `out` may be
 * NULL; it is empty after a failure. 3yz counts as ERR_PROTOCOL. */
int session_expect(struct session *s, struct reply *out, const char *what, struct err *err,
                   const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Turns a negative reply into an error: "what: 550 No such file". Returns -1. */
int session_refused(const struct reply *r, const char *what, struct err *err);

/* CWD (or CDUP for "..") and PWD. The folder is kept for the prompt and for rebuilding; where a
 * cancelled change went is found out, and undone, before the next command. */
int session_cd(struct session *s, const char *path, struct err *err);

/* Goes to a folder for a moment, for the sake of a command that takes no path; session_cwd() stays
 * as it is. session_leave() sends nothing: the next command goes back first, also when this one was
 * cancelled or the session had to be rebuilt. Errors as session_cd(). */
int session_visit(struct session *s, const char *path, struct err *err);
void session_leave(struct session *s);

/* SIZE in bytes (RFC 3659 section 4): 0 with *size, or -1 with ERR_REPLY_* when the server refuses
 * or does not know the command. */
int session_size(struct session *s, const char *path, int64_t *size, struct err *err);
/* MDTM in seconds since 1970 UTC, errors alike. */
int session_mdtm(struct session *s, const char *path, int64_t *mtime, struct err *err);

/* Clears the control connection (CCC, RFC 4217 section 12.3): after it commands and file names
 * travel in clear; data connections stay protected. Does nothing where that was done already; a
 * rebuilt session starts under TLS again, so that no password is ever sent after it. The reply, one
 * line, is written to `reply`. 0, or -1 with ERR_REPLY_* (refused: TLS goes on), ERR_TLS,
 * ERR_TIMEOUT, ERR_CLOSED, ERR_CANCELLED (the session is then dead). */
int session_clear(struct session *s, struct deadline until, char *reply, size_t size,
                  struct err *err);
/* Under TLS, or cleared already. */
bool session_can_clear(const struct session *s);

/* PBSZ 0 and PROT P (RFC 4217 section 9), as each login does: for a server that has forgotten them.
 * 0, or -1 with ERR_TLS (PROT P is refused and --tls=prefer does not pass over it), or what broke
 * the session. */
int session_protect(struct session *s, struct err *err);

/* A data connection will be wanted as soon as the session is there, whose port EPSV or PASV asks
 * for (NULL: neither): a connect that is to come asks behind the login, in one piece with what is
 * asked anyway, and waits for the answer no longer than that. */
void session_expect_data(struct session *s, const char *command, int64_t timeout_ms);

/* Asking ahead: commands whose replies do not depend on what is done before they are called for go
 * out in one piece, which spares round trips; each, once it is called for by session_command() or
 * its like, takes the reply that is there. A reply counts until anything else is sent, a port (of
 * EPSV, PASV) for ten seconds. The session stays in step: its next command takes the replies in
 * first. */

/* Up to four; does nothing where that is being asked already, the server wants one command at a
 * time, or the line cannot be sent: the command itself will tell. They go out with
 * session_send_ahead() or the next command. */
void session_ask_ahead(struct session *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void session_send_ahead(struct session *s);

/* The same for the port of a data connection, by EPSV or PASV: once. A server that does not answer
 * within that time loses the connection; session_was_mute() is true then, once. */
void session_ask_port_ahead(struct session *s, const char *command, int64_t timeout_ms);
bool session_was_mute(struct session *s, const char *command);

/* Whether that does anything. */
bool session_takes_ahead(const struct session *s);

/* In front of a transfer's final reply: whether it may be done once all data have come, and how
 * long after the last that the server waits for (its end of a handshake, the end of an upload) was
 * sent, where the data are few: 0: at any time, -1: not at all. */
bool session_takes_early(const struct session *s);
int64_t session_early_ms(const struct session *s);
/* As session_send_ahead(), there. From then on the replies are told apart: session_sorts_early() is
 * true until the transfer's own is known, of a server that does not just queue commands. */
void session_send_early(struct session *s);
bool session_sorts_early(const struct session *s);

/* A reply of 200 or more that came while a transfer's final one is awaited: *r is taken over, and
 * *final is set once it is known. A server that refuses commands until it is done with the transfer
 * may answer them first. */
void session_sort_final(struct session *s, struct reply *r, struct reply *final);
/* No other will come. Whether one that came may be the final reply: the connection is given up
 * then, whose replies do not add up. */
bool session_settle_final(struct session *s, struct reply *final);
/* The transfer is over. Where something was asked too early, and the data were few indeed
 * (`brief`), it is asked later from now on, and then not at all; where nothing was, sooner. */
void session_learn_early(struct session *s, bool brief);

/* For a command about the next data connection: the reply to that line, if it was asked ahead and
 * counts; *out is the caller's to clear. What else was asked ahead counts no more: a server has one
 * port at a time. */
bool session_take_port(struct session *s, const char *line, struct reply *out);

/* MODE Z (draft-preston-ftpext-deflate) for the data connections to come, where the server lists it
 * and has not refused it, or MODE S; sends nothing where that is so already. A rebuilt session
 * starts with MODE S. 0, session_compressed() tells which; or -1 with ERR_REPLY_* (MODE S is
 * refused) or what broke the session. */
int session_compress(struct session *s, bool on, struct err *err);
bool session_compressed(const struct session *s);

/* What is known. Strings are the session's, valid until the next command. */
const char *session_host(const struct session *s);
uint16_t session_port(const struct session *s);
const char *session_user(const struct session *s);
const char *session_cwd(const struct session *s);    /* "" before PWD was answered */
const char *session_banner(const struct session *s); /* the 220's text, one line, escaped */
enum software session_software(const struct session *s);
const struct features *session_features(const struct session *s);
const struct tls_info *session_tls(const struct session *s);
/* The server's end of the control connection; AF_UNSPEC where only a proxy knows it. */
const struct addr *session_peer(const struct session *s);
/* What this client dialled: the server, or the proxy. */
const struct addr *session_hop(const struct session *s);
const struct addr *session_local(const struct session *s); /* control connection, our end */
bool session_alive(const struct session *s);               /* connected, logged in, in step */
bool session_wants_pret(const struct session *s);          /* ahead of EPSV and PASV */
bool session_private_data(const struct session *s);        /* PROT P is in force */
unsigned session_generation(const struct session *s);      /* counts connects; 0: never */
int64_t session_entry_ms(const struct session *s);         /* what the latest took; 0: none has */

/* For lib/data and lib/xfer: the pieces under it. */
struct control *session_control(struct session *s);
struct charset *session_charset(struct session *s);   /* for listings; NULL: none */
struct tls_setup session_data_tls(struct session *s); /* how data connections set up TLS */
const struct session_config *session_settings(const struct session *s);

#endif
