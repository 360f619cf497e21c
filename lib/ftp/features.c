#include "ftp/features.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* `argument`: one of the words that must follow, separated by blanks or semicolons; NULL: any. */
static const struct {
    const char *word, *argument;
    enum feature flag;
} table[] = {
    {"AUTH", "TLS", FEATURE_AUTH_TLS},   {"AUTH", "TLS-C", FEATURE_AUTH_TLS},
    {"AUTH", "TLS-P", FEATURE_AUTH_TLS}, {"CCC", NULL, FEATURE_CCC},
    {"EPRT", NULL, FEATURE_EPRT},        {"EPSV", NULL, FEATURE_EPSV},
    {"HASH", NULL, FEATURE_HASH},        {"MDTM", NULL, FEATURE_MDTM},
    {"MFMT", NULL, FEATURE_MFMT},        {"MLST", NULL, FEATURE_MLST},
    {"MLSD", NULL, FEATURE_MLST}, /* LightFTP knows only this one (FIELD-NOTES 70) */
    {"MODE", "Z", FEATURE_MODE_Z},       {"PRET", NULL, FEATURE_PRET},
    {"REST", "STREAM", FEATURE_REST},    {"SIZE", NULL, FEATURE_SIZE},
    {"TVFS", NULL, FEATURE_TVFS},        {"UTF8", NULL, FEATURE_UTF8},
    {"SSCN", NULL, FEATURE_SSCN},        {"CPSV", NULL, FEATURE_CPSV},
};

static const struct {
    const char *word;
    enum digest_command flag;
} digests[] = {
    {"XSHA256", DIGEST_XSHA256}, {"XSHA512", DIGEST_XSHA512},   {"XSHA1", DIGEST_XSHA1},
    {"XSHA", DIGEST_XSHA},       {"XMD5", DIGEST_XMD5},         {"MD5", DIGEST_MD5_TWINE},
    {"XCRC", DIGEST_XCRC},       {"CHECKSUM", DIGEST_CHECKSUM},
};

struct span {
    const char *p;
    size_t n;
};

static bool span_is(struct span s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* Takes the next word, which ends at one of `ends`, from the front of *rest. */
static struct span next_word(struct span *rest, const char *ends)
{
    while (rest->n > 0 && strchr(ends, *rest->p)) {
        rest->p++;
        rest->n--;
    }
    struct span word = {rest->p, 0};
    while (word.n < rest->n && !strchr(ends, rest->p[word.n]))
        word.n++;
    rest->p += word.n;
    rest->n -= word.n;
    return word;
}

static bool has_argument(struct span rest, const char *argument)
{
    for (;;) {
        struct span word = next_word(&rest, " \t;\r");
        if (word.n == 0)
            return false;
        if (span_is(word, argument))
            return true;
    }
}

/* A list of facts or algorithms; it ends at the first byte that is not printable ASCII. */
static void copy_list(struct span rest, char *dst, size_t size)
{
    struct span word = next_word(&rest, " \t\r");
    size_t n = 0;
    while (n < word.n && n + 1 < size && word.p[n] > ' ' && word.p[n] < 0x7f)
        n++;
    memcpy(dst, word.p, n);
    dst[n] = '\0';
}

static unsigned digest_of(struct span word)
{
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        if (span_is(word, digests[i].word))
            return (unsigned) digests[i].flag;
    }
    return 0;
}

/* "SITE XMD5;XCRC" and "SITE XMD5 XCRC". */
static unsigned site_digests(struct span rest)
{
    unsigned flags = 0;
    for (struct span word = next_word(&rest, " \t;\r"); word.n > 0;
         word = next_word(&rest, " \t;\r"))
        flags |= digest_of(word);
    return flags;
}

static void read_line(struct span line, struct features *out)
{
    /* Some servers put the code before every line. */
    if (line.n >= 4 && strspn(line.p, "0123456789") == 3 && (line.p[3] == '-' || line.p[3] == ' '))
        line = (struct span){line.p + 4, line.n - 4};
    struct span word = next_word(&line, " \t\r");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (span_is(word, table[i].word) &&
            (!table[i].argument || has_argument(line, table[i].argument)))
            out->flags |= table[i].flag;
    }
    out->digests |= digest_of(word);
    if (span_is(word, "SITE"))
        out->site_digests |= site_digests(line);
    if (span_is(word, "MLST"))
        copy_list(line, out->mlst, sizeof out->mlst);
    else if (span_is(word, "HASH"))
        copy_list(line, out->hash, sizeof out->hash);
}

unsigned features_site_help(const char *text)
{
    unsigned flags = 0;
    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
        flags |= site_digests((struct span){p, strcspn(p, "\n")});
    return flags;
}

void features_parse(const char *text, struct features *out)
{
    *out = (struct features){0};
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "\n");
        /* The first line is a title: "211-Features:". */
        if (p != text)
            read_line((struct span){p, n}, out);
        out->known |= p[n] == '\n';
        p += n + (p[n] == '\n');
    }
}

static bool is_wanted_fact(struct span fact)
{
    static const char *const wanted[] = {
        "type",       "size",           "modify",   "perm",       "unique",         "UNIX.mode",
        "UNIX.owner", "UNIX.ownername", "UNIX.uid", "UNIX.group", "UNIX.groupname", "UNIX.gid",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (span_is(fact, wanted[i]))
            return true;
    }
    return false;
}

bool features_missing_facts(const struct features *f, char dst[FACTS_MAX])
{
    struct span rest = {f->mlst, strlen(f->mlst)};
    bool missing = false;
    size_t n = 0;
    for (struct span fact = next_word(&rest, ";"); fact.n > 0; fact = next_word(&rest, ";")) {
        bool on = fact.p[fact.n - 1] == '*';
        fact.n -= on;
        if (!is_wanted_fact(fact) || n + fact.n + 2 > FACTS_MAX)
            continue;
        missing |= !on;
        memcpy(dst + n, fact.p, fact.n);
        n += fact.n;
        dst[n++] = ';';
    }
    dst[n] = '\0';
    return missing;
}

bool features_tells_fact(const struct features *f, const char *fact)
{
    struct span rest = {f->mlst, strlen(f->mlst)};
    for (struct span word = next_word(&rest, ";*"); word.n > 0; word = next_word(&rest, ";*")) {
        if (span_is(word, fact))
            return true;
    }
    return false;
}

bool features_has(const struct features *f, enum feature what)
{
    return (f->flags & (unsigned) what) != 0;
}

static const struct {
    enum software id;
    const char *mark, *name;
} programs[] = {
    {SOFTWARE_VSFTPD, "vsftpd", "vsftpd"},
    {SOFTWARE_PROFTPD, "proftpd", "ProFTPD"},
    {SOFTWARE_PUREFTPD, "pure-ftpd", "Pure-FTPd"},
    {SOFTWARE_FILEZILLA, "filezilla", "FileZilla Server"},
    {SOFTWARE_IIS, "microsoft ftp", "IIS"},
    {SOFTWARE_IIS, "windows_nt", "IIS"},
    {SOFTWARE_PYFTPDLIB, "pyftpdlib", "pyftpdlib"},
};

static bool contains(const char *text, const char *mark)
{
    size_t n = strlen(mark);
    for (; *text; text++) {
        if (strncasecmp(text, mark, n) == 0)
            return true;
    }
    return false;
}

enum software software_guess(const char *text)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (contains(text, programs[i].mark))
            return programs[i].id;
    }
    return SOFTWARE_UNKNOWN;
}

const char *software_name(enum software s)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (programs[i].id == s)
            return programs[i].name;
    }
    return "";
}
