#include "base/escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

size_t utf8_char(const char *src, size_t len)
{
    if (len == 0)
        return 0;
    unsigned char c = (unsigned char) src[0];
    if (c < 0x80)
        return 1;
    size_t n = c >= 0xc2 && c < 0xe0   ? 2
               : c >= 0xe0 && c < 0xf0 ? 3
               : c >= 0xf0 && c < 0xf5 ? 4
                                       : 0;
    if (n == 0 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char) src[i] & 0xc0) != 0x80)
            return 0;
    }
    unsigned char d = (unsigned char) src[1];
    /* overlong forms, surrogates, and what lies beyond U+10FFFF (RFC 3629 section 4) */
    if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) || (c == 0xf0 && d < 0x90) ||
        (c == 0xf4 && d > 0x8f))
        return 0;
    return n;
}

static uint32_t code_point(const char *src, size_t n)
{
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t u = (unsigned char) src[0] & lead[n];
    for (size_t i = 1; i < n; i++)
        u = u << 6 | ((unsigned char) src[i] & 0x3f);
    return u;
}

static bool shown_as_is(uint32_t u)
{
    if (u < 0x20 || (u >= 0x7f && u < 0xa0))
        return false;
    return u != 0x200e && u != 0x200f && !(u >= 0x2028 && u <= 0x202e) &&
           !(u >= 0x2066 && u <= 0x2069);
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

bool has_line_break(const char *src, size_t len)
{
    return memchr(src, '\r', len) || memchr(src, '\n', len) || memchr(src, '\0', len);
}
