/* The control connection: command lines out, replies in. Knows nothing of login or data. */
#ifndef FTPSH_FTP_CONTROL_H
#define FTPSH_FTP_CONTROL_H

#include "base/log.h"
#include "ftp/charset.h"
#include "ftp/features.h"
#include "ftp/reply.h"
#include "tls/stream.h"

#include <stdarg.h>

struct control;

/* Takes over the connected descriptor; `w` and `log` are borrowed for its life. NULL (descriptor
 * closed) with ERR_LOCAL. */
struct control *control_new(int fd, const struct wait *w, const struct log *log, struct err *err);
void control_free(struct control *c); /* closes without QUIT */

struct stream *control_stream(struct control *c);

/* Replaces what bounds the waiting, for an uncancellable moment; returns the former one. */
const struct wait *control_use_wait(struct control *c, const struct wait *w);

/* What the server writes and reads; borrowed. NULL: bytes pass as they are. */
void control_use_charset(struct control *c, struct charset *charset);

/* What reads the lines. ProFTPD takes them for what RFC 959 section 5.3 calls for, Telnet: byte 255
 * is sent to it twice, which there means the byte itself (RFC 854). Pure-FTPd takes control bytes
 * for '_', and so blanks at either end of a name to be made: what would have another name there is
 * refused. Others take bytes as they come. */
void control_know_software(struct control *c, enum software software);

/* Sends one command line; CRLF is added. A line with CR, LF or NUL inside is never sent
 * (FIELD-NOTES 63), nor one that the server's charset cannot write or its software would take for
 * another: ERR_USAGE. On a dead connection the server's 421, if it said one, or ERR_CLOSED. Else
 * ERR_CLOSED, ERR_TLS, ERR_TIMEOUT, ERR_CANCELLED. */
int control_send(struct control *c, struct deadline until, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int control_vsend(struct control *c, struct deadline until, struct err *err, const char *fmt,
                  va_list ap) __attribute__((format(printf, 4, 0)));

/* The same, but it goes out with the next command that is sent, or control_flush(), in one piece:
 * all of them cost one round trip. Their replies come in this order. Errors as control_send(). */
int control_queue(struct control *c, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Sends what was queued, if anything was. Errors as control_send(). */
int control_flush(struct control *c, struct deadline until, struct err *err);

/* Queues a command whose reply matters to nobody: it is passed over when it comes, and counts
 * for nothing below. For when both sides are in step. */
int control_post(struct control *c, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A server that repeats the password in its answer to PASS, or what ACCT and SITE PSWD were sent
 * with, has that replaced by **** before anybody sees the reply. */

/* Replies are counted. One of success that cannot answer the only command under way (reply_fits())
 * is one too many, as another command may have left behind: it is kept back for a second and, when
 * the answer comes, dropped. Where none comes it counts as the answer, as later ones of that kind
 * do. More than 64 replies in a row that end no command are ERR_PROTOCOL. */

/* Waits for the next reply, whatever its code. 0 with *out (the caller clears it), or -1 with
 * ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED, ERR_PROTOCOL, ERR_TLS, ERR_LOCAL. */
int control_read(struct control *c, struct reply *out, struct deadline until, struct err *err);

/* The same for the final reply (2yz-5yz) of a command: 1yz are passed over, a flood of them is
 * ERR_PROTOCOL. */
int control_read_final(struct control *c, struct reply *out, struct deadline until,
                       struct err *err);

/* The same as control_read() without waiting: 1 with a reply, 0 when none is complete yet, -1 as
 * above. */
int control_try(struct control *c, struct reply *out, struct err *err);

/* The latest reply in one line, escaped and cut; "" before the first. */
const char *control_last(const struct control *c);

/* Received bytes that belong to no reply taken yet. Before TLS begins there must be none
 * (CVE-2021-22947). */
bool control_has_unread(const struct control *c);

/* Commands sent whose final reply (2yz-5yz) has not come: 0 means that both sides are in step. */
int control_outstanding(const struct control *c);

/* Gives up what is under way, by ABOR (RFC 959 section 4.1.3). Errors as control_send(). */
int control_abort(struct control *c, struct deadline until);

/* Takes in what is still to come until both sides are in step, which Ctrl-C does not interrupt;
 * where that is not so by `until` the connection is dead. ABOR is answered by one reply or two
 * (FIELD-NOTES 54), and the first does not tell: where no second comes, PWD, whose reply is like no
 * other's, shows that none will. */
void control_settle(struct control *c, struct deadline until);
/* The same where any of what is outstanding may get no reply: PWD is asked at once. Ctrl-C ends the
 * waiting, and the connection, unless it came before. */
void control_fall_in(struct control *c, struct deadline until);

/* Command lines so far. */
unsigned long control_sent(const struct control *c);

/* Replies that answered no command, since the last time this was asked. */
unsigned control_strays(struct control *c);

/* For how long neither side has said anything. */
int64_t control_quiet_ms(const struct control *c);

/* True once the connection is of no use any more: closed, out of step, 421 seen, or said so. */
bool control_dead(const struct control *c);
void control_mark_dead(struct control *c);

#endif
