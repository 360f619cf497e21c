#include "base/escape.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_MIN = 3 }; /* what is shorter stands in any text by chance: stars would tell it */

static size_t length_by_lead(unsigned char c)
{
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Overlong forms, surrogates, and what lies beyond U+10FFFF (RFC 3629 section 4). */
static bool second_is_allowed(unsigned char c, unsigned char d)
{
    switch (c) {
    case 0xe0:
        return d >= 0xa0;
    case 0xed:
        return d <= 0x9f;
    case 0xf0:
        return d >= 0x90;
    case 0xf4:
        return d <= 0x8f;
    default:
        return true;
    }
}

size_t utf8_char(const char *src, size_t len)
{
    size_t n = len ? length_by_lead((unsigned char) src[0]) : 0;
    if (n == 0 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char) src[i] & 0xc0) != 0x80)
            return 0;
    }
    bool allowed = n == 1 || second_is_allowed((unsigned char) src[0], (unsigned char) src[1]);
    return allowed ? n : 0;
}

static uint32_t code_point(const char *src, size_t n)
{
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t u = (unsigned char) src[0] & lead[n];
    for (size_t i = 1; i < n; i++)
        u = u << 6 | ((unsigned char) src[i] & 0x3f);
    return u;
}

/* Control bytes, and what is not seen itself but reorders, parts or forges what is: Unicode's
 * Bidi_Control, its separators of lines, and Default_Ignorable_Code_Point except what scripts and
 * emoji are written with (the joiners U+200C/D, selectors of variants). */
static bool shown_as_is(uint32_t u)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},
        {0x061c, 0x061c},   {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180e, 0x180e},
        {0x200b, 0x200b},   {0x200e, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
        {0x3164, 0x3164},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
        {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe00ff}, {0xe01f0, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0] && u >= hidden[i].first; i++) {
        if (u <= hidden[i].last)
            return false;
    }
    return true;
}

size_t escape_text(char *dst, size_t size, const char *src, size_t len)
{
    size_t out = 0;
    for (size_t i = 0; i < len;) {
        size_t n = utf8_char(src + i, len - i);
        if (n && shown_as_is(code_point(src + i, n))) {
            if (out + n >= size)
                break;
            memcpy(dst + out, src + i, n);
            out += n;
            i += n;
        } else {
            if (out + 4 >= size)
                break;
            snprintf(dst + out, 5, "\\x%02x", (unsigned char) src[i]);
            out += 4;
            i++;
        }
    }
    dst[out] = '\0';
    return out;
}

size_t utf8_mark(const char *text, size_t len)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t n = sizeof mark - 1;
    return len >= n && memcmp(text, mark, n) == 0 ? n : 0;
}

bool has_line_break(const char *src, size_t len)
{
    return memchr(src, '\r', len) || memchr(src, '\n', len) || memchr(src, '\0', len);
}

/* From the colon to the '@' of "user:password@host/path"; 0 where there is no password. */
static size_t password_length(const char *colon, size_t len)
{
    size_t authority = strcspn(colon, "/");
    if (authority > len)
        authority = len;
    for (size_t i = authority; i > 0; i--) {
        if (colon[i - 1] == '@')
            return i - 1;
    }
    if (1 + strspn(colon + 1, "0123456789") >= authority)
        return 0;
    const char *at = memchr(colon, '@', len);
    return at ? (size_t) (at - colon) : 0;
}

void hide_passwords(char *text)
{
    static const char slashes[] = "://";
    for (char *p = text; (p = strstr(p, slashes));) {
        p += sizeof slashes - 1;
        size_t len = strcspn(p, " \t\n'\"");
        char *colon = memchr(p, ':', strcspn(p, "/@[ \t\n'\""));
        size_t n = colon ? password_length(colon, len - (size_t) (colon - p)) : 0;
        if (n > 0)
            memmove(colon, colon + n, strlen(colon + n) + 1);
    }
}

void hide_secret(char *text, const char *secret)
{
    static const char stars[] = "****";
    size_t len = strlen(secret), n = len < sizeof stars - 1 ? len : sizeof stars - 1;
    if (len < SECRET_MIN)
        return;
    for (char *p = text; (p = strstr(p, secret)); p += n) {
        memcpy(p, stars, n);
        memmove(p + n, p + len, strlen(p + len) + 1);
    }
}

char *copy_without_passwords(const char *text)
{
    char *copy = strdup(text);
    if (copy)
        hide_passwords(copy);
    return copy;
}
