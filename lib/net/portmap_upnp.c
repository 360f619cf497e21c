/* UPnP Internet Gateway Devices through libminiupnpc, whose calls block: each runs in a thread. */
#include "net/portmap_private.h"

#ifdef FTPSH_UPNP

#include "base/offload.h"

#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEARCH_MS = 1000, TAKE_BACK_MS = 1500, TTL = 2, ADD_TRIES = 5, REMOVE_TRIES = 3 };
enum { CONFLICT = 718, PERMANENT_ONLY = 725 }; /* errors of AddPortMapping */
enum { NO_SUCH_ENTRY = 714 };                  /* of DeletePortMapping */

/* A device and the mapping there. A plain value: the threads work on copies. */
struct igd {
    char control[PORTMAP_URL], service[128], root[PORTMAP_URL];
    char local[ADDR_TEXT], external[ADDR_TEXT];
    uint16_t local_port, external_port;
    uint32_t lease_s; /* to ask for; 0: for ever */
};

/* Who removes a mapping when waiting for it ended early: before ADDED the thread, then the caller.
 */
enum { SEARCHING, ADDING, ADDED, DESERTED };

struct job {
    struct igd igd;
    int search_ms;
    int64_t seed;       /* varies the ports that are tried */
    uint32_t granted_s; /* what the device made of igd.lease_s; asked for last */
    _Atomic int state;
    struct err err;
};

struct upnp {
    struct igd igd;
    struct offload *renewing; /* NULL: not under way */
    struct job *renewal;
};

static void job_free(void *work)
{
    free(work);
}

static struct job *job_new(const struct igd *igd, struct err *err)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j) {
        err_set(err, ERR_LOCAL, "out of memory");
        return NULL;
    }
    j->igd = *igd;
    return j;
}

/* ---- what runs in a thread ---- */

static void port_text(char text[8], uint16_t port)
{
    snprintf(text, 8, "%u", (unsigned) port);
}

static void remove_mapping(void *work)
{
    struct job *j = work;
    char port[8];
    port_text(port, j->igd.external_port);
    int rc = UPNP_DeletePortMapping(j->igd.control, j->igd.service, port, "TCP", NULL);
    if (rc != UPNPCOMMAND_SUCCESS && rc != NO_SUCH_ENTRY)
        err_set(&j->err, ERR_PROTOCOL, "not removed (%d)", rc);
}

/* AddPortMapping does not tell when the device grants less than was asked for. What it tells
 * elsewhere is taken only where that is less: some say 0 whatever the lease. */
static uint32_t granted_lease(const struct igd *d)
{
    if (!d->lease_s)
        return 0;
    char out[8], host[40] = "", port[8] = "", text[96] = "", enabled[8] = "", lease[24] = "";
    port_text(out, d->external_port);
    int rc = UPNP_GetSpecificPortMappingEntry(d->control, d->service, out, "TCP", NULL, host, port,
                                              text, enabled, lease);
    unsigned long s = rc == UPNPCOMMAND_SUCCESS ? strtoul(lease, NULL, 10) : 0;
    return s > 0 && s < d->lease_s ? (uint32_t) s : d->lease_s;
}

static int ask_mapping(struct igd *d)
{
    char in[8], out[8], lease[16];
    port_text(in, d->local_port);
    port_text(out, d->external_port);
    snprintf(lease, sizeof lease, "%u", (unsigned) d->lease_s);
    return UPNP_AddPortMapping(d->control, d->service, out, in, d->local, "ftpsh", "TCP", NULL,
                               lease);
}

/* Another port where that one is taken; no lease where the device knows none. */
static void add_mapping(struct job *j)
{
    struct igd *d = &j->igd;
    int rc = ask_mapping(d);
    for (int i = 1; (rc == CONFLICT || rc == PERMANENT_ONLY) && i < ADD_TRIES; i++) {
        if (rc == PERMANENT_ONLY)
            d->lease_s = 0;
        else
            d->external_port = (uint16_t) (49152 + (j->seed + i * 4099) % 16384);
        rc = ask_mapping(d);
    }
    const char *text = strupnperror(rc);
    if (rc != UPNPCOMMAND_SUCCESS)
        err_set(&j->err, rc > 0 ? ERR_PROTOCOL : ERR_CONNECT, "%s: %s (%d)",
                rc > 0 ? "refused" : "no mapping", text ? text : "an error", rc);
}

#if MINIUPNPC_API_VERSION >= 18
static int valid_igd(struct UPNPDev *list, struct UPNPUrls *urls, struct IGDdatas *data, char *lan,
                     int size)
{
    char wan[ADDR_TEXT];
    return UPNP_GetValidIGD(list, urls, data, lan, size, wan, sizeof wan);
}
#else
static int valid_igd(struct UPNPDev *list, struct UPNPUrls *urls, struct IGDdatas *data, char *lan,
                     int size)
{
    return UPNP_GetValidIGD(list, urls, data, lan, size);
}
#endif

/* Takes over what the library found. -1 unless the device sees us at the address to be mapped. */
static int keep_device(struct igd *d, const struct UPNPUrls *urls, const struct IGDdatas *data,
                       const char *lan, struct err *err)
{
    snprintf(d->control, sizeof d->control, "%s", urls->controlURL);
    snprintf(d->service, sizeof d->service, "%s", data->first.servicetype);
    snprintf(d->root, sizeof d->root, "%s", urls->rootdescURL ? urls->rootdescURL : "");
    if (strcmp(lan, d->local) == 0)
        return 0;
    return err_set(err, ERR_CONNECT, "the device is reached from %s and not from %s", lan,
                   d->local);
}

static int search_device(struct job *j)
{
    static const char *const kinds[] = {"urn:schemas-upnp-org:device:InternetGatewayDevice:1",
                                        "urn:schemas-upnp-org:service:WANIPConnection:1", NULL};
    struct UPNPUrls urls = {0};
    struct IGDdatas data = {0};
    char lan[ADDR_TEXT] = "";
    int error = 0, rc = -1;
    struct UPNPDev *list = upnpDiscoverDevices(kinds, j->search_ms, j->igd.local, NULL,
                                               UPNP_LOCAL_PORT_ANY, 0, TTL, &error, 1);
    int kind = list ? valid_igd(list, &urls, &data, lan, sizeof lan) : 0;
    if (kind == 1 || kind == 2)
        rc = keep_device(&j->igd, &urls, &data, lan, &j->err);
    else
        err_set(&j->err, list ? ERR_CONNECT : ERR_TIMEOUT,
                list ? "no device there is a gateway" : "no device answers");
    if (kind != 0)
        FreeUPNPUrls(&urls);
    freeUPNPDevlist(list);
    return rc;
}

/* The device that was found before, without searching again. */
static int known_device(struct job *j)
{
    struct UPNPUrls urls = {0};
    struct IGDdatas data = {0};
    char lan[ADDR_TEXT] = "";
    if (!j->igd.root[0] || UPNP_GetIGDFromUrl(j->igd.root, &urls, &data, lan, sizeof lan) != 1)
        return -1;
    int rc = keep_device(&j->igd, &urls, &data, lan, NULL);
    FreeUPNPUrls(&urls);
    return rc;
}

static void find_and_add(void *work)
{
    struct job *j = work;
    struct igd *d = &j->igd;
    if (known_device(j) < 0 && search_device(j) < 0)
        return;
    if (UPNP_GetExternalIPAddress(d->control, d->service, d->external) != UPNPCOMMAND_SUCCESS) {
        err_set(&j->err, ERR_PROTOCOL, "the device does not tell its external address");
        return;
    }
    int searching = SEARCHING;
    if (!atomic_compare_exchange_strong(&j->state, &searching, ADDING))
        return;
    add_mapping(j);
    bool deserted = atomic_exchange(&j->state, ADDED) == DESERTED;
    if (err_is_set(&j->err))
        return;
    /* behind ADDED: whoever deserts us from here on removes the mapping without waiting for this */
    if (deserted)
        remove_mapping(j);
    else
        j->granted_s = granted_lease(d);
}

/* The same port and no other: the server has been told of it. */
static void renew_mapping(void *work)
{
    struct job *j = work;
    int rc = ask_mapping(&j->igd);
    if (rc != UPNPCOMMAND_SUCCESS)
        err_set(&j->err, ERR_PROTOCOL, "not renewed (%d)", rc);
    else
        j->granted_s = granted_lease(&j->igd);
}

/* ---- what waits for it ---- */

/* A mapping that is known to be there. */
static bool remove_now(const struct igd *igd, struct deadline until)
{
    struct wait alone = {NULL, DEADLINE_NEVER};
    struct job *j = job_new(igd, NULL);
    struct offload *o = j ? offload_start(remove_mapping, job_free, j, NULL) : NULL;
    bool gone = o && offload_wait(o, &alone, until, NULL) > 0 && !err_is_set(&j->err);
    offload_leave(o);
    return gone;
}

/* Waiting ended before the work did. Where a mapping may be on its way, the thread gets a moment to
 * remove it: with the end of the program it would not. */
static void desert(struct offload *o, struct job *j)
{
    struct wait alone = {NULL, DEADLINE_NEVER};
    struct deadline until = deadline_in(TAKE_BACK_MS);
    int was = atomic_exchange(&j->state, DESERTED);
    if (was == ADDING)
        (void) offload_wait(o, &alone, until, NULL);
    else if (was == ADDED && !err_is_set(&j->err))
        (void) remove_now(&j->igd, until);
}

static int wait_for(struct offload *o, struct job *j, const struct wait *w, struct deadline until,
                    struct err *err)
{
    int ready = offload_wait(o, w, until, err);
    if (ready > 0)
        return err_is_set(&j->err) ? err_take(err, &j->err) : 0;
    desert(o, j);
    return ready < 0 ? -1 : err_set(err, ERR_TIMEOUT, "no answer");
}

/* The device's words become a value of ours; it may name nonsense. */
static int read_external(const struct igd *d, struct addr *external, struct err *err)
{
    if (addr_parse(d->external, external, NULL) < 0 || addr_family(external) != AF_INET)
        return err_set(err, ERR_PROTOCOL, "the device does not tell its external address");
    addr_set_port(external, d->external_port);
    return 0;
}

static bool upnp_close(void *state, struct deadline until)
{
    struct upnp *u = state;
    struct wait alone = {NULL, DEADLINE_NEVER};
    if (u->renewing) /* or it would come after the removal */
        (void) offload_wait(u->renewing, &alone, until, NULL);
    offload_leave(u->renewing);
    /* whatever the renewal took; what has no lease would stay for ever */
    int tries = u->igd.lease_s ? 1 : REMOVE_TRIES;
    bool gone = false;
    while (!gone && tries-- > 0)
        gone = remove_now(&u->igd, deadline_in(TAKE_BACK_MS));
    free(u);
    return gone;
}

static struct job *search_new(const struct portmap_request *q, struct deadline until,
                              struct err *err)
{
    struct igd d = {.local_port = addr_port(&q->local),
                    .external_port = addr_port(&q->local),
                    .lease_s = PORTMAP_LEASE_S};
    int64_t half_ms = deadline_left_ms(until) / 2;
    addr_format(&q->local, d.local, sizeof d.local);
    memcpy(d.root, q->way->igd, sizeof d.root);
    struct job *j = job_new(&d, err);
    if (!j)
        return NULL;
    j->search_ms = (int) (half_ms < SEARCH_MS ? half_ms : SEARCH_MS);
    j->seed = clock_now_ms();
    return j;
}

static void *upnp_open(const struct portmap_request *q, struct deadline until,
                       struct addr *external, uint32_t *lease_s, struct err *err)
{
    struct upnp *u = calloc(1, sizeof *u);
    struct job *j = u ? search_new(q, until, err) : NULL;
    struct offload *o = j ? offload_start(find_and_add, job_free, j, err) : NULL;
    if (!o || wait_for(o, j, q->wait, until, err) < 0) {
        if (!err_is_set(err))
            err_set(err, ERR_LOCAL, "out of memory");
        q->way->igd[0] = '\0';
        offload_leave(o);
        free(u);
        return NULL;
    }
    u->igd = j->igd;
    uint32_t granted_s = j->granted_s;
    offload_leave(o);
    if (read_external(&u->igd, external, err) < 0) {
        upnp_close(u, deadline_in(TAKE_BACK_MS));
        return NULL;
    }
    memcpy(q->way->igd, u->igd.root, sizeof q->way->igd);
    *lease_s = granted_s;
    return u;
}

static uint32_t upnp_renew(void *state)
{
    struct upnp *u = state;
    struct wait alone = {NULL, DEADLINE_NEVER};
    uint32_t lease_s = 0;
    if (!u->renewing) {
        u->renewal = job_new(&u->igd, NULL);
        if (u->renewal)
            u->renewing = offload_start(renew_mapping, job_free, u->renewal, NULL);
        return 0;
    }
    if (offload_wait(u->renewing, &alone, deadline_in(0), NULL) == 0)
        return 0;
    if (!err_is_set(&u->renewal->err))
        lease_s = u->renewal->granted_s;
    offload_leave(u->renewing);
    u->renewing = NULL;
    return lease_s;
}

#else

static void *upnp_open(const struct portmap_request *q, struct deadline until,
                       struct addr *external, uint32_t *lease_s, struct err *err)
{
    (void) q, (void) until, (void) external, (void) lease_s;
    err_set(err, ERR_CONNECT, "not in this build (libminiupnpc)");
    return NULL;
}

static uint32_t upnp_renew(void *state)
{
    (void) state;
    return 0;
}

static bool upnp_close(void *state, struct deadline until)
{
    (void) state, (void) until;
    return true;
}

#endif

const struct portmap_protocol portmap_upnp = {"UPnP", upnp_open, upnp_renew, upnp_close};
