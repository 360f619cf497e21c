#include "net/pcp.h"

#include <netinet/in.h>
#include <string.h>

enum { VERSION = 2, NATPMP_VERSION = 0, MAP = 1, ANSWER = 0x80 };

/* Where the fields lie, in requests and answers alike but for result and epoch. */
enum {
    AT_OPCODE = 1,
    AT_RESULT = 3,
    AT_LIFETIME = 4,
    AT_EPOCH = 8,
    AT_CLIENT = 8,
    AT_NONCE = 24,
    AT_PROTOCOL = 36,
    AT_LOCAL_PORT = 40,
    AT_EXTERNAL_PORT = 42,
    AT_EXTERNAL = 44
};

static void put_16(unsigned char *at, uint16_t n)
{
    at[0] = (unsigned char) (n >> 8);
    at[1] = (unsigned char) n;
}

static void put_32(unsigned char *at, uint32_t n)
{
    put_16(at, (uint16_t) (n >> 16));
    put_16(at + 2, (uint16_t) n);
}

static uint16_t get_16(const unsigned char *at)
{
    return (uint16_t) (at[0] << 8 | at[1]);
}

static uint32_t get_32(const unsigned char *at)
{
    return (uint32_t) get_16(at) << 16 | get_16(at + 2);
}

/* IPv4 travels as an IPv4-mapped IPv6 address (section 5). */
static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void put_address(unsigned char *at, const struct addr *a)
{
    memcpy(at, mapped_prefix, sizeof mapped_prefix);
    if (addr_family(a) == AF_INET)
        memcpy(at + sizeof mapped_prefix, &a->u.in.sin_addr, 4);
}

void pcp_map_request(const struct pcp_map *map, unsigned char out[PCP_MAP_BYTES])
{
    bool wish = addr_family(&map->external) == AF_INET;
    memset(out, 0, PCP_MAP_BYTES);
    out[0] = VERSION;
    out[AT_OPCODE] = MAP;
    put_32(out + AT_LIFETIME, map->lifetime_s);
    put_address(out + AT_CLIENT, &map->local);
    memcpy(out + AT_NONCE, map->nonce, PCP_NONCE_BYTES);
    out[AT_PROTOCOL] = IPPROTO_TCP;
    put_16(out + AT_LOCAL_PORT, addr_port(&map->local));
    put_16(out + AT_EXTERNAL_PORT, addr_port(wish ? &map->external : &map->local));
    put_address(out + AT_EXTERNAL, &map->external);
}

bool pcp_map_answer(const unsigned char *data, size_t len, const struct pcp_map *asked,
                    struct pcp_answer *out)
{
    memset(out, 0, sizeof *out);
    if (len >= 8 && data[0] == NATPMP_VERSION && (data[AT_OPCODE] & ANSWER) &&
        get_16(data + 2) == PCP_UNSUPPORTED_VERSION) {
        out->result = PCP_UNSUPPORTED_VERSION;
        return true;
    }
    if (len < PCP_MAP_BYTES || len > PCP_MAX_BYTES || len % 4 != 0 || data[0] != VERSION ||
        data[AT_OPCODE] != (ANSWER | MAP) || data[AT_PROTOCOL] != IPPROTO_TCP ||
        memcmp(data + AT_NONCE, asked->nonce, PCP_NONCE_BYTES) != 0 ||
        get_16(data + AT_LOCAL_PORT) != addr_port(&asked->local))
        return false;
    out->result = data[AT_RESULT];
    out->lifetime_s = get_32(data + AT_LIFETIME);
    if (out->result == PCP_SUCCESS && !out->lifetime_s != !asked->lifetime_s)
        return false; /* a late answer to an earlier request */
    out->epoch_s = get_32(data + AT_EPOCH);
    const unsigned char *external = data + AT_EXTERNAL;
    if (memcmp(external, mapped_prefix, sizeof mapped_prefix) == 0)
        out->external =
            addr_from_ipv4(external + sizeof mapped_prefix, get_16(data + AT_EXTERNAL_PORT));
    return true;
}

const char *pcp_result_text(int result)
{
    static const char *const texts[] = {
        "success",
        "unsupported version",
        "not authorized",
        "malformed request",
        "unsupported operation",
        "unsupported option",
        "malformed option",
        "network failure",
        "no resources",
        "unsupported protocol",
        "quota exceeded",
        "the external address cannot be provided",
        "address mismatch: another NAT stands before the gateway",
        "excessive remote peers",
    };
    size_t count = sizeof texts / sizeof texts[0];
    return result >= 0 && (size_t) result < count ? texts[result] : "an unknown result";
}

/* Clocks may differ by a sixteenth and two seconds. */
bool pcp_state_lost(uint32_t epoch_before_s, int64_t before_ms, uint32_t epoch_s, int64_t now_ms)
{
    int64_t server = (int64_t) epoch_s - epoch_before_s, client = (now_ms - before_ms) / 1000;
    if (server < -1)
        return true;
    return client + 2 < server - server / 16 || server + 2 < client - client / 16;
}
