#include "config.h"

#include "base/buf.h"
#include "ownfile.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What inih is fed with, a line at a time. It cuts what is too long for it without a word, so that
 * lines are measured, and sections named, before it sees them. */
struct reading {
    struct layers *layers;
    const char *p, *end;
    const char *path;
    bool shared;
    int line;                        /* the one that was handed over last; from 1 on */
    const char *raw;                 /* where it begins */
    size_t raw_len;                  /* without its end */
    char section[TARGET_HOST_BYTES]; /* "": none so far */
    struct err *err;
    bool failed;
};

static int complain(struct reading *r, const char *what)
{
    r->failed = true;
    return err_set(r->err, ERR_USAGE, "%s:%d: %s", r->path, r->line, what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- lines ---- */

/* Up to the next line's end, without blanks around it. */
static void take_line(struct reading *r)
{
    size_t left = (size_t) (r->end - r->p);
    const char *newline = memchr(r->p, '\n', left);
    size_t len = newline ? (size_t) (newline - r->p) : left;
    r->raw = r->p;
    r->p += len + (newline != NULL);
    r->line++;
    while (len > 0 && is_blank(*r->raw)) { /* inih would add it to the value above */
        r->raw++;
        len--;
    }
    while (len > 0 && (is_blank(r->raw[len - 1]) || r->raw[len - 1] == '\r'))
        len--;
    r->raw_len = len;
}

static int enter_section(struct reading *r)
{
    const char *close = memchr(r->raw, ']', r->raw_len);
    size_t len = close ? (size_t) (close - r->raw) - 1 : 0, rest = close ? len + 2 : 0;
    while (rest < r->raw_len && is_blank(r->raw[rest]))
        rest++;
    if (!close || (rest < r->raw_len && !strchr("#;", r->raw[rest])))
        return complain(r, "a section is a name between [ and ], and nothing behind it");
    if (len == 0 || len >= sizeof r->section)
        return complain(r, len ? "the section's name is too long"
                               : "the section has no name; [*] is the one for all servers");
    memcpy(r->section, r->raw + 1, len);
    r->section[len] = '\0';
    return 0;
}

static int check_line(struct reading *r, int room)
{
    if (memchr(r->raw, '\0', r->raw_len))
        return complain(r, "there is a NUL byte: is this a text file?");
    if (r->raw[0] == '[')
        return enter_section(r);
    if (!memchr(r->raw, '=', r->raw_len) && !memchr(r->raw, ':', r->raw_len))
        return complain(r, "this is no section, no 'NAME = VALUE' and no comment");
    if (!r->section[0])
        return complain(r, "a setting stands in a section; [*] is the one for all servers");
    if (r->raw_len + 2 > (size_t) room)
        return complain(r, "the line is too long");
    return 0;
}

/* For ini_parse_stream(): as fgets(). */
static char *next_line(char *dst, int room, void *stream)
{
    struct reading *r = stream;
    if (r->failed || r->p == r->end)
        return NULL;
    take_line(r);
    bool nothing = r->raw_len == 0 || strchr("#;", r->raw[0]);
    if (nothing && memchr(r->raw, '\0', r->raw_len) == NULL) {
        snprintf(dst, (size_t) room, "\n");
        return dst;
    }
    if (check_line(r, room) < 0)
        return NULL;
    if (r->raw[0] == '[') /* the name is kept here */
        snprintf(dst, (size_t) room, "[-]\n");
    else
        snprintf(dst, (size_t) room, "%.*s\n", (int) r->raw_len, r->raw);
    return dst;
}

/* ---- settings ---- */

/* What would be lost, or kept, without anybody having meant it. */
static int check_comment(struct reading *r, const struct option *o)
{
    for (size_t i = 1; i < r->raw_len; i++) {
        if (!is_blank(r->raw[i - 1]))
            continue;
        if (r->raw[i] == '#' && o->kind != OPTION_COMMAND)
            return complain(r, "'#' begins a comment in front of a line only; behind a value it is "
                               "';'");
        if (r->raw[i] == ';')
            return o->kind == OPTION_COMMAND
                       ? complain(r, "';' behind a blank would begin a comment and cut the command")
                       : 0;
    }
    return 0;
}

/* "~/x" is no shell's to expand here. */
static const char *expand_home(const struct option *o, const char *value, char *dst, size_t size)
{
    const char *home = getenv("HOME");
    if (o->kind != OPTION_FILE || strncmp(value, "~/", 2) != 0 || !home ||
        (size_t) snprintf(dst, size, "%s%s", home, value + 1) >= size)
        return value;
    return dst;
}

static int check_secret(struct reading *r, const struct option *o, const char *value)
{
    struct proxy p;
    if (!r->shared || o->kind != OPTION_PROXY || proxy_parse(value, &p, NULL) < 0)
        return 0;
    bool secret = p.has_login && p.password[0];
    proxy_clear(&p);
    return secret ? complain(r, "a password, and others can read the file (run 'chmod 600' on it)")
                  : 0;
}

static int take(struct reading *r, const char *name, const char *value, struct err *err)
{
    char path[OPTION_VALUE_BYTES], where[OWN_PATH_BYTES + TARGET_HOST_BYTES + 32];
    if (strcmp(name, "password") == 0)
        return err_set(err, ERR_USAGE,
                       "no password stands here; see password-command, password-file and ~/.netrc");
    const struct option *o = setting_find(name, err);
    if (!o)
        return -1;
    if (check_comment(r, o) < 0 || check_secret(r, o, value) < 0)
        return 0; /* told */
    snprintf(where, sizeof where, "%s:%d [%s]", r->path, r->line, r->section);
    if (layers_add_config(r->layers, r->section, o, expand_home(o, value, path, sizeof path), where,
                          err) < 0)
        return err_wrap(err, "%s", name);
    return 0;
}

/* For ini_parse_stream(): 0 is an error, the first of which ends the reading. */
static int on_setting(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    struct err why = ERR_INIT;
    (void) section;
    if (take(r, name, value, &why) == 0)
        return !r->failed;
    r->failed = true;
    err_wrap(&why, "%s:%d", r->path, r->line);
    err_take(r->err, &why);
    return 0;
}

int config_parse(struct layers *l, const char *text, size_t len, const char *path, bool shared,
                 struct err *err)
{
    struct reading r = {
        .layers = l, .p = text, .end = text + len, .path = path, .shared = shared, .err = err};
    static const char mark[] = "\xEF\xBB\xBF"; /* some editors begin a file with it */
    if (len >= sizeof mark - 1 && memcmp(text, mark, sizeof mark - 1) == 0)
        r.p += sizeof mark - 1;
    int line = ini_parse_stream(next_line, &r, on_setting, &r);
    if (line > 0 && !r.failed) {
        r.line = line;
        complain(&r, "this is no section, no 'NAME = VALUE' and no comment");
    } else if (line < 0) {
        return err_set(err, ERR_LOCAL, "out of memory");
    }
    return r.failed ? -1 : 0;
}

/* ---- the file ---- */

const char *config_path(char *dst, size_t size)
{
    return own_path(&(struct own_file){OWN_CONFIG, "config"}, dst, size);
}

/* A link leads where its owner wants; what is the system's may be used. */
static int check_file(const struct stat *st, const char *path, struct err *err)
{
    if (!S_ISREG(st->st_mode))
        return err_set(err, ERR_LOCAL, "%s: is %s, where the configuration belongs", path,
                       S_ISDIR(st->st_mode) ? "a folder" : "no file");
    if (st->st_uid != geteuid() && st->st_uid != 0)
        return err_set(err, ERR_LOCAL, "%s: belongs to somebody else and is not used", path);
    if (st->st_mode & S_IWOTH)
        return err_set(err, ERR_LOCAL, "%s: can be changed by everybody (run 'chmod 600' on it)",
                       path);
    return 0;
}

static int read_file(struct layers *l, int fd, const char *path, struct err *err)
{
    enum { PIECE = 16 * 1024 };
    struct stat st;
    struct buf text;
    if (fstat(fd, &st) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    if (check_file(&st, path, err) < 0)
        return -1;
    buf_init(&text, OWN_BYTES_MAX);
    int rc = -1;
    for (;;) {
        unsigned char *room = buf_reserve(&text, PIECE, err);
        ssize_t n = room ? read(fd, room, PIECE) : -1;
        if (!room)
            err_wrap(err, "%s", path);
        else if (n < 0)
            err_set_sys(err, ERR_LOCAL, errno, "%s", path);
        else if (n == 0)
            rc = config_parse(l, (const char *) buf_data(&text), buf_len(&text), path,
                              (st.st_mode & (S_IRGRP | S_IROTH)) != 0, err);
        if (n <= 0)
            break;
        buf_commit(&text, (size_t) n);
    }
    buf_clear(&text);
    return rc;
}

int config_load(struct layers *l, struct err *err)
{
    char path[OWN_PATH_BYTES];
    if (!*config_path(path, sizeof path))
        return 0;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    int rc = read_file(l, fd, path, err);
    close(fd);
    return rc;
}
