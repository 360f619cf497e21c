/* What a hostile server does on the control connection. */
#include "behaviour.h"
#include "session.h"

/* The reply to CMD comes again, as one that answers nothing. */
static bool repeat_reply(struct session *s, const char *text, size_t len)
{
    if (!behaviour_is(s, s->arg))
        return false;
    session_send(s, text, len);
    session_send(s, text, len);
    return true;
}

const struct behaviour behaviours_control[] = {
    {"reply-twice", "CMD", "the reply to CMD is sent twice", .reply = repeat_reply},
    {.name = NULL},
};
