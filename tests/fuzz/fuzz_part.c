/* What an earlier run has left of a download: its part file with its times, and the record behind
 * one that was fetched in pieces. */
#include "scratch.h"

#include "xfer/part.h"
#include "xfer/pieces.h"

enum { SIZE_MAX_TRIED = 1 << 20, RECORD_OFFERED = 512 };

static const char name[] = "f", part_file[] = "f" PART_SUFFIX;

/* Stands in front of the bytes that the server has. */
struct head {
    int64_t size, mtime; /* as the server tells them */
    int64_t seconds[2], nanoseconds[2];
    uint16_t kept; /* bytes of the part file, which come first */
};

struct input {
    struct head head;
    const uint8_t *kept, *remote;
    size_t kept_size, remote_size;
};

static bool take_input(const uint8_t *data, size_t size, struct input *in)
{
    if (size < sizeof in->head)
        return false;
    memcpy(&in->head, data, sizeof in->head);
    size -= sizeof in->head;
    in->kept = data + sizeof in->head;
    in->kept_size = in->head.kept < size ? in->head.kept : size;
    in->remote = in->kept + in->kept_size;
    in->remote_size = size - in->kept_size;
    return true;
}

static void leave_part(const struct input *in)
{
    struct timespec times[2];
    int fd = scratch_file(part_file, in->kept, in->kept_size);
    for (int i = 0; i < 2; i++) {
        times[i].tv_sec = (time_t) (in->head.seconds[i] & INT32_MAX);
        times[i].tv_nsec = (long) ((uint64_t) in->head.nanoseconds[i] % 1000000000);
    }
    CHECK(futimens(fd, times) == 0);
    close(fd);
}

/* The file is what the server has, to the byte. */
static void check_whole(const struct input *in)
{
    char *mem = malloc(in->remote_size + 1);
    CHECK(mem);
    CHECK(scratch_read(name, mem, in->remote_size + 1) == (ssize_t) in->remote_size);
    CHECK(in->remote_size == 0 || memcmp(mem, in->remote, in->remote_size) == 0);
    CHECK(unlinkat(scratch_folder(), name, 0) == 0);
    free(mem);
}

/* Goes on where part_resume() says so: what bears the final name in the end is the whole file. */
static void try_resume(const struct input *in)
{
    struct part t;
    struct err err = ERR_INIT;
    leave_part(in);
    CHECK(part_find(&t, scratch_folder(), name, true, NULL, &err) == 0);
    part_expect(&t, in->head.size, in->head.mtime);
    if (part_resume(&t, &err) < 0) {
        CHECK(err.code == ERR_INTEGRITY);
    } else {
        size_t at = (size_t) t.at;
        CHECK(at + (size_t) t.overlap == in->kept_size);
        CHECK(in->kept_size == 0 || (int64_t) in->kept_size <= in->head.size);
        if (at <= in->remote_size &&
            part_write(&t, in->remote + at, in->remote_size - at, &err) == 0 && t.overlap == 0) {
            CHECK(part_finish(&t, -1, -1, &err) == 0);
            check_whole(in);
        }
        CHECK(err.code == ERR_NONE || err.code == ERR_INTEGRITY);
    }
    part_discard(&t);
}

/* What is believed of a record lies inside the file, without a gap. */
static void check_pieces(const struct pieces *p)
{
    int64_t at = 0;
    CHECK(p->n >= 1 && p->n <= PIECES_MAX);
    for (int i = 0; i < p->n; i++) {
        const struct piece *w = &p->list[i];
        CHECK(w->start == at && w->end > w->start);
        CHECK(w->done >= 0 && w->done <= w->end - w->start);
        at = w->end;
    }
    CHECK(at == p->size && pieces_done(p) >= 0 && pieces_done(p) <= p->size);
}

/* A record as it is made, with bytes of the input laid over it. */
static void try_pieces(const struct input *in)
{
    struct pieces p;
    struct err err = ERR_INIT;
    int64_t size = 1 + (in->head.size & (SIZE_MAX_TRIED - 1));
    size_t len = in->remote_size < RECORD_OFFERED ? in->remote_size : RECORD_OFFERED;
    off_t at = (off_t) size + (in->head.kept & 255);
    int fd = scratch_file(part_file, NULL, 0);
    CHECK(pieces_make(&p, fd, size, in->head.mtime, 1 + (int) (in->head.seconds[0] & 3), &err) ==
          0);
    CHECK(pieces_found(fd));
    CHECK(pwrite(fd, in->remote, len, at) == (ssize_t) len);
    int rc = pieces_load(&p, fd, size, in->head.mtime, &err);
    CHECK(rc >= 0 || err.code == ERR_INTEGRITY);
    if (rc > 0)
        check_pieces(&p);
    close(fd);
    CHECK(unlinkat(scratch_folder(), part_file, 0) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in;
    if (!take_input(data, size, &in))
        return 0;
    try_resume(&in);
    try_pieces(&in);
    return 0;
}
