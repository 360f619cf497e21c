#include "ftp/session_private.h"

enum { CLEAR_MS = 2000 };

/* Both ends say close_notify, in either order: Pure-FTPd waits for ours, ProFTPD sends its own at
 * once (FIELD-NOTES 42, 72). A server that never says it has ended TLS all the same. */
static int end_control_tls(struct session *s, struct deadline until, struct err *err)
{
    struct stream *stream = control_stream(s->control);
    struct deadline clock = deadline_sooner(until, deadline_in(CLEAR_MS));
    unsigned char stray[64];
    size_t got;
    if (stream_finish(stream, false, err) == STREAM_ERROR)
        return -1;
    for (;;) {
        enum stream_state state = stream_read(stream, stray, sizeof stray, &got, err);
        if (state == STREAM_EOF)
            break;
        if (state == STREAM_OK)
            return err_set(err, ERR_PROTOCOL, "an unexpected reply where TLS ends");
        if (state == STREAM_ERROR)
            return -1;
        struct wait_fd fd = {.fd = stream_fd(stream), .want = stream_events(state)};
        int rc = wait_fds(s->config.wait, &fd, 1, clock, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            break;
    }
    return stream_stop_tls(stream, err);
}

/* A gateway reads a segment only where it saw the one before end a line, as Linux's does: under TLS
 * none has. One whole reply in clear lets it find its place before the one that matters. */
static int show_gateway_a_line(struct session *s, struct deadline until, struct err *err)
{
    struct reply r;
    int rc = session_exchange(s, &r, until, err, "NOOP");
    reply_clear(&r);
    return rc;
}

bool session_can_clear(const struct session *s)
{
    return s->cleared || session_tls(s)->active;
}

int session_clear(struct session *s, struct deadline until, char *reply, size_t size,
                  struct err *err)
{
    struct reply r;
    if (s->cleared)
        return 0;
    if (session_exchange(s, &r, until, err, "CCC") < 0) {
        control_mark_dead(s->control); /* whether TLS goes on is not known */
        return err_wrap(err, "CCC");
    }
    reply_summary(&r, reply, size);
    int rc = reply_is_good(&r) ? 0 : session_refused(&r, "CCC", err);
    reply_clear(&r);
    if (rc < 0)
        return -1;
    if (control_has_unread(s->control)) {
        control_mark_dead(s->control);
        return err_set(err, ERR_PROTOCOL, "CCC: an unexpected reply where TLS ends");
    }
    log_note(s->config.log, "from here on commands and file names travel in clear");
    if (end_control_tls(s, until, err) < 0) {
        control_mark_dead(s->control);
        return err_wrap(err, "CCC");
    }
    s->cleared = true;
    return show_gateway_a_line(s, until, err);
}
