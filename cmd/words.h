/* A line into commands and words. Pure and bounded.
 *
 *   'literal'   "with \", \\, \$ and \`"   \x (any character as it is)   # comment   a; b
 *   $name, ${name}                 a variable, also within "": always one word, and no pattern
 *   command && command, a || b     the second where the first succeeded, or failed
 *   command | shell command        the result goes into a pipe; the shell reads the text, up to an
 *                                  unquoted ';', "&&" or "||"
 *   command > file, >> file        the result goes into a file
 *   command & command              the first goes on in the background
 *   ! shell command                up to the end of the line, as it is
 *
 * A name is a letter or '_' and then letters, digits and '_'; within braces '-', too. $1 to $9, $#
 * and $? are names as well. A '$' before anything else is a '$'. */
#ifndef FTPSH_CMD_WORDS_H
#define FTPSH_CMD_WORDS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define LINE_BYTES 16384
#define WORDS_MAX 1024
#define VARIABLE_NAME_BYTES 64

/* What a "$name" stands for. */
struct words_values {
    /* Borrowed until the next call; NULL with ERR_USAGE. */
    const char *(*find)(void *ctx, const char *name, struct err *err);
    void *ctx;
};

/* What leads to the next command. */
enum words_joint { JOINT_NONE, JOINT_AND, JOINT_OR };

enum words_out { OUT_STANDARD, OUT_FILE, OUT_APPEND, OUT_PIPE };

struct words {
    int argc; /* at least 1 */
    char *argv[WORDS_MAX + 1];
    /* The word as base/glob.h reads it, what was quoted with a backslash in front; NULL for a word
     * without unquoted *, ? and [, and without "~" in front of it or of an option's value. */
    char *patterns[WORDS_MAX + 1];
    enum words_out out;
    const char *out_to; /* the file, or the shell command */
    bool out_home;      /* the file's name begins with an unquoted "~" */
    bool background;    /* '&' follows */
    enum words_joint joint;
    char mem[4 * LINE_BYTES];
    size_t used;
};

/* Reads the next command of `line` (NUL-terminated, without its end) from *pos on, and moves *pos
 * behind it; start with 0. Returns 1 with *out, 0 when there is no more, or -1 with ERR_USAGE and
 * the column. The words point into *out. Without `values` variables stay as they are written, for
 * commands that are read and not run. */
int words_next(const char *line, size_t *pos, const struct words_values *values, struct words *out,
               struct err *err);

/* The length of the first word of the command at `pos`, where nothing in it is quoted or a
 * variable; else 0. *start: where it stands, behind blanks, ';' and the mark "-". */
size_t words_command(const char *line, size_t pos, size_t *start);

/* Whether a variable can have that name: no '-', and none of $1 to $9, $# and $?. */
bool words_is_name(const char *text);

/* Where a line ends that is still being written. */
enum words_part {
    PART_WORD,   /* in the last of argv, "" for one that is not begun yet */
    PART_FILE,   /* in out_to, the file of a redirection */
    PART_SHELL,  /* in text for the shell: out_to of a pipe, or what stands behind "!" */
    PART_NOTHING /* where nothing of ours may stand: a comment, behind a redirection */
};

struct words_place {
    enum words_part part;
    size_t start; /* of the word, or of the shell's text, in bytes */
    char quote;   /* the ' or " that is open at the end; 0: none */
    size_t name;  /* of the variable that the line ends in, behind '$' or '${'; 0: none */
    bool escape;  /* a backslash stands at the end, and quotes nothing yet */
};

/* Reads the command that `line` ends in, as far as it goes: a quote may be left open, and a
 * variable that it ends in stays as it is written. 0, or -1 with ERR_USAGE. */
int words_last(const char *line, const struct words_values *values, struct words *out,
               struct words_place *place, struct err *err);

#endif
