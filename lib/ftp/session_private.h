/* Between the files of ftp/session: nobody else includes this. What a session knows, and the steps
 * that are taken on one that is not to be rebuilt meanwhile. */
#ifndef FTPSH_FTP_SESSION_PRIVATE_H
#define FTPSH_FTP_SESSION_PRIVATE_H

#include "ftp/repeat.h"
#include "ftp/session.h"

enum { BANNER_SHOWN = 256 };

enum { AHEAD_MAX = 4 };

/* A command that was sent before it was called for, and its reply; empty: not there yet. */
struct early {
    char *line;
    struct reply reply;
    bool entry; /* with the login: that it is refused is no matter of the moment */
};

/* In the order in which they were sent; session_ask_ahead(). */
struct ahead {
    struct early list[AHEAD_MAX];
    size_t n, answered;
    unsigned long sent;    /* by control_sent(), with the last of them */
    struct deadline fresh; /* until when a port counts */

    /* session_sort_final() */
    bool early;        /* they are in front of a transfer's final reply, */
    unsigned came;     /* so many replies other than it have come, */
    bool odd;          /* the first of them not for the transfer, */
    struct reply held; /* and this may be it after all; code 0: none may */
    bool too_early, in_time;
};

struct session {
    struct session_config config; /* its strings are ours */
    struct control *control;      /* NULL: not connected */
    struct tickets *tickets;      /* of this control connection */
    struct charset *charset;      /* NULL: none was asked for */
    bool logged_in, private_data;
    bool cleared;                      /* CCC: TLS has ended on the control connection */
    bool compressed, compress_refused; /* MODE Z */
    bool asked;                        /* the password came from ask_password() */
    bool tls12;                        /* TLS 1.3 did not do for data connections */
    struct reuse reuse;
    bool one_by_one;  /* the server wants the answer to a command read before the next one comes */
    bool sociable;    /* it has answered several that came in one piece */
    bool together;    /* several were under way, for the first time, when the session broke */
    char expected[8]; /* session_expect_data(); "": nothing */
    char unanswered[8]; /* what asked for a port, in vain; "": nothing did */
    int64_t port_ms;    /* how long the reply to that may take */
    struct ahead ahead;
    bool not_early;   /* the server refuses commands until it has said that a transfer is over */
    int64_t early_ms; /* session_early_ms(), where that was learned; 0: it was not */
    unsigned in_time_row; /* transfers in a row that were over by then */
    bool out_of_turn;     /* commands are outstanding that may get no reply: session_fall_in() */
    unsigned generation;
    int64_t entry_ms; /* what the latest connect took, the login included */
    struct addr peer, hop, local;
    struct features features;
    char banner[BANNER_SHOWN];
    enum software software;
    char cwd[PATH_BYTES];
    char visit[PATH_BYTES]; /* the folder visited from cwd; "": none */
    bool out_of_step;       /* replies too many have come on this connection */
    bool astray;            /* the server may stand elsewhere than cwd and visit say */
    bool mute;              /* it was silent to a command that was sent again, too */
};

/* ---- session.c ---- */

void session_disconnect(struct session *s);
/* Wiped first. */
void session_free_string(const char *s);

/* ---- session_ask.c: commands on the connection as it is ---- */

struct deadline session_reply_deadline(const struct session *s);

/* Sends a command and waits for its final reply, whatever its code. Errors of control_send() and
 * control_read_final(). */
int session_exchange(struct session *s, struct reply *out, struct deadline until, struct err *err,
                     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
int session_vexchange(struct session *s, struct reply *out, struct deadline until, struct err *err,
                      const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

/* A refusal that has a code of its own, with the reply kept. Returns -1. */
int session_refused_as(enum err_code code, const struct reply *r, const char *what,
                       struct err *err);

/* A command of several, and what became of it. */
struct ask {
    const char *verb;  /* NULL: it is left out */
    const char *value; /* borrowed; NULL: none */
    const char *what;  /* for the message where the value cannot be sent; NULL: nothing */
    struct reply reply;
};

void asks_clear(struct ask *asks, size_t n);

/* Commands none of which needs the answer to another. They go out in one piece, or one by one where
 * the server is known to want that; their replies are taken in order, whatever their codes. Zeroed
 * but for `asks`. */
struct piece {
    struct ask *asks;
    size_t sent, answered, first; /* first: of those that went out last */
};

/* Queues those before `upto`; one by one, only the next. */
int piece_queue(struct session *s, struct piece *p, size_t upto, struct err *err);
/* And sends them. */
int piece_send(struct session *s, struct piece *p, size_t upto, struct err *err);
/* Takes the next reply; what has not been sent is sent first. Errors of session_exchange(). */
int piece_next(struct session *s, struct piece *p, struct err *err);
/* Takes the replies to those before `upto`; 421 is an error, too. */
int piece_finish(struct session *s, struct piece *p, size_t upto, struct err *err);

/* What was refused in company may be granted alone (FIELD-NOTES 70): then the server is one for one
 * command at a time. For when all replies have come. */
int piece_ask_again(struct session *s, struct ask *asks, size_t n, struct err *err);

/* ---- session_open.c ---- */

/* Dials, reads the greeting, and brings TLS up as configured. The errors of session_connect() but
 * for the login's. */
int session_open(struct session *s, struct err *err);

/* ---- session_login.c ---- */

void session_say_goodbye(struct session *s, bool wait_for_reply);

/* ---- session_folder.c ---- */

/* The folder that PWD was answered with. A server without PWD has none to show, "": no error. */
void session_note_folder(const struct reply *r, char dst[PATH_BYTES]);

/* Brings the server to the folder that the session says it is in: after a rebuild, a visit, or a
 * change whose outcome is not known; from the folder `now`, or from where PWD says. Where that
 * folder is gone the session stays where it is, and only this once it is an error: a relative name
 * would mean something else. */
int session_settle_from(struct session *s, const char now[PATH_BYTES], struct err *err);
int session_settle(struct session *s, struct err *err);

/* ---- session_ahead.c ---- */

/* Queues what asks for the port of the data connection that is expected, if one is. */
void session_ask_expected(struct session *s);

/* The replies to what was asked ahead are taken in: both sides are in step, or the connection is
 * dead, with the cause in err (which may be NULL). */
void session_collect_ahead(struct session *s, struct err *err);
void session_forget_ahead(struct session *s);

/* What answers nothing but a command for a port. */
bool session_is_port(const struct reply *r);
/* Keeps it, and *r empty, where one port is all that was asked for; else false. */
bool session_keep_port(struct session *s, struct reply *r);

/* The reply to that line, if it was asked ahead and counts; *out is the caller's to clear. */
bool session_take_ahead(struct session *s, const char *line, struct reply *out);

/* ---- session_early.c ---- */

/* Where commands are outstanding that may get no reply (session.out_of_turn): both sides are in
 * step again, or the connection is dead. */
void session_fall_in(struct session *s);

/* ---- session_command.c ---- */

/* Whether a command that failed so is to be sent again, and the session that is rebuilt for it. A
 * server that stays silent is asked once more only once. */
bool session_may_repeat(const struct session *s, enum repeat repeat, const struct err *why);
int session_recover_again(struct session *s, const struct err *why, struct err *err);

#endif
