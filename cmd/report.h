/* The report: which server, what was tried to open data connections, what was transferred and what
 * failed first. It is collected while the program runs and written once, at exit. */
#ifndef FTPSH_CMD_REPORT_H
#define FTPSH_CMD_REPORT_H

#include "options.h"
#include "xfer/transfer.h"

#include <jansson.h>

struct report_transfer {
    enum transfer_direction direction;
    enum transfer_verdict verdict;
    char *remote, *local;
    int64_t bytes, ms;
    bool opened;
    enum strategy_id strategy;
};

/* The server as it was when it was last seen, since the session may be gone at exit. */
struct report_server {
    char host[256], address[ADDR_TEXT];
    int port; /* 0: no server was named */
    struct addr peer;
    char proxy[PROXY_TEXT]; /* that leads to it; "": none */
    char software[32];
    struct tls_info tls;
};

struct report {
    struct report_server server;
    enum tls_reuse reuse;
    bool remembered; /* the strategy in use went first because it worked another day */
    struct report_transfer *transfers;
    size_t ntransfers, cap;
    struct err first; /* the failure that decides the exit status */
};

void report_clear(struct report *r);

/* A server is about to be connected to. */
void report_target(struct report *r, const char *host, int port);
/* What is known of it now. */
void report_session(struct report *r, const struct session *s);
/* Copies it; a transfer for which there is no memory is left out. */
void report_transfer(struct report *r, const struct transfer *t);
/* Takes over the transfers and the failure of `from`, which is left without. */
void report_merge(struct report *r, struct report *from);
/* Kept when it is the first. */
void report_failure(struct report *r, const struct err *err);

/* Writes it to `path`, or to standard error when that is NULL. A regular file is replaced when all
 * of it is there; anything else is written in place (FIELD-NOTES 74). -1 with ERR_LOCAL. */
int report_write(const struct report *r, const struct attempts *attempts, enum report_format format,
                 const char *path, int exit_status, struct err *err);

/* The "server" object, for `status --json`. NULL: out of memory. */
json_t *report_server_json(const struct report_server *s);

/* An attempt as "attempts" lists it, for `diagnose --json`. NULL: out of memory. */
json_t *report_attempt_json(const struct attempt *a);

/* One line that tells how a data connection came about: the first row of attempts[from..] that
 * worked, and what failed before it. "" when none did. Returns dst. */
const char *report_path_line(const struct attempts *a, size_t from, char *dst, size_t size);

/* Why a strategy failed, without repeating what it is: for a person. Returns dst. */
const char *report_attempt_reason(const struct attempt *a, char *dst, size_t size);

#endif
