/* What to do about a cause, and who can: a table of data, cause by software.
 *
 * Each row names one remedy. Rows for a server's software take the place of the general ones for
 * the server; rows for the others hold whatever the software. Every cause has a row for the server
 * or says whose it is.
 */
#ifndef FTPSH_DATA_ADVICE_H
#define FTPSH_DATA_ADVICE_H

#include "data/cause.h"

/* Whose change it is. */
enum party {
    PARTY_SERVER,
    PARTY_SERVER_NAT,
    PARTY_PROXY,
    PARTY_CLIENT_NAT,
    PARTY_CLIENT,
    PARTY_COUNT
};

struct advice {
    unsigned causes;        /* a bit for each enum cause */
    enum software software; /* SOFTWARE_UNKNOWN: any */
    enum party party;
    const char *remedy; /* "advertise-public-address": stable */
    const char *text;   /* what to do, for a person */
    const char *where;  /* the file, dialogue or command line for `lines`; NULL: none */
    const char *lines;  /* to be put there as they are; NULL: none */
};

/* text, where and lines may hold {public} (the server's address as seen from here), {inside} (what
 * it says of itself), {client} (ours), {outside} (ours, as seen from there), {control} (its control
 * port), {first}, {last} and {next} (its passive ports, and the one behind them), {often} (after
 * how many idle seconds a sign of life is due), {patience} and {minutes} (how long a server had
 * better wait, in seconds and in minutes). */
#define ADVICE_TEXT 512

/* The rows for one cause, in the order of the table; at most `max`. Returns how many. */
size_t advice_find(enum cause c, enum software s, const struct advice **out, size_t max);

/* Whether what was tried speaks for a row: options for strategies that failed are no help, and what
 * was looked at need not be looked at. */
bool advice_fits(const struct advice *a, const struct evidence *e);

/* What goes beyond the cause's own rows: a server whose ports are closed and which names a wrong
 * address as well needs both mended. CAUSE_COUNT: nothing. */
enum cause advice_besides(enum cause c, const struct evidence *e);

/* A text of a row with what was seen filled in, cut to size. Returns dst; "" for NULL. */
const char *advice_fill(const char *text, const struct evidence *e, uint16_t control_port,
                        char *dst, size_t size);

const char *party_name(enum party p); /* "server", "server-nat", "proxy", "client-nat", "client" */

#endif
