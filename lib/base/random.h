/* Bytes that nobody can guess. */
#ifndef FTPSH_BASE_RANDOM_H
#define FTPSH_BASE_RANDOM_H

#include "base/err.h"

#include <stddef.h>

/* 0, or -1 with ERR_LOCAL. */
int random_bytes(void *dst, size_t size, struct err *err);

#endif
