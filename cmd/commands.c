#include "commands.h"

#include "handlers.h"
#include "nearest.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

/* What is not said is false, 0 or NULL. */
const struct command command_table[] = {
    {.name = "!",
     .kinds = "c",
     .max = ARGS_ANY,
     .usage = "! [SHELL COMMAND]",
     .help = "run a command on this machine, or a shell",
     .run = cmd_shell},
    {.name = "cat",
     .kinds = "r",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .letters = "",
     .usage = "cat FILE...",
     .help = "show remote files",
     .run = cmd_cat},
    {.name = "cd",
     .kinds = "d",
     .max = 1,
     .session = true,
     .letters = "",
     .usage = "cd [FOLDER]",
     .help = "go to a remote folder (without one: back to that after login)",
     .run = cmd_cd},
    {.name = "cdup",
     .kinds = "-",
     .session = true,
     .letters = "",
     .usage = "cdup",
     .help = "go to the folder above",
     .run = cmd_cdup},
    {.name = "chmod",
     .kinds = "-r",
     .min = 2,
     .max = ARGS_ANY,
     .session = true,
     .letters = "",
     .usage = "chmod MODE FILE...",
     .help = "change permissions (SITE CHMOD); MODE is octal",
     .run = cmd_chmod},
    {.name = "close",
     .kinds = "-",
     .letters = "",
     .usage = "close",
     .help = "end the connection",
     .run = cmd_close},
    {.name = "diagnose",
     .kinds = "-",
     .max = 1,
     .session = true,
     .json = true,
     .letters = "c",
     .usage = "diagnose [-c] [--json] [IDLE]",
     .help = "try every data strategy and say what stands in the way, and who can mend it (-c also "
             "CCC; IDLE: seconds to leave the connection idle)",
     .run = cmd_diagnose},
    {.name = "get",
     .kinds = "rl",
     .min = 1,
     .max = 2,
     .session = true,
     .letters = "",
     .usage = "get REMOTE [LOCAL]",
     .help = "download a file",
     .run = cmd_get},
    {.name = "help",
     .kinds = "c",
     .max = 1,
     .letters = "",
     .usage = "help [COMMAND]",
     .help = "list commands, or explain one",
     .run = cmd_help},
    {.name = "lcd",
     .kinds = "L",
     .max = 1,
     .letters = "",
     .usage = "lcd [FOLDER]",
     .help = "go to a local folder",
     .run = cmd_lcd},
    {.name = "lls",
     .kinds = "l",
     .max = ARGS_ANY,
     .usage = "lls [ARG]...",
     .help = "list local files, with the arguments of ls(1)",
     .run = cmd_lls},
    {.name = "lpwd",
     .kinds = "-",
     .json = true,
     .letters = "",
     .usage = "lpwd [--json]",
     .help = "show the local folder",
     .run = cmd_lpwd},
    {.name = "ls",
     .kinds = "d",
     .max = 1,
     .session = true,
     .json = true,
     .letters = "1al",
     .usage = "ls [-1al] [--json] [PATH]",
     .help = "list a remote folder (-l long, -a names with a dot too, -1 one a line)",
     .run = cmd_ls},
    {.name = "memory",
     .kinds = "-h",
     .max = 2,
     .json = true,
     .letters = "",
     .usage = "memory [--json] [forget HOST]",
     .help = "show which strategies are remembered, or forget a host's ('*': all)",
     .run = cmd_memory},
    {.name = "mkdir",
     .kinds = "d",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .letters = "",
     .usage = "mkdir FOLDER...",
     .help = "make remote folders",
     .run = cmd_mkdir},
    {.name = "mv",
     .kinds = "rr",
     .min = 2,
     .max = 2,
     .session = true,
     .letters = "",
     .usage = "mv FROM TO",
     .help = "rename a remote file or folder",
     .run = cmd_mv},
    {.name = "nlist",
     .kinds = "d",
     .max = 1,
     .session = true,
     .json = true,
     .letters = "",
     .usage = "nlist [--json] [PATH]",
     .help = "list names as the server gives them (NLST)",
     .run = cmd_nlist},
    {.name = "open",
     .kinds = "h",
     .min = 1,
     .max = 1,
     .letters = "",
     .usage = "open TARGET",
     .help = "connect to [user@]host[:port][/dir] or a URL",
     .run = cmd_open},
    {.name = "put",
     .kinds = "lr",
     .min = 1,
     .max = 2,
     .session = true,
     .letters = "",
     .usage = "put LOCAL [REMOTE]",
     .help = "upload a file (a REMOTE that ends in / is a folder)",
     .run = cmd_put},
    {.name = "pwd",
     .kinds = "-",
     .session = true,
     .json = true,
     .letters = "",
     .usage = "pwd [--json]",
     .help = "show the remote folder",
     .run = cmd_pwd},
    {.name = "quit",
     .kinds = "-",
     .letters = "",
     .usage = "quit",
     .help = "leave (also: exit, bye)",
     .run = cmd_quit},
    {.name = "quote",
     .kinds = "-",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .usage = "quote [--json] COMMAND [ARG]...",
     .help = "send an FTP command as it is and show the reply",
     .run = cmd_quote},
    {.name = "reget",
     .kinds = "rl",
     .min = 1,
     .max = 2,
     .session = true,
     .letters = "",
     .usage = "reget REMOTE [LOCAL]",
     .help = "continue a download",
     .run = cmd_reget},
    {.name = "reput",
     .kinds = "lr",
     .min = 1,
     .max = 2,
     .session = true,
     .letters = "",
     .usage = "reput LOCAL [REMOTE]",
     .help = "continue an upload",
     .run = cmd_reput},
    {.name = "rm",
     .kinds = "r",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .letters = "",
     .usage = "rm FILE...",
     .help = "delete remote files",
     .run = cmd_rm},
    {.name = "rmdir",
     .kinds = "d",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .letters = "",
     .usage = "rmdir FOLDER...",
     .help = "delete empty remote folders",
     .run = cmd_rmdir},
    {.name = "set",
     .kinds = "--",
     .max = 2,
     .json = true,
     .usage = "set [--json] [NAME [VALUE]]",
     .help = "show settings, or change one: the options' names (connection settings hold from the "
             "next open on)",
     .run = cmd_set},
    {.name = "size",
     .kinds = "r",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .letters = "",
     .usage = "size [--json] FILE...",
     .help = "show the size of files",
     .run = cmd_size},
    {.name = "stat",
     .kinds = "r",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .letters = "",
     .usage = "stat [--json] PATH...",
     .help = "show what the server knows of a file",
     .run = cmd_stat},
    {.name = "status",
     .kinds = "-",
     .json = true,
     .letters = "",
     .usage = "status [--json]",
     .help = "show the connection, how data connections come about, and timeouts",
     .run = cmd_status},
    {.name = "user",
     .kinds = "-",
     .min = 1,
     .max = 1,
     .letters = "",
     .usage = "user NAME",
     .help = "log in again as another user",
     .run = cmd_user},
};
const size_t command_count = sizeof command_table / sizeof command_table[0];

static const struct {
    const char *alias, *name;
} aliases[] = {
    {"exit", "quit"}, {"bye", "quit"}, {"?", "help"}, {"delete", "rm"}, {"rename", "mv"},
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (strcmp(aliases[i].alias, name) == 0)
            name = aliases[i].name;
    }
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(command_table[i].name, name) == 0)
            return &command_table[i];
    }
    return NULL;
}

static int set_unknown(const char *name, struct err *err)
{
    char hint[64];
    struct nearest near = {.word = name};
    for (size_t i = 0; i < command_count; i++)
        nearest_offer(&near, command_table[i].name);
    return err_set(err, ERR_USAGE, "unknown command%s; try 'help'",
                   nearest_hint(&near, "", hint, sizeof hint));
}

/* A command line taken apart: options apart from arguments. */
struct call {
    const struct command *command;
    char letters[16];
    bool json;
    int argc;
    char *argv[WORDS_MAX + 1];
};

static int take_option(struct call *call, const char *word, struct err *err)
{
    const struct command *c = call->command;
    if (strcmp(word, "--json") == 0 && c->json) {
        call->json = true;
        return 0;
    }
    for (const char *p = word + 1; *p; p++) {
        size_t n = strlen(call->letters);
        if (!strchr(c->letters, *p))
            return err_set(err, ERR_USAGE,
                           "no option '%s' (put -- before a name that starts with '-'); usage: %s",
                           word, c->usage);
        if (!strchr(call->letters, *p) && n + 1 < sizeof call->letters)
            call->letters[n] = *p;
    }
    return 0;
}

static int take_words(struct call *call, int argc, char **argv, struct err *err)
{
    bool options = call->command->letters != NULL;
    for (int i = 1; i < argc; i++) {
        /* where words that start with "-" are arguments, this one in front is not */
        bool leading = !call->command->letters && i == 1 && strcmp(argv[i], "--json") == 0;
        if (leading && call->command->json) {
            call->json = true;
        } else if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1]) {
            if (take_option(call, argv[i], err) < 0)
                return -1;
        } else {
            call->argv[call->argc++] = argv[i];
        }
    }
    return 0;
}

static int call_make(struct call *call, int argc, char **argv, struct err *err)
{
    memset(call, 0, sizeof *call);
    call->command = command_find(argv[0]);
    if (!call->command)
        return set_unknown(argv[0], err);
    if (argc > WORDS_MAX)
        return err_set(err, ERR_USAGE, "more than %d words", WORDS_MAX);
    call->argv[call->argc++] = argv[0];
    if (take_words(call, argc, argv, err) < 0)
        return -1;
    int n = call->argc - 1;
    if (n < call->command->min || (call->command->max != ARGS_ANY && n > call->command->max))
        return err_set(err, ERR_USAGE, "usage: %s", call->command->usage);
    return 0;
}

int command_check(int argc, char **argv, struct err *err)
{
    struct call call;
    return call_make(&call, argc, argv, err);
}

int command_run(struct app *app, int argc, char **argv, struct err *err)
{
    struct call call;
    if (call_make(&call, argc, argv, err) < 0)
        return -1;
    if (call.command->session && !app->session)
        return err_set(err, ERR_USAGE, "not connected; use 'open HOST'");
    app->letters = call.letters;
    app->json = app->settings.json || call.json;
    size_t before = app_command_begins(app);
    int rc = call.command->run(app, call.argc, call.argv, err);
    app_command_ends(app, before);
    app->letters = "";
    struct err unwritten = ERR_INIT;
    if (app_flush(app, &unwritten) < 0 && rc == 0) {
        *err = unwritten;
        rc = -1;
    }
    return rc;
}
