/* HASH and its kin: what tells the hash of a file's contents. */
#include "commands.h"

#include <ctype.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define HEX_BYTES 160

/* Bit by bit, so that it shares nothing with what it checks. */
static uint32_t crc32_add(uint32_t crc, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return crc;
}

static const struct algorithm {
    const char *command, *name; /* behind "X", and for HASH */
    gnutls_digest_algorithm_t id;
} algorithms[] = {
    {"SHA256", "SHA-256", GNUTLS_DIG_SHA256}, {"SHA512", "SHA-512", GNUTLS_DIG_SHA512},
    {"SHA1", "SHA-1", GNUTLS_DIG_SHA1},       {"MD5", "MD5", GNUTLS_DIG_MD5},
    {"CRC", "CRC32", GNUTLS_DIG_NULL},
};
#define ALGORITHMS (sizeof algorithms / sizeof algorithms[0])

static const struct algorithm *find(const char *text)
{
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (strcasecmp(algorithms[i].command, text) == 0 ||
            strcasecmp(algorithms[i].name, text) == 0)
            return &algorithms[i];
    return NULL;
}

bool digest_offered(const struct session *s, const char *command)
{
    const char *list = s->srv->options.quirks.value[QUIRK_DIGEST].text;
    size_t len = strlen(command);
    for (const char *p = list; p && *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ','))
        if (strncasecmp(p, command, len) == 0 && (p[len] == ',' || !p[len]))
            return true;
    return false;
}

size_t digest_features(const struct session *s, char *text, size_t size)
{
    const char *list = s->srv->options.quirks.value[QUIRK_DIGEST].text;
    size_t len = 0;
    for (const char *p = list; p && *p && len < size;
         p += strcspn(p, ",") + (p[strcspn(p, ",")] == ','))
        len += (size_t) snprintf(text + len, size - len, " %.*s%s\r\n", (int) strcspn(p, ","), p,
                                 strncmp(p, "HASH", 4) == 0 ? " SHA-1*;SHA-256;SHA-512;MD5;CRC32"
                                                            : "");
    return len;
}

static void to_hex(const unsigned char *bytes, size_t n, char *dst)
{
    for (size_t i = 0; i < n; i++)
        snprintf(dst + 2 * i, 3, "%02X", bytes[i]);
}

/* The file's size, -1 with errno. */
static int64_t hash_file(int fd, const struct algorithm *a, char hex[HEX_BYTES])
{
    unsigned char block[65536], bytes[64];
    gnutls_hash_hd_t hash = NULL;
    uint32_t crc = 0xffffffffu;
    int64_t size = 0;
    ssize_t n;
    if (a->id != GNUTLS_DIG_NULL && gnutls_hash_init(&hash, a->id) < 0)
        return -1;
    while ((n = read(fd, block, sizeof block)) > 0) {
        size += n;
        if (hash)
            gnutls_hash(hash, block, (size_t) n);
        else
            crc = crc32_add(crc, block, (size_t) n);
    }
    if (hash) {
        gnutls_hash_deinit(hash, bytes);
        to_hex(bytes, gnutls_hash_get_len(a->id), hex);
    } else {
        snprintf(hex, HEX_BYTES, "%X", ~crc); /* as some have it: without leading zeros */
    }
    return n < 0 ? -1 : size;
}

static void tell(struct session *s, const struct algorithm *a, const char *arg, const char *form)
{
    char path[FILE_PATH], hex[HEX_BYTES] = "";
    if (!a) {
        session_reply(s, "501 No such hash");
        return;
    }
    if (session_path(s, arg, path) < 0)
        return;
    int fd = file_open(s->srv->root_fd, path, O_RDONLY, 0);
    int64_t size = fd < 0 ? -1 : hash_file(fd, a, hex);
    if (fd >= 0)
        close(fd);
    if (size < 0) {
        session_reply(s, "550 No such file");
        return;
    }
    if (session_quirk(s, QUIRK_WRONG_DIGEST))
        hex[0] = hex[0] == '1' ? '2' : '1';
    if (session_quirk(s, QUIRK_DIGEST_FORMAT))
        session_reply(s, "%s %s", s->srv->options.quirks.value[QUIRK_DIGEST_FORMAT].text, hex);
    else if (strcmp(form, "HASH") == 0)
        session_reply(s, "213 %s 0-%lld %s %s", a->name, (long long) size, hex, arg);
    else if (strcmp(form, "CHECKSUM") == 0)
        session_reply(s, "200 %s  %s", hex, arg);
    else if (strcmp(form, "MD5") == 0)
        session_reply(s, "251 %s %s", arg, hex);
    else
        session_reply(s, "250 %s", hex);
}

static void hash(struct session *s, const char *arg)
{
    tell(s, find(s->hash[0] ? s->hash : "SHA-1"), arg, "HASH");
}

static void quoted(struct session *s, const char *form, const char *arg)
{
    char name[FILE_PATH] = "";
    size_t len = strlen(arg);
    bool quotes = len > 1 && arg[0] == '"' && arg[len - 1] == '"';
    if (!quotes && *form == 'X' && strchr(arg, ' ')) {
        session_reply(s, "501 What is behind the blank?");
        return;
    }
    if (quotes)
        len -= 2;
    memcpy(name, arg + quotes, len < sizeof name ? len : sizeof name - 1);
    tell(s, find(*form == 'X' ? form + 1 : form), name, form);
}

void digest_command(struct session *s, const char *verb, const char *arg)
{
    char form[16];
    size_t len = 0;
    for (; verb[len] && len < sizeof form - 1; len++)
        form[len] = (char) toupper((unsigned char) verb[len]);
    form[len] = '\0';
    if (strcmp(form, "HASH") == 0)
        hash(s, arg);
    else if (strcmp(form, "CHECKSUM") == 0)
        tell(s, find(s->md5_chosen ? "MD5" : "CRC"), arg, form);
    else
        quoted(s, form, arg);
}

bool digest_select(struct session *s, const char *name)
{
    const struct algorithm *a = find(name);
    if (!a || !digest_offered(s, "HASH"))
        return false;
    snprintf(s->hash, sizeof s->hash, "%.15s", name);
    session_reply(s, "200 %s", a->name);
    return true;
}
