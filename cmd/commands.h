/* The commands: one table, from which the shell, help and completion are fed. */
#ifndef FTPSH_CMD_COMMANDS_H
#define FTPSH_CMD_COMMANDS_H

#include "app.h"
#include "call.h"

/* argv[0] is the command's name; its options are gone from argv and can be asked for with
 * app_option(). Results go to app->out. 0, or -1 with err. */
typedef int (*command_fn)(struct app *app, int argc, char **argv, struct err *err);

#define ARGS_ANY (-1)
#define COMMAND_OPTION_LISTS 4

struct command {
    const char *name;
    /* A letter for each argument, the last one for all that follow: r remote file, d remote folder,
     * l local file, L local folder, h host, b bookmark, a alias, j number of a command in the
     * background, c command, C command whose own arguments follow (behind one of `words`: what the
     * other letters say), s setting, v value of the setting before it, - something else. Behind it:
     * '*' the argument may be a pattern, which becomes any number of them; '?' one that must stand
     * for one name. */
    const char *kinds;
    const char *words; /* "a|b": what the first argument may be beside that; NULL: nothing */
    const char *swap;  /* the option that exchanges what is here and there; NULL: none */
    int min, max;      /* arguments; ARGS_ANY: as many as there are */
    bool session;      /* needs one */
    bool json;         /* takes --json */
    bool contents; /* yields what is in files, or what a program of this machine prints: as it is */
    bool raw;     /* words that start with "-" are arguments, except a leading --json where it takes
                   * that */
    bool changes; /* something on the server: what was listed there may not hold any more */
    bool background; /* can run there */
    bool tries;      /* the strategies itself, each from its beginning */
    bool digits;     /* -20 is understood as -n 20, as head(1) has it */
    bool one_dash;   /* long options are understood with one dash too, as find(1) has them */
    const struct command_option *options[COMMAND_OPTION_LISTS]; /* lists, some of them shared */
    const char *usage, *help;
    const char *example; /* a line that could be typed */
    command_fn run;
};

extern const struct command command_table[];
extern const size_t command_count;

/* Other names of some. */
struct command_alias {
    const char *alias, *name;
};
extern const struct command_alias command_aliases[];
extern const size_t command_alias_count;

/* By name or alias; NULL if there is none. */
const struct command *command_find(const char *name);

/* The nearest name to one that there is not, of commands, their other names and the aliases (NULL:
 * there are none), as nearest_hint() has it. Returns dst. */
const char *command_hint(const char *name, const struct dictionary *aliases, char *dst,
                         size_t size);

struct argument_kind {
    char letter;
    bool pattern, single; /* '*' or '?' stands behind it; '?' does */
};
/* Of argument `i`, counted from 1. */
struct argument_kind command_kind(const struct command *c, int i);

/* The letter with here and there exchanged, where that is asked for. */
char command_kind_swapped(char letter);

/* Whether argv could run, a session apart: ERR_USAGE for a command that does not exist (with the
 * nearest name: see command_hint()), options it does not take, too few or too many arguments. */
int command_check(int argc, char **argv, const struct dictionary *aliases, struct err *err);

/* Runs argv: checks, patterns into names, the handler, and what follows every command. `patterns`:
 * see call_read(). */
int command_run(struct app *app, int argc, char **argv, char *const *patterns, struct err *err);

#endif
