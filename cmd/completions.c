#include "completions.h"

#include "bookmarks.h"
#include "commands.h"
#include "hosts.h"

#include <string.h>

/* An option of ftpsh, or of a command of it. */
struct row {
    const char *command; /* "": of ftpsh */
    char letter;
    const char *name; /* NULL: none */
    const char *placeholder;
    enum option_kind kind;
    const char *values, *help;
};

static bool has_words(const struct row *r)
{
    return r->kind == OPTION_CHOICE || r->kind == OPTION_LIST;
}

typedef void (*row_fn)(FILE *out, const struct row *r);

static const struct row json_row = {.name = "json", .help = "results as JSON, one object a line"};

static struct row row_of(const struct command *c, const struct command_option *o)
{
    return (struct row){c->name, o->letter, o->name, o->placeholder, o->kind, o->values, o->help};
}

static void each_of_ftpsh(FILE *out, row_fn fn)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];
        struct row r = {"", o->letter, o->name, o->placeholder, o->kind, o->values, o->help};
        if (o->help)
            fn(out, &r);
    }
}

static void each_of_command(FILE *out, const struct command *c, row_fn fn)
{
    size_t list = 0, at = 0;
    const struct command_option *o;
    struct row json = json_row;
    json.command = c->name;
    while ((o = command_option_next(c, &list, &at))) {
        struct row r = row_of(c, o);
        fn(out, &r);
    }
    if (c->json)
        fn(out, &json);
}

static void each_row(FILE *out, row_fn fn)
{
    each_of_ftpsh(out, fn);
    for (size_t i = 0; i < command_count; i++)
        each_of_command(out, &command_table[i], fn);
}

/* What an argument is for a shell, to which names on the server are unknown. What may be here or
 * there is taken for here. */
static char shell_kind(const struct command *c, int i)
{
    char kind = command_kind(c, i).letter;
    if (c->swap)
        return strchr("rdlL", kind) ? 'l' : '-';
    return strchr("lLchbC", kind) ? kind : '-';
}

/* How many kinds the command names. */
static int count_kinds(const struct command *c)
{
    int n = 0;
    for (const char *p = c->kinds; *p; p++)
        n += *p != '*' && *p != '?';
    return c->max == 0 ? 0 : n;
}

static void put_kinds(FILE *out, const struct command *c)
{
    for (int i = 1; i <= count_kinds(c); i++)
        fputc(shell_kind(c, i), out);
}

/* `special` are escaped with a backslash; "'" as all POSIX shells have it. */
static void put_text(FILE *out, const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'' && !strchr(special, '\''))
            fputs("'\\''", out);
        else
            fprintf(out, "%s%c", strchr(special, *text) ? "\\" : "", *text);
    }
}

/* "a|b" with blanks. */
static void put_words(FILE *out, const char *values)
{
    for (; values && *values; values++)
        fputc(*values == '|' ? ' ' : *values, out);
}

static void put_commands(FILE *out)
{
    for (size_t i = 0; i < command_count; i++) {
        if (command_table[i].name[0] != '!')
            fprintf(out, "%s ", command_table[i].name);
    }
}

/* ---- bash ---- */

static void bash_option(FILE *out, const struct row *r)
{
    if (r->name)
        fprintf(out, "--%s%s ", r->name, r->placeholder ? "=" : "");
    if (r->letter)
        fprintf(out, "-%c ", r->letter);
}

static void bash_value(FILE *out, const struct row *r)
{
    if (!r->placeholder)
        return;
    fputs("    ", out);
    if (r->name)
        fprintf(out, "'%s --%s'", r->command, r->name);
    if (r->letter)
        fprintf(out, "%s'%s -%c'", r->name ? " | " : "", r->command, r->letter);
    fputs(") echo '", out);
    if (has_words(r))
        put_words(out, r->values);
    else
        fputs(r->kind == OPTION_FILE ? "@l" : "@-", out);
    fputs("' ;;\n", out);
}

static void bash_command(FILE *out, const struct command *c)
{
    fprintf(out, "    '%s') options='", c->name);
    each_of_command(out, c, bash_option);
    fputs("' kinds='", out);
    put_kinds(out, c);
    fputs("' first='", out);
    put_words(out, c->words);
    fputs("' ;;\n", out);
}

static const char bash_rest[] =
    "# What stands for a kind of argument.\n"
    "_ftpsh_offer()\n"
    "{\n"
    "    local IFS=$'\\n'\n"
    "    case $1 in\n"
    "    @l) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$2\")) ;;\n"
    "    @L) compopt -o filenames; COMPREPLY=($(compgen -d -- \"$2\")) ;;\n"
    "    @h | @b)\n"
    "        COMPREPLY=($(compgen -W \"$(\"$3\" --print-completion=hosts 2>/dev/null)\" -- "
    "\"$2\"))\n"
    "        # bash takes what stands behind a colon for the word\n"
    "        COMPREPLY=(\"${COMPREPLY[@]#\"${2%\"${2##*:}\"}\"}\") ;;\n"
    "    @-) ;;\n"
    "    *) IFS=$' \\n'; COMPREPLY=($(compgen -W \"$1\" -- \"$2\")) ;;\n"
    "    esac\n"
    "    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then\n"
    "        compopt -o nospace\n"
    "    fi\n"
    "}\n"
    "\n"
    "_ftpsh()\n"
    "{\n"
    "    local options=$_ftpsh_options kinds='' first='' words='' word cur\n"
    "    local target='' command='' over='' pending='' i last=-1 at=0\n"
    "    local -a line=()\n"
    "    COMPREPLY=()\n"
    "    # bash has taken the words apart at = and :\n"
    "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if ((last >= 0)) && [[ $word == [=:]* || ${line[last]} == *[=:] ]]; then\n"
    "            line[last]+=$word\n"
    "        else\n"
    "            line[++last]=$word\n"
    "        fi\n"
    "    done\n"
    "    cur=${line[last]}\n"
    "    for ((i = 0; i < last; i++)); do\n"
    "        word=${line[i]}\n"
    "        if [[ $pending ]]; then\n"
    "            pending=\n"
    "        elif [[ ! $over && $word == -- ]]; then\n"
    "            over=1\n"
    "        elif [[ ! $over && $word == -?* ]]; then\n"
    "            [[ $word != *=* && $(_ftpsh_value \"$command\" \"$word\") ]] && pending=$word\n"
    "        elif [[ ! $target ]]; then\n"
    "            target=$word over=1\n"
    "        elif [[ ! $command ]]; then\n"
    "            command=$word over=\n"
    "            _ftpsh_command \"$command\"\n"
    "        else\n"
    "            ((at++))\n"
    "        fi\n"
    "    done\n"
    "    if [[ $pending ]]; then\n"
    "        words=$(_ftpsh_value \"$command\" \"$pending\")\n"
    "    elif [[ ! $over && $cur == --*=* ]]; then\n"
    "        words=$(_ftpsh_value \"$command\" \"${cur%%=*}\")\n"
    "        cur=${cur#*=}\n"
    "    elif [[ ! $over && $cur == -* ]]; then\n"
    "        words=$options\n"
    "    elif [[ ! $target ]]; then\n"
    "        words=@h\n"
    "    elif [[ ! $command ]]; then\n"
    "        words=$_ftpsh_commands\n"
    "    else\n"
    "        ((at < ${#kinds})) || at=$((${#kinds} > 0 ? ${#kinds} - 1 : 0))\n"
    "        words=@${kinds:at:1}\n"
    "        [[ $words == @[cC] ]] && words=$_ftpsh_commands\n"
    "        [[ $first && $at == 0 ]] && words=\"${words#@*} $first\"\n"
    "    fi\n"
    "    _ftpsh_offer \"${words:-@-}\" \"$cur\" \"${COMP_WORDS[0]}\"\n"
    "}\n"
    "\n"
    "complete -F _ftpsh ftpsh\n";

static void print_bash(FILE *out)
{
    fputs("# Completion of ftpsh for bash, made from its tables.\n\n_ftpsh_options='", out);
    each_of_ftpsh(out, bash_option);
    fputs("'\n_ftpsh_commands='", out);
    put_commands(out);
    fputs(
        "'\n\n# The words that an option takes, or a kind of them: @l a file, @- something else.\n"
        "_ftpsh_value()\n{\n    case \"$1 $2\" in\n",
        out);
    each_row(out, bash_value);
    fputs("    esac\n}\n\n_ftpsh_command()\n{\n    options= kinds= first=\n    case $1 in\n", out);
    for (size_t i = 0; i < command_count; i++)
        bash_command(out, &command_table[i]);
    fprintf(out, "    esac\n}\n\n%s", bash_rest);
}

/* ---- zsh ---- */

#define ZSH_SPECIAL "[]:\\"

static void zsh_value(FILE *out, const struct row *r)
{
    if (!r->placeholder)
        return;
    fputc(':', out);
    put_text(out, r->placeholder, ZSH_SPECIAL);
    fputc(':', out);
    if (has_words(r)) {
        fputc('(', out);
        put_words(out, r->values);
        fputc(')', out);
    } else {
        fputs(r->kind == OPTION_FILE ? "_files" : " ", out);
    }
}

static void zsh_option(FILE *out, const struct row *r)
{
    const char *indent = *r->command ? "            " : "        ";
    fprintf(out, " \\\n%s'*'", indent);
    if (r->letter && r->name)
        fprintf(out, "{-%c%s,--%s%s}", r->letter, r->placeholder ? "+" : "", r->name,
                r->placeholder ? "=" : "");
    else if (r->name)
        fprintf(out, "--%s%s", r->name, r->placeholder ? "=" : "");
    else
        fprintf(out, "-%c%s", r->letter, r->placeholder ? "+" : "");
    fputs("'[", out);
    put_text(out, r->help, ZSH_SPECIAL);
    fputc(']', out);
    zsh_value(out, r);
    fputc('\'', out);
}

static void zsh_argument(FILE *out, const struct command *c, int i, bool last)
{
    static const struct {
        char kind;
        const char *action;
    } actions[] = {{'l', "file:_files"},
                   {'L', "folder:_files -/"},
                   {'h', "target:_ftpsh_targets"},
                   {'b', "bookmark:_ftpsh_targets"},
                   {'c', "command:_ftpsh_commands"},
                   {'C', "command:_ftpsh_commands"}};
    char kind = shell_kind(c, i);
    const char *action = "argument: ";
    for (size_t k = 0; k < sizeof actions / sizeof actions[0]; k++)
        action = actions[k].kind == kind ? actions[k].action : action;
    bool many = last && (c->max == ARGS_ANY || c->max > i);
    if (i == 1 && c->words && kind == '-') {
        fprintf(out, " \\\n            '1:argument:(");
        put_words(out, c->words);
        fputs(")'", out);
        return;
    }
    if (many)
        fprintf(out, " \\\n            '*:%s'", action);
    else
        fprintf(out, " \\\n            '%d:%s'", i, action);
}

static void zsh_command(FILE *out, const struct command *c)
{
    int n = count_kinds(c);
    fprintf(out, "    %s)\n        _arguments -s -S", c->name[0] == '!' ? "\\!" : c->name);
    each_of_command(out, c, zsh_option);
    for (int i = 1; i <= n; i++)
        zsh_argument(out, c, i, i == n);
    fputs(" ;;\n", out);
}

static void print_zsh(FILE *out)
{
    fputs("#compdef ftpsh\n# Completion of ftpsh for zsh, made from its tables.\n\n"
          "_ftpsh_targets()\n{\n    local -a names\n"
          "    names=(${(f)\"$($ftpsh_program --print-completion=hosts 2>/dev/null)\"})\n"
          "    compadd -a names\n}\n\n"
          "_ftpsh_commands()\n{\n    local -a commands\n    commands=(\n",
          out);
    for (size_t i = 0; i < command_count; i++) {
        fprintf(out, "        '%s:", command_table[i].name);
        put_text(out, command_table[i].help, ZSH_SPECIAL);
        fputs("'\n", out);
    }
    fputs("    )\n    _describe command commands\n}\n\n_ftpsh_arguments()\n{\n    case $words[1] "
          "in\n",
          out);
    for (size_t i = 0; i < command_count; i++)
        zsh_command(out, &command_table[i]);
    fputs("    esac\n}\n\n_ftpsh()\n{\n"
          "    local curcontext=$curcontext state line ftpsh_program=$words[1] status_of_options\n"
          "    typeset -A opt_args\n"
          "    _arguments -C -s -S -A '-*'",
          out);
    each_of_ftpsh(out, zsh_option);
    fputs(" \\\n        '1:target:_ftpsh_targets' \\\n        '*:::command:->command'\n"
          "    status_of_options=$?\n"
          "    [[ $state == command ]] || return $status_of_options\n"
          "    if ((CURRENT == 1)); then\n        _ftpsh_commands\n"
          "    else\n        _ftpsh_arguments\n    fi\n}\n\n_ftpsh \"$@\"\n",
          out);
}

/* ---- fish ---- */

#define FISH_SPECIAL "'\\"

static void fish_taking(FILE *out, const struct row *r)
{
    if (r->placeholder && r->name)
        fprintf(out, " '%s --%s'", r->command, r->name);
    if (r->placeholder && r->letter)
        fprintf(out, " '%s -%c'", r->command, r->letter);
}

static void fish_option(FILE *out, const struct row *r)
{
    fprintf(out, "complete -c ftpsh -n '__ftpsh_at %s'", *r->command ? r->command : "@target");
    if (r->letter)
        fprintf(out, " -s %c", r->letter);
    if (r->name)
        fprintf(out, " -l %s", r->name);
    if (r->placeholder && has_words(r)) {
        fputs(" -x -a '", out);
        put_words(out, r->values);
        fputs("'", out);
    } else if (r->placeholder) {
        fputs(r->kind == OPTION_FILE ? " -r -F" : " -x", out);
    }
    fputs(" -d '", out);
    put_text(out, r->help, FISH_SPECIAL);
    fputs("'\n", out);
}

static void fish_command(FILE *out, const struct command *c)
{
    fprintf(out, "complete -c ftpsh -n '__ftpsh_at @command' -a '%s' -d '", c->name);
    put_text(out, c->help, FISH_SPECIAL);
    fputs("'\n", out);
    if (!c->words)
        return;
    fprintf(out, "complete -c ftpsh -n '__ftpsh_at %s 1' -a '", c->name);
    put_words(out, c->words);
    fputs("'\n", out);
}

static const char fish_place[] =
    "# Where the cursor is: \"@target\", \"@command\", or the command and the number of its "
    "argument.\n"
    "function __ftpsh_place\n"
    "    set -l words (commandline -opc)\n"
    "    set -l target\n"
    "    set -l command\n"
    "    set -l skip\n"
    "    set -l at 1\n"
    "    for word in $words[2..-1]\n"
    "        if test -n \"$skip\"\n"
    "            set skip\n"
    "        else if string match -q -- '-?*' $word\n"
    "            if __ftpsh_takes \"$command $word\"\n"
    "                set skip yes\n"
    "            end\n"
    "        else if test -z \"$target\"\n"
    "            set target $word\n"
    "        else if test -z \"$command\"\n"
    "            set command $word\n"
    "        else\n"
    "            set at (math $at + 1)\n"
    "        end\n"
    "    end\n"
    "    if test -z \"$target\"\n"
    "        echo @target\n"
    "    else if test -z \"$command\"\n"
    "        echo @command\n"
    "    else\n"
    "        echo $command\n"
    "        echo $at\n"
    "    end\n"
    "end\n"
    "\n"
    "function __ftpsh_at\n"
    "    set -l place (__ftpsh_place)\n"
    "    test \"$place[1]\" = $argv[1]\n"
    "    and test (count $argv) = 1 -o \"$place[2]\" = \"$argv[2]\"\n"
    "end\n"
    "\n"
    "function __ftpsh_wants\n"
    "    set -l place (__ftpsh_place)\n"
    "    set -l kinds (__ftpsh_kinds $place[1])\n"
    "    set -l at $place[2]\n"
    "    test -n \"$kinds\" -a -n \"$at\"\n"
    "    or return 1\n"
    "    if test $at -gt (string length -- $kinds)\n"
    "        set at (string length -- $kinds)\n"
    "    end\n"
    "    test (string sub -s $at -l 1 -- $kinds) = $argv[1]\n"
    "end\n"
    "\n"
    "function __ftpsh_targets\n"
    "    set -l words (commandline -opc)\n"
    "    $words[1] --print-completion=hosts 2>/dev/null\n"
    "end\n"
    "\n"
    "complete -c ftpsh -f\n"
    "complete -c ftpsh -n '__ftpsh_at @target' -a '(__ftpsh_targets)'\n"
    "complete -c ftpsh -n '__ftpsh_wants h' -a '(__ftpsh_targets)'\n"
    "complete -c ftpsh -n '__ftpsh_wants b' -a '(__ftpsh_targets)'\n"
    "complete -c ftpsh -n '__ftpsh_wants l' -F\n"
    "complete -c ftpsh -n '__ftpsh_wants L' -a '(__fish_complete_directories)'\n";

static void print_fish(FILE *out)
{
    fputs("# Completion of ftpsh for fish, made from its tables.\n\n"
          "# Whether the next word is an option's value.\nfunction __ftpsh_takes\n"
          "    contains -- $argv[1]",
          out);
    each_row(out, fish_taking);
    fputs("\nend\n\nfunction __ftpsh_kinds\n    switch \"$argv[1]\"\n", out);
    for (size_t i = 0; i < command_count; i++) {
        fprintf(out, "        case '%s'\n            echo ", command_table[i].name);
        fputc('\'', out);
        put_kinds(out, &command_table[i]);
        fputs("'\n", out);
    }
    fprintf(out, "    end\nend\n\n%s", fish_place);
    for (char kind = 'c';; kind = 'C') {
        fprintf(out, "complete -c ftpsh -n '__ftpsh_wants %c' -a '", kind);
        put_commands(out);
        fputs("'\n", out);
        if (kind == 'C')
            break;
    }
    each_of_ftpsh(out, fish_option);
    for (size_t i = 0; i < command_count; i++) {
        fish_command(out, &command_table[i]);
        each_of_command(out, &command_table[i], fish_option);
    }
}

/* ---- names ---- */

static int print_host(void *out, const char *host, struct err *err)
{
    (void) err;
    fprintf(out, "%s\n", host);
    return 0;
}

/* What cannot be read offers nothing: a shell is no place to say why. */
static void print_hosts(FILE *out, const struct layers *layers)
{
    struct bookmarks bookmarks;
    struct err ignored = ERR_INIT;
    bookmarks_load(&bookmarks, &ignored);
    for (size_t i = 0; i < bookmarks.n; i++)
        print_host(out, bookmarks.list[i].name, NULL);
    bookmarks_clear(&bookmarks);
    hosts_each(layers, print_host, out, &ignored);
}

int completions_print(FILE *out, const char *what, const struct layers *layers, struct err *err)
{
    static void (*const print[])(FILE *) = {print_bash, print_zsh, print_fish};
    int i = option_choose(COMPLETIONS, what, err);
    if (i < 0)
        return -1;
    if ((size_t) i < sizeof print / sizeof print[0])
        print[i](out);
    else
        print_hosts(out, layers);
    return 0;
}
