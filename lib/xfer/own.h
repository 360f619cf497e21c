/* Files that a mirror writes or reads for itself (its log, its plan, the trace, where its output
 * goes). They may lie in one of its two trees, and are not touched there. */
#ifndef FTPSH_XFER_OWN_H
#define FTPSH_XFER_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define OWN_MAX 8

/* Zero is empty. */
struct own_files {
    struct {
        dev_t dev;
        ino_t ino;
    } list[OWN_MAX];
    size_t n;
};

/* The open file, where it is a regular one. */
void own_add(struct own_files *own, int fd);
bool own_has(const struct own_files *own, const struct stat *st);

#endif
