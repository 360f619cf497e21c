/* The trace: what goes over the control connection and what the engine decides, a line each.
 *
 * Secrets are redacted here, where lines are made, so that no sink can leak one (FIELD-NOTES 65);
 * what came from the network is escaped. A NULL log, or one without a sink, costs nothing.
 */
#ifndef FTPSH_BASE_LOG_H
#define FTPSH_BASE_LOG_H

#include <stddef.h>

enum log_kind {
    LOG_SENT,     /* a command */
    LOG_RECEIVED, /* a line of a reply */
    LOG_NOTE,     /* what the engine does */
    LOG_NEWS      /* the same, and a person is to know it at once */
};

/* The sink gets one line without its end; it must not keep the pointer. It may be called from any
 * thread that uses the log. */
struct log {
    void (*line)(void *ctx, enum log_kind kind, const char *text);
    void *ctx;
};

/* A command line without CRLF; the arguments of USER, PASS, ACCT and SITE PSWD are replaced by
 * ****. In all lines URLs lose their passwords. */
void log_sent(const struct log *log, const char *line, size_t len);

/* Where in such a line what is replaced begins; 0: nowhere. The names of users are no secret. */
size_t log_secret(const char *line, size_t len);

void log_received(const struct log *log, const char *line, size_t len);
void log_note(const struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_news(const struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
