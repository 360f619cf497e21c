/* What every unit test starts with: cmocka and the headers that it wants before itself. */
#ifndef FTPSH_TESTS_UNIT_H
#define FTPSH_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

#include <string.h>

/* A failed call left this code and a message. */
#define assert_err(err, expected)                                                                  \
    do {                                                                                           \
        assert_int_equal((err)->code, (expected));                                                 \
        assert_true((err)->msg[0] != '\0');                                                        \
    } while (0)

#define run_unit(tests) cmocka_run_group_tests((tests), NULL, NULL)

#endif
