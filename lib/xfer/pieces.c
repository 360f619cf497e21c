#include "xfer/pieces.h"

#include "xfer/trim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The record, as it stands in the file: never read on another machine. */
struct row {
    int64_t start, end, done;
};

struct record {
    char mark[16];
    int64_t size, mtime, n;
    struct row rows[PIECES_MAX];
};

enum { RECORD_BYTES = sizeof(struct record) + PIECES_MAX * PIECE_HEAD };

static const char mark[16] = "ftpsh pieces 1\n";

static int local_error(const char *what, struct err *err)
{
    return err_set_sys(err, ERR_LOCAL, errno, "cannot %s the part file", what);
}

static int write_at(int fd, int64_t at, const void *data, size_t len, struct err *err)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = pwrite(fd, p, len, (off_t) at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return local_error("write", err);
        p += n;
        at += n;
        len -= (size_t) n;
    }
    return 0;
}

static int read_at(int fd, int64_t at, void *mem, size_t len, struct err *err)
{
    char *p = mem;
    while (len > 0) {
        ssize_t n = pread(fd, p, len, (off_t) at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* cut by somebody else meanwhile */
        if (n <= 0)
            return local_error("read", err);
        p += n;
        at += n;
        len -= (size_t) n;
    }
    return 0;
}

static int64_t row_at(const struct pieces *p, int i)
{
    return p->size + (int64_t) (offsetof(struct record, rows) + (size_t) i * sizeof(struct row));
}

static int64_t head_at(const struct pieces *p, int i)
{
    return p->size + (int64_t) sizeof(struct record) + (int64_t) i * PIECE_HEAD;
}

/* ---- loading and making ---- */

static bool is_sound(const struct record *r, int64_t size)
{
    int64_t at = 0;
    if (r->n < 1 || r->n > PIECES_MAX)
        return false;
    for (int64_t i = 0; i < r->n; i++) {
        const struct row *w = &r->rows[i];
        if (w->start != at || (i > 0 && at < PIECE_HEAD) || w->end <= w->start || w->done < 0 ||
            w->done > w->end - w->start)
            return false;
        at = w->end;
    }
    return at == size;
}

/* Another file's stands behind another size. */
static int find_record(int fd, struct record *r, int64_t *size, struct err *err)
{
    struct stat st;
    *size = -1;
    if (fstat(fd, &st) < 0)
        return local_error("read", err);
    *size = (int64_t) st.st_size - RECORD_BYTES;
    if (*size < 0)
        return 0;
    if (read_at(fd, *size, r, sizeof *r, err) < 0)
        return -1;
    return memcmp(r->mark, mark, sizeof mark) == 0;
}

bool pieces_found(int fd)
{
    struct record r;
    int64_t had;
    return find_record(fd, &r, &had, NULL) > 0;
}

int pieces_load(struct pieces *p, int fd, int64_t size, int64_t mtime, struct err *err)
{
    struct record r;
    int64_t had;
    int rc = find_record(fd, &r, &had, err);
    if (rc <= 0)
        return rc;
    if (had != size || r.size != size || r.mtime != mtime)
        return err_set(err, ERR_INTEGRITY, "the file on the server has changed since");
    if (!is_sound(&r, size))
        return err_set(err, ERR_INTEGRITY, "the record of what is there cannot be read");
    p->fd = fd;
    p->size = size;
    p->mtime = mtime;
    p->n = (int) r.n;
    for (int i = 0; i < p->n; i++) {
        p->list[i].start = r.rows[i].start;
        p->list[i].end = r.rows[i].end;
        atomic_store(&p->list[i].done, r.rows[i].done);
    }
    return 1;
}

int pieces_make(struct pieces *p, int fd, int64_t size, int64_t mtime, int n, struct err *err)
{
    struct record r = {.size = size, .mtime = mtime, .n = n};
    memcpy(r.mark, mark, sizeof mark);
    p->fd = fd;
    p->size = size;
    p->mtime = mtime;
    p->n = n;
    for (int i = 0; i < n; i++) {
        struct piece *w = &p->list[i];
        w->start = i == 0 ? 0 : p->list[i - 1].end;
        w->end = i == n - 1 ? size : w->start + size / n;
        atomic_store(&w->done, 0);
        r.rows[i] = (struct row){w->start, w->end, 0};
    }
    if (trim_file(fd, 0) < 0 || ftruncate(fd, (off_t) (size + RECORD_BYTES)) < 0)
        return local_error("write", err);
    return write_at(fd, size, &r, sizeof r, err);
}

/* ---- while they come ---- */

int pieces_write(struct pieces *p, int i, const void *data, size_t len, struct err *err)
{
    struct piece *w = &p->list[i];
    int64_t done = atomic_load(&w->done);
    if (write_at(p->fd, w->start + done, data, len, err) < 0)
        return -1;
    done += (int64_t) len;
    if (write_at(p->fd, row_at(p, i) + (int64_t) offsetof(struct row, done), &done, sizeof done,
                 err) < 0)
        return -1;
    atomic_store(&w->done, done);
    return 0;
}

int pieces_write_head(struct pieces *p, int i, size_t at, const void *data, size_t len,
                      struct err *err)
{
    return write_at(p->fd, head_at(p, i) + (int64_t) at, data, len, err);
}

int pieces_same(const struct pieces *p, int64_t at, const void *data, size_t len, struct err *err)
{
    unsigned char here[4096];
    const unsigned char *there = data;
    while (len > 0) {
        size_t n = len < sizeof here ? len : sizeof here;
        if (read_at(p->fd, at, here, n, err) < 0)
            return -1;
        if (memcmp(here, there, n) != 0)
            return 0;
        there += n;
        at += (int64_t) n;
        len -= n;
    }
    return 1;
}

int64_t pieces_done(const struct pieces *p)
{
    int64_t sum = 0;
    for (int i = 0; i < p->n; i++)
        sum += atomic_load(&p->list[i].done);
    return sum;
}

/* ---- the end ---- */

static int compare_heads(const struct pieces *p, struct err *err)
{
    unsigned char *head = malloc(PIECE_HEAD);
    int rc = head ? 1 : err_set(err, ERR_LOCAL, "out of memory");
    for (int i = 1; i < p->n && rc > 0; i++) {
        rc = read_at(p->fd, head_at(p, i), head, PIECE_HEAD, err) < 0
                 ? -1
                 : pieces_same(p, p->list[i].start - PIECE_HEAD, head, PIECE_HEAD, err);
    }
    free(head);
    if (rc == 0)
        return err_set(err, ERR_INTEGRITY, "the pieces are of different files");
    return rc < 0 ? -1 : 0;
}

int pieces_join(struct pieces *p, struct err *err)
{
    if (compare_heads(p, err) < 0)
        return -1;
    return ftruncate(p->fd, (off_t) p->size) < 0 ? local_error("cut", err) : 0;
}
