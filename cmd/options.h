/* The options: one table, from which parsing, --help, `set` and completion are fed. */
#ifndef FTPSH_CMD_OPTIONS_H
#define FTPSH_CMD_OPTIONS_H

#include "data/ladder.h"
#include "ftp/session.h"
#include "xfer/transfer.h"

#include <stdio.h>

enum report_format { REPORT_NONE, REPORT_TEXT, REPORT_JSON };

enum proxy_choice { PROXY_FROM_ENVIRONMENT, PROXY_OFF, PROXY_GIVEN };

/* What the options say. Strings are borrowed from argv. */
struct settings {
    struct ladder ladder; /* strategies, their timeout, active address and ports */
    enum tls_mode tls;
    bool tls_chosen; /* --tls was given */
    struct trust_config trust;
    const char *tls_name;
    const char *user;
    int password_fd; /* -1: none */
    const char *password_file;
    const char *commands;   /* -c */
    const char *batch_file; /* -b */
    int64_t connect_timeout_ms, reply_timeout_ms, final_timeout_ms, idle_timeout_ms;
    int64_t noop_interval_ms; /* 0: off */
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
    bool json, quiet, verbose;
    bool compress;  /* MODE Z where the server has it */
    bool no_memory; /* of strategies: neither read nor written */
    const char *trace_file;
    bool help, version;
};

enum option_group {
    GROUP_DATA,
    GROUP_TLS,
    GROUP_LOGIN,
    GROUP_RUN,
    GROUP_PATIENCE,
    GROUP_TRANSFER,
    GROUP_OUTPUT
};

/* What kind of value: completion wants to know. */
enum option_kind {
    OPTION_FLAG, /* none */
    OPTION_TEXT,
    OPTION_FILE,
    OPTION_SECONDS,
    OPTION_NUMBER,
    OPTION_AMOUNT, /* of bytes: see quantity.h */
    OPTION_CHOICE, /* one of `values` */
    OPTION_ADDRESS,
    OPTION_PORTS,
    OPTION_PIN
};

struct option {
    const char *name;        /* long name; NULL: none */
    char letter;             /* short name; 0: none */
    const char *placeholder; /* of its value; NULL: takes none */
    enum option_kind kind;
    const char *values; /* OPTION_CHOICE: "a|b" */
    enum option_group group;
    bool at_run_time;  /* `set` may change it */
    const char *never; /* OPTION_SECONDS, OPTION_AMOUNT: the word for no bound at all; NULL: none */
    int64_t never_ms;  /* what that is in its field */
    size_t offset;     /* of its field, where the setter is a general one */
    const char *help;
    /* `value` is NULL for a flag. 0, or -1 with ERR_USAGE. */
    int (*set)(struct settings *s, const struct option *o, const char *value, struct err *err);
};

extern const struct option option_table[];
extern const size_t option_count;

void settings_init(struct settings *s);

/* Reads options up to the first word that is none, or behind "--"; *next is its index. 0, or -1
 * with ERR_USAGE naming the option, with the nearest name where one is near. */
int options_parse(struct settings *s, int argc, char **argv, int *next, struct err *err);

/* Cuts the passwords out of the words that options_parse() has read, so that `ps` does not show
 * them. */
void options_scrub(int argc, char **argv);

/* By its long name or its letter; NULL if there is none. */
const struct option *option_find(const char *name);

/* The index of `value` among `values`, "a|b"; -1 with ERR_USAGE and the nearest. */
int option_choose(const char *values, const char *value, struct err *err);

/* Changes one by name and value, for `set`; a flag takes "on" or "off". -1 with ERR_USAGE. */
int option_change(struct settings *s, const char *name, const char *value, struct err *err);

/* The value that an option has, as text that option_change() takes; "" for one that is neither a
 * flag nor `set` may change. Returns dst. */
const char *option_value(const struct settings *s, const struct option *o, char *dst, size_t size);

/* The part of --help that the table yields. */
void options_print(FILE *out);

#endif
