#define _XOPEN_SOURCE 700 /* wcwidth */
#include "term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

enum { WIDTH_DEFAULT = 80, HEIGHT_DEFAULT = 24 };

/* What the environment says in the terminal's place. */
static int from_environment(const char *name, int usual)
{
    const char *value = getenv(name);
    /* NOLINTNEXTLINE(cert-err34-c): what is no number is 0, hence passed over */
    int n = value ? atoi(value) : 0;
    return n > 0 && n < 10000 ? n : usual;
}

int term_width(int fd)
{
    struct winsize ws;
    if (ioctl(fd, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
        return ws.ws_col;
    return from_environment("COLUMNS", WIDTH_DEFAULT);
}

int term_height(int fd)
{
    struct winsize ws;
    if (ioctl(fd, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0)
        return ws.ws_row;
    return from_environment("LINES", HEIGHT_DEFAULT);
}

bool term_is_dumb(void)
{
    const char *term = getenv("TERM");
    return !term || !*term || strcmp(term, "dumb") == 0;
}

/* The bytes of the character at `text` and its columns; what the locale does not know is one byte
 * and one column. */
static size_t next_char(const char *text, int *columns)
{
    wchar_t wc;
    mbstate_t state;
    memset(&state, 0, sizeof state);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): with a state of its own it is safe */
    size_t n = mbrtowc(&wc, text, strlen(text), &state);
    if (n == 0 || n == (size_t) -1 || n == (size_t) -2) {
        *columns = 1;
        return 1;
    }
    int w = wcwidth(wc);
    *columns = w < 0 ? 1 : w;
    return n;
}

int text_width(const char *text)
{
    int total = 0, w;
    for (; *text; total += w)
        text += next_char(text, &w);
    return total;
}

int text_fit(char *dst, size_t size, const char *text, int columns)
{
    bool cut = text_width(text) > columns;
    int room = cut ? columns - 3 : columns, taken = 0, w;
    size_t len = 0;
    while (*text) {
        size_t n = next_char(text, &w);
        if (taken + w > room || len + n + 4 > size)
            break;
        memcpy(dst + len, text, n);
        len += n;
        taken += w;
        text += n;
    }
    if (cut && room >= 0) {
        memcpy(dst + len, "...", 3);
        len += 3;
        taken += 3;
    }
    dst[len] = '\0';
    return taken;
}
