#include "memory.h"

#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    FILE_BYTES_MAX = 1024 * 1024,
    READ_BYTES = 16 * 1024,
    FOLDER_BYTES = 4096,
    LOCK_MS = 500, /* nobody waits for the memory: it is a convenience */
    LOCK_PAUSE_MS = 10
};

static const char name_file[] = "memory", name_lock[] = "memory.lock";

/* ---- entries ---- */

void memory_clear(struct memory *m)
{
    free(m->list);
    *m = (struct memory){NULL, 0};
}

/* A word without blanks and control bytes: what a field may hold. */
static bool is_word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char) text[i];
        if (c <= ' ' || c == 0x7f)
            return false;
    }
    return len > 0;
}

static bool copy_word(const char *text, size_t len, char *dst, size_t size)
{
    if (len >= size || !is_word(text, len))
        return false;
    memcpy(dst, text, len);
    dst[len] = '\0';
    return true;
}

static void lower_word(char *word)
{
    for (; *word; word++) {
        if (*word >= 'A' && *word <= 'Z')
            *word = (char) (*word - 'A' + 'a');
    }
}

static bool parse_port(const char *text, uint16_t *port)
{
    size_t digits = strspn(text, "0123456789");
    long n = digits < 6 ? strtol(text, NULL, 10) : 0;
    if (text[digits] || n < 1 || n > UINT16_MAX)
        return false;
    *port = (uint16_t) n;
    return true;
}

/* "2025-01-31T12:34:56Z", the one shape that is written. */
static bool is_time(const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    unsigned month, day, hour, minute, second;
    for (size_t i = 0; i < sizeof shape; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i])
            return false;
    }
    sscanf(text + 4, "-%2u-%2uT%2u:%2u:%2u", &month, &day, &hour, &minute, &second);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 &&
           second <= 60;
}

bool memory_parse_line(const char *line, size_t len, struct memory_entry *out)
{
    enum { HOST, PORT, NETWORK, STRATEGY, WHEN, FIELDS };
    char port[8], strategy[32];
    struct {
        char *dst;
        size_t size;
    } fields[FIELDS] = {
        [HOST] = {out->host, sizeof out->host}, [PORT] = {port, sizeof port},
        [NETWORK] = {out->network, ADDR_TEXT},  [STRATEGY] = {strategy, sizeof strategy},
        [WHEN] = {out->when, sizeof out->when},
    };
    const char *end = line + len;
    for (size_t i = 0; i < FIELDS; i++) {
        const char *tab = memchr(line, '\t', (size_t) (end - line));
        const char *stop = i + 1 < FIELDS ? tab : end;
        if (!stop || !copy_word(line, (size_t) (stop - line), fields[i].dst, fields[i].size))
            return false;
        line = stop + 1;
    }
    lower_word(out->host);
    return parse_port(port, &out->port) && is_time(out->when) &&
           strategy_by_name(strategy, &out->strategy);
}

size_t memory_format_line(const struct memory_entry *e, char *dst, size_t size)
{
    if (!is_word(e->host, strlen(e->host)) || !is_word(e->network, strlen(e->network)))
        return 0;
    int n = snprintf(dst, size, "%s\t%u\t%s\t%s\t%s\n", e->host, (unsigned) e->port, e->network,
                     strategy_name(e->strategy), e->when);
    return n > 0 && (size_t) n < size ? (size_t) n : 0;
}

int memory_parse(struct memory *m, const char *text, size_t len, struct err *err)
{
    const char *end = text + len;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t) (end - text));
        const char *stop = newline ? newline : end;
        struct memory_entry e;
        if (memory_parse_line(text, (size_t) (stop - text), &e) && memory_put(m, &e, err) < 0)
            return -1;
        text = stop + 1;
    }
    return 0;
}

struct memory_entry *memory_find(const struct memory *m, const char *host, uint16_t port,
                                 const char *network)
{
    for (size_t i = 0; i < m->n; i++) {
        struct memory_entry *e = &m->list[i];
        if (e->port == port && strcasecmp(e->host, host) == 0 && strcmp(e->network, network) == 0)
            return e;
    }
    return NULL;
}

void memory_remove(struct memory *m, struct memory_entry *e)
{
    size_t behind = m->n - (size_t) (e - m->list) - 1;
    memmove(e, e + 1, behind * sizeof *e);
    m->n--;
}

static void remove_oldest(struct memory *m)
{
    struct memory_entry *oldest = m->list;
    for (size_t i = 1; i < m->n; i++) {
        if (strcmp(m->list[i].when, oldest->when) < 0)
            oldest = &m->list[i];
    }
    memory_remove(m, oldest);
}

int memory_put(struct memory *m, const struct memory_entry *e, struct err *err)
{
    struct memory_entry *place = memory_find(m, e->host, e->port, e->network);
    if (!place) {
        if (!m->list)
            m->list = calloc(MEMORY_ENTRIES_MAX, sizeof *m->list);
        if (!m->list)
            return err_set(err, ERR_LOCAL, "out of memory");
        if (m->n == MEMORY_ENTRIES_MAX)
            remove_oldest(m);
        place = &m->list[m->n++];
    }
    *place = *e;
    lower_word(place->host);
    return 0;
}

size_t memory_forget(struct memory *m, const char *host)
{
    size_t before = m->n, kept = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (strcmp(host, "*") != 0 && strcasecmp(m->list[i].host, host) != 0)
            m->list[kept++] = m->list[i];
    }
    m->n = kept;
    return before - kept;
}

/* ---- where it is ---- */

/* The folder; "" when the environment tells no home. Returns how much of it is the home, which is
 * not ours to make. The XDG rules pass over what is not absolute. */
static size_t folder_path(char *dst, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool given = state && state[0] == '/';
    dst[0] = '\0';
    if (!given && !(home && home[0] == '/'))
        return 0;
    int n = given ? snprintf(dst, size, "%s/ftpsh", state)
                  : snprintf(dst, size, "%s/.local/state/ftpsh", home);
    if (n < 0 || (size_t) n >= size)
        dst[0] = '\0';
    return given ? 0 : strlen(home);
}

const char *memory_path(char *dst, size_t size)
{
    char folder[FOLDER_BYTES];
    folder_path(folder, sizeof folder);
    dst[0] = '\0';
    if (folder[0] && (size_t) snprintf(dst, size, "%s/%s", folder, name_file) >= size)
        dst[0] = '\0';
    return dst;
}

static void make_folders(char *path, size_t from)
{
    for (char *slash = strchr(path + from + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
}

/* `fd`, which is to be a folder or a file of ours; -1, and it is closed, with what it is instead.
 */
static int check_ours(int fd, mode_t type, const char *what, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        err_set_sys(err, ERR_LOCAL, errno, "%s", what);
    else if ((st.st_mode & S_IFMT) != type)
        err_set(err, ERR_LOCAL, "%s: is %s, where a file of ftpsh's belongs; take it away", what,
                S_ISDIR(st.st_mode) ? "a folder" : "no file");
    else if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        err_set(err, ERR_LOCAL, "%s: belongs to or can be changed by others", what);
    else
        return fd;
    close(fd);
    return -1;
}

/* The folder's descriptor; -1 with err, whose `sys` is ENOENT when there is none. */
static int open_folder(bool make, struct err *err)
{
    char path[FOLDER_BYTES];
    size_t from = folder_path(path, sizeof path);
    if (!path[0])
        return err_set_sys(err, ERR_LOCAL, ENOENT, "no home folder");
    if (make)
        make_folders(path, from);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? err_set_sys(err, ERR_LOCAL, errno, "%s", path)
                  : check_ours(fd, S_IFDIR, path, err);
}

/* ---- reading and writing ---- */

/* What is behind FILE_BYTES_MAX was not written by us. */
static int read_all(int fd, struct buf *text, struct err *err)
{
    while (buf_len(text) < FILE_BYTES_MAX) {
        unsigned char *room = buf_reserve(text, READ_BYTES, err);
        if (!room)
            return -1;
        ssize_t n = read(fd, room, READ_BYTES);
        if (n < 0)
            return err_set_sys(err, ERR_LOCAL, errno, "%s", name_file);
        if (n == 0)
            break;
        buf_commit(text, (size_t) n);
    }
    return 0;
}

static int read_file(int folder, struct memory *out, struct err *err)
{
    struct buf text;
    char path[FOLDER_BYTES + 16];
    int fd = openat(folder, name_file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    memory_path(path, sizeof path);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", path);
    if (check_ours(fd, S_IFREG, path, err) < 0)
        return -1;
    buf_init(&text, FILE_BYTES_MAX + READ_BYTES);
    int rc = read_all(fd, &text, err);
    if (rc == 0 && buf_len(&text) > 0)
        rc = memory_parse(out, (const char *) buf_data(&text), buf_len(&text), err);
    buf_clear(&text);
    close(fd);
    return rc;
}

int memory_load(struct memory *out, struct err *err)
{
    struct err why = ERR_INIT;
    *out = (struct memory){NULL, 0};
    int folder = open_folder(false, &why);
    if (folder < 0)
        return why.sys == ENOENT ? 0 : err_take(err, &why);
    int rc = read_file(folder, out, err);
    close(folder);
    return rc;
}

static int write_lines(FILE *f, const struct memory *m)
{
    char line[MEMORY_LINE_BYTES];
    for (size_t i = 0; i < m->n; i++) {
        size_t len = memory_format_line(&m->list[i], line, sizeof line);
        if (fwrite(line, 1, len, f) != len)
            return -1;
    }
    return 0;
}

static int write_file(int folder, const struct memory *m, struct err *err)
{
    static const char temporary[] = "memory.new"; /* ours alone while we hold the lock */
    unlinkat(folder, temporary, 0);
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) {
        err_set_sys(err, ERR_LOCAL, errno, "%s", temporary);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    errno = 0;
    bool good = write_lines(f, m) == 0;
    good = fclose(f) == 0 && good;
    if (good && renameat(folder, temporary, folder, name_file) == 0)
        return 0;
    err_set_sys(err, ERR_LOCAL, errno, "%s", name_file);
    unlinkat(folder, temporary, 0);
    return -1;
}

/* The lock's descriptor: closing it unlocks. */
static int lock_folder(int folder, struct err *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const struct timespec pause = {0, LOCK_PAUSE_MS * 1000000L};
    struct deadline until = deadline_in(LOCK_MS);
    int fd = openat(folder, name_lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_sys(err, ERR_LOCAL, errno, "%s", name_lock);
    while (fcntl(fd, F_SETLK, &whole) < 0) {
        if ((errno != EACCES && errno != EAGAIN && errno != EINTR) || deadline_passed(until)) {
            err_set_sys(err, ERR_LOCAL, errno, "%s", name_lock);
            close(fd);
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    return fd;
}

static int change_locked(int folder, bool (*change)(struct memory *m, void *ctx), void *ctx,
                         struct err *err)
{
    struct memory m = {NULL, 0};
    int rc = read_file(folder, &m, err);
    if (rc == 0 && change(&m, ctx))
        rc = write_file(folder, &m, err);
    memory_clear(&m);
    return rc;
}

int memory_change(bool (*change)(struct memory *m, void *ctx), void *ctx, struct err *err)
{
    int folder = open_folder(true, err);
    if (folder < 0)
        return -1;
    int lock = lock_folder(folder, err);
    int rc = lock < 0 ? -1 : change_locked(folder, change, ctx, err);
    if (lock >= 0)
        close(lock);
    close(folder);
    return rc;
}
