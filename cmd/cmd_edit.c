#include "handlers.h"

#include "base/escape.h"
#include "texteditor.h"
#include "xfer/get.h"
#include "xfer/put.h"
#include "xfer/stat.h"
#include "xfer/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a file on the server is known by. */
struct look {
    bool there, link;
    int64_t size, mtime; /* LISTING_UNKNOWN */
    int mode;
    char hash[DIGEST_TEXT]; /* "": the server does not tell, or is not asked */
};

/* A remote file in somebody's editor. */
struct edit {
    struct app *app;
    const char *path;
    char folder[SCRATCH_BYTES], local[PATH_BYTES];
    struct look before;
    char text[DIGEST_TEXT]; /* what the local copy held, as a hash */
};

static bool is_refusal(const struct err *why)
{
    return why->code == ERR_REPLY_PERMANENT || why->code == ERR_REPLY_TRANSIENT ||
           why->code == ERR_PROTOCOL;
}

/* ---- the remote file ---- */

/* A listing tells minutes at best. */
static int look_closer(struct edit *e, struct look *l, bool exact, struct err *err)
{
    struct err why = ERR_INIT;
    struct remote_hash hash;
    struct mover *m = &e->app->mover;
    if (!exact && session_mdtm(m->session, e->path, &l->mtime, &why) < 0 && !is_refusal(&why))
        return err_take(err, &why);
    err_clear(&why);
    if (m->verify == VERIFY_OFF)
        return 0;
    if (verify_ask(m, e->path, NULL, &hash, &why) == 0)
        memcpy(l->hash, hash.text, sizeof l->hash);
    return err_is_set(&why) && !is_refusal(&why) ? err_take(err, &why) : 0;
}

static int look_at(struct edit *e, struct look *l, struct err *err)
{
    struct items found = {0};
    struct err why = ERR_INIT;
    *l = (struct look){.size = LISTING_UNKNOWN, .mtime = LISTING_UNKNOWN, .mode = LISTING_UNKNOWN};
    int rc = stat_remote(&e->app->mover, e->path, &found, &why);
    if (rc < 0 && why.reply == 550) {
        items_clear(&found);
        return 0;
    }
    bool exact = false;
    if (rc < 0) {
        err_take(err, &why);
    } else if (found.list->type == ENTRY_DIR) {
        rc = err_set(err, ERR_USAGE, "%s is a folder", e->path);
    } else {
        const struct item *i = found.list;
        *l = (struct look){true, i->type == ENTRY_LINK, i->size, i->mtime, i->mode, ""};
        exact = i->mtime_exact;
    }
    items_clear(&found);
    return rc < 0 ? -1 : look_closer(e, l, exact, err);
}

/* A hash says more than a time. */
static bool is_same(const struct look *a, const struct look *b)
{
    if (a->there != b->there || !a->there)
        return a->there == b->there;
    if (a->size != b->size)
        return false;
    return *a->hash && *b->hash ? strcmp(a->hash, b->hash) == 0 : a->mtime == b->mtime;
}

static int check_unchanged(void *ctx, struct err *err)
{
    struct edit *e = ctx;
    struct look now;
    if (look_at(e, &now, err) < 0)
        return -1;
    if (is_same(&e->before, &now))
        return 0;
    return err_set(err, ERR_INTEGRITY, "%s %s on the server meanwhile: it stays so", e->path,
                   !now.there        ? "was deleted"
                   : e->before.there ? "was changed"
                                     : "was made");
}

static int fetch(struct edit *e, struct err *err)
{
    struct app *app = e->app;
    struct get_options o = GET_OPTIONS_INIT;
    struct transfer t = {0};
    o.scratch = true;
    progress_start(&app->bar, e->path);
    int rc = get_file(&app->mover, e->path, e->local, &o, &t, err);
    progress_stop(&app->bar);
    app_report_transfer(app, &t);
    return rc;
}

/* Under a temporary name first, with the permissions that the file had, where a last look precedes
 * the renaming; through a link, so that it stays one. */
static int send_back(struct edit *e, struct err *err)
{
    struct app *app = e->app;
    struct put_options o = PUT_OPTIONS_INIT;
    struct transfer t = {0};
    int mode = e->before.mode;
    bool known = mode != LISTING_UNKNOWN && (mode & 0400);
    o.atomic = !e->before.link;
    o.confirm = check_unchanged;
    o.confirm_ctx = e;
    o.chmod = known && !e->before.link && chmod(e->local, (mode_t) (mode & 0777)) == 0;
    progress_start(&app->bar, e->path);
    int rc = put_file(&app->mover, e->local, e->path, &o, &t, err);
    progress_stop(&app->bar);
    app_report_transfer(app, &t);
    if (rc == 0)
        app_say(app, "%s: sent back, %s", e->path, verdict_name(t.verdict));
    return rc;
}

/* ---- the copy here ---- */

/* The hash of the copy; that of nothing where there is none. */
static int read_copy(const struct edit *e, char text[DIGEST_TEXT], struct err *err)
{
    char block[16 * 1024];
    struct digest *d = digest_new(DIGEST_SHA256, err);
    FILE *f = d ? fopen(e->local, "r") : NULL;
    int rc = d ? 0 : -1;
    if (d && !f && errno != ENOENT)
        rc = err_set_sys(err, ERR_LOCAL, errno, "%s", e->local);
    for (size_t n = 1; f && n > 0;) {
        n = fread(block, 1, sizeof block, f);
        digest_feed(d, block, n);
    }
    if (f && ferror(f))
        rc = err_set_sys(err, ERR_LOCAL, errno, "%s", e->local);
    if (f)
        fclose(f);
    if (rc == 0)
        rc = digest_text(d, text, err);
    digest_free(d);
    return rc;
}

/* What MLST tells may be that of what a link leads to. */
static int look_for_link(struct edit *e, struct err *err)
{
    int link = 0;
    if (e->before.there && !e->before.link)
        link = stat_is_link(&e->app->mover, e->path, err);
    e->before.link |= link > 0;
    return link < 0 ? -1 : 0;
}

static int begin(struct edit *e, struct err *err)
{
    const char *name = path_last(e->path);
    if (!path_is_single(name))
        return err_set(err, ERR_USAGE, "'%s' names no file", e->path);
    if (look_at(e, &e->before, err) < 0 || look_for_link(e, err) < 0 ||
        scratch_make(e->folder, err) < 0)
        return -1;
    if (path_join(e->folder, name, e->local, err) < 0 || (e->before.there && fetch(e, err) < 0) ||
        read_copy(e, e->text, err) < 0) {
        scratch_remove(e->folder);
        return -1;
    }
    return 0;
}

/* 1: there is something to send; -1 with err, *changed then says whether work would be lost. */
static int let_edit(struct edit *e, bool *changed, struct err *err)
{
    char text[DIGEST_TEXT];
    int rc = text_edit(e->app, e->local, err);
    struct err unread = ERR_INIT;
    *changed = true;
    if (read_copy(e, text, &unread) < 0)
        return err_take(err, &unread);
    *changed = strcmp(text, e->text) != 0;
    return rc < 0 ? -1 : *changed;
}

static int edit_one(struct app *app, const char *path, struct err *err)
{
    struct edit e = {.app = app, .path = path};
    bool changed;
    if (begin(&e, err) < 0)
        return -1;
    int rc = let_edit(&e, &changed, err);
    if (rc == 0)
        app_say(app, "%s: not changed", path);
    if (rc > 0)
        rc = check_unchanged(&e, err) < 0 || send_back(&e, err) < 0 ? -1 : 0;
    if (rc < 0 && changed)
        return err_wrap(err, "%s keeps what you wrote", e.local);
    scratch_remove(e.folder);
    return rc;
}

int cmd_edit(struct app *app, int argc, char **argv, struct err *err)
{
    (void) argc;
    return edit_one(app, argv[1], err);
}
