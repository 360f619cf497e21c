/* A mirror's plan as text for people, and as JSON that can be read again: an object a line, first
 * the header, then an action each. */
#ifndef FTPSH_CMD_PLANFILE_H
#define FTPSH_CMD_PLANFILE_H

#include "xfer/plan.h"

#include <jansson.h>
#include <stdio.h>

struct plan_roots {
    bool upload;
    bool follow;                                /* links of the source were followed */
    char remote[PATH_BYTES], local[PATH_BYTES]; /* absolute */
};

/* {"mirror":1,"direction":"download","source":"/pub","target":"/srv/pub"}. NULL: out of memory. */
json_t *plan_header_json(const struct plan_roots *roots);

/* {"action":"get","path":"a/b","reason":"missing",...}; a path that is not UTF-8 is there twice,
 * escaped and as "path_hex". NULL: out of memory. */
json_t *plan_action_json(const struct plan *p, const struct action *a);

/* "get  a/b  (it is missing)", escaped for a terminal where `at_terminal`. */
void plan_print(FILE *out, const struct plan *p, bool at_terminal);

/* Reads a plan as one reads what a stranger sent: every path lies below the roots, every action
 * fits the direction. Lines with other keys (results, a summary) are passed over, and so is what
 * was to be skipped. ERR_USAGE names the line; plan_clear() in either case. */
int plan_read(FILE *in, struct plan_roots *roots, struct plan *p, struct err *err);

#endif
