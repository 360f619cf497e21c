#include "behaviour.h"

#include "session.h"

#include <string.h>
#include <strings.h>

static const struct behaviour *const tables[] = {behaviours_control, behaviours_data};
#define TABLES (sizeof tables / sizeof tables[0])

const struct behaviour *behaviour_find(const char *text, const char **arg)
{
    size_t len = strcspn(text, "=");
    *arg = text[len] ? text + len + 1 : text + len;
    for (size_t i = 0; i < TABLES; i++)
        for (const struct behaviour *b = tables[i]; b->name; b++) {
            bool wanted = b->arg[0] && b->arg[0] != '[';
            if (strlen(b->name) == len && memcmp(b->name, text, len) == 0)
                return (wanted && !text[len]) || (!b->arg[0] && text[len]) ? NULL : b;
        }
    return NULL;
}

void behaviour_help(FILE *f)
{
    for (size_t i = 0; i < TABLES; i++)
        for (const struct behaviour *b = tables[i]; b->name; b++) {
            char left[48];
            const char *eq = !b->arg[0] || b->arg[0] == '[' ? "" : "=";
            snprintf(left, sizeof left, "%s%s%s", b->name, eq, b->arg);
            fprintf(f, "  %-28s %s\n", left, b->help);
        }
}

static const struct behaviour *of(const struct session *s)
{
    static const struct behaviour none;
    const struct behaviour *b = s->srv->options.behaviour;
    return b ? b : &none;
}

bool behaviour_connected(struct session *s)
{
    return of(s)->connected ? of(s)->connected(s) : true;
}

bool behaviour_command(struct session *s, const char *verb, const char *arg)
{
    return of(s)->command ? of(s)->command(s, verb, arg) : false;
}

bool behaviour_reply(struct session *s, const char *text, size_t len)
{
    return of(s)->reply ? of(s)->reply(s, text, len) : false;
}

void behaviour_tls_begins(struct session *s, gnutls_session_t tls, bool data)
{
    if (of(s)->tls_begins)
        of(s)->tls_begins(s, tls, data);
}

void behaviour_tls_began(struct session *s)
{
    if (of(s)->tls_began)
        of(s)->tls_began(s);
}

bool behaviour_data_open(struct session *s, struct behaviour_data *d)
{
    return of(s)->data_open ? of(s)->data_open(s, d) : true;
}

bool behaviour_data_ready(struct session *s, struct behaviour_data *d)
{
    return of(s)->data_ready ? of(s)->data_ready(s, d) : true;
}

bool behaviour_data_block(struct session *s, struct behaviour_data *d, char *block, size_t len)
{
    return of(s)->data_block ? of(s)->data_block(s, d, block, len) : true;
}

bool behaviour_data_end(struct session *s, struct behaviour_data *d)
{
    return of(s)->data_end ? of(s)->data_end(s, d) : true;
}

void behaviour_rest(const struct session *s, int ms)
{
    wait_ready(s->srv->stop_fd, -1, 0, -1, ms);
}

void behaviour_hang(struct session *s)
{
    char mem[4096];
    while (!s->gone && conn_read(&s->ctl, mem, sizeof mem, 600000) > 0)
        continue;
    s->gone = true;
}

void behaviour_hang_up(struct session *s, bool reset)
{
    if (reset)
        conn_reset(&s->ctl);
    else
        conn_close(&s->ctl);
    s->gone = true;
}

bool behaviour_is(const struct session *s, const char *verb)
{
    return strcasecmp(s->verb, verb) == 0;
}
