#include "ftp/reply.h"

#include "base/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void reply_clear(struct reply *r)
{
    free(r->text);
    *r = (struct reply){0};
}

bool reply_is_good(const struct reply *r)
{
    return r->code >= 200 && r->code < 300;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The code at the start of a line of n bytes; 0 when there is none. */
static int line_code(const char *line, size_t n)
{
    if (n < 3 || line[0] < '1' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]))
        return 0;
    if (n > 3 && line[3] != ' ' && line[3] != '-')
        return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* Where the line that holds position `pos` begins. */
static size_t line_start(const char *data, size_t pos)
{
    while (pos > 0 && data[pos - 1] != '\n')
        pos--;
    return pos;
}

static int no_reply(const char *data, size_t len, struct err *err)
{
    char shown[64];
    escape_text(shown, sizeof shown, data, len < 32 ? len : 32);
    return err_set(err, ERR_PROTOCOL, "not an FTP reply: \"%s\"", shown);
}

/* What does not begin with a code is told at once: it may never send a line end (a TLS record,
 * say). */
static int check_first(const char *data, size_t len, struct err *err)
{
    for (size_t i = 0; i < len && i < 3; i++) {
        if (!is_digit(data[i]))
            return no_reply(data, len, err);
    }
    return 0;
}

/* The rest of data[0..len) holds no line end. The line's start is looked for only where a whole
 * line's worth has come since the last look, which keeps bytes that come singly cheap. */
static int check_unfinished(const char *data, size_t len, struct reply_scan *scan, struct err *err)
{
    size_t former = scan->pos;
    scan->pos = len;
    if (scan->lines == 0 && check_first(data, len, err) < 0)
        return -1;
    if (len > REPLY_MAX)
        return err_set(err, ERR_PROTOCOL, "a reply of more than %d bytes", REPLY_MAX);
    if (former / REPLY_LINE_MAX != len / REPLY_LINE_MAX &&
        len - line_start(data, len) > REPLY_LINE_MAX)
        return err_set(err, ERR_PROTOCOL, "a reply line of more than %d bytes", REPLY_LINE_MAX);
    return 0;
}

/* Looks at one complete line data[start..end) without its LF: 1 when it is the reply's last. */
static int take_line(const char *data, size_t start, size_t end, struct reply_scan *scan,
                     struct err *err)
{
    const char *line = data + start;
    size_t n = end - start;
    if (n > REPLY_LINE_MAX)
        return err_set(err, ERR_PROTOCOL, "a reply line of more than %d bytes", REPLY_LINE_MAX);
    if (end >= REPLY_MAX)
        return err_set(err, ERR_PROTOCOL, "a reply of more than %d bytes", REPLY_MAX);
    if (++scan->lines > REPLY_LINES_MAX)
        return err_set(err, ERR_PROTOCOL, "a reply of more than %d lines", REPLY_LINES_MAX);
    if (n > 0 && line[n - 1] == '\r')
        n--;
    int code = line_code(line, n);
    if (scan->lines == 1) {
        if (code == 0)
            return no_reply(line, n, err);
        scan->code = code;
    }
    return code == scan->code && (n == 3 || line[3] == ' ');
}

/* Copies the lines data[0..end) without CR before LF; the last LF is not part of it. */
static char *copy_text(const char *data, size_t end)
{
    char *text = malloc(end + 1);
    size_t n = 0;
    if (!text)
        return NULL;
    for (size_t i = 0; i < end; i++) {
        bool before_end = i + 1 == end || data[i + 1] == '\n';
        if (data[i] == '\r' && before_end)
            continue;
        text[n++] = data[i];
        if (data[i] == '\0')
            text[n - 1] = '?';
    }
    text[n] = '\0';
    return text;
}

int reply_parse(const char *data, size_t len, struct reply_scan *scan, struct reply *out,
                size_t *used, struct err *err)
{
    while (scan->pos < len) {
        const char *lf = memchr(data + scan->pos, '\n', len - scan->pos);
        if (!lf)
            return check_unfinished(data, len, scan, err);
        size_t end = (size_t) (lf - data);
        int last = take_line(data, line_start(data, end), end, scan, err);
        if (last < 0)
            return -1;
        scan->pos = end + 1;
        if (!last)
            continue;
        char *text = copy_text(data, end);
        if (!text)
            return err_set(err, ERR_LOCAL, "out of memory");
        *out = (struct reply){.code = scan->code, .text = text};
        *used = end + 1;
        return 1;
    }
    return 0;
}

/* 'x' stands for any digit. */
static bool code_matches(const char *pattern, int code)
{
    for (int i = 2; i >= 0; i--, code /= 10)
        if (pattern[i] != 'x' && pattern[i] - '0' != code % 10)
            return false;
    return true;
}

#define DONE "20x", "25x"
#define MOVED "200", "225", "226", "250"
#define PORT "227", "228", "229"

bool reply_fits(const char *command, int code)
{
    static const struct {
        const char *name, *codes[4];
    } table[] = {
        {"USER", {"23x", "33x"}}, {"PASS", {"20x", "23x", "332"}},
        {"ACCT", {"20x", "23x"}}, {"PBSZ", {"20x", "23x"}},
        {"PROT", {"20x", "23x"}}, {"FEAT", {"21x"}},
        {"TYPE", {DONE}},         {"MODE", {DONE}},
        {"PWD", {"257"}},         {"CWD", {"200", "250"}},
        {"CDUP", {"200", "250"}}, {"MKD", {DONE}},
        {"RMD", {DONE}},          {"DELE", {DONE}},
        {"RNFR", {"3xx"}},        {"RNTO", {DONE}},
        {"REST", {"3xx"}},        {"SIZE", {"213"}},
        {"MDTM", {"213"}},        {"MFMT", {"21x", DONE}},
        {"MLST", {"25x"}},        {"PRET", {DONE}},
        {"PORT", {DONE}},         {"EPRT", {DONE}},
        {"PASV", {PORT}}, /* 229 answering PASV: FIELD-NOTES 31 */
        {"EPSV", {PORT}},         {"CPSV", {PORT}},
        {"RETR", {MOVED}},        {"STOR", {MOVED}},
        {"APPE", {MOVED}},        {"LIST", {MOVED}},
        {"NLST", {MOVED}},        {"MLSD", {MOVED}},
    };
    size_t len = strcspn(command, " ");
    if (code < 200 || code >= 400)
        return true;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strlen(table[i].name) != len || strncmp(table[i].name, command, len) != 0)
            continue;
        for (size_t j = 0; j < 4 && table[i].codes[j]; j++)
            if (code_matches(table[i].codes[j], code))
                return true;
        return false;
    }
    return true;
}

static const char *last_line(const struct reply *r)
{
    if (!r->text)
        return "";
    const char *lf = strrchr(r->text, '\n');
    return lf ? lf + 1 : r->text;
}

const char *reply_last_line(const struct reply *r)
{
    const char *line = last_line(r);
    size_t n = strlen(line);
    if (line_code(line, n) == 0)
        return line;
    return line + (n > 3 ? 4 : 3);
}

const char *reply_summary(const struct reply *r, char *dst, size_t size)
{
    const char *line = last_line(r);
    escape_text(dst, size, line, strlen(line));
    return dst;
}
