/* Errors: caller-owned, fixed size, always the last parameter.
 *
 * A function that can fail returns 0 (or a count) or -1 and fills the struct err it was handed.
 * The code says who can act; `sys` is the errno behind it (0: none) and `reply` the FTP reply code
 * behind it (0: none). `msg` is one line for a person, already escaped: it may be printed as it is.
 * The first cause is never overwritten: err_set() on an error that is set already does nothing, so
 * a clean-up that fails cannot hide what made it necessary. Every function here accepts a NULL err.
 */
#ifndef FTPSH_BASE_ERR_H
#define FTPSH_BASE_ERR_H

#include <stdbool.h>

enum err_code {
    ERR_NONE = 0,
    ERR_USAGE,           /* the caller's words are wrong */
    ERR_LOCAL,           /* a local file, memory, a descriptor */
    ERR_RESOLVE,         /* a name has no address */
    ERR_CONNECT,         /* no TCP connection */
    ERR_TIMEOUT,         /* a clock ran out */
    ERR_CANCELLED,       /* Ctrl-C */
    ERR_CLOSED,          /* the other side closed the control connection */
    ERR_TRUNCATED,       /* a data connection ended before the data did */
    ERR_TLS,             /* handshake, record layer, refused protection */
    ERR_CERTIFICATE,     /* one side is not who the other wants it to be */
    ERR_LOGIN,           /* user or password refused */
    ERR_REPLY_TRANSIENT, /* 4yz */
    ERR_REPLY_PERMANENT, /* 5yz */
    ERR_PROTOCOL,        /* what came is not FTP */
    ERR_NO_DATA_PATH,    /* every data strategy failed */
    ERR_INTEGRITY,       /* sizes or contents differ */
    ERR_CODES            /* how many there are */
};

struct err {
    enum err_code code;
    int sys, reply;
    char msg[512];
};

#define ERR_INIT                                                                                   \
    {                                                                                              \
        ERR_NONE, 0, 0, ""                                                                         \
    }

/* Sets code and message (bytes that are not printable are escaped). Returns -1 always, so that a
 * caller can `return err_set(...)`. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with an errno: ": strerror" is appended and `sys` is kept. */
int err_set_sys(struct err *err, enum err_code code, int sys, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with an FTP reply: code ERR_REPLY_TRANSIENT or ERR_REPLY_PERMANENT by its first digit.
 */
int err_set_reply(struct err *err, int reply, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the message. Does nothing while no error is set. Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Takes over another error, unless one is set already. Returns -1. */
int err_take(struct err *err, const struct err *cause);

void err_clear(struct err *err);
bool err_is_set(const struct err *err);

/* The code's fixed name ("no-data-path"), as the JSON report gives it. Never NULL. */
const char *err_name(enum err_code code);

#endif
