#include "base/log.h"

#include "base/escape.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_SHOWN = 1024 };

static void emit(const struct log *log, enum log_kind kind, const char *line, size_t len)
{
    char text[LINE_MAX_SHOWN];
    escape_text(text, sizeof text, line, len);
    hide_passwords(text);
    log->line(log->ctx, kind, text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The length of the verb that a line begins with, else 0; a blank in it stands for any number of
 * them. */
static size_t verb_length(const char *line, size_t len, const char *verb)
{
    size_t n = 0;
    for (; *verb; verb++) {
        if (n == len ||
            (*verb == ' ' ? !is_blank(line[n]) : toupper((unsigned char) line[n]) != *verb))
            return 0;
        n++;
        while (*verb == ' ' && n < len && is_blank(line[n]))
            n++;
    }
    return n;
}

/* What may be shown of a command with a secret, which begins at *at; NULL: all of it. */
static const char *shown_of_secret(const char *line, size_t len, size_t *at)
{
    static const char *const verbs[] = {"USER ", "PASS ", "ACCT ", "SITE PSWD "};
    size_t blanks = 0;
    while (blanks < len && is_blank(line[blanks]))
        blanks++;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        size_t n = verb_length(line + blanks, len - blanks, verbs[i]);
        *at = blanks + n;
        if (n > 0)
            return verbs[i];
    }
    return NULL;
}

size_t log_secret(const char *line, size_t len)
{
    size_t at;
    const char *verb = shown_of_secret(line, len, &at);
    return verb && *verb != 'U' ? at : 0;
}

void log_sent(const struct log *log, const char *line, size_t len)
{
    if (!log || !log->line)
        return;
    size_t at;
    const char *verb = shown_of_secret(line, len, &at);
    if (verb) {
        char redacted[32];
        int n = snprintf(redacted, sizeof redacted, "%s****", verb);
        emit(log, LOG_SENT, redacted, (size_t) n);
    } else {
        emit(log, LOG_SENT, line, len);
    }
}

void log_received(const struct log *log, const char *line, size_t len)
{
    if (log && log->line)
        emit(log, LOG_RECEIVED, line, len);
}

static void vemit(const struct log *log, enum log_kind kind, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

static void vemit(const struct log *log, enum log_kind kind, const char *fmt, va_list ap)
{
    char raw[LINE_MAX_SHOWN];
    if (!log || !log->line)
        return;
    vsnprintf(raw, sizeof raw, fmt, ap);
    emit(log, kind, raw, strlen(raw));
}

void log_note(const struct log *log, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vemit(log, LOG_NOTE, fmt, ap);
    va_end(ap);
}

void log_news(const struct log *log, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vemit(log, LOG_NEWS, fmt, ap);
    va_end(ap);
}
