#include "data/advice.h"

#include <stdio.h>
#include <string.h>

#define BIT(c) (1u << CAUSE_##c)
#define ADDRESS (BIT(PRIVATE_ADDRESS) | BIT(WRONG_ADDRESS))
#define RANGE (BIT(RANGE_SILENT) | BIT(RANGE_RESET))
#define REUSE (BIT(REUSE_REQUIRED) | BIT(REUSE_IMPOSSIBLE))

#define SET_ADDRESS "advertise-public-address"
#define SET_RANGE "fix-passive-range"
#define WIDEN_RANGE "widen-passive-range"
#define DROP_REUSE "drop-reuse-requirement"
#define ACCEPT_PEER "accept-other-data-address"
#define ALLOW_EPSV "allow-epsv"
#define ALLOW_PASSIVE "allow-passive"
#define LONGER_IDLE "lengthen-idle-time"
#define ALLOW_CLEAR "allow-data-in-clear"

#define SAY_ADDRESS "Name the public address in replies to PASV."
#define SAY_RANGE "Keep the passive ports to a range, the one that is forwarded."
#define SAY_WIDEN                                                                                  \
    "Give it more passive ports: each is busy for minutes after its transfer. Forward the range "  \
    "where a NAT is in front."
#define SAY_REUSE "Do not demand that data connections resume the TLS session."
#define SAY_PEER                                                                                   \
    "Accept data connections from other addresses than the control connection's. That opens them " \
    "to whoever guesses a port: a NAT that keeps one address for a client is the better way."

#define SAY_IDLE "Let idle control connections live longer."
#define SAY_CLEAR                                                                                  \
    "Or let data travel in clear, where everybody on the way may read them: do not demand TLS on " \
    "data connections."

#define FILEZILLA_PASSIVE                                                                          \
    "Administration interface: Server, Configure, Protocol settings, FTP and FTP over TLS "        \
    "(FTPS), Passive mode"
#define IIS_FOLDER "elevated command prompt in %windir%\\system32\\inetsrv"
#define IIS_PROMPT IIS_FOLDER "; SITE is the FTP site's name"
#define PURE_ADDRESS "command line of pure-ftpd (ForcePassiveIP in pure-ftpd.conf)"
#define PURE_RANGE "command line of pure-ftpd (PassivePortRange in pure-ftpd.conf)"
#define PYTHON "the script that runs the server"

#define IIS_SITE "appcmd.exe set config -section:system.applicationHost/sites \"/[name='SITE']."
#define IIS_ADDRESS                                                                                \
    IIS_SITE "ftpServer.firewallSupport.externalIp4Address:{public}\" /commit:apphost"
#define IIS_RANGE                                                                                  \
    "appcmd.exe set config -section:system.ftpServer/firewallSupport "                             \
    "/lowDataChannelPort:{first} /highDataChannelPort:{last} /commit:apphost\n"                    \
    "net stop ftpsvc\nnet start ftpsvc"
#define IIS_PEER                                                                                   \
    IIS_SITE "ftpServer.security.dataChannelSecurity.matchClientAddressForPasv:false\" "           \
             "/commit:apphost\n" IIS_SITE                                                          \
             "ftpServer.security.dataChannelSecurity.matchClientAddressForPort:false\" "           \
             "/commit:apphost"

static const struct advice rows[] = {
    /* the server's address */
    {ADDRESS | BIT(GATEWAY_REWRITES), SOFTWARE_VSFTPD, PARTY_SERVER, SET_ADDRESS,
     SAY_ADDRESS " A host name needs pasv_addr_resolve=YES.", "vsftpd.conf",
     "pasv_address={public}"},
    {ADDRESS, SOFTWARE_PROFTPD, PARTY_SERVER, SET_ADDRESS, SAY_ADDRESS, "proftpd.conf",
     "MasqueradeAddress {public}"},
    {BIT(GATEWAY_REWRITES), SOFTWARE_PROFTPD, PARTY_SERVER, SET_ADDRESS,
     "Name the public address where TLS keeps the gateway from doing it.", "proftpd.conf",
     "TLSMasqueradeAddress {public}"},
    {ADDRESS | BIT(GATEWAY_REWRITES), SOFTWARE_PUREFTPD, PARTY_SERVER, SET_ADDRESS, SAY_ADDRESS,
     PURE_ADDRESS, "-P {public}"},
    {ADDRESS | BIT(GATEWAY_REWRITES), SOFTWARE_FILEZILLA, PARTY_SERVER, SET_ADDRESS, SAY_ADDRESS,
     FILEZILLA_PASSIVE, "Use the following host: {public}"},
    {ADDRESS | BIT(GATEWAY_REWRITES), SOFTWARE_IIS, PARTY_SERVER, SET_ADDRESS, SAY_ADDRESS,
     IIS_PROMPT, IIS_ADDRESS},
    {ADDRESS | BIT(GATEWAY_REWRITES), SOFTWARE_PYFTPDLIB, PARTY_SERVER, SET_ADDRESS, SAY_ADDRESS,
     PYTHON, "handler.masquerade_address = \"{public}\""},
    {ADDRESS | BIT(GATEWAY_REWRITES), SOFTWARE_UNKNOWN, PARTY_SERVER, SET_ADDRESS,
     "Tell the server its public address {public}: the setting is called passive, masquerade or "
     "external address.",
     NULL, NULL},
    {ADDRESS, SOFTWARE_UNKNOWN, PARTY_CLIENT, "ignore-advertised-address",
     "Let the client ignore that address.", "ftpsh", "--epsv --pasv-use-control-ip"},

    {BIT(DATA_ELSEWHERE), SOFTWARE_UNKNOWN, PARTY_CLIENT, "believe-advertised-address",
     "Dial the address that the server names.", "ftpsh", "--pasv"},
    {BIT(DATA_ELSEWHERE), SOFTWARE_UNKNOWN, PARTY_SERVER, "one-address-for-all",
     "Where that is not on purpose, let control and data connections arrive at one address.", NULL,
     NULL},

    /* its ports */
    {RANGE | BIT(GATEWAY_REWRITES), SOFTWARE_VSFTPD, PARTY_SERVER, SET_RANGE, SAY_RANGE,
     "vsftpd.conf", "pasv_min_port={first}\npasv_max_port={last}"},
    {RANGE | BIT(GATEWAY_REWRITES), SOFTWARE_PROFTPD, PARTY_SERVER, SET_RANGE, SAY_RANGE,
     "proftpd.conf", "PassivePorts {first} {last}"},
    {RANGE | BIT(GATEWAY_REWRITES), SOFTWARE_PUREFTPD, PARTY_SERVER, SET_RANGE, SAY_RANGE,
     PURE_RANGE, "-p {first}:{last}"},
    {RANGE | BIT(GATEWAY_REWRITES), SOFTWARE_FILEZILLA, PARTY_SERVER, SET_RANGE, SAY_RANGE,
     FILEZILLA_PASSIVE, "Use custom port range: From {first} To {last}"},
    {RANGE | BIT(GATEWAY_REWRITES), SOFTWARE_IIS, PARTY_SERVER, SET_RANGE, SAY_RANGE, IIS_FOLDER,
     IIS_RANGE},
    {RANGE | BIT(GATEWAY_REWRITES), SOFTWARE_PYFTPDLIB, PARTY_SERVER, SET_RANGE, SAY_RANGE, PYTHON,
     "handler.passive_ports = range({first}, {next})"},
    {RANGE | BIT(GATEWAY_REWRITES), SOFTWARE_UNKNOWN, PARTY_SERVER, SET_RANGE,
     "Keep the server's passive ports to a range, for instance {first}-{last}, and let its own "
     "firewall accept them.",
     NULL, NULL},
    {RANGE | BIT(GATEWAY_REWRITES), SOFTWARE_UNKNOWN, PARTY_SERVER_NAT, "forward-passive-range",
     "Forward the TCP ports {first}-{last} of {public} to the same ports of the server{inside}, "
     "and let them pass the firewall.",
     NULL, NULL},
    {BIT(GATEWAY_REWRITES), SOFTWARE_UNKNOWN, PARTY_CLIENT, "clear-control-connection",
     "Let the gateway read the control connection after the login; commands and file names then "
     "travel in clear, the data stay encrypted.",
     "ftpsh", "--ccc"},
    {RANGE, SOFTWARE_UNKNOWN, PARTY_CLIENT_NAT, "let-client-dial-out",
     "Where a firewall limits what this client may dial, let TCP out to {first}-{last} of "
     "{public}.",
     NULL, NULL},
    {RANGE | BIT(GATEWAY_REWRITES), SOFTWARE_UNKNOWN, PARTY_CLIENT, "try-ccc",
     "See whether an FTP gateway opens the ports once it can read the control connection: "
     "'diagnose -c' tries it.",
     NULL, NULL},
    {BIT(POOL_EXHAUSTED), SOFTWARE_VSFTPD, PARTY_SERVER, WIDEN_RANGE, SAY_WIDEN, "vsftpd.conf",
     "pasv_min_port={first}\npasv_max_port={last}"},
    {BIT(POOL_EXHAUSTED), SOFTWARE_PROFTPD, PARTY_SERVER, WIDEN_RANGE, SAY_WIDEN, "proftpd.conf",
     "PassivePorts {first} {last}"},
    {BIT(POOL_EXHAUSTED), SOFTWARE_PUREFTPD, PARTY_SERVER, WIDEN_RANGE, SAY_WIDEN, PURE_RANGE,
     "-p {first}:{last}"},
    {BIT(POOL_EXHAUSTED), SOFTWARE_FILEZILLA, PARTY_SERVER, WIDEN_RANGE, SAY_WIDEN,
     FILEZILLA_PASSIVE, "Use custom port range: From {first} To {last}"},
    {BIT(POOL_EXHAUSTED), SOFTWARE_IIS, PARTY_SERVER, WIDEN_RANGE, SAY_WIDEN, IIS_FOLDER,
     IIS_RANGE},
    {BIT(POOL_EXHAUSTED), SOFTWARE_PYFTPDLIB, PARTY_SERVER, WIDEN_RANGE, SAY_WIDEN, PYTHON,
     "handler.passive_ports = range({first}, {next})"},
    {BIT(POOL_EXHAUSTED), SOFTWARE_UNKNOWN, PARTY_SERVER, WIDEN_RANGE, SAY_WIDEN, NULL, NULL},

    /* the proxy's rules */
    {BIT(PROXY_REFUSES), SOFTWARE_UNKNOWN, PARTY_PROXY, "allow-connect-to-data-ports",
     "Let the proxy connect to the server's passive ports, {first}-{last}, and not to its control "
     "port alone; the TCP ports from 1024 on where the server keeps to no range.",
     NULL, NULL},

    /* its commands */
    {BIT(EPSV_REFUSED), SOFTWARE_VSFTPD, PARTY_SERVER, ALLOW_EPSV,
     "Take EPSV out of cmds_denied, and put it into cmds_allowed where that is set.", NULL, NULL},
    {BIT(EPSV_REFUSED), SOFTWARE_PROFTPD, PARTY_SERVER, ALLOW_EPSV,
     "Take EPSV out of the <Limit> section that denies it.", NULL, NULL},
    {BIT(EPSV_REFUSED), SOFTWARE_PYFTPDLIB, PARTY_SERVER, ALLOW_EPSV,
     "Give the handler its EPSV back.", PYTHON,
     "handler.proto_cmds[\"EPSV\"] = FTPHandler.proto_cmds[\"EPSV\"]"},
    {BIT(EPSV_REFUSED), SOFTWARE_UNKNOWN, PARTY_SERVER, ALLOW_EPSV,
     "Allow EPSV (RFC 2428): it needs no address, and IPv6 has nothing else.", NULL, NULL},
    {BIT(EPSV_REFUSED) | BIT(EPSV_BLOCKED), SOFTWARE_UNKNOWN, PARTY_CLIENT, "skip-epsv",
     "Do without EPSV.", "ftpsh", "--pasv-use-control-ip"},
    {BIT(EPSV_BLOCKED), SOFTWARE_UNKNOWN, PARTY_SERVER_NAT, "let-epsv-pass",
     "Find the firewall that inspects FTP and does not know EPSV: switch the inspection off, or "
     "let the server's passive ports pass without it.",
     NULL, NULL},
    {BIT(PASSIVE_REFUSED), SOFTWARE_VSFTPD, PARTY_SERVER, ALLOW_PASSIVE,
     "Allow passive mode; neither PASV nor EPSV may be in cmds_denied.", "vsftpd.conf",
     "pasv_enable=YES"},
    {BIT(PASSIVE_REFUSED), SOFTWARE_PROFTPD, PARTY_SERVER, ALLOW_PASSIVE,
     "Take PASV and EPSV out of the <Limit> section that denies them.", NULL, NULL},
    {BIT(PASSIVE_REFUSED), SOFTWARE_PUREFTPD, PARTY_SERVER, ALLOW_PASSIVE,
     "Start it without -N (NATmode in pure-ftpd.conf), which allows active mode alone.", NULL,
     NULL},
    {BIT(PASSIVE_REFUSED), SOFTWARE_UNKNOWN, PARTY_SERVER, ALLOW_PASSIVE,
     "Allow PASV and EPSV: most clients cannot be dialled.", NULL, NULL},
    {BIT(PASSIVE_REFUSED), SOFTWARE_UNKNOWN, PARTY_CLIENT, "use-active", "Use active mode.",
     "ftpsh", "--active"},
    {BIT(GATEWAY_DISTURBS), SOFTWARE_UNKNOWN, PARTY_SERVER_NAT, "disable-ftp-gateway",
     "Switch off the FTP gateway (helper, ALG, inspection) for port {control}, or keep the NAT "
     "from shifting passive ports: {first}-{last} must arrive unchanged.",
     NULL, NULL},
    {BIT(GATEWAY_DISTURBS), SOFTWARE_UNKNOWN, PARTY_CLIENT, "use-epsv",
     "Use EPSV, which gateways leave alone more often, and keep TLS on so that they cannot read "
     "along.",
     "ftpsh", "--epsv"},

    /* TLS */
    {BIT(MUST_ENCRYPT), SOFTWARE_UNKNOWN, PARTY_CLIENT, "use-tls",
     "Leave out --tls=off, and the configuration's line for it.", "ftpsh", "--tls=require"},
    {BIT(MUST_ENCRYPT), SOFTWARE_VSFTPD, PARTY_SERVER, ALLOW_CLEAR, SAY_CLEAR, "vsftpd.conf",
     "force_local_data_ssl=NO"},
    {BIT(MUST_ENCRYPT), SOFTWARE_PROFTPD, PARTY_SERVER, ALLOW_CLEAR, SAY_CLEAR, "proftpd.conf",
     "TLSRequired off"},
    {BIT(MUST_ENCRYPT), SOFTWARE_PYFTPDLIB, PARTY_SERVER, ALLOW_CLEAR, SAY_CLEAR, PYTHON,
     "handler.tls_data_required = False"},
    {BIT(MUST_ENCRYPT), SOFTWARE_UNKNOWN, PARTY_SERVER, ALLOW_CLEAR, SAY_CLEAR, NULL, NULL},
    {REUSE, SOFTWARE_VSFTPD, PARTY_SERVER, DROP_REUSE, SAY_REUSE, "vsftpd.conf",
     "require_ssl_reuse=NO"},
    {REUSE, SOFTWARE_PROFTPD, PARTY_SERVER, DROP_REUSE, SAY_REUSE, "proftpd.conf",
     "TLSOptions NoSessionReuseRequired"},
    {REUSE, SOFTWARE_FILEZILLA, PARTY_SERVER, "update-server",
     "It always demands resumption: update it, and give each control connection a client that "
     "resumes its own sessions.",
     NULL, NULL},
    {REUSE, SOFTWARE_UNKNOWN, PARTY_SERVER, DROP_REUSE,
     "Switch off the demand that data connections resume the TLS session, or mend the session "
     "cache of the server.",
     NULL, NULL},
    {BIT(DATA_TLS), SOFTWARE_UNKNOWN, PARTY_SERVER, "mend-data-tls",
     "Use the same certificate and TLS versions on data connections as on the control connection; "
     "see the server's log.",
     NULL, NULL},
    {BIT(NO_CLOSE_NOTIFY), SOFTWARE_UNKNOWN, PARTY_SERVER, "send-close-notify",
     "Update the server, or the device in front that ends TLS for it: data connections must end "
     "with close_notify (RFC 5246 section 7.2.1, RFC 8446 section 6.1).",
     NULL, NULL},
    {BIT(NO_CLOSE_NOTIFY), SOFTWARE_UNKNOWN, PARTY_CLIENT, "compare-sizes",
     "Nothing to set: ftpsh accepts such a download only when the server confirms it and the size "
     "agrees.",
     NULL, NULL},

    /* addresses compared */
    {BIT(PEER_REJECTED), SOFTWARE_VSFTPD, PARTY_SERVER, ACCEPT_PEER, SAY_PEER, "vsftpd.conf",
     "pasv_promiscuous=YES\nport_promiscuous=YES"},
    {BIT(PEER_REJECTED), SOFTWARE_PROFTPD, PARTY_SERVER, ACCEPT_PEER, SAY_PEER, "proftpd.conf",
     "AllowForeignAddress on"},
    {BIT(PEER_REJECTED), SOFTWARE_PUREFTPD, PARTY_SERVER, ACCEPT_PEER, SAY_PEER,
     "command line of pure-ftpd (AllowUserFXP in pure-ftpd.conf)", "-w"},
    {BIT(PEER_REJECTED), SOFTWARE_IIS, PARTY_SERVER, ACCEPT_PEER, SAY_PEER, IIS_PROMPT, IIS_PEER},
    {BIT(PEER_REJECTED), SOFTWARE_PYFTPDLIB, PARTY_SERVER, ACCEPT_PEER, SAY_PEER, PYTHON,
     "handler.permit_foreign_addresses = True"},
    {BIT(PEER_REJECTED), SOFTWARE_UNKNOWN, PARTY_SERVER, ACCEPT_PEER, SAY_PEER, NULL, NULL},
    {BIT(PEER_REJECTED), SOFTWARE_UNKNOWN, PARTY_SERVER_NAT, "keep-client-address",
     "Forward data and control connections alike: either both with the client's own address, or "
     "both with the same one.",
     NULL, NULL},
    {BIT(PEER_REJECTED), SOFTWARE_UNKNOWN, PARTY_CLIENT_NAT, "keep-one-address",
     "Where the client's NAT has several public addresses, let it keep one of them for each "
     "client.",
     NULL, NULL},

    /* the client's side */
    {BIT(CLIENT_NAT), SOFTWARE_UNKNOWN, PARTY_CLIENT_NAT, "map-active-ports",
     "Forward the TCP ports 50000-50099 of its public address to this client, {client}; or let it "
     "answer PCP, NAT-PMP or UPnP.",
     NULL, NULL},
    {BIT(CLIENT_NAT), SOFTWARE_UNKNOWN, PARTY_CLIENT, "announce-public-address",
     "With these ports forwarded, announce the NAT's public address.", "ftpsh",
     "--active --active-address={outside} --active-ports=50000-50099"},
    {BIT(CLIENT_NAT), SOFTWARE_UNKNOWN, PARTY_SERVER, ALLOW_PASSIVE,
     "Or open the passive way, which needs nothing of the client's NAT.", NULL, NULL},
    {BIT(ACTIVE_REFUSED), SOFTWARE_VSFTPD, PARTY_SERVER, "allow-active",
     "Where active mode is wanted, allow it; neither PORT nor EPRT may be in cmds_denied.",
     "vsftpd.conf", "port_enable=YES"},
    {BIT(ACTIVE_REFUSED), SOFTWARE_UNKNOWN, PARTY_SERVER, "allow-active",
     "Where active mode is wanted, allow PORT and EPRT; passive mode needs neither.", NULL, NULL},
    {BIT(ACTIVE_BLOCKED), SOFTWARE_UNKNOWN, PARTY_SERVER, "let-server-dial",
     "Where active mode is wanted, let the server open connections to its clients.", NULL, NULL},
    {BIT(ACTIVE_BLOCKED), SOFTWARE_UNKNOWN, PARTY_SERVER_NAT, "let-server-out",
     "Let the server's own connections pass the firewall before it.", NULL, NULL},
    {BIT(ACTIVE_BLOCKED), SOFTWARE_UNKNOWN, PARTY_CLIENT_NAT, "let-server-in",
     "Let connections of {public} in to this client; --active-ports=50000-50099 keeps them to that "
     "range.",
     NULL, NULL},
    /* Linux sends the second keepalive an interval after the first, whatever the idle time. */
    {BIT(CONTROL_FORGOTTEN), SOFTWARE_VSFTPD, PARTY_SERVER, "keep-alive",
     "Let its system keep idle connections alive: it asks for that.", "sysctl.conf, on Linux",
     "net.ipv4.tcp_keepalive_time={often}\nnet.ipv4.tcp_keepalive_intvl={often}"},
    {BIT(CONTROL_FORGOTTEN), SOFTWARE_PROFTPD, PARTY_SERVER, "keep-alive",
     "Let the server keep idle connections alive.", "proftpd.conf",
     "SocketOptions keepalive {often}:5:{often}"},
    {BIT(CONTROL_FORGOTTEN), SOFTWARE_UNKNOWN, PARTY_SERVER, "keep-alive",
     "Let the server send TCP keepalives on the control connection after {often} idle seconds, "
     "where it can.",
     NULL, NULL},
    {BIT(CONTROL_FORGOTTEN), SOFTWARE_UNKNOWN, PARTY_SERVER_NAT, "remember-longer",
     "Let the NATs on the way remember idle TCP connections for 2 hours and 4 minutes at least "
     "(RFC 5382 section 5).",
     NULL, NULL},
    {BIT(CONTROL_FORGOTTEN), SOFTWARE_UNKNOWN, PARTY_CLIENT, "noop-interval",
     "Keep the control connection busy during transfers.", "ftpsh", "--noop-interval={often}"},

    {BIT(IDLE_TIMEOUT), SOFTWARE_VSFTPD, PARTY_SERVER, LONGER_IDLE, SAY_IDLE, "vsftpd.conf",
     "idle_session_timeout={patience}"},
    {BIT(IDLE_TIMEOUT), SOFTWARE_PROFTPD, PARTY_SERVER, LONGER_IDLE,
     SAY_IDLE " TimeoutNoTransfer ends what transfers nothing, likewise.", "proftpd.conf",
     "TimeoutIdle {patience}\nTimeoutNoTransfer {patience}"},
    {BIT(IDLE_TIMEOUT), SOFTWARE_PUREFTPD, PARTY_SERVER, LONGER_IDLE, SAY_IDLE,
     "command line of pure-ftpd (MaxIdleTime in pure-ftpd.conf), in minutes", "-I {minutes}"},
    {BIT(IDLE_TIMEOUT), SOFTWARE_PYFTPDLIB, PARTY_SERVER, LONGER_IDLE, SAY_IDLE, PYTHON,
     "handler.timeout = {patience}"},
    {BIT(IDLE_TIMEOUT), SOFTWARE_UNKNOWN, PARTY_SERVER, LONGER_IDLE,
     SAY_IDLE " Where it has no such limit, see in its log why it ends the connection.", NULL,
     NULL},
    {BIT(IDLE_TIMEOUT), SOFTWARE_UNKNOWN, PARTY_CLIENT, "reconnects",
     "Nothing to set: ftpsh connects anew with the next command, and servers do not count the time "
     "of a transfer.",
     NULL, NULL},

    {BIT(NO_FINAL_REPLY), SOFTWARE_UNKNOWN, PARTY_SERVER, "confirm-transfers",
     "See in the server's log why it does not send its final reply (226) when the data have ended; "
     "where a script or scanner runs after each transfer, let it not hold up the reply.",
     NULL, NULL},
    {BIT(NO_FINAL_REPLY) | BIT(UNKNOWN), SOFTWARE_UNKNOWN, PARTY_CLIENT, "write-trace",
     "Look at the dialogue with the server, and at the server's own log of the same minute.",
     "ftpsh", "--trace=FILE"},
    {BIT(UNKNOWN), SOFTWARE_UNKNOWN, PARTY_SERVER, "read-server-log",
     "See in the server's log why it did not accept the data connections.", NULL, NULL},
    {BIT(HEALTHY), SOFTWARE_UNKNOWN, PARTY_CLIENT, "nothing", "Nothing to mend.", NULL, NULL},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static bool has_own_row(enum cause c, enum software s)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].causes & 1u << c && rows[i].software == s)
            return true;
    }
    return false;
}

size_t advice_find(enum cause c, enum software s, const struct advice **out, size_t max)
{
    size_t n = 0;
    bool own = s != SOFTWARE_UNKNOWN && has_own_row(c, s);
    for (size_t i = 0; i < ROWS && n < max; i++) {
        const struct advice *a = &rows[i];
        bool general = a->software == SOFTWARE_UNKNOWN && !(own && a->party == PARTY_SERVER);
        if (a->causes & 1u << c && (general || (own && a->software == s)))
            out[n++] = a;
    }
    return n;
}

#define STRATEGY(s) (1u << STRATEGY_##s)

/* One of `works` must work; none of `untried` may have been tried. */
static const struct {
    const char *remedy;
    unsigned works, untried;
} conditions[] = {
    {"ignore-advertised-address", STRATEGY(EPSV) | STRATEGY(PASV_CONTROL_IP), 0},
    {"believe-advertised-address", STRATEGY(PASV), 0},
    {"clear-control-connection", STRATEGY(CCC), 0},
    {"try-ccc", 0, STRATEGY(CCC)},
    {"skip-epsv", STRATEGY(PASV_CONTROL_IP), 0},
    {"use-active", STRATEGY(ACTIVE), 0},
    {"use-epsv", STRATEGY(EPSV), 0},
};

bool advice_fits(const struct advice *a, const struct evidence *e)
{
    unsigned tried = 0, works = 0;
    for (int id = 0; id < STRATEGY_COUNT; id++) {
        tried |= e->trials[id].tried ? 1u << id : 0;
        works |= evidence_works(e, (enum strategy_id) id) ? 1u << id : 0;
    }
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        if (strcmp(conditions[i].remedy, a->remedy) == 0)
            return (!conditions[i].works || conditions[i].works & works) &&
                   !(conditions[i].untried & tried);
    }
    return true;
}

enum cause advice_besides(enum cause c, const struct evidence *e)
{
    struct addr said = evidence_advertised(e);
    if ((c != CAUSE_RANGE_SILENT && c != CAUSE_RANGE_RESET) || !evidence_misleads(e))
        return CAUSE_COUNT;
    return addr_is_private(&said) ? CAUSE_PRIVATE_ADDRESS : CAUSE_WRONG_ADDRESS;
}

/* ---- placeholders ---- */

enum { RANGE_PORTS = 100, RANGE_WIDEST = 1000, RANGE_DEFAULT = 50000, OFTEN_MAX_S = 30 };
enum { PATIENCE_MIN_S = 900, PATIENCE_MAX_S = 86400 };

/* A range of round numbers around the ports that were seen, where they lie together. */
static uint16_t first_port(const struct evidence *e, uint16_t *last)
{
    uint16_t lo = 0, hi = 0;
    if (!evidence_ports(e, &lo, &hi) || hi - lo > RANGE_WIDEST || lo < 1024 + RANGE_PORTS ||
        hi > UINT16_MAX - RANGE_PORTS)
        lo = hi = RANGE_DEFAULT;
    lo = (uint16_t) (lo - lo % RANGE_PORTS);
    *last = (uint16_t) (hi - hi % RANGE_PORTS + RANGE_PORTS - 1);
    return lo;
}

static void put_address(const struct addr *a, const char *otherwise, char *dst, size_t size)
{
    if (addr_family(a) == AF_UNSPEC)
        snprintf(dst, size, "%s", otherwise);
    else
        addr_format(a, dst, size);
}

/* Well within the time after which the connection was gone; a lost packet must not matter. */
static int often_s(const struct evidence *e)
{
    int64_t s = e->idle_ms / 3000;
    return s > OFTEN_MAX_S || e->idle_ms == 0 ? OFTEN_MAX_S : s > 0 ? (int) s : 1;
}

/* Well above the idle time that was too much, and above what servers have by themselves. */
static int patience_s(const struct evidence *e)
{
    int64_t s = e->idle_ms / 1000 * 4;
    return s > PATIENCE_MAX_S ? PATIENCE_MAX_S : s > PATIENCE_MIN_S ? (int) s : PATIENCE_MIN_S;
}

/* ", 10.0.1.121" where the server gave an inside address away. */
static void put_inside(const struct evidence *e, char *dst, size_t size)
{
    char text[ADDR_TEXT];
    struct addr said = evidence_advertised(e);
    bool inside = evidence_misleads(e) && addr_is_private(&said) && !addr_is_unspecified(&said) &&
                  !addr_is_loopback(&said);
    snprintf(dst, size, "%s%s", inside ? ", " : "",
             inside ? addr_format(&said, text, sizeof text) : "");
}

static void put_value(const char *name, size_t len, const struct evidence *e, uint16_t control_port,
                      char *dst, size_t size)
{
    const struct addr nobody = {0};
    uint16_t last, first = first_port(e, &last);
    dst[0] = '\0';
    if (strncmp(name, "public", len) == 0)
        put_address(&e->peer, "PUBLIC-ADDRESS", dst, size);
    else if (strncmp(name, "inside", len) == 0)
        put_inside(e, dst, size);
    else if (strncmp(name, "client", len) == 0)
        put_address(&e->local, "ITS-ADDRESS", dst, size);
    else if (strncmp(name, "outside", len) == 0)
        put_address(addr_is_private(&e->seen_as) ? &nobody : &e->seen_as, "PUBLIC-ADDRESS", dst,
                    size);
    else if (strncmp(name, "control", len) == 0)
        snprintf(dst, size, "%u", control_port);
    else if (strncmp(name, "first", len) == 0)
        snprintf(dst, size, "%u", first);
    else if (strncmp(name, "last", len) == 0)
        snprintf(dst, size, "%u", last);
    else if (strncmp(name, "next", len) == 0)
        snprintf(dst, size, "%u", last + 1u);
    else if (strncmp(name, "often", len) == 0)
        snprintf(dst, size, "%d", often_s(e));
    else if (strncmp(name, "patience", len) == 0)
        snprintf(dst, size, "%d", patience_s(e));
    else if (strncmp(name, "minutes", len) == 0)
        snprintf(dst, size, "%d", (patience_s(e) + 59) / 60);
}

const char *advice_fill(const char *text, const struct evidence *e, uint16_t control_port,
                        char *dst, size_t size)
{
    size_t used = 0;
    dst[0] = '\0';
    while (text && *text && used + 1 < size) {
        char value[ADDR_TEXT + 2];
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        if (end) {
            put_value(text + 1, (size_t) (end - text - 1), e, control_port, value, sizeof value);
            int n = snprintf(dst + used, size - used, "%s", value);
            used += n > 0 ? (size_t) n : 0;
            text = end + 1;
        } else {
            dst[used++] = *text++;
            dst[used] = '\0';
        }
    }
    return dst;
}

const char *party_name(enum party p)
{
    static const char *const names[PARTY_COUNT] = {[PARTY_SERVER] = "server",
                                                   [PARTY_SERVER_NAT] = "server-nat",
                                                   [PARTY_PROXY] = "proxy",
                                                   [PARTY_CLIENT_NAT] = "client-nat",
                                                   [PARTY_CLIENT] = "client"};
    return names[p];
}
