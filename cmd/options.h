/* The options, which are the settings too: one table, from which the command line, --help, the
 * environment, the configuration, `set` and completion are fed. */
#ifndef FTPSH_CMD_OPTIONS_H
#define FTPSH_CMD_OPTIONS_H

#include "settings.h"

/* Room for any value as text; a longer one is cut short. */
#define OPTION_VALUE_BYTES 4352

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
    OPTION_FLAG, /* none; as a setting "on" or "off" */
    OPTION_TEXT,
    OPTION_FILE,
    OPTION_COMMAND, /* for sh -c */
    OPTION_SECONDS,
    OPTION_NUMBER,
    OPTION_AMOUNT, /* of bytes: see quantity.h */
    OPTION_CHOICE, /* one of `values` */
    OPTION_LIST,   /* some of `values`, separated by commas */
    OPTION_ADDRESS,
    OPTION_PORTS,
    OPTION_PIN, /* some, separated by commas */
    OPTION_PROXY
};

/* When a change by `set` acts. */
enum option_when {
    WHEN_CONNECTING, /* from the next connection on */
    WHEN_SET,        /* at once */
    WHEN_STARTING    /* never: it is needed when the program starts */
};

struct option {
    const char *name;
    char letter;             /* short name; 0: none */
    const char *placeholder; /* of its value; NULL: takes none */
    enum option_kind kind;
    const char *values; /* OPTION_CHOICE, OPTION_LIST: "a|b" */
    const int *numbers; /* OPTION_CHOICE: what they are in its field; NULL: 0, 1, 2... */
    enum option_group group;
    enum option_when when;
    bool once;           /* makes sense on the command line alone: no setting */
    const char *adds_to; /* a flag that adds its name to this list: no setting of its own */
    const char *rival;   /* the option that it excludes */
    const char *alone;   /* OPTION_LIST: the element that excludes all others; NULL: none */
    const char *never;   /* the word for no bound at all (SECONDS, AMOUNT, NUMBER); NULL: none */
    int64_t never_is;    /* what that is in its field */
    size_t offset;       /* of its field, where a general setter works on it */
    const char *help;    /* NULL: not for people, and not listed */
    /* `value` is NULL for a flag. 0, or -1 with ERR_USAGE. Lists take one element, and add it. */
    int (*set)(struct settings *s, const struct option *o, const char *value, struct err *err);
    void (*get)(const struct settings *s, const struct option *o, char *dst, size_t size);
};

extern const struct option option_table[];
extern const size_t option_count;

/* By its long name or its letter; NULL if there is none. */
const struct option *option_find(const char *name);

/* Whether it can stand in the configuration and the environment, and `set` knows it. */
bool option_is_setting(const struct option *o);

/* Whether several values add up. */
bool option_is_list(const struct option *o);

/* The index of `value` among `values`, "a|b"; -1 with ERR_USAGE and the nearest. */
int option_choose(const char *values, const char *value, struct err *err);

/* The setting of that name; NULL with ERR_USAGE, which says what is wrong with it and brings the
 * nearest name. */
const struct option *setting_find(const char *name, struct err *err);

/* Changes one in these settings alone, by name and value: for options of commands that stand for
 * the settings of that name. -1 with ERR_USAGE. */
int option_change(struct settings *s, const char *name, const char *value, struct err *err);

/* The value that an option has, as text that can be set again, but for passwords, which are
 * masked; "" where it has none. Returns dst. */
const char *option_value(const struct settings *s, const struct option *o, char *dst, size_t size);

/* The same without any change. Returns dst. */
const char *option_default(const struct option *o, char *dst, size_t size);

#endif
