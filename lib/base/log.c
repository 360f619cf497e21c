#include "base/log.h"

#include "base/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LINE_MAX_SHOWN = 1024 };

static void emit(const struct log *log, enum log_kind kind, const char *line, size_t len)
{
    char text[LINE_MAX_SHOWN];
    escape_text(text, sizeof text, line, len);
    hide_passwords(text);
    log->line(log->ctx, kind, text);
}

/* How much of a command may be shown: up to the blank behind its verb. 0: all of it. */
static size_t shown_of_secret(const char *line, size_t len)
{
    static const char *const verbs[] = {"USER ", "PASS ", "ACCT ", "SITE PSWD "};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        size_t n = strlen(verbs[i]);
        if (len >= n && strncasecmp(line, verbs[i], n) == 0)
            return n;
    }
    return 0;
}

void log_sent(const struct log *log, const char *line, size_t len)
{
    if (!log || !log->line)
        return;
    size_t shown = shown_of_secret(line, len);
    if (shown > 0) {
        char redacted[32];
        int n = snprintf(redacted, sizeof redacted, "%.*s****", (int) shown, line);
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
