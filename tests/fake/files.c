/* Commands on files and folders that need no data connection. */
#include "commands.h"
#include "listing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* 250 or 550 by the result of a system call. */
static void reply_result(struct session *s, int rc, const char *done)
{
    if (rc == 0)
        session_reply(s, "250 %s", done);
    else
        session_reply(s, "550 %s", strerror(errno));
}

static int stat_path(struct session *s, const char *path, struct stat *st)
{
    const char *name;
    int dir = file_parent(s->srv->root_fd, path, &name);
    if (dir < 0)
        return -1;
    int rc = fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW);
    int saved = errno;
    close(dir);
    errno = saved;
    return rc;
}

/* RFC 959, appendix II: a quote in the name is doubled. */
static void reply_257(struct session *s, const char *path, const char *what)
{
    char quoted[2 * FILE_PATH];
    size_t len = 0;
    for (; *path; path++) {
        quoted[len++] = *path;
        if (*path == '"')
            quoted[len++] = '"';
    }
    quoted[len] = '\0';
    session_reply(s, "257 \"%s\" %s", quoted, what);
}

void cmd_pwd(struct session *s, const char *arg)
{
    (void) arg;
    reply_257(s, s->cwd, "is the folder");
}

void cmd_cwd(struct session *s, const char *arg)
{
    char path[FILE_PATH];
    if (session_path(s, arg, path) < 0)
        return;
    int fd = file_open(s->srv->root_fd, path, O_RDONLY | O_DIRECTORY, 0);
    reply_result(s, fd < 0 ? -1 : 0, "The folder is changed");
    if (fd < 0)
        return;
    close(fd);
    memcpy(s->cwd, path, sizeof path);
}

void cmd_cdup(struct session *s, const char *arg)
{
    (void) arg;
    cmd_cwd(s, "..");
}

void cmd_mkd(struct session *s, const char *arg)
{
    char path[FILE_PATH];
    const char *name;
    if (session_path(s, arg, path) < 0)
        return;
    int dir = file_parent(s->srv->root_fd, path, &name);
    if (dir < 0 || mkdirat(dir, name, 0755) < 0)
        session_reply(s, "550 %s", strerror(errno));
    else
        reply_257(s, path, "is made");
    if (dir >= 0)
        close(dir);
}

static void remove_path(struct session *s, const char *arg, int flags)
{
    char path[FILE_PATH];
    const char *name;
    if (session_path(s, arg, path) < 0)
        return;
    int dir = file_parent(s->srv->root_fd, path, &name);
    reply_result(s, dir < 0 ? -1 : unlinkat(dir, name, flags), "Removed");
    if (dir >= 0)
        close(dir);
}

void cmd_rmd(struct session *s, const char *arg)
{
    remove_path(s, arg, AT_REMOVEDIR);
}

void cmd_dele(struct session *s, const char *arg)
{
    remove_path(s, arg, 0);
}

void cmd_rnfr(struct session *s, const char *arg)
{
    struct stat st;
    if (session_path(s, arg, s->rename_from) < 0)
        return;
    if (stat_path(s, s->rename_from, &st) == 0) {
        session_reply(s, "350 And to what?");
    } else {
        session_reply(s, "550 %s", strerror(errno));
        s->rename_from[0] = '\0';
    }
}

void cmd_rnto(struct session *s, const char *arg)
{
    char path[FILE_PATH];
    const char *old_name, *new_name;
    if (!s->rename_from[0]) {
        session_reply(s, "503 RNFR first");
        return;
    }
    if (session_path(s, arg, path) < 0)
        return;
    struct stat taken;
    if (session_quirk(s, QUIRK_NO_RENAME_OVER) && stat_path(s, path, &taken) == 0) {
        session_reply(s, "550 It exists");
        return;
    }
    int old_dir = file_parent(s->srv->root_fd, s->rename_from, &old_name);
    int new_dir = old_dir < 0 ? -1 : file_parent(s->srv->root_fd, path, &new_name);
    reply_result(s, new_dir < 0 ? -1 : renameat(old_dir, old_name, new_dir, new_name), "Renamed");
    if (old_dir >= 0)
        close(old_dir);
    if (new_dir >= 0)
        close(new_dir);
    s->rename_from[0] = '\0';
}

void cmd_size(struct session *s, const char *arg)
{
    char path[FILE_PATH];
    struct stat st;
    if (session_path(s, arg, path) < 0)
        return;
    if (stat_path(s, path, &st) < 0)
        session_reply(s, "550 %s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        session_reply(s, "550 Not a plain file");
    else
        session_reply(s, "213 %lld",
                      (long long) st.st_size +
                          (long long) session_quirk_number(s, QUIRK_WRONG_SIZE));
}

void cmd_mdtm(struct session *s, const char *arg)
{
    char path[FILE_PATH], when[16];
    struct stat st;
    if (session_path(s, arg, path) < 0)
        return;
    if (stat_path(s, path, &st) < 0) {
        session_reply(s, "550 %s", strerror(errno));
        return;
    }
    file_time_format(st.st_mtime, when);
    session_reply(s, "213 %s", when);
}

void cmd_mfmt(struct session *s, const char *arg)
{
    char path[FILE_PATH];
    const char *name;
    int64_t when;
    if (file_time_parse(arg, &when) < 0 || arg[14] != ' ') {
        session_reply(s, "501 MFMT YYYYMMDDHHMMSS path");
        return;
    }
    if (session_path(s, arg + 15, path) < 0)
        return;
    struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t) when}};
    int dir = file_parent(s->srv->root_fd, path, &name);
    if (dir < 0 || utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
        session_reply(s, "550 %s", strerror(errno));
    else
        session_reply(s, "213 Modify=%.14s; %s", arg, path);
    if (dir >= 0)
        close(dir);
}

void cmd_mlst(struct session *s, const char *arg)
{
    char path[FILE_PATH], *text = NULL;
    size_t len = 0;
    struct stat st;
    if (session_path(s, arg, path) < 0)
        return;
    FILE *f = stat_path(s, path, &st) == 0 ? open_memstream(&text, &len) : NULL;
    if (!f) {
        session_reply(s, "550 %s", strerror(errno));
        return;
    }
    listing_unique(f, &s->srv->options.quirks, &st);
    listing_line(f, STYLE_MLSD, -1, path, &st);
    if (fclose(f) == 0)
        session_reply(s, "250-Here it is\r\n %s\r\n250 End", text);
    free(text);
}

void cmd_stat(struct session *s, const char *arg)
{
    char path[FILE_PATH], *text;
    size_t len;
    bool empty;
    if (!*arg) {
        session_reply(s, "211-ftpfake\r\n TLS: %s, data: %s\r\n Folder: %s\r\n211 End",
                      s->ctl.tls ? gnutls_protocol_get_name(gnutls_protocol_get_version(s->ctl.tls))
                                 : "none",
                      s->private_data ? "private" : "clear", s->cwd);
        return;
    }
    if (session_path(s, arg, path) < 0)
        return;
    if (listing_make(s->srv->root_fd, path, STYLE_LIST, &s->srv->options.quirks, &text, &len,
                     &empty) < 0) {
        session_reply(s, "450 %s", strerror(errno));
        return;
    }
    session_reply(s, "213-Status of %s:", path);
    session_send(s, text, len);
    session_reply(s, "213 End");
    free(text);
}

static void change_mode(struct session *s, const char *arg)
{
    char path[FILE_PATH], *end;
    unsigned long mode = strtoul(arg, &end, 8);
    if (end == arg || *end != ' ' || mode > 0777) {
        session_reply(s, "501 SITE CHMOD mode path");
        return;
    }
    if (session_path(s, end + 1, path) < 0)
        return;
    int fd = file_open(s->srv->root_fd, path, O_RDONLY, 0);
    int rc = fd < 0 ? -1 : fchmod(fd, (mode_t) mode);
    if (rc == 0)
        session_reply(s, "200 Changed");
    else
        session_reply(s, "550 %s", strerror(errno));
    if (fd >= 0)
        close(fd);
}

/* "SITE XMD5 name", where it is offered. */
static bool site_digest(struct session *s, const char *arg)
{
    char command[32];
    size_t len = strcspn(arg, " ");
    snprintf(command, sizeof command, "SITE %.*s", len < 16 ? (int) len : 0, arg);
    if (!arg[len] || !digest_offered(s, command))
        return false;
    digest_command(s, command + 5, arg + len + 1);
    return true;
}

static void choose_md5(struct session *s)
{
    s->md5_chosen = true;
    session_reply(s, "200 RFC1321 it is");
}

void cmd_site(struct session *s, const char *arg)
{
    if (strncasecmp(arg, "CHMOD ", 6) == 0)
        change_mode(s, arg + 6);
    else if (site_digest(s, arg))
        return;
    else if (digest_offered(s, "SITE CHECKSUM") && strcasecmp(arg, "CHECKMETHOD RFC1321") == 0)
        choose_md5(s);
    else if (strcasecmp(arg, "HELP") == 0)
        session_reply(s, "214-These may stand behind SITE:\r\n CHMOD HELP %s\r\n214 End",
                      digest_offered(s, "SITE CHECKSUM") ? "CHECKMETHOD CHECKSUM" : "");
    else
        session_reply(s, "504 CHMOD is what is known");
}
