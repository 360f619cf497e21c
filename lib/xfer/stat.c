#include "xfer/stat.h"

#include "xfer/list.h"

#include <stdlib.h>
#include <string.h>

static bool refused(const struct err *err)
{
    return err->code == ERR_REPLY_PERMANENT || err->code == ERR_REPLY_TRANSIENT;
}

static bool not_known(const struct err *err)
{
    return refused(err) && (err->reply == 500 || err->reply == 502 || err->reply == 504);
}

int stat_is_folder(struct mover *m, const char *path, struct err *err)
{
    struct err why = ERR_INIT;
    if (!path || !*path)
        return 1;
    if (session_visit(m->session, path, &why) == 0) {
        session_leave(m->session);
        return 1;
    }
    return refused(&why) ? 0 : err_take(err, &why);
}

static int add(struct items *out, const struct item *found, const char *path, struct err *err)
{
    struct item item = *found;
    item.name = path;
    return items_add(out, &item, err) < 0 ? -1 : 1;
}

/* ---- by MLST ---- */

/* The entry is the line behind the first, behind a space. */
static int add_fact_line(const struct reply *r, const char *path, struct items *out,
                         struct err *err)
{
    const char *line = r->text ? strchr(r->text, '\n') : NULL;
    struct entry *e = line ? malloc(sizeof *e) : NULL;
    int rc = -1;
    if (!line)
        return err_set(err, ERR_PROTOCOL, "the reply to MLST has no entry");
    if (!e)
        return err_set(err, ERR_LOCAL, "out of memory");
    line++;
    line += *line == ' ';
    if (mlsd_parse(line, strcspn(line, "\n"), e, NULL) > 0) {
        struct item item = item_of(e);
        rc = add(out, &item, path, err);
    } else {
        err_set(err, ERR_PROTOCOL, "the reply to MLST has no entry");
    }
    free(e);
    return rc;
}

int stat_facts(struct mover *m, const char *path, struct items *out, struct err *err)
{
    struct reply r = {0};
    struct err why = ERR_INIT;
    if (!features_has(session_features(m->session), FEATURE_MLST) || m->mlsd_broken)
        return 0;
    if (session_expect(m->session, &r, path, &why, "MLST %s", path) < 0)
        return not_known(&why) ? 0 : err_take(err, &why);
    int rc = add_fact_line(&r, path, out, err);
    reply_clear(&r);
    return rc;
}

/* ---- by the listing of the folder it lies in ---- */

struct search {
    const char *name;
    const char *path;
    struct items *out;
    bool found;
};

static int look(void *ctx, const struct entry *e, struct err *err)
{
    struct search *s = ctx;
    struct item item = item_of(e);
    if (s->found || strcmp(e->name, s->name) != 0)
        return 0;
    s->found = true;
    return add(s->out, &item, s->path, err) < 0 ? -1 : 0;
}

static int by_listing(struct mover *m, const char *path, struct items *out, struct err *err)
{
    struct search s = {path_last(path), path, out, false};
    struct err why = ERR_INIT;
    size_t len = (size_t) (s.name - path);
    if (!path_is_single(s.name))
        return 0;
    char *folder = strndup(path, len > 1 ? len - 1 : len);
    if (!folder)
        return err_set(err, ERR_LOCAL, "out of memory");
    int rc = list_entries(m, folder, look, &s, &why);
    free(folder);
    if (rc < 0 && !refused(&why) && why.code != ERR_PROTOCOL)
        return err_take(err, &why);
    return s.found;
}

struct link_search {
    const char *name;
    bool found;
};

static int look_for_link(void *ctx, const struct entry *e, struct err *err)
{
    struct link_search *s = ctx;
    (void) err;
    s->found |= e->type == ENTRY_LINK && strcmp(path_last(e->name), s->name) == 0;
    return 0;
}

int stat_is_link(struct mover *m, const char *path, struct err *err)
{
    struct link_search s = {path_last(path), false};
    struct list_options by_list = {.no_times = true, .plain = true};
    struct err why = ERR_INIT;
    int rc = list_stream(m, path, &by_list, look_for_link, &s, NULL, &why);
    if (rc < 0 && !refused(&why) && why.code != ERR_PROTOCOL)
        return err_take(err, &why);
    return s.found;
}

/* ---- by what is asked of one file ---- */

static const struct item nothing_known = {.name = "",
                                          .owner = "",
                                          .group = "",
                                          .target = "",
                                          .unique = "",
                                          .size = LISTING_UNKNOWN,
                                          .mtime = LISTING_UNKNOWN,
                                          .mode = LISTING_UNKNOWN};

static int by_asking(struct mover *m, const char *path, struct items *out, struct err *err)
{
    struct item item = nothing_known;
    struct err why = ERR_INIT, ignored = ERR_INIT;
    if (session_size(m->session, path, &item.size, &why) == 0) {
        item.type = ENTRY_FILE;
        if (session_mdtm(m->session, path, &item.mtime, &ignored) == 0)
            item.mtime_exact = true;
        else
            item.mtime = LISTING_UNKNOWN;
        return add(out, &item, path, err);
    }
    if (!refused(&why) && why.code != ERR_PROTOCOL)
        return err_take(err, &why);
    int folder = stat_is_folder(m, path, err);
    if (folder < 0)
        return -1;
    if (!folder)
        return err_set_reply(err, 550, "%s: no such file or folder", path);
    item.size = LISTING_UNKNOWN;
    item.type = ENTRY_DIR;
    return add(out, &item, path, err);
}

int stat_remote(struct mover *m, const char *path, struct items *out, struct err *err)
{
    int rc = session_ready(m->session, err) < 0 ? -1 : stat_facts(m, path, out, err);
    if (rc == 0)
        rc = by_listing(m, path, out, err);
    if (rc == 0)
        rc = by_asking(m, path, out, err);
    return rc < 0 ? -1 : 0;
}
