#include "base/glob.h"

#include "base/escape.h"

#include <stdint.h>
#include <string.h>

bool glob_is_special(char c)
{
    return c != '\0' && strchr("*?[]~\\", c) != NULL;
}

static bool is_quote(const char *p)
{
    return p[0] == '\\' && glob_is_special(p[1]);
}

/* A character, or a byte that is none: such bytes get numbers that no character has. */
static uint32_t next_char(const char **at)
{
    const unsigned char *p = (const unsigned char *) *at;
    size_t n = utf8_char(*at, strlen(*at) < 4 ? strlen(*at) : 4);
    if (n == 0) {
        *at += 1;
        return 0x80000000U | p[0];
    }
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = p[0] & lead[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3fU);
    *at += n;
    return c;
}

static uint32_t next_of_pattern(const char **at)
{
    if (is_quote(*at))
        *at += 1;
    return next_char(at);
}

static uint32_t folded(uint32_t c, unsigned flags)
{
    return (flags & GLOB_FOLD) && c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

static uint32_t upper(uint32_t c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

static bool in_range(uint32_t c, uint32_t lo, uint32_t hi, unsigned flags)
{
    if (c >= lo && c <= hi)
        return true;
    if (!(flags & GLOB_FOLD))
        return false;
    uint32_t small = folded(c, flags), big = upper(c);
    return (small >= lo && small <= hi) || (big >= lo && big <= hi);
}

/* The "]" that closes the set which begins behind `p`; NULL when there is none. */
static const char *set_end(const char *p)
{
    p += *p == '!' || *p == '^';
    if (*p == ']') /* first of all it is a member */
        p++;
    for (; *p; p++) {
        if (*p == ']')
            return p;
        p += is_quote(p);
    }
    return NULL;
}

/* `p` stands behind the "[". */
static bool set_matches(const char *p, const char *end, uint32_t c, unsigned flags)
{
    bool negated = *p == '!' || *p == '^', found = false;
    p += negated;
    while (p < end) {
        uint32_t lo = next_of_pattern(&p), hi = lo;
        if (*p == '-' && p + 1 < end) {
            p++;
            hi = next_of_pattern(&p);
        }
        found = found || in_range(c, lo, hi, flags);
    }
    return found != negated;
}

/* One character of the name against one of the pattern that is no star; both move on. */
static bool match_one(const char **pattern, const char **name, unsigned flags)
{
    uint32_t c = next_char(name);
    const char *p = *pattern, *end = *p == '[' ? set_end(p + 1) : NULL;
    if (end) {
        *pattern = end + 1;
        return set_matches(p + 1, end, c, flags);
    }
    if (*p == '?') {
        *pattern = p + 1;
        return true;
    }
    return folded(next_of_pattern(pattern), flags) == folded(c, flags);
}

/* A star that fails is tried again a character further on; only the last one ever needs to be. */
bool glob_match(const char *pattern, const char *name, unsigned flags)
{
    const char *retry_pattern = NULL, *retry_name = NULL;
    if (*name == '.' && *pattern != '.' && !(flags & GLOB_HIDDEN))
        return false;
    while (*name || *pattern) {
        if (*pattern == '*') {
            retry_pattern = ++pattern;
            retry_name = name;
            continue;
        }
        if (*name && *pattern && match_one(&pattern, &name, flags))
            continue;
        if (!retry_pattern || !*retry_name)
            return false;
        next_char(&retry_name);
        pattern = retry_pattern;
        name = retry_name;
    }
    return true;
}

bool glob_has_magic(const char *pattern)
{
    for (const char *p = pattern; *p; p++) {
        if (strchr("*?[", *p))
            return true;
        p += is_quote(p);
    }
    return false;
}

void glob_unescape(char *pattern)
{
    char *to = pattern;
    for (const char *p = pattern; *p; p++) {
        p += is_quote(p);
        *to++ = *p;
    }
    *to = '\0';
}

int glob_escape(char *dst, size_t size, const char *name)
{
    size_t n = 0;
    for (; *name; name++) {
        if (n + 3 > size)
            return -1;
        if (glob_is_special(*name))
            dst[n++] = '\\';
        dst[n++] = *name;
    }
    if (n >= size)
        return -1;
    dst[n] = '\0';
    return (int) n;
}
