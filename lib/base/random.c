#include "base/random.h"

#include <fcntl.h>
#include <unistd.h>

int random_bytes(void *dst, size_t size, struct err *err)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, dst, size);
    if (fd >= 0)
        close(fd);
    return got == (ssize_t) size ? 0 : err_set(err, ERR_LOCAL, "no random numbers to be had");
}
