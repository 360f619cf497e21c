/* The misbehaviours of the server: one table, from which the option, its help and the code are fed.
 * `--quirk=NAME[=ARG]`, several times. */
#ifndef FAKE_QUIRK_H
#define FAKE_QUIRK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* id, name, argument kind, argument in the help ("" for none, "[X]" optional), help */
#define QUIRKS(X)                                                                                  \
    X(REFUSE, "refuse", TEXT, "CMD[:CODE]", "refuse a command with CODE (502); may be repeated")   \
    X(FORGED_227, "pasv-address", TEXT, "A.B.C.D", "name this address in 227")                     \
    X(PLAIN_227, "pasv-before-login", TEXT, "A.B.C.D", "before the login too, with this address")  \
    X(PASV_FORMAT, "pasv-format", TEXT, "TEXT", "text of 227; %a: h,h,h,h  %p: p,p")               \
    X(PASV_229, "pasv-answer-229", FLAG, "", "answer PASV as if it were EPSV")                     \
    X(PASV_CLOSED, "pasv-port-closed", FLAG, "", "PASV names a port where nothing listens")        \
    X(PASV_SILENT, "pasv-silent", FLAG, "", "PASV names a port where packets vanish")              \
    X(EPSV_FORMAT, "epsv-format", TEXT, "TEXT", "text of 229; %p: the port")                       \
    X(EPSV_CLOSED, "epsv-port-closed", FLAG, "", "EPSV names a port where nothing listens")        \
    X(PORTS_CLOSED, "ports-closed-after", NUMBER, "N", "nothing listens behind the first N ports") \
    X(EPSV_SILENT, "epsv-silent", FLAG, "", "EPSV names a port where packets vanish")              \
    X(EPSV_MUTE, "epsv-no-reply", FLAG, "", "never answer EPSV")                                   \
    X(NO_150, "no-150", FLAG, "", "no preliminary reply")                                          \
    X(MANY_150, "many-150", NUMBER, "N", "so many preliminary replies")                            \
    X(EARLY_226, "226-before-data", FLAG, "", "226 before a download starts")                      \
    X(LATE, "late", TEXT, "CMD:MS", "carry out CMD so much later")                                 \
    X(LATE_226, "late-226", NUMBER, "MS", "226 or 426 so much later than the data's end")          \
    X(NO_226, "no-226", FLAG, "", "no final reply")                                                \
    X(AWAIT_NOTIFY, "await-close-notify", FLAG, "", "226 only after the client's close_notify")    \
    X(CUT_AFTER, "data-cut-after", NUMBER, "BYTES", "end a download early, orderly, with 226")     \
    X(CLOSE_AFTER, "data-close-after", NUMBER, "BYTES", "close data early, no close_notify, 426")  \
    X(RESET_AFTER, "data-reset-after", NUMBER, "BYTES", "reset data, 426")                         \
    X(STALL_AFTER, "data-stall-after", NUMBER, "BYTES", "data stops moving")                       \
    X(CONTROL_AFTER, "control-close-after", NUMBER, "BYTES", "control closes, data goes on")       \
    X(DIE_AFTER, "die-after", NUMBER, "BYTES", "both connections are reset")                       \
    X(ACCIDENTS, "accidents", NUMBER, "N", "what happens after BYTES happens N times in all")      \
    X(FULL_AFTER, "disk-full-after", NUMBER, "BYTES", "452 in the middle of an upload")            \
    X(NO_NOTIFY, "no-close-notify", FLAG, "", "end data without close_notify")                     \
    X(DATA_PLAIN, "data-plaintext", FLAG, "", "data in clear in spite of PROT P")                  \
    X(TLS_LATE, "tls-after-150", FLAG, "", "150 first, then accept and start TLS on data")         \
    X(TLS_EARLY, "tls-before-150", FLAG, "", "150 only after the TLS handshake on data")           \
    X(SPLIT, "reply-split", FLAG, "", "replies one byte at a time")                                \
    X(LONG_LINE, "long-line", NUMBER, "N", "the greeting is a line of N bytes")                    \
    X(ENDLESS, "endless-reply", TEXT, "[CMD]", "the reply to CMD (FEAT) never ends")               \
    X(INJECT, "inject-after-auth", FLAG, "", "plaintext behind 234 in the same segment")           \
    X(FEAT_LATE, "no-feat-before-login", FLAG, "", "FEAT is refused before login")                 \
    X(NO_SIZE, "no-size", FLAG, "", "no SIZE")                                                     \
    X(WRONG_SIZE, "wrong-size", NUMBER, "N", "SIZE lies by N")                                     \
    X(DIGEST, "digest", TEXT, "CMD[,CMD]", "offer HASH, XSHA256, XMD5, XCRC, MD5, SITE XMD5...")   \
    X(WRONG_DIGEST, "wrong-digest", FLAG, "", "they tell another file's hash")                     \
    X(DIGEST_FORMAT, "digest-format", TEXT, "TEXT", "they say TEXT and the hash")                  \
    X(NO_RENAME_OVER, "no-rename-over", FLAG, "", "RNTO refuses a name that is taken")             \
    X(IGNORE_REST, "ignore-rest", FLAG, "", "REST is accepted and ignored")                        \
    X(FORGET_REST, "forget-rest", FLAG, "", "any command between REST and RETR undoes it")         \
    X(FIRST_425, "425-on-data", NUMBER, "N", "425 to the first N transfers")                       \
    X(ALL_522, "522-on-data", FLAG, "", "522 to every transfer")                                   \
    X(BYE_AFTER, "421-after", NUMBER, "N", "421 after N commands")                                 \
    X(CUT_BEFORE, "cut-before", TEXT, "CMD[:N]", "CMD cuts the control connection, N (1) times")   \
    X(CUT_BEHIND, "cut-behind", TEXT, "CMD[:N]", "the same instead of the reply: CMD is done")     \
    X(LOGIN_421, "login-421", FLAG, "", "421 to USER: too many connections")                       \
    X(AGAIN_421, "421-after-logins", NUMBER, "N", "the same from the N+1st connection on")         \
    X(MAX_SESSIONS, "max-sessions", NUMBER, "N", "421 to connections beyond N at a time")          \
    X(MAX_LOGINS, "max-logins", NUMBER, "N", "530 to logins beyond N at a time")                   \
    X(PBSZ_REFUSED, "pbsz-refused", FLAG, "", "PBSZ is refused")                                   \
    X(PROT_REFUSED, "prot-refused", FLAG, "", "PROT is refused")                                   \
    X(AUTH_REFUSED, "auth-refused", FLAG, "", "AUTH is refused")                                   \
    X(BANNER_LINES, "banner-multiline", FLAG, "", "a greeting of several lines")                   \
    X(BANNER_DELAY, "banner-delay", NUMBER, "MS", "a late greeting")                               \
    X(NO_MLSD, "no-mlsd", FLAG, "", "neither MLSD nor MLST")                                       \
    X(MLSD_EMPTY, "mlsd-empty", FLAG, "", "MLSD is advertised and sends nothing")                  \
    X(MLSD_GARBAGE, "mlsd-garbage", FLAG, "", "MLSD sends what LIST does")                         \
    X(MLSD_STALLS, "mlsd-stalls", FLAG, "", "MLSD sends nothing and does not end")                 \
    X(MLSD_MUTE, "mlsd-no-reply", FLAG, "", "never answer MLSD")                                   \
    X(FACTS_OFF, "mlsd-facts-off", FLAG, "", "FEAT says that no fact but type is on")              \
    X(LIST_FILE, "list-file", TEXT, "FILE", "LIST sends this file, whatever the folder")           \
    X(LIST_LINES, "list-lines", NUMBER, "N", "every listing has N made-up lines")                  \
    X(LIST_ZONE, "list-zone", NUMBER, "MINUTES", "the times of LIST are ahead of UTC")             \
    X(EMPTY_450, "list-error-empty", FLAG, "", "450 for an empty folder")                          \
    X(ESCAPES, "escape-names", FLAG, "", "a listing with escape sequences in a name")              \
    X(DOT_NAMES, "hostile-names", FLAG, "", "a listing with ../ and absolute names")               \
    X(EMPTY_NAME, "empty-name", FLAG, "", "a listing with an empty name")                          \
    X(LINK_FIRST, "link-first", TEXT, "NAME", "each listing begins with a link NAME to /etc")      \
    X(LOOP, "loop", TEXT, "NAME", "each folder has a folder NAME: itself, by its unique fact")     \
    X(ENDLESS_TREE, "endless-tree", NUMBER, "N", "every folder has N folders and no end")          \
    X(LIST_CUT, "list-cut", TEXT, "cut|close|reset", "listings of session N end after N-1 bytes")  \
    X(SLOW, "slow", NUMBER, "BYTES_PER_S", "slow data")                                            \
    X(SHORT_UPLOAD, "upload-short", NUMBER, "N", "drop the last N bytes of an upload, say 226")    \
    X(OTHER_CERT, "other-data-cert", TEXT, "CERT:KEY", "another certificate on data")              \
    X(DATA_CA, "data-client-ca", TEXT, "F", "data alone need a client certificate that F signed")  \
    X(NO_RESUME, "no-resume", FLAG, "", "no TLS session is resumed")                               \
    X(LATE_TICKET, "late-ticket", FLAG, "", "TLS 1.3 tickets come only before 227 and 229")        \
    X(TICKET_ONCE, "ticket-once", FLAG, "", "522 when a TLS 1.3 ticket is offered twice")          \
    X(TICKET_LIFE, "ticket-life", NUMBER, "SECONDS", "how long TLS sessions can be resumed")       \
    X(SESSION_IDS, "session-ids", FLAG, "", "TLS sessions have ids and no tickets: 1.2 only")      \
    X(RESUME_TIMES, "resume-times", NUMBER, "N", "control's session is resumed N times, no more")  \
    X(DIVERGES, "425-after-data", NUMBER, "N", "425 to data behind N of a control connection")     \
    X(DEAF, "deaf-while-accepting", FLAG, "", "control is not read while data is awaited")         \
    X(BUSY, "busy-in-transfer", FLAG, "", "commands during a transfer get an error")               \
    X(ABOR_ONE, "abor-one-reply", FLAG, "", "ABOR is answered once, with 226")                     \
    X(ABOR_IGNORED, "abor-ignored", FLAG, "", "ABOR waits until the transfer is over")             \
    X(PRET, "pret", FLAG, "", "EPSV and PASV want a PRET before them")                             \
    X(MODE_Z, "mode-z", TEXT, "[HOW]", "MODE Z; \"refuse\": only listed; \"lie\": only said")      \
    X(FXP, "fxp", FLAG, "", "data connections with other hosts than the client, too")              \
    X(SSCN, "sscn", FLAG, "", "SSCN: the client of TLS on data connections")                       \
    X(CPSV, "cpsv", FLAG, "", "CPSV: PASV, and the client of TLS there")                           \
    X(ONE_BY_ONE, "no-pipelining", FLAG, "", "commands sent together close the connection")

#define QUIRK_ID(id, name, kind, arg, help) QUIRK_##id,
enum quirk_id { QUIRKS(QUIRK_ID) QUIRK_COUNT };
#undef QUIRK_ID

#define QUIRK_REFUSALS_MAX 16

struct quirks {
    struct {
        bool on;
        const char *text; /* borrowed from the command line; NULL: no argument */
        int64_t number;
    } value[QUIRK_COUNT];
    struct {
        char verb[8];
        int code;
    } refusals[QUIRK_REFUSALS_MAX];
    size_t n_refusals;
};

/* Adds "NAME[=ARG]", which must outlive q. 0, or -1 when it is not in the table or its argument is
 * wrong. */
int quirk_add(struct quirks *q, const char *text);

bool quirk_on(const struct quirks *q, enum quirk_id id);
/* The code to refuse `verb` with; 0: it is not refused. */
int quirk_refusal(const struct quirks *q, const char *verb);
void quirk_help(FILE *f);

#endif
