#include "xfer/stamp.h"

#include <stdio.h>
#include <time.h>

enum { BY_MFMT = 1 << 0, BY_MDTM = 1 << 1, BY_UTIME = 1 << 2, BY_CHMOD = 1 << 3 };

static bool is_refusal(const struct err *why)
{
    return why->code == ERR_REPLY_PERMANENT || why->code == ERR_REPLY_TRANSIENT ||
           why->code == ERR_PROTOCOL;
}

/* 1: done, 0: refused, and noted where that is for good, -1. */
static int judge(struct mover *m, unsigned way, int rc, const struct err *why, struct err *err)
{
    if (rc == 0)
        return 1;
    if (!is_refusal(why))
        return err_take(err, why);
    if (why->code != ERR_REPLY_TRANSIENT && why->reply != 550) /* which is this file's matter */
        m->no_stamp |= way;
    return 0;
}

static bool can(const struct mover *m, unsigned way)
{
    const struct session *s = m->session;
    if (m->no_stamp & way)
        return false;
    switch (way) {
    case BY_MFMT:
        return features_has(session_features(s), FEATURE_MFMT);
    case BY_MDTM: /* others take the time for a part of the name */
        return session_software(s) == SOFTWARE_VSFTPD;
    default:
        return true;
    }
}

enum { WHEN_MAX = 32 };

/* False: no such time can be said. */
static bool write_when(int64_t mtime, char when[WHEN_MAX])
{
    struct tm tm;
    time_t t = (time_t) mtime;
    return gmtime_r(&t, &tm) && tm.tm_year >= -1900 && tm.tm_year <= 9999 - 1900 &&
           strftime(when, WHEN_MAX, "%Y%m%d%H%M%S", &tm) > 0;
}

static const char *verb_of(unsigned way)
{
    return way == BY_MFMT ? "MFMT" : "MDTM";
}

static int set_time(struct mover *m, unsigned way, const char *remote, const char *when,
                    struct err *why)
{
    struct session *s = m->session;
    if (way == BY_UTIME)
        return session_expect(s, NULL, remote, why, "SITE UTIME %s %s %s %s UTC", remote, when,
                              when, when);
    return session_expect(s, NULL, remote, why, "%s %s %s", verb_of(way), when, remote);
}

void stamp_ask_ahead(const struct mover *m, const char *remote, int64_t mtime)
{
    char when[WHEN_MAX];
    unsigned way = can(m, BY_MFMT) ? BY_MFMT : BY_MDTM;
    if (can(m, way) && write_when(mtime, when))
        session_ask_ahead(m->session, "%s %s %s", verb_of(way), when, remote);
}

int stamp_time(struct mover *m, const char *remote, int64_t mtime, struct err *err)
{
    static const unsigned ways[] = {BY_MFMT, BY_MDTM, BY_UTIME};
    char when[WHEN_MAX];
    if (!write_when(mtime, when))
        return 0;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct err why = ERR_INIT;
        if (!can(m, ways[i]))
            continue;
        int rc = judge(m, ways[i], set_time(m, ways[i], remote, when, &why), &why, err);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
    }
    return 0;
}

int stamp_mode(struct mover *m, const char *remote, int mode, struct err *err)
{
    struct err why = ERR_INIT;
    if (!can(m, BY_CHMOD))
        return 0;
    int rc = session_expect(m->session, NULL, remote, &why, "SITE CHMOD %03o %s",
                            (unsigned) mode & 0777, remote);
    return judge(m, BY_CHMOD, rc, &why, err) < 0 ? -1 : 0;
}
