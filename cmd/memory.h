/* Which data strategy worked where: a file in the user's state folder, kept from one run to the
 * next.
 *
 * The file is "memory" in the state folder (ownfile.h). One line an entry, five fields separated by
 * tabs:
 *
 *     host  port  network  strategy  last success
 *     ftp.example.com  21  192.0.2.1  pasv-use-control-ip  2025-01-31T12:34:56Z
 *
 * The host is as it was named, in small letters; the network is the one that this machine was in
 * (net/network.h). A line that cannot be read is passed over, and gone after the next change.
 */
#ifndef FTPSH_CMD_MEMORY_H
#define FTPSH_CMD_MEMORY_H

#include "data/attempt.h"
#include "target.h"

#define MEMORY_ENTRIES_MAX 500
#define MEMORY_LINE_BYTES 512
#define MEMORY_TIME_BYTES sizeof "2025-01-31T12:34:56Z"

struct memory_entry {
    char host[TARGET_HOST_BYTES];
    char network[ADDR_TEXT];
    uint16_t port;
    enum strategy_id strategy;
    char when[MEMORY_TIME_BYTES]; /* RFC 3339, in UTC: text order is the order of time */
};

struct memory {
    struct memory_entry *list;
    size_t n;
};

void memory_clear(struct memory *m);

/* ---- entries: pure ---- */

/* One line without its end. False when it is no entry. */
bool memory_parse_line(const char *line, size_t len, struct memory_entry *out);

/* The line with its end. Returns its length, 0 when the entry cannot be written so (a blank or a
 * control byte in the host) or does not fit. */
size_t memory_format_line(const struct memory_entry *e, char *dst, size_t size);

/* Adds what the lines of a file hold. -1 with ERR_LOCAL: out of memory. */
int memory_parse(struct memory *m, const char *text, size_t len, struct err *err);

/* The entry for host (small letters or not), port and network; NULL if there is none. */
struct memory_entry *memory_find(const struct memory *m, const char *host, uint16_t port,
                                 const char *network);

/* The youngest entry for host and port, in whatever network; NULL if there is none. */
const struct memory_entry *memory_youngest(const struct memory *m, const char *host, uint16_t port);

/* Puts a copy in the place of the entry with the same host, port and network, or at the end; the
 * oldest goes when there are too many. -1 with ERR_LOCAL: out of memory. */
int memory_put(struct memory *m, const struct memory_entry *e, struct err *err);

void memory_remove(struct memory *m, struct memory_entry *e);

/* Removes the entries of a host, whatever the port and network; "*" removes all. Returns how many
 * there were. */
size_t memory_forget(struct memory *m, const char *host);

/* ---- the file ---- */

/* Where it is; "" when the environment tells no home. Returns dst. */
const char *memory_path(char *dst, size_t size);

/* Reads it; one that does not exist holds nothing. *out is the caller's to clear, whatever happens.
 * -1 with ERR_LOCAL: not ours, or not readable. */
int memory_load(struct memory *out, struct err *err);

/* Reads it, lets `change` work on it and writes it where that returns true. -1 with ERR_LOCAL, as
 * own_change(). */
int memory_change(bool (*change)(struct memory *m, void *ctx), void *ctx, struct err *err);

#endif
