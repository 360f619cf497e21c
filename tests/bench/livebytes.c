/* Counts the bytes that a program has allocated and not freed: what it keeps, whatever the
 * allocator holds back for later.
 *
 *     LD_PRELOAD=livebytes.so LIVEBYTES=FILE PROGRAM
 *
 * FILE is there, eight bytes long; they always are the count, an int64_t. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* glibc's own, behind the names that are taken here. */
void *libc_malloc(size_t size) __asm__("__libc_malloc");
void *libc_calloc(size_t n, size_t size) __asm__("__libc_calloc");
void *libc_realloc(void *old, size_t size) __asm__("__libc_realloc");
void *libc_memalign(size_t alignment, size_t size) __asm__("__libc_memalign");
void libc_free(void *p) __asm__("__libc_free");

static _Atomic int64_t early; /* until there is the file's */
static _Atomic int64_t *live = &early;

static void *count(void *p)
{
    atomic_fetch_add(live, (int64_t) malloc_usable_size(p));
    return p;
}

void *malloc(size_t size)
{
    return count(libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return count(libc_calloc(n, size));
}

void *realloc(void *old, size_t size)
{
    size_t before = malloc_usable_size(old);
    void *p = libc_realloc(old, size);
    if (p || size == 0)
        atomic_fetch_sub(live, (int64_t) before);
    return count(p);
}

void *memalign(size_t alignment, size_t size)
{
    return count(libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *p = memalign(alignment, size);
    if (!p)
        return ENOMEM;
    *out = p;
    return 0;
}

void free(void *p)
{
    atomic_fetch_sub(live, (int64_t) malloc_usable_size(p));
    libc_free(p);
}

/* Before main(), where there is one thread. */
__attribute__((constructor)) static void share_count(void)
{
    const char *file = getenv("LIVEBYTES");
    int fd = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
    void *shared = mmap(NULL, sizeof *live, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    unsetenv("LD_PRELOAD"); /* its children have their own memory */
    if (shared == MAP_FAILED)
        return;
    live = shared;
    atomic_store(live, atomic_load(&early));
}
