/* Moves bytes between a data connection and a source or sink, watching the control connection. */
#ifndef FTPSH_XFER_PUMP_H
#define FTPSH_XFER_PUMP_H

#include "data/channel.h"
#include "xfer/rate.h"

#include <stdatomic.h>

/* Written by the pump, read by whoever draws, from any thread. */
struct progress {
    _Atomic int64_t done;  /* bytes, the part that was there before included */
    _Atomic int64_t total; /* -1: unknown */
};

/* 0, or -1 with err: the transfer is given up. */
struct pump_sink {
    int (*write)(void *ctx, const void *data, size_t len, struct err *err);
    void *ctx;
};

/* Up to `size` bytes into `mem`; 0 at the end, -1 with err. */
struct pump_source {
    ssize_t (*read)(void *ctx, void *mem, size_t size, struct err *err);
    void *ctx;
};

struct pump_settings {
    int64_t idle_timeout_ms;   /* no byte moves */
    int64_t noop_interval_ms;  /* NOOPs on the control connection meanwhile; 0: none */
    struct rate *rate;         /* limits both directions, shared with others; may be NULL */
    struct progress *progress; /* may be NULL */
    void (*tick)(void *ctx);   /* called about four times a second from the pump; may be NULL */
    void *tick_ctx;
};

/* How a transfer ended, for the verdict. */
struct pump_end {
    int64_t bytes;
    bool unclean;     /* it did not end in order: believe it only with a matching SIZE */
    bool unconfirmed; /* it failed, but only for want of the final reply: SIZE can tell */
};

/* Both use the channel up, whatever happens. 0 when the server confirmed the transfer with 2yz; -1
 * with ERR_TIMEOUT (idle), ERR_CANCELLED, ERR_TRUNCATED, ERR_CLOSED, ERR_REPLY_*, ERR_TLS, or what
 * sink or source gave. *end is filled in either way. */
int pump_down(struct channel *c, const struct pump_sink *sink, const struct pump_settings *settings,
              struct pump_end *end, struct err *err);
int pump_up(struct channel *c, const struct pump_source *source,
            const struct pump_settings *settings, struct pump_end *end, struct err *err);

#endif
