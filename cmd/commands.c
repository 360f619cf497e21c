#include "commands.h"

#include "arguments.h"
#include "handlers.h"
#include "transfers.h"

#include <stdio.h>
#include <string.h>

static const struct command_option diagnose_options[] = {
    {.letter = 'c', .help = "try CCC too"},
    {.letter = 'u', .help = "try an upload too: an empty file, removed again"},
    {0},
};

static const struct command_option fxp_options[] = {
    {.letter = 'c', .name = "continue", .help = "go on behind what the target has"},
    {.name = "passive",
     .placeholder = "WHO",
     .kind = OPTION_CHOICE,
     .values = "source|target",
     .help = "who names the port; without it the source, then the target"},
    {.name = "clear-data", .help = "send the file without TLS, for everybody to see"},
    {0},
};

static const struct command_option ls_options[] = {
    {.letter = 'l', .help = "permissions, owner, group, size and time"},
    {.letter = 'a', .help = "names that begin with a dot, too"},
    {.letter = '1', .help = "one name a line"},
    {.letter = 'd', .help = "folders themselves, not what is in them"},
    {.letter = 'h', .help = "sizes such as 1.5M (powers of 1024)"},
    {.letter = 'R', .help = "folders inside, too"},
    {.letter = 'r', .help = "in reverse order"},
    {.letter = 'S', .help = "by size, largest first"},
    {.letter = 't', .help = "by time, newest first"},
    {.letter = 'U', .help = "as the server lists them, while it does"},
    {.name = "color",
     .placeholder = "WHEN",
     .kind = OPTION_CHOICE,
     .values = "auto|always|never",
     .help = "colour names as LS_COLORS says: auto, always or never"},
    {0},
};

static const struct command_option mirror_options[] = {
    {'R', "reverse", NULL, OPTION_FLAG, NULL, "the source is local, the target remote"},
    {'n', "dry-run", NULL, OPTION_FLAG, NULL, "show what would be done"},
    {0, "plan", "FILE", OPTION_FILE, NULL, "do what a plan says that --dry-run --json wrote"},
    {0, "delete", NULL, OPTION_FLAG, NULL, "delete what the source has not"},
    {0, "delete-emptied", NULL, OPTION_FLAG, NULL,
     "the same, also in folders that are empty in the source now"},
    {0, "max-delete", "N", OPTION_NUMBER, NULL, "delete nothing when it would be more than N"},
    {0, "exclude", "GLOB", OPTION_TEXT, NULL,
     "leave these out; the last rule that matches decides"},
    {0, "include", "GLOB", OPTION_TEXT, NULL, "but not these; as the first rule: only these"},
    {0, "exclude-regex", "REGEX", OPTION_TEXT, NULL, "the same with a regular expression"},
    {0, "include-regex", "REGEX", OPTION_TEXT, NULL, "the same with a regular expression"},
    {0, "exclude-from", "FILE", OPTION_FILE, NULL, "rules in the manner of .gitignore"},
    {0, "newer-than", "WHEN", OPTION_TEXT, NULL, "only files changed since a date, or in 12h, 30d"},
    {0, "max-size", "SIZE", OPTION_TEXT, NULL, "leave larger files out"},
    {0, "only-missing", NULL, OPTION_FLAG, NULL, "leave files alone that are there"},
    {0, "ignore-time", NULL, OPTION_FLAG, NULL, "compare sizes alone"},
    {0, "ignore-size", NULL, OPTION_FLAG, NULL, "compare times alone"},
    {0, "checksum", NULL, OPTION_FLAG, NULL, "compare contents by the server's checksums"},
    {0, "links", "HOW", OPTION_CHOICE, "copy|follow|skip", "what to do with symbolic links (copy)"},
    {'P', "parallel", "N", OPTION_NUMBER, NULL, "transfers at a time (4)"},
    {'c', "continue", NULL, OPTION_FLAG, NULL, "continue shorter files of the target, too"},
    {0, "atomic", NULL, OPTION_FLAG, NULL, "upload to temporary names first"},
    {0, "log", "FILE", OPTION_FILE, NULL, "add a line for each action to FILE"},
    {0},
};

static const struct command_option find_options[] = {
    {.name = "name", .placeholder = "PATTERN", .help = "the name matches"},
    {.name = "iname", .placeholder = "PATTERN", .help = "it does in either case"},
    {.name = "type",
     .placeholder = "TYPE",
     .kind = OPTION_CHOICE,
     .values = "f|d|l",
     .help = "f file, d folder, l link"},
    {.name = "size",
     .placeholder = "[+-]SIZE",
     .help = "larger (+), smaller (-), or just as large"},
    {.name = "mtime",
     .placeholder = "[+-]DAYS",
     .help = "changed so many days ago, or more, or less"},
    {.name = "newer-than", .placeholder = "WHEN", .help = "changed after 2026-01-31, or 2d (ago)"},
    {.name = "max-depth",
     .placeholder = "N",
     .kind = OPTION_NUMBER,
     .help = "no deeper than this; 1: in the folder itself"},
    {.name = "maxdepth", .placeholder = "N", .kind = OPTION_NUMBER, .help = "the same"},
    {.name = "print0", .help = "a NUL behind each name instead of a line's end"},
    {0},
};

static const struct command_option du_options[] = {
    {.letter = 'a', .help = "files, too"},
    {.letter = 'h', .help = "sizes such as 1.5M (powers of 1024)"},
    {.letter = 's', .help = "the sums of the arguments alone"},
    {.name = "max-depth",
     .placeholder = "N",
     .kind = OPTION_NUMBER,
     .help = "show folders no deeper than this; 0: as -s"},
    {0},
};

static const struct command_option tree_options[] = {
    {.letter = 'a', .help = "names that begin with a dot, too"},
    {.letter = 'd', .help = "folders alone"},
    {.letter = 'L', .placeholder = "N", .kind = OPTION_NUMBER, .help = "N levels"},
    {0},
};

static const struct command_option rm_options[] = {
    {.letter = 'f', .help = "what is not there is no failure"},
    {.letter = 'r', .help = "folders with all that is in them"},
    {0},
};

static const struct command_option mkdir_options[] = {
    {.letter = 'p', .help = "folders above, too; one that is there is no failure"},
    {0},
};

/* What is not said is false, 0 or NULL. */
const struct command command_table[] = {
    {.name = "!",
     .kinds = "c",
     .max = ARGS_ANY,
     .raw = true,
     .usage = "! [SHELL COMMAND]",
     .help = "run a command on this machine, or a shell",
     .run = cmd_shell},
    {.name = "append",
     .kinds = "l?r",
     .min = 1,
     .max = 2,
     .session = true,
     .options = {transfer_append_options},
     .usage = "append [--limit-rate=BYTES] LOCAL [REMOTE]",
     .help = "add a local file to the end of a remote one",
     .run = cmd_append},
    {.name = "cat",
     .kinds = "r*",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .usage = "cat FILE...",
     .help = "show remote files",
     .run = cmd_cat},
    {.name = "cd",
     .kinds = "d?",
     .max = 1,
     .session = true,
     .usage = "cd [FOLDER]",
     .help = "go to a remote folder (without one: back to that after login)",
     .run = cmd_cd},
    {.name = "cdup",
     .kinds = "-",
     .session = true,
     .usage = "cdup",
     .help = "go to the folder above",
     .run = cmd_cdup},
    {.name = "chmod",
     .kinds = "-r*",
     .min = 2,
     .max = ARGS_ANY,
     .session = true,
     .usage = "chmod MODE FILE...",
     .help = "change permissions (SITE CHMOD); MODE is octal",
     .run = cmd_chmod},
    {.name = "close",
     .kinds = "-",
     .usage = "close",
     .help = "end the connection",
     .run = cmd_close},
    {.name = "diagnose",
     .kinds = "-",
     .max = 1,
     .session = true,
     .json = true,
     .options = {diagnose_options},
     .usage = "diagnose [-cu] [--json] [IDLE]",
     .help = "try every data strategy and say what stands in the way, and who can mend it (-c also "
             "CCC, -u also an upload; IDLE: seconds to leave the connection idle)",
     .run = cmd_diagnose},
    {.name = "fxp",
     .kinds = "--",
     .min = 2,
     .max = 2,
     .options = {fxp_options},
     .usage = "fxp [-c] [--passive=source|target] [--clear-data] SOURCE TARGET",
     .help = "move a file from server to server: URLs (ftp://[USER@]HOST[:PORT]/PATH), or a path "
             "on the connection there is",
     .run = cmd_fxp},
    {.name = "du",
     .kinds = "r*",
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .options = {du_options},
     .usage = "du [-ahs] [--max-depth=N] [--json] [PATH]...",
     .help = "sum up the sizes of files in remote folders",
     .run = cmd_du},
    {.name = "find",
     .kinds = "r*",
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .one_dash = true,
     .options = {find_options},
     .usage = "find [PATH]... [--name=PATTERN] [--type=f|d|l] [--size=[+-]SIZE] [--mtime=[+-]DAYS] "
              "[--newer-than=WHEN] [--max-depth=N] [--print0] [--json]",
     .help = "find remote files in folders",
     .run = cmd_find},
    {.name = "get",
     .kinds = "r*l",
     .min = 1,
     .max = 2,
     .session = true,
     .options = {transfer_options, transfer_get_options},
     .usage = "get [OPTION]... REMOTE [LOCAL]",
     .help = "download a file ('-': to standard output)",
     .run = cmd_get},
    {.name = "help",
     .kinds = "c",
     .max = 1,
     .usage = "help [COMMAND]",
     .help = "list commands, or explain one",
     .run = cmd_help},
    {.name = "lcd",
     .kinds = "L?",
     .max = 1,
     .usage = "lcd [FOLDER]",
     .help = "go to a local folder",
     .run = cmd_lcd},
    {.name = "less",
     .kinds = "r*",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .usage = "less FILE...",
     .help = "the same",
     .run = cmd_less},
    {.name = "lls",
     .kinds = "l*",
     .max = ARGS_ANY,
     .raw = true,
     .usage = "lls [ARG]...",
     .help = "list local files, with the arguments of ls(1)",
     .run = cmd_lls},
    {.name = "lpwd",
     .kinds = "-",
     .json = true,
     .usage = "lpwd [--json]",
     .help = "show the local folder",
     .run = cmd_lpwd},
    {.name = "ls",
     .kinds = "r*",
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .options = {ls_options},
     .usage = "ls [-1aldhRrStU] [--color=WHEN] [--json] [PATH]...",
     .help = "list remote files and folders",
     .run = cmd_ls},
    {.name = "memory",
     .kinds = "-h",
     .max = 2,
     .json = true,
     .usage = "memory [--json] [forget HOST]",
     .help = "show which strategies are remembered, or forget a host's ('*': all)",
     .run = cmd_memory},
    {.name = "mget",
     .kinds = "r*",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .options = {transfer_options, transfer_get_options},
     .usage = "mget [OPTION]... REMOTE...",
     .help = "download files",
     .run = cmd_mget},
    {.name = "mirror",
     .kinds = "--",
     .max = 2,
     .session = true,
     .json = true,
     .options = {mirror_options},
     .usage = "mirror [OPTION]... SOURCE TARGET",
     .help = "make a local folder like a remote one, or with -R the other way round",
     .run = cmd_mirror},
    {.name = "mkdir",
     .kinds = "d",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .options = {mkdir_options},
     .usage = "mkdir [-p] [--json] FOLDER...",
     .help = "make remote folders",
     .run = cmd_mkdir},
    {.name = "more",
     .kinds = "r*",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .usage = "more FILE...",
     .help = "show remote files page by page ($PAGER)",
     .run = cmd_more},
    {.name = "mput",
     .kinds = "l*",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .options = {transfer_options, transfer_put_options},
     .usage = "mput [OPTION]... LOCAL...",
     .help = "upload files",
     .run = cmd_mput},
    {.name = "mv",
     .kinds = "rr",
     .min = 2,
     .max = 2,
     .session = true,
     .usage = "mv FROM TO",
     .help = "rename a remote file or folder",
     .run = cmd_mv},
    {.name = "nlist",
     .kinds = "d?",
     .max = 1,
     .session = true,
     .json = true,
     .usage = "nlist [--json] [PATH]",
     .help = "list names as the server gives them (NLST)",
     .run = cmd_nlist},
    {.name = "open",
     .kinds = "h",
     .min = 1,
     .max = 1,
     .usage = "open TARGET",
     .help = "connect to [user@]host[:port][/dir] or a URL",
     .run = cmd_open},
    {.name = "put",
     .kinds = "l*r",
     .min = 1,
     .max = 2,
     .session = true,
     .options = {transfer_options, transfer_put_options},
     .usage = "put [OPTION]... LOCAL [REMOTE]",
     .help = "upload a file ('-': standard input; a REMOTE that ends in / is a folder)",
     .run = cmd_put},
    {.name = "pwd",
     .kinds = "-",
     .session = true,
     .json = true,
     .usage = "pwd [--json]",
     .help = "show the remote folder",
     .run = cmd_pwd},
    {.name = "quit",
     .kinds = "-",
     .usage = "quit",
     .help = "leave (also: exit, bye)",
     .run = cmd_quit},
    {.name = "quote",
     .kinds = "-",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .raw = true,
     .usage = "quote [--json] COMMAND [ARG]...",
     .help = "send an FTP command as it is and show the reply",
     .run = cmd_quote},
    {.name = "reget",
     .kinds = "r*l",
     .min = 1,
     .max = 2,
     .session = true,
     .options = {transfer_options, transfer_get_options},
     .usage = "reget [OPTION]... REMOTE [LOCAL]",
     .help = "continue a download: get -c",
     .run = cmd_reget},
    {.name = "reput",
     .kinds = "l*r",
     .min = 1,
     .max = 2,
     .session = true,
     .options = {transfer_options, transfer_put_options},
     .usage = "reput [OPTION]... LOCAL [REMOTE]",
     .help = "continue an upload: put -c",
     .run = cmd_reput},
    {.name = "rm",
     .kinds = "r*",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .options = {rm_options},
     .usage = "rm [-fr] [--json] FILE...",
     .help = "delete remote files, and with -r folders",
     .run = cmd_rm},
    {.name = "rmdir",
     .kinds = "d*",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .usage = "rmdir FOLDER...",
     .help = "delete empty remote folders",
     .run = cmd_rmdir},
    {.name = "set",
     .kinds = "--",
     .max = 2,
     .json = true,
     .raw = true,
     .usage = "set [--json] [NAME [VALUE]]",
     .help = "show settings, or change one: the options' names (connection settings hold from the "
             "next open on)",
     .run = cmd_set},
    {.name = "size",
     .kinds = "r*",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .usage = "size [--json] FILE...",
     .help = "show the size of files",
     .run = cmd_size},
    {.name = "stat",
     .kinds = "r*",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .usage = "stat [--json] PATH...",
     .help = "show what the server knows of a file",
     .run = cmd_stat},
    {.name = "status",
     .kinds = "-",
     .json = true,
     .usage = "status [--json]",
     .help = "show the connection, how data connections come about, and timeouts",
     .run = cmd_status},
    {.name = "tree",
     .kinds = "r*",
     .max = ARGS_ANY,
     .session = true,
     .json = true,
     .options = {tree_options},
     .usage = "tree [-ad] [-L N] [--json] [FOLDER]...",
     .help = "draw remote folders as a tree",
     .run = cmd_tree},
    {.name = "user",
     .kinds = "-",
     .min = 1,
     .max = 1,
     .usage = "user NAME",
     .help = "log in again as another user",
     .run = cmd_user},
    {.name = "verify",
     .kinds = "l?r?",
     .min = 2,
     .max = 2,
     .session = true,
     .json = true,
     .usage = "verify [--json] LOCAL REMOTE",
     .help = "compare a local file with a remote one, by the server's hash",
     .run = cmd_verify},
    {.name = "zcat",
     .kinds = "r*",
     .min = 1,
     .max = ARGS_ANY,
     .session = true,
     .usage = "zcat FILE...",
     .help = "show remote files that gzip has packed",
     .run = cmd_zcat},
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

int command_check(int argc, char **argv, struct err *err)
{
    struct call call;
    return call_make(&call, argc, argv, NULL, err);
}

struct argument_kind command_kind(const struct command *c, int i)
{
    const char *p = c->kinds;
    for (; i > 1; i--) {
        const char *next = p + 1 + (p[1] == '*' || p[1] == '?');
        if (!*next)
            break;
        p = next;
    }
    return (struct argument_kind){*p, p[1] == '*' || p[1] == '?', p[1] == '?'};
}

static int run_handler(struct app *app, const struct call *call, struct err *err)
{
    struct arguments arguments;
    int rc = arguments_make(&arguments, app, call, err);
    app->arguments = &arguments;
    if (rc == 0)
        rc = call->command->run(app, arguments.argc, arguments.argv, err);
    app->arguments = NULL;
    arguments_clear(&arguments);
    return rc;
}

int command_run(struct app *app, int argc, char **argv, char *const *patterns, struct err *err)
{
    struct call call;
    if (call_make(&call, argc, argv, patterns, err) < 0)
        return -1;
    if (call.command->session && !app->session)
        return err_set(err, ERR_USAGE, "not connected; use 'open HOST'");
    app->call = &call;
    app->json = app->settings.json || call.json;
    size_t before = app_command_begins(app);
    int rc = run_handler(app, &call, err);
    app_command_ends(app, before);
    app->call = NULL;
    struct err unwritten = ERR_INIT;
    if (app_flush(app, &unwritten) < 0 && rc == 0) {
        *err = unwritten;
        rc = -1;
    }
    return rc;
}
