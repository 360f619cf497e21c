/* Amounts of bytes in words: 1500, 1.5k, 10M, 2G (powers of 1000), 64Ki, 1.5Mi, 2Gi (powers of
 * 1024).
 */
#ifndef FTPSH_CMD_AMOUNT_H
#define FTPSH_CMD_AMOUNT_H

#include "base/err.h"

#include <stdint.h>

/* Any case; a B behind the unit says nothing. -1 with ERR_USAGE. */
int amount_parse(const char *text, int64_t *bytes, struct err *err);

#endif
