/* What every fuzz target shares. A target calls a parser with the bytes it is given and checks what
 * the parser's header promises; the sanitizers do the rest. */
#ifndef FTPSH_TESTS_FUZZ_H
#define FTPSH_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of a header; assert() may be compiled away. */
#define CHECK(promise)                                                                             \
    do {                                                                                           \
        if (!(promise))                                                                            \
            abort();                                                                               \
    } while (0)

/* The bytes as a string of their own size, so that reading behind the end is found. */
static inline char *fuzz_string(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    CHECK(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
