#include "xfer/verify.h"

#include "ftp/hash.h"
#include "ftp/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BLOCK = 64 * 1024 };

/* The best first. `flag` 0: HASH, with this algorithm. */
static const struct verify_way {
    enum digest_kind kind;
    unsigned flag;
    bool site;
    const char *command; /* or HASH's algorithm */
} ways[] = {
    {DIGEST_SHA256, 0, false, "SHA-256"},
    {DIGEST_SHA256, DIGEST_XSHA256, false, "XSHA256"},
    {DIGEST_SHA256, DIGEST_XSHA256, true, "SITE XSHA256"},
    {DIGEST_SHA512, 0, false, "SHA-512"},
    {DIGEST_SHA512, DIGEST_XSHA512, false, "XSHA512"},
    {DIGEST_SHA512, DIGEST_XSHA512, true, "SITE XSHA512"},
    {DIGEST_SHA1, 0, false, "SHA-1"},
    {DIGEST_SHA1, DIGEST_XSHA1, false, "XSHA1"},
    {DIGEST_SHA1, DIGEST_XSHA, false, "XSHA"},
    {DIGEST_SHA1, DIGEST_XSHA1, true, "SITE XSHA1"},
    {DIGEST_MD5, 0, false, "MD5"},
    {DIGEST_MD5, DIGEST_XMD5, false, "XMD5"},
    {DIGEST_MD5, DIGEST_MD5_TWINE, false, "MD5"},
    {DIGEST_MD5, DIGEST_XMD5, true, "SITE XMD5"},
    {DIGEST_MD5, DIGEST_MD5_TWINE, true, "SITE MD5"},
    {DIGEST_MD5, DIGEST_CHECKSUM, true, "SITE CHECKSUM"},
    {DIGEST_CRC32, 0, false, "CRC32"},
    {DIGEST_CRC32, DIGEST_XCRC, false, "XCRC"},
    {DIGEST_CRC32, DIGEST_XCRC, true, "SITE XCRC"},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

/* ---- choosing ---- */

static bool is_refusal(const struct err *why)
{
    return why->code == ERR_REPLY_PERMANENT || why->code == ERR_REPLY_TRANSIENT ||
           why->code == ERR_PROTOCOL;
}

static bool is_hash(const struct verify_way *w)
{
    return w->flag == 0;
}

static unsigned bit_of(const struct verify_way *w)
{
    return 1u << (w - ways);
}

/* Looks for an algorithm in "SHA-256*;SHA-512". *current: the star is on it. */
static bool hash_offers(const char *list, const char *algorithm, bool *current)
{
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ";");
        bool starred = n > 0 && p[n - 1] == '*';
        size_t len = n - starred;
        if (len == strlen(algorithm) && strncasecmp(p, algorithm, len) == 0) {
            *current = starred;
            return true;
        }
        p += n + (p[n] == ';');
    }
    return false;
}

static bool is_offered(const struct mover *m, const struct verify_way *w)
{
    const struct features *f = session_features(m->session);
    bool current;
    if (m->no_digest & bit_of(w))
        return false;
    if (is_hash(w))
        return features_has(f, FEATURE_HASH) && hash_offers(f->hash, w->command, &current);
    return ((w->site ? f->site_digests | m->site_digests : f->digests) & w->flag) != 0;
}

/* The best way, or the best behind `after` that needs the same hash. */
static const struct verify_way *choose(const struct mover *m, const struct verify_way *after)
{
    for (size_t i = after ? (size_t) (after - ways) + 1 : 0; i < WAYS; i++) {
        if (is_offered(m, &ways[i]) && (!after || ways[i].kind == after->kind))
            return &ways[i];
    }
    return NULL;
}

/* What stands behind SITE is told by SITE HELP alone where there is no FEAT. */
static int ask_site_help(struct mover *m, struct err *err)
{
    struct reply r = {0};
    struct err why = ERR_INIT;
    if (m->site_asked || (session_features(m->session)->known && m->verify != VERIFY_REQUIRE))
        return 0;
    m->site_asked = true;
    if (session_expect(m->session, &r, "SITE HELP", &why, "SITE HELP") < 0)
        return is_refusal(&why) ? 0 : err_take(err, &why);
    m->site_digests = r.text ? features_site_help(r.text) : 0;
    reply_clear(&r);
    return 0;
}

int verifier_begin(struct verifier *v, struct mover *m, struct err *err)
{
    *v = (struct verifier){0};
    if (m->verify == VERIFY_OFF)
        return 0;
    if (session_ready(m->session, err) < 0)
        return -1;
    v->way = choose(m, NULL);
    if (!v->way && ask_site_help(m, err) < 0)
        return -1;
    if (!v->way)
        v->way = choose(m, NULL);
    if (!v->way && m->verify == VERIFY_REQUIRE)
        return err_set(
            err, ERR_INTEGRITY,
            "the server offers no command that tells a file's hash, and --verify=require "
            "demands one");
    if (!v->way)
        return 0;
    v->digest = digest_new(v->way->kind, err);
    return v->digest ? 0 : -1;
}

void verifier_feed(void *ctx, const void *data, size_t len)
{
    struct verifier *v = ctx;
    if (v->digest)
        digest_feed(v->digest, data, len);
}

void verifier_clear(struct verifier *v)
{
    digest_free(v->digest);
    *v = (struct verifier){0};
}

/* ---- asking ---- */

/* The X commands take a range behind the name: one with blanks has to be quoted. A name that holds
 * a quote, too, cannot be said. */
static bool quote_name(const struct verify_way *w, const char *remote, char *dst, size_t size)
{
    bool whole_line = w->flag == DIGEST_MD5_TWINE || w->flag == DIGEST_CHECKSUM;
    bool quoted = !whole_line && strchr(remote, ' ');
    if (quoted && strchr(remote, '"'))
        return false;
    return snprintf(dst, size, quoted ? "\"%s\"" : "%s", remote) < (int) size;
}

static unsigned selection_of(const struct mover *m, const struct verify_way *w)
{
    return session_generation(m->session) * WAYS + (unsigned) (w - ways);
}

/* HASH would use the way's algorithm. */
static bool is_selected(const struct mover *m, const struct verify_way *w)
{
    bool current = false;
    hash_offers(session_features(m->session)->hash, w->command, &current);
    return m->hash_selected == selection_of(m, w) || (m->hash_selected == 0 && current);
}

/* Makes HASH use the way's algorithm, once for each session. */
static int select_hash(struct mover *m, const struct verify_way *w, struct err *err)
{
    if (is_selected(m, w))
        return 0;
    if (session_expect(m->session, NULL, "OPTS HASH", err, "OPTS HASH %s", w->command) < 0)
        return -1;
    m->hash_selected = selection_of(m, w);
    return 0;
}

static int ask_hash(struct mover *m, const struct verify_way *w, const char *remote, int64_t size,
                    char dst[DIGEST_TEXT], struct err *err)
{
    struct reply r;
    if (select_hash(m, w, err) < 0 ||
        session_expect(m->session, &r, remote, err, "HASH %s", remote) < 0)
        return -1;
    int rc = r.code == 213
                 ? hash_from_213(reply_last_line(&r), w->command, digest_digits(w->kind), size, dst)
                 : -1;
    reply_clear(&r);
    return rc < 0 ? err_set(err, ERR_PROTOCOL, "HASH was not answered with a hash") : 0;
}

/* Its other methods are sums that we do not compute. */
static int select_checksum(struct mover *m, const struct verify_way *w, struct err *err)
{
    if (w->flag != DIGEST_CHECKSUM || m->hash_selected == selection_of(m, w))
        return 0;
    if (session_expect(m->session, NULL, "SITE CHECKMETHOD", err, "SITE CHECKMETHOD RFC1321") < 0)
        return -1;
    m->hash_selected = selection_of(m, w);
    return 0;
}

static int ask_plain(struct mover *m, const struct verify_way *w, const char *remote,
                     char dst[DIGEST_TEXT], struct err *err)
{
    struct reply r;
    char name[PATH_BYTES + 2];
    if (!quote_name(w, remote, name, sizeof name))
        return err_set(err, ERR_REPLY_TRANSIENT, "%s has no way to write such a name", w->command);
    if (select_checksum(m, w, err) < 0 ||
        session_expect(m->session, &r, remote, err, "%s %s", w->command, name) < 0)
        return -1;
    int rc = hash_from_reply(reply_last_line(&r), remote, digest_digits(w->kind), dst);
    reply_clear(&r);
    return rc < 0 ? err_set(err, ERR_PROTOCOL, "%s was not answered with a hash", w->command) : 0;
}

/* 550 is this file's matter, and 501 may be its name's. */
static bool is_for_good(const struct err *why, const char *remote)
{
    bool odd = strpbrk(remote, " \"'\\") != NULL;
    return why->code == ERR_PROTOCOL ||
           (why->code == ERR_REPLY_PERMANENT && why->reply != 550 && !(odd && why->reply == 501));
}

/* Where HASH itself fails, it does so with every algorithm. */
static void note_failure(struct mover *m, const struct verify_way *w)
{
    m->no_digest |= bit_of(w);
    for (size_t i = 0; i < WAYS && is_hash(w) && is_selected(m, w); i++) {
        if (is_hash(&ways[i]))
            m->no_digest |= bit_of(&ways[i]);
    }
}

/* A large file may take a server longer than a reply may take. Where nobody insists, what has come
 * is not given up for that; but such a server is not asked again. */
static bool takes_too_long(struct mover *m, const struct err *why)
{
    bool over = deadline_passed(session_settings(m->session)->wait->limit);
    if (why->code != ERR_TIMEOUT || m->verify == VERIFY_REQUIRE || over)
        return false;
    m->no_digest = ~0u;
    return true;
}

/* 1 with the server's hash in dst, 0 when it does not tell (*why says what it said), or -1. Goes on
 * to other commands for the same hash; v->way is the one that has answered. */
static int ask(struct verifier *v, struct mover *m, const char *remote, int64_t size,
               char dst[DIGEST_TEXT], struct err *why, struct err *err)
{
    for (; v->way; v->way = choose(m, v->way)) {
        struct err this = ERR_INIT;
        int rc = is_hash(v->way) ? ask_hash(m, v->way, remote, size, dst, &this)
                                 : ask_plain(m, v->way, remote, dst, &this);
        if (rc == 0)
            return 1;
        if (!is_refusal(&this) && !takes_too_long(m, &this))
            return err_take(err, &this);
        log_note(session_settings(m->session)->log, "no hash of %s: %s", remote, this.msg);
        if (is_for_good(&this, remote))
            note_failure(m, v->way);
        err_take(why, &this);
    }
    return 0;
}

static int not_told(const struct mover *m, const char *remote, const struct err *why,
                    struct err *err)
{
    if (m->verify != VERIFY_REQUIRE)
        return 0;
    return err_set(err, ERR_INTEGRITY, "%s could not be verified: %s", remote, why->msg);
}

static void name_method(const struct verify_way *w, char dst[32])
{
    snprintf(dst, 32, "%s%s", is_hash(w) ? "HASH " : "", w->command);
}

static int compare(struct verifier *v, struct mover *m, const char *remote, int64_t size,
                   struct verification *out, struct err *err)
{
    struct err why = ERR_INIT;
    if (digest_text(v->digest, out->here, err) < 0)
        return -1;
    int rc = ask(v, m, remote, size, out->there, &why, err);
    if (rc <= 0)
        return rc < 0 ? -1 : not_told(m, remote, &why, err);
    name_method(v->way, out->method);
    v->differs = strcmp(out->here, out->there) != 0;
    if (v->differs)
        return err_set(err, ERR_INTEGRITY,
                       "%s: the contents differ: %s says %.16s..., not %.16s...", remote,
                       out->method, out->there, out->here);
    out->verdict = VERDICT_VERIFIED;
    return 0;
}

int verifier_check(struct verifier *v, struct mover *m, const char *remote, int64_t size,
                   enum transfer_verdict *verdict, struct err *err)
{
    struct verification found = {.verdict = *verdict};
    if (!v->way)
        return 0;
    int rc = compare(v, m, remote, size, &found, err);
    *verdict = found.verdict;
    return rc;
}

/* ---- two files ---- */

static int local_error(const char *path, struct err *err)
{
    return err_set_sys(err, ERR_LOCAL, errno, "cannot read %s", path);
}

static int feed_file(struct verifier *v, const struct mover *m, int fd, const char *path,
                     struct err *err)
{
    unsigned char block[READ_BLOCK];
    const struct wait *w = session_settings(m->session)->wait;
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? local_error(path, err) : 0;
        verifier_feed(v, block, (size_t) n);
        if (wait_fds(w, NULL, 0, deadline_in(0), err) < 0)
            return -1;
    }
}

static int open_regular(const char *path, int64_t *size, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return local_error(path, err);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *size = (int64_t) st.st_size;
        return fd;
    }
    close(fd);
    return err_set(err, ERR_LOCAL, "%s is no regular file", path);
}

/* A server without SIZE may still tell a hash. */
static int ask_length(struct mover *m, const char *remote, int64_t *size, struct err *err)
{
    struct err why = ERR_INIT;
    if (session_size(m->session, remote, size, &why) == 0)
        return 0;
    *size = LISTING_UNKNOWN;
    bool unknown = why.reply >= 500 && why.reply <= 504;
    return unknown || why.code == ERR_PROTOCOL ? 0 : err_take(err, &why);
}

static int compare_sizes(struct mover *m, const char *remote, struct verification *out,
                         struct err *err)
{
    if (ask_length(m, remote, &out->size_there, err) < 0)
        return -1;
    if (out->size_there == LISTING_UNKNOWN)
        return 0;
    if (out->size_there != out->size_here)
        return err_set(err, ERR_INTEGRITY, "%s has %lld bytes on the server and %lld here", remote,
                       (long long) out->size_there, (long long) out->size_here);
    out->verdict = VERDICT_SIZE_OK;
    return 0;
}

int verify_file(struct mover *m, const char *local, const char *remote, struct verification *out,
                struct err *err)
{
    struct verifier v = {0};
    *out = (struct verification){
        .verdict = VERDICT_UNVERIFIED, .size_here = LISTING_UNKNOWN, .size_there = LISTING_UNKNOWN};
    int fd = open_regular(local, &out->size_here, err);
    int rc = fd < 0 ? -1 : compare_sizes(m, remote, out, err);
    if (rc == 0)
        rc = verifier_begin(&v, m, err);
    if (rc == 0 && v.way)
        rc = feed_file(&v, m, fd, local, err);
    if (rc == 0 && v.way)
        rc = compare(&v, m, remote, out->size_here, out, err);
    verifier_clear(&v);
    if (fd >= 0)
        close(fd);
    if (rc < 0)
        out->verdict = VERDICT_FAILED;
    return rc;
}

/* ---- on two servers ---- */

/* The best way to a hash of this kind. */
static const struct verify_way *way_to(const struct mover *m, enum digest_kind kind)
{
    for (size_t i = 0; i < WAYS; i++) {
        if (ways[i].kind == kind && is_offered(m, &ways[i]))
            return &ways[i];
    }
    return NULL;
}

/* The next kind of hash behind `after` (NULL: the best) that both tell; its first way in the table,
 * NULL for none. */
static const struct verify_way *common_kind(const struct verify_side *from,
                                            const struct verify_side *to,
                                            const struct verify_way *after)
{
    for (const struct verify_way *w = after ? after + 1 : ways; w < ways + WAYS; w++) {
        if ((!after || w->kind != after->kind) && way_to(from->mover, w->kind) &&
            way_to(to->mover, w->kind))
            return w;
    }
    return NULL;
}

int verify_sides_begin(const struct verify_side *from, const struct verify_side *to,
                       struct err *err)
{
    if (from->mover->verify == VERIFY_OFF)
        return 0;
    if (session_ready(from->mover->session, err) < 0)
        return err_wrap(err, "%s", from->name);
    if (session_ready(to->mover->session, err) < 0)
        return err_wrap(err, "%s", to->name);
    if (from->mover->verify != VERIFY_REQUIRE || common_kind(from, to, NULL))
        return 0;
    return err_set(err, ERR_INTEGRITY,
                   "the two servers offer no command for the same hash of a file, and "
                   "--verify=require demands one");
}

/* ask() for one kind of hash. */
static int ask_side(const struct verify_side *s, enum digest_kind kind, int64_t size,
                    char dst[DIGEST_TEXT], struct err *why, struct err *err)
{
    struct verifier v = {.way = way_to(s->mover, kind)};
    struct err said = ERR_INIT;
    int rc = ask(&v, s->mover, s->path, size, dst, &said, err);
    if (rc < 0)
        return err_wrap(err, "%s", s->name);
    if (rc == 0 && !err_is_set(why)) {
        err_take(why, &said);
        err_wrap(why, "%s", s->name);
    }
    return rc;
}

int verify_sides(const struct verify_side *from, const struct verify_side *to, int64_t size,
                 enum transfer_verdict *verdict, struct err *err)
{
    char one[DIGEST_TEXT], two[DIGEST_TEXT];
    struct err why = ERR_INIT;
    const struct verify_way *w = NULL;
    int rc = 0;
    if (from->mover->verify == VERIFY_OFF)
        return 0;
    while (rc == 0 && (w = common_kind(from, to, w))) {
        rc = ask_side(from, w->kind, size, one, &why, err);
        if (rc > 0)
            rc = ask_side(to, w->kind, size, two, &why, err);
    }
    if (rc <= 0)
        return rc < 0 ? -1 : not_told(from->mover, from->path, &why, err);
    if (strcmp(one, two) != 0)
        return err_set(err, ERR_INTEGRITY,
                       "the contents differ: the %s says %.16s..., the %s %.16s...", from->name,
                       one, to->name, two);
    *verdict = VERDICT_VERIFIED;
    return 0;
}

/* ---- one file ---- */

/* The first way to each kind of hash, the best kind first. */
static const struct verify_way *next_kind(const struct mover *m, const struct verify_way *after)
{
    for (const struct verify_way *w = after ? after + 1 : ways; w < ways + WAYS; w++) {
        if ((!after || w->kind != after->kind) && is_offered(m, w))
            return w;
    }
    return NULL;
}

static int ask_kinds(struct mover *m, const char *remote, const enum digest_kind *kind,
                     struct remote_hash *out, struct err *err)
{
    int64_t size;
    struct err why = ERR_INIT;
    if (session_ready(m->session, err) < 0 || ask_length(m, remote, &size, err) < 0)
        return -1;
    struct verifier v = {.way = kind ? way_to(m, *kind) : next_kind(m, NULL)};
    while (v.way) {
        const struct verify_way *w = v.way;
        int rc = ask(&v, m, remote, size, out->text, &why, err);
        if (rc < 0)
            return -1;
        if (rc > 0) {
            out->kind = v.way->kind;
            name_method(v.way, out->method);
            return 0;
        }
        v.way = kind ? NULL : next_kind(m, w);
    }
    if (err_is_set(&why))
        return err_take(err, &why);
    return err_set(err, ERR_REPLY_PERMANENT, "the server offers no command that tells a file's %s",
                   kind ? digest_name(*kind) : "hash");
}

int verify_ask(struct mover *m, const char *remote, const enum digest_kind *kind,
               struct remote_hash *out, struct err *err)
{
    enum verify_mode usual = m->verify;
    m->verify = VERIFY_REQUIRE; /* somebody waits for it, however long it takes */
    int rc = ask_kinds(m, remote, kind, out, err);
    m->verify = usual;
    return rc;
}
