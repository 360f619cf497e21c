#include "fuzz.h"

#include "net/pcp.h"

/* A copy of its own size, so that reading behind the end is found. The request is one that the
 * corpus answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char host[4] = {192, 168, 7, 10};
    struct pcp_map map = {.local = addr_from_ipv4(host, 50000), .lifetime_s = 600};
    unsigned char *copy = malloc(size ? size : 1);
    struct pcp_answer answer;
    CHECK(copy);
    if (size)
        memcpy(copy, data, size);
    if (pcp_map_answer(copy, size, &map, &answer)) {
        int family = addr_family(&answer.external);
        CHECK(family == AF_INET || family == AF_UNSPEC);
        CHECK(answer.result != PCP_SUCCESS || answer.lifetime_s != 0);
        CHECK(*pcp_result_text(answer.result));
    }
    free(copy);
    return 0;
}
