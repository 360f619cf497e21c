#include "fuzz.h"

#include "net/proxy_talk.h"

/* Feeds `data` whole or a byte at a time. Returns how many bytes were the proxy's, -1: refused. */
static int feed(struct proxy_talk *t, const uint8_t *data, size_t size, size_t step)
{
    size_t used = 0;
    while (used < size && t->stage != PROXY_OPEN) {
        struct err err = ERR_INIT;
        size_t n = step < size - used ? step : size - used;
        int rc = proxy_talk_feed(t, data + used, n, &err);
        if (rc < 0) {
            CHECK(err.code == ERR_CONNECT && strstr(err.msg, "proxy "));
            return -1;
        }
        CHECK((size_t) rc <= n && ((size_t) rc == n || t->stage == PROXY_OPEN));
        CHECK(t->out_len <= sizeof t->out && t->in_len <= sizeof t->in);
        used += (size_t) rc;
    }
    return t->stage == PROXY_OPEN ? (int) used : 0;
}

static void try_answers(const char *url, const uint8_t *data, size_t size)
{
    struct proxy proxy;
    struct proxy_talk whole, bytes;
    CHECK(proxy_parse(url, &proxy, NULL) == 0);
    CHECK(proxy_talk_start(&whole, &proxy, "ftp.example.com", 21, NULL) == 0);
    CHECK(proxy_talk_start(&bytes, &proxy, "ftp.example.com", 21, NULL) == 0);
    CHECK(feed(&whole, data, size, size) == feed(&bytes, data, size, 1));
}

static void try_name(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size), shown[PROXY_TEXT];
    struct proxy p;
    struct err err = ERR_INIT;
    if (proxy_parse(text, &p, &err) == 0) {
        CHECK(p.host[0] && p.port != 0);
        CHECK(strlen(proxy_format(&p, shown, sizeof shown)) < sizeof shown);
    } else {
        CHECK(err.code == ERR_USAGE);
    }
    (void) proxy_excepts(text, "ftp.example.com");
    (void) proxy_excepts(text, "127.0.0.1");
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_answers("socks5://gateway", data, size);
    try_answers("socks5://me:word@gateway", data, size);
    try_answers("http://me:word@gateway", data, size);
    try_name(data, size);
    return 0;
}
