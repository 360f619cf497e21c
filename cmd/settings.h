/* What the settings say, from wherever they came: see layers.h. */
#ifndef FTPSH_CMD_SETTINGS_H
#define FTPSH_CMD_SETTINGS_H

#include "data/ladder.h"
#include "ftp/session.h"
#include "xfer/transfer.h"

enum report_format { REPORT_NONE, REPORT_TEXT, REPORT_JSON };

enum proxy_choice { PROXY_FROM_ENVIRONMENT, PROXY_OFF, PROXY_GIVEN };

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum on_error { ON_ERROR_STOP, ON_ERROR_CONTINUE };

/* Where the password comes from, unless the target or the person gives it. */
enum password_source {
    PASSWORD_FROM_ENVIRONMENT, /* FTPSH_PASSWORD, where it is set */
    PASSWORD_FROM_FD,
    PASSWORD_FROM_FILE,
    PASSWORD_FROM_COMMAND
};

/* Who we are: the client certificate, and what opens its key. */
struct identity_choice {
    const char *cert, *key;    /* file or URL; NULL: none, and with the certificate */
    int password_fd;           /* -1: none */
    const char *password_file; /* NULL: none */
    bool from_fd;              /* which of the two counts, where there are both */
};

/* Strings are borrowed from the layers, which keep them as long as they live. */
struct settings {
    struct ladder ladder; /* strategies, their timeout, active address and ports */
    enum tls_mode tls;
    bool tls_chosen; /* on the command line or by `set`: it may contradict the target */
    enum tls_reuse tls_reuse;
    struct trust_config trust;
    struct identity_choice identity;
    const char *tls_name;
    const char *user;
    int password_fd; /* -1: none */
    const char *password_file;
    const char *password_command; /* for sh -c; NULL: none */
    enum password_source password_source;
    const char *commands;   /* -c */
    const char *batch_file; /* -b */
    enum on_error on_error;
    int64_t connect_timeout_ms, reply_timeout_ms, final_timeout_ms, idle_timeout_ms;
    int64_t noop_interval_ms; /* 0: off */
    int64_t keepalive_ms;     /* at the prompt; 0: off */
    int64_t timeout_ms;       /* -1: none */
    int retries;
    enum verify_mode verify;
    int64_t limit_rate; /* bytes a second of all transfers together; 0: no limit */
    int family;
    const char *charset; /* NULL: UTF-8 */
    enum proxy_choice proxy_choice;
    struct proxy proxy; /* PROXY_GIVEN */
    enum report_format report;
    const char *report_file;
    enum color_choice color;
    int history; /* lines that are kept; 0: off */
    bool json, quiet, verbose;
    bool compress;  /* MODE Z where the server has it */
    bool fsync;     /* downloads wait for the disk */
    bool no_memory; /* of strategies: neither read nor written */
    const char *trace_file;
    bool help, version, show_config;
    const char *print_completion; /* for which shell: see completions.h */
};

void settings_init(struct settings *s);

#endif
