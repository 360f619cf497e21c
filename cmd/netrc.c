#include "netrc.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NETRC_BYTES_MAX = 1024 * 1024 };

struct netrc_scan {
    const char *p, *end;
    int line;
    char token[NETRC_VALUE_BYTES];
    size_t len;
    struct err *err;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void advance(struct netrc_scan *s)
{
    s->line += *s->p == '\n';
    s->p++;
}

static int keep(struct netrc_scan *s, char c)
{
    if (s->len + 1 >= sizeof s->token)
        return err_set(s->err, ERR_LOCAL, "line %d: a word is too long", s->line);
    s->token[s->len++] = c;
    s->token[s->len] = '\0';
    return 0;
}

static int read_quoted(struct netrc_scan *s)
{
    int start = s->line;
    for (s->p++; s->p < s->end && *s->p != '"'; advance(s)) {
        if (*s->p == '\\' && s->p + 1 < s->end)
            s->p++;
        if (keep(s, *s->p) < 0)
            return -1;
    }
    if (s->p == s->end)
        return err_set(s->err, ERR_LOCAL, "line %d: a quote is not closed", start);
    s->p++;
    return 0;
}

/* 1 with the next token, 0 at the end, -1 with err. */
static int next_token(struct netrc_scan *s)
{
    while (s->p < s->end && is_space(*s->p))
        advance(s);
    s->len = 0;
    s->token[0] = '\0';
    if (s->p == s->end)
        return 0;
    if (*s->p == '"')
        return read_quoted(s) < 0 ? -1 : 1;
    for (; s->p < s->end && !is_space(*s->p); s->p++) {
        if (*s->p == '\\' && s->p + 1 < s->end && !is_space(s->p[1]))
            s->p++;
        if (keep(s, *s->p) < 0)
            return -1;
    }
    return 1;
}

/* A macro ends at an empty line. */
static void skip_macro(struct netrc_scan *s)
{
    bool empty = false;
    for (; s->p < s->end; advance(s)) {
        if (*s->p == '\n' && empty)
            return;
        if (*s->p == '\n')
            empty = true;
        else if (*s->p != '\r')
            empty = false;
    }
}

static void skip_comment(struct netrc_scan *s)
{
    while (s->p < s->end && *s->p != '\n')
        s->p++;
}

static char *value_place(struct netrc_entry *e, const char *key, bool **has)
{
    if (strcmp(key, "login") == 0 || strcmp(key, "user") == 0)
        return *has = &e->has_login, e->login;
    if (strcmp(key, "password") == 0 || strcmp(key, "passwd") == 0)
        return *has = &e->has_password, e->password;
    if (strcmp(key, "account") == 0)
        return *has = &e->has_account, e->account;
    return NULL;
}

static bool fits_user(const struct netrc_entry *e, const char *user)
{
    return !user || !e->has_login || strcmp(e->login, user) == 0;
}

/* A key and, where it has one, its value. 1: an entry begins and *match tells whether it is for the
 * host; 0: a value was taken or passed over; -1: err. */
static int read_key(struct netrc_scan *s, const char *host, struct netrc_entry *e, bool *match)
{
    if (strcmp(s->token, "default") == 0)
        return *match = true, 1;
    if (strcmp(s->token, "machine") == 0) {
        if (next_token(s) < 0)
            return -1;
        return *match = strcasecmp(s->token, host) == 0, 1;
    }
    if (strcmp(s->token, "macdef") == 0) {
        skip_macro(s);
        return 0;
    }
    if (s->token[0] == '#') {
        skip_comment(s);
        return 0;
    }
    bool *has;
    char *place = value_place(e, s->token, &has);
    if (!place)
        return 0;
    int rc = next_token(s);
    if (rc > 0 && *match) {
        memcpy(place, s->token, s->len + 1);
        *has = true;
    }
    return rc < 0 ? -1 : 0;
}

int netrc_find(const char *text, size_t len, const char *host, const char *user,
               struct netrc_entry *out, struct err *err)
{
    struct netrc_scan s = {.p = text, .end = text + len, .line = 1, .err = err};
    bool match = false, found = false;
    memset(out, 0, sizeof *out);
    int rc;
    while (!found && (rc = next_token(&s)) > 0) {
        bool was = match;
        /* what belongs to a former entry must be complete before its user can be compared */
        bool begins = strcmp(s.token, "machine") == 0 || strcmp(s.token, "default") == 0;
        if (begins && was && fits_user(out, user)) {
            found = true;
            break;
        }
        if (begins)
            netrc_clear(out);
        if ((rc = read_key(&s, host, out, &match)) < 0)
            break;
    }
    wipe(s.token, sizeof s.token);
    found = found || (rc == 0 && match && fits_user(out, user));
    if (!found)
        netrc_clear(out);
    return rc < 0 ? -1 : found;
}

static int check_mode(const struct stat *st, const struct netrc_entry *e, struct err *err)
{
    if (!e->has_password || (st->st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return 0;
    return err_set(err, ERR_LOCAL,
                   "it holds a password and others can read it (run 'chmod 600' on it)");
}

static int find_in(int fd, const char *host, const char *user, struct netrc_entry *out,
                   struct err *err)
{
    struct stat st;
    struct buf b;
    if (fstat(fd, &st) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "stat");
    buf_init(&b, NETRC_BYTES_MAX);
    int rc = -1;
    for (;;) {
        unsigned char *room = buf_reserve(&b, 4096, err);
        ssize_t n = room ? read(fd, room, 4096) : -1;
        if (!room)
            break;
        if (n < 0)
            err_set_sys(err, ERR_LOCAL, errno, "read");
        if (n == 0)
            rc = netrc_find((const char *) buf_data(&b), buf_len(&b), host, user, out, err);
        if (n <= 0)
            break;
        buf_commit(&b, (size_t) n);
    }
    buf_clear(&b);
    if (rc > 0 && check_mode(&st, out, err) < 0) {
        netrc_clear(out);
        rc = -1;
    }
    return rc;
}

int netrc_load(const char *path, const char *host, const char *user, struct netrc_entry *out,
               struct err *err)
{
    char own[4096];
    memset(out, 0, sizeof *out);
    if (!path) {
        const char *home = getenv("HOME");
        if (!home || snprintf(own, sizeof own, "%s/.netrc", home) >= (int) sizeof own)
            return 0;
        path = own;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    int rc = find_in(fd, host, user, out, err);
    close(fd);
    if (rc < 0)
        err_wrap(err, "%s", path);
    return rc;
}

void netrc_clear(struct netrc_entry *e)
{
    wipe(e, sizeof *e);
}
