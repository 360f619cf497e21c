/* Whole sessions, in clear, with a peer that says whatever stands in the input (peer.h). */
#include "peer.h"
#include "scratch.h"

#include "xfer/get.h"
#include "xfer/list.h"
#include "xfer/put.h"
#include "xfer/stat.h"
#include "xfer/walk.h"

#include <sys/stat.h>

enum { ENTRIES_ASKED = 3, UPLOAD_BYTES = 2000 };

static const struct wait patience = {NULL, {INT64_MAX}};
static const char local_file[] = "f", part_file[] = "f" PART_SUFFIX;

struct world {
    struct session *session;
    struct ladder ladder;
    struct attempts attempts;
    struct mover mover;
    char names[ENTRIES_ASKED][256]; /* from listings: they are sent back */
    int names_count;
};

static void world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    struct session_config c = {.host = "ftp.example.com",
                               .user = "me",
                               .password = "word",
                               .account = "books",
                               .tls = TLS_OFF,
                               .connect_timeout_ms = 10000,
                               .reply_timeout_ms = 10000,
                               .final_timeout_ms = 5000,
                               .wait = &patience};
    w->session = session_new(&c, NULL);
    CHECK(w->session);
    ladder_init(&w->ladder);
    ladder_choose(&w->ladder, STRATEGY_EPSV);
    ladder_choose(&w->ladder, STRATEGY_PASV_CONTROL_IP);
    ladder_choose(&w->ladder, STRATEGY_PASV);
    w->mover = (struct mover){.session = w->session,
                              .ladder = &w->ladder,
                              .attempts = &w->attempts,
                              .pump = {.idle_timeout_ms = 10000, .noop_interval_ms = 3000}};
}

static void world_clear(struct world *w)
{
    session_quit(w->session);
    session_free(w->session);
    attempts_clear(&w->attempts);
}

/* What every failure owes: a cause that can be printed as it is. */
static int check(int rc, const struct err *err)
{
    CHECK((rc < 0) == (err->code != ERR_NONE));
    for (const char *p = err->msg; *p; p++)
        CHECK((unsigned char) *p >= ' ' && *p != 0x7f);
    return rc;
}

/* ---- listings ---- */

static int take_entry(void *ctx, const struct entry *e, struct err *err)
{
    struct world *w = ctx;
    (void) err;
    CHECK(e->name && *e->name);
    if (w->names_count < ENTRIES_ASKED && strlen(e->name) < sizeof w->names[0])
        memcpy(w->names[w->names_count++], e->name, strlen(e->name) + 1);
    return 0;
}

static int take_line(void *ctx, const char *line, size_t len, struct err *err)
{
    (void) ctx, (void) err;
    CHECK(!memchr(line, '\n', len) && !memchr(line, '\0', len));
    return 0;
}

static void play_list(struct world *w, const char *path)
{
    struct err err = ERR_INIT;
    struct list_end end;
    if (check(list_stream(&w->mover, path, NULL, take_entry, w, &end, &err), &err) < 0)
        return;
    CHECK(!end.complete || (end.unread == 0 && !end.unended && !end.refused));
    CHECK(!end.complete || end.entries >= w->names_count);
}

/* Names from the server are sent to it. */
static void play_names(struct world *w)
{
    play_list(w, NULL);
    for (int i = 0; i < w->names_count; i++) {
        struct err err = ERR_INIT;
        int64_t n;
        if (check(session_size(w->session, w->names[i], &n, &err), &err) == 0)
            CHECK(n >= 0);
        err_clear(&err);
        check(session_cd(w->session, w->names[i], &err), &err);
    }
}

static void play_nlst(struct world *w)
{
    struct err err = ERR_INIT;
    check(list_names(&w->mover, "here", take_line, w, &err), &err);
}

static int take_item(void *ctx, const char *path, int depth, const struct item *item,
                     struct err *err)
{
    (void) ctx, (void) item, (void) err;
    CHECK(*path && depth > 0 && depth <= 3);
    return 0;
}

static void play_walk(struct world *w)
{
    struct err err = ERR_INIT;
    struct walk_options o = {.max_depth = 3};
    check(walk_remote(&w->mover, "here", &o, take_item, w, &err), &err);
}

static void play_stat(struct world *w)
{
    struct err err = ERR_INIT;
    struct items found = {0};
    check(stat_remote(&w->mover, "here/it", &found, &err), &err);
    items_clear(&found);
}

/* ---- transfers ---- */

/* Whatever the peer does: under the final name stand all the bytes that were told of, or nothing.
 */
static void play_get(struct world *w, bool resume)
{
    static const uint8_t begun[] = "abcdefgh";
    struct err err = ERR_INIT;
    struct transfer t;
    struct get_options o = GET_OPTIONS_INIT;
    char mem[8192];
    o.dirfd = scratch_folder();
    o.confined = true;
    o.resume = resume;
    o.preserve = true;
    if (resume)
        close(scratch_file(part_file, begun, sizeof begun - 1));
    int rc = check(get_file(&w->mover, "it", local_file, &o, &t, &err), &err);
    ssize_t there = scratch_read(local_file, mem, sizeof mem);
    CHECK((there >= 0) == (rc == 0));
    CHECK(rc < 0 || (t.verdict != VERDICT_TRUNCATED && t.verdict != VERDICT_FAILED));
    CHECK(rc < 0 || there == (ssize_t) sizeof mem || resume || there == t.bytes);
    (void) unlinkat(scratch_folder(), local_file, 0);
    (void) unlinkat(scratch_folder(), part_file, 0);
}

static void play_put(struct world *w, bool atomic)
{
    static const uint8_t bytes[UPLOAD_BYTES];
    static const struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
    struct err err = ERR_INIT;
    struct transfer t;
    struct put_options o = PUT_OPTIONS_INIT;
    o.dirfd = scratch_folder();
    o.confined = true;
    int fd = scratch_file(local_file, bytes, sizeof bytes);
    CHECK(futimens(fd, old) == 0); /* an input means the same every day */
    close(fd);
    o.atomic = atomic;
    o.resume = o.preserve = !atomic;
    int rc = check(put_file(&w->mover, local_file, "it", &o, &t, &err), &err);
    CHECK(rc < 0 || (t.verdict != VERDICT_TRUNCATED && t.verdict != VERDICT_FAILED));
    CHECK(unlinkat(scratch_folder(), local_file, 0) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w;
    if (size == 0)
        return 0;
    peer_begin(data + 1, size - 1);
    world_init(&w);
    switch (data[0]) {
    case 'g':
        play_get(&w, false);
        break;
    case 'r':
        play_get(&w, true);
        break;
    case 'p':
        play_put(&w, false);
        break;
    case 'a':
        play_put(&w, true);
        break;
    case 'n':
        play_nlst(&w);
        break;
    case 'w':
        play_walk(&w);
        break;
    case 's':
        play_stat(&w);
        break;
    case 'l':
        play_list(&w, "here");
        break;
    default:
        play_names(&w);
    }
    world_clear(&w);
    peer_end();
    return 0;
}
