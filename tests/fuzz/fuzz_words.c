#include "fuzz.h"

#include "base/glob.h"
#include "words.h"

/* Without its backslashes a pattern is the word; it may be one for its '~' alone, the home folder.
 */
static void check_pattern(const char *pattern, const char *word)
{
    char *text = strdup(pattern);
    CHECK(text && (glob_has_magic(pattern) || strchr(pattern, '~')));
    glob_unescape(text);
    CHECK(strcmp(text, word) == 0);
    free(text);
}

static void check_words(const struct words *w)
{
    CHECK(w->argc >= 1 && w->argc <= WORDS_MAX);
    CHECK(w->argv[w->argc] == NULL);
    for (int i = 0; i < w->argc; i++) {
        CHECK(w->argv[i] >= w->mem && w->argv[i] < w->mem + sizeof w->mem);
        CHECK(memchr(w->argv[i], '\0', (size_t) (w->mem + sizeof w->mem - w->argv[i])));
        if (w->patterns[i])
            check_pattern(w->patterns[i], w->argv[i]);
    }
    CHECK(w->out == OUT_STANDARD || w->out_to);
}

/* What can be read whole can be read while it is being written. */
static void check_last(const char *line, size_t len, int got)
{
    static struct words w;
    struct words_place place;
    struct err err = ERR_INIT;
    int rc = words_last(line, NULL, &w, &place, &err);
    CHECK((rc < 0) == (err.code == ERR_USAGE));
    if (rc < 0)
        return;
    CHECK(place.start <= len && w.argc <= WORDS_MAX && !w.argv[w.argc]);
    CHECK(place.part != PART_WORD || w.argc >= 1);
    CHECK(got < 0 || (!place.quote && !place.escape) || place.part != PART_WORD);
}

/* Some names have a value, with what has a meaning in a line. */
static const char *find(void *ctx, const char *name, struct err *err)
{
    (void) ctx;
    CHECK(*name && strlen(name) < VARIABLE_NAME_BYTES);
    if (name[0] < 'n')
        return "a *?[\\]'\"$x;&|>#";
    err_set(err, ERR_USAGE, "there is no variable '%s'", name);
    return NULL;
}

/* With variables as without them: the same commands, or a variable is missing. */
static void check_values(const char *line, size_t len)
{
    static struct words w;
    const struct words_values values = {find, NULL};
    size_t pos = 0, before = 0;
    struct err err = ERR_INIT;
    int got;
    while ((got = words_next(line, &pos, &values, &w, &err)) == 1) {
        size_t start, n = words_command(line, before, &start);
        CHECK(start + n <= len);
        check_words(&w);
        CHECK(pos > before && pos <= len);
        before = pos;
    }
    CHECK((got < 0) == (err.code == ERR_USAGE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct words w;
    char *line = fuzz_string(data, size);
    size_t pos = 0, len = strlen(line), before = 0;
    struct err err = ERR_INIT;
    int got;
    while ((got = words_next(line, &pos, NULL, &w, &err)) == 1) {
        check_words(&w);
        CHECK(pos > before && pos <= len);
        before = pos;
    }
    CHECK((got < 0) == (err.code == ERR_USAGE));
    check_values(line, len);
    check_last(line, len, got);
    free(line);
    return 0;
}
