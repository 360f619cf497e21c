/* What a hostile server does on the control connection. */
#include "behaviour.h"
#include "session.h"

#include <strings.h>

/* The reply to CMD comes again, as one that answers nothing. */
static bool repeat_reply(struct session *s, const char *text, size_t len)
{
    if (!behaviour_is(s, s->arg))
        return false;
    session_send(s, text, len);
    session_send(s, text, len);
    return true;
}

/* EPSV makes the first PROT P forgotten, and transfers are refused until there is another. */
static bool forget_protection(struct session *s, const char *verb, const char *arg)
{
    (void) arg;
    if (strcasecmp(verb, "PROT") == 0)
        s->behaviour_steps++;
    bool moves = strcasecmp(verb, "RETR") == 0 || strcasecmp(verb, "STOR") == 0;
    if (!moves || s->behaviour_steps > 1)
        return false;
    session_reply(s, "%s Policy requires SSL", s->arg);
    return true;
}

const struct behaviour behaviours_control[] = {
    {"forgets-prot", "CODE", "transfers get CODE until PROT comes a second time",
     .command = forget_protection},
    {"reply-twice", "CMD", "the reply to CMD is sent twice", .reply = repeat_reply},
    {.name = NULL},
};
