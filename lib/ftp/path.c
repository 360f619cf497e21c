#include "ftp/path.h"

#include <stdio.h>
#include <string.h>

/* Up to the closing quote; a doubled quote stands for one. Returns the length, -1 when there is no
 * closing quote or it does not fit. */
static int copy_quoted(const char *p, char dst[PATH_BYTES])
{
    int n = 0;
    for (; *p; p++) {
        if (p[0] == '"' && p[1] != '"') {
            dst[n] = '\0';
            return n;
        }
        if (n == PATH_BYTES - 1)
            return -1;
        p += *p == '"';
        dst[n++] = *p;
    }
    return -1;
}

static int copy_word(const char *p, char dst[PATH_BYTES])
{
    size_t n = strcspn(p, " \t");
    if (n >= PATH_BYTES)
        return -1;
    memcpy(dst, p, n);
    dst[n] = '\0';
    return (int) n;
}

int path_from_257(const char *text, char dst[PATH_BYTES], struct err *err)
{
    const char *quote = strchr(text, '"');
    int n = quote ? copy_quoted(quote + 1, dst) : copy_word(text + strspn(text, " \t"), dst);
    if (n <= 0)
        return err_set(err, ERR_PROTOCOL, "no folder in \"%.100s\"", text);
    for (const char *p = dst; *p; p++) {
        if ((unsigned char) *p < 0x20 || *p == 0x7f)
            return err_set(err, ERR_PROTOCOL, "control bytes in the folder's name \"%.100s\"", dst);
    }
    return 0;
}

int path_join(const char *base, const char *name, char dst[PATH_BYTES], struct err *err)
{
    size_t blen = *name == '/' ? 0 : strlen(base);
    const char *slash = blen == 0 || base[blen - 1] == '/' || *name == '\0' ? "" : "/";
    int n = snprintf(dst, PATH_BYTES, "%.*s%s%s", blen < PATH_BYTES ? (int) blen : PATH_BYTES, base,
                     slash, name);
    if (n < 0 || n >= PATH_BYTES)
        return err_set(err, ERR_USAGE, "the path is longer than %d bytes", PATH_BYTES - 1);
    return 0;
}

const char *path_last(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool path_is_single(const char *name)
{
    return *name != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}
