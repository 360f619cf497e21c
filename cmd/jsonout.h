/* JSON on standard output and in reports. */
#ifndef FTPSH_CMD_JSONOUT_H
#define FTPSH_CMD_JSONOUT_H

#include "base/err.h"

#include <jansson.h>
#include <stdio.h>

/* A string that need not be UTF-8: it is taken as it is where it is, else escaped
 * (base/escape.h). NULL: out of memory. */
json_t *json_text(const char *text);
/* The same, null for "". */
json_t *json_text_or_null(const char *text);

/* Writes one line and drops the reference. -1 with ERR_LOCAL: out of memory (`value` is NULL), or
 * not written. */
int json_line(FILE *out, json_t *value, struct err *err);

#endif
