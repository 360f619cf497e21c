#include "xfer/own.h"

void own_add(struct own_files *own, int fd)
{
    struct stat st;
    if (own->n == OWN_MAX || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    own->list[own->n].dev = st.st_dev;
    own->list[own->n++].ino = st.st_ino;
}

bool own_has(const struct own_files *own, const struct stat *st)
{
    for (size_t i = 0; i < own->n; i++) {
        if (own->list[i].dev == st->st_dev && own->list[i].ino == st->st_ino)
            return true;
    }
    return false;
}
