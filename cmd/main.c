#include "app.h"
#include "background.h"
#include "batch.h"
#include "bookmarks.h"
#include "cmdline.h"
#include "commands.h"
#include "completions.h"
#include "config.h"
#include "environment.h"
#include "secrecy.h"
#include "setting_show.h"
#include "handlers.h"
#include "shell.h"
#include "signals.h"
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the command line asks for. */
struct plan {
    struct layers *layers;
    struct settings settings;
    enum app_mode mode;
    char *target; /* NULL: none */
    struct target where;
    bool elsewhere;     /* what is wrong is not on the command line */
    struct err nowhere; /* what is wrong with it: told when it is its turn */
    int argc;           /* of the one command; 0: none */
    char **argv;
    const char *batch;    /* the file of commands; NULL: none */
    const char *password; /* that was handed over in the environment; NULL: none */
};

/* Of what stands alone on standard output. */
static int end_output(void)
{
    static const char what[] = "cannot write the result";
    struct err err = ERR_INIT;
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    if (errno)
        err_set_sys(&err, ERR_LOCAL, errno, what);
    else
        err_set(&err, ERR_LOCAL, what);
    fprintf(stderr, "ftpsh: %s\n", err.msg);
    return status_of(err.code);
}

static int print_help(void)
{
    printf(
        "usage: ftpsh [OPTION]... [TARGET [COMMAND [ARG]...]]\n\n"
        "An FTPS shell that gets through NAT firewalls and tells how it did.\n"
        "TARGET is [user[:password]@]host[:port][/dir], a bookmark, or a URL: ftpes:// (explicit\n"
        "TLS), ftps:// (implicit TLS, port 990), ftp:// (as --tls says).\n"
        "With a COMMAND ftpsh runs it and exits; without one it is a shell on a terminal and\n"
        "runs the commands on standard input otherwise. 'ftpsh -c help' lists the commands.\n");
    options_print(stdout);
    printf("\nExit status\n");
    for (size_t i = 0; i < status_count; i++)
        printf("  %-4d%s\n", status_table[i].number, status_table[i].meaning);
    return end_output();
}

static int print_completion(const struct plan *p)
{
    struct err err = ERR_INIT;
    if (completions_print(stdout, p->settings.print_completion, p->layers, &err) == 0)
        return end_output();
    fprintf(stderr, "ftpsh: option '--print-completion': %s\n", err.msg);
    return status_of(err.code);
}

static int print_version(void)
{
    printf("ftpsh %s\n", FTPSH_VERSION);
    return end_output();
}

static int check_plan(struct plan *p, struct err *err)
{
    struct settings *s = &p->settings;
    if (s->commands && s->batch_file)
        return err_set(err, ERR_USAGE, "-b and -c exclude each other");
    if (p->argc && (s->commands || s->batch_file))
        return err_set(err, ERR_USAGE, "%s and the command '%s' exclude each other",
                       s->commands ? "-c" : "-b", p->argv[0]);
    if (p->argc && p->target && p->argv[0][0] == '-')
        return err_set(err, ERR_USAGE, "'%s': options stand before the target", p->argv[0]);
    return 0;
}

/* The settings for the server that the command line names. */
static int choose_settings(struct plan *p, struct err *err)
{
    extern char **environ;
    if (environment_read(p->layers, environ, err) < 0 || config_load(p->layers, err) < 0)
        return -1;
    if (p->target) {
        if (bookmark_target(p->target, &p->where, &p->nowhere) == 0)
            layers_choose(p->layers, p->where.host, p->where.bookmark);
    }
    return layers_compose(p->layers, &p->settings, err);
}

/* "ftpsh trust forget HOST": a command that says by its second word that no target is meant. */
static bool is_without_target(int argc, char **argv)
{
    const struct command *c = argc > 1 ? command_find(argv[0]) : NULL;
    return c && c->run == cmd_trust && (argv[1][0] == '-' || !command_find(argv[1]));
}

static int make_plan(struct plan *p, int argc, char **argv, struct err *err)
{
    int next = argc;
    *p = (struct plan){.layers = layers_new(err), .password = p->password};
    if (!p->layers)
        return -1;
    if (p->password)
        layers_give_password(p->layers);
    int rc = options_parse(p->layers, argc, argv, &next, err);
    /* --help before what is wrong is heard all the same, and whatever the configuration holds */
    if (layers_compose(p->layers, &p->settings, rc < 0 ? NULL : err) < 0 || rc < 0)
        return -1;
    if (p->settings.help || p->settings.version)
        return 0;
    if (next < argc && !is_without_target(argc - next, argv + next))
        p->target = argv[next++];
    p->argc = argc - next;
    p->argv = argv + next;
    if (p->argc < 0)
        p->argc = 0;
    p->elsewhere = true;
    if (choose_settings(p, err) < 0)
        return -1;
    p->elsewhere = false;
    if (p->argc)
        p->mode = MODE_ONE_SHOT;
    else if (p->settings.commands || p->settings.batch_file || !isatty(STDIN_FILENO))
        p->mode = MODE_BATCH;
    else
        p->mode = MODE_SHELL;
    if (p->mode == MODE_BATCH && !p->settings.commands)
        p->batch = p->settings.batch_file ? p->settings.batch_file : "-";
    return check_plan(p, err);
}

/* A failure outside of any command. */
static int fail(struct app *app, const char *context, const struct err *err)
{
    app_complain(app, context, err, app->attempts.n);
    report_failure(&app->report, err);
    return -1;
}

static int run_commands(struct app *app, const struct plan *p, int batch)
{
    if (p->mode == MODE_ONE_SHOT)
        return batch_words(app, p->argc, p->argv);
    if (p->batch)
        return batch_file(app, batch, p->batch);
    return batch_list(app, p->settings.commands);
}

/* As ftp does, the shell stays when the first connection fails. */
static int run_shell(struct app *app)
{
    struct err err = ERR_INIT;
    return shell_run(app, &err) < 0 ? fail(app, "", &err) : 0;
}

/* Whoever sits at a prompt may want none for a while. */
static bool wants_data(const struct plan *p)
{
    if (p->mode == MODE_ONE_SHOT)
        return !command_find(p->argv[0])->tries;
    return p->mode == MODE_BATCH;
}

static int open_target(struct app *app, struct plan *p)
{
    struct err err = p->nowhere;
    int rc = err.code ? -1 : app_use_target(app, &p->where, &err);
    target_clear(&p->where); /* its password is the app's now */
    if (rc == 0 && app_connect(app, NULL, &err) == 0)
        return 0;
    /* most messages name the server themselves */
    return fail(app, strstr(err.msg, app->target.host) ? "" : app->target.host, &err);
}

static int run(struct app *app, struct plan *p)
{
    struct err err = ERR_INIT;
    if (p->mode == MODE_ONE_SHOT && command_check(p->argc, p->argv, NULL, &err) < 0) {
        secrecy_cut_word(p->argv[0]); /* a second target */
        return fail(app, p->argv[0], &err);
    }
    /* what is missing here is told before the server is bothered */
    int batch = p->batch ? batch_open(p->batch, &err) : STDIN_FILENO;
    if (batch < 0)
        return fail(app, "", &err);
    if (p->mode == MODE_SHELL)
        batch_rc(app);
    app->wants_data = wants_data(p);
    int rc = p->target && !app->quit ? open_target(app, p) : 0;
    if (p->mode == MODE_SHELL)
        rc = run_shell(app);
    else if (rc == 0)
        rc = run_commands(app, p, batch);
    if (p->mode != MODE_SHELL)
        background_finish(app);
    if (batch != STDIN_FILENO)
        close(batch);
    return rc;
}

static int exit_status_of(const struct app *app)
{
    int sig = signals_ending();
    if (sig)
        return 128 + sig;
    if (status_unread(&app->report.first))
        return 128 + SIGPIPE;
    return app->mode == MODE_SHELL ? 0 : status_of(app->report.first.code);
}

static int write_report(struct app *app, int status)
{
    struct err err = ERR_INIT;
    const struct settings *s = &app->settings;
    if (s->report == REPORT_NONE ||
        report_write(&app->report, &app->attempts, s->report, s->report_file, status, &err) == 0)
        return status;
    fprintf(stderr, "ftpsh: the report: %s\n", err.msg);
    return status ? status : 1;
}

/* A trace that ends early would show a wrong end. Another line is tried, for the reason alone. */
static int end_trace(struct app *app, int status)
{
    struct err err = ERR_INIT;
    if (!app->trace || !ferror(app->trace))
        return status;
    errno = 0;
    if (putc('\n', app->trace) == EOF || fflush(app->trace) != 0)
        err_set_sys(&err, ERR_LOCAL, errno, "%s", app->settings.trace_file);
    else
        err_set(&err, ERR_LOCAL, "%s lacks lines that had no room", app->settings.trace_file);
    fprintf(stderr, "ftpsh: the trace: %s\n", err.msg);
    return status ? status : 1;
}

static int run_plan(struct plan *p)
{
    struct app app;
    struct err err = ERR_INIT;
    if (app_init(&app, p->layers, &p->settings, p->mode, &err) < 0) {
        fprintf(stderr, "ftpsh: %s\n", err.msg);
        app_free(&app);
        return status_of(err.code);
    }
    app.password = p->password;
    run(&app, p);
    app_leave(&app);
    if (app_flush(&app, &err) < 0)
        fail(&app, "", &err);
    int status = end_trace(&app, write_report(&app, exit_status_of(&app)));
    app_free(&app);
    return status;
}

/* A file or a socket in the place of a closed standard descriptor would be read or written as if it
 * were that one. What holds the place instead fails when it is used. */
static void hold_standard_descriptors(void)
{
    static const int refusing[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", refusing[fd]) != fd)
            _exit(1);
    }
}

/* The GNU C library gives each thread memory of its own, of which most is never used. */
static void share_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1); /* NOLINT(concurrency-mt-unsafe): the only thread */
#endif
}

/* Names are UTF-8, whatever the environment forgets to say. */
static void use_locale(void)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): the only thread */
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    if (MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
    /* NOLINTEND(concurrency-mt-unsafe) */
}

static int layer_target(struct plan *p, const char *name, const char *value, struct err *err)
{
    return layers_add(p->layers, LAYER_OPTION, option_find(name), value, "the target", err);
}

/* User and TLS as the target has them, which goes before the options. */
static int settle_target(struct plan *p, struct err *err)
{
    const struct settings *s = &p->settings;
    enum tls_mode tls;
    if (p->nowhere.code) {
        *err = p->nowhere;
        return -1;
    }
    if (!p->target)
        return 0;
    if (target_tls(&p->where, s->tls, s->tls_chosen, &tls, err) < 0 ||
        (tls != s->tls &&
         layer_target(p, "tls", tls == TLS_IMPLICIT ? "implicit" : "require", err) < 0) ||
        (p->where.has_user && layer_target(p, "user", p->where.user, err) < 0))
        return -1;
    return layers_compose(p->layers, &p->settings, err);
}

/* What is wrong with the target is wrong here, too. */
static int show_config(struct plan *p)
{
    struct err err = ERR_INIT;
    enum setting_style style = p->settings.json ? SETTING_JSON : SETTING_LINE;
    if (settle_target(p, &err) == 0 &&
        settings_show(stdout, style, p->layers, &p->settings, &err) == 0)
        return end_output();
    fprintf(stderr, "ftpsh: %s\n", err.msg);
    return status_of(err.code);
}

static void warn_of_secrets(void)
{
    fprintf(stderr,
            "ftpsh: the command line holds a password, which others could have seen; better: "
            "~/.netrc, --password-file, --password-command\n");
}

static int start(struct plan *p, struct secret_words *words)
{
    struct err err = ERR_INIT;
    p->password = words->password;
    int rc = make_plan(p, words->argc, words->argv, &err);
    if (rc == 0) /* settings and target have what they need of them */
        secrecy_forget_words(words, words->argc - p->argc);
    if (words->cut && !p->settings.quiet)
        warn_of_secrets();
    if (p->settings.help)
        return print_help();
    if (p->settings.version)
        return print_version();
    if (p->settings.print_completion)
        return print_completion(p);
    if (rc < 0) {
        fprintf(stderr, "ftpsh: %s%s\n", err.msg, p->elsewhere ? "" : "; try 'ftpsh --help'");
        return status_of(err.code);
    }
    return p->settings.show_config ? show_config(p) : run_plan(p);
}

int main(int argc, char **argv)
{
    struct plan plan = {.layers = NULL};
    struct secret_words words;
    struct err err = ERR_INIT;
    int status = 1;
    share_memory();
    secrecy_forbid_cores();
    int rc = secrecy_take_words(argc, argv, &words, &err);
    hold_standard_descriptors();
    use_locale();
    if (rc == 0)
        status = start(&plan, &words);
    else
        fprintf(stderr, "ftpsh: %s\n", err.msg);
    target_clear(&plan.where);
    layers_free(plan.layers);
    secrecy_clear(&words);
    return status;
}
