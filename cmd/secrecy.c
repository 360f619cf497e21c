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
static bool announces(const char *word, size_t len)
{
    if (len > 1 && is_quote(*word) && word[len - 1] == *word) {
        word++;
        len -= 2;
    }
    return len == 4 && (strncasecmp(word, "pass", 4) == 0 || strncasecmp(word, "acct", 4) == 0);
}

/* Of "PASS password" in one word, in quotes or not. Returns how much it was. */
static size_t cut_announced(char *word, size_t len)
{
    size_t from = len > 0 && is_quote(*word) ? 6 : 5, end = len;
    if (from == 6 && word[len - 1] == *word)
        end--;
    if (end <= from || !strchr(" \\", word[from - 1]) || !announces(word + from - 5, 4))
        return 0;
    cut(word + from, end - from);
    return end - from;
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

bool secrecy_cut_list(char *list)
{
    bool found = false, next = false;
    for (char *p = list; *p; p += *p && is_end(*p)) {
        size_t len = word_length(p);
        size_t n = next ? len : cut_password(p, len);
        if (next)
            cut(p, len);
        found = found || n > 0;
        bool goes_on = (next && len == 0) || announces(p, len - n);
        p += len - n;
        next = goes_on && (*p == ' ' || *p == '\t');
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
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        const char *before = argv[i - 1];
        bool secret = i > 1 && announces(before, strlen(before));
        if (secret)
            wipe(word, strlen(word));
        bool list = is_list_option(word) || (i > 1 && is_list_option(before));
        found = (list ? secrecy_cut_list(word) : secrecy_cut_word(word)) || secret || found;
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

int secrecy_take_words(int argc, char **argv, struct secret_words *out, struct err *err)
{
    *out = (struct secret_words){0};
    int rc = copy(argc, argv, out);
    out->cut = cut_words(argc, argv);
    return rc < 0 ? err_set(err, ERR_LOCAL, "out of memory") : 0;
}

void secrecy_clear(struct secret_words *w)
{
    for (int i = 0; w->store && i < w->argc; i++) {
        wipe(w->store[i], strlen(w->store[i]));
        free(w->store[i]);
    }
    free(w->store);
    free(w->argv);
    *w = (struct secret_words){0};
}
