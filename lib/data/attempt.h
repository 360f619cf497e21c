/* What was tried to open a data connection, a row each. Reporting is data: the text report, JSON
 * and `diagnose` print these rows. */
#ifndef FTPSH_DATA_ATTEMPT_H
#define FTPSH_DATA_ATTEMPT_H

#include "base/err.h"
#include "net/addr.h"

#include <stdint.h>

enum strategy_id {
    STRATEGY_EPSV,
    STRATEGY_PASV_CONTROL_IP,
    STRATEGY_PASV,
    STRATEGY_ACTIVE,
    STRATEGY_CCC,
    STRATEGY_COUNT
};

/* Where an attempt ended. */
enum attempt_stage {
    STAGE_COMMAND,
    STAGE_CONNECT,
    STAGE_LISTEN,
    STAGE_MAP, /* a port of the NAT in front of us */
    STAGE_ACCEPT,
    STAGE_TLS,
    STAGE_OPEN
};

enum attempt_result {
    RESULT_OK,
    RESULT_REFUSED,     /* TCP: connection refused; at STAGE_MAP: by the NAT */
    RESULT_RESET,       /* TCP: reset */
    RESULT_TIMEOUT,     /* silence */
    RESULT_UNREACHABLE, /* no route, or a local cause */
    RESULT_REJECTED,    /* a negative FTP reply, or one that cannot be read */
    RESULT_TLS,
    RESULT_SKIPPED, /* does not apply here; the error says why */
    RESULT_CANCELLED
};

struct attempt {
    enum strategy_id strategy;
    char command[128];      /* as sent: "EPSV", "EPRT |1|192.0.2.1|50000|"; "" if none was */
    char reply[256];        /* to that command, one line, escaped; "" if none came */
    struct addr advertised; /* what 227 said (AF_UNSPEC: nothing) */
    struct addr endpoint;   /* what was dialled, or where we listened (AF_UNSPEC: nothing) */
    enum attempt_stage stage;
    enum attempt_result result;
    struct err err; /* ERR_NONE when ok */
    int64_t ms;
    bool private_data; /* TLS was agreed on for data connections (PROT P) */
    bool by_proxy;     /* the proxy itself is why it failed, and not what lies behind it */
    bool begins;       /* a walk down the ladder */
    bool tls, offered, resumed;
    bool downgraded; /* and not resumed, for the first time where those before it were */
    char tls_version[16];
};

/* The newest ATTEMPTS_MAX rows, or less where no memory can be had. A row keeps the number that it
 * came with, from 0 on: "the rows from `n` on" are the ones still to come, however many went. */
#define ATTEMPTS_MAX 256
struct attempts {
    struct attempt *list;   /* row i stands in i % cap: see attempts_row() */
    size_t first, n;        /* rows first to n - 1 are there */
    size_t cap;             /* stays as it is once a row had to go */
    int64_t omitted;        /* rows that went, here or in what was merged */
    int64_t resumed, full;  /* TLS handshakes that led to a data connection */
    int64_t downgrades;     /* sessions that saw their data connections resumed no more */
    struct attempt scratch; /* where no memory can be had */
};

void attempts_clear(struct attempts *a);
/* The new row, zeroed but for its strategy; it stays valid until the next call. Never NULL. */
struct attempt *attempts_add(struct attempts *a, enum strategy_id strategy);
/* Takes the newest row back: nothing was learnt from it. */
void attempts_drop_last(struct attempts *a);
/* Row i, which is there; where no memory could be had for any, the newest. */
const struct attempt *attempts_row(const struct attempts *a, size_t i);
/* The first row of those from `i` on that is there; n if none is. */
size_t attempts_from(const struct attempts *a, size_t i);
/* Adds copies of all rows of `from`. */
void attempts_merge(struct attempts *a, const struct attempts *from);

const char *strategy_name(enum strategy_id id);      /* "pasv-use-control-ip" */
const char *stage_name(enum attempt_stage stage);    /* "connect" */
const char *result_name(enum attempt_result result); /* "timeout" */
/* False when there is no strategy of that name. */
bool strategy_by_name(const char *name, enum strategy_id *out);

#endif
