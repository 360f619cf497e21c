#include "words.h"

#include "base/glob.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct scan {
    const char *line;
    size_t pos;
    const struct words_values *values; /* NULL: variables stay as they are written */
    struct words *out;
    struct err *err;
    struct words_place *place; /* of a line that is still being written; NULL: it is complete */
    size_t end;                /* of the last word */
    bool ended;                /* so has the line */
    bool magic;                /* an unquoted *, ?, [ or leading "~" was seen */
    bool pattern;              /* the word is read as a pattern: what is quoted gets a backslash */
};

/* Columns count characters, from 1. */
static int column(const char *line, size_t pos)
{
    int n = 1;
    for (size_t i = 0; i < pos; i++)
        n += ((unsigned char) line[i] & 0xc0) != 0x80;
    return n;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_word(char c)
{
    return c == '\0' || is_blank(c) || strchr(";|>&", c);
}

static void skip_blanks(struct scan *s)
{
    while (is_blank(s->line[s->pos]))
        s->pos++;
}

static int put_char(struct scan *s, char c)
{
    if (s->out->used >= sizeof s->out->mem)
        return err_set(s->err, ERR_USAGE, "the line is too long");
    s->out->mem[s->out->used++] = c;
    return 0;
}

static int put_quoted(struct scan *s, char c)
{
    if (s->pattern && glob_is_special(c) && put_char(s, '\\') < 0)
        return -1;
    return put_char(s, c);
}

/* ---- variables ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t name_length(const char *p, bool dashes)
{
    size_t n = 0;
    if (*p && strchr("123456789#?", *p))
        return 1;
    while (is_letter(p[n]) || (n > 0 && ((p[n] >= '0' && p[n] <= '9') || (dashes && p[n] == '-'))))
        n++;
    return n;
}

/* A name of `n` bytes behind the '$' in `at`. */
static int put_value(struct scan *s, size_t at, const char *name, size_t n)
{
    char text[VARIABLE_NAME_BYTES];
    if (n >= sizeof text)
        return err_set(s->err, ERR_USAGE, "the name behind the '$' in column %d is too long",
                       column(s->line, at));
    snprintf(text, sizeof text, "%.*s", (int) n, name);
    struct err why = ERR_INIT;
    const char *value = s->values->find(s->values->ctx, text, &why);
    if (!value)
        return err_set(s->err, ERR_USAGE, "column %d: %s", column(s->line, at), why.msg);
    for (; *value; value++) {
        if (put_quoted(s, *value) < 0)
            return -1;
    }
    return 0;
}

static int read_variable(struct scan *s)
{
    size_t at = s->pos;
    bool braced = s->line[at + 1] == '{';
    const char *name = s->line + at + 1 + braced;
    size_t n = name_length(name, braced);
    bool unfinished = s->place && !name[n];
    if (unfinished) {
        s->place->name = (size_t) (name - s->line);
        braced = false;
    } else if (n == 0 && !braced) {
        s->pos++;
        return put_quoted(s, '$');
    }
    if (braced && (n == 0 || name[n] != '}'))
        return err_set(s->err, ERR_USAGE, "column %d: '${' needs a name and '}'",
                       column(s->line, at));
    s->pos = (size_t) (name - s->line) + n + braced;
    if (s->values && !unfinished)
        return put_value(s, at, name, n);
    for (; at < s->pos; at++) {
        if (put_quoted(s, s->line[at]) < 0)
            return -1;
    }
    return 0;
}

/* ---- words ---- */

static bool is_escape(const char *p, char quote)
{
    return *p == '\\' && quote == '"' && p[1] && strchr("\"\\$`", p[1]);
}

static int read_quoted(struct scan *s, char quote)
{
    size_t start = s->pos++;
    while (s->line[s->pos] != quote) {
        const char *p = s->line + s->pos;
        int rc;
        if (!*p && s->place) {
            s->place->quote = quote;
            return 0;
        }
        if (!*p)
            return err_set(s->err, ERR_USAGE, "the quote in column %d is not closed",
                           column(s->line, start));
        if (*p == '$' && quote == '"') {
            rc = read_variable(s);
        } else {
            s->pos += is_escape(p, quote);
            rc = put_quoted(s, s->line[s->pos++]);
        }
        if (rc < 0)
            return -1;
    }
    s->pos++;
    return 0;
}

static int read_escape(struct scan *s)
{
    char c = s->line[s->pos + 1];
    if (c == '\0' && s->place) {
        s->place->escape = true;
        s->pos++;
        return 0;
    }
    if (c == '\0')
        return err_set(s->err, ERR_USAGE, "nothing follows the backslash in column %d",
                       column(s->line, s->pos));
    s->pos += 2;
    return put_quoted(s, c);
}

static void note_start(struct scan *s, enum words_part part)
{
    if (s->place)
        *s->place = (struct words_place){.part = part, .start = s->pos};
}

/* "~/x", and "--option=~/x". */
static bool is_home(const char *line, size_t start, size_t pos)
{
    return line[pos] == '~' &&
           (pos == start || (line[pos - 1] == '=' && strncmp(line + start, "--", 2) == 0));
}

/* One word at the scan's position, quotes removed; NULL with err. */
static char *read_word(struct scan *s, enum words_part part)
{
    char *word = s->out->mem + s->out->used;
    size_t start = s->pos;
    note_start(s, part);
    for (char c; c = s->line[s->pos], !ends_word(c);) {
        int rc;
        if (c == '\'' || c == '"') {
            rc = read_quoted(s, c);
        } else if (c == '\\') {
            rc = read_escape(s);
        } else if (c == '$') {
            rc = read_variable(s);
        } else {
            s->magic = s->magic || strchr("*?[", c) || is_home(s->line, start, s->pos);
            rc = put_char(s, c);
            s->pos++;
        }
        if (rc < 0)
            return NULL;
    }
    s->end = s->pos;
    return put_char(s, '\0') < 0 ? NULL : word;
}

static int add_word(struct scan *s, char *word, char *pattern)
{
    if (s->out->argc == WORDS_MAX)
        return err_set(s->err, ERR_USAGE, "more than %d words", WORDS_MAX);
    s->out->patterns[s->out->argc] = pattern;
    s->out->argv[s->out->argc++] = word;
    s->out->argv[s->out->argc] = NULL;
    return 0;
}

/* A word that has magic is read twice. */
static int read_argument(struct scan *s)
{
    size_t start = s->pos;
    s->magic = false;
    char *word = read_word(s, PART_WORD), *pattern = NULL;
    if (word && s->magic) {
        s->pos = start;
        s->pattern = true;
        pattern = read_word(s, PART_WORD);
        s->pattern = false;
    }
    if (!word || (s->magic && !pattern))
        return -1;
    return add_word(s, word, pattern);
}

static bool at_joint(const char *p)
{
    return (p[0] == '&' || p[0] == '|') && p[1] == p[0];
}

/* Text for the shell, as it is: up to the end of the line, or, of a pipe, of the command. */
static char *read_raw(struct scan *s, bool pipe)
{
    skip_blanks(s);
    note_start(s, PART_SHELL);
    char *text = s->out->mem + s->out->used, quote = '\0';
    for (char c; (c = s->line[s->pos]) != '\0'; s->pos++) {
        if (!quote && pipe && (c == ';' || at_joint(s->line + s->pos)))
            break;
        if (c == '\\' && quote != '\'' && s->line[s->pos + 1]) {
            if (put_char(s, c) < 0)
                return NULL;
            c = s->line[++s->pos];
        } else if (c == quote) {
            quote = '\0';
        } else if (!quote && (c == '\'' || c == '"')) {
            quote = c;
        }
        if (put_char(s, c) < 0)
            return NULL;
    }
    return put_char(s, '\0') < 0 ? NULL : text;
}

static int read_pipe(struct scan *s)
{
    size_t at = s->pos++;
    char *text = read_raw(s, true);
    if (!text)
        return -1;
    if (!*text && !s->place)
        return err_set(s->err, ERR_USAGE, "no command follows the '|' in column %d",
                       column(s->line, at));
    s->out->out = OUT_PIPE;
    s->out->out_to = text;
    return 0;
}

static int read_redirection(struct scan *s)
{
    size_t at = s->pos++;
    s->out->out = OUT_FILE;
    if (s->line[s->pos] == '>') {
        s->out->out = OUT_APPEND;
        s->pos++;
    }
    skip_blanks(s);
    s->out->out_home = s->line[s->pos] == '~';
    char *file = read_word(s, PART_FILE);
    if (!file)
        return -1;
    if (!*file && !(s->place && !s->line[s->pos]))
        return err_set(s->err, ERR_USAGE, "no file follows the '>' in column %d",
                       column(s->line, at));
    s->out->out_to = file;
    return 0;
}

/* Behind "&&" and "||" a command stands in the same line. */
static int read_joint(struct scan *s)
{
    const char *p = s->line + s->pos;
    size_t at = s->pos;
    s->pos += 2;
    skip_blanks(s);
    if (!s->place && strchr(";#", s->line[s->pos])) /* or its end */
        return err_set(s->err, ERR_USAGE, "no command follows the '%.2s' in column %d", p,
                       column(s->line, at));
    s->out->joint = *p == '&' ? JOINT_AND : JOINT_OR;
    return 1;
}

/* What stands between or behind words. 0: go on, 1: the command is complete, -1: err. */
static int read_operator(struct scan *s)
{
    const char *p = s->line + s->pos;
    bool joint = at_joint(p);
    if (*p == ';') {
        s->pos++;
        return 1;
    }
    if (s->out->argc == 0)
        return err_set(s->err, ERR_USAGE, "no command before the '%.*s' in column %d", 1 + joint, p,
                       column(s->line, s->pos));
    if (joint)
        return read_joint(s);
    if (s->out->out != OUT_STANDARD && *p == '&')
        return err_set(s->err, ERR_USAGE,
                       "the '&' in column %d: a result that goes elsewhere needs the foreground",
                       column(s->line, s->pos));
    if (s->out->out != OUT_STANDARD)
        return err_set(s->err, ERR_USAGE, "a second redirection in column %d",
                       column(s->line, s->pos));
    if (*p == '&') {
        s->pos++;
        s->out->background = true;
        return 1;
    }
    return *p == '|' ? read_pipe(s) : read_redirection(s);
}

/* "!" at the start of a command, where a "-" may stand before it. */
static bool at_shell_escape(const struct scan *s)
{
    const char *p = s->line + s->pos;
    if (s->out->argc == 0 && *p == '-')
        p++;
    return s->out->argc == 0 && *p == '!';
}

static int read_shell_escape(struct scan *s)
{
    char *name = s->out->mem + s->out->used;
    char c;
    do {
        c = s->line[s->pos++];
        if (put_char(s, c) < 0)
            return -1;
    } while (c != '!');
    if (put_char(s, '\0') < 0 || add_word(s, name, NULL) < 0)
        return -1;
    char *text = read_raw(s, false);
    return !text ? -1 : *text ? add_word(s, text, NULL) : 0;
}

/* 0: go on, 1: the command is complete, -1: err. */
static int read_piece(struct scan *s)
{
    char c = s->line[s->pos];
    if (c == '\0' || c == '#') {
        s->ended = true;
        if (c == '#')
            note_start(s, PART_NOTHING);
        s->pos += strlen(s->line + s->pos);
        return 1;
    }
    if (at_shell_escape(s))
        return read_shell_escape(s);
    if (ends_word(c))
        return read_operator(s);
    if (s->out->out != OUT_STANDARD)
        return err_set(s->err, ERR_USAGE, "a word behind the redirection in column %d",
                       column(s->line, s->pos));
    return read_argument(s);
}

/* 1 behind a command, which may be empty; -1 with err. */
static int read_command(struct scan *s)
{
    struct words *out = s->out;
    int rc;
    out->argc = 0;
    out->argv[0] = NULL;
    out->out = OUT_STANDARD;
    out->out_to = NULL;
    out->out_home = false;
    out->background = false;
    out->joint = JOINT_NONE;
    out->used = 0;
    do {
        skip_blanks(s);
        rc = read_piece(s);
    } while (rc == 0);
    return rc;
}

int words_next(const char *line, size_t *pos, const struct words_values *values, struct words *out,
               struct err *err)
{
    struct scan s = {.line = line, .pos = *pos, .values = values, .out = out, .err = err};
    int rc;
    do {
        rc = read_command(&s); /* empty ones, as in ";;", are passed over */
    } while (rc == 1 && out->argc == 0 && line[s.pos] != '\0');
    *pos = s.pos;
    return rc < 0 ? -1 : out->argc > 0;
}

/* What is to be written next, where the last word is complete. */
static int begin_word(struct scan *s)
{
    char *word = s->out->mem + s->out->used;
    note_start(s, s->out->out == OUT_STANDARD ? PART_WORD : PART_NOTHING);
    return put_char(s, '\0') < 0 ? -1 : add_word(s, word, NULL);
}

int words_last(const char *line, const struct words_values *values, struct words *out,
               struct words_place *place, struct err *err)
{
    struct scan s = {.line = line, .out = out, .err = err, .place = place, .values = values};
    do {
        *place = (struct words_place){0};
        s.end = SIZE_MAX;
        if (read_command(&s) < 0)
            return -1;
    } while (!s.ended);
    bool parted = s.end != s.pos || out->argc == 0;
    return parted && (place->part == PART_WORD || place->part == PART_FILE) ? begin_word(&s) : 0;
}

size_t words_command(const char *line, size_t pos, size_t *start)
{
    const char *p = line + pos + strspn(line + pos, " \t;");
    p += *p == '-';
    p += strspn(p, " \t");
    size_t n = strcspn(p, " \t;|>&");
    *start = (size_t) (p - line);
    return *p == '#' || *p == '!' || strcspn(p, "'\"\\$") < n ? 0 : n;
}

bool words_is_name(const char *text)
{
    size_t n = name_length(text, false);
    return n > 0 && n < VARIABLE_NAME_BYTES && !text[n] && is_letter(text[0]);
}
