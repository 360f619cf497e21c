#include "commands.h"

#include "handlers.h"
#include "nearest.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

/* name, kinds, min, max, session, json, letters, usage, help, handler */
const struct command command_table[] = {
    {"!", "c", 0, ARGS_ANY, false, false, NULL, "! [SHELL COMMAND]",
     "run a command on this machine, or a shell", cmd_shell},
    {"cat", "r", 1, ARGS_ANY, true, false, "", "cat FILE...", "show remote files", cmd_cat},
    {"cd", "d", 0, 1, true, false, "", "cd [FOLDER]",
     "go to a remote folder (without one: back to that after login)", cmd_cd},
    {"cdup", "-", 0, 0, true, false, "", "cdup", "go to the folder above", cmd_cdup},
    {"chmod", "-r", 2, ARGS_ANY, true, false, "", "chmod MODE FILE...",
     "change permissions (SITE CHMOD); MODE is octal", cmd_chmod},
    {"close", "-", 0, 0, false, false, "", "close", "end the connection", cmd_close},
    {"diagnose", "-", 0, 1, true, true, "c", "diagnose [-c] [--json] [IDLE]",
     "try every data strategy and say what stands in the way, and who can mend it (-c also CCC; "
     "IDLE: seconds to leave the connection idle)",
     cmd_diagnose},
    {"get", "rl", 1, 2, true, false, "", "get REMOTE [LOCAL]", "download a file", cmd_get},
    {"help", "c", 0, 1, false, false, "", "help [COMMAND]", "list commands, or explain one",
     cmd_help},
    {"lcd", "L", 0, 1, false, false, "", "lcd [FOLDER]", "go to a local folder", cmd_lcd},
    {"lls", "l", 0, ARGS_ANY, false, false, NULL, "lls [ARG]...",
     "list local files, with the arguments of ls(1)", cmd_lls},
    {"lpwd", "-", 0, 0, false, false, "", "lpwd", "show the local folder", cmd_lpwd},
    {"ls", "d", 0, 1, true, true, "1al", "ls [-1al] [--json] [PATH]",
     "list a remote folder (-l long, -a names with a dot too, -1 one a line)", cmd_ls},
    {"memory", "-h", 0, 2, false, true, "", "memory [--json] [forget HOST]",
     "show which strategies are remembered, or forget a host's ('*': all)", cmd_memory},
    {"mkdir", "d", 1, ARGS_ANY, true, false, "", "mkdir FOLDER...", "make remote folders",
     cmd_mkdir},
    {"mv", "rr", 2, 2, true, false, "", "mv FROM TO", "rename a remote file or folder", cmd_mv},
    {"nlist", "d", 0, 1, true, true, "", "nlist [--json] [PATH]",
     "list names as the server gives them (NLST)", cmd_nlist},
    {"open", "h", 1, 1, false, false, "", "open TARGET",
     "connect to [user@]host[:port][/dir] or a URL", cmd_open},
    {"put", "lr", 1, 2, true, false, "", "put LOCAL [REMOTE]",
     "upload a file (a REMOTE that ends in / is a folder)", cmd_put},
    {"pwd", "-", 0, 0, true, true, "", "pwd [--json]", "show the remote folder", cmd_pwd},
    {"quit", "-", 0, 0, false, false, "", "quit", "leave (also: exit, bye)", cmd_quit},
    {"quote", "-", 1, ARGS_ANY, true, false, NULL, "quote COMMAND [ARG]...",
     "send an FTP command as it is and show the reply", cmd_quote},
    {"reget", "rl", 1, 2, true, false, "", "reget REMOTE [LOCAL]", "continue a download",
     cmd_reget},
    {"reput", "lr", 1, 2, true, false, "", "reput LOCAL [REMOTE]", "continue an upload", cmd_reput},
    {"rm", "r", 1, ARGS_ANY, true, false, "", "rm FILE...", "delete remote files", cmd_rm},
    {"rmdir", "d", 1, ARGS_ANY, true, false, "", "rmdir FOLDER...", "delete empty remote folders",
     cmd_rmdir},
    {"set", "--", 0, 2, false, false, NULL, "set [NAME [VALUE]]",
     "show settings, or change one: the options' names (connection settings hold from the next "
     "open on)",
     cmd_set},
    {"size", "r", 1, ARGS_ANY, true, true, "", "size [--json] FILE...", "show the size of files",
     cmd_size},
    {"stat", "r", 1, ARGS_ANY, true, true, "", "stat [--json] PATH...",
     "show what the server knows of a file", cmd_stat},
    {"status", "-", 0, 0, false, true, "", "status [--json]",
     "show the connection, how data connections come about, and timeouts", cmd_status},
    {"user", "-", 1, 1, false, false, "", "user NAME", "log in again as another user", cmd_user},
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
        if (options && strcmp(argv[i], "--") == 0) {
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
