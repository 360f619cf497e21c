/* Everything that the running program holds, in one place. */
#ifndef FTPSH_CMD_APP_H
#define FTPSH_CMD_APP_H

#include "call.h"
#include "dictionary.h"
#include "history.h"
#include "layers.h"
#include "progress.h"
#include "report.h"
#include "target.h"
#include "xfer/transfer.h"

#include <stdio.h>

enum app_mode { MODE_SHELL, MODE_BATCH, MODE_ONE_SHOT };

#define PASSWORD_BYTES 1024

struct made_trust {
    struct trust_config of;
    struct trust *trust;
};

struct made_identity; /* see identities.h */

struct app {
    struct layers *layers;    /* borrowed; NULL: a twin */
    struct settings settings; /* what comes out of them */
    enum app_mode mode;
    bool wants_data; /* commands follow a connect at once, and most of them want data */
    struct cancel *cancel;
    struct wait wait; /* Ctrl-C and --timeout */
    struct log log;
    FILE *trace;
    FILE *out;      /* where results go: standard output, or a redirection */
    bool piped;     /* `out` is a pipe to a program that we started */
    FILE *messages; /* for the person: standard error */

    struct made_trust *trusts; /* one for each trust_config so far, which sessions borrow */
    size_t ntrusts;
    struct made_identity *identities; /* what the trusts borrow; NULL: none so far */
    struct target target;
    struct target
        before; /* where one was before that, in the folder that one left; no host: nowhere */
    struct proxy proxy;      /* that leads to it, where the session has one */
    const char *password;    /* what FTPSH_PASSWORD held; borrowed; NULL: there was none */
    char *fd_password;       /* what --password-fd gave; NULL: not read yet */
    int fd_read;             /* which one that was */
    struct session *session; /* NULL: not connected */
    struct ladder ladder;
    struct attempts attempts;
    int64_t downgrades;    /* those of them that were told of */
    size_t accounted;      /* attempts of commands that have ended */
    struct rate *rate;     /* of all transfers */
    struct rate *own_rate; /* of one command alone; NULL: none had one */
    struct crew *crew;     /* that pools work with; NULL: a twin, whose pools have their own */
    struct mover mover;
    char home[PATH_BYTES]; /* the folder after login */
    unsigned announced;    /* the session's generation whose data connection was told of */
    char path_line[512];   /* how its data connection came about */
    struct {
        unsigned generation; /* of the session; 0: nothing noted yet */
        enum strategy_id strategy;
    } noted; /* in the memory of strategies */

    const struct call *call;           /* the command that runs, with its options; NULL: none */
    const struct arguments *arguments; /* its arguments; NULL: none runs */
    const char *where;                 /* it stands: "file:3"; NULL or "": nowhere in particular */
    bool told;                         /* of its failure: nothing more is to be said */
    struct dictionary variables, aliases;
    const struct script *script; /* the file of commands that runs: see variables.h; NULL: none */
    int last_status;             /* the exit status that the last command would give */
    char value[OPTION_VALUE_BYTES]; /* of the variable that was asked for last, if it needs a place
                                     */
    bool json;                      /* its results are wanted as JSON */
    bool quit;
    bool background;   /* this is a twin */
    bool typing;       /* a line is being typed: nothing else can be asked */
    struct jobs *jobs; /* commands in the background; NULL: none so far */
    size_t untold;     /* the latest attempts, made by no command: the next one tells of them */
    struct foldercache *folders; /* for completion; NULL: nothing is kept */
    struct history_list *past;   /* lines typed at the prompt; NULL: this is no shell */

    struct report report;
    struct progress_bar bar;
    struct {
        char *out, *messages;
        size_t out_size, messages_size;
    } kept; /* a twin's */
};

/* -1 with ERR_LOCAL. */
int app_init(struct app *app, struct layers *layers, const struct settings *settings,
             enum app_mode mode, struct err *err);

/* Says goodbye to the server, and gives everything back. */
void app_free(struct app *app);

/* What can run a command beside this one, in a thread of its own: with settings, target, remote
 * folder and what was learnt of the server as they are now, and a session of its own that is not
 * connected yet. Results and messages are kept, and nobody is asked anything. `app` must outlive
 * it. NULL with ERR_LOCAL. */
struct app *app_twin(struct app *app, struct err *err);

/* Shows what the twin has kept, notes what worked for it in the memory of strategies, and adds its
 * part to the report: in the thread of `app`. Its session may be at an end, but not freed. */
void app_twin_take(struct app *app, struct app *twin);
void app_twin_free(struct app *twin);

/* Connects to app->target and logs in as `user` (NULL: as target, options and ~/.netrc say), with
 * pauses and again after passing failures where nobody watches. A session there was ends. On
 * failure there is none, except that a folder which the server refuses leaves the session where it
 * is. */
int app_connect(struct app *app, const char *user, struct err *err);

/* The settings for any target, with its sections of the configuration. *out is the caller's to wipe
 * with proxy_clear(). -1 with ERR_USAGE. */
int app_settings_for(struct app *app, const struct target *t, struct settings *out,
                     struct err *err);

/* A session for a target with these settings, login and TLS as app_connect() finds them, not
 * connected yet. `proxy` is where the proxy that leads there is kept: for the session's life. NULL
 * with ERR_USAGE, ERR_LOCAL. */
struct session *app_make_session(struct app *app, const struct settings *s, const struct target *t,
                                 const char *user, struct proxy *proxy, struct err *err);

/* Forgets that the certificate of `name` was believed: the next connection asks again. Whether it
 * was. */
bool app_forget_trusted(struct app *app, const char *name);

/* session_connect(), with the pauses of app_connect(). */
int app_connect_patiently(struct app *app, struct session *s, struct err *err);

/* Makes it app->target, with the settings for it. -1 with ERR_USAGE. */
int app_use_target(struct app *app, const struct target *t, struct err *err);

/* Makes of `text`, a target or the name of a bookmark, app->target, and connects. */
int app_open(struct app *app, const char *text, struct err *err);
/* The same with a target that was read already. */
int app_open_target(struct app *app, const struct target *t, struct err *err);

void app_close(struct app *app);
/* The same at the end of the program, which waits for no answer to QUIT. */
void app_leave(struct app *app);

/* The layers have changed: composes the settings anew. -1 with ERR_USAGE, and they are as before.
 */
int app_compose(struct app *app, struct err *err);

/* The settings have changed: hands them to what works with them. */
void app_settings_changed(struct app *app);

/* Before and after each command: clocks start, and what it did is noted for report and person. */
size_t app_command_begins(struct app *app);
void app_command_ends(struct app *app, size_t attempts_before);

/* Adds it to the report. Where none is asked for nothing is kept: a session may last for months. */
void app_report_transfer(struct app *app, const struct transfer *t);

/* "ftpsh: context: message" on standard error, the context escaped; a data connection that no
 * strategy could open brings the reason of each, from attempts[from..] on. `context` may be "". */
void app_complain(struct app *app, const char *context, const struct err *err, size_t from);

/* A line for a person on standard error, unless -q. */
void app_say(struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, with -q too: what somebody gives away has to be known. */
void app_warn(struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Flushes app->out: -1 with ERR_LOCAL when something could not be written, ERR_CANCELLED when a
 * signal ended the writing. */
int app_flush(struct app *app, struct err *err);

/* Pauses; -1 with ERR_CANCELLED or ERR_TIMEOUT. */
int app_pause(struct app *app, int64_t ms, struct err *err);

/* The command that runs keeps to a rate that is no other's, instead of the one of all. -1 with
 * ERR_LOCAL. */
int app_own_rate(struct app *app, int64_t bytes_per_s, struct err *err);

/* Whether what is printed is to have colours: the option --color of the command that runs decides,
 * else the setting, else what lscolors_wanted() says. */
bool app_colours(const struct app *app, bool at_terminal);

/* call_option() of the command that runs. */
const char *app_option(const struct app *app, const char *name);

#endif
