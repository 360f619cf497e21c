#include "config.h"

#include "base/buf.h"
#include "base/escape.h"
#include "home.h"
#include "ownfile.h"
#include "target.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What inih is fed with, a line at a time. It cuts what is longer than its own room without a word,
 * so that it gets no more than the names of settings: sections and values are kept here. */
struct reading {
    struct layers *layers;
    const char *p, *end;
    const char *path;
    bool shared;
    int line;                        /* the one that was handed over last; from 1 on */
    const char *raw;                 /* where it begins */
    size_t raw_len;                  /* without its end */
    size_t head_len;                 /* of "NAME =", of a setting's line */
    char section[TARGET_HOST_BYTES]; /* "": none so far */
    char value[OPTION_VALUE_BYTES];
    struct err *err;
    bool failed;
};

static int complain(struct reading *r, const char *what)
{
    r->failed = true;
    return err_set(r->err, ERR_USAGE, "%s:%d: %s", r->path, r->line, what);
}

/* As inih sees it. */
static bool is_blank(char c)
{
    return c != '\0' && strchr(" \t\r\v\f", c);
}

/* ---- lines ---- */

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && is_blank(**text)) {
        *text += 1;
        *len -= 1;
    }
    while (*len > 0 && is_blank((*text)[*len - 1]))
        *len -= 1;
}

/* Up to the next line's end, without blanks around it: inih would add what is behind blanks to the
 * value above. */
static void take_line(struct reading *r)
{
    size_t left = (size_t) (r->end - r->p);
    const char *newline = memchr(r->p, '\n', left);
    size_t len = newline ? (size_t) (newline - r->p) : left;
    r->raw = r->p;
    r->p += len + (newline != NULL);
    r->line++;
    r->raw_len = len;
    trim(&r->raw, &r->raw_len);
}

/* As in a target, which names no section. */
static bool has_more_than_host(const char *name)
{
    const char *colon = strchr(name, ':');
    bool port = colon && !strchr(colon + 1, ':'); /* an IPv6 address has several */
    return port || strpbrk(name, "/@[]");
}

static int enter_section(struct reading *r)
{
    const char *close = memchr(r->raw, ']', r->raw_len);
    size_t len = close ? (size_t) (close - r->raw) - 1 : 0, rest = close ? len + 2 : 0;
    while (rest < r->raw_len && is_blank(r->raw[rest]))
        rest++;
    if (!close || (rest < r->raw_len && !strchr("#;", r->raw[rest])))
        return complain(r, "a section is a name between [ and ], and nothing behind it");
    const char *name = r->raw + 1;
    trim(&name, &len);
    if (len == 0 || len >= sizeof r->section)
        return complain(r, len ? "the section's name is too long"
                               : "the section has no name; [*] is the one for all servers");
    memcpy(r->section, name, len);
    r->section[len] = '\0';
    if (has_more_than_host(r->section))
        return complain(r, "a section is named after a host, without user, port and path, or after "
                           "a bookmark");
    return 0;
}

/* Where a value ends: at a blank with ';' behind it, which begins a comment. */
static size_t value_length(const char *from, size_t len)
{
    size_t n = 0;
    while (n < len && !(is_blank(from[n]) && n + 1 < len && from[n + 1] == ';'))
        n++;
    return n;
}

static int keep_value(struct reading *r)
{
    const char *from = r->raw + r->head_len;
    size_t len = value_length(from, r->raw_len - r->head_len);
    trim(&from, &len);
    if (len >= sizeof r->value)
        return complain(r, "the value is too long");
    memcpy(r->value, from, len);
    r->value[len] = '\0';
    return 0;
}

/* `room` is for a name, '=', a line's end and NUL. */
static int enter_setting(struct reading *r, int room)
{
    static const char nothing[] = "this is no section, no 'NAME = VALUE' and no comment";
    while (r->head_len < r->raw_len && !strchr("=:", r->raw[r->head_len]))
        r->head_len++;
    if (r->head_len++ == r->raw_len || r->head_len + 2 > (size_t) room)
        return complain(r, nothing);
    if (!r->section[0])
        return complain(r, "a setting stands in a section; [*] is the one for all servers");
    return keep_value(r);
}

static int check_line(struct reading *r, int room)
{
    r->head_len = 0;
    if (memchr(r->raw, '\0', r->raw_len))
        return complain(r, "there is a NUL byte: is this a text file?");
    return r->raw[0] == '[' ? enter_section(r) : enter_setting(r, room);
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
    if (r->raw[0] == '[')
        snprintf(dst, (size_t) room, "[-]\n");
    else
        snprintf(dst, (size_t) room, "%.*s\n", (int) r->head_len, r->raw);
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
    if (o->kind != OPTION_FILE || !home_is_meant(value) ||
        home_expand(value, false, dst, size, NULL) < 0)
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

static int take(struct reading *r, const char *name, struct err *err)
{
    const char *value = r->value;
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
    (void) value;
    if (take(r, name, &why) == 0)
        return !r->failed;
    r->failed = true;
    err_wrap(&why, "%s:%d", r->path, r->line);
    err_take(r->err, &why);
    return 0;
}

int config_parse(struct layers *l, const char *text, size_t len, const char *path, bool shared,
                 struct err *err)
{
    struct reading r = {.layers = l,
                        .p = text + utf8_mark(text, len),
                        .end = text + len,
                        .path = path,
                        .shared = shared,
                        .err = err};
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

static const struct own_file config_file = {OWN_CONFIG, "config"};

const char *config_path(char *dst, size_t size)
{
    return own_path(&config_file, dst, size);
}

static int read_file(struct layers *l, int fd, const char *path, struct err *err)
{
    struct stat st;
    struct buf text;
    if (fstat(fd, &st) < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    buf_init(&text, 2 * OWN_BYTES_MAX);
    int rc = own_read(fd, path, &text, err);
    if (rc == 0 && buf_len(&text) >= OWN_BYTES_MAX)
        rc = err_set(err, ERR_LOCAL, "%s: is too large for a configuration", path);
    if (rc == 0)
        rc = config_parse(l, (const char *) buf_data(&text), buf_len(&text), path,
                          (st.st_mode & (S_IRGRP | S_IROTH)) != 0, err);
    buf_clear(&text);
    return rc;
}

int config_load(struct layers *l, struct err *err)
{
    char path[OWN_PATH_BYTES];
    struct err why = ERR_INIT;
    int fd = own_open(&config_file, &why);
    if (fd < 0)
        return why.sys == ENOENT || why.sys == ENOTDIR ? 0 : err_take(err, &why);
    int rc = read_file(l, fd, config_path(path, sizeof path), err);
    close(fd);
    return rc;
}
