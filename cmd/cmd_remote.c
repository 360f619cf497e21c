#include "handlers.h"

#include "base/escape.h"
#include "jsonout.h"
#include "parts.h"
#include "xfer/change.h"
#include "xfer/stat.h"
#include "xfer/walk.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int put_done(struct app *app, const char *path, bool made, struct err *err)
{
    if (!app->json)
        return 0;
    json_t *o = json_pack("{s:o, s:b}", "path", json_text(path), "made", (int) made);
    return json_line(app->out, o, err);
}

static int make_folder(struct app *app, const char *path, struct err *err)
{
    if (change_make_folder(&app->mover, path, err) < 0)
        return -1;
    return put_done(app, path, true, err);
}

/* From the end: most often all but the last folder are there. */
static int make_path(struct app *app, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    if (make_folder(app, path, &why) == 0)
        return 0;
    if (!walk_may_go_on(&why))
        return err_take(err, &why);
    int there = stat_is_folder(&app->mover, path, err);
    if (there != 0)
        return there < 0 ? -1 : put_done(app, path, false, err);
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    if (len <= 1)
        return err_take(err, &why);
    char *above = strndup(path, len - 1);
    if (!above)
        return err_set(err, ERR_LOCAL, "out of memory");
    int rc = make_path(app, above, err);
    free(above);
    return rc < 0 ? -1 : make_folder(app, path, err);
}

static int remove_folder(struct app *app, const char *path, struct err *err)
{
    return change_remove_folder(&app->mover, path, err);
}

int cmd_mkdir(struct app *app, int argc, char **argv, struct err *err)
{
    return parts_each(app, app_option(app, "p") ? make_path : make_folder, argc, argv, err);
}

int cmd_rmdir(struct app *app, int argc, char **argv, struct err *err)
{
    return parts_each(app, remove_folder, argc, argv, err);
}

int cmd_mv(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    return change_rename(&app->mover, argv[1], argv[2], err);
}

static int change_mode(struct app *app, const char *path, struct err *err)
{
    const char *mode = app->call->argv[1];
    return session_expect(app->session, NULL, path, err, "SITE CHMOD %s %s", mode, path);
}

int cmd_chmod(struct app *app, int argc, char **argv, struct err *err)
{
    size_t len = strlen(argv[1]);
    if (len < 3 || len > 4 || strspn(argv[1], "01234567") != len)
        return err_set(err, ERR_USAGE, "'%s' is no octal mode such as 644", argv[1]);
    return parts_each(app, change_mode, argc - 1, argv + 1, err);
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

/* Words behind `verb`, which may be "", as one FTP command; and what came of it. */
static int send_raw(struct app *app, const char *verb, int argc, char **argv, struct err *err)
{
    char line[PATH_BYTES + 256];
    struct reply r = {0};
    size_t len = (size_t) snprintf(line, sizeof line, "%s", verb);
    for (int i = 1; i < argc; i++) {
        int n = snprintf(line + len, sizeof line - len, "%s%s", len > 0 ? " " : "", argv[i]);
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

int cmd_quote(struct app *app, int argc, char **argv, struct err *err)
{
    return send_raw(app, "", argc, argv, err);
}

int cmd_site(struct app *app, int argc, char **argv, struct err *err)
{
    return send_raw(app, "SITE", argc, argv, err);
}
