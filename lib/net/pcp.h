/* Messages of the Port Control Protocol: the MAP opcode for TCP over IPv4 (RFC 6887 sections 7
 * and 11). Pure: portmap.h does the asking. */
#ifndef FTPSH_NET_PCP_H
#define FTPSH_NET_PCP_H

#include "net/addr.h"

#include <stddef.h>

#define PCP_PORT 5351
#define PCP_NONCE_BYTES 12
#define PCP_MAP_BYTES 60
#define PCP_MAX_BYTES 1100 /* no message is longer (section 7) */

enum { PCP_SUCCESS = 0, PCP_UNSUPPORTED_VERSION = 1 };

/* What is asked for. The nonce stays the same as long as the mapping lives. */
struct pcp_map {
    unsigned char nonce[PCP_NONCE_BYTES];
    struct addr local;    /* IPv4, with the port */
    struct addr external; /* wished for; AF_UNSPEC: any address, and the local port */
    uint32_t lifetime_s;  /* 0: the mapping is to go */
};

struct pcp_answer {
    int result; /* PCP_SUCCESS, or a code of section 7.4 */
    uint32_t lifetime_s, epoch_s;
    struct addr external; /* AF_UNSPEC unless it is an IPv4 address */
};

void pcp_map_request(const struct pcp_map *map, unsigned char out[PCP_MAP_BYTES]);

/* Whether the datagram answers that request; others are to be passed over (section 8.3), also a
 * mapping's when it is to go, and the other way round. What a gateway says that knows NAT-PMP alone
 * (appendix A) reads as PCP_UNSUPPORTED_VERSION. */
bool pcp_map_answer(const unsigned char *data, size_t len, const struct pcp_map *asked,
                    struct pcp_answer *out);

/* "not authorized". Never NULL. */
const char *pcp_result_text(int result);

/* Whether the gateway has lost its mappings between two answers, each with the time by our clock at
 * which it came (section 8.5). */
bool pcp_state_lost(uint32_t epoch_before_s, int64_t before_ms, uint32_t epoch_s, int64_t now_ms);

#endif
