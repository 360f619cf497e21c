#include "fuzz.h"

#include "ftp/pasv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size), shown[PORT_ARG_MAX];
    struct addr a, b;
    struct err err = ERR_INIT;
    uint16_t port = 0;
    if (pasv_parse(text, &a, &err) == 0) {
        CHECK(addr_family(&a) == AF_INET && addr_port(&a) != 0);
        CHECK(pasv_parse(port_argument(&a, shown), &b, NULL) == 0);
        CHECK(addr_same_host(&a, &b) && addr_port(&a) == addr_port(&b));
        CHECK(strlen(eprt_argument(&a, shown)) < sizeof shown);
    } else {
        CHECK(err.code == ERR_PROTOCOL);
    }
    err_clear(&err);
    if (epsv_parse(text, &port, &err) == 0)
        CHECK(port != 0);
    else
        CHECK(err.code == ERR_PROTOCOL);
    if (addr_parse(text, &a, NULL) == 0) {
        char host[ADDR_TEXT];
        CHECK(addr_parse(addr_format(&a, host, sizeof host), &b, NULL) == 0);
        CHECK(addr_same_host(&a, &b));
    }
    free(text);
    return 0;
}
