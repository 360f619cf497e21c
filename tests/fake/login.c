#include "commands.h"

#include <string.h>
#include <strings.h>

void cmd_user(struct session *s, const char *arg)
{
    s->logged_in = false;
    if (session_quirk(s, QUIRK_LOGIN_421) ||
        (session_quirk(s, QUIRK_AGAIN_421) && s->id > session_quirk_number(s, QUIRK_AGAIN_421))) {
        session_reply(s, "421 Too many connections, try later");
        s->quit = true;
        return;
    }
    if (s->srv->options.tls == OFFER_REQUIRED && !s->ctl.tls) {
        session_reply(s, "530 TLS is required: AUTH TLS first");
        return;
    }
    /* A wrong name is told only with the password. */
    s->named = strcmp(arg, s->srv->options.user) == 0;
    session_reply(s, "331 Password, please");
}

void cmd_pass(struct session *s, const char *arg)
{
    const char *password = s->srv->options.password;
    bool right = s->named && (!password || strcmp(password, arg) == 0);
    s->named = false;
    s->logged_in = right && session_admit(s);
    session_reply(s, s->logged_in ? "230 Logged in"
                     : right      ? "530 Too many users are logged in"
                                  : "530 Login incorrect");
}

void cmd_acct(struct session *s, const char *arg)
{
    (void) arg;
    session_reply(s, "202 No account is needed");
}

void cmd_quit(struct session *s, const char *arg)
{
    (void) arg;
    session_reply(s, "221 Goodbye");
    s->quit = true;
}

void cmd_auth(struct session *s, const char *arg)
{
    static const char injected[] = "234 Go on\r\n230 Logged in, in the clear\r\n";
    if (s->srv->options.tls == OFFER_OFF || s->srv->options.tls == OFFER_IMPLICIT) {
        session_reply(s, "502 No TLS here");
        return;
    }
    if (strcasecmp(arg, "TLS") != 0 && strcasecmp(arg, "TLS-C") != 0 &&
        strcasecmp(arg, "SSL") != 0) {
        session_reply(s, "504 AUTH TLS is what is known");
        return;
    }
    if (session_quirk(s, QUIRK_INJECT))
        session_send(s, injected, sizeof injected - 1);
    else
        session_reply(s, "234 Go on");
    s->named = s->logged_in = false;
    session_start_tls(s);
}

void cmd_pbsz(struct session *s, const char *arg)
{
    (void) arg;
    session_reply(s, s->ctl.tls ? "200 PBSZ=0" : "503 Not without TLS");
}

void cmd_prot(struct session *s, const char *arg)
{
    if (!s->ctl.tls) {
        session_reply(s, "503 Not without TLS");
    } else if (strcasecmp(arg, "P") == 0 || strcasecmp(arg, "C") == 0) {
        s->private_data = strcasecmp(arg, "P") == 0;
        session_reply(s, "200 Data is %s", s->private_data ? "private" : "clear");
    } else {
        session_reply(s, "504 P or C");
    }
}

void cmd_sscn(struct session *s, const char *arg)
{
    if (!session_quirk(s, QUIRK_SSCN)) {
        session_reply(s, "500 SSCN is unknown");
        return;
    }
    if (*arg)
        s->sscn = strcasecmp(arg, "ON") == 0;
    session_reply(s, "200 SSCN:%s METHOD", s->sscn ? "CLIENT" : "SERVER");
}

/* RFC 4217 section 7: the reply still goes out under TLS. */
void cmd_ccc(struct session *s, const char *arg)
{
    (void) arg;
    if (!s->ctl.tls) {
        session_reply(s, "533 It is clear already");
        return;
    }
    session_reply(s, "200 Clear from here");
    conn_end_tls(&s->ctl, true, 5000);
}

/* A quirk takes a line away; QUIRK_COUNT: none does. */
static const struct {
    const char *line;
    bool needs_tls;
    enum quirk_id quirk;
} features[] = {
    {"AUTH TLS", true, QUIRK_AUTH_REFUSED},
    {"PBSZ", true, QUIRK_PBSZ_REFUSED},
    {"PROT", true, QUIRK_PROT_REFUSED},
    {"CCC", true, QUIRK_COUNT},
    {"EPSV", false, QUIRK_COUNT},
    {"EPRT", false, QUIRK_COUNT},
    {"SIZE", false, QUIRK_NO_SIZE},
    {"MDTM", false, QUIRK_COUNT},
    {"MFMT", false, QUIRK_COUNT},
    {"REST STREAM", false, QUIRK_COUNT},
    {"UTF8", false, QUIRK_COUNT},
    {"TVFS", false, QUIRK_COUNT},
    {"MLST type*;size*;modify*;UNIX.mode*;UNIX.owner*;UNIX.group*;", false, QUIRK_NO_MLSD},
};

/* All but the first, type, lose their asterisk. */
static size_t turn_facts_off(char *text)
{
    char *mlst = strstr(text, " MLST ");
    char *star = mlst ? strchr(mlst, '*') : NULL;
    for (char *p = star ? star + 1 : NULL; p && *p && *p != '\r'; p++) {
        if (*p == '*')
            memmove(p, p + 1, strlen(p + 1) + 1);
    }
    return strlen(text);
}

void cmd_feat(struct session *s, const char *arg)
{
    (void) arg;
    char text[1024];
    size_t len = 0;
    if (session_quirk(s, QUIRK_FEAT_LATE) && !s->logged_in) {
        session_reply(s, "530 Log in first");
        return;
    }
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (features[i].needs_tls && s->srv->options.tls == OFFER_OFF)
            continue;
        if (features[i].quirk != QUIRK_COUNT && session_quirk(s, features[i].quirk))
            continue;
        len += (size_t) snprintf(text + len, sizeof text - len, " %s\r\n", features[i].line);
    }
    if (session_quirk(s, QUIRK_FACTS_OFF))
        len = turn_facts_off(text);
    if (session_quirk(s, QUIRK_PRET))
        len += (size_t) snprintf(text + len, sizeof text - len, " PRET\r\n");
    if (session_quirk(s, QUIRK_MODE_Z))
        len += (size_t) snprintf(text + len, sizeof text - len, " MODE Z\r\n");
    if (session_quirk(s, QUIRK_SSCN))
        len += (size_t) snprintf(text + len, sizeof text - len, " SSCN\r\n");
    if (session_quirk(s, QUIRK_CPSV))
        len += (size_t) snprintf(text + len, sizeof text - len, " CPSV\r\n");
    len += digest_features(s, text + len, sizeof text - len);
    session_reply(s, "211-Features:\r\n%s211 End", text);
}

void cmd_opts(struct session *s, const char *arg)
{
    if (strcasecmp(arg, "UTF8 ON") == 0)
        session_reply(s, "200 UTF-8 it is");
    else if (strncasecmp(arg, "HASH ", 5) == 0 && digest_select(s, arg + 5))
        return;
    else if (strncasecmp(arg, "MLST", 4) == 0 && !session_quirk(s, QUIRK_NO_MLSD))
        session_reply(s, "200 MLST OPTS type;size;modify;UNIX.mode;UNIX.owner;UNIX.group;");
    else
        session_reply(s, "501 No such option");
}

void cmd_syst(struct session *s, const char *arg)
{
    (void) arg;
    session_reply(s, "215 UNIX Type: L8");
}

/* As many servers do, files are sent as they are in TYPE A too. */
void cmd_type(struct session *s, const char *arg)
{
    if (strchr("AaIi", arg[0]) || strcasecmp(arg, "L 8") == 0)
        session_reply(s, "200 Type is %s", arg);
    else
        session_reply(s, "504 A or I");
}

void cmd_mode(struct session *s, const char *arg)
{
    const char *how = s->srv->options.quirks.value[QUIRK_MODE_Z].text;
    bool z = strcasecmp(arg, "Z") == 0 && session_quirk(s, QUIRK_MODE_Z) &&
             (!how || strcmp(how, "refuse") != 0);
    if (z || strcasecmp(arg, "S") == 0) {
        s->mode_z = z && !how;
        session_reply(s, "200 Mode is %s", z ? "Z" : "S");
    } else {
        session_reply(s, "504 Mode %s is not known", arg);
    }
}

void cmd_stru(struct session *s, const char *arg)
{
    session_reply(s, strcasecmp(arg, "F") == 0 ? "200 File structure" : "504 F is what is known");
}

void cmd_noop(struct session *s, const char *arg)
{
    (void) arg;
    session_reply(s, "200 Nothing done");
}
