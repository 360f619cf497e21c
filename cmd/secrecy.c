#include "secrecy.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

void secrecy_forbid_cores(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    /* a program that takes cores from a pipe (core(5)) gets them whatever the limit */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* Takes `n` bytes out of the text at `from`. */
static void cut(char *from, size_t n)
{
    size_t rest = strlen(from + n);
    memmove(from, from + n, rest);
    wipe(from + rest, n);
}

static char *last_at(char *from, const char *end)
{
    char *found = NULL;
    for (char *at = from; (at = memchr(at, '@', (size_t) (end - at))); at++)
        found = at;
    return found;
}

/* Of "user:password@host/path", also with '@' and '/' in the password. Returns how much it was. */
static size_t cut_login(char *word, size_t len)
{
    const char *end = word + len;
    char *from = word;
    for (char *p = word; p + 3 <= end && from == word; p++) {
        if (memcmp(p, "://", 3) == 0)
            from = p + 3;
    }
    char *colon = memchr(from, ':', (size_t) (end - from));
    char *at = colon ? memchr(colon, '@', (size_t) (end - colon)) : NULL;
    if (!at)
        return 0;
    const char *slash = memchr(at, '/', (size_t) (end - at));
    at = last_at(at, slash ? slash : end);
    size_t n = (size_t) (at - colon);
    cut(colon, n);
    return n;
}

static bool is_quote(char c)
{
    return c == '\'' || c == '"';
}

/* A word, in quotes or not. */
static bool is_word(const char *word, size_t len, const char *name)
{
    if (len > 1 && is_quote(*word) && word[len - 1] == *word) {
        word++;
        len -= 2;
    }
    return len == strlen(name) && strncasecmp(word, name, len) == 0;
}

static bool announces(const char *word, size_t len)
{
    return is_word(word, len, "pass") || is_word(word, len, "acct");
}

/* Of "PASS password" in one word, in quotes or not. Returns how much it was. */
static size_t cut_announced(char *word, size_t len)
{
    static const char *const verbs[] = {"pass", "acct", "site pswd"};
    size_t quote = len > 0 && is_quote(*word), end = len;
    if (quote && word[len - 1] == *word)
        end--;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        size_t n = strlen(verbs[i]), from = quote + n + 1;
        if (end > from && is_word(word + quote, n, verbs[i]) && strchr(" \\", word[from - 1])) {
            cut(word + from, end - from);
            return end - from;
        }
    }
    return 0;
}

static size_t cut_password(char *word, size_t len)
{
    size_t n = cut_login(word, len);
    return n > 0 ? n : cut_announced(word, len);
}

bool secrecy_cut_word(char *word)
{
    return cut_password(word, strlen(word)) > 0;
}

static bool is_end(char c)
{
    return strchr(" \t\n;|&", c) != NULL;
}

/* As words.c reads them: up to a blank or separator outside of quotes. */
static size_t word_length(const char *p)
{
    const char *from = p;
    char quote = 0;
    for (; *p && (quote || !is_end(*p)); p++) {
        if (*p == '\\' && quote != '\'' && p[1])
            p++;
        else if (*p == quote)
            quote = 0;
        else if (!quote && (*p == '\'' || *p == '"'))
            quote = *p;
    }
    return (size_t) (p - from);
}

/* A command whose words go by, as far as they announce a password. */
struct course {
    size_t n;    /* words so far */
    bool quoted; /* it goes to the server as it is, words and all */
    bool user;   /* "user NAME password", as ftp(1) takes it */
    enum { NO_SECRET, NEXT_SECRET, ALL_SECRET } what;
};

static void follow(struct course *c, const char *word, size_t len)
{
    bool marked = c->n == 0 && len > 0 && *word == '-'; /* "-quote" */
    word += marked;
    len -= marked;
    if (len == 0)
        return;
    c->what = NO_SECRET;
    if (announces(word, len))
        c->what = c->quoted ? ALL_SECRET : NEXT_SECRET;
    else if ((c->quoted && is_word(word, len, "pswd")) || (c->user && c->n == 1))
        c->what = ALL_SECRET;
    c->quoted = c->quoted || is_word(word, len, "quote") || is_word(word, len, "site");
    c->user = c->user || (c->n == 0 && is_word(word, len, "user"));
    c->n++;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool secrecy_cut_list(char *list)
{
    bool found = false;
    struct course c = {.n = 0};
    for (char *p = list; *p;) {
        size_t len = word_length(p), n;
        if (len == 0) {
            if (!is_blank(*p++))
                c = (struct course){.n = 0};
        } else if (c.what == NO_SECRET) {
            n = cut_password(p, len);
            found = found || n > 0;
            follow(&c, p, len - n);
            p += len - n;
        } else {
            cut(p, len);
            found = true;
            if (c.what == NEXT_SECRET)
                c.what = NO_SECRET;
        }
    }
    return found;
}

/* Whether the next word, or the rest of this one, is a list of commands: "-c" has no value in front
 * of it in its word. */
static bool is_list_option(const char *word)
{
    static const char name[] = "--command";
    if (strncmp(word, name, sizeof name - 1) == 0)
        return true;
    return word[0] == '-' && word[1] != '-' && strchr(word, 'c');
}

static bool cut_words(int argc, char **argv)
{
    bool found = false;
    struct course c = {.n = 1}; /* which of them is the command's name is not known yet */
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        if (c.what != NO_SECRET) {
            wipe(word, strlen(word));
            found = true;
            if (c.what == NEXT_SECRET)
                c.what = NO_SECRET;
            continue;
        }
        bool list = is_list_option(word) || (i > 1 && is_list_option(argv[i - 1]));
        found = (list ? secrecy_cut_list(word) : secrecy_cut_word(word)) || found;
        follow(&c, word, strlen(word));
    }
    return found;
}

static int copy(int argc, char **argv, struct secret_words *out)
{
    size_t room = (size_t) argc + 1;
    out->argv = calloc(room, sizeof *out->argv);
    out->store = calloc(room, sizeof *out->store);
    if (!out->argv || !out->store)
        return -1;
    for (; out->argc < argc; out->argc++) {
        char *word = strdup(argv[out->argc]);
        if (!word)
            return -1;
        out->argv[out->argc] = out->store[out->argc] = word;
    }
    return 0;
}

/* -1: out of memory. The environment is wiped in its place, where others could read it. */
static int take_password(char **out)
{
    static const char name[] = "FTPSH_PASSWORD";
    char *value = getenv(name);
    if (!value)
        return 0;
    *out = strdup(value);
    wipe(value, strlen(value));
    unsetenv(name); /* NOLINT(concurrency-mt-unsafe): the only thread yet */
    return *out ? 0 : -1;
}

int secrecy_take_words(int argc, char **argv, struct secret_words *out, struct err *err)
{
    *out = (struct secret_words){0};
    int rc = copy(argc, argv, out);
    if (take_password(&out->password) < 0)
        rc = -1;
    out->cut = cut_words(argc, argv);
    return rc < 0 ? err_set(err, ERR_LOCAL, "out of memory") : 0;
}

void secrecy_forget_words(struct secret_words *w, int n)
{
    for (int i = 1; i < n; i++)
        wipe(w->argv[i], strlen(w->argv[i]));
}

void secrecy_clear(struct secret_words *w)
{
    if (w->password)
        wipe(w->password, strlen(w->password));
    free(w->password);
    for (int i = 0; w->store && i < w->argc; i++) {
        wipe(w->store[i], strlen(w->store[i]));
        free(w->store[i]);
    }
    free(w->store);
    free(w->argv);
    *w = (struct secret_words){0};
}
