/* One data connection with the transfer that uses it: opened by walking the ladder, watched
 * together with the control connection, closed in an orderly way.
 *
 * RFC 959 sections 3.2-3.3 and 5.1, RFC 4217 sections 9 and 12.
 */
#ifndef FTPSH_DATA_CHANNEL_H
#define FTPSH_DATA_CHANNEL_H

#include "data/ladder.h"
#include "ftp/session.h"

enum channel_direction { CHANNEL_DOWN, CHANNEL_UP };

enum { CHANNEL_BRIEF = 12 * 1024 }; /* bytes; one flight of TCP's carries them */

struct channel_request {
    enum channel_direction direction;
    const char *command;  /* "RETR", "STOR", "APPE", "LIST", "MLSD", "NLST" */
    const char *argument; /* NULL: none */
    int64_t offset;       /* REST goes directly before the command when > 0 (FIELD-NOTES 68) */
    bool brief;           /* no more than CHANNEL_BRIEF will move, as far as one can tell, */
    bool guessed;         /* or guess */
    bool more;            /* another data connection will follow at once: its port may be asked for
                           * while this one ends */
    void (*ahead)(void *ctx, struct session *s); /* asks ahead for what comes behind the transfer
                                                  * (session_ask_ahead()); NULL: nothing */
    void *ahead_ctx;
    bool compress; /* MODE Z where the server has it; not with an offset, which servers take
                    * for one in the file or in the stream */
};

struct channel;

/* Opens a data connection and starts the transfer on it. Every strategy tried appends a row to
 * `rows`; the one that worked goes first next time. Falls back while no payload has flowed,
 * rebuilds the control connection where a rung left it out of step.
 *
 * 0 with *out; or -1 with ERR_NO_DATA_PATH (the message names each rung and why), ERR_REPLY_* (the
 * server refuses the transfer itself: 550 and the like), ERR_CANCELLED, ERR_USAGE, or what
 * session_connect() gives, behind the rungs that had failed by then; with ERR_TLS where a session
 * has to be resumed and was not, ERR_CERTIFICATE where the server refuses ours: both would be the
 * same on every rung. */
int channel_open(struct session *s, struct ladder *l, const struct channel_request *request,
                 struct attempts *rows, struct channel **out, struct err *err);

/* A data connection will be opened as soon as the session is there: a connect that is to come may
 * ask for its port at once, where the strategy is one that has worked. */
void channel_expect(struct session *s, const struct ladder *l);
/* The same on a session that is there: the port is asked for with what is asked ahead. */
void channel_ask_port(struct session *s, const struct ladder *l);

struct stream *channel_stream(struct channel *c);
struct session *channel_session(struct channel *c);
enum strategy_id channel_strategy(const struct channel *c);
bool channel_compressed(const struct channel *c); /* MODE Z: the data are a zlib stream */

/* Payload of a download: as stream_read(), with what channel_open() has looked at already first. */
enum stream_state channel_read(struct channel *c, void *mem, size_t size, size_t *got,
                               struct err *err);

/* Waits for the data connection (`data_events`: POLLIN, POLLOUT) and the control connection
 * together. 1 when either is ready, 0 when `until` has come, -1 as wait_fds(). */
int channel_wait(struct channel *c, short data_events, struct deadline until, struct err *err);

/* Reads what replies are there without waiting. 0 while all is well (the final reply may have come:
 * channel_done(); or the control connection is lost, which channel_close() will say), -1 with
 * ERR_REPLY_* when the server ended the transfer with 4yz or 5yz (ERR_CERTIFICATE: since it refuses
 * ours, which TLS 1.3 may say when an upload has begun), or with ERR_PROTOCOL, ERR_TLS. */
int channel_check(struct channel *c, struct err *err);

/* From now on channel_wait() and channel_close() send a NOOP on the control connection every `ms`
 * (0: never) while the transfer lasts, so that a NAT does not forget it; the answers are told from
 * the transfer's own final reply. */
void channel_keep_alive(struct channel *c, int64_t ms);

/* channel_close() waits no longer than this for the peer and its final reply. */
void channel_limit(struct channel *c, struct deadline until);

/* The final reply has come. */
bool channel_done(const struct channel *c);

struct channel_end {
    bool unconfirmed; /* all data moved and only the reply is missing: the bytes may be there, and a
                       * reconnected session can look */
    bool broken;      /* an upload's data connection ended by reset, or without the server's
                       * close_notify, which some never send: where bytes are missing there, that is
                       * why */
};

/* Ends the data connection (close_notify, FIN, a bounded wait for the peer's), then waits for the
 * final reply, asking with a NOOP after final_timeout_ms and giving up after reply_timeout_ms, and
 * frees the channel whatever happens. 0 when it was 2yz; -1 with ERR_REPLY_* or ERR_CERTIFICATE as
 * channel_check(), ERR_TIMEOUT, ERR_CLOSED, ERR_CANCELLED, ERR_PROTOCOL. *end is filled in either
 * way. */
int channel_close(struct channel *c, struct channel_end *end, struct err *err);

/* Gives up: ABOR, data connection closed, replies drained for a short moment that Ctrl-C does not
 * interrupt; where that fails the session is marked dead and will be rebuilt. Frees the channel.
 * The server's own words, if it said why, replace an error that is only their consequence
 * (ERR_TRUNCATED, ERR_CLOSED; FIELD-NOTES 13). */
void channel_abort(struct channel *c, struct err *err);

#endif
