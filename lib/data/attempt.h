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

/* A bounded list: once it holds ATTEMPTS_MAX rows, the newest takes the place of the one before it,
 * and `omitted` counts those that had to go. */
#define ATTEMPTS_MAX 256
struct attempts {
    struct attempt *list;
    size_t n, cap;
    int64_t omitted;
    int64_t resumed, full;  /* TLS handshakes that led to a data connection */
    int64_t downgrades;     /* sessions that saw their data connections resumed no more */
    struct attempt scratch; /* where no memory can be had */
};

void attempts_clear(struct attempts *a);
/* The new row, zeroed but for its strategy; it stays valid until the next call. Never NULL. */
struct attempt *attempts_add(struct attempts *a, enum strategy_id strategy);
/* Takes the newest row back: nothing was learnt from it. */
void attempts_drop_last(struct attempts *a);
/* Adds copies of all rows of `from`. */
void attempts_merge(struct attempts *a, const struct attempts *from);

const char *strategy_name(enum strategy_id id);      /* "pasv-use-control-ip" */
const char *stage_name(enum attempt_stage stage);    /* "connect" */
const char *result_name(enum attempt_result result); /* "timeout" */
/* False when there is no strategy of that name. */
bool strategy_by_name(const char *name, enum strategy_id *out);

#endif
