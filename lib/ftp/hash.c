#include "ftp/hash.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CRC32_DIGITS = 8 };

struct word {
    const char *p;
    size_t n;
};

static struct word next_word(const char **text)
{
    *text += strspn(*text, " ");
    struct word w = {*text, strcspn(*text, " ")};
    *text += w.n;
    return w;
}

/* CRC-32 may come without its leading zeros. */
static bool take_hex(struct word w, size_t digits, char dst[HASH_TEXT])
{
    bool crc = digits == CRC32_DIGITS;
    if (w.n == 0 || w.n > digits || (w.n < digits && !crc) ||
        strspn(w.p, "0123456789abcdefABCDEF") < w.n)
        return false;
    size_t zeros = digits - w.n;
    memset(dst, '0', zeros);
    for (size_t i = 0; i < w.n; i++) {
        char c = w.p[i];
        dst[zeros + i] = (char) (c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    }
    dst[digits] = '\0';
    return true;
}

/* The path, or its last component, begins with this word. */
static bool begins_with(const char *name, struct word w)
{
    const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
    return (strncmp(name, w.p, w.n) == 0 && strchr(" ", name[w.n])) ||
           (strncmp(last, w.p, w.n) == 0 && strchr(" ", last[w.n]));
}

static bool ends_with(const char *name, struct word w)
{
    size_t len = strlen(name);
    const char *tail = name + len - (w.n < len ? w.n : len);
    return strlen(tail) == w.n && memcmp(tail, w.p, w.n) == 0 &&
           (tail == name || strchr(" /", tail[-1]));
}

int hash_from_reply(const char *text, const char *name, size_t digits, char dst[HASH_TEXT])
{
    char other[HASH_TEXT];
    struct word first = next_word(&text), last = first;
    for (struct word w = next_word(&text); w.n > 0; w = next_word(&text))
        last = w;
    bool front = take_hex(first, digits, dst);
    bool back = last.p != first.p && take_hex(last, digits, other);
    if (front && back && strcmp(dst, other) != 0) {
        bool named = begins_with(name, first);
        if (named == ends_with(name, last))
            return -1; /* which is it? */
        front = !named;
    }
    if (!front && back)
        memcpy(dst, other, sizeof other);
    return front || back ? 0 : -1;
}

/* "0-49": of a file of 50 bytes, or of 49 where the server counts the end in. */
static bool is_whole(struct word range, int64_t size)
{
    char text[48], counted[48], last[48];
    snprintf(text, sizeof text, "%.*s", range.n < sizeof text ? (int) range.n : 0, range.p);
    snprintf(counted, sizeof counted, "0-%lld", (long long) size);
    snprintf(last, sizeof last, "0-%lld", (long long) (size > 0 ? size - 1 : 0));
    return strcmp(text, counted) == 0 || strcmp(text, last) == 0;
}

int hash_from_213(const char *text, const char *algorithm, size_t digits, int64_t size,
                  char dst[HASH_TEXT])
{
    struct word name = next_word(&text), range = next_word(&text), hash = next_word(&text);
    if (name.n != strlen(algorithm) || strncasecmp(name.p, algorithm, name.n) != 0 ||
        !is_whole(range, size))
        return -1;
    return take_hex(hash, digits, dst) ? 0 : -1;
}
