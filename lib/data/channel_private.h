/* Between the files of data/channel: nobody else includes this. */
#ifndef FTPSH_DATA_CHANNEL_PRIVATE_H
#define FTPSH_DATA_CHANNEL_PRIVATE_H

#include "base/buf.h"
#include "data/channel.h"
#include "data/strategy.h"

enum {
    PEEK_BYTES = 16 * 1024,
    LAST_WORDS_MS = 1000 /* for a reply that says why */
};

struct channel {
    struct session *session;
    enum channel_direction direction;
    enum strategy_id strategy;
    char what[PATH_BYTES + 8]; /* the transfer command, for PRET and messages */
    struct stream *stream;
    struct portmap *map; /* what leads the data connection to us; NULL: nothing */
    struct buf peek;     /* payload that was read while opening */
    bool compressed;     /* MODE Z is in force */
    bool more;           /* another will follow, whose port has not been asked for */
    void (*ahead)(void *ctx, struct session *s); /* has not been called; NULL: it has */
    void *ahead_ctx;
    int64_t port_ms;       /* how long the next port may take */
    bool brief, guessed;   /* as requested */
    int64_t payload;       /* that has come */
    struct deadline early; /* when what is asked ahead need not wait for the end any more */
    bool preliminary;      /* 1yz has come */
    int interim;           /* how many; a flood of them ends the session */
    struct reply final;    /* code 0: not yet */
    struct err refusal;    /* of our certificate: why an upload failed */
    bool lost;             /* the control connection: SIZE will have to tell */
    int noops;             /* sent in mid-transfer and not answered yet */
    int64_t noop_ms;       /* how often; 0: never */
    struct deadline noop;
    struct deadline limit; /* of the end */
};

/* ---- channel.c ---- */

/* NULL with ERR_LOCAL. */
struct channel *channel_new(struct session *s, const struct channel_request *request,
                            enum strategy_id id, struct err *err);
void channel_free(struct channel *c); /* may be NULL */

/* Takes in what replies are there. 0, or -1 when the control connection is lost. */
int channel_take_replies(struct channel *c, struct err *err);
/* Waits for the next, and for the final one. 0, or -1 as control_read(). */
int channel_next_reply(struct channel *c, struct deadline until, struct err *err);
int channel_await_final(struct channel *c, struct deadline until, struct err *err);

/* Negative replies that are about the data connection and not about the file (RFC 959
 * section 4.2.2, RFC 4217 section 8; FIELD-NOTES 1, 5, 17, 37). */
bool channel_blames_path(const struct reply *r, bool open);
/* Whether the server's end of an upload's stream says that our certificate is refused. */
void channel_look_for_refusal(struct channel *c, struct deadline until);
/* The final reply is not good: that as an error. Returns -1. */
int channel_refused(struct channel *c, struct err *err);
/* What the final reply means. */
int channel_verdict(struct channel *c, struct err *err);

/* Does nothing where it would be of no use any more. */
void channel_send_noop(struct channel *c);
/* As channel_wait(); `data_fd` need not be the stream's yet. */
int channel_wait_for(struct channel *c, int data_fd, short events, struct deadline until,
                     struct err *err);

/* What the server waits for before it ends the transfer has been sent: where few data are on their
 * way, what is to be asked ahead may go out soon. */
void channel_expect_end(struct channel *c);
/* What is to be asked ahead goes out, where it may; `ended`: all data have moved. */
void channel_ask_ahead(struct channel *c, bool ended);

/* ---- channel_close.c ---- */

/* ABOR, and both sides in step again or the control connection given up. */
void channel_give_up(struct channel *c);

#endif
