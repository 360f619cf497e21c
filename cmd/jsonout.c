#include "jsonout.h"

#include "base/escape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

json_t *json_text(const char *text)
{
    json_t *value = json_string(text); /* NULL when it is not UTF-8 */
    if (value)
        return value;
    size_t len = strlen(text), size = 4 * len + 5;
    char *escaped = malloc(size);
    if (!escaped)
        return NULL;
    escape_text(escaped, size, text, len);
    value = json_string(escaped);
    free(escaped);
    return value;
}

json_t *json_text_or_null(const char *text)
{
    return *text ? json_text(text) : json_null();
}

int json_line(FILE *out, json_t *value, struct err *err)
{
    if (!value)
        return err_set(err, ERR_LOCAL, "out of memory");
    /* on a terminal nothing but ASCII: the text may come from the server */
    size_t flags = isatty(fileno(out)) ? JSON_COMPACT | JSON_ENSURE_ASCII : JSON_COMPACT;
    errno = 0;
    int rc = json_dumpf(value, out, flags);
    json_decref(value);
    if (rc < 0 || putc('\n', out) == EOF)
        return err_set_sys(err, ERR_LOCAL, errno, "cannot write");
    return 0;
}
