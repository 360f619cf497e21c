/* Aliases: words at the start of a command that stand for other text. Pure. */
#ifndef FTPSH_CMD_ALIASES_H
#define FTPSH_CMD_ALIASES_H

#include "dictionary.h"
#include "words.h"

#define ALIAS_NAME_BYTES 64
#define ALIAS_DEPTH 16

/* A line whose aliases are replaced as it is read. Zero apart from the text. */
struct alias_line {
    char text[LINE_BYTES];
    struct {
        char name[ALIAS_NAME_BYTES];
        size_t behind; /* bytes of the line that stand behind its text */
    } within[ALIAS_DEPTH];
    int depth;
    char last[ALIAS_NAME_BYTES]; /* that was replaced: columns count from its text; "": none */
};

/* Replaces the first word of the command at *pos while it is an alias; *pos is where to read on.
 * Quoted it is none, and within its own text neither. ERR_USAGE: the line becomes too long, or
 * they stand for each other too deep. */
int aliases_expand(const struct dictionary *aliases, struct alias_line *line, size_t *pos,
                   struct err *err);

/* 0, or ERR_USAGE: nothing that could stand there as it is. */
int aliases_check_name(const char *name, struct err *err);

#endif
