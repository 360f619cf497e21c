/* A line into commands and words. Pure and bounded.
 *
 *   'literal'   "with \" and \\"   \x (any character as it is)   # comment   a; b
 *   command | shell command        the result goes into a pipe; up to ';' the shell reads the text
 *   command > file, >> file        the result goes into a file
 *   command & command              the first goes on in the background
 *   ! shell command                up to the end of the line, as it is
 *
 * "&&" and "||" are recognised and refused. */
#ifndef FTPSH_CMD_WORDS_H
#define FTPSH_CMD_WORDS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define LINE_BYTES 16384
#define WORDS_MAX 1024

enum words_out { OUT_STANDARD, OUT_FILE, OUT_APPEND, OUT_PIPE };

struct words {
    int argc; /* at least 1 */
    char *argv[WORDS_MAX + 1];
    /* The word as base/glob.h reads it, what was quoted with a backslash in front; NULL for a word
     * without unquoted *, ? and [. */
    char *patterns[WORDS_MAX + 1];
    enum words_out out;
    const char *out_to; /* the file, or the shell command */
    bool background;    /* '&' follows */
    char mem[4 * LINE_BYTES];
    size_t used;
};

/* Reads the next command of `line` (NUL-terminated, without its end) from *pos on, and moves *pos
 * behind it; start with 0. Returns 1 with *out, 0 when there is no more, or -1 with ERR_USAGE and
 * the column. The words point into *out. */
int words_next(const char *line, size_t *pos, struct words *out, struct err *err);

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
    bool escape;  /* a backslash stands at the end, and quotes nothing yet */
};

/* Reads the command that `line` ends in, as far as it goes: a quote may be left open. 0, or -1 with
 * ERR_USAGE. */
int words_last(const char *line, struct words *out, struct words_place *place, struct err *err);

#endif
