#include "batch.h"

#include "base/buf.h"
#include "base/escape.h"
#include "ownfile.h"
#include "run.h"
#include "status.h"
#include "variables.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Lines from a descriptor, read without stdio so that Ctrl-C ends the waiting. */
struct reader {
    int fd;
    const struct wait *wait;
    char mem[LINE_BYTES];
    size_t start, end;
    bool overlong; /* what comes up to the next line's end belongs to one that was refused */
    bool begun, eof;
};

/* More bytes behind those there are; false in *eof. */
static int reader_fill(struct reader *r, struct err *err)
{
    memmove(r->mem, r->mem + r->start, r->end - r->start);
    r->end -= r->start;
    r->start = 0;
    if (r->end == sizeof r->mem) {
        wipe(r->mem, sizeof r->mem);
        r->end = 0;
        if (!r->overlong) {
            r->overlong = true;
            return err_set(err, ERR_USAGE, "the line is longer than %d bytes", LINE_BYTES - 1);
        }
    }
    struct wait_fd want = {.fd = r->fd, .want = POLLIN};
    if (wait_fds(r->wait, &want, 1, DEADLINE_NEVER, err) < 0)
        return -1;
    ssize_t n = read(r->fd, r->mem + r->end, sizeof r->mem - r->end);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot read");
    r->eof = n == 0;
    r->end += (size_t) n;
    return 0;
}

static int finish_line(const char *from, size_t len, char dst[LINE_BYTES], struct err *err)
{
    if (len > 0 && from[len - 1] == '\r')
        len--;
    if (len >= LINE_BYTES)
        return err_set(err, ERR_USAGE, "the line is longer than %d bytes", LINE_BYTES - 1);
    if (memchr(from, '\0', len))
        return err_set(err, ERR_USAGE, "a NUL byte in the line");
    memcpy(dst, from, len);
    dst[len] = '\0';
    return 1;
}

/* 1 with the next line, 0 at the end, -1 with err. */
static int reader_line(struct reader *r, char dst[LINE_BYTES], struct err *err)
{
    for (;;) {
        char *from = r->mem + r->start;
        size_t len = r->end - r->start;
        char *newline = memchr(from, '\n', len);
        if (newline || (r->eof && len > 0)) {
            size_t n = newline ? (size_t) (newline - from) : len;
            r->start += newline ? n + 1 : n;
            size_t mark = r->begun ? 0 : utf8_mark(from, n);
            int rc = r->overlong ? 0 : finish_line(from + mark, n - mark, dst, err);
            r->begun = true;
            wipe(from, n); /* it may hold a password */
            r->overlong = false;
            if (rc != 0)
                return rc;
            continue;
        }
        if (r->eof)
            return 0;
        if (reader_fill(r, err) < 0)
            return -1;
    }
}

static int fail(struct app *app, const char *context, const struct err *err)
{
    app_complain(app, context, err, app->attempts.n);
    app->last_status = status_of(err->code);
    if (!app->script)
        report_failure(&app->report, err);
    return -1;
}

/* -1 with the first failure. */
static int run_lines(struct app *app, struct reader *r, const char *name, struct err *first)
{
    char line[LINE_BYTES], where[512];
    bool on = true;
    for (int number = 1; on && !app->quit; number++) {
        struct err err = ERR_INIT;
        snprintf(where, sizeof where, "%s:%d", name, number);
        int got = reader_line(r, line, &err);
        if (got == 0)
            break;
        int rc = got < 0 ? fail(app, where, &err) : run_line(app, line, where, &err);
        bool readable = got > 0 || err.code == ERR_USAGE; /* what follows */
        on = rc == 0 || (readable && run_goes_on(app, &err));
        if (err_is_set(&err) && !err_is_set(first))
            *first = err;
        wipe(line, sizeof line);
    }
    return err_is_set(first) ? -1 : 0;
}

int batch_open(const char *path, struct err *err)
{
    struct stat st;
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return err_set_sys(err, ERR_LOCAL, EISDIR, "%s", path);
    }
    return fd;
}

int batch_file(struct app *app, int fd, const char *path)
{
    struct reader r = {.fd = fd, .wait = &app->wait};
    struct err first = ERR_INIT;
    return run_lines(app, &r, fd == STDIN_FILENO ? "stdin" : path, &first);
}

static int depth_of(const struct script *s)
{
    int n = 0;
    for (; s; s = s->outer)
        n++;
    return n;
}

int batch_source(struct app *app, const char *path, int argc, char **argv, struct err *err)
{
    struct script script = {.outer = app->script, .argc = argc, .argv = argv};
    if (depth_of(app->script) == SCRIPTS_MAX)
        return err_set(err, ERR_USAGE, "more than %d files of commands within each other",
                       SCRIPTS_MAX);
    if (strcmp(path, "-") == 0)
        return err_set(err, ERR_USAGE, "standard input is for -b; a file of that name is './-'");
    int fd = batch_open(path, err);
    if (fd < 0)
        return -1;
    struct reader *r = malloc(sizeof *r);
    int rc = -1;
    if (r) {
        *r = (struct reader){.fd = fd, .wait = &app->wait};
        app->script = &script;
        rc = run_lines(app, r, path, err);
        app->script = script.outer;
        app->told = rc < 0;
    } else {
        err_set(err, ERR_LOCAL, "out of memory");
    }
    free(r);
    close(fd);
    return rc;
}

/* Each line is one as in a file, so that a comment or a "!" ends with it. Without a name they are
 * not numbered. */
static int run_text(struct app *app, const char *text, const char *name)
{
    bool on = true, failed = false;
    for (int number = 1; on && *text && !app->quit; number++) {
        struct err err = ERR_INIT;
        char line[LINE_BYTES], where[512] = "";
        size_t len = strcspn(text, "\n");
        if (name)
            snprintf(where, sizeof where, "%s:%d", name, number);
        int rc = finish_line(text, len, line, &err);
        rc = rc < 0 ? fail(app, where, &err) : run_line(app, line, where, &err);
        on = rc == 0 || run_goes_on(app, &err);
        failed = failed || rc < 0;
        wipe(line, sizeof line);
        text += len + (text[len] == '\n');
    }
    return failed ? -1 : 0;
}

int batch_list(struct app *app, const char *list)
{
    return run_text(app, list, strchr(list, '\n') ? "-c" : NULL);
}

void batch_rc(struct app *app)
{
    static const struct own_file rc = {OWN_CONFIG, "rc"};
    char path[OWN_PATH_BYTES];
    struct err err = ERR_INIT;
    int fd = own_open(&rc, &err);
    if (fd >= 0)
        batch_file(app, fd, own_path(&rc, path, sizeof path));
    else if (err.sys != ENOENT)
        app_complain(app, "", &err, app->attempts.n);
    if (fd >= 0)
        close(fd);
}

int batch_words(struct app *app, int argc, char **argv)
{
    struct err err = ERR_INIT;
    return run_words(app, argc, argv, "", &err);
}
