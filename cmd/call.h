/* A command's words taken apart: its options and its arguments. Pure. */
#ifndef FTPSH_CMD_CALL_H
#define FTPSH_CMD_CALL_H

#include "dictionary.h"
#include "options.h"
#include "words.h"

/* A row of a command's options. One without letter and name ends the list. */
struct command_option {
    char letter;             /* 0: none */
    const char *name;        /* long; NULL: none */
    const char *placeholder; /* of its value; NULL: a flag */
    enum option_kind kind;   /* OPTION_NUMBER, _AMOUNT and _CHOICE are checked here */
    const char *values;      /* OPTION_CHOICE: "a|b" */
    const char *help;
};

struct command;

struct given {
    const struct command_option *option;
    const char *value; /* "" for a flag */
    bool home;         /* it begins with an unquoted "~" */
};

/* Strings are borrowed from the words; arguments_make() puts longer ones in some places. */
struct call {
    const struct command *command;
    bool json;
    size_t given_count;
    struct given given[WORDS_MAX]; /* in the order of the words: later ones may overrule */
    int argc;
    char *argv[WORDS_MAX + 1];
    char *patterns[WORDS_MAX + 1]; /* beside argv: the argument as a pattern; NULL: it is none */
};

/* Reads options wherever they stand, up to "--": -l, -la, -P4, -P 4, --parallel=4, --parallel 4,
 * and the long ones with one dash where the command says so. ERR_USAGE for an option it does not
 * take (with the nearest name), a value missing or wrong, too few or too many arguments. argv[0] is
 * the command's name, argv[argc] NULL. `patterns` stands beside argv as in struct words; NULL: the
 * words themselves, in which a backslash quotes. */
int call_read(struct call *call, const struct command *command, int argc, char **argv,
              char *const *patterns, struct err *err);

/* The same, with the command found by its name; ERR_USAGE with the nearest where there is none, of
 * these aliases, too (NULL: none). */
int call_make(struct call *call, int argc, char **argv, char *const *patterns,
              const struct dictionary *aliases, struct err *err);

/* The value of the last of that name, "" for a flag, NULL where it was not given. `name` is the
 * long name, or the letter as text where it has none. */
const char *call_option(const struct call *call, const char *name);

/* Where the last of these words stands, whatever is wrong with the others: for completion. */
struct call_place {
    const struct command_option *option; /* its value is wanted here; NULL: of none */
    const char *value;                   /* what is written of that */
    bool dashed;                         /* options may stand here */
    bool swapped;                        /* the command's `swap` was given */
    int argument;                        /* it is this one, from 1, where it is no option */
    const char *before;                  /* the argument before; NULL: none */
};

struct call_place call_place(const struct command *command, int argc, char **argv);

/* The next option of a command's lists: start with (0, 0); NULL at the end. */
const struct command_option *command_option_next(const struct command *c, size_t *list, size_t *at);

#endif
