#include "base/err.h"

#include "base/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[ERR_CODES] = {
    [ERR_NONE] = "none",
    [ERR_USAGE] = "usage",
    [ERR_LOCAL] = "local",
    [ERR_RESOLVE] = "resolve",
    [ERR_CONNECT] = "connect",
    [ERR_TIMEOUT] = "timeout",
    [ERR_CANCELLED] = "cancelled",
    [ERR_CLOSED] = "closed",
    [ERR_TRUNCATED] = "truncated",
    [ERR_TLS] = "tls",
    [ERR_CERTIFICATE] = "certificate",
    [ERR_LOGIN] = "login",
    [ERR_REPLY_TRANSIENT] = "reply-transient",
    [ERR_REPLY_PERMANENT] = "reply-permanent",
    [ERR_PROTOCOL] = "protocol",
    [ERR_NO_DATA_PATH] = "no-data-path",
    [ERR_INTEGRITY] = "integrity",
};

/* Escaped text can be longer than the raw text; what does not fit is cut at the end. */
static void store(struct err *err, const char *raw)
{
    escape_text(err->msg, sizeof err->msg, raw, strlen(raw));
    hide_passwords(err->msg);
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (!err || err_is_set(err))
        return -1;
    char raw[sizeof err->msg];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    err->code = code;
    err->sys = 0;
    err->reply = 0;
    store(err, raw);
    return -1;
}

int err_set_sys(struct err *err, enum err_code code, int sys, const char *fmt, ...)
{
    if (!err || err_is_set(err))
        return -1;
    char raw[sizeof err->msg], whole[sizeof err->msg], why[128];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    if (strerror_r(sys, why, sizeof why) != 0)
        snprintf(why, sizeof why, "error %d", sys);
    if (snprintf(whole, sizeof whole, "%s: %s", raw, why) >= (int) sizeof whole)
        memcpy(whole + sizeof whole - 4, "...", 4);
    err->code = code;
    err->sys = sys;
    err->reply = 0;
    store(err, whole);
    return -1;
}

int err_set_reply(struct err *err, int reply, const char *fmt, ...)
{
    if (!err || err_is_set(err))
        return -1;
    char raw[sizeof err->msg];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    err->code = reply / 100 == 4 ? ERR_REPLY_TRANSIENT : ERR_REPLY_PERMANENT;
    err->sys = 0;
    err->reply = reply;
    store(err, raw);
    return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
    if (!err || !err_is_set(err))
        return -1;
    char raw[sizeof err->msg], context[sizeof err->msg], old[sizeof err->msg];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    escape_text(context, sizeof context, raw, strlen(raw));
    hide_passwords(context);
    memcpy(old, err->msg, sizeof old);
    if (snprintf(err->msg, sizeof err->msg, "%s: %s", context, old) >= (int) sizeof err->msg)
        memcpy(err->msg + sizeof err->msg - 4, "...", 4);
    return -1;
}

int err_take(struct err *err, const struct err *cause)
{
    if (err && !err_is_set(err))
        *err = *cause;
    return -1;
}

void err_clear(struct err *err)
{
    if (err)
        *err = (struct err) ERR_INIT;
}

bool err_is_set(const struct err *err)
{
    return err && err->code != ERR_NONE;
}

const char *err_name(enum err_code code)
{
    return (unsigned) code < ERR_CODES ? names[code] : "unknown";
}
