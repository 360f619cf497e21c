/* One control connection: command lines in, replies out. Runs in a thread of its own. */
#ifndef FAKE_SESSION_H
#define FAKE_SESSION_H

#include "conn.h"
#include "file.h"
#include "tls.h"

#include <stdint.h>
#include <sys/socket.h>

#define HOLE_FDS 16
#define HANDSHAKE_MS 15000

struct session {
    struct server *srv;
    struct conn ctl;
    struct tls_state tls;
    struct sockaddr_storage peer, local; /* IPv4 never as an IPv6-mapped address */
    int id, commands;
    int n_data;          /* data connections under TLS */
    char verb[16];       /* the command under way; "" before the first */
    const char *arg;     /* of the behaviour */
    int behaviour_steps; /* its own counter */
    char in[8192];       /* received and not yet a command */
    size_t in_len;
    bool named, logged_in, private_data;
    bool counted; /* among those that are logged in */
    bool quit;    /* ends after this command */
    bool gone;    /* control is of no use any more */
    char cwd[FILE_PATH], rename_from[FILE_PATH];
    bool md5_chosen; /* by SITE CHECKMETHOD */
    char hash[16];   /* what HASH computes; "": its default */
    int64_t rest;
    /* Where the next data connection comes from: at most one of the two. */
    int listen_fd; /* -1: none */
    struct sockaddr_storage active;
    bool has_active;
    bool announced; /* by PRET */
    bool mode_z;
    bool sscn, cpsv;    /* the client of TLS on data connections; on the next one */
    int hole[HOLE_FDS]; /* what keeps a silent port silent */
    size_t n_hole;
};

/* Serves the connected descriptor, which is closed in the end, until QUIT, its end, or the
 * server's. */
void session_run(struct server *srv, int fd);

/* Sends a reply; CRLF is added. Text of several lines holds its own CRLF in between. */
void session_reply(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sends bytes as they are. */
void session_send(struct session *s, const char *text, size_t len);

/* Starts TLS on control. 0, or -1: the session is gone. */
int session_start_tls(struct session *s);

/* Counts the login of a session that was not logged in; false where it would be one too many. */
bool session_admit(struct session *s);

bool session_quirk(const struct session *s, enum quirk_id id);
int64_t session_quirk_number(const struct session *s, enum quirk_id id);

/* To be called during a transfer when control can be read. Other commands than ABOR stay queued. */
enum watch { WATCH_NOTHING, WATCH_ABOR, WATCH_GONE };
enum watch session_watch(struct session *s);

/* Makes the argument of a command an absolute path inside the root; on failure it has replied. */
int session_path(struct session *s, const char *arg, char out[FILE_PATH]);

#endif
