#include "handlers.h"

#include "base/escape.h"
#include "jsonout.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* One command for each argument, up to the first that is refused. */
static int for_each(struct app *app, const char *verb, int argc, char **argv, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        if (session_expect(app->session, NULL, argv[i], err, "%s %s", verb, argv[i]) < 0)
            return -1;
    }
    return 0;
}

int cmd_mkdir(struct app *app, int argc, char **argv, struct err *err)
{
    return for_each(app, "MKD", argc, argv, err);
}

int cmd_rmdir(struct app *app, int argc, char **argv, struct err *err)
{
    return for_each(app, "RMD", argc, argv, err);
}

int cmd_rm(struct app *app, int argc, char **argv, struct err *err)
{
    return for_each(app, "DELE", argc, argv, err);
}

int cmd_mv(struct app *app, int argc, char **argv, struct err *err)
{
    struct reply r = {0};
    (void) argc;
    if (session_command(app->session, &r, err, "RNFR %s", argv[1]) < 0)
        return -1;
    int rc = r.code / 100 == 3 ? 0 : session_refused(&r, argv[1], err);
    reply_clear(&r);
    return rc < 0 ? -1 : session_expect(app->session, NULL, argv[2], err, "RNTO %s", argv[2]);
}

int cmd_chmod(struct app *app, int argc, char **argv, struct err *err)
{
    size_t len = strlen(argv[1]);
    if (len < 3 || len > 4 || strspn(argv[1], "01234567") != len)
        return err_set(err, ERR_USAGE, "'%s' is no octal mode such as 644", argv[1]);
    for (int i = 2; i < argc; i++) {
        if (session_expect(app->session, NULL, argv[i], err, "SITE CHMOD %s %s", argv[1], argv[i]) <
            0)
            return -1;
    }
    return 0;
}

/* What would open a data connection, or leave the session other than ftpsh takes it to be. */
static const struct {
    const char *verb, *instead;
} forbidden[] = {
    {"PASV", NULL},    {"EPSV", NULL},   {"PORT", NULL},    {"EPRT", NULL},    {"LPRT", NULL},
    {"LPSV", NULL},    {"SPSV", NULL},   {"PRET", NULL},    {"REST", NULL},    {"AUTH", NULL},
    {"PROT", NULL},    {"CCC", NULL},    {"REIN", NULL},    {"TYPE", NULL},    {"MODE", NULL},
    {"STRU", NULL},    {"ABOR", NULL},   {"ADAT", NULL},    {"RETR", "get"},   {"STOR", "put"},
    {"APPE", "reput"}, {"STOU", "put"},  {"LIST", "ls"},    {"NLST", "nlist"}, {"MLSD", "ls"},
    {"CWD", "cd"},     {"XCWD", "cd"},   {"CDUP", "cdup"},  {"XCUP", "cdup"},  {"USER", "user"},
    {"PASS", "user"},  {"ACCT", "user"}, {"QUIT", "close"},
};

static int check_raw(const char *line, struct err *err)
{
    size_t len = strcspn(line, " \t");
    if (len == 0 || !isalpha((unsigned char) line[0]))
        return err_set(err, ERR_USAGE, "that is no FTP command");
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        const char *verb = forbidden[i].verb, *instead = forbidden[i].instead;
        if (strlen(verb) != len || strncasecmp(verb, line, len) != 0)
            continue;
        if (instead)
            return err_set(err, ERR_USAGE, "%s can't be sent as it is; use '%s'", verb, instead);
        return err_set(err, ERR_USAGE,
                       "%s can't be sent as it is: it changes how data or commands travel", verb);
    }
    return 0;
}

static int print_reply(struct app *app, const struct reply *r, struct err *err)
{
    char text[2048];
    if (app->json)
        return json_line(app->out,
                         json_pack("{s:i, s:o}", "code", r->code, "text", json_text(r->text)), err);
    for (const char *line = r->text; line && *line;) {
        size_t len = strcspn(line, "\n");
        escape_text(text, sizeof text, line, len);
        fprintf(app->out, "%s\n", text);
        line += len + (line[len] == '\n');
    }
    return 0;
}

int cmd_quote(struct app *app, int argc, char **argv, struct err *err)
{
    char line[PATH_BYTES + 256];
    struct reply r = {0};
    size_t len = 0;
    for (int i = 1; i < argc; i++) {
        int n = snprintf(line + len, sizeof line - len, "%s%s", i > 1 ? " " : "", argv[i]);
        if (n < 0 || (size_t) n >= sizeof line - len)
            return err_set(err, ERR_USAGE, "the command is too long");
        len += (size_t) n;
    }
    if (check_raw(line, err) < 0 || session_command(app->session, &r, err, "%s", line) < 0)
        return -1;
    int rc = print_reply(app, &r, err);
    if (r.code >= 400 && rc == 0)
        rc = session_refused(&r, argv[1], err);
    reply_clear(&r);
    return rc;
}
