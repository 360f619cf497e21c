#include "ftp/charset.h"

#include "base/escape.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHAR_MAX_BYTES = 8, NAME_MAX_BYTES = 64, LONE_BYTES = 3 };

struct charset {
    iconv_t decode, encode; /* to UTF-8, from it */
    char name[NAME_MAX_BYTES];
};

static const iconv_t NO_ICONV = (iconv_t) -1;

/* One whole character from `src` (n bytes) into dst; its length there, 0: it is none. */
static size_t convert(iconv_t cd, const char *src, size_t n, char dst[CHAR_MAX_BYTES])
{
    char in[CHAR_MAX_BYTES], *from = in, *to = dst;
    size_t left = n, room = CHAR_MAX_BYTES;
    memcpy(in, src, n);
    iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &from, &left, &to, &room) != 0 || left != 0)
        return 0;
    return CHAR_MAX_BYTES - room;
}

/* The character's bytes; control bytes among them would be another encoding's switches. */
static size_t encode_char(const struct charset *c, const char *utf8, size_t n,
                          char dst[CHAR_MAX_BYTES])
{
    size_t len = convert(c->encode, utf8, n, dst);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char) dst[i] < 0x20)
            return 0;
    }
    return len;
}

/* How many bytes make the first character, which goes into dst with its length *len; 0: they make
 * none that would come back as the same bytes. */
static size_t decode_char(const struct charset *c, const char *bytes, size_t len,
                          char dst[CHAR_MAX_BYTES], size_t *dst_len)
{
    char back[CHAR_MAX_BYTES];
    for (size_t n = 1; n <= len && n <= CHAR_MAX_BYTES; n++) {
        *dst_len = convert(c->decode, bytes, n, dst);
        if (*dst_len == 0)
            continue;
        if (utf8_char(dst, *dst_len) != *dst_len)
            return 0;
        bool same = encode_char(c, dst, *dst_len, back) == n && memcmp(back, bytes, n) == 0;
        return same ? n : 0;
    }
    return 0;
}

/* FTP's words, digits and the slash must mean themselves. */
static bool keeps_ascii(const struct charset *c)
{
    for (char ascii = ' '; ascii < 0x7f; ascii++) {
        char dst[CHAR_MAX_BYTES];
        if (convert(c->decode, &ascii, 1, dst) != 1 || dst[0] != ascii ||
            convert(c->encode, &ascii, 1, dst) != 1 || dst[0] != ascii)
            return false;
    }
    return true;
}

struct charset *charset_new(const char *name, struct err *err)
{
    struct charset *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    snprintf(c->name, sizeof c->name, "%s", name);
    bool plain = *name && strlen(name) < sizeof c->name && !strchr(name, '/');
    c->decode = plain ? iconv_open("UTF-8", name) : NO_ICONV;
    c->encode = plain ? iconv_open(name, "UTF-8") : NO_ICONV;
    if (c->decode == NO_ICONV || c->encode == NO_ICONV)
        err_set(err, ERR_USAGE, "there is no charset '%s' here (iconv -l lists them)", c->name);
    else if (!keeps_ascii(c))
        err_set(err, ERR_USAGE, "the charset %s does not keep ASCII as it is, which FTP needs",
                c->name);
    else
        return c;
    charset_free(c);
    return NULL;
}

void charset_free(struct charset *c)
{
    if (!c)
        return;
    if (c->decode != NO_ICONV)
        iconv_close(c->decode);
    if (c->encode != NO_ICONV)
        iconv_close(c->encode);
    free(c);
}

/* U+DC00 and the byte. */
static void write_lone(unsigned char byte, char dst[LONE_BYTES])
{
    dst[0] = (char) 0xed;
    dst[1] = (char) (byte < 0xc0 ? 0xb2 : 0xb3);
    dst[2] = (char) (0x80 | (byte & 0x3f));
}

/* The byte behind a lone surrogate, -1: there is none. */
static int read_lone(const char *p, size_t len)
{
    const unsigned char *u = (const unsigned char *) p;
    if (len < LONE_BYTES || u[0] != 0xed || (u[1] != 0xb2 && u[1] != 0xb3) || u[2] < 0x80 ||
        u[2] > 0xbf)
        return -1;
    return (u[1] == 0xb2 ? 0x80 : 0xc0) | (u[2] & 0x3f);
}

int charset_decode(struct charset *c, const char *bytes, size_t len, char *dst, size_t size)
{
    size_t out = 0;
    for (size_t i = 0; i < len;) {
        char text[CHAR_MAX_BYTES] = {bytes[i]};
        size_t n = 1, text_len = 1;
        if ((unsigned char) bytes[i] >= 0x80)
            n = decode_char(c, bytes + i, len - i, text, &text_len);
        if (n == 0) {
            write_lone((unsigned char) bytes[i], text);
            text_len = LONE_BYTES;
            n = 1;
        }
        if (text_len >= size - out)
            return -1;
        memcpy(dst + out, text, text_len);
        out += text_len;
        i += n;
    }
    dst[out] = '\0';
    return (int) out;
}

/* The next character of the text, as the server reads it: its length there, 0 with err. *used is
 * its length here. */
static size_t encode_next(struct charset *c, const char *text, size_t len, char dst[CHAR_MAX_BYTES],
                          size_t *used, struct err *err)
{
    int lone = read_lone(text, len);
    *used = lone >= 0 ? LONE_BYTES : utf8_char(text, len);
    if (lone >= 0 || (unsigned char) *text < 0x80) {
        dst[0] = lone >= 0 ? (char) lone : *text;
        return 1;
    }
    if (*used == 0) {
        err_set(err, ERR_USAGE, "the byte 0x%02x is not UTF-8: it cannot be written in %s",
                (unsigned char) *text, c->name);
        return 0;
    }
    size_t n = encode_char(c, text, *used, dst);
    if (n == 0)
        err_set(err, ERR_USAGE, "'%.*s' cannot be written in %s, the server's charset", (int) *used,
                text, c->name);
    return n;
}

int charset_encode(struct charset *c, const char *text, size_t len, char *dst, size_t size,
                   struct err *err)
{
    size_t out = 0;
    for (size_t i = 0, used; i < len; i += used) {
        char bytes[CHAR_MAX_BYTES];
        size_t n = encode_next(c, text + i, len - i, bytes, &used, err);
        if (n == 0)
            return -1;
        if (n >= size - out)
            return err_set(err, ERR_USAGE, "the text is too long in %s", c->name);
        memcpy(dst + out, bytes, n);
        out += n;
    }
    dst[out] = '\0';
    return (int) out;
}
